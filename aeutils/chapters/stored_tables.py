"""Tables of results that take long to make and are committed beside the chapter that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd


def with_spread(values: Sequence[float] | pd.Series, digits: int = 1) -> str:
    """The mean of some values, ± their standard deviation if they are several, as text with so many decimals."""
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}"


def write(table: pd.DataFrame, path: Path, float_format: str | None = "%.6g") -> None:
    """Write a table as CSV, whole or not at all, and the same on every system.

    Args:
        table: its index is left out.
        path: its file; beside it, with the ending `.part`, it stands until it is whole.
        float_format: how a number with a fraction is written; with None by as many digits as it needs.
    """
    part = path.with_suffix(".part")
    table.to_csv(part, index=False, float_format=float_format, lineterminator="\n")
    part.replace(path)

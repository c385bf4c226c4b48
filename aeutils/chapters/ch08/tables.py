"""Tables of means and spreads as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from aeutils.chapters.stored_tables import with_spread


def over_seeds(table: pd.DataFrame, rows: Sequence[str], column: str) -> dict[tuple[str, Any], list[float]]:
    """The values of a stored table, those of all seeds together: (row, column) -> values.

    Args:
        table: with a column `value`.
        rows: the columns that name a row, joined by commas.
        column: the column that names the columns.
    """
    found: dict[tuple[str, Any], list[float]] = {}
    for _, line in table.iterrows():
        row = ", ".join(f"{line[name]:g}" if isinstance(line[name], float) else str(line[name]) for name in rows)
        found.setdefault((row, line[column]), []).append(line.value)
    return found


def mean_and_spread(values: Mapping[tuple[str, Any], Sequence[float]]) -> str:
    """Means with standard deviations as a table of text; rows and columns in the order in which they come.

    Args:
        values: (row, column) -> the values of the seeds; of a single one the spread is left out.
    """
    rows, columns = (list(dict.fromkeys(names)) for names in zip(*values, strict=True))

    def cell(row: str, column: Any) -> str:
        return with_spread(values[row, column]) if (row, column) in values else ""

    first = max(map(len, rows))
    heads = [f"{column:,.0f}" if isinstance(column, int | float) else str(column) for column in columns]
    wide = max(13, 2 + max(map(len, heads)))
    lines = ["".join([" " * first, *(f"{head:>{wide}}" for head in heads)])]
    lines += ["".join([f"{row:{first}}", *(f"{cell(row, column):>{wide}}" for column in columns)]) for row in rows]
    return "\n".join(lines)


def means_and_spreads(
    curves: Mapping[str, Sequence[float]], seeds: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Mean and standard deviation over the seeds for every point of some curves.

    Args:
        curves: name -> a value for each point and seed, the seeds of a point one after the other.
        seeds: how many.

    Returns:
        name -> means `[points]`, and name -> standard deviations `[points]`.
    """
    values = {name: np.reshape(curve, (-1, seeds)) for name, curve in curves.items()}
    means = {name: points.mean(1) for name, points in values.items()}
    return means, {name: points.std(1, ddof=1) for name, points in values.items()}

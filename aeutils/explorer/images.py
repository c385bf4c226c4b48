"""What images and labels a reader may give."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Scale:
    """The range in which a model wants its images: what 0 and 1 are to it, each `[C, 1, 1]`."""

    low: Tensor
    high: Tensor

"""The map of a two-unit code cut into cells, as the explorer does it for its layers."""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils.explorer.plane import first_plane


def map_cells(z: Tensor, n: int = 30) -> tuple[Tensor, Tensor]:
    """The map that the explorer shows first of codes `z` `[N, 2]`, in n × n cells from the upper left.

    Returns:
        The code in the middle of each cell, `[n * n, 2]`, and how many of the codes each cell holds, `[n * n]`; the few
        that lie beyond the map are in none.
    """
    plane = first_plane(z)
    low, high = (torch.from_numpy(corner) for corner in plane.frame)
    column, row = ((z - low) / (high - low) * n).floor().long().T  # rows from below
    inside = (column >= 0) & (column < n) & (row >= 0) & (row < n)
    cell = ((n - 1 - row) * n + column)[inside]
    return plane.grid(n), torch.bincount(cell, minlength=n * n)


def holes(count: Tensor) -> Tensor:
    """Which cells of a square map are empty and have codes on all four sides, somewhere in their row and their column.

    Args:
        count: of codes in each cell, `[n * n]`; the answer has the same shape.
    """
    n = int(len(count) ** 0.5)
    full = (count.view(n, n) > 0).int()
    among = torch.ones(n, n, dtype=torch.bool)
    for axis in (0, 1):
        among &= (full.cummax(axis).values & full.flip(axis).cummax(axis).values.flip(axis)).bool()
    return (among & (full == 0)).flatten()

"""What people would name about a digit, measured."""

from __future__ import annotations

import torch
from torch import Tensor


def properties(x: Tensor) -> dict[str, Tensor]:
    """Ink, slant and width of images `[N, 1, H, W]`, each `[N, 1]`.

    Ink is the sum of the pixels. With the ink as weights, slant is the covariance of column and row divided by the
    variance of the row, and width the standard deviation of the column, in pixels.
    """
    ink = x.sum((1, 2, 3))  # [N]
    share = x[:, 0] / ink.view(-1, 1, 1)  # [N, H, W]; adds up to one
    row, column = torch.arange(x.shape[2], dtype=x.dtype), torch.arange(x.shape[3], dtype=x.dtype)
    down = row - (share.sum(2) @ row).unsqueeze(1)  # [N, H], from the centre
    right = column - (share.sum(1) @ column).unsqueeze(1)  # [N, W]
    together = torch.einsum("nhw,nh,nw->n", share, down, right)
    height2 = (share.sum(2) * down.square()).sum(1)
    width2 = (share.sum(1) * right.square()).sum(1)
    found = {"ink": ink, "slant": together / height2, "width": width2.sqrt()}
    return {name: value.unsqueeze(1) for name, value in found.items()}

"""Two models' codes of the same images: which unit goes with which, and what a linear map makes of one code."""

from __future__ import annotations

import torch
from torch import Tensor


def best_partners(similarity: Tensor) -> Tensor:
    """Each row's value with its partner, `[k]`, where partners are chosen one to one to make the sum the largest.

    Args:
        similarity: `[k, k]`, such as the absolute correlation of each unit of one code with each unit of another.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(similarity.numpy(), maximize=True)
    return similarity[rows, columns]


def linear_map(z: Tensor, other: Tensor, z_new: Tensor) -> Tensor:
    """What least squares, fitted to the pairs `z` `[N, k]` and `other` `[N, m]`, makes of `z_new`: `[M, m]`."""
    return with_ones(z_new) @ torch.linalg.lstsq(with_ones(z), other).solution


def with_ones(z: Tensor) -> Tensor:
    """`[N, k]` -> `[N, k + 1]`: a column of ones, for a linear map's constant."""
    return torch.cat([z, torch.ones_like(z[:, :1])], 1)

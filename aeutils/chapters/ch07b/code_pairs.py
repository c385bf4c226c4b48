"""Two models' codes of the same images: which unit goes with which."""

from __future__ import annotations

from torch import Tensor


def best_partners(similarity: Tensor) -> Tensor:
    """Each row's value with its partner, `[k]`, where partners are chosen one to one to make the sum the largest.

    Args:
        similarity: `[k, k]`, such as the absolute correlation of each unit of one code with each unit of another.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(similarity.numpy(), maximize=True)
    return similarity[rows, columns]

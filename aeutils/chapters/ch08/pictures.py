"""A confusion matrix as pictures."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix
from torch import Tensor


def confusion(x: Tensor, y: np.ndarray, found: np.ndarray) -> tuple[dict[str, Tensor], list[str]]:
    """For each digit a row with a picture for each cluster: the mean of its images there, the brighter, the more.

    The clusters stand in the order of the digits that they are matched to, so the matched ones form the diagonal.

    Args:
        x: images `[N, 1, H, W]` in [0, 1].
        y: their digits `[N]`, 0 to 9.
        found: their clusters `[N]`, as many as there are digits.

    Returns:
        Row -> pictures `[10, 1, H, W]`, twice as bright as the mean over all images of the digit; and a text for each
        column, how many images the cluster has.
    """
    counts = contingency_matrix(y, found)
    order = linear_sum_assignment(counts, maximize=True)[1]
    names = np.unique(found)[order]
    rows = {}
    for digit in np.unique(y):
        own, of = x[y == digit], found[y == digit]
        rows[str(digit)] = torch.stack([(2 * own[of == name].sum(0) / len(own)).clamp(max=1) for name in names])
    return rows, [f"{counts[:, cluster].sum()}" for cluster in order]

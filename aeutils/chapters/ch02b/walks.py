"""How long a decoded walk is, for notebook 02b."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


@torch.no_grad()
def length(part: Callable[[Tensor], Tensor], z: Tensor, n: int = 40) -> float:
    """How long the way of `part` is, relative to the straight distance between its ends; the mean over all walks.

    Each walk leads from one code to the one before it in the list (from the first to the last), on a straight line in
    even steps. 1 is a straight way; how fast it is gone does not count.

    Args:
        part: what is followed, a function of codes `[N, k]` with values `[N, ...]`.
        z: codes `[N, k]`.
        n: steps.
    """
    other, times = z.roll(1, 0), torch.linspace(0, 1, n + 1)
    way = torch.stack([part(torch.lerp(z, other, t)).flatten(1) for t in times])
    steps = (way[1:] - way[:-1]).norm(dim=2).sum(0)  # [n + 1, N, values] -> [N]
    return (steps / (way[-1] - way[0]).norm(dim=1)).mean().item()

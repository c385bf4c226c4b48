"""Layers that the exercises of several chapters are tried on, and how many parameters they have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import nn


def count_of(weights: int, encoder_biases: int, decoder_biases: int) -> Callable[[Sequence[int]], int]:
    """A function that counts an autoencoder's parameters from its widths, with so many copies of each kind."""

    def count(sizes: Sequence[int]) -> int:
        matrices = sum(a * b for a, b in pairwise(sizes))
        return weights * matrices + encoder_biases * sum(sizes[1:]) + decoder_biases * sum(sizes[:-1])

    return count


def random_layers(*sizes: int, seed: int) -> list[nn.Linear]:
    """Linear layers from `sizes[0]` to `sizes[-1]` with weights and biases that make every term count."""
    generator = torch.Generator().manual_seed(seed)
    layers = [nn.utils.skip_init(nn.Linear, n_in, n_out) for n_in, n_out in pairwise(sizes)]
    with torch.no_grad():
        for layer in layers:
            layer.weight.normal_(0, layer.in_features**-0.5, generator=generator)
            layer.bias.normal_(generator=generator)
    return layers

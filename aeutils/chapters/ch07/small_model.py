"""The model of exercise 7.2."""

from __future__ import annotations

import functools

import torch

from aeutils.data import load
from aeutils.losses import cross_entropy
from aeutils.models import Autoencoder
from aeutils.training import fit


@functools.cache
def small_model() -> Autoencoder:
    """An autoencoder with two code units, trained on mnist-5k on the CPU: the same one in every session."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Autoencoder((784, 128, 64, 2))
        fit(model, load("mnist-5k"), cross_entropy, steps=300, lr=2e-3, device="cpu", seed=0, measure=100)
    return model

"""Notebook 09's corruptions and denoising autoencoder, as the notebook defines them, for its table and for 09b."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

import aeutils as ae
from aeutils.losses import squared_errors
from aeutils.models import he_start
from aeutils.training.loop import Loss

Corruption = Callable[[Tensor], Tensor]
SIZES = 784, 256, 128
SETTINGS = {"steps": 700, "lr": 2e-3}


def gaussian(x: Tensor, sigma: float = 0.5) -> Tensor:
    """Every pixel plus normal noise; it may leave [0, 1]."""
    return x + sigma * torch.randn_like(x)


def salt_and_pepper(x: Tensor, share: float = 0.3) -> Tensor:
    """Of all pixels a share becomes black or white, half of it each."""
    u = torch.rand_like(x)
    return torch.where(u < share / 2, 0.0, torch.where(u > 1 - share / 2, 1.0, x))


def masking(x: Tensor, share: float = 0.5) -> Tensor:
    """Of all pixels a share becomes black."""
    return x * (torch.rand_like(x) > share)


CORRUPTIONS: dict[str, Corruption] = {"Gaussian": gaussian, "salt and pepper": salt_and_pepper, "masking": masking}


def denoising(corrupt: Corruption) -> Loss:
    """The squared error of what is made of a noisy image, from the clean one; fresh noise at every call.

    (Vincent et al., *Extracting and composing robust features with denoising autoencoders*, ICML 2008.)
    """

    def loss(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
        return {"squared_error": squared_errors(x, model(corrupt(x))).mean()}

    return loss


def new_denoiser(seed: int) -> ae.Autoencoder:
    """The network that all denoisers begin as, not trained yet."""
    ae.seed_everything(seed)
    return he_start(ae.Autoencoder(SIZES))

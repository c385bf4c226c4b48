"""Notebook 09's corruptions and denoisers, as the notebook defines them, for its table and for 09b."""

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


def new_denoiser() -> ae.Autoencoder:
    """The autoencoder that all denoisers begin as, not trained yet."""
    return he_start(ae.Autoencoder(SIZES))


def convolutional() -> nn.Sequential:
    """A network without a code, not trained yet: three convolutions, `[N, 1, H, W]` of any size to the same.

    It begins dark, with an output bias of -1: from a grey start some runs become black at once and stay so.
    """
    two = [nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.Conv2d(16, 16, 5, padding=2), nn.ReLU()]
    model = nn.Sequential(*two, nn.Conv2d(16, 1, 5, padding=2), nn.Sigmoid())
    nn.init.constant_(model[4].bias, -1.0)  # type: ignore[arg-type]
    return model


def without_narrow_layer() -> nn.Sequential:
    """A fully connected network whose hidden layers are wider than the image, not trained yet."""
    layers = [nn.Linear(784, 1024), nn.Linear(1024, 1024)]
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    hidden = [step for layer in layers for step in (layer, nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(1024, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))

"""What notebook 02 compares with: the signal in each layer, the better of some learning rates, shuffled pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from aeutils.data import Images, Split
from aeutils.evaluation import reconstruction_error
from aeutils.losses import squared_error
from aeutils.models import Autoencoder
from aeutils.runtime import seed_everything
from aeutils.training import fit


@torch.no_grad()
def signal(model: Autoencoder, x: Tensor) -> list[float]:
    """Variance of a unit's value from image to image, averaged over a layer's units: of the pixels, then of each layer.

    A linear layer's values are taken before its activation, and the last layer's before the head.

    Args:
        model: whose encoder and decoder are `nn.Sequential`s.
        x: images, `[N, ...]`.
    """
    h = x.flatten(1)
    found = [h.var(0).mean().item()]
    for layer in (*cast(nn.Sequential, model.encoder), *cast(nn.Sequential, model.decoder)):
        h = layer(h)
        if isinstance(layer, nn.Linear):
            found.append(h.var(0).mean().item())
    return found


def best(build: Callable[[], nn.Module], images: Images, steps: int, rates: Sequence[float]) -> float:
    """Squared error per test image of a network at the learning rate that has the lowest on validation images.

    Args:
        build: makes a new network; called once for each rate, after seeding.
        images: what is trained, chosen and tested on.
        steps: training steps.
        rates: learning rates to choose from.
    """
    runs = []
    for lr in rates:
        seed = seed_everything()
        model = build()
        history = fit(model, images, squared_error, steps=steps, lr=lr, seed=seed, measure=100)
        runs.append((history.val["squared_error"][-1], reconstruction_error(model, images.test)))
    return min(runs)[1]


def shuffle_pixels(images: Images, order: Tensor) -> Images:
    """The same images with their pixels in another order, the same one for all.

    Args:
        images: of P pixels each.
        order: the place that each pixel's value is taken from, int64 `[P]`.
    """

    def shuffled(part: Split) -> Split:
        return Split(part.x.flatten(1)[:, order].view_as(part.x), part.y)

    return Images("shuffled", shuffled(images.train), shuffled(images.val), shuffled(images.test), images.classes)

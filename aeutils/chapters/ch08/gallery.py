"""Exercise 8.2: twelve images of each digit to choose from, and what a choice is worth."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import Tensor

from aeutils import figures
from aeutils.data import load
from aeutils.evaluation import encode, knn, pca_autoencoder

COLUMNS = 12


def gallery() -> figures.Picture:
    """The first twelve training images of each digit, a row for each, with the columns' numbers above them."""
    train = load("mnist-5k").train
    rows = {str(digit): train.x[places] for digit, places in enumerate(_places())}
    return figures.digits(rows, "Which one of each row would you label?", columns=[str(n) for n in range(COLUMNS)])


def worth(columns: Sequence[int]) -> float:
    """Share of the validation images, in percent, whose digit is that of the nearest of ten labelled images.

    Distances are those of PCA codes of 10 components, so that nothing is left to a training's luck.

    Args:
        columns: of the gallery, the labelled image of each digit from 0 to 9.
    """
    z_train, z_val, y_val = _codes()
    chosen = z_train[[int(places[column]) for places, column in zip(_places(), columns, strict=True)]]
    return 100 * knn(chosen, torch.arange(10), z_val, y_val, neighbours=1)


@functools.cache
def _places() -> Tensor:
    """Which training images the gallery shows, `[10, COLUMNS]`."""
    y = load("mnist-5k").train.y
    assert y is not None  # these are labelled
    return torch.stack([torch.nonzero(y == digit).flatten()[:COLUMNS] for digit in range(10)])


@functools.cache
def _codes() -> tuple[Tensor, Tensor, Tensor]:
    images = load("mnist-5k")
    assert images.val.y is not None
    pca = pca_autoencoder(images, 10)
    return encode(pca, images.train), encode(pca, images.val), images.val.y

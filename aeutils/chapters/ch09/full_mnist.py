"""The table of notebook 09, `full_mnist.csv`: filters and denoising networks on 3,500 and on 55,000 digits.

Made by `python -m aeutils.chapters.ch09.full_mnist` (`make tables`), in half an hour on two cores, in two minutes
on a GPU, as the one that is stored was (but for the autoencoder on 3,500 images, which it has from a CPU).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import nn

import aeutils as ae
from aeutils.chapters import stored_tables
from aeutils.chapters.ch09.denoisers import (
    CORRUPTIONS,
    SETTINGS,
    SIZES,
    convolutional,
    denoising,
    new_denoiser,
    without_narrow_layer,
)
from aeutils.chapters.ch09.filters import tuned_filling, tuned_filters
from aeutils.chapters.ch09.measures import quality
from aeutils.data import Images
from aeutils.evaluation import reconstruct

TABLE = Path(__file__).with_name("full_mnist.csv")
SEEDS = {"mnist-5k": range(3), "mnist": range(1)}
STEPS = {"mnist-5k": 700, "mnist": 3000}  # of 100 images; on the full set five and a half epochs
KNOWN = "masking, mask known"  # the answers to masking once more, with the pixels that are known put back


class Network(NamedTuple):
    """How one of the networks is made and trained: on which data set for how many steps, at which rate.

    Of three or four rates the one with the highest PSNR on validation images, over the three noises; 0.003 would have
    given the autoencoder 0.06 dB more on 3,500 images.
    """

    make: Callable[[], nn.Module]
    rate: float
    steps: Mapping[str, int] = STEPS
    batch_size: int = 100


NETWORKS = {
    "autoencoder": Network(new_denoiser, SETTINGS["lr"]),
    "no narrow layer": Network(without_narrow_layer, 2e-3, {"mnist-5k": 700}),
    "convolutional autoencoder": Network(lambda: ae.ConvAutoencoder(SIZES[-1]), 3e-3),
    "convolutional, no code": Network(convolutional, 1e-2, {"mnist-5k": 300, "mnist": 3000}, batch_size=32),
}
LEARN = "PCA", "linear map", *(name for name, network in NETWORKS.items() if "mnist" in network.steps)


def table() -> pd.DataFrame:
    """One row for each data set, noise, method and seed, with `squared error`, `PSNR` and `SSIM` on test images."""
    return pd.read_csv(TABLE)


def summary(measured: str = "PSNR") -> pd.DataFrame:
    """By method and noise: the mean over the seeds of noise and training, ± standard deviation if there are several.

    The full set has rows of its own for what learns from images; for the others it changes nothing.

    Args:
        measured: "PSNR", "SSIM" or "squared error".
    """
    digits = 3 if measured == "SSIM" else 2
    rows: dict[str, dict[str, str]] = {}
    for (data, noise, method), part in table().groupby(["data", "noise", "method"], sort=False):
        if data == "mnist" and method not in LEARN:
            continue
        name = f"{method}, {part['images'].iloc[0]:,} images" if data == "mnist" else str(method)
        rows.setdefault(str(noise), {})[name] = stored_tables.with_spread(part[measured], digits)
    return pd.DataFrame(rows)


def measure(images: Images, noise: str, seed: int) -> list[dict[str, Any]]:
    """The rows of one data set, one kind of noise and one seed."""
    corrupt, x = CORRUPTIONS[noise], images.test.x
    ae.seed_everything(1000 + seed)
    filters = tuned_filters(images, corrupt)
    fill = tuned_filling(images, corrupt) if noise == "masking" else None
    ae.seed_everything(2000 + seed)
    noisy = corrupt(x)
    cleaned = {name: clean(noisy) for name, clean in filters.items()}
    for name, network in NETWORKS.items():
        if images.name not in network.steps:
            continue
        ae.seed_everything(seed)
        model = network.make()
        how: dict[str, Any] = {"steps": network.steps[images.name], "batch_size": network.batch_size}
        ae.fit(model, images, denoising(corrupt), lr=network.rate, seed=seed, **how)
        cleaned[name] = reconstruct(model, noisy)
    answers = {noise: cleaned}
    if fill is not None:
        ae.seed_everything(2000 + seed)  # the same mask again, made of images that are all 1
        known = corrupt(torch.ones_like(x))
        answers[KNOWN] = {name: torch.where(known > 0, x, x_hat) for name, x_hat in cleaned.items()}
        answers[KNOWN]["blur"] = fill(noisy, known)
    return [
        {"data": images.name, "images": len(images.train), "noise": kind, "seed": seed, "method": name}
        | quality(x, x_hat)
        for kind, by_method in answers.items()
        for name, x_hat in by_method.items()
    ]


def in_order(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows as they are stored: by data set, noise and seed."""
    noises = [*CORRUPTIONS, KNOWN]
    found = pd.DataFrame(rows).sort_values(
        ["images", "noise", "seed"], key=lambda c: c.map(noises.index) if c.name == "noise" else c, kind="stable"
    )
    return found.round(4)


def main() -> None:
    """Make the table afresh; names of noises on the command line leave the others as they are."""
    wanted = sys.argv[1:] or list(CORRUPTIONS)
    replaced = {*wanted, *([KNOWN] if "masking" in wanted else [])}
    rows = [row for row in table().to_dict("records") if row["noise"] not in replaced] if TABLE.exists() else []
    for name, seeds in SEEDS.items():
        for noise in wanted:
            rows += [row for seed in seeds for row in measure(ae.load(name), noise, seed)]
            print(name, noise, "done", flush=True)
    stored_tables.write(in_order(rows), TABLE, float_format=None)


if __name__ == "__main__":
    main()

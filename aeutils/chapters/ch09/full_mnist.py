"""The table of notebook 09, `full_mnist.csv`: filters and denoising networks on 3,500 and on 55,000 digits.

Made by `python -m aeutils.chapters.ch09.full_mnist` (`make tables`), in half an hour on two cores, in two minutes
on a GPU. What is stored is from a CPU where pixels are missing, else from a GPU (but for the autoencoder on 3,500
images and the blurred median).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Collection, Mapping
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
from aeutils.chapters.ch09.filters import best_on, biharmonic, tuned_filling, tuned_filters
from aeutils.chapters.ch09.measures import quality
from aeutils.data import Images
from aeutils.evaluation import reconstruct

TABLE = Path(__file__).with_name("full_mnist.csv")
SEEDS = {"mnist-5k": range(3), "mnist": range(1)}
STEPS = {"mnist-5k": 700, "mnist": 3000}  # of 100 images; on the full set five and a half epochs
KNOWN = "masking, mask known"  # the answers to masking once more, with the pixels that are known put back
INPAINTED = "biharmonic"  # only where the mask is known


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
FILTERS = (
    "as it is",
    "median",
    "median, blurred",
    "blur",
    INPAINTED,
    "Wiener (local)",
    "total variation",
    "non-local means",
)
METHODS = (*FILTERS, "PCA", "linear map", *NETWORKS)
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
    found = pd.DataFrame(rows)
    return found.reindex([*METHODS, *(name for name in found.index if name not in METHODS)]).fillna("–")


def measure(images: Images, noise: str, seed: int, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """The rows of one data set, one kind of noise and one seed; of all methods, unless only some are wanted."""
    corrupt, x = CORRUPTIONS[noise], images.test.x
    ae.seed_everything(1000 + seed)
    filters = tuned_filters(images, corrupt, only)
    ae.seed_everything(2000 + seed)
    noisy = corrupt(x)
    cleaned = {name: clean(noisy) for name, clean in filters.items()}
    ae.seed_everything(3000 + seed)
    noisy_val = corrupt(images.val.x)
    fill = tuned_filling(images, corrupt) if noise == "masking" else None
    for name, network in NETWORKS.items():
        if images.name not in network.steps or (only is not None and name not in only):
            continue
        ae.seed_everything(seed)
        model = network.make()
        how: dict[str, Any] = {"steps": network.steps[images.name], "batch_size": network.batch_size}
        ae.fit(model, images, denoising(corrupt), lr=network.rate, seed=seed, **how)
        cleaned[name] = best_on(images.val.x, noisy_val, [functools.partial(reconstruct, model)])(noisy)
    answers = {noise: cleaned}
    if fill is not None:
        ae.seed_everything(2000 + seed)  # the same mask again, made of images that are all 1
        known = corrupt(torch.ones_like(x))
        answers[KNOWN] = {name: torch.where(known > 0, x, x_hat) for name, x_hat in cleaned.items()}
        told = {"blur": lambda: fill(noisy, known), INPAINTED: lambda: biharmonic(noisy, known)}
        answers[KNOWN] |= {name: filled() for name, filled in told.items() if only is None or name in only}
    return [
        {"data": images.name, "images": len(images.train), "noise": kind, "seed": seed, "method": name}
        | quality(x, by_method[name])
        for kind, by_method in answers.items()
        for name in METHODS
        if name in by_method
    ]


def in_order(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows as they are stored: by data set, noise, seed and method."""
    places = {"noise": [*CORRUPTIONS, KNOWN].index, "method": METHODS.index}
    found = pd.DataFrame(rows).sort_values(
        ["images", "noise", "seed", "method"],
        key=lambda column: column.map(places[column.name]) if column.name in places else column,
        kind="stable",
    )
    return found.round(4)


def main() -> None:
    """Make the table afresh; names of noises and methods on the command line leave all others as they are.

    Raises:
        SystemExit: a name that is neither; nothing was made.
    """
    if unknown := [name for name in sys.argv[1:] if name not in CORRUPTIONS and name not in METHODS]:
        known = "; ".join([*CORRUPTIONS, *METHODS])
        raise SystemExit(f"{'; '.join(unknown)}: no such noise or method; expected some of: {known}")
    noises = [name for name in CORRUPTIONS if name in sys.argv[1:]] or list(CORRUPTIONS)
    methods = [name for name in METHODS if name in sys.argv[1:]] or list(METHODS)
    replaced = {*noises, *([KNOWN] if "masking" in noises else [])}
    rows = table().to_dict("records") if TABLE.exists() else []
    rows = [row for row in rows if row["noise"] not in replaced or row["method"] not in methods]
    for name, seeds in SEEDS.items():
        for noise in noises:
            rows += [row for seed in seeds for row in measure(ae.load(name), noise, seed, methods)]
            print(name, noise, "done", flush=True)
    stored_tables.write(in_order(rows), TABLE, float_format=None)


if __name__ == "__main__":
    main()

"""The table of notebook 09, `full_mnist.csv`: filters and denoising autoencoders on 3,500 and on 55,000 digits.

Made by `python -m aeutils.chapters.ch09.full_mnist` (`make tables`), in ten to twenty minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

import aeutils as ae
from aeutils.chapters import stored_tables
from aeutils.chapters.ch09.denoisers import CORRUPTIONS, SETTINGS, denoising, new_denoiser
from aeutils.chapters.ch09.filters import tuned_filters
from aeutils.chapters.ch09.measures import quality
from aeutils.data import Images
from aeutils.evaluation import reconstruct

TABLE = Path(__file__).with_name("full_mnist.csv")
LONG = {"steps": 3000, "lr": 2e-3}  # for the full set: five and a half epochs
LEARN = "PCA", "linear map", "autoencoder"
SEEDS = {"mnist-5k": range(3), "mnist": range(1)}


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


def measure(images: Images, noise: str, seeds: range, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of one data set and one kind of noise."""
    corrupt, rows = CORRUPTIONS[noise], []
    for seed in seeds:
        ae.seed_everything(1000 + seed)
        filters = tuned_filters(images, corrupt)
        noisy = corrupt(images.test.x)
        cleaned = {name: clean(noisy) for name, clean in filters.items()}
        model = new_denoiser(seed)
        ae.fit(model, images, denoising(corrupt), seed=seed, **settings)
        cleaned["autoencoder"] = reconstruct(model, noisy)
        base = {"data": images.name, "images": len(images.train), "noise": noise, "seed": seed}
        rows += [base | {"method": name} | quality(images.test.x, x_hat) for name, x_hat in cleaned.items()]
    return rows


def main() -> None:
    """Make the table afresh; names of noises on the command line leave the others as they are."""
    wanted = sys.argv[1:] or list(CORRUPTIONS)
    parts = (
        [row for row in pd.read_csv(TABLE).to_dict("records") if row["noise"] not in wanted] if TABLE.exists() else []
    )
    for name, settings in (("mnist-5k", SETTINGS), ("mnist", LONG)):
        for noise in wanted:
            parts += measure(ae.load(name), noise, SEEDS[name], settings)
            print(name, noise, "done", flush=True)
    found = pd.DataFrame(parts).sort_values(
        ["images", "noise"], key=lambda c: c if c.name == "images" else c.map(list(CORRUPTIONS).index), kind="stable"
    )
    stored_tables.write(found.round(4), TABLE, float_format=None)


if __name__ == "__main__":
    main()

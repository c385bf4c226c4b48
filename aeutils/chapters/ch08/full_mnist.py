"""The tables of notebook 08 on the full MNIST: `full_mnist.csv`, made by `make tables`.

The listing at its own settings, on all 60,000 training images; probes and clusterings on 55,000, with 5,000 to choose
by. Everything is measured on the official 10,000 test images.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from aeutils import data, evaluation, losses, models, runtime, training
from aeutils.chapters import stored_tables
from aeutils.chapters.ch08 import clusters, listing, probes

TABLE = Path(__file__).with_name("full_mnist.csv")
LABELS = (10, 100, 1000, 10_000, 55_000)
SIZES = (10, 32)
SEEDS = range(3)
BY_ALL = (("pixels", 784), ("PCA", 10), ("PCA", 32), ("autoencoder", 10), ("autoencoder", 32))  # by what takes long too
Row = dict[str, Any]


def full_table(name: str) -> pd.DataFrame:
    """The rows of one of the tables, "listing", "probe", "clustering" or "budget"; in percent, losses in nats.

    Raises:
        ValueError: another name.
    """
    table = _read()
    if name not in set(table.table):
        raise ValueError(f"{runtime.short(name)} is no table; expected one of {', '.join(map(repr, set(table.table)))}")
    return table[table.table == name].dropna(axis=1, how="all").drop(columns="table").reset_index(drop=True)


def listing_rows(seed: int) -> Iterator[Row]:
    """The listing's ten epochs: what it prints, the loss of all training images beside it, and the test accuracy."""
    images = data.load("mnist", validation=0)
    assert images.train.y is not None and images.test.y is not None  # for the type checker: MNIST has labels
    y_test, told = images.test.y, list[Row]()

    def measure(model: listing.Listing) -> None:
        epoch = 1 + len(told) // 2
        train, test = (evaluation.apply(model, model, part.x.flatten(1)) for part in (images.train, images.test))
        all_of_them = nn.functional.cross_entropy(train, images.train.y).item()
        right = (test.argmax(1) == y_test).double().mean().item()
        told.append({"epoch": epoch, "measure": "training loss", "value": all_of_them})
        told.append({"epoch": epoch, "measure": "accuracy", "value": 100 * right})

    torch.manual_seed(seed)
    _, printed = listing.train_listing(images.train.x, images.train.y, after_epoch=measure)
    told += [{"epoch": i, "measure": "printed loss", "value": loss} for i, loss in enumerate(printed, 1)]
    yield from ({"table": "listing", "features": "listing", "seed": seed, **row} for row in told)


def feature_rows(name: str, code_size: int, seed: int) -> Iterator[Row]:
    """Probes and clusterings of one kind of features; where it is one of `BY_ALL`, also by what takes long.

    That is, with 100 labels, a support-vector machine and labels that spread on a graph; and the clusterings that get
    a lot of 10,000 training images.
    """
    images = data.load("mnist")
    told: dict[str, Any] = {"features": name, "code_size": code_size, "seed": seed}
    model, long_ones = _model(images, name, code_size, seed), (name, code_size) in BY_ALL
    if name in ("untrained", "autoencoder"):
        assert model is not None
        error = evaluation.reconstruction_error(model, images.test)
        yield {"table": "probe", **told, "measure": "squared error", "value": error}
    z = probes.features(images, model)
    assert images.train.y is not None and images.test.y is not None
    for n in LABELS:
        if n == LABELS[-1] and seed and name in ("pixels", "PCA"):
            continue  # nothing in it is drawn
        for kind in ("linear", "neighbours"):
            accuracy = probes.probe(kind, z, images, probes.few_labels(images.train.y, n, seed))
            yield {"table": "probe", **told, "method": kind, "labels": n, "measure": "accuracy", "value": accuracy}
    if long_ones:
        chosen = probes.few_labels(images.train.y, 100, seed)
        others = {
            "SVC": probes.probe("SVC", z, images, chosen),
            "spreading": probes.spread_labels(z, images, chosen, seed),
        }
        for kind, accuracy in others.items():
            yield {"table": "probe", **told, "method": kind, "labels": 100, "measure": "accuracy", "value": accuracy}
    for method in clusters.METHODS if long_ones else clusters.DIRECT:
        for measure, value in clusters.agreement(images.test.y.numpy(), clusters.cluster(method, z, seed)).items():
            yield {"table": "clustering", **told, "method": method, "measure": measure, "value": value}


def _model(images: data.Images, name: str, code_size: int, seed: int) -> models.Autoencoder | None:
    """What makes the features of that name; None for pixels."""
    if name == "pixels":
        return None
    if name == "PCA":
        return evaluation.pca_autoencoder(images, code_size)
    torch.manual_seed(seed)
    model = models.Autoencoder((784, 256, code_size), head=nn.Identity)
    if name == "autoencoder":
        training.fit(model, images, losses.squared_error, epochs=10, lr=2e-3, seed=seed)
    return model


def budget_rows(n_images: int, steps: int, seed: int) -> Iterator[Row]:
    """What a code of 10 units is worth after so many steps on so many images without labels, probed with 100 labels."""
    images = data.load("mnist")
    assert images.train.y is not None and images.test.y is not None
    used = torch.randperm(len(images.train), generator=torch.Generator().manual_seed(seed))[:n_images]
    torch.manual_seed(seed)
    model = models.Autoencoder((784, 256, 10), head=nn.Identity)
    some = replace(images, train=data.Split(images.train.x[used]))
    training.fit(model, some, losses.squared_error, steps=steps, lr=2e-3, seed=seed)
    z = probes.features(images, model)
    right = probes.probe("linear", z, images, probes.few_labels(images.train.y, 100, seed))
    agreed = clusters.agreement(images.test.y.numpy(), clusters.cluster("mixture", z, seed))
    told: Row = {"table": "budget", "images": n_images, "steps": steps, "seed": seed}
    yield {**told, "measure": "squared error", "value": evaluation.reconstruction_error(model, images.test)}
    yield {**told, "measure": "linear, 100 labels", "value": right}
    yield {**told, "measure": "NMI of a mixture", "value": agreed["NMI"]}


JOBS: dict[str, Callable[[], Iterator[Row]]] = {
    **{f"listing, seed {seed}": functools.partial(listing_rows, seed) for seed in range(4)},
    **{f"pixels, seed {seed}": functools.partial(feature_rows, "pixels", 784, seed) for seed in SEEDS},
    **{
        f"{name} {k}, seed {seed}": functools.partial(feature_rows, name, k, seed)
        for name in ("PCA", "untrained", "autoencoder")
        for k in SIZES
        for seed in SEEDS
    },
    **{
        f"{n:,} images, {steps:,} steps, seed {seed}": functools.partial(budget_rows, n, steps, seed)
        for n in (3500, 55_000)
        for steps in (350, 5500)
        for seed in SEEDS
    },
}


def make() -> None:
    """Run every job and write the table; about half an hour on two cores.

    What is done stands in `full_mnist.done`; a run that was interrupted goes on from there.
    """
    so_far = TABLE.with_suffix(".done")
    done = pd.read_csv(so_far) if so_far.exists() else pd.DataFrame({"job": []})
    for job, rows in JOBS.items():
        if job not in set(done.job):
            print(job, flush=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a probe of all pixels stops after a thousand steps
                done = pd.concat([done, pd.DataFrame(list(rows())).assign(job=job)])
            stored_tables.write(done, so_far)
    stored_tables.write(done.drop(columns="job"), TABLE)
    so_far.unlink()


@functools.cache
def _read() -> pd.DataFrame:
    return pd.read_csv(TABLE)


if __name__ == "__main__":
    make()

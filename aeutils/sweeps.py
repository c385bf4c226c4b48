"""Sweeps: many training runs with different settings, side by side, as one table.

Runs are spread by joblib: over processor cores as it is, over a cluster inside
`with joblib.parallel_config(backend="dask"):`. Every run uses one thread and its own seed, so the table does not depend
on where or beside what it was computed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from aeutils import runtime
from aeutils.data import Images, Split, load
from aeutils.losses import squared_error
from aeutils.models import Autoencoder, parameter_count
from aeutils.training import History, Loss, TrainingDiverged, fit

if TYPE_CHECKING:
    import pandas as pd

ACTIVATIONS = {"ReLU": nn.ReLU, "GELU": nn.GELU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "none": nn.Identity}
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "RMSprop": torch.optim.RMSprop,
    "SGD": torch.optim.SGD,
    "SGD, momentum 0.9": functools.partial(torch.optim.SGD, momentum=0.9),
}
# What a run has where its settings do not say otherwise.
DEFAULTS: dict[str, Any] = {
    "data": "mnist-5k",
    "n_images": None,
    "hidden": "128-64",
    "code_size": 8,
    "activation": "ReLU",
    "optimizer": "Adam",
    "lr": 2e-3,
    "batch_size": 100,
    "steps": 600,
    "epochs": None,
    "seed": 0,
}


def trial(
    *, loss: Loss = squared_error, after_epoch: Callable[[History], None] | None = None, **settings: Any
) -> dict[str, Any]:
    """Train one autoencoder on the squared error, with a linear head, and measure it.

    Args:
        loss: the squared error, or something around it.
        after_epoch: as in `fit`.
        **settings: any of `DEFAULTS`. `data`: a name for `ae.load`. `n_images`: train on the first so many images only
            (all classes in turn), all unless given. `hidden`: the encoder's widths, `"128-64"`, or `""` for none.
            `activation` and `optimizer`: a name in `ACTIVATIONS`, `OPTIMIZERS`. `epochs`: instead of `steps`.

    Returns:
        The settings in full and what came of them: `status` ("finished", "diverged" or "interrupted"), `parameters`,
        `steps_taken`, `seconds`, `train_error` and `val_error` (squared error per image; NaN when diverged). Test
        images are not touched: they are for the one number that is reported in the end.

    Raises:
        ValueError: an unknown setting or name, or settings that `fit` refuses.
    """
    chosen = {**DEFAULTS, **settings}
    _check(chosen)
    images = _first(load(chosen["data"]), chosen["n_images"])
    widths = [int(width) for width in chosen["hidden"].split("-") if width]
    threads = torch.get_num_threads()
    with torch.random.fork_rng(), runtime.silent():
        torch.manual_seed(chosen["seed"])
        model = Autoencoder(
            (images.train.x[0].numel(), *widths, chosen["code_size"]),
            activation=ACTIVATIONS[chosen["activation"]],
            head=nn.Identity,
        )
        result = {"status": "diverged", "parameters": parameter_count(model)}
        try:
            torch.set_num_threads(1)  # sums in another order would give other digits
            history = fit(
                model,
                images,
                loss,
                steps=None if chosen["epochs"] else chosen["steps"],
                epochs=chosen["epochs"],
                batch_size=chosen["batch_size"],
                lr=chosen["lr"],
                optimizer=OPTIMIZERS[chosen["optimizer"]],
                after_epoch=after_epoch,
            )
            result["status"] = history.stopped
        except TrainingDiverged as error:
            history = error.history
        finally:
            torch.set_num_threads(threads)
    diverged = result["status"] == "diverged"
    last = {} if diverged or not history.epochs else {"train": history.train, "val": history.val}
    errors = {f"{part}_error": last[part]["squared_error"][-1] if last else float("nan") for part in ("train", "val")}
    return {**chosen, **result, "steps_taken": history.steps, "seconds": round(history.seconds, 3), **errors}


def sweep(settings: Iterable[Mapping[str, Any]], n_jobs: int | None = -1) -> pd.DataFrame:
    """One `trial` for each of the settings, in parallel, as a table with a row for each in the same order.

    Args:
        settings: what to change from `DEFAULTS` in each run, for example scikit-learn's
            `ParameterGrid({"lr": [1e-3, 1e-2], "seed": range(5)})`. All are checked before the first run starts.
        n_jobs: how many at a time; -1 for every core, or every worker of the cluster.

    Raises:
        ValueError: no settings, or what `trial` refuses.
    """
    import pandas as pd
    from joblib import Parallel, delayed

    wanted = [dict(each) for each in settings]
    if not wanted:
        raise ValueError("settings is empty; give at least one, such as [{'lr': 0.001}]")
    for each in wanted:
        _check({**DEFAULTS, **each})
    results = Parallel(n_jobs=n_jobs, return_as="generator")(delayed(trial)(**each) for each in wanted)
    return pd.DataFrame(list(runtime.progress(results, total=len(wanted), desc="sweep", unit="run")))


def _check(chosen: Mapping[str, Any]) -> None:
    if unknown := sorted(chosen.keys() - DEFAULTS.keys()):
        raise ValueError(f"unknown settings {', '.join(unknown)}; expected some of {', '.join(DEFAULTS)}")
    for name, known in (("activation", ACTIVATIONS), ("optimizer", OPTIMIZERS)):
        if chosen[name] not in known:
            raise ValueError(f"{name}={chosen[name]!r}; expected one of {', '.join(known)}")
    if not isinstance(chosen["hidden"], str) or not all(w.isdecimal() for w in chosen["hidden"].split("-") if w):
        raise ValueError(f"hidden={chosen['hidden']!r}; expected the encoder's widths such as '128-64', or ''")


def _first(images: Images, n: int | None) -> Images:
    """The same data set with the first `n` training images only."""
    if n is None:
        return images
    if not 1 <= n <= len(images.train):
        raise ValueError(f"n_images={n}; {images.name} has 1 to {len(images.train):,} training images")
    return replace(images, train=Split(images.train.x[:n]))

"""Sweeps: many training runs with different settings, side by side, as one table.

Runs are spread by joblib: over processor cores as it is, over a cluster inside
`with joblib.parallel_config(backend="dask"):`. Every run uses one thread and its own seed, so the table does not depend
on where or beside what it was computed.
"""

from __future__ import annotations

import functools
import math
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from aeutils import runtime
from aeutils.data import Images, Split, check_held, load
from aeutils.evaluation import reconstruction_error
from aeutils.losses import squared_error
from aeutils.models import Autoencoder, parameter_count
from aeutils.runtime import MOST, short, whole_number
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


# What else a run may be given: a model of one's own, and a loss.
OWN = ("model", "loss")
# makes a model, given the settings in full and the shape of one example
Factory = Callable[[dict[str, Any], tuple[int, ...]], nn.Module]


def trial(
    *,
    model: Factory | None = None,
    loss: Loss = squared_error,
    after_epoch: Callable[[History], None] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Train one model, by default an autoencoder with a linear head on the squared error, and measure it.

    Args:
        model: called as `model(settings, shape)` with the settings in full and the shape of one example, for example
            `def small(settings, shape): return ae.ConvAutoencoder(settings["code_size"], shape=shape)`. Unless given,
            an `Autoencoder` with the widths `hidden` and `code_size`.
        loss: as in `fit`.
        after_epoch: as in `fit`.
        **settings: any of `DEFAULTS`. `data`: a name for `ae.load`, or `Images`. `n_images`: train on the first so many
            images only (all classes in turn), all unless given. `hidden`: the encoder's widths, `"128-64"`, or `""` for
            none. `activation` and `optimizer`: a name in `ACTIVATIONS`, `OPTIMIZERS`. `epochs`: instead of `steps`.

    Returns:
        The settings in full (data, model and loss by their names) and what came of them: `status` ("finished",
        "diverged" or "interrupted"), `parameters`, `steps_taken`, `seconds`, `train_error` and `val_error` (squared
        error per image, of a variational model from the posterior mean; NaN when diverged). Test images are not
        touched: they are for the one number that is reported in the end.

    Raises:
        ValueError: an unknown setting or name, or settings that `fit` refuses.
    """
    chosen = {**DEFAULTS, **settings}
    _check({**chosen, "model": model, "loss": loss})
    whole = chosen["data"] if isinstance(chosen["data"], Images) else load(chosen["data"])
    check_held(whole.train, "images.train")
    images = _first(whole, chosen["n_images"])
    shape = tuple(images.train.x.shape[1:])
    threads = torch.get_num_threads()
    with runtime.own_randomness(), runtime.silent():
        torch.manual_seed(chosen["seed"])
        trained = model(dict(chosen), shape) if model else _autoencoder(chosen, shape)
        if not isinstance(trained, nn.Module):
            raise ValueError(f"model makes {short(trained)}; expected a torch module, such as ae.ConvAutoencoder()")
        result: dict[str, Any] = {"status": "diverged", "parameters": parameter_count(trained)}
        try:
            torch.set_num_threads(1)  # sums in another order would give other digits
            history = fit(
                trained,
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
        errors = _errors(trained, images, history) if result["status"] != "diverged" else {}
    own = {"model": model, "loss": None if loss is squared_error else loss}
    return {
        **chosen,
        "data": whole.name,
        **{name: _name(value) for name, value in own.items() if value is not None},
        **result,
        "steps_taken": history.steps,
        "seconds": round(history.seconds, 3),
        **{f"{part}_error": errors.get(part, float("nan")) for part in ("train", "val")},
    }


def sweep(settings: Iterable[Mapping[str, Any]], n_jobs: int | None = -1) -> pd.DataFrame:
    """One `trial` for each of the settings, in parallel, as a table with a row for each in the same order.

    Args:
        settings: what to change from `DEFAULTS` in each run, for example scikit-learn's
            `ParameterGrid({"lr": [1e-3, 1e-2], "seed": range(5)})`; `model` and `loss` of `trial`, too. All are checked
            before the first run starts.
        n_jobs: how many at a time; -1 for every core, or every worker of the cluster.

    Raises:
        ValueError: no settings, what `trial` refuses, or a model or loss that cannot be sent to another process.
    """
    import pandas as pd
    from joblib import Parallel, delayed

    if not isinstance(settings, Iterable) or isinstance(settings, str | bytes | Mapping):
        raise ValueError(f"settings is {short(settings)}; expected one dictionary for each run, [{{'lr': 0.001}}]")
    wanted = list(settings)
    if not wanted:
        raise ValueError("settings is empty; give at least one, such as [{'lr': 0.001}]")
    for each in wanted:
        if not isinstance(each, Mapping):
            raise ValueError(f"settings holds {short(each)}; expected dictionaries, such as {{'lr': 0.001}}")
        _check({**DEFAULTS, **each})
    if n_jobs is not None and whole_number(n_jobs, "n_jobs", -MOST) == 0:
        raise ValueError("n_jobs=0; expected how many runs at a time, or -1 for every core")
    if n_jobs != 1:
        _check_travels(wanted)
    # What travels is small and is not shared through files (`max_nbytes`). joblib names a folder for them all the same,
    # in ASCII alone, which the temporary folder of somebody called Jürgen is not: it gets a name that is never used.
    parallel = Parallel(
        n_jobs=n_jobs, return_as="generator", max_nbytes=None, temp_folder=Path(tempfile.gettempdir()).anchor
    )
    results = parallel(delayed(trial)(**each) for each in wanted)
    return pd.DataFrame(list(runtime.progress(results, total=len(wanted), desc="sweep", unit="run")))


def _check(chosen: Mapping[str, Any]) -> None:
    """All that can be known before a run starts."""
    if unknown := sorted(map(str, chosen.keys() - DEFAULTS.keys() - set(OWN))):
        raise ValueError(f"unknown settings {', '.join(unknown)}; expected some of {', '.join((*DEFAULTS, *OWN))}")
    for name, known in (("activation", ACTIVATIONS), ("optimizer", OPTIMIZERS)):
        if not isinstance(chosen[name], str) or chosen[name] not in known:
            raise ValueError(f"{name}={short(chosen[name])}; expected one of {', '.join(known)}")
    if not isinstance(chosen["hidden"], str) or not all(w.isdecimal() for w in chosen["hidden"].split("-") if w):
        raise ValueError(f"hidden={short(chosen['hidden'])}; expected the encoder's widths such as '128-64', or ''")
    for name in OWN:
        if chosen.get(name) is not None and not callable(chosen[name]):
            raise ValueError(f"{name} is {short(chosen[name])}; expected a function, such as {_EXAMPLES[name]}")
    for name in ("n_images", "code_size", "batch_size", "steps", "epochs"):
        if chosen[name] is not None or name in ("code_size", "batch_size"):
            whole_number(chosen[name], name)
    runtime.check_seed(chosen["seed"])


_EXAMPLES = {
    "model": "def small(settings, shape): return ae.ConvAutoencoder(shape=shape)",
    "loss": "ae.losses.squared_error",
}


def _check_travels(wanted: Iterable[Mapping[str, Any]]) -> None:
    import pickle

    from joblib import wrap_non_picklable_objects

    for name in OWN:
        for function in {id(each[name]): each[name] for each in wanted if name in each}.values():
            try:
                pickle.dumps(wrap_non_picklable_objects(function))  # as joblib does
            except Exception as error:  # pickling runs whatever the objects inside define
                raise ValueError(
                    f"{name}={_name(function)} cannot be sent to another process ({type(error).__name__}: "
                    f"{' '.join(str(error).split())}); use n_jobs=1, or a function that holds no such thing"
                ) from error


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or type(function).__name__


def _autoencoder(chosen: Mapping[str, Any], shape: tuple[int, ...]) -> Autoencoder:
    widths = [int(width) for width in chosen["hidden"].split("-") if width]
    return Autoencoder(
        (math.prod(shape), *widths, chosen["code_size"]),
        activation=ACTIVATIONS[chosen["activation"]],
        head=nn.Identity,
        shape=shape,
    )


def _errors(model: nn.Module, images: Images, history: History) -> dict[str, float]:
    """Squared error per image on training and validation images; nothing where there are none, or no epoch ended."""
    if not history.epochs:
        return {}
    measured = {part: curves for part in ("train", "val") if (curves := getattr(history, part))}
    if all(list(curves) == ["squared_error"] for curves in measured.values()):  # measured already, at the last epoch
        return {part: curves["squared_error"][-1] for part, curves in measured.items()}
    return {part: reconstruction_error(model, getattr(images, part)) for part in measured}


def _first(images: Images, n: int | None) -> Images:
    """The same data set with the first `n` training images only."""
    if n is None:
        return images
    if n > len(images.train):
        raise ValueError(f"n_images={n}; {images.name} has 1 to {len(images.train):,} training images")
    y = None if images.train.y is None else images.train.y[:n]
    return replace(images, train=Split(images.train.x[:n], y))

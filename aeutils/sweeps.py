"""Sweeps: many training runs with different settings, side by side, as one table.

Runs are spread by joblib: over processor cores as it is (each core has a process of its own, and one that is killed
costs the run it was at, which is repeated), over a cluster inside `with joblib.parallel_config(backend="dask"):`. Every
run uses one thread and its own seed, so the table does not depend on where or beside what it was computed.
"""

from __future__ import annotations

import functools
import math
import tempfile
import warnings
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from aeutils import runtime
from aeutils.data import Images, Split, check_held, load
from aeutils.evaluation import reconstruction_error
from aeutils.losses import squared_error
from aeutils.models import Autoencoder, he_start, parameter_count
from aeutils.runtime import MOST, short, whole_number
from aeutils.training import History, Loss, TrainingDiverged, fit

if TYPE_CHECKING:
    import pandas as pd
    from joblib.externals.loky import ProcessPoolExecutor

ACTIVATIONS = {"ReLU": nn.ReLU, "GELU": nn.GELU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "none": nn.Identity}
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "RMSprop": torch.optim.RMSprop,
    "SGD": torch.optim.SGD,
    "SGD, momentum 0.9": functools.partial(torch.optim.SGD, momentum=0.9),
}
STARTS = ("PyTorch", "He")  # how the weights are drawn; He's where an activation follows
# What a run has where its settings do not say otherwise.
DEFAULTS: dict[str, Any] = {
    "data": "mnist-5k",
    "n_images": None,
    "hidden": "128-64",
    "code_size": 8,
    "activation": "ReLU",
    "start": "PyTorch",
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
            none. `activation`, `start` and `optimizer`: a name in `ACTIVATIONS`, `STARTS`, `OPTIMIZERS`. `epochs`:
            instead of `steps`.

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
        status = "diverged"
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
            status = history.stopped
            errors = _errors(trained, images, history)
        except TrainingDiverged as error:
            history, errors = error.history, {}
        finally:
            torch.set_num_threads(threads)
    measured = {
        "parameters": parameter_count(trained),
        "steps_taken": history.steps,
        "seconds": round(history.seconds, 3),
        **{f"{part}_error": error for part, error in errors.items()},
    }
    return _row({**chosen, "model": model, "loss": loss}, status, measured)


def sweep(settings: Iterable[Mapping[str, Any]], n_jobs: int | None = -1) -> pd.DataFrame:
    """One `trial` for each of the settings, in parallel, as a table with a row for each in the same order.

    A process that is killed (by the system when memory runs out, say) costs only the trial that it was at: a warning
    says so, and the trial is run again after all others. When that kills its process too, its row has the status
    "killed", NaN in place of what would have been measured, and the sweep goes on. On a Dask cluster the scheduler
    repeats what a lost worker was at, and gives up with `distributed.KilledWorker` after as many more attempts as its
    setting `allowed-failures` says. With one run at a time there is no other process that could be killed.

    Ctrl-C ends the sweep and loses nothing that was finished: the table comes back, and the runs that were not finished
    have the status "interrupted" and NaN (with one run at a time, the errors of the last whole epoch, as in `fit`).

    Args:
        settings: what to change from `DEFAULTS` in each run, for example scikit-learn's
            `ParameterGrid({"lr": [1e-3, 1e-2], "seed": range(5)})`; `model` and `loss` of `trial`, too. All are checked
            before the first run starts.
        n_jobs: how many at a time; -1 for every core, or every worker of the cluster.

    Raises:
        ValueError: no settings, what `trial` refuses, or a model or loss that cannot be sent to another process.
        Exception: whatever a run raises, such as an error in a model of one's own; the runs beside it are ended.
    """
    import pandas as pd

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
    rows: dict[int, dict[str, Any]] = {}
    with closing(_outcomes(wanted, n_jobs)) as outcomes, suppress(KeyboardInterrupt):
        for i, row in runtime.progress(outcomes, total=len(wanted), desc="sweep", unit="run"):
            rows[i] = row
            if row["status"] == "interrupted":  # `fit` takes Ctrl-C for itself, and it was meant for all
                break
    return pd.DataFrame([rows.get(i) or _row(each, "interrupted") for i, each in enumerate(wanted)])


Outcome = tuple[int, dict[str, Any]]
ATTEMPTS = 2  # how often a run may kill its process
IDLE_SECONDS = 300  # a process waits as long for the next sweep: importing PyTorch takes longer than many a run
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_idle: list[ProcessPoolExecutor] = []


def _outcomes(wanted: list[Mapping[str, Any]], n_jobs: int | None) -> Generator[Outcome]:
    """The number and the row of every run, as they finish."""
    from joblib import Parallel, delayed, effective_n_jobs
    from joblib.parallel import BACKENDS, get_active_backend

    at_a_time = effective_n_jobs(n_jobs)
    if isinstance(get_active_backend()[0], BACKENDS["loky"]):
        if at_a_time > 1:
            yield from _on_cores(wanted, min(at_a_time, len(wanted)))
        else:
            yield from map(_numbered, range(len(wanted)), wanted)
        return
    # What travels is small and is not shared through files (`max_nbytes`). joblib names a folder for them all the same,
    # in ASCII alone, which the temporary folder of somebody called Jürgen is not: it gets a name that is never used.
    parallel = Parallel(
        n_jobs=n_jobs,
        return_as="generator_unordered",
        batch_size=1,
        max_nbytes=None,
        temp_folder=Path(tempfile.gettempdir()).anchor,
    )
    yield from parallel(delayed(_numbered)(i, each) for i, each in enumerate(wanted))


def _numbered(i: int, each: Mapping[str, Any]) -> Outcome:
    return i, trial(**each)


def _on_cores(wanted: list[Mapping[str, Any]], count: int) -> Generator[Outcome]:
    """Runs spread over `count` pools of one process each.

    One pool of many would be closed, with all that runs in it, when one of its processes is killed, and would not say
    which run it was at.
    """
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    waiting = deque(range(len(wanted)))
    killed: Counter[int] = Counter()
    running: dict[Future[Outcome], tuple[int, ProcessPoolExecutor]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < count:
                i = waiting.popleft()
                future, pool = _start(i, wanted[i])
                running[future] = i, pool
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                i, pool = running[future]
                try:
                    outcome = future.result()
                except TerminatedWorkerError:
                    del running[future]
                    killed[i] += 1
                    again = killed[i] < ATTEMPTS
                    warnings.warn(
                        f"a process was killed during run {i} ({_in_words(wanted[i])}); is there memory for {count} at "
                        "a time? " + ("It is run again" if again else 'Its status is "killed"'),
                        RuntimeWarning,
                        stacklevel=5,  # who called `sweep`, past both generators and tqdm
                    )
                    if again:
                        waiting.append(i)  # the last: when memory is short, fewer run beside it
                    else:
                        yield i, _row(wanted[i], "killed")
                else:
                    del running[future]
                    _idle.append(pool)
                    yield outcome
    finally:  # an error, or Ctrl-C
        for _, pool in running.values():
            pool.shutdown(kill_workers=True)


def _start(i: int, each: Mapping[str, Any]) -> tuple[Future[Outcome], ProcessPoolExecutor]:
    """A run that has started, in a process that waits for work or in a new one; and the pool of that process."""
    from joblib.externals.loky import BrokenProcessPool, ProcessPoolExecutor

    while _idle:
        pool = _idle.pop()
        with suppress(BrokenProcessPool):  # killed while it had nothing to do
            return pool.submit(_numbered, i, each), pool
    pool = ProcessPoolExecutor(1, timeout=IDLE_SECONDS, env=ONE_THREAD)
    return pool.submit(_numbered, i, each), pool


MEASURED = ("parameters", "steps_taken", "seconds", "train_error", "val_error")


def _row(given: Mapping[str, Any], status: str, measured: Mapping[str, float] = {}) -> dict[str, Any]:
    """A row of the table: the settings in full, and NaN for what was not measured."""
    chosen = {**DEFAULTS, **given}
    own = {name: chosen.pop(name, None) for name in OWN}
    if own["loss"] is squared_error:
        own["loss"] = None
    return {
        **chosen,
        "data": getattr(chosen["data"], "name", chosen["data"]),
        **{name: _name(value) for name, value in own.items() if value is not None},
        "status": status,
        **{name: measured.get(name, float("nan")) for name in MEASURED},
    }


def _check(chosen: Mapping[str, Any]) -> None:
    """All that can be known before a run starts."""
    if unknown := sorted(map(str, chosen.keys() - DEFAULTS.keys() - set(OWN))):
        raise ValueError(f"unknown settings {', '.join(unknown)}; expected some of {', '.join((*DEFAULTS, *OWN))}")
    for name, known in (("activation", ACTIVATIONS), ("start", STARTS), ("optimizer", OPTIMIZERS)):
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


def _in_words(each: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_name(value) if name in OWN else short(value)}" for name, value in each.items())


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or type(function).__name__


def _autoencoder(chosen: Mapping[str, Any], shape: tuple[int, ...]) -> Autoencoder:
    widths = [int(width) for width in chosen["hidden"].split("-") if width]
    model = Autoencoder(
        (math.prod(shape), *widths, chosen["code_size"]),
        activation=ACTIVATIONS[chosen["activation"]],
        head=nn.Identity,
        shape=shape,
    )
    return he_start(model) if chosen["start"] == "He" else model


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

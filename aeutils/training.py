"""`fit(model, images, loss) -> History`: the training loop that the notebooks use once it has been explained."""

from __future__ import annotations

import io
import math
import os
import reprlib
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from aeutils import runtime
from aeutils.data import Images, Split, check_examples
from aeutils.runtime import borrowed, real_number, short, whole_number

# (model, x) -> {term: scalar tensor}; with `targets=True`, (model, x, y)
Loss = Callable[..., dict[str, Tensor]]
# a factor, or a function from the number of steps already taken to one
Weight = float | Callable[[int], float]

_MEASURE_BATCH = 1000
_PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}
_FORMAT = "aeutils checkpoint 1"
_RENAMES = (0.05, 0.2, 0.5, 1.0)  # seconds to wait before the next try: whoever holds the file soon lets it go


class TrainingDiverged(RuntimeError):
    """The loss became NaN or infinite. `history` holds the epochs before."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


@dataclass
class History:
    """What happened in a run.

    Attributes:
        train: for each term of the loss, its average over the training images after every epoch.
        val: the same over the validation images; empty when there are none.
        seconds: time spent, resumed runs added up.
        steps: optimiser steps taken.
        stopped: "finished" (all epochs or steps), "converged" (`patience` ran out) or "interrupted" (Ctrl-C).
        best_epoch: with `patience`, the epoch whose weights were kept, counted from 1; otherwise None, also while a
            factor of the loss still moves.
    """

    train: dict[str, list[float]] = field(default_factory=dict)
    val: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    steps: int = 0
    stopped: str = "finished"
    best_epoch: int | None = None

    @property
    def epochs(self) -> int:
        """Epochs recorded (a last, shorter one counts)."""
        return max((len(values) for values in self.train.values()), default=0)

    def last(self) -> dict[str, float]:
        """The newest value of every curve, named such as "val squared_error"."""
        curves = [
            (f"{part} {name}", values) for part in ("train", "val") for name, values in getattr(self, part).items()
        ]
        return {name: values[-1] for name, values in curves}

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {value:.4g}" for name, value in self.last().items())
        return f"History({self.epochs} epochs, {self.steps} steps, {self.stopped}{': ' if last else ''}{last})"


def fit(
    model: nn.Module,
    images: Images,
    loss: Loss,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int = 100,
    lr: float = 1e-3,
    patience: int | None = None,
    weights: Mapping[str, Weight] | None = None,
    targets: bool = False,
    precision: str = "float32",
    device: torch.device | str | None = None,
    seed: int | None = None,
    checkpoint: str | os.PathLike | None = None,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    after_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train `model` on `images.train` and return what happened.

    Labels are never read, unless `targets=True`. The model is trained on `device` and comes back to where it was, in
    evaluation mode. Ctrl-C ends the run, not the notebook: the history so far is returned and the model is usable.

    Args:
        model: any module that `loss` accepts.
        images: trained on `images.train`; `images.val` is only measured, and chosen by when `patience` is given.
            Examples of any shape with finite values in any range, or int64 tokens.
        loss: `(model, x) -> {term: scalar tensor}`, as in `aeutils.losses`; `(model, x, y)` with `targets`.
        epochs: passes over the training images; 20 unless `steps` is given.
        steps: optimiser steps instead of epochs; the last epoch may be cut short.
        batch_size: images per step.
        lr: the learning rate.
        patience: stop after this many epochs without a lower validation loss, and keep the best epoch's weights.
            Without it the last weights are kept. The validation loss is the weighted sum; epochs are compared only once
            every factor has the value that it has in the run's last step, so that no two different sums are compared
            and a warm-up cannot end the run.
        weights: factor of each term in the sum that is minimised, 1 where not given. A number, or a function of the
            steps already taken, such as `lambda step: min(1.0, step / 500)` (a warm-up). The history is unweighted.
        targets: hand the loss `images.train.y` (and `images.val.y`) as well: labels, or whatever is to be predicted,
            one for each example.
        precision: `"float32"`, or `"bfloat16"` for mixed precision.
        device: where to train; `ae.device()` unless given.
        seed: fixes the order of the images and everything random in the loss; PyTorch's generator decides otherwise.
        checkpoint: a file written after every epoch, whole or not at all; if it exists, the run goes on from it exactly
            as if it had never stopped. The folder is tried before training. If an epoch cannot be written later (a full
            disk, another program that holds the file), a warning says so, the run goes on, and the next epoch tries
            again: the history and the model are never lost.
        optimizer: called as `optimizer(parameters, lr=lr)`; Adam (Kingma & Ba, 2015) unless given, for example
            `torch.optim.SGD` or `functools.partial(torch.optim.SGD, momentum=0.9)`.
        after_epoch: called with the history so far after every epoch, for a curve that grows; a `KeyboardInterrupt`
            raised in it ends the run like Ctrl-C.

    Raises:
        ValueError: settings or images that cannot work, or a checkpoint of another run, damaged, or not ours, or in a
            folder that cannot be written to.
        TrainingDiverged: the loss, or the factor of one of its terms, became NaN or infinite.
    """
    if not isinstance(images, Images):
        raise ValueError(f"images is of type {type(images).__name__}; expected Images, such as ae.load('mnist-5k')")
    if not isinstance(model, nn.Module):
        raise ValueError(f"model is {short(model)}; expected a torch module, such as ae.Autoencoder()")
    for name, value in (("loss", loss), ("optimizer", optimizer), ("after_epoch", after_epoch)):
        if not callable(value) and not (name == "after_epoch" and value is None):
            raise ValueError(f"{name} is {short(value)}; expected a function, such as ae.losses.squared_error")
    train = _examples(images.train, "images.train", targets)
    val = _examples(images.val, "images.val", targets) if len(images.val) else None
    if val is not None and (val[0].ndim, val[0].dtype) != (train[0].ndim, train[0].dtype):
        shapes = [f"{list(part[0].shape)} of {part[0].dtype}" for part in (val, train)]
        raise ValueError(f"images.val.x is {shapes[0]} and images.train.x {shapes[1]}; examples of both must be alike")
    given = {"epochs": epochs, "steps": steps, "patience": patience}
    given = {name: None if value is None else whole_number(value, name) for name, value in given.items()}
    epochs, steps, patience = given["epochs"], given["steps"], given["patience"]
    batch_size = whole_number(batch_size, "batch_size")
    total_steps, n_epochs = _length_of_run(len(train[0]), epochs, steps, batch_size)
    lr = real_number(lr, "lr", "a learning rate above 0, such as 0.001")
    if lr <= 0:
        raise ValueError(f"lr={lr}; expected a learning rate above 0, such as 0.001")
    if not isinstance(precision, str) or precision not in _PRECISIONS:
        raise ValueError(f"precision={short(precision)}; expected one of {', '.join(map(repr, _PRECISIONS))}")
    if patience is not None and val is None:
        raise ValueError("patience needs validation images, and this data set has none; load it with validation=5000")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(f"this {type(model).__name__} has no parameters to train; unfreeze some (requires_grad_)")
    device = runtime.device() if device is None else runtime.check_device(device)
    factors = _Factors(weights, total_steps)
    if seed is not None:
        seed = runtime.check_seed(seed)
    keeper = _Checkpoint(
        checkpoint,
        dict(
            loss=getattr(loss, "__qualname__", type(loss).__name__),
            data=images.name,
            images=len(train[0]),
            batch_size=batch_size,
            lr=lr,
            patience=patience,
            precision=precision,
            optimizer=getattr(optimizer, "__qualname__", repr(optimizer)),
            seed=seed,
        ),
        factors,
    )
    train = tuple(part.to(device) for part in train)
    val = None if val is None else tuple(part.to(device) for part in val)
    if seed is not None:
        torch.manual_seed(seed)
    mixed = torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")

    with borrowed(model, device):
        fused = {"fused": True} if optimizer is torch.optim.Adam and device.type in ("cpu", "cuda") else {}
        stepper = optimizer(model.parameters(), lr=lr, **fused)
        run = _Run(model, stepper, History(), factors, patience)
        keeper.restore(run, total_steps)
        history, started = run.history, time.perf_counter() - run.history.seconds
        bar = runtime.progress(range(history.epochs, n_epochs), desc="training", unit="epoch")
        try:
            for _ in bar:
                if history.stopped == "converged":
                    break
                model.train()
                for batch in _batches(train, batch_size, at_most=total_steps - history.steps):
                    stepper.zero_grad()
                    with mixed:
                        total = _weighted_sum(loss(model, *batch), factors.at(history.steps, history))
                    total.backward()
                    stepper.step()
                    history.steps += 1
                with mixed:
                    run.record(_measure(model, loss, *train), {} if val is None else _measure(model, loss, *val))
                history.seconds = time.perf_counter() - started
                keeper.save(run)
                bar.set_postfix(history.last())
                if after_epoch is not None:
                    after_epoch(history)
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        finally:
            bar.close()
            history.seconds = time.perf_counter() - started
            model.eval()
        if run.best_state is not None:
            model.load_state_dict(run.best_state)
    keeper.say_what_is_missing(history)
    return history


def _examples(split: Split, name: str, targets: bool) -> tuple[Tensor, ...]:
    """`(x,)`, or `(x, y)` where the targets are wanted, checked."""
    x = check_examples(split.x, f"{name}.x")
    if not targets:
        return (x,)
    y = split.y
    if not isinstance(y, Tensor) or y.ndim == 0 or len(y) != len(x):
        raise ValueError(
            f"targets=True needs {name}.y, one for each of the {len(x):,} examples, and it is {short(y)}; "
            "leave targets out to train without labels"
        )
    return x, y


def _length_of_run(n_images: int, epochs: int | None, steps: int | None, batch_size: int) -> tuple[int, int]:
    """Steps to take in all, and the epochs they make up (the last may be short)."""
    if epochs is not None and steps is not None:
        raise ValueError(f"epochs={epochs} and steps={steps}: give one of them, not both")
    per_epoch = math.ceil(n_images / batch_size)
    total = steps if steps is not None else per_epoch * (20 if epochs is None else epochs)
    return total, math.ceil(total / per_epoch)


def _batches(data: Sequence[Tensor], batch_size: int, at_most: int) -> Iterator[tuple[Tensor, ...]]:
    """The examples in a new random order, `batch_size` at a time; drawn on the CPU, so alike on every device."""
    order = torch.randperm(len(data[0])).to(data[0].device)
    for chosen in order.split(batch_size)[:at_most]:
        yield tuple(part[chosen] for part in data)


class _Factors:
    """The factors of the loss's terms: numbers, or functions of the steps already taken."""

    def __init__(self, weights: Mapping[str, Weight] | None, total_steps: int) -> None:
        if weights is not None and not isinstance(weights, Mapping):
            raise ValueError(f"weights={short(weights)}; expected factors of the loss's terms, such as {{'kl': 0.5}}")
        wanted = "a finite number, or a function of the step"
        self.given: dict[str, Weight] = {
            name: factor if callable(factor) else real_number(factor, f"weights[{name!r}]", wanted)
            for name, factor in (weights or {}).items()
        }
        self.moving = any(map(callable, self.given.values()))
        self.last: dict[str, float] = {}
        for step in (0, total_steps - 1):  # a function that cannot work is refused before any work is done
            self.last = self._evaluate(step)

    def at(self, step: int, history: History) -> dict[str, float]:
        """The factors in the step that comes after `step` others; what goes wrong there carries the history along."""
        try:
            return self._evaluate(step) if self.moving else self.last
        except ValueError as error:
            raise TrainingDiverged(str(error), history) from error

    def in_steps(self, steps: Sequence[int]) -> dict[str, float | list[float]]:
        """The numbers, and what each function gives in these steps."""
        return {
            name: [self._called(name, factor, step) for step in steps] if callable(factor) else factor
            for name, factor in self.given.items()
        }

    def _evaluate(self, step: int) -> dict[str, float]:
        return {
            name: self._called(name, factor, step) if callable(factor) else factor
            for name, factor in self.given.items()
        }

    @staticmethod
    def _called(name: str, factor: Callable[[int], float], step: int) -> float:
        asked = f"weights[{name!r}]({step})"
        try:
            value = factor(step)
        except Exception as error:  # the reader's own function
            raise ValueError(f"{asked} failed with {type(error).__name__}: {_reason(error)}") from error
        return real_number(value, asked, "a finite number for every step")


def _weighted_sum(terms: dict[str, Tensor], weights: dict[str, float]) -> Tensor:
    if not isinstance(terms, dict) or not terms:
        raise ValueError(
            f"the loss returned a {type(terms).__name__}; expected a dict of named terms, {{'squared_error': tensor}}"
        )
    if unknown := weights.keys() - terms.keys():
        raise ValueError(f"weights names {sorted(unknown)}, but the terms of this loss are {sorted(terms)}")
    for name, term in terms.items():
        if not isinstance(term, Tensor) or term.ndim:
            came = f"has shape {list(term.shape)}" if isinstance(term, Tensor) else f"is a {type(term).__name__}"
            raise ValueError(
                f"the term {name!r} {came}; expected a scalar tensor: sum over pixels, then average over images"
            )
    total: Tensor = sum(weights.get(name, 1.0) * term for name, term in terms.items())  # type: ignore[assignment]
    if not total.requires_grad:
        raise ValueError("the loss does not depend on the parameters; look for .detach(), .item() or no_grad in it")
    return total


@torch.no_grad()
def _measure(model: nn.Module, loss: Loss, x: Tensor, *targets: Tensor) -> dict[str, float]:
    """Every term of the loss, averaged over all examples of `x`, with the weights as they are now."""
    model.eval()
    sums: dict[str, Tensor] = {}
    for part in zip(*(each.split(_MEASURE_BATCH) for each in (x, *targets)), strict=True):
        for name, term in loss(model, *part).items():
            sums[name] = sums.get(name, 0) + term.float() * len(part[0])
    averages = torch.stack(list(sums.values())) / len(x)
    return dict(zip(sums, averages.tolist(), strict=True))  # one transfer from the device


class _Run:
    """What changes while `fit` runs: the model, the optimiser, the history and, with `patience`, the best weights."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        history: History,
        factors: _Factors,
        patience: int | None,
    ) -> None:
        self.model, self.optimizer, self.history = model, optimizer, history
        self.factors, self.patience = factors, patience
        self.forget_best()

    def forget_best(self) -> None:
        self.best_loss = math.inf
        self.best_state: dict[str, Tensor] | None = None
        self.history.best_epoch = None

    def record(self, train: dict[str, float], val: dict[str, float]) -> None:
        """Add an epoch to the history; note whether it is the best so far, or one too many without progress."""
        history, epoch = self.history, self.history.epochs + 1
        for part, terms in (("training", train), ("validation", val)):
            for name, value in terms.items():
                if not math.isfinite(value):
                    raise TrainingDiverged(
                        f"the loss diverged in epoch {epoch}: {name} on the {part} images is {value}. Try a learning "
                        "rate ten times smaller, and look for a logarithm or a division that can meet 0",
                        history,
                    )
        for name, value in train.items():
            history.train.setdefault(name, []).append(value)
        for name, value in val.items():
            history.val.setdefault(name, []).append(value)
        if self.patience is None:
            return
        weights = self.factors.at(history.steps - 1, history)
        if weights != self.factors.last:  # a sum of another kind than the one that counts in the end
            self.forget_best()
            return
        val_loss = sum(weights.get(name, 1.0) * value for name, value in val.items())
        if history.best_epoch is None or val_loss < self.best_loss:
            self.best_loss, history.best_epoch = val_loss, epoch
            self.best_state = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        elif epoch - history.best_epoch >= self.patience:
            history.stopped = "converged"


class _Checkpoint:
    """The file a run is kept in, if any: written whole or not at all, read without executing anything."""

    def __init__(self, path: str | os.PathLike | None, settings: dict[str, Any], factors: _Factors) -> None:
        self.path: Path | None = None
        self.settings, self.factors = settings, factors
        self.trouble = ""  # why the newest epoch is not in the file
        self.written = 0  # epochs in the file
        if path is None:
            return
        if not isinstance(path, str | os.PathLike) or not os.fspath(path) or "\0" in str(path):
            raise ValueError(f"checkpoint={short(path)}; expected the name of a file, such as 'run.pt'")
        self.path = Path(os.fsdecode(path))
        try:
            is_folder = self.path.is_dir()
        except OSError as error:  # a name that is too long, a folder that may not be entered
            raise ValueError(f"checkpoint={short(str(path))} cannot be used ({_reason(error)})") from error
        if is_folder:
            raise ValueError(f"checkpoint={short(str(path))} is a folder; expected a file in it, such as 'run.pt'")
        if not self.path.absolute().parent.is_dir():
            raise ValueError(
                f"checkpoint={short(str(path))}: there is no folder {self.path.absolute().parent}; make it first"
            )

    def save(self, run: _Run) -> None:
        """Write the file; where that fails, say so and go on: the run is worth more than its file."""
        if self.path is None:
            return
        contents = {
            "format": _FORMAT,
            "settings": {**self.settings, "weights": self._weights(run.history.steps)},
            "architecture": repr(run.model),
            "model": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "history": asdict(run.history),
            "best_loss": run.best_loss,
            "best_state": run.best_state,
            "best_weights": self.factors.last,
            "random": runtime.random_states(),
        }
        try:
            self._write(lambda file: torch.save(contents, file))
            self.trouble, self.written = "", run.history.epochs
        except (OSError, RuntimeError) as error:  # PyTorch turns some of the first into the second
            if not self.trouble:
                warnings.warn(
                    f"{self.path} could not be written after epoch {run.history.epochs} ({_reason(error)}); training "
                    "goes on, and the next epoch tries again",
                    RuntimeWarning,
                    stacklevel=3,
                )
            self.trouble = _reason(error)

    def say_what_is_missing(self, history: History) -> None:
        """A last warning, where the file does not hold what `fit` returns."""
        if self.trouble:
            held = f"holds {self.written} of {history.epochs} epochs" if self.written else "was not written"
            warnings.warn(
                f"{self.path} {held} ({self.trouble}); model and history are complete: keep them, for example with "
                "torch.save(model.state_dict(), ...)",
                RuntimeWarning,
                stacklevel=3,
            )

    def _write(self, write: Callable[[Any], object]) -> None:
        assert self.path is not None
        part = self.path.with_name(self.path.name + ".part")
        try:
            with part.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            for wait in (*_RENAMES, None):
                try:
                    os.replace(part, self.path)  # atomic: readers see the old file or the new one
                    return
                except PermissionError:  # on Windows, while a scanner or a synchronising folder holds the file
                    if wait is None:
                        raise
                    time.sleep(wait)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _try_folder(self) -> None:
        """Find out before training whether a file can be written where the checkpoint belongs."""
        assert self.path is not None
        trial = self.path.with_name(self.path.name + ".part")
        try:
            with trial.open("wb") as file:
                file.write(_FORMAT.encode())
            trial.unlink()
        except OSError as error:
            raise ValueError(
                f"checkpoint={str(self.path)!r} cannot be written ({_reason(error)}); choose a file in another folder"
            ) from error

    def _weights(self, steps: int) -> dict[str, float | list[float]]:
        """The factors as the file remembers them; of a function, what it gave in the last step of each epoch."""
        per_epoch = math.ceil(self.settings["images"] / self.settings["batch_size"])
        return self.factors.in_steps([min(steps, end) - 1 for end in range(per_epoch, steps + per_epoch, per_epoch)])

    def restore(self, run: _Run, total_steps: int) -> None:
        """Put `run` into the state the file holds; leave everything as it is when there is none or it is refused."""
        if self.path is None:
            return
        if not self.path.exists():
            self._try_folder()
            return
        saved = self._read()
        taken = saved["history"]["steps"]
        settings = {**self.settings, "weights": self._weights(taken)}
        if different := [key for key, value in settings.items() if saved["settings"].get(key) != value]:
            was = ", ".join(f"{key}={reprlib.repr(saved['settings'].get(key))}" for key in different)
            now = ", ".join(f"{key}={reprlib.repr(settings[key])}" for key in different)
            raise ValueError(
                f"{self.path} belongs to a run with {was}, and this one has {now}; use the same, or another file"
            )
        shapes = {name: value.shape for name, value in run.model.state_dict().items()}
        saved_shapes = {name: value.shape for name, value in saved["model"].items()}
        if (saved["architecture"], saved_shapes) != (repr(run.model), shapes):
            raise ValueError(
                f"{self.path} belongs to a model with other layers; build the same model, or use another file"
            )
        per_epoch = math.ceil(self.settings["images"] / self.settings["batch_size"])
        if taken > total_steps or (taken < total_steps and taken % per_epoch):
            where = "" if taken > total_steps else ", the last ones in an epoch cut short"
            raise ValueError(
                f"{self.path} holds a run of {taken} steps{where}, which cannot become one of {total_steps}; "
                "ask for what it holds, or use another file"
            )
        if taken < total_steps and saved["history"]["stopped"] != "converged":
            self._try_folder()
        run.model.load_state_dict(saved["model"])
        run.optimizer.load_state_dict(saved["optimizer"])
        run.history = History(**saved["history"])
        run.best_loss, run.best_state = saved["best_loss"], saved["best_state"]
        if saved.get("best_weights", self.factors.last) != self.factors.last:  # a longer run ends with other factors
            run.forget_best()
        runtime.restore_random_states(_states(saved))
        self.written = run.history.epochs

    def _read(self) -> dict[str, Any]:
        assert self.path is not None
        try:
            contents = io.BytesIO(self.path.read_bytes())
        except OSError as error:
            raise ValueError(f"{self.path} cannot be read ({_reason(error)}); use another file") from error
        try:
            with zipfile.ZipFile(contents) as archive:  # torch.load does not look at the checksums inside
                if damaged := archive.testzip():
                    raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
            contents.seek(0)
            saved = torch.load(contents, map_location="cpu", weights_only=True)
        except Exception as error:  # what is damaged can fail in any way
            raise ValueError(
                f"{self.path} is damaged or not a checkpoint of ours; nothing in it was executed. "
                "Move it away to start afresh"
            ) from error
        if not isinstance(saved, dict) or saved.get("format") != _FORMAT:
            raise ValueError(f"{self.path} is not a checkpoint written by ae.fit; use another file name")
        return saved


def _states(saved: dict[str, Any]) -> dict[str, Any]:
    """The generators' states; in files of version 0.1.0 they had places of their own."""
    if isinstance(saved["random"], dict):
        return saved["random"]
    return {"cpu": saved["random"], "cuda": saved.get("random_cuda", []), "mps": None}


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__

"""`fit(model, images, loss) -> History`: the training loop that the notebooks use once it has been explained."""

from __future__ import annotations

import io
import math
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from numbers import Integral
from pathlib import Path

import torch
from torch import Tensor, nn

from aeutils import runtime
from aeutils.data import Images, check_images
from aeutils.evaluation import borrowed

Loss = Callable[[nn.Module, Tensor], dict[str, Tensor]]

_MEASURE_BATCH = 1000
_PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}
_FORMAT = "aeutils checkpoint 1"


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
        best_epoch: with `patience`, the epoch whose weights were kept, counted from 1; otherwise None.
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
    weights: Mapping[str, float] | None = None,
    precision: str = "float32",
    device: torch.device | str | None = None,
    seed: int | None = None,
    checkpoint: str | os.PathLike | None = None,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    after_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train `model` on `images.train` and return what happened.

    Labels are never read. The model is trained on `device` and comes back to where it was, in evaluation mode.
    Ctrl-C ends the run, not the notebook: the history so far is returned and the model is usable.

    Args:
        model: any module that `loss` accepts.
        images: trained on `images.train`; `images.val` is only measured, and chosen by when `patience` is given.
        loss: `(model, x) -> {term: scalar tensor}`, as in `aeutils.losses`.
        epochs: passes over the training images; 20 unless `steps` is given.
        steps: optimiser steps instead of epochs; the last epoch may be cut short.
        batch_size: images per step.
        lr: the learning rate.
        patience: stop after this many epochs without a lower validation loss, and keep the best epoch's weights.
            Without it the last weights are kept.
        weights: factor of each term in the sum that is minimised, 1 where not given. The history is unweighted.
        precision: `"float32"`, or `"bfloat16"` for mixed precision.
        device: where to train; `ae.device()` unless given.
        seed: fixes the order of the images and everything random in the loss; PyTorch's generator decides otherwise.
        checkpoint: a file written after every epoch, whole or not at all; if it exists, the run goes on from it exactly
            as if it had never stopped.
        optimizer: called as `optimizer(parameters, lr=lr)`; Adam (Kingma & Ba, 2015) unless given, for example
            `torch.optim.SGD` or `functools.partial(torch.optim.SGD, momentum=0.9)`.
        after_epoch: called with the history so far after every epoch, for a curve that grows; a `KeyboardInterrupt`
            raised in it ends the run like Ctrl-C.

    Raises:
        ValueError: settings or images that cannot work, or a checkpoint of another run, damaged, or not ours.
        TrainingDiverged: the loss became NaN or infinite.
    """
    if not isinstance(images, Images):
        raise ValueError(f"images is of type {type(images).__name__}; expected Images, such as ae.load('mnist-5k')")
    x_train = check_images(images.train.x, "images.train.x")
    x_val = check_images(images.val.x, "images.val.x") if len(images.val) else None
    _check_whole_numbers(epochs=epochs, steps=steps, batch_size=batch_size, patience=patience)
    total_steps, n_epochs = _length_of_run(len(x_train), epochs, steps, batch_size)
    if not 0 < lr < math.inf:
        raise ValueError(f"lr={lr}; expected a learning rate above 0, such as 0.001")
    lr, batch_size = float(lr), int(batch_size)  # NumPy's numbers could not be read back from a checkpoint
    if precision not in _PRECISIONS:
        raise ValueError(f"precision={precision!r}; expected one of {', '.join(map(repr, _PRECISIONS))}")
    if patience is not None and x_val is None:
        raise ValueError("patience needs validation images, and this data set has none; load it with validation=5000")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(f"this {type(model).__name__} has no parameters to train; unfreeze some (requires_grad_)")
    device = runtime.device() if device is None else runtime.check_device(device)
    weights = {name: float(factor) for name, factor in (weights or {}).items()}
    x_train, x_val = x_train.to(device), None if x_val is None else x_val.to(device)
    if seed is not None:
        torch.manual_seed(seed)
    mixed = torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")

    with borrowed(model, device):
        fused = {"fused": True} if optimizer is torch.optim.Adam and device.type in ("cpu", "cuda") else {}
        stepper = optimizer(model.parameters(), lr=lr, **fused)
        run = _Run(model, stepper, History())
        keeper = _Checkpoint(
            checkpoint,
            dict(
                loss=getattr(loss, "__qualname__", type(loss).__name__),
                data=images.name,
                images=len(x_train),
                batch_size=batch_size,
                lr=lr,
                patience=None if patience is None else int(patience),
                weights=weights,
                precision=precision,
                optimizer=getattr(optimizer, "__qualname__", repr(optimizer)),
                seed=None if seed is None else int(seed),
            ),
        )
        keeper.restore(run, total_steps)
        history, started = run.history, time.perf_counter() - run.history.seconds
        bar = runtime.progress(range(history.epochs, n_epochs), desc="training", unit="epoch")
        try:
            for _ in bar:
                if history.stopped == "converged":
                    break
                model.train()
                for batch in _batches(x_train, batch_size, at_most=total_steps - history.steps):
                    stepper.zero_grad()
                    with mixed:
                        total = _weighted_sum(loss(model, batch), weights)
                    total.backward()
                    stepper.step()
                    history.steps += 1
                with mixed:
                    run.record(_measure(model, loss, x_train), _measure(model, loss, x_val), weights, patience)
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
    return history


def _check_whole_numbers(**settings: int | None) -> None:
    for name, value in settings.items():
        if value is not None and (not isinstance(value, Integral) or value < 1):
            raise ValueError(f"{name}={value!r}; expected a whole number of 1 or more")


def _length_of_run(n_images: int, epochs: int | None, steps: int | None, batch_size: int) -> tuple[int, int]:
    """Steps to take in all, and the epochs they make up (the last may be short)."""
    if epochs is not None and steps is not None:
        raise ValueError(f"epochs={epochs} and steps={steps}: give one of them, not both")
    per_epoch = math.ceil(n_images / batch_size)
    total = steps if steps is not None else per_epoch * (20 if epochs is None else epochs)
    return total, math.ceil(total / per_epoch)


def _batches(x: Tensor, batch_size: int, at_most: int) -> Iterator[Tensor]:
    """The images in a new random order, `batch_size` at a time; drawn on the CPU, so alike on every device."""
    order = torch.randperm(len(x)).to(x.device)
    for chosen in order.split(batch_size)[:at_most]:
        yield x[chosen]


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
    total = sum(weights.get(name, 1.0) * term for name, term in terms.items())
    if not total.requires_grad:
        raise ValueError("the loss does not depend on the parameters; look for .detach(), .item() or no_grad in it")
    return total


@torch.no_grad()
def _measure(model: nn.Module, loss: Loss, x: Tensor | None) -> dict[str, float]:
    """Every term of the loss, averaged over all images of `x`, with the weights as they are now."""
    if x is None:
        return {}
    model.eval()
    sums: dict[str, Tensor] = {}
    for part in x.split(_MEASURE_BATCH):
        for name, term in loss(model, part).items():
            sums[name] = sums.get(name, 0) + term.float() * len(part)
    averages = torch.stack(list(sums.values())) / len(x)
    return dict(zip(sums, averages.tolist(), strict=True))  # one transfer from the device


class _Run:
    """What changes while `fit` runs: the model, the optimiser, the history and, with `patience`, the best weights."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, history: History) -> None:
        self.model, self.optimizer, self.history = model, optimizer, history
        self.best_loss = math.inf
        self.best_state: dict[str, Tensor] | None = None

    def record(
        self, train: dict[str, float], val: dict[str, float], weights: dict[str, float], patience: int | None
    ) -> None:
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
        if patience is None:
            return
        val_loss = sum(weights.get(name, 1.0) * value for name, value in val.items())
        if val_loss < self.best_loss:
            self.best_loss, history.best_epoch = val_loss, epoch
            self.best_state = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        elif epoch - history.best_epoch >= patience:
            history.stopped = "converged"


class _Checkpoint:
    """The file a run is kept in, if any: written whole or not at all, read without executing anything."""

    def __init__(self, path: str | os.PathLike | None, settings: dict) -> None:
        self.path = None if path is None else Path(path)
        self.settings = settings
        if self.path is not None and not self.path.absolute().parent.is_dir():
            raise ValueError(
                f"checkpoint={str(path)!r}: there is no folder {self.path.absolute().parent}; make it first"
            )

    def save(self, run: _Run) -> None:
        if self.path is None:
            return
        contents = {
            "format": _FORMAT,
            "settings": self.settings,
            "architecture": repr(run.model),
            "model": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "history": asdict(run.history),
            "best_loss": run.best_loss,
            "best_state": run.best_state,
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        }
        part = self.path.with_name(self.path.name + ".part")
        try:
            with part.open("wb") as file:
                torch.save(contents, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self.path)  # atomic: readers see the old file or the new one
        finally:
            part.unlink(missing_ok=True)

    def restore(self, run: _Run, total_steps: int) -> None:
        """Put `run` into the state the file holds; leave everything as it is when there is none or it is refused."""
        if self.path is None or not self.path.exists():
            return
        saved = self._read()
        if different := [key for key, value in self.settings.items() if saved["settings"].get(key) != value]:
            was = ", ".join(f"{key}={saved['settings'].get(key)!r}" for key in different)
            now = ", ".join(f"{key}={self.settings[key]!r}" for key in different)
            raise ValueError(
                f"{self.path} belongs to a run with {was}, and this one has {now}; use the same, or another file"
            )
        shapes = {name: value.shape for name, value in run.model.state_dict().items()}
        saved_shapes = {name: value.shape for name, value in saved["model"].items()}
        if (saved["architecture"], saved_shapes) != (repr(run.model), shapes):
            raise ValueError(
                f"{self.path} belongs to a model with other layers; build the same model, or use another file"
            )
        taken, per_epoch = saved["history"]["steps"], math.ceil(self.settings["images"] / self.settings["batch_size"])
        if taken > total_steps or (taken < total_steps and taken % per_epoch):
            where = "" if taken > total_steps else ", the last ones in an epoch cut short"
            raise ValueError(
                f"{self.path} holds a run of {taken} steps{where}, which cannot become one of {total_steps}; "
                "ask for what it holds, or use another file"
            )
        run.model.load_state_dict(saved["model"])
        run.optimizer.load_state_dict(saved["optimizer"])
        run.history = History(**saved["history"])
        run.best_loss, run.best_state = saved["best_loss"], saved["best_state"]
        torch.set_rng_state(saved["random"])
        if saved["random_cuda"] and len(saved["random_cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(saved["random_cuda"])

    def _read(self) -> dict:
        contents = io.BytesIO(self.path.read_bytes())
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

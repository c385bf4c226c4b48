"""`fit(model, images, loss) -> History`: the training loop that the notebooks use once it has been explained."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from aeutils import runtime
from aeutils.data import Images, check_held
from aeutils.runtime import borrowed, real_number, short, whole_number
from aeutils.training import processes
from aeutils.training.checkpoint import Checkpoint
from aeutils.training.factors import Factors, Weight
from aeutils.training.feed import examples, feed
from aeutils.training.history import History
from aeutils.training.state import Run

# (model, x) -> {term: scalar tensor}; with `targets=True`, (model, x, y)
Loss = Callable[..., dict[str, Tensor]]
_MEASURE_BATCH = 1000
_PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}


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
    measure: int | str = 5000,
    after_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train `model` on `images.train` and return what happened.

    Labels are never read, unless `targets=True`. The model is trained on `device` and comes back to where it was, in
    evaluation mode. Ctrl-C ends the run, not the notebook: the history so far is returned and the model is usable.
    In several processes (`torchrun`) each takes its share of every batch; `aeutils.training.processes` says how.

    Args:
        model: any module that `loss` accepts.
        images: trained on `images.train`; `images.val` is only measured, and chosen by when `patience` is given.
            Examples of any shape with finite values in any range, or int64 tokens. For data larger than memory
            `images.train` may be a loader, a `DataLoader` or another iterable of batches `x` or `(x, y)`; an epoch is a
            pass through it, in the order that it gives. What can be gone through once (a generator) makes one epoch, or
            as many `steps` as it has.
        loss: `(model, x) -> {term: scalar tensor}`, as in `aeutils.losses`; `(model, x, y)` with `targets`.
        epochs: passes over the training images; 20 unless `steps` is given.
        steps: optimiser steps instead of epochs; the last epoch may be cut short.
        batch_size: images per step. A loader's batches are its own: leave this out.
        lr: the learning rate.
        patience: stop after this many epochs without a lower validation loss, and keep the best epoch's weights.
            Without it the last weights are kept. The validation loss is the weighted sum; epochs are compared only once
            every factor has the value that it has in the run's last step, so that no two different sums are compared
            and a warm-up cannot end the run. If too few epochs are left after that for patience to run out, a warning
            says so.
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
            again: the history and the model are never lost. With a loader a run goes on exactly if the loader's order
            is fixed, or drawn from PyTorch's generator or from the one that a `DataLoader` or its sampler was given,
            whose state is kept; an order drawn elsewhere, or by `persistent_workers`, is not repeated.
        optimizer: called as `optimizer(parameters, lr=lr)`; Adam (Kingma & Ba, 2015) unless given, for example
            `torch.optim.SGD` or `functools.partial(torch.optim.SGD, momentum=0.9)`.
        measure: how many training images the training curve is an average over, at most: a sample, evenly chosen and
            the same after every epoch, since measuring them all would cost a third of the training itself; `"all"` for
            all of them. The validation images are all measured. Of a loader the sample is drawn, evenly and always
            alike, while the first epoch goes by, and held in memory; `"all"` is refused.
        after_epoch: called with the history so far after every epoch, for a curve that grows; a `KeyboardInterrupt`
            raised in it ends the run like Ctrl-C.

    Raises:
        ValueError: settings or images that cannot work (a loader's batch: when it comes), or a checkpoint of another
            run, damaged, or not ours, or in a folder that cannot be written to.
        TrainingDiverged: the loss, or the factor of one of its terms, became NaN or infinite. The message names the
            term that was the first, the step, and what to try.
    """
    if not isinstance(images, Images):
        raise ValueError(f"images is of type {type(images).__name__}; expected Images, such as ae.load('mnist-5k')")
    if not isinstance(model, nn.Module):
        raise ValueError(f"model is {short(model)}; expected a torch module, such as ae.Autoencoder()")
    for name, value in (("loss", loss), ("optimizer", optimizer), ("after_epoch", after_epoch)):
        if not callable(value) and not (name == "after_epoch" and value is None):
            raise ValueError(f"{name} is {short(value)}; expected a function, such as ae.losses.squared_error")
    batch_size = whole_number(batch_size, "batch_size")
    at_most = None if isinstance(measure, str) and measure == "all" else whole_number(measure, "measure")
    source = feed(images.train, targets, batch_size, at_most)
    val = examples(images.val, "images.val", targets) if len(check_held(images.val, "images.val")) else None
    if val is not None:
        source.check_alike(val)
    given = {"epochs": epochs, "steps": steps, "patience": patience}
    given = {name: None if value is None else whole_number(value, name) for name, value in given.items()}
    epochs, steps, patience = given["epochs"], given["steps"], given["patience"]
    if epochs is not None and steps is not None:
        raise ValueError(f"epochs={epochs} and steps={steps}: give one of them, not both")
    total_steps, n_epochs = source.length(epochs, steps)
    most_steps = math.inf if total_steps is None else total_steps
    lr = real_number(lr, "lr", "a learning rate above 0, such as 0.001")
    if lr <= 0:
        raise ValueError(f"lr={lr}; expected a learning rate above 0, such as 0.001")
    if not isinstance(precision, str) or precision not in _PRECISIONS:
        raise ValueError(f"precision={short(precision)}; expected one of {', '.join(map(repr, _PRECISIONS))}")
    if patience is not None and val is None:
        raise ValueError(
            "patience needs validation images, and this data set has none; hold some back, for example "
            "ae.load('mnist', validation=5000) or ae.load_folder(path, validation=0.2)"
        )
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(f"this {type(model).__name__} has no parameters to train; unfreeze some (requires_grad_)")
    device = runtime.device() if device is None else runtime.check_device(device)
    factors = Factors(weights, total_steps)
    if patience is not None and factors.moving and total_steps is None:
        raise ValueError("patience with a weight that moves needs the run's length; this loader has none: give steps")
    if seed is not None:
        seed = runtime.check_seed(seed)
    keeper = Checkpoint(
        checkpoint,
        dict(
            loss=getattr(loss, "__qualname__", type(loss).__name__),
            data=images.name,
            lr=lr,
            patience=patience,
            precision=precision,
            optimizer=getattr(optimizer, "__qualname__", repr(optimizer)),
            seed=seed,
            **source.settings(),
        ),
        factors,
        source,
    )
    source.to(device)
    val = None if val is None else tuple(part.to(device) for part in val)
    if seed is not None:
        torch.manual_seed(seed)
    mixed = torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")

    with borrowed(model, device):
        processes.take_from_first([*model.parameters(), *model.buffers()])
        fused = {"fused": True} if optimizer is torch.optim.Adam and has_fused_adam(device) else {}
        stepper = optimizer(model.parameters(), lr=lr, **fused)
        run = Run(model, stepper, History(measured=source.n_measured), factors, patience)
        keeper.restore(run, most_steps, math.inf if n_epochs is None else n_epochs)
        history, started = run.history, time.perf_counter() - run.history.seconds
        bar = runtime.progress(
            source.epochs(history.epochs, n_epochs), desc="training", unit="epoch", disable=processes.rank() > 0
        )
        try:
            for _ in bar:
                if history.stopped == "converged" or history.steps >= most_steps:
                    break
                if source.over():
                    history.stopped = "exhausted"
                    break
                processes.start_epoch(history.epochs, history.steps, device)
                model.train()
                for batch in source.batches(most_steps - history.steps):
                    part, n_examples = processes.share(batch)  # all of it, unless several processes train together
                    stepper.zero_grad()
                    with mixed:
                        terms = loss(model, *part)
                        total = _weighted_sum(terms, factors.at(history.steps, history))
                    run.trace.add(terms)
                    total.backward()
                    processes.average_gradients(model, n_examples)
                    stepper.step()
                    history.steps += 1
                processes.take_from_first(model.buffers())
                history.measured = source.n_measured
                with mixed:
                    run.record(
                        _measure(model, loss, *source.measured), {} if val is None else _measure(model, loss, *val)
                    )
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
    compared = history.epochs - run.moved_until
    if patience is not None and run.moved_until and history.stopped == "finished" and compared <= patience:
        warnings.warn(
            f"patience={patience} could not end this run: a weight still moved in epoch {run.moved_until} of "
            f"{history.epochs}; let it reach its last value more than {patience} epochs before the end",
            RuntimeWarning,
            stacklevel=2,
        )
    return history


def has_fused_adam(device: torch.device) -> bool:
    """Whether PyTorch's Adam can move all weights in one pass there: sooner, and equal but for the last digits."""
    return device.type in ("cpu", "cuda")


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
        part, n_examples = processes.share(part)
        for name, term in loss(model, *part).items():
            sums[name] = sums.get(name, 0) + term.float() * n_examples
    averages = processes.total(torch.stack(list(sums.values()))) / len(x)
    return dict(zip(sums, averages.tolist(), strict=True))  # one transfer from the device

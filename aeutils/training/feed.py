"""Where the batches come from: from examples that are held in memory, or from a loader that is gone through."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from aeutils.data import Split, check_examples, is_loader
from aeutils.runtime import short
from aeutils.training import processes

Batch = tuple[Tensor, ...]  # `(x,)`, or `(x, y)` where the targets are wanted


class Held:
    """A `Split`: every epoch takes its examples in a new random order."""

    def __init__(self, split: Split, targets: bool, batch_size: int, at_most: int | None) -> None:
        self.data = examples(split, "images.train", targets)
        self.batch_size, self.at_most = batch_size, at_most
        self.per_epoch = math.ceil(len(self.data[0]) / batch_size)

    def settings(self) -> dict[str, Any]:
        """What a checkpoint must agree on."""
        n_images = len(self.data[0])
        sampled = self.at_most is not None and self.at_most < n_images
        return {"images": n_images, "batch_size": self.batch_size, "measured": self.at_most if sampled else None}

    def length(self, epochs: int | None, steps: int | None) -> tuple[int, int]:
        """Steps to take in all, and the epochs they make up (the last may be short)."""
        total = steps if steps is not None else self.per_epoch * (20 if epochs is None else epochs)
        return total, math.ceil(total / self.per_epoch)

    def to(self, device: torch.device) -> None:
        """Move the examples to `device`, and choose those that the training curve is measured on."""
        self.data = tuple(part.to(device) for part in self.data)
        self.measured = _sample(self.data, self.at_most)

    @property
    def n_measured(self) -> int:
        """How many examples the training curve is measured on."""
        return len(self.measured[0])

    def check_alike(self, val: Batch) -> None:
        """Refuse validation examples of another kind."""
        _check_alike(val, self.data)

    def epochs(self, first: int, end: int | None) -> Iterable[int]:
        """The epochs to come."""
        assert end is not None
        return range(first, end)

    def batches(self, at_most: float) -> Iterator[Batch]:
        """The examples in a new random order, `batch_size` at a time; drawn on the CPU, so alike on every device."""
        order = torch.randperm(len(self.data[0])).to(self.data[0].device)
        processes.take_from_first([order])
        for chosen in order.split(self.batch_size)[: int(at_most)]:
            yield tuple(part[chosen] for part in self.data)

    def over(self) -> bool:
        """Whether there is nothing to be had any more: never."""
        return False

    def ends(self, steps: int) -> list[int]:
        """The steps taken at the end of each epoch in a run of so many."""
        return [min(steps, end) for end in range(self.per_epoch, steps + self.per_epoch, self.per_epoch)]

    def cut_short(self, steps: int) -> bool:
        """Whether a run of so many steps ends inside an epoch."""
        return steps % self.per_epoch > 0

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps: nothing, all follows from the settings."""
        return {}

    def look_at(self, saved: dict[str, Any]) -> None:
        """Take over what a checkpoint kept, but leave the loader's own generators alone."""

    def restore_generators(self, saved: dict[str, Any]) -> None:
        """Put the loader's own generators back."""


class Streamed:
    """A `DataLoader` or another iterable of batches: one at a time is held, and a sample to measure on.

    The sample is drawn while the first epoch goes by (Vitter's algorithm R, 1985): every example has the same chance,
    also where classes lie behind one another, and no pass is spent on it. It has a generator of its own, so that
    nothing else that is drawn depends on it.
    """

    def __init__(self, loader: Iterable[Any], targets: bool, batch_size: int, at_most: int | None) -> None:
        if batch_size != 100:
            raise ValueError(f"batch_size={batch_size}, but images.train is a loader; its own batches are taken as is")
        if processes.count() > 1:
            raise ValueError(f"images.train is a loader, and there are {processes.count()} processes; use a Split")
        if at_most is None:
            raise ValueError("measure='all' would hold all that the loader gives; expected a whole number of 1 or more")
        self.loader, self.targets, self.at_most = loader, targets, at_most
        self.known = _known_length(loader)
        self.measured: Batch = ()
        self.val: Batch = ()
        self.first: Batch = ()  # an example of the first batch, which all others must be like
        self._generators = _generators(loader)
        self._ends: list[int] = []
        self._whole = False

    def settings(self) -> dict[str, Any]:
        """What a checkpoint must agree on."""
        batches = "" if self.known is None else f" of {self.known} batches"
        own = ", with a generator of its own" if self._generators else ""
        return {
            "images": f"{type(self.loader).__name__}{batches}{own}",
            "batch_size": getattr(self.loader, "batch_size", None),
            "measured": self.at_most,
        }

    def length(self, epochs: int | None, steps: int | None) -> tuple[int | None, int | None]:
        """Steps to take in all, and the epochs they make up; None where only the loader's end will tell."""
        if steps is not None:
            return steps, None
        epochs = 20 if epochs is None else epochs
        if epochs > 1 and isinstance(self.loader, Iterator):
            raise ValueError(
                f"images.train is a {type(self.loader).__name__}, which can be gone through once, and this run is of "
                f"{epochs} epochs; give epochs=1, or steps, or what starts again, such as a DataLoader"
            )
        return None if self.known is None else epochs * self.known, epochs

    def to(self, device: torch.device) -> None:
        """Send the batches to `device`, one by one."""
        self.device = device

    @property
    def n_measured(self) -> int:
        """How many examples the training curve is measured on; 0 until the first epoch has ended."""
        return len(self.measured[0]) if self.measured else 0

    def check_alike(self, val: Batch) -> None:
        """Refuse validation examples of another kind, as soon as there is a batch."""
        self.val = val

    def epochs(self, first: int, end: int | None) -> Iterable[int]:
        """The epochs to come, without an end where that is the number of steps."""
        return itertools.count(first) if end is None else range(first, end)

    def batches(self, at_most: float) -> Iterator[Batch]:
        """What the loader gives, checked; no batch more than `at_most` is asked for."""
        taken, ended = 0, True
        sample = None if self.measured else _Reservoir(self.at_most)
        for batch in self.loader:
            if taken >= at_most:  # it gives more than it said
                ended = False
                break
            taken += 1
            parts = self._checked(batch, f"batch {taken} of images.train")
            if sample is not None:
                sample.add(parts)
            yield tuple(part.to(self.device, non_blocking=True) for part in parts)  # asynchronous from pinned memory
            # A pass that is whole is gone through to its end, where a sampler may draw from its generator once more.
            if taken >= at_most and taken != self.known:
                ended = False
                break
        if not taken:
            again = f" in epoch {len(self._ends) + 1}; can it be gone through once only?" if self._ends else ""
            raise ValueError(f"images.train, a {type(self.loader).__name__}, gave no batch{again}")
        if sample is not None:
            self.measured = tuple(part.to(self.device) for part in sample.parts())
        self._whole = ended
        self._ends.append((self._ends[-1] if self._ends else 0) + taken)

    def over(self) -> bool:
        """Whether there is nothing to be had any more: an iterator has ended."""
        return self._whole and isinstance(self.loader, Iterator)

    def ends(self, steps: int) -> list[int]:
        """The steps taken at the end of each epoch so far."""
        return self._ends

    def cut_short(self, steps: int) -> bool:
        """Whether the last epoch left batches in the loader, or may have."""
        return not self._whole

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps: the sample, which is drawn in the first epoch only, and the loader's generators."""
        kept = {
            "ends": list(self._ends),
            "whole": self._whole,
            "sample": [part.cpu() for part in self.measured],
            "generators": [generator.get_state() for generator in self._generators],
        }
        return {"loader": kept}

    def look_at(self, saved: dict[str, Any]) -> None:
        """Take over what a checkpoint kept, but leave the loader's own generators alone."""
        if kept := saved.get("loader"):
            self._ends, self._whole = list(kept["ends"]), kept["whole"]
            self.measured = tuple(part.to(self.device) for part in kept["sample"])

    def restore_generators(self, saved: dict[str, Any]) -> None:
        """Put the loader's own generators back."""
        for generator, state in zip(self._generators, saved["loader"]["generators"], strict=True):
            generator.set_state(state)

    def _checked(self, batch: Any, name: str) -> Batch:
        """The `(x,)` or `(x, y)` of a batch, once it is what may be trained on and like those before."""
        wanted = "expected a tensor x or a pair (x, y)"
        if isinstance(batch, tuple | list):
            if not 1 <= len(batch) <= 2:
                raise ValueError(f"{name} is a {type(batch).__name__} of {len(batch)}; {wanted}")
        elif isinstance(batch, Tensor):
            batch = (batch,)
        else:
            raise ValueError(f"{name} is {short(batch)}; {wanted}")
        parts = examples(Split(*batch), name, self.targets)
        if not self.first:
            if self.val:
                _check_alike(self.val, parts)
            self.first = tuple(part[:1].clone() for part in parts)
        for which, part, other in zip("xy", parts, self.first, strict=False):  # without targets there is no y
            if (part.shape[1:], part.dtype) != (other.shape[1:], other.dtype):
                raise ValueError(
                    f"{name} has {which} of shape {list(part.shape)} of {part.dtype}, and those before "
                    f"[N{''.join(f', {n}' for n in other.shape[1:])}] of {other.dtype}; all batches must be alike"
                )
        return parts


class _Reservoir:
    """An even sample of at most `size` of all the examples that come by."""

    def __init__(self, size: int) -> None:
        self.size, self.seen = size, 0
        self.kept: list[Tensor] = []
        self.generator = torch.Generator().manual_seed(0)

    def add(self, parts: Batch) -> None:
        """Let the examples of a batch come by."""
        if not self.kept:  # room that is not touched is not taken
            self.kept = [part.new_empty((self.size, *part.shape[1:])) for part in parts]
        places = torch.arange(self.seen, self.seen + len(parts[0]))
        drawn = (torch.rand(len(places), dtype=torch.float64, generator=self.generator) * (places + 1)).long()
        slots = torch.where(places < self.size, places, drawn)
        rows = (slots < self.size).nonzero()[:, 0]
        # of two that are drawn for one slot the later one counts
        chosen = dict(zip(slots[rows].tolist(), rows.tolist(), strict=True))
        if chosen:
            for kept, part in zip(self.kept, parts, strict=True):
                kept[list(chosen)] = part[list(chosen.values())].detach()
        self.seen += len(places)

    def parts(self) -> list[Tensor]:
        """The sample."""
        return [kept[: self.seen] for kept in self.kept]


def feed(train: Any, targets: bool, batch_size: int, at_most: int | None) -> Held | Streamed:
    """What `images.train` gives, `at_most` of them measured."""
    if is_loader(train):
        return Streamed(train, targets, batch_size, at_most)
    if not hasattr(train, "x"):
        raise ValueError(
            f"images.train is {short(train)}; expected a Split, or batches: a DataLoader or another iterable of them"
        )
    return Held(train, targets, batch_size, at_most)


def examples(split: Split, name: str, targets: bool) -> Batch:
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


def _check_alike(val: Batch, train: Batch) -> None:
    if (val[0].ndim, val[0].dtype) != (train[0].ndim, train[0].dtype):
        shapes = [f"{list(part[0].shape)} of {part[0].dtype}" for part in (val, train)]
        raise ValueError(f"images.val.x is {shapes[0]} and images.train.x {shapes[1]}; examples of both must be alike")


def _sample(data: Batch, at_most: int | None) -> Batch:
    """Examples evenly spaced, so that classes that lie behind one another all have their share; no randomness."""
    if at_most is None or at_most >= len(data[0]):
        return data
    chosen = torch.linspace(0, len(data[0]) - 1, at_most, dtype=torch.float64).round().long().to(data[0].device)
    return tuple(part[chosen] for part in data)


def _known_length(loader: Any) -> int | None:
    """How many batches a pass gives, where the loader knows."""
    try:
        return len(loader) or None
    except TypeError:  # it has no length, or, as a DataLoader of an IterableDataset, cannot say
        return None


def _generators(loader: Any) -> list[torch.Generator]:
    """The generators that decide a `DataLoader`'s order, where it does not use PyTorch's."""
    sampler, batch_sampler = getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)
    owners = (loader, sampler, batch_sampler, getattr(batch_sampler, "sampler", None))
    found = [getattr(owner, "generator", None) for owner in owners]
    return list({id(each): each for each in found if isinstance(each, torch.Generator)}.values())

"""What data are: `Split` and `Images`; what may be trained on, and what is a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: tensors have no single truth value
class Split:
    """Some examples, on the CPU.

    Attributes:
        x: float32, first axis the examples: grey images `[N, 1, H, W]` or coloured ones `[N, 3, H, W]` in [0, 1],
            sequences `[N, channels, T]`, or int64 tokens `[N, T]`.
        y: int64 labels `[N]`, or whatever else is to be predicted, one for each example; None without.
    """

    x: Tensor = field(repr=False)
    y: Tensor | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        kind = "images" if self.x.ndim == 4 else "examples"
        labelled = "" if self.y is None else ", labelled"
        return f"Split({len(self):,} {kind} of shape {tuple(self.x.shape[1:])}{labelled})"


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: tensors have no single truth value
class Images:
    """A data set: `train` to fit on, `val` to choose by, `test` to look at once, for the number that is reported.

    Attributes:
        name: what to call it.
        train: a `Split`. For `fit` alone, and for data larger than memory, it may be a loader instead: a `DataLoader`,
            or another iterable of batches, each a tensor `x` or a pair `(x, y)` as in a `Split`. What looks at single
            training examples (PCA, sweeps) refuses one; the explorer reads it through.
        val: a `Split`; an empty one where there is none.
        test: a `Split`.
        classes: the labels' names.
    """

    name: str
    train: Any  # `Split | Iterable`, in which a type checker would look for `.x` in vain
    val: Split
    test: Split
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        train = f"a {type(self.train).__name__} of" if is_loader(self.train) else f"{len(self.train):,}"
        return f"Images({self.name!r}: {train} training, {len(self.val):,} validation, {len(self.test):,} test images)"


def is_loader(part: object) -> bool:
    """Whether `part` is a `DataLoader` or another iterable of batches, and not the examples themselves."""
    return isinstance(part, Iterable) and not isinstance(part, Split | Tensor | np.ndarray | str | bytes | Mapping)


def check_held(part: Any, name: str) -> Any:
    """Return `part` if its examples are in memory.

    Raises:
        ValueError: it is a loader; one line that calls it `name`.
    """
    if is_loader(part):
        raise ValueError(
            f"{name} is a {type(part).__name__}, a loader, which only ae.fit takes, as images.train; "
            "expected a Split that is held in memory"
        )
    return part


def check_examples(x: Tensor, name: str = "x") -> Tensor:
    """Return `x` if it may be trained on; otherwise raise a `ValueError` that says what came.

    That is: at least one example, along the first axis; finite numbers of any range and shape, or int64 tokens.
    The model checks the shape of an example itself.

    Args:
        x: float32 or float64 `[N, ...]`, or int64 `[N, ...]`.
        name: what to call it in the message.
    """
    wanted = "expected a tensor of finite float32 numbers whose first axis is the examples, such as [N, 1, 28, 28]"
    if not isinstance(x, Tensor):
        raise ValueError(f"{name} is {_kind_of(x)}; {wanted}, such as ae.load('mnist-5k').train.x")
    if x.ndim < 2 or x.numel() == 0:
        hint = "; x.unsqueeze(1) makes every number an example" if x.ndim == 1 and len(x) else ""
        raise ValueError(f"{name} has shape {list(x.shape)}; {wanted}{hint}")
    if x.dtype not in (torch.float32, torch.float64, torch.int64):
        raise ValueError(f"{name} is {_dtype(x)}; {wanted}; {_conversion(x)}")
    if x.is_floating_point() and not all(map(math.isfinite, _range(x))):
        bad = int((~x.isfinite()).sum())
        raise ValueError(f"{name} has {bad:,} values that are NaN or infinite; {wanted}: look where they come from")
    return x


def check_images(x: Tensor, name: str = "x") -> Tensor:
    """Return `x` if it is pictures, 1 or 3 channels in [0, 1]; otherwise raise a `ValueError` that says what came.

    Any height and width will do; the model checks its own.

    Args:
        x: float32 `[N, 1, H, W]` (grey) or `[N, 3, H, W]` (red, green, blue), N at least 1.
        name: what to call it in the message.
    """
    wanted = "expected pictures: a float32 tensor [N, 1, H, W], or [N, 3, H, W] in colour, with values in [0, 1]"
    if not isinstance(x, Tensor):
        raise ValueError(f"{name} is {_kind_of(x)}; {wanted}, such as ae.load('mnist-5k').train.x")
    if x.ndim != 4 or x.numel() == 0 or x.shape[1] not in (1, 3):
        hint = "; x.view(-1, 1, 28, 28) restores flattened images" if x.ndim == 2 and x.shape[1:] == (784,) else ""
        hint = "; x.unsqueeze(1) adds the channel" if x.ndim == 3 and x.shape[0] not in (1, 3) else hint
        hint = "; x.unsqueeze(0) makes a batch of one" if x.ndim == 3 and x.shape[0] in (1, 3) else hint
        hint = "; x.permute(0, 3, 1, 2) puts the channels first" if x.ndim == 4 and x.shape[3] in (1, 3) else hint
        raise ValueError(f"{name} has shape {list(x.shape)}; {wanted}{hint}")
    if x.dtype != torch.float32:
        raise ValueError(f"{name} is {_dtype(x)}; {wanted}; {_conversion(x)}")
    low, high = _range(x)
    if not (low >= 0 and high <= 1):  # also true for NaN
        hint = "; divide by 255" if low >= 0 and 1 < high <= 255 else ""
        raise ValueError(f"{name} has values from {low:.4g} to {high:.4g}; {wanted}{hint}")
    return x


def _kind_of(x: object) -> str:
    return "None" if x is None else f"of type {type(x).__name__}"


def _dtype(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


def _conversion(x: Tensor) -> str:
    return "x.float() / 255 converts bytes" if x.dtype == torch.uint8 else "x.float() converts it"


def _range(x: Tensor) -> tuple[float, float]:
    """The lowest and the highest value; NaN where there is one."""
    low, high = x.detach().aminmax()
    return low.item(), high.item()

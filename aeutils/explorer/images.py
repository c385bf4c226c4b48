"""What images and labels a reader may give: tensors, arrays, data sets, loaders, in any range and with any labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset

from aeutils.data import Images, Split
from aeutils.runtime import own_randomness, reason

MOST_CLASSES = 65_535  # labels travel as 16 bits, of which the highest says that there is none
_MOST_READ = 60_000  # images taken from a loader, which may have no end
_NO_LABEL = -1

_WANTED = "expected pictures: a tensor or an array [N, C, H, W] of 1 or 3 channels, a data set, a loader, or (x, y)"


@dataclass(frozen=True, eq=False)
class Scale:
    """The range in which a model takes its images: what 0 and 1 are to it, each `[C, 1, 1]`."""

    low: Tensor
    high: Tensor


@dataclass(frozen=True, eq=False)
class Shown:
    """The images of the map, and the training images to compare with.

    Attributes:
        x, train_x: float32 `[N, C, H, W]` in [0, 1], C 1 or 3.
        y, train_y: int64 labels `[N]`, -1 where an image has none; or None.
        classes: the labels' names.
        name, train_name: of one of them, such as "test image".
        scale: the range in which the images came and the model takes them; None for [0, 1].
        notes: what was understood and is worth saying, one sentence each.
    """

    x: Tensor
    y: Tensor | None
    train_x: Tensor
    train_y: Tensor | None
    classes: tuple[str, ...]
    name: str
    train_name: str
    scale: Scale | None = None
    notes: tuple[str, ...] = ()

    @property
    def itself(self) -> bool:
        """Whether the images are compared with one another, for want of training images."""
        return self.x is self.train_x


def shown_images(images: Any, on: str) -> Shown:
    """The images to show and those to compare with.

    Args:
        images: a data set with parts (`Images`); or a `Split`, a tensor or an array `[N, C, H, W]`, `[N, H, W, C]` or
            `[N, H, W]`, a pair `(x, y)`, a `Dataset`, a `DataLoader`, which are compared with themselves.
        on: which part of a data set the map shows: `"test"`, `"val"` or `"train"`.

    Raises:
        ValueError: something else, images of another number of channels, or labels that do not fit.
    """
    names = {"train": "training image", "val": "validation image", "test": "test image"}
    if not isinstance(on, str) or on not in names:
        came = repr(on) if isinstance(on, str) else f"something of type {type(on).__name__}"
        raise ValueError(f"on={came}; expected 'test', 'val' or 'train'")
    if isinstance(images, Images):
        parts = {f"images.{part}": getattr(images, part) for part in dict.fromkeys((on, "train"))}
        kinds, classes = (names[on], names["train"]), tuple(map(str, images.classes))
    else:
        parts, kinds, classes = {"images": images}, ("image", "image"), _named_classes(images)
    notes: list[str] = []
    read = {name: _read(part, name, notes) for name, part in parts.items()}
    xs = [_pictures(x, name, _length(y), notes) for name, (x, y) in read.items()]
    if xs[0].shape[1:] != xs[-1].shape[1:]:
        raise ValueError(
            f"images.{on} are {list(xs[0].shape[1:])} and images.train {list(xs[-1].shape[1:])}: pictures of two "
            "shapes cannot be compared"
        )
    xs, scale = _in_unit_range(xs, notes)
    arrays = [_label_array(y, name, len(x)) for (name, (_, y)), x in zip(read.items(), xs, strict=True)]
    ys, classes = _labels(arrays, classes, fixed=isinstance(images, Images))
    return Shown(xs[0], ys[0], xs[-1], ys[-1], classes, *kinds, scale, tuple(dict.fromkeys(notes)))


# --- from what holds them ---


def _read(part: Any, name: str, notes: list[str]) -> tuple[Any, Any]:
    """Images and labels, or None, as they are, out of whatever holds them."""
    if isinstance(part, Split):
        return part.x, part.y
    if isinstance(part, TensorDataset):
        part = part.tensors
    if isinstance(part, tuple) and 1 <= len(part) <= 2:
        return part[0], part[1] if len(part) == 2 else None
    if isinstance(part, Tensor | np.ndarray):
        return part, None
    single = isinstance(part, Dataset)
    if not single and (not isinstance(part, Iterable) or isinstance(part, str | bytes | Mapping | list)):
        came = "None" if part is None else f"of type {type(part).__name__}"
        raise ValueError(f"{name} is {came}; {_WANTED}, such as ae.load('mnist-5k')")
    return _collected(part, single, name, notes)


def _collected(part: Any, single: bool, name: str, notes: list[str]) -> tuple[Any, Any]:
    """Images and labels of a `Dataset`, one by one, or of a loader, batch by batch; no more than `_MOST_READ`."""
    xs: list[Tensor] = []
    ys: list[Any] = []
    count = 0
    try:
        with own_randomness():
            for item in _items(part) if single and not isinstance(part, IterableDataset) else part:
                if count >= _MOST_READ:
                    notes.append(f"{name}: the first {_MOST_READ:,} images are taken")
                    break
                x, y = _pair(item)
                xs.append(torch.as_tensor(np.asarray(x))[None] if single else torch.as_tensor(x))
                ys.append([y] if single else y)
                count += len(xs[-1])
        x = torch.cat(xs)
    except Exception as error:  # a reader's own data set may raise anything
        raise ValueError(
            f"{name} is a {type(part).__name__} that gives no images ({reason(error)}); {_WANTED}"
        ) from error
    if any(y is None or (single and y[0] is None) for y in ys):
        return x, None
    return x, np.concatenate([np.asarray(y) for y in ys])


def _items(data: Any) -> Iterator[Any]:
    return (data[i] for i in range(len(data)))


def _pair(item: Any) -> tuple[Any, Any]:
    """Image and label out of what a data set gives."""
    if isinstance(item, Mapping):
        x = next((item[key] for key in ("image", "images", "x", "img", "pixel_values") if key in item), None)
        return x, next((item[key] for key in ("label", "labels", "y", "target", "fine_label") if key in item), None)
    if isinstance(item, tuple | list):
        return item[0], item[1] if len(item) > 1 else None
    return item, None


def _named_classes(images: Any) -> tuple[str, ...]:
    """The names that a data set has for its classes, as torchvision's have."""
    while isinstance(images, DataLoader | Subset):
        images = images.dataset
    names = getattr(images, "classes", None) if isinstance(images, Dataset) else None
    return tuple(map(str, names)) if isinstance(names, list | tuple) else ()


def _length(y: Any) -> int | None:
    try:
        return len(y)
    except TypeError:  # None, or no labels
        return None


# --- pictures ---


def _pictures(given: Any, name: str, n: int | None, notes: list[str]) -> Tensor:
    """Pictures `[N, C, H, W]` of 1 or 3 channels, finite float32 in any range.

    Args:
        given: a tensor or an array.
        name: what to call it.
        n: how many labels there are, which tells three pictures `[3, H, W]` from one in colour; None without.
        notes: what was understood is added here.
    """
    if not isinstance(given, Tensor | np.ndarray):
        came = "None" if given is None else f"of type {type(given).__name__}"
        raise ValueError(f"{name} is {came}; {_WANTED}, such as ae.load('mnist-5k')")
    kind = str(given.dtype).removeprefix("torch.")
    if isinstance(given, np.ndarray):
        if given.dtype.kind not in "buif":
            raise ValueError(f"{name} is an array of {kind}; {_WANTED}")
        given = torch.from_numpy(np.ascontiguousarray(given, given.dtype.newbyteorder("=")))
    if given.is_complex():
        raise ValueError(f"{name} is {kind}; {_WANTED}")
    x, shape = given.detach().cpu(), list(given.shape)
    if not x.numel() or x.ndim not in (2, 3, 4):
        raise ValueError(f"{name} has shape {shape}; {_WANTED}")
    if x.ndim == 2:
        side = math.isqrt(shape[1])
        if side * side != shape[1] or side < 2:
            raise ValueError(f"{name} has shape {shape}; {_WANTED}; x.view(-1, 1, 28, 28), say, makes pictures of it")
        notes.append(f"{name}: {shape[1]} numbers each are taken as pictures of {side} × {side}")
        x = x.view(-1, 1, side, side)
    elif x.ndim == 3:
        if shape[0] in (1, 3) and n != shape[0]:
            raise ValueError(f"{name} has shape {shape}; {_WANTED}; x[None] makes a batch of one picture")
        x = x[:, None]
    elif shape[1] not in (1, 3) and shape[3] in (1, 3):
        x = x.permute(0, 3, 1, 2)
    if x.shape[1] not in (1, 3):
        hint = "; x[:, :3] leaves transparency out" if 4 in (shape[1], shape[3]) else ""
        raise ValueError(f"{name} has shape {shape}: the explorer draws 1 channel (grey) or 3 (red, green, blue){hint}")
    if x.dtype == torch.uint8 or (not x.is_floating_point() and bool((x > 1).any())):
        if bool((x < 0).any()) or bool((x > 255).any()):
            raise ValueError(f"{name} has whole numbers from {int(x.min())} to {int(x.max())}; expected 0 to 255")
        notes.append(f"{name} are bytes; the model is given them in [0, 1]")
        return x.float() / 255
    x = x.float()
    if bad := int((~x.isfinite()).sum()):
        raise ValueError(f"{name} has {bad:,} values that are NaN or infinite; {_WANTED}: look where they come from")
    return x


def _in_unit_range(xs: list[Tensor], notes: list[str]) -> tuple[list[Tensor], Scale | None]:
    """The pictures in [0, 1], and what 0 and 1 were."""
    lows = torch.stack([x.amin((0, 2, 3)) for x in xs]).amin(0)
    highs = torch.stack([x.amax((0, 2, 3)) for x in xs]).amax(0)
    low, high = float(lows.min()), float(highs.max())
    if low >= 0 and high <= 1:
        return xs, None
    whole = all(bool((x == x.round()).all()) for x in xs)
    ends: tuple[float, float] | None
    if low >= 0 and high <= 255 and whole:
        ends, told = (0.0, 255.0), "[0, 255]"
    else:
        symmetric = (end for end in (1.0, 0.5) if -end <= low <= -0.95 * end and high <= end)
        end = next(symmetric, None)
        ends = None if end is None else (-end, end)
        told = f"from {low:.3g} to {high:.3g}" if end is None else f"[{-end:g}, {end:g}]"
    if ends is not None:
        lows, highs = torch.full_like(lows, ends[0]), torch.full_like(highs, ends[1])
    highs = torch.where(highs > lows, highs, lows + 1)
    scale = Scale(lows[:, None, None], highs[:, None, None])
    notes.append(f"the images' range, {told}, is shown as [0, 1]; the model is given its own")
    return [((x - scale.low) / (scale.high - scale.low)).clamp(0, 1) for x in xs], scale


# --- labels ---


def _label_array(y: Any, name: str, n: int) -> np.ndarray | None:
    """Labels `[n]`, whole numbers from -1 (none) or texts ("" for none); None without.

    Args:
        y: numbers or texts in a tensor, an array, a list, a column of a table; or one-hot `[n, classes]`.
        name: of the images that they belong to.
        n: how many there must be.

    Raises:
        ValueError: something else.
    """
    if y is None:
        return None
    tensor = isinstance(y, Tensor)
    came = f"a tensor {list(y.shape)} of {y.dtype}" if tensor else f"of type {type(y).__name__}"
    wrong = f"{name}: labels are {came}; expected whole numbers or texts, one for each of the {n:,} images, or none"
    try:
        array = y.detach().cpu().numpy() if tensor else np.asarray(y)
    except Exception as error:  # rows of several lengths, or a kind of number that NumPy does not know
        raise ValueError(wrong) from error
    if array.dtype.kind == "O":
        missing = np.array([label is None or label != label for label in array.ravel()], bool).reshape(array.shape)
        texts = all(isinstance(label, str) for label in array[~missing].ravel())
        try:
            array = np.where(missing, "" if texts else _NO_LABEL, array).astype(str if texts else float)
        except (TypeError, ValueError) as error:
            raise ValueError(wrong) from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    elif (
        array.ndim == 2
        and array.dtype.kind in "biuf"
        and bool(np.isin(array, (0, 1)).all() and (array.sum(1) <= 1).all())
    ):
        array = np.where(array.any(1), array.argmax(1), _NO_LABEL)
    if array.shape != (n,) or array.dtype.kind not in "biufU":
        raise ValueError(wrong)
    if array.dtype.kind == "U":
        return array
    array = np.where(np.isnan(array), _NO_LABEL, array) if array.dtype.kind == "f" else array
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == array.round()).all()):
        raise ValueError(wrong)
    if int(array.min()) < _NO_LABEL:
        raise ValueError(
            f"{name}: the lowest label is {int(array.min())}; expected whole numbers from 0, or -1 for an image without"
        )
    return array.astype(np.int64)


def _labels(
    arrays: list[np.ndarray | None], classes: tuple[str, ...], *, fixed: bool
) -> tuple[list[Tensor | None], tuple[str, ...]]:
    """Labels int64 `[N]` of each part, and the classes' names.

    Args:
        arrays: what `_label_array` gives.
        classes: names that came with the images, perhaps none.
        fixed: whether every label must be one of these.
    """
    texts = sorted({label for y in arrays if y is not None and y.dtype.kind == "U" for label in y.tolist()} - {""})
    if texts:
        classes = classes if {*texts} <= {*classes} else tuple(texts)
        place = {name: label for label, name in enumerate(classes)}
        arrays = [
            None if y is None else np.array([place.get(label, _NO_LABEL) for label in y.tolist()]) for y in arrays
        ]
    count = 1 + max((int(y.max()) for y in arrays if y is not None), default=_NO_LABEL)
    if count > len(classes) and fixed:
        raise ValueError(f"label {count - 1} is none of the {len(classes)} classes, counted from 0")
    if max(count, len(classes)) > MOST_CLASSES:
        raise ValueError(f"labels of {max(count, len(classes)):,} classes; the explorer draws up to {MOST_CLASSES:,}")
    if count > len(classes):
        classes = tuple(map(str, range(count)))
    return [None if y is None else torch.from_numpy(y.astype(np.int64)) for y in arrays], classes

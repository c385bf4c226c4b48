"""What a figure takes: each of these returns what it was given in a form that can be drawn, or raises one line."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, TypeVar, cast

import numpy as np
from torch import Tensor

from aeutils.data import check_images

_PLAIN = {"str": (str, "a text"), "bool": (bool | np.bool_, "True or False")}
_F = TypeVar("_F", bound=Callable[..., Any])


def texts_and_flags(function: _F) -> _F:
    """Decorator: what the function's annotations call `str` or `bool` is that, or a `ValueError` says what came."""
    signature = inspect.signature(function)
    plain = {name: _PLAIN[each.annotation] for name, each in signature.parameters.items() if each.annotation in _PLAIN}

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if name in plain and not isinstance(value, plain[name][0]):
                raise ValueError(f"{name} is {shown(value)}; expected {plain[name][1]}")
        return function(*args, **kwargs)

    return cast(_F, checked)


def named(values: Any, what: str, of: str) -> dict[str, Any]:
    """A mapping with at least one name; `of` says in words what the names stand for."""
    if not isinstance(values, Mapping) or not values:
        raise ValueError(f"{what} is {shown(values)}; expected a mapping, name -> {of}, with at least one name")
    return {str(name): value for name, value in values.items()}


def texts(values: Any, what: str, n: int | None = None) -> list[str]:
    """A sequence of texts, `n` of them if given."""
    one = isinstance(values, Tensor | np.ndarray) and values.ndim == 0
    if one or not isinstance(values, Iterable) or isinstance(values, Set):
        raise ValueError(f"{what} is {shown(values)}; expected a sequence of texts")
    found = [str(value) for value in values]
    if n is not None and len(found) != n:
        raise ValueError(f"{what} has {len(found)} texts; expected {n}")
    return found


def number(value: Any, what: str) -> float:
    """A finite number, or a tensor or array of one."""
    array = _array(value)
    if array is None or array.size != 1 or not np.isfinite(array).all():
        raise ValueError(f"{what} is {shown(value)}; expected a finite number")
    return float(array.reshape(()))


def numbers(values: Any, what: str, n: int | None = None, *, dims: int = 1, finite: bool = False) -> np.ndarray:
    """Numbers as a float64 array of `dims` axes, of length `n` if given; all `finite`, or at least one."""
    array = _array(values)
    wanted = "a table of numbers" if dims == 2 else "a sequence of numbers"
    if array is None or array.ndim != dims or array.size == 0:
        raise ValueError(f"{what} is {shown(values)}; expected {wanted}")
    if n is not None and len(array) != n:
        raise ValueError(f"{what} has {len(array)} values; expected {n}")
    real = np.isfinite(array)
    if not (real.all() if finite else real.any()):
        raise ValueError(f"{what} has {'values that are NaN or infinite' if finite else 'no finite value'}")
    return array


def nothing(values: Any) -> bool:
    """Whether that is a sequence without numbers."""
    array = _array(values)
    return array is not None and array.size == 0


def half_lengths(values: Any, n: int) -> np.ndarray:
    """Half the lengths of `n` error bars; NaN where there is none."""
    array = numbers(values, "spread", n)
    if (array < 0).any():
        raise ValueError(f"spread has {array.min():g}; expected half the length of an error bar, 0 or above")
    return array


def beside(values: Any, what: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping that says something about some of `names`, or None."""
    found = {} if values is None else named(values, what, "values")
    for name in found:
        if name not in names:
            raise ValueError(f"{what} has {name!r}, which is not drawn; expected names among {', '.join(names)}")
    return found


def counts(values: Any, what: str, n: int | None = None) -> list[int]:
    """Whole numbers above 0."""
    array = numbers(values, what, n)
    if not ((array > 0) & (array % 1 == 0)).all():  # also false for NaN
        raise ValueError(f"{what} is {shown(values)}; expected whole numbers above 0")
    return [int(value) for value in array]


def images(values: Any, what: str) -> Tensor:
    """Pictures, float32 `[N, 1, H, W]` or `[N, 3, H, W]` in [0, 1] on the CPU. What lies outside is clipped, as a
    model's output or noise may; but not bytes."""
    if isinstance(values, Tensor) and values.is_floating_point() and values.numel():
        values = values.detach().float().cpu()
        if not (values.min() >= 0 and values.max() > 10):
            values = values.clamp(0, 1)
    return check_images(values, what)


def channels(values: Any, what: str) -> np.ndarray:
    """Numbers for each pixel, float64 `[1, H, W]` or `[3, H, W]`, finite and of any range; `[H, W]` is one channel."""
    wanted = "expected finite numbers [H, W], [1, H, W] or [3, H, W]"
    array = _array(values)
    if array is not None and array.ndim == 2:
        array = array[None]
    if array is None or array.ndim != 3 or array.size == 0 or len(array) not in (1, 3):
        raise ValueError(f"{what} is {shown(values)}; {wanted}")
    if not np.isfinite(array).all():
        raise ValueError(f"{what} has pixels that are NaN or infinite; {wanted}")
    return array


def places(values: Any, what: str) -> np.ndarray:
    """Places in a plane, float64 `[N, 2]`; finite."""
    array = _array(values)
    if array is None or array.ndim != 2 or array.shape[1] != 2 or array.size == 0:
        hint = ": choose two columns of a larger code" if array is not None and array.ndim == 2 else ""
        raise ValueError(f"{what} is {shown(values)}; expected [N, 2]{hint}")
    if not np.isfinite(array).all():
        raise ValueError(f"{what} has values that are NaN or infinite; expected finite places [N, 2]")
    return array


def labels(values: Any, n: int, classes: int) -> np.ndarray:
    """Labels `[n]` of images, whole numbers below `classes`."""
    array = numbers(values, "y", n)
    wrong = array[~((array >= 0) & (array < classes) & (array % 1 == 0))]
    if len(wrong):
        raise ValueError(f"y has the label {wrong[0]:g}; expected whole numbers from 0 to {classes - 1}, one per class")
    return array.astype(int)


def baseline(value: Any) -> tuple[str, float]:
    """A name and a height."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(f'baseline is {shown(value)}; expected a name and a number, such as ("PCA", 30.0)')
    return str(value[0]), number(value[1], "the baseline")


def shown(value: Any) -> str:
    """What came, in a few words on one line."""
    if isinstance(value, Tensor | np.ndarray) and value.ndim:
        return f"of shape {list(value.shape)} and type {str(value.dtype).removeprefix('torch.')}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"a {type(value).__name__}, {text[:50]} …"


def _array(values: Any) -> np.ndarray | None:
    """Real numbers as float64, wherever and in whatever they are kept; None where they are no such numbers."""
    if isinstance(values, str | bytes | Mapping | Set):
        return None
    try:
        if isinstance(values, Tensor):
            values = values.detach().cpu()
            values = values.double() if values.is_floating_point() else values  # NumPy has no bfloat16
        elif isinstance(values, Iterable) and not hasattr(values, "__array__"):  # which pandas' tables have, too
            values = [value.detach().cpu() if isinstance(value, Tensor) else value for value in values]
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError):
        return None
    return array.astype(float) if array.dtype.kind in "biuf" else None

"""How a run is set up: which device, which seed, whether progress bars are shown; and what every door checks."""

from __future__ import annotations

import functools
import math
import os
import random
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from torch import nn

MOST = 10**9  # what no count in here reaches, and every integer type holds
_SILENT = ContextVar("silent", default=False)


# --- what every door checks ---


def whole_number(value: Any, name: str, least: int = 1, most: int = MOST) -> int:
    """`value` as Python's `int`, if it is a whole number from `least` to `most` (NumPy's will do, True will not).

    Raises:
        ValueError: it is not; one line that calls it `name`.
    """
    if isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most:
        return int(value)
    wanted = f"of {least} or more" if most == MOST else f"from {least} to {most:,}"
    raise ValueError(f"{name}={short(value)}; expected a whole number {wanted}")


def real_number(value: Any, name: str, wanted: str = "a finite number") -> float:
    """`value` as Python's `float`, if it is a finite number (NumPy's will do, and a tensor that holds one).

    Raises:
        ValueError: it is not; one line that calls it `name` and says what was `wanted`.
    """
    if isinstance(value, torch.Tensor) and value.numel() == 1 and not value.is_complex():
        value = value.item()
    if isinstance(value, Real) and not isinstance(value, bool):
        with suppress(OverflowError):  # a whole number beyond all floats
            if math.isfinite(number := float(value)):
                return number
    raise ValueError(f"{name}={short(value)}; expected {wanted}")


def short(value: Any) -> str:
    """What came, for an error's one line: the value itself where that is short, otherwise its type and size."""
    if isinstance(value, torch.Tensor | np.ndarray) and value.ndim:
        return f"a {type(value).__name__} of shape {list(value.shape)}"
    try:
        text = repr(value)
    except Exception:  # whatever came, the line is about something else
        text = ""
    return text if text and len(text) <= 80 and "\n" not in text else f"a {type(value).__name__}"


def reason(error: BaseException) -> str:
    """What an exception says, in one line."""
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__


def kind_and_reason(error: BaseException) -> str:
    """An exception's type, and the first line of what it says, if anything."""
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


# --- devices ---


def device() -> torch.device:
    """The device to train on: the first of CUDA, MPS and CPU that works; the variable `AEUTILS_DEVICE` overrides.

    A GPU that is there and cannot be used (an old driver, another compute capability, no memory left) is passed over
    with a warning of one line, once in a process.

    Raises:
        ValueError: `AEUTILS_DEVICE` names no device, or one this machine does not have.
    """
    wanted = os.environ.get("AEUTILS_DEVICE", "").strip()
    if wanted:
        return check_device(wanted, "AEUTILS_DEVICE")
    chosen, trouble = best_device()
    if trouble:
        _warn_once(f"{trouble}; the CPU is used instead. With AEUTILS_DEVICE=cpu this warning goes away")
    return chosen


@functools.cache
def best_device() -> tuple[torch.device, str]:
    """The first of CUDA, MPS and CPU that works here, tried once; and what is wrong with a GPU, or an empty text."""
    trouble = []
    for kind, name in (("cuda", "NVIDIA GPU"), ("mps", "Apple GPU")):
        with warnings.catch_warnings(record=True) as said:  # PyTorch warns of a driver that is too old
            warnings.simplefilter("always")
            there = torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()
            reason = _first_line(said[0].message) if said else ""
            if there:
                reason = _why_not(torch.device(kind))
                if not reason:
                    return torch.device(kind), ""
        if reason:
            trouble.append(f"the {name} cannot be used ({reason})")
    return torch.device("cpu"), "; ".join(trouble)


def check_device(wanted: torch.device | str, name: str = "device") -> torch.device:
    """The device `wanted`, once numbers have been there and back; `name` is what the error calls it.

    Raises:
        ValueError: there is no such device, or this machine does not have it, or it does not work.
    """
    try:
        chosen = torch.device(wanted)
    except (RuntimeError, TypeError, ValueError, AssertionError, AttributeError) as error:
        reason = _first_line(error)
    else:
        reason = _why_not(chosen)
    if reason:
        raise ValueError(
            f"{name}={short(str(wanted))} cannot be used here ({reason}); leave it out, or use 'cpu', 'cuda' or 'mps'"
        )
    return chosen


def _why_not(device: torch.device) -> str:
    """Why a small multiplication on `device` fails, in a few words; empty when it works."""
    try:
        ones = torch.ones(4, 4, device=device)
        return "" if float((ones @ ones).sum().item()) == 64 else "it multiplies wrongly"
    except Exception as error:  # a broken driver can fail in any way
        return _first_line(error)


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].split(". ")[0].rstrip(".") if lines else type(error).__name__


@functools.cache
def _warn_once(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=3)


@contextmanager
def borrowed(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Move `model` to `device` for a while; it comes back to where it was, whatever happens."""
    first = next(model.parameters(), None)
    home = device if first is None else first.device
    try:
        model.to(device)
        yield
    finally:
        model.to(home)


# --- seeds ---


def default_seed() -> int:
    """The seed in `AEUTILS_SEED`, or 0.

    Raises:
        ValueError: `AEUTILS_SEED` is not a whole number from 0 to 2**32 - 1.
    """
    text = os.environ.get("AEUTILS_SEED", "0").strip() or "0"
    if not text.isdecimal() or int(text) >= 2**32:
        raise ValueError(
            f"AEUTILS_SEED={text!r} is not a whole number from 0 to 2**32 - 1; use for example AEUTILS_SEED=1"
        )
    return int(text)


def check_seed(seed: Any, name: str = "seed") -> int:
    """`seed` as an `int`, if every generator takes it: a whole number from 0 to 2**32 - 1.

    Raises:
        ValueError: it is something else.
    """
    return whole_number(seed, name, 0, 2**32 - 1)


def seed_everything(seed: int | None = None) -> int:
    """Seed Python's, NumPy's and PyTorch's generators (every device) and return the seed used.

    Args:
        seed: a whole number from 0 to 2**32 - 1; `None` takes `AEUTILS_SEED`, or 0.

    Raises:
        ValueError: another seed.
    """
    seed = default_seed() if seed is None else check_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return seed


def random_states() -> dict[str, Any]:
    """The states of PyTorch's generators: of the CPU, of every CUDA device in use, of MPS."""
    return {
        "cpu": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        "mps": torch.mps.get_rng_state() if torch.backends.mps.is_available() else None,
    }


def restore_random_states(states: dict[str, Any]) -> None:
    """Put the generators back; a GPU that was not there, or is not here, is passed over."""
    torch.set_rng_state(states["cpu"])
    if states["cuda"] and len(states["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(states["cuda"])
    if states["mps"] is not None and torch.backends.mps.is_available():
        torch.mps.set_rng_state(states["mps"])


@contextmanager
def own_randomness() -> Iterator[None]:
    """Whatever is drawn or seeded inside, PyTorch's generators are as they were afterwards, on every device."""
    states = random_states()
    try:
        yield
    finally:
        restore_random_states(states)


# --- what is shown ---


@contextmanager
def silent() -> Iterator[None]:
    """No progress bars inside, in this thread: for runs that are one of many, or that show their progress otherwise."""
    token = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(token)


def progress(iterable: Iterable[Any] | None = None, **options: Any) -> Any:
    """`tqdm.tqdm(iterable, **options)`, disabled when `AEUTILS_PROGRESS=0` and inside `silent()`.

    A bar of text also in a notebook, among what is printed there: of tqdm's widget nothing would be left the next day.

    Raises:
        ValueError: `iterable` is nothing to go through.
    """
    from tqdm import tqdm

    if not hasattr(iterable, "__iter__"):
        raise ValueError(
            f"progress of {short(iterable)}; expected something to go through, such as range(10) "
            "(what you have solved: ae.my_progress())"
        )
    if _SILENT.get() or os.environ.get("AEUTILS_PROGRESS", "1").strip() == "0":
        options["disable"] = True
    if _in_notebook():
        options = {"file": sys.stdout, **options}  # errors are written on red
    return tqdm(iterable, **options)


def _in_notebook() -> bool:
    shell = running_shell()
    return shell is not None and "IPKernelApp" in shell.config


def running_shell() -> Any:
    """The IPython that this runs in, or None; where nobody has imported IPython, there is none."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None

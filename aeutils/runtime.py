"""How a run is set up: which device, which seed, whether progress bars are shown."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch

_SILENT = ContextVar("silent", default=False)


def device() -> torch.device:
    """The device to train on: CUDA, else MPS, else CPU; the variable `AEUTILS_DEVICE` overrides.

    Raises:
        ValueError: `AEUTILS_DEVICE` names no device, or one this machine does not have.
    """
    wanted = os.environ.get("AEUTILS_DEVICE", "").strip()
    if not wanted:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    return check_device(wanted, "AEUTILS_DEVICE")


def check_device(wanted: torch.device | str, name: str = "device") -> torch.device:
    """The device `wanted`, once a number has been there and back; `name` is what the error calls it.

    Raises:
        ValueError: there is no such device, or this machine does not have it.
    """
    try:
        chosen = torch.device(wanted)
        torch.zeros(1, device=chosen).item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0].split(". ")[0]
        raise ValueError(
            f"{name}={str(wanted)!r} cannot be used here ({reason}); leave it out, or use 'cpu', 'cuda' or 'mps'"
        ) from None
    return chosen


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


def seed_everything(seed: int | None = None) -> int:
    """Seed Python's, NumPy's and PyTorch's generators (every device) and return the seed used.

    Args:
        seed: the seed; `None` takes `AEUTILS_SEED`, or 0.
    """
    seed = default_seed() if seed is None else seed
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return seed


@contextmanager
def silent() -> Iterator[None]:
    """No progress bars inside, in this thread: for runs that are one of many, or that show their progress otherwise."""
    token = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(token)


def progress(iterable: Iterable[Any], **options: Any) -> Any:
    """`tqdm.auto.tqdm(iterable, **options)`, disabled when `AEUTILS_PROGRESS=0` and inside `silent()`."""
    if _SILENT.get() or os.environ.get("AEUTILS_PROGRESS", "1").strip() == "0":
        # tqdm.auto looks for notebook widgets when imported; a silent run needs none of that.
        from tqdm import tqdm

        return tqdm(iterable, **{**options, "disable": True})
    from tqdm.auto import tqdm

    return tqdm(iterable, **options)

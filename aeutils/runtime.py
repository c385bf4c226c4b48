"""How a run is set up: which device, which seed, whether progress bars are shown."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch


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


def progress(iterable: Iterable[Any], **options: Any) -> Any:
    """`tqdm.auto.tqdm(iterable, **options)`, silent when `AEUTILS_PROGRESS=0`."""
    if os.environ.get("AEUTILS_PROGRESS", "1").strip() == "0":
        # tqdm.auto looks for notebook widgets when imported; a silent run needs none of that.
        from tqdm import tqdm

        return tqdm(iterable, **{**options, "disable": True})
    from tqdm.auto import tqdm

    return tqdm(iterable, **options)

"""Is this computer ready? One line a requirement, OK or FAIL, with what to do about it."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_SETUP = "run `make lab` again, or: python -m pip install -c constraints.txt -e ."
# package -> the oldest version that the notebooks are known to work with, as in pyproject.toml
_PACKAGES = {
    "torch": (2, 6),
    "torchvision": (0, 21),
    "matplotlib": (3, 9),
    "ipywidgets": (8, 1),
    "scikit-learn": (1, 5),
}


def check_environment() -> None:
    """Print a line for each thing the notebooks need: `OK   what is there` or `FAIL what is wrong: what to do`."""
    packages = (_package(*item) for item in _PACKAGES.items())
    for check in (_python, _nothing_hidden, *packages, _fit_together, _digits, _device, _matmul):
        try:
            print(f"OK    {check()}")
        except Exception as error:  # whatever is wrong, the other lines are wanted too
            print(f"FAIL  {' '.join(str(error).split())}")


def _python() -> str:
    version = sys.version_info
    if not (3, 11) <= version[:2] <= (3, 13):
        raise RuntimeError(f"Python {version[0]}.{version[1]} is not 3.11 to 3.13: install one of these, then {_SETUP}")
    return f"Python {version[0]}.{version[1]}.{version[2]}"


def _nothing_hidden() -> str:
    """A file beside the notebook comes before a module of the same name, for all that import it."""
    there = Path.cwd()
    modules = {*sys.stdlib_module_names, *metadata.packages_distributions()}
    hiding = sorted(file.name for file in there.glob("*.py") if file.stem in modules)
    if hiding:
        raise RuntimeError(f"{hiding[0]} in {there} hides the module of that name: rename it, restart the kernel")
    return "no file beside the notebook hides a module"


def _package(name: str, oldest: tuple[int, int]) -> Callable[[], str]:
    def check() -> str:
        wanted = ".".join(map(str, oldest))
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            raise RuntimeError(f"{name} is not installed: {_SETUP}") from None
        if tuple(int(part) for part in found.split("+")[0].split(".")[:2]) < oldest:
            raise RuntimeError(f"{name} {found} is older than {wanted}: {_SETUP}")
        return f"{name} {found}"

    return check


def _fit_together() -> str:
    if find_spec("torchvision") is None:
        raise RuntimeError(f"torchvision is not installed: {_SETUP}")
    from aeutils.data import torchvision_datasets

    torchvision_datasets()
    return "torch and torchvision fit together"


def _digits() -> str:
    from aeutils.data import load

    return f"5,000 real digits, no network needed: {load('mnist-5k')!r}"


def _device() -> str:
    from aeutils import runtime

    chosen = _chosen_device()
    trouble = "" if os.environ.get("AEUTILS_DEVICE", "").strip() else runtime.best_device()[1]
    return f"training on {chosen}" + (f": {trouble}. AEUTILS_DEVICE=cpu says so for good" if trouble else "")


def _chosen_device() -> torch.device:
    """`ae.device()`, without its warning: it has a line of its own here."""
    from aeutils.runtime import device

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return device()


def _matmul() -> str:
    import torch

    chosen = _chosen_device()
    try:
        a = torch.eye(512, device=chosen)
        started = time.perf_counter()
        for _ in range(20):
            b = a @ a
        right = torch.equal(b.cpu(), torch.eye(512))  # waits for the device to finish
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0]
        raise RuntimeError(f"{chosen} cannot multiply matrices ({reason}): try AEUTILS_DEVICE=cpu") from error
    seconds = time.perf_counter() - started
    if not right:
        raise RuntimeError("multiplying matrices gives wrong numbers: try AEUTILS_DEVICE=cpu, and report it")
    return f"multiplies matrices ({20 * 2 * 512**3 / seconds / 1e9:.0f} GFLOP/s)"

"""What a cell does beside binding names: which objects of other cells it changes, and which settings of the process.

`watch` goes into a kernel (tools/skip_runner.py). Before every cell it also draws the random generators anew, so that a
cell that relies on what was drawn before it shows something else than in an ordinary run.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import types
from collections.abc import Mapping
from typing import Any

_OURS = ("In", "Out", "get_ipython", "exit", "quit", "open", "cell_effects")
_DEPTH = 6


class _Watch:
    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.changed: list[tuple[int, list[str]]] = []
        self.number = -1
        self.before: dict[str, tuple[int, str]] = {}

    def before_cell(self, info: Any) -> None:
        self.number += 1
        _draw_anew(self.number)
        self.before = self._state()

    def after_cell(self, result: Any) -> None:
        after = self._state()
        changed = [
            name
            for name, (identity, digest) in self.before.items()
            if name in after
            and after[name][0] == identity
            and after[name][1] != digest  # another object is a new binding
        ]
        if changed and self.number >= 0:
            self.changed.append((self.number, changed))

    def _state(self) -> dict[str, tuple[int, str]]:
        names = {
            name: value
            for name, value in self.shell.user_ns.items()
            if not name.startswith("_") and name not in _OURS and not isinstance(value, types.ModuleType)
        }
        objects = {name: (id(value), _digest(value)) for name, value in names.items()}
        return objects | {name: (0, digest) for name, digest in _settings().items()}


def watch(shell: Any) -> _Watch:
    """Begin with the next cell of a kernel."""
    made = _Watch(shell)
    shell.events.register("pre_run_cell", made.before_cell)
    shell.events.register("post_run_cell", made.after_cell)
    return made


def report(made: _Watch) -> str:
    """As JSON: number of a code cell -> the names and settings that it changed and that were there before."""
    return json.dumps(made.changed)


def _draw_anew(seed: int) -> None:
    import numpy as np
    import torch

    random.seed(seed + 77)
    np.random.seed(seed + 77)
    torch.manual_seed(seed + 77)


def _settings() -> dict[str, str]:
    import matplotlib
    import numpy as np
    import torch

    parts = {
        "PyTorch's settings": (torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()),
        "NumPy's settings": (sorted(np.geterr().items()), sorted(np.get_printoptions().items(), key=str)),
        "matplotlib's settings": sorted(matplotlib.rcParams.items(), key=lambda item: item[0]),
        "the folder": (os.getcwd(), sorted(os.listdir())),
        "variables": sorted(item for item in os.environ.items() if item[0].startswith("AEUTILS_")),
    }
    return {name: hashlib.blake2b(repr(part).encode(), digest_size=8).hexdigest() for name, part in parts.items()}


def _digest(value: Any) -> str:
    found = hashlib.blake2b(digest_size=8)
    _add(found, value, _DEPTH, set())
    return found.hexdigest()


def _add(found: Any, value: Any, depth: int, inside: set[int]) -> None:
    """Add a value's contents: numbers and texts, tensors, networks with their gradients, what objects hold."""
    import numpy as np
    import torch

    found.update(type(value).__qualname__.encode())
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        found.update(repr(value).encode())
    elif isinstance(value, torch.Tensor):
        found.update(f"{value.dtype}{list(value.shape)}{value.requires_grad}".encode())
        found.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        if value.is_leaf and value.grad is not None:
            _add(found, value.grad, depth - 1, inside)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        found.update(f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif depth <= 0 or id(value) in inside or isinstance(value, type | types.FunctionType | types.ModuleType):
        found.update(getattr(value, "__qualname__", "").encode())
    else:
        inside = inside | {id(value)}
        if isinstance(value, torch.nn.Module):
            parts: Any = [value.training, *value.named_parameters(), *value.named_buffers()]
        elif isinstance(value, torch.optim.Optimizer):
            parts = value.state_dict()
        elif hasattr(value, "to_dict") and hasattr(value, "columns"):  # a table of pandas
            parts = [list(value.columns), value.to_numpy().tolist()]
        elif hasattr(value, "traits"):  # a widget: what a reader moves
            parts = []
        else:
            parts = (
                value if isinstance(value, Mapping | list | tuple | set | frozenset) else getattr(value, "__dict__", {})
            )
        items = parts.items() if isinstance(parts, Mapping) else enumerate(parts)
        for key, part in sorted(items, key=str) if isinstance(parts, set | frozenset) else items:
            if not (isinstance(key, str) and key.startswith("__")):
                found.update(str(key).encode())
                _add(found, part, depth - 1, inside)

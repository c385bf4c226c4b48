"""Runs a notebook's cells and writes what its explorers and panels need on a page, as scripts: in a process of its own.

A page from `file://` may load no file but a script. So what is big lies in scripts that hand over one run of bytes
each, and are named by what is in it: explorers of the same images share it, on a page and on the whole site.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

import aeutils
from aeutils.explorer.widget import Explorer
from web.panels import recorded

_OWN = 65_536  # bytes from which on an array is a script of its own
_ENVIRONMENT = {"AEUTILS_SEED": "0", "AEUTILS_DEVICE": "cpu", "AEUTILS_PROGRESS": "0"}
_SIZES = {"float16": 2, "float32": 4, "int32": 4, "uint8": 1, "uint16": 2}


def run(sources: Sequence[str], wanted: Sequence[int]) -> dict[int, Any]:
    """Run cells one after the other; what the wanted ones end in."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    found = {}
    for index, source in enumerate(sources):
        *body, last = ast.parse(source).body
        if not isinstance(last, ast.Expr):
            body.append(last)
        exec(compile(ast.Module(body, []), f"cell {index}", "exec"), namespace)
        if isinstance(last, ast.Expr) and index in wanted:
            found[index] = eval(compile(ast.Expression(last.value), f"cell {index}", "eval"), namespace)
    return found


def explorer_scripts(name: str, explorer: Explorer) -> dict[str, str]:
    """Scripts, by file name, that hand an explorer to the page's `live.js`.

    A film is shown by its last checkpoint first: all of them are megabytes.
    """
    raw = zlib.decompress(explorer.payload)
    whole = explorer.meta
    metas = [whole]
    if whole["film"]:
        metas.insert(0, {**whole, "models": whole["models"][-1:], "film": False})
    scripts, views = {}, []
    for meta in metas:
        entries = sorted(set(_entries(meta)))
        big = [[entry] for entry in entries if entry[1] >= _OWN]
        parts = []
        for places in (*big, [entry for entry in entries if entry[1] < _OWN]):
            script, key, size = _bytes_script(b"".join(raw[start : start + length] for start, length in places))
            scripts[f"{key}.js"] = script
            parts.append({"key": key, "size": size, "places": places})
        views.append({"meta": meta, "parts": parts})
    about = {
        "kind": "explorer",
        "title": explorer.picture.title,
        "state": explorer.state,
        "size": len(raw),
        "views": views,
    }
    return {f"{name}.js": _script(name, about), **scripts}


def panel_scripts(name: str, panel: Any) -> dict[str, str]:
    """Scripts, by file name, that hand a panel with all its answers to the page's `live.js`."""
    controls, answers = recorded(panel)
    script, key, size = _bytes_script(json.dumps(answers, ensure_ascii=False).encode())
    about = {"kind": "panel", "controls": controls, "answers": {"key": key, "size": size}}
    return {f"{name}.js": _script(name, about), f"{key}.js": script}


def _entries(described: Any) -> Iterator[tuple[int, int]]:
    """Start and length in bytes of each array that a description names, wherever in it."""
    if isinstance(described, Mapping):
        if "dtype" in described:
            length = described["length"] * _SIZES[described["dtype"]]
            yield described["start"], length + -length % 8
        else:
            described = list(described.values())
    if isinstance(described, list):
        for each in described:
            yield from _entries(each)


def _bytes_script(raw: bytes) -> tuple[str, str, int]:
    """A script that hands over these bytes, what they are called, and how many they are on their way."""
    packed = zlib.compress(raw, 9)
    key = f"bytes-{sha256(raw).hexdigest()[:16]}"
    return _script(key, base64.b64encode(packed).decode()), key, len(packed)


def _script(name: str, given: Any) -> str:
    return f"aeLive.take({json.dumps(name)},{json.dumps(given, ensure_ascii=False, separators=(',', ':'))});\n"


def used_files() -> list[str]:
    """The files of the package that what runs here was made with, relative to the package's folder."""
    package = Path(aeutils.__file__).parent
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    modules = {Path(file) for file in files if file}
    own = {path for path in modules if path.is_relative_to(package)}
    tables = {table for path in own for table in path.parent.glob("*.csv")}
    return sorted(path.relative_to(package).as_posix() for path in own | tables)


def make_in(folder: Path, sources: Sequence[str], names: Mapping[str, int]) -> list[str]:
    """Run the cells, on the CPU and with the notebooks' seed, and write the scripts; which files it took.

    Args:
        folder: an empty one.
        sources: of the cells, in order.
        names: what is alive -> the place of its cell in `sources`.
    """
    os.environ |= _ENVIRONMENT
    torch.set_num_threads(1)  # as many notebooks at once as there are cores
    with contextlib.redirect_stdout(io.StringIO()):
        made = run(sources, list(names.values()))
        for name, index in names.items():
            scripts = explorer_scripts if isinstance(made[index], Explorer) else panel_scripts
            for file, text in scripts(name, made[index]).items():
                (folder / file).write_text(text, encoding="utf-8")
    return used_files()

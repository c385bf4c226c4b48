"""What is alive on the site without a kernel: the notebooks' explorers and panels, and the page to play on.

Each is made by running the cells of its notebook that it needs, as they stand there and with the notebooks' seed. What
comes out is kept in `build/live`, and made afresh when a cell, a file of the package that decided it, or PyTorch is
another one.
"""

from __future__ import annotations

import functools
import hashlib
import html
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import nbformat
from cell_names import needed
from stored_predictions import asks

import aeutils
from aeutils.collection.table import CLASS, lessons
from aeutils.lessons.marks import CAPTION, ON_THE_SITE, reworded
from aeutils.stills import stands_at_rest
from web.outputs import Output
from web.programs import SOURCES

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "live"
_EXPLORER = "<p>A still picture: where scripts run, the explorer starts in its place when it comes into sight.</p>"
_PANEL = (
    "<p>Where scripts run, this moves: choose, and the numbers follow. They were computed when the page was made.</p>"
)
_DECIDES_NOTHING = re.compile(r"lessons/.*|figures/(?!look\.py).*|.*/exercises\.py")  # files of the package
_ENVIRONMENT = {"AEUTILS_SEED": "0", "AEUTILS_DEVICE": "cpu", "AEUTILS_PROGRESS": "0"}


@dataclass(frozen=True)
class Making:
    """Cells to run, and which of them end in something that is alive.

    Attributes:
        name: the notebook's, or "play".
        sources: those of the cells, in order.
        names: what is alive -> the place of its cell in `sources`.
    """

    name: str
    sources: Sequence[str]
    names: dict[str, int] = field(default_factory=dict)


def live_cells(notebook: nbformat.NotebookNode) -> list[int]:
    """The cells, by their index, whose widget is an explorer or a panel: a prediction asks, and needs no Python."""
    return [
        index
        for index, cell in enumerate(notebook.cells)
        if any(map(stands_at_rest, cell.get("outputs", []))) and not asks(cell.source)
    ]


@functools.cache
def makings() -> dict[str, Making]:
    """By name, what is to be made: for each notebook that has something alive, and for the page to play on."""
    found = {"play": Making("play", [(SOURCES / "play.py").read_text(encoding="utf-8")], {"play": 0})}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if not (alive := live_cells(notebook)):
            continue
        code = [
            index
            for index, cell in enumerate(notebook.cells)
            if cell.cell_type == "code" and "exercise" not in cell.metadata.get("tags", [])
        ]
        sources = [reworded(notebook.cells[index], ON_THE_SITE) for index in code]  # a title may have other words
        run = needed(sources, [code.index(index) for index in alive])
        names = {f"{path.stem}-{notebook.cells[index].id}": run.index(code.index(index)) for index in alive}
        found[path.stem] = Making(path.stem, [sources[place] for place in run], names)
    return found


def others() -> str:
    """Links to the notebooks' explorers on the page to play on, to be unfolded there."""
    items = ['<li><a href="play.html">Three networks</a></li>']
    for lesson in sorted(lessons(), key=lambda lesson: lesson.outside != CLASS):  # what is taught from first
        if (making := makings().get(lesson.name)) is None:
            continue
        for cell, below in pairwise(nbformat.read(ROOT / "notebooks" / lesson.file, as_version=4).cells):
            name, figure = f"{lesson.name}-{cell.id}", CAPTION.match(below.source)
            if name in making.names and figure and "ae.explore(" in cell.source:
                items.append(f'<li><a href="play.html?of={name}">{html.escape(lesson.short)}, {figure[1]}</a></li>')
    return f"<details><summary>Other networks</summary><nav><ul>{''.join(items)}</ul></nav></details>"


def replace(output: Output, shown: str) -> str | None:
    """In place of a still, the still in what `live.js` brings to life; None for any other output."""
    name = f"{output.notebook}-{output.cell}"
    making = makings().get(output.notebook)
    if making is None or name not in making.names:
        return None
    if "image/png" in output.data:
        return _place(name, shown, _EXPLORER)
    if stands_at_rest({"data": output.data}):
        at_rest = re.sub(r"<p>Run this cell[^<]*</p>|<style>.*?</style>", "", output.data["text/html"], flags=re.DOTALL)
        return "" if "<" not in re.sub(r"</?div[^>]*>", "", at_rest) else _place(name, at_rest, _PANEL)
    return None


def _place(name: str, at_rest: str, line: str) -> str:
    return f'<div class="ae-live" data-live="{html.escape(name)}"><div class="ae-still">{at_rest}{line}</div></div>'


def write_models(folder: Path) -> None:
    """Write the scripts with what explorers and panels need; what was not made yet is made."""
    for made in make():
        for path in made.glob("*.js"):
            shutil.copy(path, folder)


def make() -> list[Path]:
    """The folders with the scripts of everything that is alive; what is up to date is left as it is."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(_made, makings().values()))


def _made(making: Making) -> Path:
    folder = CACHE / making.name
    note = folder / "made.json"
    key = _key(making)
    if note.exists():
        known = json.loads(note.read_text(encoding="utf-8"))
        if known["key"] == key and _digests(list(known["files"])).items() <= known["files"].items():
            return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    order = {"sources": making.sources, "names": making.names, "folder": str(folder)}
    command = [sys.executable, "-m", "web.making"]
    inside = {**os.environ, **_ENVIRONMENT}
    done = subprocess.run(
        command, input=json.dumps(order), capture_output=True, encoding="utf-8", env=inside, cwd=ROOT / "tools"
    )
    if done.returncode:
        raise SystemExit(f"What is alive in {making.name} could not be made:\n{done.stderr}")
    files = _digests(json.loads(done.stdout))
    note.write_text(json.dumps({"key": key, "files": files}, indent=1), encoding="utf-8")
    return folder


def _key(making: Making) -> str:
    """What decides what is made, beside the package's files: the cells, this program, and what computes."""
    versions = [importlib.metadata.version(name) for name in ("torch", "numpy", "scikit-learn", "mlxtend")]
    program = [Path(__file__).with_name(f"{part}.py").read_text("utf-8") for part in ("making", "panels")]
    said = json.dumps([making.sources, making.names, versions, program])
    return hashlib.sha256(said.encode()).hexdigest()


def _digests(files: Sequence[str]) -> dict[str, str]:
    """The files of the package that decide what is made, with the hash of what is in each; empty for one that is gone.

    What asks, checks and draws is imported by every notebook and decides nothing of it: the stills are the notebook's.
    """
    package = Path(aeutils.__file__).parent
    deciding = [name for name in files if not _DECIDES_NOTHING.fullmatch(name)]
    return {
        name: hashlib.sha256((package / name).read_bytes()).hexdigest() if (package / name).exists() else ""
        for name in deciding
    }

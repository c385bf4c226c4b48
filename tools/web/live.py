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
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

import joblib
import nbformat
from cell_names import needed
from stored_predictions import asks

import aeutils
from aeutils.collection.table import CLASS, lessons
from aeutils.lessons.marks import CAPTION, ON_THE_SITE, reworded
from aeutils.stills import stands_at_rest
from web.making import make_in
from web.outputs import Output
from web.programs import SOURCES

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "live"
_EXPLORER = "<p>A still picture: where scripts run, the explorer starts in its place when it comes into sight.</p>"
_PANEL = (
    "<p>Where scripts run, this moves: choose, and the numbers follow. They were computed when the page was made.</p>"
)
_DECIDES_NOTHING = re.compile(r"lessons/.*|figures/(?!look\.py).*|.*/exercises\.py")  # files of the package


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


def copy(folders: Iterable[Path], to: Path) -> None:
    """Put the scripts that were made where the pages look for them."""
    for folder in folders:
        for path in folder.glob("*.js"):
            shutil.copy(path, to)


def make(wanted: Mapping[str, Making]) -> list[Path]:
    """The folders with the scripts of everything that is alive; what is up to date is left as it is.

    Raises:
        SystemExit: a cell failed; the message names each such notebook and what happened. The others are made.
    """
    # A process for each, so that no notebook finds what another left; where the system can, they begin as copies of
    # one that has imported PyTorch already.
    context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    context.set_forkserver_preload(["torch._dynamo"])  # what the first optimiser of a process imports, too
    keys = {name: _key(making) for name, making in wanted.items()}
    failed = ""
    with ProcessPoolExecutor(joblib.cpu_count(), context, max_tasks_per_child=1) as pool:
        made = {
            name: pool.submit(make_in, _emptied(name), making.sources, making.names)
            for name, making in wanted.items()
            if not _is_up_to_date(name, keys[name])
        }
        for name, files in made.items():
            if error := files.exception():
                failed += f"What is alive in {name} could not be made:\n{error.__cause__ or repr(error)}\n"
            else:
                note = json.dumps({"key": keys[name], "files": _digests(files.result())}, indent=1)
                (CACHE / name / "made.json").write_text(note, encoding="utf-8")
    if failed:
        raise SystemExit(failed)
    return [CACHE / name for name in wanted]


def _is_up_to_date(name: str, key: str) -> bool:
    note = CACHE / name / "made.json"
    if not note.exists():
        return False
    known = json.loads(note.read_text(encoding="utf-8"))
    return known["key"] == key and _digests(list(known["files"])).items() <= known["files"].items()


def _emptied(name: str) -> Path:
    folder = CACHE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
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

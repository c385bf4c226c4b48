"""Widgets and what stands for them where nothing runs: which there are, and what `make outputs` stores of each."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import notebook_runs
import pytest
from notebook_cells import NOTEBOOKS

from aeutils.stills import VIEW

ROOT = Path(__file__).resolve().parents[2]
FIRST = """import aeutils as ae
from aeutils import figures
from aeutils.chapters.ch04.loss_anatomy import loss_anatomy
from aeutils.chapters.ch05.playground import playground
from aeutils.chapters.ch05.sweep_tables import sweep_table
from aeutils.chapters.ch10.limit_panel import limit_panel
from aeutils.lessons import predict
ae.seed_everything()
images = ae.load("mnist-5k")
model = ae.VariationalAutoencoder((784, 16, 2))
tables = {"code size": ("code_size", sweep_table("code size"))}
still = figures.lines([1, 2], {"a": [1, 2]}, "x", "y", "A still")"""
# module -> cells that show its widget
SHOWN = {
    "lessons/predictions.py": ["guess = predict('Which?', ['this', 'that'])"],
    "explorer/widget.py": ["ae.explore(model, images.test.x[:40])"],
    "chapters/ch04/loss_anatomy.py": ["loss_anatomy({'untrained': model}, images)"],
    "chapters/ch05/playground.py": ["playground(tables)", "playground(tables, still=still)"],
    "chapters/ch10/limit_panel.py": [
        "some = images.test.x[:40]\nlimit_panel(some.flatten(1).sum(1), images.test.y[:40] > 4, some, 100)"
    ],
}
CELLS = [FIRST, *(cell for cells in SHOWN.values() for cell in cells)]
WIDGETS = re.compile(r"(?:anywidget|ipywidgets|tqdm\.(?:auto|autonotebook|notebook|gui))(?:\.|$)")  # who brings widgets


def written(folder, *cells):
    path = folder / "lesson.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = written(tmp_path_factory.mktemp("stored"), *CELLS)
    notebook_runs.refresh(path)
    return path


def brings_widgets(source):
    """Whether Python code imports what brings widgets."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return any(map(WIDGETS.match, names))


@pytest.mark.parametrize(
    ("source", "brings"),
    [
        ("import ipywidgets as widgets", True),
        ("def f():\n    from ipywidgets import interact", True),
        ("from tqdm.auto import tqdm", True),
        ("from tqdm import notebook", True),
        ("from tqdm import tqdm", False),
        ("from aeutils import stills", False),
    ],
)
def test_what_brings_widgets_is_noticed(source, brings):
    assert brings_widgets(source) == brings


def test_every_widget_is_in_this_test_and_none_in_a_notebook():
    package = ROOT / "aeutils"
    found = {path for path in package.rglob("*.py") if brings_widgets(path.read_text(encoding="utf-8"))}
    assert {path.relative_to(package).as_posix() for path in found} == {*SHOWN, "stills/__init__.py"}
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            assert cell.cell_type != "code" or not brings_widgets(cell.source), f"{path.name}:\n{cell.source}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_widget_is_committed(path):
    notebook = nbformat.read(path, as_version=4)
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        assert not any(VIEW in output.get("data", {}) for output in cell.get("outputs", [])), cell.source


def test_no_widget_is_stored_and_what_stands_for_it_is(stored):
    notebook = nbformat.read(stored, as_version=4)
    assert "widgets" not in notebook.metadata and VIEW not in stored.read_text(encoding="utf-8")
    _, guess, explorer, anatomy, ground, ground_with_still, limit = (cell.outputs for cell in notebook.cells)
    for outputs in (guess, explorer, anatomy, ground, ground_with_still, limit):
        assert "Run this cell to" in outputs[-1].data["text/html"]
    question, _ = guess
    assert "this" in question.data["text/html"] and "this" in question.data["text/plain"]
    still, line = explorer
    assert set(still.data) == {"image/png", "text/plain"} and set(line.data) == {"text/html"}
    assert "as a map" in still.metadata["image/png"]["alt"]
    assert "KL to the prior" in anatomy[0].data["text/html"] and "Loss anatomy" in anatomy[0].data["text/plain"]
    assert "<svg" in ground[0].data["text/html"] and "Playground" in ground[0].data["text/plain"]
    still, line = ground_with_still
    assert still.metadata["image/png"]["alt"].startswith("A still") and "<svg" not in line.data["text/html"]
    assert "<svg" in limit[0].data["text/html"] and "limit of 100" in limit[0].data["text/html"]
    assert "A limit over the scores" in limit[0].data["text/plain"]
    assert stored.stat().st_size < 1.5e6


@pytest.mark.parametrize("shown", ["widgets.HTML('alone')", "print(1)\nwidgets.HTML('alone')"])
def test_a_widget_without_a_still_is_refused(tmp_path, refused, shown):
    path = written(tmp_path, "import ipywidgets as widgets", f"# here\n{shown}")
    before = path.read_bytes()
    with refused(ValueError, "'# here'", "aeutils.stills.show"):
        notebook_runs.refresh(path)
    assert path.read_bytes() == before


def test_strict_nbval_compares_it_with_live_widgets(stored):
    sanitizer = f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    done = subprocess.run(
        [*command, sanitizer, str(stored)], cwd=stored.parent, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0 and f"{len(CELLS)} passed" in done.stdout, done.stdout

"""What `make outputs` stores: stills in place of widgets, which strict nbval takes for the same."""

import subprocess
import sys
from pathlib import Path

import nbformat
import notebook_runs
import pytest

ROOT = Path(__file__).resolve().parents[2]
LIVE = "application/vnd.jupyter.widget-view+json"
CELLS = [
    "import aeutils as ae\nfrom IPython.display import display\nfrom aeutils.lessons import predict\n"
    "import ipywidgets as widgets\nae.seed_everything()\nimages = ae.load('mnist-5k')",
    "guess = predict('Which?', ['this', 'that'])",
    "ae.explore(ae.Autoencoder((784, 16, 2)), images.test.x[:40])",
    "display({LIVE: widgets.HTML('alone')._repr_mimebundle_()[LIVE]}, raw=True)".replace("LIVE", repr(LIVE)),
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "lesson.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    nbformat.write(notebook, path)
    notebook_runs.refresh(path)
    return path


def test_no_widget_is_stored_and_a_still_is(stored):
    text = stored.read_text(encoding="utf-8")
    assert "widget" not in text.replace("ipywidgets as widgets", "").replace(CELLS[3].replace('"', '\\"'), "")
    _, guess, explorer, alone = (cell.outputs for cell in nbformat.read(stored, as_version=4).cells)
    assert len(guess) == 1
    assert set(guess[0].data) == {"text/plain", "text/html"} and "this" in guess[0].data["text/html"]
    still, line = explorer
    assert set(still.data) == {"image/png", "text/plain"}
    assert set(line.data) == {"text/html"} and "Run this cell" in line.data["text/html"]
    assert "as a map" in still.metadata["image/png"]["alt"]
    assert alone == []
    assert stored.stat().st_size < 1.5e6


def test_strict_nbval_compares_it_with_live_widgets(stored):
    sanitizer = f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    done = subprocess.run(
        [*command, sanitizer, str(stored)], cwd=stored.parent, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0 and f"{len(CELLS)} passed" in done.stdout, done.stdout

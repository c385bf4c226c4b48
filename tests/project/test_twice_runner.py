"""The runner that runs every cell twice."""

import nbformat
import pytest
import twice_runner

SETUP = "from aeutils.lessons import claim, predict\nimport random\nseen = []"


@pytest.fixture
def twice(tmp_path, capsys):
    """`twice(source, …)`: the runner's exit status and what it printed on a notebook with these cells."""

    def run(*sources, tags=()):
        cells = [nbformat.v4.new_markdown_cell("Text"), nbformat.v4.new_code_cell(SETUP)]
        cells += [nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "n.ipynb")
        return twice_runner.main([str(tmp_path / "n.ipynb")]), capsys.readouterr().out

    return run


def test_what_may_be_run_twice_passes(twice):
    status, out = twice("print(object())\nobject()", "guess = predict('?', ['a', 'b'])", "claim('x', True, x=1)")
    assert (status, out) == (0, "n.ipynb: 0 cells differ\n")


def test_what_a_cell_changes_is_found_in_text_and_claims(twice):
    status, out = twice("seen.append(1)\nprint(len(seen))", "seen.append(1)\nclaim('s', True, long_name=len(seen))")
    assert status == 1 and "n.ipynb: 2 cells differ" in out
    assert "cell 2, 'seen.append(1)': its second run differs from its first run\n    - stdout …'stdout: 1'" in out
    assert "cell 3" in out


def test_what_is_the_same_both_times_but_not_without_repeats_is_found(twice):
    status, out = twice("seen.append(1)", "len(seen)")
    assert status == 1 and "cell 3, 'len(seen)': its second run differs from its run without repeats" in out


@pytest.mark.parametrize("tag", ["exercise", "nbval-ignore-output"])
def test_exercises_and_ignored_outputs_are_left_out(twice, tag):
    assert twice("print(random.random())", tags=[tag])[0] == 0

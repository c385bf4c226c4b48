"""The runner that counts how often each claim holds."""

import claims_runner
import IPython.display
import nbformat
import pytest
from light_claims import CLAIM

from aeutils.lessons import Claim
from aeutils.lessons.claims import claims_in


def test_collect_counts_verdicts_and_keeps_the_range_of_the_numbers():
    tallies = {}
    wins = {"a": 1.5, "b": 2, "c": "ReLU", "d": True}
    claims_runner.collect(tallies, [Claim("It wins", True, wins), Claim("No numbers", True, {})], seed=0)
    claims_runner.collect(tallies, [Claim("It wins", False, {"a": 3.5, "b": 2}), Claim("No numbers", True, {})], seed=1)
    assert str(tallies["It wins"]) == "1/2  fails with seed 1  a 1.5 to 3.5; b 2"
    assert str(tallies["No numbers"]).strip() == "2/2"
    assert len(tallies) == 2


def test_what_a_light_claim_leaves_is_what_a_claim_leaves(monkeypatch):
    left = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw, metadata: left.append({"metadata": metadata}))
    names = {}
    exec(CLAIM, names)
    names["claim"]("It wins", True, a=1.5)
    assert claims_in({"outputs": left}) == [Claim("It wins", True, {"a": 1.5})]


@pytest.fixture
def notebook(tmp_path):
    """`notebook(condition)`: the file of a notebook that claims it, with its seed as evidence."""

    def written(condition):
        source = (
            f"{CLAIM}\nimport os\nseed = int(os.environ['AEUTILS_SEED'])\n"
            f"claim('Seeds differ', {condition}, seed=seed)\nprint('✗ This is no claim | seed=9')"
        )
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), tmp_path / "n.ipynb")
        return tmp_path / "n.ipynb"

    return written


@pytest.mark.parametrize(("condition", "status"), [("seed >= 0", 0), ("seed == 0", 1)])
def test_notebooks_are_run_with_each_seed(notebook, monkeypatch, capsys, condition, status):
    monkeypatch.setenv("AEUTILS_SEED", "7")
    assert claims_runner.main([str(notebook(condition)), "--seeds", "2"]) == status
    out = capsys.readouterr().out
    assert "seed 0 to 1" in out
    assert ("1/2  fails with seed 1" in out) == (status == 1)
    assert "no claim" not in out


def test_the_first_seed_can_be_given(notebook, capsys):
    assert claims_runner.main([str(notebook("seed != 101")), "--seeds", "2", "--first", "100"]) == 1
    assert "1/2  fails with seed 101  seed 100 to 101" in capsys.readouterr().out


def test_a_seed_with_which_a_cell_raises_is_counted_and_the_others_run(notebook, capsys):
    assert claims_runner.main([str(notebook("1 / seed > 0")), "--seeds", "2"]) == 1
    out = capsys.readouterr().out
    assert "Every cell runs (ZeroDivisionError: division by zero)\n      0/1  fails with seed 0" in out
    assert "Seeds differ\n      1/1" in out

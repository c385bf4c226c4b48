"""The runner that counts how often each claim holds."""

import claims_runner
import nbformat
import pytest


def test_collect_counts_verdicts_and_keeps_the_range_of_the_numbers():
    tallies = {}
    claims_runner.collect(tallies, ["✓ It wins | a=1.5 b=2 c=ReLU", "Figure: ✓ not a claim", "✓ No numbers"], seed=0)
    claims_runner.collect(tallies, ["✗ It wins | a=3.5 b=2", "✓ No numbers"], seed=1)
    assert str(tallies["It wins"]) == "1/2  fails with seed 1  a 1.5 to 3.5; b 2"
    assert str(tallies["No numbers"]).strip() == "2/2"
    assert len(tallies) == 2


@pytest.mark.parametrize(("condition", "status"), [("default_seed() >= 0", 0), ("default_seed() == 0", 1)])
def test_notebooks_are_run_with_each_seed(tmp_path, monkeypatch, capsys, condition, status):
    monkeypatch.setenv("AEUTILS_SEED", "7")  # put back when the test ends
    source = (
        "from aeutils.lessons import claim\nfrom aeutils.runtime import default_seed\n"
        f"claim('Seeds differ', {condition}, seed=default_seed())"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "n.ipynb")
    assert claims_runner.main([str(tmp_path / "n.ipynb"), "--seeds", "2"]) == status
    out = capsys.readouterr().out
    assert "seed 0 to 1" in out
    assert ("1/2  fails with seed 1" in out) == (status == 1)

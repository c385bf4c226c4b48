"""The runner that makes every change that a notebook proposes or invites."""

import nbformat
import pytest
import try_runner
from light_claims import CLAIM

SOURCE = """
k = 8  # try 2 or 4
assert k != {forbidden}
claim("{sentence}", k > 3, k=k)
"""


@pytest.fixture
def tried(tmp_path, capsys):
    """`tried(low, high, sentence, forbidden)`: the runner's exit status and what it printed."""

    def run(low, high, sentence, forbidden, only=""):
        proposed = [{"replace": {"k = 8": "k = 16"}, "measured": {"k + 0.5": [low, high], "float(k)": [16, 16]}}]
        cells = [
            nbformat.v4.new_code_cell(CLAIM),
            nbformat.v4.new_code_cell(SOURCE.format(sentence=sentence, forbidden=forbidden)),
            nbformat.v4.new_markdown_cell("**Try it** · More?", metadata={"aeutils": {"try": proposed}}),
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "n.ipynb")
        return try_runner.main([str(tmp_path / "n.ipynb"), "--only", only]), capsys.readouterr().out

    return run


def test_every_change_is_run_and_told(tried):
    status, out = tried(15, 17, "It is large", forbidden=0)
    assert status == 0 and "3 changes, all well" in out
    assert "ok    k = 8 → k = 16\n   ok    float(k) = 16, expected 16 to 16\n   ok    k + 0.5 = 16.5" in out
    assert "ok    k = 8 → k = 2\n   ✗ It is large" in out


def test_what_is_amiss_is_told(tried):
    status, out = tried(10, 12, "With eight units it is large", forbidden=2)
    assert status == 1 and "3 of 3 changes are amiss" in out
    assert "AMISS k = 8 → k = 16\n" in out and "\n   AMISS k + 0.5 = 16.5, expected 10 to 12" in out
    assert "AMISS k = 8 → k = 2\n   AssertionError" in out
    assert "AMISS k = 8 → k = 4\n   suspicious: ✓ With eight units it is large | k=4" in out


def test_only_some_changes_are_run_if_that_is_wanted(tried, monkeypatch):
    def executed(notebook, folder, **environment):
        notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="[]")]

    monkeypatch.setattr(try_runner, "execute", executed)
    status, out = tried(15, 17, "It is large", forbidden=0, only="k = 4")
    assert status == 0 and "ok    k = 8 → k = 4\n" in out and "1 changes, all well" in out

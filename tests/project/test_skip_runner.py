"""What would be missed in silence where a cell is skipped is found, and nothing else."""

import nbformat
import pytest
import skip_runner
import torch
from cell_effects import _digest
from torch import nn


@pytest.fixture
def skips(tmp_path, capsys):
    """`skips(cell, …)`: the runner's exit status and the lines that it printed on a notebook of these sources."""

    def run(*cells, options=()):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        nbformat.write(notebook, tmp_path / "n.ipynb")
        status = skip_runner.main([str(tmp_path / "n.ipynb"), *options])
        return status, capsys.readouterr().out.splitlines()

    return run


@pytest.mark.slow
def test_what_a_cell_leaves_behind_beside_its_names_is_found(skips):
    status, out = skips(
        "import random\nimport numpy as np\nimport torch\nseen, numbers = {'a': [1]}, torch.ones(3)",
        "mine = seen['a'][0]\nseen['a'].append(2)",
        "numbers.mul_(2)",
        "random.seed(1)\nprint(random.random())",
        "print(random.random())",
        "np.set_printoptions(precision=3)",
        "seen = {}\nmine += 1",
    )
    assert status == 1 and out[0] == "n.ipynb: 7 code cells, 4 would be missed in silence"
    assert [line for line in out if "changes" in line] == [
        "code cell 1, \"mine = seen['a'][0]\", changes seen",
        "code cell 2, 'numbers.mul_(2)', changes numbers",
        "code cell 5, 'np.set_printoptions(precision=3)', changes NumPy's settings",
    ]
    assert [line for line in out if "relies" in line] == [
        "code cell 4, 'print(random.random())', relies on random numbers drawn before it"
    ]


@pytest.mark.slow
def test_every_cell_is_really_left_out_where_that_is_asked_for(skips):
    status, out = skips("k = [2]", "k[0] = 3", "print(k)", options=["--really"])  # without the first: a NameError
    assert status == 1 and out[0] == "n.ipynb: 3 code cells, 1 would be missed in silence"
    assert out[1] == "without code cell 1, code cell 2, 'print(k)', differs"
    # Without the first the second says so, half done: what follows is no surprise.
    status, out = skips("one = 1", "half = 0\nhalf = one", "print(half)", options=["--really"])
    assert (status, out) == (0, ["n.ipynb: 3 code cells, 0 would be missed in silence"])


def test_a_digest_sees_what_is_inside():
    model = nn.Linear(2, 2)
    held = {"model": [model], "optimizer": torch.optim.Adam(model.parameters())}
    found = [_digest(held)]
    model(torch.ones(1, 2)).sum().backward()
    found.append(_digest(held))
    held["optimizer"].step()
    found.append(_digest(held))
    model.eval()
    found.append(_digest(held))
    assert len(set(found)) == 4 and _digest(held) == found[-1]
    held["itself"] = held
    assert _digest(held) != found[-1]  # and it comes to an end

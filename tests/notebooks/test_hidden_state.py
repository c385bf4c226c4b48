"""A skipped or repeated cell gives no silently wrong result: which cells bind, read and change a name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from cell_names import cells_of, needed
from notebook_cells import NOTEBOOKS, cells


def problems(sources: Sequence[str]) -> list[str]:
    """What may go wrong silently where one of these cells is skipped or repeated."""
    found = cells_of(sources)
    said = []
    for number, cell in enumerate(found):
        for name in sorted(cell.reads):
            binding = [i for i, other in enumerate(found) if name in other.bound]
            if binding in ([], [number]) or len(binding) > 1:
                said.append(f"code cell {number} reads {name!r}, which is bound by code cells {binding}; expected one")
        said += [f"code cell {number} changes {name!r}, which another cell made" for name in sorted(cell.changes)]
    return said


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_notebook_has_hidden_state(path):
    code = [cell for cell in cells(path) if cell.cell_type == "code"]
    assert problems([cell.source for cell in code if "exercise" not in cell.metadata.get("tags", [])]) == []


@pytest.mark.parametrize(
    "sources",
    [
        ["import numpy as np\nx = np.zeros(3)", "y = x + 1\nprint(y)"],
        ["x = 1", "title = 'a'\nprint(title)", "title = 'b'\nprint(title, x)"],
        ["def f(a, *b, c=1):\n    d = a\n    return g(d)\ndef g(x):\n    return x", "print(f(1))"],
        ["rows = []\nfor k in range(3):\n    rows.append(k)\nrows[0] = 1", "[k for row in rows for k in [row]]"],
        ["k = 2", "print({k: v for k, v in {}.items()}, (lambda q: q + k)(1))"],
        ["with open('a') as f:\n    text = f.read()\ntry:\n    a = 1\nexcept OSError as e:\n    print(e)", "text, a"],
        ["from torch import nn\nimport copy", "m = nn.Linear(2, 2)\nnn.init.zeros_(m.weight)\nm.weight.data.add_(1)"],
        ["a = {}", "b = dict(a)\nb.update(x=1)\nb |= a\nb.x = 2"],
        [
            "def train(n):\n    return n\ndef train_new(n):\n    return n\nn = 1",
            "[train(k) for k in (n,)] + train_new(n)",
        ],
        ["def fit(model):\n    model.x = 1\nimages = 1", "model = [images]\nfit(model)\nfit(model[0])"],
    ],
)
def test_plain_cells_are_well(sources):
    assert problems(sources) == []


@pytest.mark.parametrize(
    ("sources", "word"),
    [
        (["x = 1", "x = 2", "print(x)"], "reads 'x', which is bound by code cells [0, 1]"),
        (["x = 1", "x = x + 1"], "reads 'x', which is bound by code cells [0, 1]"),
        (["x = 1", "x += 1"], "changes 'x'"),
        (["def f():\n    return k", "k = 1", "for k in range(3):\n    f()"], "reads 'k'"),
        (["class A:\n    def f(self):\n        return k", "k = 1", "k = 2"], "reads 'k'"),
        (["print([k + i for i in range(3)])", "k = 1", "k = 2"], "reads 'k'"),
        (["print(nowhere)"], "reads 'nowhere', which is bound by code cells []"),
        (["if True:\n    print(x)\nx = 1"], "reads 'x', which is bound by code cells [0]"),
        (["x = []", "x.append(1)"], "changes 'x'"),
        (["x = {'a': []}", "for i in range(3):\n    x['a'].append(i)"], "changes 'x'"),
        (["x = {}", "x['a'] = 1"], "changes 'x'"),
        (["x = {}", "x |= {1: 2}"], "changes 'x'"),
        (["x = {}", "del x['a']"], "changes 'x'"),
        (["model = 1", "model.rate = 1"], "changes 'model'"),
        (["import torch\nx = torch.ones(1)", "x[0].add_(1)"], "changes 'x'"),
        (["from torch import nn\nm = nn.Linear(1, 1)", "nn.init.zeros_(m.weight)"], "changes 'm'"),
        (["import aeutils as ae\nm = 1", "history = ae.fit(m, 2)"], "changes 'm'"),
        (["from aeutils import fit\nm = 1", "fit(m, 2)"], "changes 'm'"),
        (["def train(m):\n    pass\nm = 1", "train(m)"], "changes 'm'"),
        (["o = 1", "o.step()"], "changes 'o'"),
    ],
)
def test_what_goes_wrong_silently_is_found(sources, word):
    assert any(word in problem for problem in problems(sources)), problems(sources)


def test_what_a_cell_needs_is_what_it_reads_and_what_that_reads():
    sources = ["import math", "x = 1", "def f():\n    return math.pi * x", "y = 2", "f()", "x + y"]
    assert needed(sources, [4]) == [0, 1, 2, 4]
    assert needed(sources, [5, 0]) == [0, 1, 3, 5]

"""A skipped or repeated cell gives no silently wrong result: which cells bind, read and change a name."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator, Sequence

import pytest
from notebook_cells import NOTEBOOKS, cells

from aeutils.lessons.tries import scopes

KNOWN = {*dir(builtins), "display", "get_ipython"}
CHANGING = {"append", "extend", "insert", "add", "update", "pop", "popitem", "remove", "discard", "clear", "sort"}
CHANGING |= {"reverse", "setdefault", "load_state_dict", "step", "backward"}
TRAINING = {"fit", "train"}  # functions that change the model that they are given


class Cell:
    """What a cell binds at top level, reads from other cells, and changes of theirs.

    Args:
        source: its code.
        modules: the names that any cell imports.
    """

    def __init__(self, source: str, modules: set[str]) -> None:
        self.bound: set[str] = set()
        self.reads: set[str] = set()
        self.changes: set[str] = set()
        self._modules = modules
        self._later: set[str] = set()  # what functions read: by the time they are called, the whole cell has run
        self._run(ast.parse(source).body)
        self.reads |= self._later - self.bound - KNOWN

    def _run(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            match node:
                case ast.If() | ast.While():
                    self._look(ast.Expr(node.test))
                case ast.For():
                    self._look(ast.For(node.target, node.iter, [ast.Pass()], [], lineno=0))
                case ast.With():
                    self._look(ast.With(node.items, [ast.Pass()], lineno=0))
                case ast.Try():
                    pass
                case _:
                    self._look(node)
                    continue
            self._run(node.body)
            for handler in getattr(node, "handlers", []):
                self.bound.add(handler.name)
                self._run(handler.body)
            self._run([*getattr(node, "orelse", []), *getattr(node, "finalbody", [])])

    def _look(self, node: ast.stmt) -> None:
        """A simple statement or the head of a compound one: it reads and changes before it binds."""
        table = scopes(node)
        read = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            self._later |= set(_read_inside(table))
            changed: set[str] = set()
        else:
            read |= set(_read_inside(table))
            changed = set(_changed(node, self._modules)) - self.bound - KNOWN
        bound = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
        changed &= read | bound  # not the names inside a comprehension
        self.reads |= (read | changed) - self.bound - KNOWN
        self.changes |= changed
        self.bound |= bound


def _read_inside(table: symtable.SymbolTable) -> Iterator[str]:
    """The names of the whole notebook that functions, classes and comprehensions in a statement read."""
    for child in table.get_children():
        yield from (symbol.get_name() for symbol in child.get_symbols() if symbol.is_global())
        yield from _read_inside(child)


def _changed(node: ast.AST, modules: set[str]) -> Iterator[str]:
    """The names whose objects a statement changes."""
    for part in ast.walk(node):
        of: ast.AST | None = None
        match part:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                of = part
            case ast.AugAssign(target=target):
                of = target
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=args):
                if _root(value) in modules:  # a function: it changes its first argument, if any
                    of = args[0] if args and (name in TRAINING or _in_place(name)) else None
                elif name in CHANGING or _in_place(name):
                    of = value
            case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in TRAINING:
                of = first
        if of is not None and (root := _root(of)):
            yield root


def _in_place(name: str) -> bool:
    """PyTorch's sign for it, as in `add_`."""
    return name.endswith("_") and not name.startswith("_")


def _root(node: ast.AST) -> str | None:
    """`x` of `x`, `x.y` and `x[0].y`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def problems(sources: Sequence[str]) -> list[str]:
    """What may go wrong silently where one of these cells is skipped or repeated."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    modules = {node.asname or node.name.split(".")[0] for node in nodes if isinstance(node, ast.alias)}
    found = [Cell(source, modules) for source in sources]
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

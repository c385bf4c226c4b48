"""What a notebook's code cells have to do with one another: which names a cell binds, reads and changes."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator, Sequence

from aeutils.lessons.tries import TRAINING, scopes

KNOWN = {*dir(builtins), "display", "get_ipython"}
CHANGING = {"append", "extend", "insert", "add", "update", "pop", "popitem", "remove", "discard", "clear", "sort"}
CHANGING |= {"reverse", "setdefault", "load_state_dict", "step", "backward"}


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


def cells_of(sources: Sequence[str]) -> list[Cell]:
    """What each of a notebook's code cells has to do with the others."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    modules = {node.asname or node.name.split(".")[0] for node in nodes if isinstance(node, ast.alias)}
    return [Cell(source, modules) for source in sources]


def needed(sources: Sequence[str], wanted: Sequence[int]) -> list[int]:
    """The code cells that must run, in order, so that the wanted ones can; these among them.

    It is enough to follow names: in this collection each that another cell reads is bound by one cell, and no cell
    changes what another made. A test of the notebooks holds them to that.
    """
    cells, found, left = cells_of(sources), set[int](), list(wanted)
    while left:
        if (index := left.pop()) not in found:
            found.add(index)
            left += [other for other, cell in enumerate(cells) if cells[index].reads & cell.bound]
    return sorted(found)

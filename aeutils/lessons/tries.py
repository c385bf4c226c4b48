"""What a notebook invites its readers to change, as data: its *Try it* cells and its settings `k = 8  # try 2 to 64`.

`make tries` runs a notebook with each of these changes; here they are found and made.
"""

from __future__ import annotations

import ast
import copy
import re
import symtable
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aeutils.lessons.claims import Claim
from aeutils.lessons.marks import TRY_IT
from aeutils.lessons.numbers import states
from aeutils.runtime import short

BY_HAND = "by hand"
TRAINING = {"fit", "train"}  # functions that change the model that they are given
_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SLICE = re.compile(r"\[[^\[\]]*:[^\[\]]*\]")  # places such as [10:15], which no sentence states
_INVITED = re.compile(r"# try (?P<values>[^;]*)")
_RANGE = re.compile(r"(\S+) to (\S+)")


@dataclass(frozen=True)
class Change:
    """One change to a notebook's code.

    Attributes:
        replace: old source text -> new; each old one occurs exactly once in the code cells.
        measured: Python expression -> the lowest and highest value that it may have once the changed notebook has run.
        before, after: the values that a sentence may state because of the old texts, and because of the new ones.
    """

    replace: Mapping[str, str]
    measured: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    before: tuple[Any, ...] = ()
    after: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return "; ".join(f"{_line(old)} → {_line(new) or 'nothing'}" for old, new in self.replace.items())

    def applied(self, notebook: Mapping[str, Any]) -> Any:
        """A copy of the notebook with this change.

        Raises:
            ValueError: an old text does not occur exactly once in the code cells.
        """
        changed: Any = copy.deepcopy(notebook)
        code = [cell for cell in changed["cells"] if cell["cell_type"] == "code"]
        for old, new in self.replace.items():
            if (times := sum(cell["source"].count(old) for cell in code)) != 1:
                raise ValueError(f"{_line(old)!r} occurs {times} times in the code cells; expected once")
            for cell in code:
                cell["source"] = cell["source"].replace(old, new)
        return changed

    def reaches(self, cells: Sequence[Mapping[str, Any]]) -> set[int]:
        """The cells whose outcome may depend on this change, as their places in the list.

        That is a cell with a statement that is changed, or one that reads a name which such a statement binds or
        changes, and so on. What a function does to anything but the first argument of a `fit` or `train` is not seen.
        """
        reached: set[int] = set()
        names: set[str] = set()
        trees = {place: ast.parse(cell["source"]) for place, cell in enumerate(cells) if cell["cell_type"] == "code"}
        imported = {_name(node) for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.alias)}
        for place, tree in trees.items():
            changed = set(self._lines(cells[place]["source"]))
            for node in tree.body:
                if _read(node) & names or not changed.isdisjoint(
                    range(node.lineno, (node.end_lineno or node.lineno) + 1)
                ):
                    reached.add(place)
                    names |= _bound_or_changed(node) - imported
        return reached

    def _lines(self, source: str) -> Iterator[int]:
        """The lines of a cell, counted from 1, on which the old texts stand."""
        for old in self.replace:
            if old in source:
                first = source.count("\n", 0, source.index(old)) + 1
                yield from range(first, first + old.count("\n") + 1)

    def makes_suspicious(self, claim: Claim) -> bool:
        """Whether a claim holds and its sentence states what was there before the change, and nothing of it after."""
        before, after = ([_says(claim.sentence, value) for value in values] for values in (self.before, self.after))
        return claim.holds and any(before) and not any(after)


def scopes(statement: ast.stmt) -> symtable.SymbolTable:
    """Which names a statement reads and binds, its functions and comprehensions as children.

    From Python 3.12 on a comprehension's names are listed with those around it; a generator's never are.
    """
    return symtable.symtable(ast.unparse(_AsGenerators().visit(copy.deepcopy(statement))), "cell", "exec")


class _AsGenerators(ast.NodeTransformer):
    """Makes every comprehension the generator that reads and binds the same names."""

    def _visit(self, node: ast.ListComp | ast.SetComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(node.elt, node.generators))

    visit_ListComp = visit_SetComp = _visit

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self.generic_visit(ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators))


def _read(statement: ast.stmt) -> set[str]:
    """The notebook's names that a statement reads, also inside its functions and comprehensions."""

    def names(table: symtable.SymbolTable, outermost: bool) -> Iterator[str]:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (outermost or symbol.is_global()):
                yield symbol.get_name()
        for child in table.get_children():
            yield from names(child, False)

    return set(names(scopes(statement), True))


def _bound_or_changed(statement: ast.stmt) -> set[str]:
    """The notebook's names that a statement binds, assigns into, calls a method of, or trains."""
    table = scopes(statement)
    found = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    for node in ast.walk(statement):
        match node:
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                found |= _roots(node)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in TRAINING:
                found |= _roots(first)
        if isinstance(statement, ast.Expr) and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found |= _roots(node.func)
    return found


def _name(imported: ast.alias) -> str:
    return imported.asname or imported.name.split(".")[0]


def _roots(node: ast.AST) -> set[str]:
    """`x` of `x`, `x.y` and `x[0].y`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def tries_in(cells: Sequence[Mapping[str, Any]]) -> list[Change]:
    """The changes that the *Try it* cells of a notebook propose, without those that are made by hand.

    Raises:
        ValueError: a cell's metadata is not as it should be.
    """
    return [change for cell in cells if is_try(cell) for change in _changes(cell)]


def is_try(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is a *Try it*."""
    return cell["cell_type"] == "markdown" and cell["source"].startswith(TRY_IT)


def _changes(cell: Mapping[str, Any]) -> list[Change]:
    listed = cell["metadata"].get("aeutils", {}).get("try")
    if listed == BY_HAND:
        return []
    where = f"the cell that begins {short(cell['source'][:60])}"
    if not listed or not isinstance(listed, list):
        raise ValueError(f'{where} has "aeutils": {{"try": {short(listed)}}}; expected a list of changes, or "by hand"')
    return [_change(entry, where) for entry in listed]


def _change(entry: Any, where: str) -> Change:
    fields = entry if isinstance(entry, dict) and entry.keys() == {"replace", "measured"} else {}
    replace, measured = fields.get("replace"), fields.get("measured")
    if not (isinstance(replace, dict) and replace and isinstance(measured, dict) and measured):
        raise ValueError(f'{where} proposes {short(entry)}; expected {{"replace": {{…}}, "measured": {{…}}}}')
    for expression, bounds in measured.items():
        ordered = isinstance(bounds, list) and len(bounds) == 2 and bounds[0] <= bounds[1]
        if not ordered or not _parses(expression):
            raise ValueError(f"{where} measures {expression!r}: {short(bounds)}; expected an expression: [low, high]")
    old, new = (_numbers(" ".join(texts)) for texts in (replace.keys(), replace.values()))
    return Change(
        replace=dict(replace),
        measured={expression: (low, high) for expression, (low, high) in measured.items()},
        before=tuple(value for value in old if value not in new),
        after=tuple(value for value in new if value not in old),
    )


def settings_in(cells: Sequence[Mapping[str, Any]]) -> list[Change]:
    """The changes that the settings of a notebook invite: both ends of `# try 2 to 64`, or every value listed.

    The value that a setting has anyway is left out.

    Raises:
        ValueError: a comment `# try …` does not stand behind `name = literal`, or cannot be read.
    """
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    return [change for source in code if "# try " in source for change in _settings(source)]


def _settings(source: str) -> list[Change]:
    lines = source.splitlines()
    assigned = {
        node.lineno: node
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and node.lineno == node.end_lineno
    }
    found = []
    for number, line in enumerate(lines, start=1):
        if not (invitation := _INVITED.search(line)):
            continue
        node = assigned.get(number)
        try:
            if node is None or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
                raise ValueError("no assignment of one name")
            name, old, values = node.targets[0].id, ast.literal_eval(node.value), _values(invitation["values"])
        except (ValueError, SyntaxError) as error:
            raise ValueError(
                f"{line.strip()!r} cannot be read; expected `name = literal  # try 2 to 64` or `# try 1, 2 or 3`"
            ) from error
        for value in values:
            if value != old:
                comment = line[len(ast.get_source_segment(source, node) or "") :]
                new = f"{name} = {value!r}{comment}"
                found.append(Change({line: new}, before=(old,), after=(value,)))
    return found


def _values(text: str) -> list[Any]:
    """`2 to 64` -> [2, 64]; `100, 300 or 1000` -> [100, 300, 1000]."""
    if re.search(r"\d,\d{3}", text):
        raise ValueError("write 1000 or 1_000, not 1,000")
    ends = _RANGE.fullmatch(text.strip())
    listed = ", ".join(ends.groups()) if ends else re.sub(r",?\s+or\s+", ", ", text)
    return ast.literal_eval(f"[{listed}]")


def _says(sentence: str, value: Any) -> bool:
    if isinstance(value, str):
        return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", sentence, re.IGNORECASE) is not None
    return isinstance(value, int | float) and not isinstance(value, bool) and states(sentence, value)


def _numbers(source: str) -> list[float]:
    return [float(number.replace("_", "")) for number in _NUMBER.findall(_SLICE.sub("", source))]


def _parses(expression: str) -> bool:
    try:
        ast.parse(expression, mode="eval")
    except SyntaxError:
        return False
    return True


def _line(source: str) -> str:
    """Source text in one line, without comments."""
    return " ".join(word for line in source.splitlines() for word in line.split("  #")[0].split())

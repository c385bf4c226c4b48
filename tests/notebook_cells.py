"""What the tests read from a notebook: its cells by tag, and the code in its solutions."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
# Not read from its beginning to its end: no exercises, no sitting. tests/notebooks/test_cookbook.py has its form.
COOKBOOK = Path(__file__).parent.parent / "notebooks" / "cookbook.ipynb"
# A class's ninety minutes: has fewer exercises, and shows drawings of others. tests/notebooks/test_lesson_90.py.
LESSON = COOKBOOK.with_name("lesson_90.ipynb")
FIGURE = re.compile(r"\*\*Figure (?P<number>\d+)\*\* · ")  # a caption begins so
FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def cells(path: Path) -> list[nbformat.NotebookNode]:
    return nbformat.read(path, as_version=4).cells


def tagged(path: Path, tag: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in cells(path) if tag in cell.metadata.get("tags", [])]


def number_of(path: Path) -> str:
    """ "00" of `00_start_here.ipynb`, "90" of `lesson_90.ipynb`; what stands first where there is no number."""
    parts = path.stem.split("_")
    return next((part for part in parts if part[0].isdigit()), parts[0])


def setup_namespace(path: Path) -> dict[str, Any]:
    """What a reader has after the first code cell: all that an exercise may rely on."""
    first = next(cell for cell in cells(path) if cell.cell_type == "code")
    namespace: dict[str, Any] = {}
    exec(first.source, namespace)
    return namespace


def split_check(source: str) -> tuple[str, str]:
    """An exercise cell's code, and the expression it ends in: its check."""
    *body, last = ast.parse(source).body
    assert isinstance(last, ast.Expr), f"an exercise must end in its check, not in {ast.unparse(last)!r}"
    return "\n".join(map(ast.unparse, body)), ast.unparse(last)


def exercises(path: Path) -> dict[str, tuple[str, str, str]]:
    """Name of the check -> (stub, check, solution's code) for every exercise of a notebook."""
    found = {}
    stubs, solutions = tagged(path, "exercise"), tagged(path, "solution")
    assert len(stubs) == len(solutions), f"{path.name}: {len(stubs)} exercises, {len(solutions)} solutions"
    for stub, solution in zip(stubs, solutions, strict=True):
        body, check = split_check(stub.source)
        (code,) = FENCE.findall(solution.source)
        found[re.match(r"check\.(\w+)\(", check)[1]] = (body, check, code)
    return found

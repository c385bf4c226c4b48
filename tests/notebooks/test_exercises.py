"""Every exercise: its stub says "Not attempted", its solution is accepted, typical mistakes are told apart."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest
from notebook_cells import NOTEBOOKS, cells, exercises, setup_namespace

MISTAKES = Path(__file__).parent / "mistakes"


def mistakes_of(path: Path) -> dict[str, list[tuple[str, str]]]:
    spec = importlib.util.spec_from_file_location("mistakes", MISTAKES / f"notebook_{path.name[:2]}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.MISTAKES


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param, setup_namespace(request.param), exercises(request.param)


def feedback(namespace: dict, code: str, check: str):
    run = dict(namespace)
    exec(code, run)
    return eval(check, run)


def test_stub_is_not_attempted(notebook):
    _, namespace, found = notebook
    for name, (stub, check, _) in found.items():
        assert feedback(namespace, stub, check).status == "Not attempted", name


def test_solution_is_correct(notebook):
    _, namespace, found = notebook
    for name, (_, check, solution) in found.items():
        given = feedback(namespace, solution, check)
        assert given.status == "Correct", f"{name}: {given}"


def test_each_mistake_gets_its_own_diagnosis(notebook):
    path, namespace, found = notebook
    mistakes = mistakes_of(path)
    assert mistakes.keys() == found.keys()
    for name, (_, check, _) in found.items():
        assert len(mistakes[name]) >= 2, f"{name}: at least two mistakes are to be told apart"
        messages = set()
        for code, words in mistakes[name]:
            given = feedback(namespace, code, check)
            assert given.status == "Not yet", f"{name}: accepted {code}"
            assert words in given.message, f"{name}: {given} does not say {words!r} about {code}"
            messages.add(given.message)
        assert len(messages) == len(mistakes[name]), f"{name}: two mistakes get the same message"


def test_nothing_depends_on_an_exercise(notebook):
    path, _, _ = notebook
    defined: set[str] = set()
    for cell in cells(path):
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        if "exercise" in cell.metadata.get("tags", []):
            defined |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        else:
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert not used & defined, f"{cell.source!r} uses an exercise's {used & defined}"

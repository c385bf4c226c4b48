"""Every exercise: its stub says "Not attempted", its solution is accepted, each mistake is told what it earns."""

from __future__ import annotations

import ast
import copy
import itertools
import linecache
from pathlib import Path

import pytest
from notebook_cells import NOTEBOOKS, cells, exercises, number_of, setup_namespace

from aeutils.collection.reading import exercises_of
from aeutils.collection.table import lessons
from aeutils.lessons.exercises import LEVELS, Feedback

_FILES = itertools.count()


def chapter(path: Path) -> dict:
    return exercises_of(next(lesson.chapter for lesson in lessons() if lesson.name == path.stem))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param, setup_namespace(request.param), exercises(request.param)


def run(namespace: dict, code: str) -> dict:
    """What is there after `code`, which can be quoted line by line as in a notebook."""
    name = f"<cell {next(_FILES)}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    after = dict(namespace)
    exec(compile(code, name, "exec"), after)
    return after


def feedback(namespace: dict, code: str, check: str) -> Feedback:
    return eval(check, run(namespace, code))


def test_the_notebook_has_the_exercises_that_are_listed(notebook):
    path, _, found = notebook
    listed = chapter(path)
    assert list(found) == list(listed)
    assert [exercise.number for exercise in listed.values()] == [
        f"{number_of(path).removeprefix('0')}.{i}" for i in range(1, 1 + len(listed))
    ]
    text = "\n".join(cell.source for cell in cells(path) if cell.cell_type == "markdown")
    assert [n for n in (exercise.number for exercise in listed.values()) if f"Exercise {n}" not in text] == []


def test_stub_is_not_attempted(notebook):
    _, namespace, found = notebook
    for name, (stub, check, _) in found.items():
        assert feedback(namespace, stub, check).status == "Not attempted", name


def test_solution_is_correct(notebook):
    _, namespace, found = notebook
    for name, (_, check, solution) in found.items():
        given = feedback(namespace, solution, check)
        assert given.status == "Correct", f"{name}: {given}"


def test_the_right_function_is_correct_and_a_forgotten_return_is_told(notebook):
    path, _, _ = notebook
    for name, exercise in chapter(path).items():
        assert exercise(exercise.right).status == "Correct", name
        silent = exercise(lambda *_, **__: None)
        assert silent.status == "Not yet" and "return" in silent.message, f"{name}: {silent}"


def test_each_mistake_is_told_what_it_earns(notebook):
    path, namespace, _ = notebook
    for name, exercise in chapter(path).items():
        assert len(exercise.mistakes) >= 2, f"{name}: at least two mistakes are to be told apart"
        messages = set()
        for mistake in exercise.mistakes:
            answer = mistake.answer
            if isinstance(answer, str):
                answer = run(namespace, answer)[name]
            given = exercise(answer)
            assert given.status == "Not yet", f"{name}: accepted {mistake}"
            assert mistake.says in given.message, f"{name}: {given} where {mistake.says!r} is due"
            messages.add(given.message)
        assert len(messages) == len(exercise.mistakes), f"{name}: two mistakes get the same message"


def test_a_teacher_knows_how_hard_it_is_and_what_to_ask(notebook):
    path, _, _ = notebook
    listed = chapter(path).values()
    assert [exercise.number for exercise in listed if exercise.level not in LEVELS] == []
    assert [exercise.number for exercise in listed if not exercise.ask.endswith("?")] == []
    assert len({exercise.ask for exercise in listed}) == len(listed)


def test_what_is_right_for_one_example_alone_does_not_pass(notebook):
    path, _, _ = notebook
    for name, exercise in chapter(path).items():
        first, *others = exercise.tried_on
        if others:
            lucky = exercise.right(*copy.deepcopy(first))
            assert exercise(lambda *_, lucky=lucky: lucky).status == "Not yet", name


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

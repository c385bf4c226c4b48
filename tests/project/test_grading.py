"""nbgrader marks the exercises as their own checks do: made, handed in, marked, sent back and exported for real."""

import ast
import csv

import editions
import grading
import pytest
from notebook_cells import FENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Object of type"),  # of how nbgrader uses its database
]
STORED = {name: notebook for name, notebook in editions.notebooks().items() if editions.exercises_at(notebook)}
NAME = "00_start_here"
EXERCISES = dict(editions.exercises_at(STORED[f"{NAME}.ipynb"]).values())


def marks(cell):
    return cell.metadata.get("nbgrader", {})


def body(code):
    """What a function does, and what is imported before it; its docstring left out."""
    nodes = ast.parse(code).body
    imports = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    (function,) = (node for node in nodes if isinstance(node, ast.FunctionDef))
    return imports + [ast.unparse(node) for node in function.body if not _is_text(node)]


def _is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("name", STORED)
def test_an_assignment_has_every_exercise_locked_and_with_points(name):
    made = grading.assignment(STORED[name])
    listed = list(editions.exercises_at(STORED[name]).values())
    answers = [cell for cell in made.cells if marks(cell).get("solution")]
    tests = [cell for cell in made.cells if marks(cell).get("grade")]
    assert [marks(cell)["grade_id"] for cell in answers] == [name for name, _ in listed]
    assert [marks(cell)["points"] for cell in tests] == [grading.POINTS[exercise.level] for _, exercise in listed]
    assert all(marks(cell)["locked"] for cell in tests) and not any(marks(cell)["locked"] for cell in answers)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    assert code == [code[0], *(cell for pair in zip(answers, tests, strict=True) for cell in pair)]
    assert marks(code[0])["locked"] and "../" not in code[0].source
    solutions = [cell.source for cell in STORED[name].cells if "solution" in editions.tags(cell)]
    for cell, solution in zip(answers, solutions, strict=True):
        head, marked = cell.source.split(grading.BEGIN)
        assert marked.rstrip().endswith(grading.END) and head.lstrip().startswith("def ")
        assert body(cell.source) == body(FENCE.findall(solution)[0])
        assert "..." in cell.metadata.aeutils.stub and "check." not in cell.metadata.aeutils.stub


def test_an_exercise_without_its_solution_is_refused(refused):
    notebook = editions.student(STORED[f"{NAME}.ipynb"])
    with refused(ValueError, "exercise 0.1", "no single solution"):
        grading.assignment(notebook)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grading") / "course"
    assert grading.write_course(folder, [f"{NAME}.ipynb"]) == [NAME]
    return grading.Course(folder)


@pytest.fixture(scope="module")
def released(course):
    return course.generate(NAME)


@pytest.fixture(scope="module")
def marked(course, released):
    """Student -> exercise -> points given and possible, and the page that comes back."""
    right = grading.solved(course, NAME)
    mixed = {name: grading.wrong(right[name], name, exercise, 0) for name, exercise in EXERCISES.items()}
    first = next(iter(EXERCISES))
    mixed[first] = right[first]
    students = {"right": right, "untouched": {}, "mixed": mixed}
    found = {}
    for student, answers in students.items():
        course.submit(NAME, student, answers)
        found[student] = course.autograde(NAME, student), course.feedback(NAME, student)
    return found


def test_what_is_handed_out_has_the_notebooks_stubs_and_no_solution(course, released):
    stubs = [
        cell.metadata.aeutils.stub
        for cell in grading.assignment(STORED[f"{NAME}.ipynb"]).cells
        if "aeutils" in cell.metadata
    ]
    assert [cell.source for cell in released.cells if marks(cell).get("solution")] == stubs
    text = str(released)
    for solution in grading.solved(course, NAME).values():
        lines = solution.split(grading.BEGIN)[1].split(grading.END)[0].splitlines()
        assert [line for line in lines if line.strip() and line.strip() in text] == []


def test_solutions_have_all_points_stubs_and_mistakes_none(marked):
    points = {student: [given for given, _ in grades.values()] for student, (grades, _) in marked.items()}
    possible = [grading.POINTS[exercise.level] for exercise in EXERCISES.values()]
    assert [most for _, most in marked["right"][0].values()] == points["right"] == possible
    assert set(points["untouched"]) == {0}
    assert points["mixed"] == [possible[0], 0, 0, 0]


def test_feedback_carries_the_diagnosis(marked):
    for name, exercise in list(EXERCISES.items())[1:]:
        assert grading._says(marked["mixed"][1], exercise.mistakes[0]), name
        assert not grading._says(marked["right"][1], exercise.mistakes[0]), name
    assert "Not attempted" in marked["untouched"][1]


def test_marks_are_exported(course, marked):
    rows = {row["student_id"]: row for row in csv.DictReader(course.export().splitlines())}
    total = sum(grading.POINTS[exercise.level] for exercise in EXERCISES.values())
    assert {student: float(row["score"]) for student, row in rows.items()} == {
        student: sum(given for given, _ in grades.values()) for student, (grades, _) in marked.items()
    }
    assert {float(row["max_score"]) for row in rows.values()} == {total}

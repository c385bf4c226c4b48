"""A course for nbgrader, made from the notebooks; and a check that it marks as it should.

    make grading        # build/grading: a course folder; open it with nbgrader
    make grade-check    # every exercise through nbgrader: solutions, stubs, and each listed mistake; long

A notebook's assignment holds its first code cell (locked), its exercises, and nothing else that runs: grading thirty
students takes minutes. Each exercise is an answer cell, with the stub's `def` and the solution between nbgrader's
marks, and a locked test cell with points; what the check says to a wrong answer goes into the feedback.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import editions
import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from traitlets.config import Config, PyFileConfigLoader

from aeutils.lessons.exercises import LEVELS, Exercise, Mistake

ROOT = editions.ROOT
COURSE = editions.BUILD / "grading"
SETTINGS = Path(__file__).with_name("nbgrader_config.py")
POINTS = {level: points for points, level in enumerate(LEVELS, start=1)}
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
CLASS = 30
_FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)
_FILE = re.compile(r'"\.\./data/([^"/]+)"')  # of the collection's data: nbgrader hands out what lies beside a notebook


# --- from a notebook to an assignment ---


def assignment(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """nbgrader's source version of a notebook's exercises, with the solutions in it.

    Raises:
        ValueError: an exercise has no solution behind it.
    """
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cells = [
        nbformat.v4.new_markdown_cell(f"# {editions.title(notebook)}: the exercises\n\n{_INTRODUCTION}", id="title"),
        _marked(nbformat.v4.new_code_cell(_FILE.sub(r'"\1"', first.source)), "set-up", locked=True),
    ]
    for at, (name, exercise) in editions.exercises_at(notebook).items():
        text, stub, solution = notebook.cells[at - 1 : at + 2]
        blocks = _FENCE.findall(solution.source)
        if "solution" not in editions.tags(solution) or len(blocks) != 1:
            raise ValueError(f"exercise {exercise.number} has no single solution behind it; put one there")
        body = stub.source[: stub.source.rindex(f"check.{name}(")].rstrip()
        answer = _marked(nbformat.v4.new_code_cell(between_marks(body, blocks[0])), name, solution=True)
        answer.metadata["aeutils"] = {"stub": body}
        check = stub.source[len(body) :].strip()
        test = nbformat.v4.new_code_cell(f'feedback = {check}\nassert feedback.status == "Correct", feedback')
        points = POINTS[exercise.level]
        cells += [nbformat.v4.new_markdown_cell(text.source, id=f"{name}-text"), answer]
        cells.append(_marked(test, f"{name}-test", grade=True, locked=True, points=points))
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": notebook.metadata.kernelspec})


_INTRODUCTION = (
    "Write into the cells that return `...`; what they need is explained in the notebook of this name. The cell below "
    "each checks your answer, and says what is wrong with it: run it as often as you like."
)


def between_marks(stub: str, solution: str) -> str:
    """The stub's `def` and docstring, and in it the solution between nbgrader's marks."""
    function = _function(stub)
    first = function.body[0]
    has_docstring = ast.get_docstring(function) is not None
    head = stub.splitlines()[: first.end_lineno if has_docstring else first.lineno - 1]
    right = _function(solution)
    lines = solution.splitlines()
    before = [f"    {line}" for line in lines[: right.lineno - 1] if line.strip()]  # its imports
    return "\n".join(
        [*head, f"    {BEGIN}", *before, *lines[right.body[0].lineno - 1 : right.end_lineno], f"    {END}"]
    )


def _function(code: str) -> ast.FunctionDef:
    return next(node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef))


def _marked(
    cell: nbformat.NotebookNode, name: str, *, grade: bool = False, solution: bool = False, locked: bool = False,
    points: int | None = None,
) -> nbformat.NotebookNode:  # fmt: skip
    cell.id = name
    marks = {"grade": grade, "solution": solution, "locked": locked, "task": False, "grade_id": name}
    marks |= {"schema_version": 3, "cell_type": "code"} | ({} if points is None else {"points": points})
    cell.metadata["nbgrader"] = marks
    return cell


def write_course(folder: Path = COURSE, names: Iterable[str] = ()) -> list[str]:
    """Make a course folder for nbgrader; what lay there before is replaced. Returns the assignments' names.

    Args:
        folder: where.
        names: only these notebooks' files; all that have exercises unless given.
    """
    shutil.rmtree(folder, ignore_errors=True)
    stored = editions.notebooks()
    made = []
    for name in names or stored:
        if editions.exercises_at(stored[name]):
            source = folder / "source" / Path(name).stem
            source.mkdir(parents=True)
            nbformat.write(assignment(stored[name]), source / name)
            first = next(cell for cell in stored[name].cells if cell.cell_type == "code")
            for file in _FILE.findall(first.source):
                shutil.copy(ROOT / "data" / file, source)
            made.append(source.name)
    shutil.copy(SETTINGS, folder)
    return made


# --- through nbgrader ---


class Course:
    """A course folder, and what nbgrader does with it."""

    def __init__(self, folder: Path) -> None:
        settings: Config = PyFileConfigLoader(SETTINGS.name, str(folder)).load_config()
        settings.CourseDirectory.root = str(folder)
        warnings.filterwarnings("ignore", module="nbgrader")  # of how it uses its database
        self.folder = folder
        self._directory = CourseDirectory(config=settings)
        self._nbgrader = NbGraderAPI(self._directory, config=settings)
        self._nbgrader.log_level = 40  # errors

    def generate(self, name: str) -> nbformat.NotebookNode:
        """What students are given."""
        self._all_well(self._nbgrader.generate_assignment(name))
        return nbformat.read(self.folder / "release" / name / f"{name}.ipynb", as_version=4)

    def submit(self, name: str, student: str, answers: Mapping[str, str]) -> None:
        """Hand in the released notebook with these answers (name -> source); the other stubs stay."""
        place = self.folder / "submitted" / student / name
        shutil.copytree(self.folder / "release" / name, place)
        notebook = nbformat.read(place / f"{name}.ipynb", as_version=4)
        for cell in notebook.cells:
            if (grade_id := cell.metadata.get("nbgrader", {}).get("grade_id")) in answers:
                cell.source = answers[grade_id]
        nbformat.write(notebook, place / f"{name}.ipynb")

    def autograde(self, name: str, student: str) -> dict[str, tuple[float, float]]:
        """Exercise -> points given, points possible."""
        result = self._nbgrader.autograde(name, student)
        if not result["success"]:  # on a busy machine the port that a kernel was promised may be taken meanwhile
            result = self._nbgrader.autograde(name, student)
        self._all_well(result)
        with Gradebook(self._directory.db_url, self._directory.course_id) as book:
            (graded,) = book.find_submission(name, student).notebooks
            return {g.name.removesuffix("-test"): (g.auto_score or 0.0, g.max_score) for g in graded.grades}

    def feedback(self, name: str, student: str) -> str:
        """The page that the student gets back."""
        self._all_well(self._nbgrader.generate_feedback(name, student))
        return (self.folder / "feedback" / student / name / f"{name}.html").read_text(encoding="utf-8")

    def export(self) -> str:
        """All marks, as CSV."""
        file = self.folder / "grades.csv"
        with Gradebook(self._directory.db_url, self._directory.course_id) as book:
            plugin = CsvExportPlugin()
            plugin.to = str(file)
            plugin.export(book)
        return file.read_text(encoding="utf-8")

    @staticmethod
    def _all_well(result: Mapping[str, object]) -> None:
        if not result["success"]:
            raise RuntimeError(f"nbgrader failed: {result.get('error') or result.get('log')}")


def solved(course: Course, name: str) -> dict[str, str]:
    """The solutions of an assignment, as answers."""
    cells = nbformat.read(course.folder / "source" / name / f"{name}.ipynb", as_version=4).cells
    return {c.metadata.nbgrader.grade_id: c.source for c in cells if c.metadata.get("nbgrader", {}).get("solution")}


def wrong(answer_cell: str, name: str, exercise: Exercise, i: int) -> str:
    """The source of an answer that makes an exercise's i-th mistake.

    Args:
        answer_cell: the cell's source, for the name that the function has in it.
        name: of the check.
        exercise: whose mistakes.
        i: which of them.
    """
    function, answer = _function(answer_cell).name, exercise.mistakes[i].answer
    if isinstance(answer, str):
        return answer if function == name else f"{answer}\n{function} = {name}"
    return f"{function} = check.{name}.mistakes[{i}].answer"


def check_all(names: Iterable[str] = (), say: Callable[[str], None] = print) -> list[str]:
    """Grade solutions, stubs and every listed mistake of all exercises; returns what went otherwise than it should."""
    problems: list[str] = []
    total = 0.0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "course"
        stored = editions.notebooks()
        for name in write_course(folder, names):
            course = Course(folder)
            exercises = dict(editions.exercises_at(stored[f"{name}.ipynb"]).values())
            course.generate(name)
            right = solved(course, name)
            classes = {"right": right, "untouched": {}}
            for i in range(max(len(exercise.mistakes) for exercise in exercises.values())):
                classes[f"wrong-{i}"] = {
                    key: wrong(right[key], key, exercise, i)
                    for key, exercise in exercises.items()
                    if i < len(exercise.mistakes)
                }
            started = time.perf_counter()
            for student, answers in classes.items():
                course.submit(name, student, answers)
                points = course.autograde(name, student)
                page = course.feedback(name, student) if student.startswith("wrong") else ""
                for key, (given, possible) in points.items():
                    if given != (possible if student == "right" else 0):
                        problems.append(f"{name}, {key}: {student} has {given:g} of {possible:g} points")
                    if key in answers and page and not _says(page, exercises[key].mistakes[int(student[6:])]):
                        problems.append(f"{name}, {key}: the feedback to {student} lacks the diagnosis")
            seconds = (time.perf_counter() - started) / len(classes)
            total += seconds
            say(
                f"{name}: {len(classes)} students, {seconds:.1f} s each, {CLASS * seconds / 60:.1f} minutes for {CLASS}"
            )
        say(f"All of them: {total:.0f} s a student; problems: {len(problems)}")
    return problems


def _says(page: str, mistake: Mistake) -> bool:
    """Whether a page of feedback, whose lines may be broken and coloured, holds what a mistake earns."""
    return _letters(mistake.says) in _letters(re.sub(r"<[^>]*>", "", page))


def _letters(text: str) -> str:
    return re.sub(r"&\w+;|&#\d+;|[^\w]", "", text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["course", "check"])
    parser.add_argument("notebooks", nargs="*", help="only these notebooks' files")
    given = parser.parse_args()
    files = [Path(file).name for file in given.notebooks]
    if given.what == "course":
        print(f"{len(write_course(names=files))} assignments in {COURSE.relative_to(ROOT)}")
    elif found := check_all(files):
        raise SystemExit("\n".join(found))

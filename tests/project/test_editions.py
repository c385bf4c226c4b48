"""The student's edition holds no answer, not even for one who looks for it; the teacher's has what a lesson needs."""

import json
import re
import zipfile

import editions
import nbformat
import pytest
from notebook_cells import FENCE
from page_links import fault, links, text_of

from aeutils.lessons.exercises import LEVELS

STORED = editions.notebooks()
TITLES = {old: new for notebook in STORED.values() for old, new in editions.neutral_titles(notebook).items()}
STUDENT = {name: editions.student(notebook, TITLES) for name, notebook in STORED.items()}
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)


def plain(text):
    """A text as a search finds it: no marks, no line ends."""
    return re.sub(r"[\s`*_$\\]+", " ", text)


def secrets(notebook):
    """The sentences and lines of code that stand in its solutions and nowhere else in it."""
    solutions = [cell.source for cell in notebook.cells if "solution" in editions.tags(cell)]
    others = plain("\n".join(cell.source for cell in notebook.cells if "solution" not in editions.tags(cell)))
    code = [line for text in solutions for block in FENCE.findall(text) for line in block.splitlines()]
    prose = [part for text in solutions for part in re.split(r"(?<=[.:?]) |\n", FENCE.sub("\n", text))]
    found = {plain(part).strip() for part in [*code, *prose]}
    return {part for part in found if len(part) >= 12 and part not in others}


def read(folder):
    """File -> its text, as a search finds it; of a notebook all that its file holds, whatever field it is in."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in (".whl", ".gz"):
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".ipynb":
                text = "\n".join(texts_in(json.loads(text)))
            found[path.name] = plain(text)
    return found


def texts_in(value):
    if isinstance(value, str):
        yield value
    for part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from (text for each in part for text in texts_in(each))
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        yield "".join(value)  # a cell's source is kept line by line


def leaks(folder):
    files = read(folder)
    return [
        (name, secret)
        for notebook in STORED.values()
        for secret in secrets(notebook)
        for name, text in files.items()
        if secret in text
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The student's zip, unpacked. Its wheel is an empty file: tests/project/test_wheel.py has the real one."""
    build = tmp_path_factory.mktemp("build")
    (build / "aeutils-0-py3-none-any.whl").touch()
    archive = editions.write("student", build / "made", wheel=build / "aeutils-0-py3-none-any.whl")
    zipfile.ZipFile(archive).extractall(build / "unpacked")
    return build / "unpacked" / "autoencoders-student"


def test_there_are_secrets_and_exercises():
    exercises = [exercise for notebook in STORED.values() for exercise in editions.exercises_at(notebook)]
    assert len(exercises) >= 68
    assert len(set().union(*map(secrets, STORED.values()))) > 3 * len(exercises)


def test_no_solution_is_anywhere_in_the_students_zip(folder):
    assert leaks(folder) == []


@pytest.mark.parametrize("where", ["metadata", "source", "output", "attachment", "page"])
def test_a_solution_that_is_left_anywhere_would_be_found(tmp_path, where):
    notebook = STUDENT["01_model_structure.ipynb"].copy()
    left = "Q_A, Q_B = torch.linalg.qr(A).Q, torch.linalg.qr(B).Q"
    cell = nbformat.v4.new_code_cell("")
    if where == "metadata":
        cell.metadata["hidden"] = {"deep": [left]}
    elif where == "source":
        cell.source = f"# {left}\n"
    elif where == "output":
        cell.outputs = [nbformat.v4.new_output("stream", text=f"x\n    {left}\n")]
    elif where == "attachment":
        cell = nbformat.v4.new_markdown_cell("", attachments={"a.txt": {"text/plain": left}})
    else:
        (tmp_path / "page.md").write_text(left, encoding="utf-8")
    notebook.cells = [*notebook.cells, cell]
    (tmp_path / "a.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    assert len({secret for _, secret in leaks(tmp_path)}) == 1


def test_nothing_is_left_but_what_a_student_is_shown():
    for notebook in STUDENT.values():
        nbformat.validate(notebook)
        assert set(notebook.metadata) == {"kernelspec", "language_info"}
        for cell in notebook.cells:
            assert set(cell.metadata) <= set(editions.KEPT) and "solution" not in editions.tags(cell)
            assert "attachments" not in cell
            if cell.cell_type == "code":
                assert cell.outputs == [] and cell.execution_count is None


def test_every_notebook_runs_with_no_exercise_attempted():
    """Its code is, cell by cell, that of the stored one, which the suite runs so; titles of figures aside."""
    for name, notebook in STORED.items():
        back = {new: old for old, new in editions.neutral_titles(notebook).items()}
        pairs = zip(*([c for c in n.cells if c.cell_type == "code"] for n in (notebook, STUDENT[name])), strict=True)
        for stored, given in pairs:
            source = given.source
            for new, old in back.items():
                assert '"' not in new and "\\" not in new
                source = source.replace(new, old)
            assert source == stored.source
            if "exercise" in editions.tags(given):
                assert "..." in given.source


def test_before_a_guess_nothing_tells_the_answer():
    for name, notebook in STORED.items():
        given = {cell.id: cell for cell in STUDENT[name].cells}
        for vote in editions.votes_in(notebook):
            between = notebook.cells[vote.cell + 1 : vote.revealed_in]
            for cell in between:
                shown = FOLDED.sub("", given[cell.id].source)
                assert not re.search(r"\*\*(Figure|Table) \d", shown), f"{name}: a caption before the answer: {shown}"
        for old in editions.neutral_titles(notebook):
            assert [cell for cell in STUDENT[name].cells if old in cell.source and cell.source.startswith("#")] == []


def test_every_link_leads_somewhere_in_the_folder(folder):
    pages = [*(folder / "notebooks").glob("*.ipynb"), *(folder / "notebooks").glob("*.md"), folder / "README.md"]
    found = [(page.name, fault(page, link)) for page in pages for link in links(text_of(page))]
    assert [(page, said) for page, said in found if said] == []


def test_every_link_of_the_teachers_edition_leads_somewhere_in_it(tmp_path):
    name = "lesson_90.ipynb"
    wheel = tmp_path / "aeutils-0-py3-none-any.whl"
    wheel.write_bytes(b"")
    editions.write("teacher", tmp_path, [name], wheel)
    folder = tmp_path / "autoencoders-teacher"
    for path in (editions.ROOT / "notebooks").glob("*.ipynb"):  # the others, so that links to them have a target
        if path.name != name:
            (folder / "notebooks" / path.name).write_bytes(path.read_bytes())
    pages = [folder / "notebooks" / name, *(folder / each for each in ("README.md", "PLANS.md", "QUESTIONS.md"))]
    found = [(page.name, fault(page, link)) for page in pages for link in links(text_of(page))]
    assert [(page, said) for page, said in found if said] == []
    assert any("PLANS.md#ninety" in link for link in links(text_of(pages[0])))


def test_every_file_that_a_notebook_reads_is_in_the_folder(folder):
    code = [cell.source for notebook in STUDENT.values() for cell in notebook.cells if cell.cell_type == "code"]
    files = {file for source in code for file in re.findall(r'"(\.\./[^"]+)"', source)}
    assert files and [file for file in files if not (folder / "notebooks" / file).exists()] == []


def test_the_folder_says_how_to_start_and_that_the_answers_are_in_the_open(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "WHEEL" not in text and "MAPS" not in text and (folder / "aeutils-0-py3-none-any.whl").exists()
    assert "pip install -c constraints.txt ./aeutils-0-py3-none-any.whl" in text
    assert "finds them in the package" in plain(text)
    assert {"constraints.txt", "LICENSE", "data", "notebooks"} <= {path.name for path in folder.iterdir()}
    assert not any(path.is_dir() for path in (folder / "data").iterdir())  # what was fetched stays here


def test_the_line_that_starts_opens_the_notebook_that_was_named(tmp_path):
    wheel = tmp_path / "aeutils-0-py3-none-any.whl"
    wheel.write_bytes(b"")
    editions.write("student", tmp_path, ["lesson_90.ipynb"], wheel, first="lesson_90.ipynb")
    text = (tmp_path / "autoencoders-student" / "README.md").read_text(encoding="utf-8")
    assert "jupyterlab notebooks/lesson_90.ipynb" in text and "jupyterlab notebooks\\lesson_90.ipynb" in text
    assert "jupyterlab notebooks/00" not in text and "(notebooks/00_start_here.ipynb)" in text  # the map stays


def test_a_neutral_title_for_what_is_not_there_is_refused(refused):
    cell = nbformat.v4.new_markdown_cell("## Old", metadata={"aeutils": {"before a guess": {"Gone": "New"}}})
    with refused(ValueError, "'Gone'", "does not stand in it"):
        editions.student(nbformat.v4.new_notebook(cells=[cell], metadata=STORED["00_start_here.ipynb"].metadata))


def test_the_teacher_is_told_what_was_measured_at_every_prediction():
    votes = [vote for notebook in STORED.values() for vote in editions.votes_in(notebook)]
    asked = [
        cell for notebook in STORED.values() for cell in notebook.cells if re.match(r"\w+ = predict\(", cell.source)
    ]
    assert len(votes) == len(asked) >= 30
    assert [vote for vote in votes if not vote.measured or vote.measured.split(" (")[0] not in vote.question] == []


def test_the_teacher_has_a_note_at_every_exercise_and_prediction():
    name = "00_start_here.ipynb"
    notebook, notes = editions.teacher(STORED[name]), []
    nbformat.validate(notebook)
    for before, cell in zip(notebook.cells, notebook.cells[1:], strict=False):
        if "teacher" in editions.tags(cell):
            notes.append(cell.source)
            assert "solution" in editions.tags(before) or "predict(" in before.source
    exercises = editions.exercises_at(STORED[name]).values()
    assert len(notes) == len(exercises) + len(editions.votes_in(STORED[name]))
    for _, exercise in exercises:
        (note,) = (note for note in notes if f"Exercise {exercise.number} " in note)
        assert f"about {exercise.minutes} minutes · {exercise.level}" in note and exercise.ask in note
        rows = [line for line in note.splitlines() if line.startswith(("| ", "- ")) and "The check says" not in line]
        assert len(rows) == len(exercise.mistakes)
    assert "For n = 3500, k = 8 yours gives 28,000. What should it be? (231,792)" in "\n".join(notes)
    stored = [cell for cell in notebook.cells if "teacher" not in editions.tags(cell)]
    assert stored == STORED[name].cells  # solutions and results stay


def test_the_teachers_page_lists_all_exercises_and_votes():
    page = editions.overview(STORED)
    rows = re.findall(r"^\| (\w+\.\d) \| (\d+) \| ([\w ]+) \| ", page, re.MULTILINE)
    assert len(rows) >= 68 and {level for _, _, level in rows} <= set(LEVELS)
    assert page.count("| Measured |") >= 17

"""The reader's own copies in `work/`: made once, kept for ever, and a newer edition beside them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import lab
import nbformat
import pytest
import reader_copies
from notebook_cells import NOTEBOOKS

NAME = "01_model_structure.ipynb"


class Collection:
    """A small collection: one notebook and a drawing."""

    def __init__(self, root):
        self.root, self.stored, self.work = root, root / "notebooks" / NAME, root / "work"
        (root / "notebooks" / "drawings").mkdir(parents=True)
        (root / "notebooks" / "drawings" / "01_funnel.svg").write_text("<svg/>")
        self.publish("first")

    def publish(self, text):
        output = nbformat.v4.new_output("stream", text="the answer")
        cell = nbformat.v4.new_code_cell(text, outputs=[output], execution_count=3, id="a")
        notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {}, "aeutils": {"seconds": 10}})
        nbformat.write(notebook, self.stored)

    def update(self):
        return reader_copies.bring_up_to_date(self.root)

    def sources(self):
        return {path.name: nbformat.read(path, 4).cells[0].source for path in sorted(self.work.glob("*.ipynb"))}

    def write(self, text, name=NAME):
        notebook = nbformat.read(self.work / name, 4)
        notebook.cells[0].source = text
        nbformat.write(notebook, self.work / name)


@pytest.fixture
def collection(tmp_path):
    return Collection(tmp_path)


def test_a_copy_has_no_outputs_and_the_drawings_beside_it(collection):
    before = collection.stored.read_bytes()
    assert collection.update() == []
    (cell,) = nbformat.read(collection.work / NAME, 4).cells
    assert (cell.source, cell.outputs, cell.execution_count) == ("first", [], None)
    assert "widgets" not in (collection.work / NAME).read_text()
    assert (collection.work / "drawings" / "01_funnel.svg").read_text() == "<svg/>"
    assert collection.stored.read_bytes() == before


def test_what_the_reader_wrote_stays(collection):
    collection.update()
    collection.write("mine")
    assert collection.update() == [] and collection.sources() == {NAME: "mine"}

    collection.publish("second")
    (line,) = collection.update()
    assert "work/01_model_structure_new_edition.ipynb" in line
    new = "01_model_structure_new_edition.ipynb"
    assert collection.sources() == {NAME: "mine", new: "second"}
    assert collection.update() == []

    collection.publish("third")  # the second edition was never changed
    collection.update()
    assert collection.sources() == {NAME: "mine", new: "third"}
    collection.write("mine too", new)
    collection.publish("fourth")
    collection.update()
    third = "01_model_structure_new_edition_2.ipynb"
    assert collection.sources() == {NAME: "mine", new: "mine too", third: "fourth"}


def test_a_page_beside_the_notebooks_comes_along_and_what_the_reader_wrote_into_it_stays(collection):
    (collection.root / "notebooks" / "questions.md").write_text("first")
    collection.update()
    assert (collection.work / "questions.md").read_text() == "first"
    (collection.work / "questions.md").write_text("mine")
    (collection.root / "notebooks" / "questions.md").write_text("second")
    (line,) = collection.update()
    assert "work/questions_new_edition.md" in line
    assert (collection.work / "questions.md").read_text() == "mine"


def test_a_copy_that_was_never_changed_follows(collection):
    collection.update()
    collection.publish("second")
    (collection.root / "notebooks" / "drawings" / "01_funnel.svg").write_text("<svg id='new'/>")
    (line,) = collection.update()
    assert "new edition" in line and collection.sources() == {NAME: "second"}
    assert (collection.work / "drawings" / "01_funnel.svg").read_text() == "<svg id='new'/>"


def test_new_outputs_make_no_new_edition(collection):
    collection.update()
    collection.write("mine")
    notebook = nbformat.read(collection.stored, 4)
    notebook.cells[0].outputs = []
    notebook.metadata.aeutils.seconds = 20
    nbformat.write(notebook, collection.stored)
    assert collection.update() == [] and collection.sources() == {NAME: "mine"}


def test_a_copy_that_was_thrown_away_comes_back(collection):
    collection.update()
    (collection.work / NAME).unlink()
    assert collection.update() == [] and collection.sources() == {NAME: "first"}


@pytest.mark.parametrize("record", [None, "not JSON", "[]"])
def test_without_a_record_every_copy_counts_as_the_readers(collection, record):
    collection.update()
    path = collection.work / ".editions.json"
    path.unlink() if record is None else path.write_text(record)
    collection.publish("second")
    assert len(collection.update()) == 1 and collection.sources()[NAME] == "first"


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_what_was_once_written_into_the_stored_notebook_is_kept_too(collection):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(collection.root)]
    for command in (["init", "-q"], ["add", "notebooks"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    collection.publish("mine")
    collection.update()
    subprocess.run([*git, "checkout", "-q", "--", "notebooks"], check=True)
    collection.update()
    assert collection.sources() == {NAME: "mine", "01_model_structure_new_edition.ipynb": "first"}


def test_a_damaged_notebook_is_named_and_the_others_are_copied(collection):
    (collection.root / "notebooks" / "02_x.ipynb").write_text("<<<<<<< HEAD")
    (line,) = collection.update()
    assert "02_x.ipynb is damaged" in line and collection.sources() == {NAME: "first"}


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_an_os_error(collection):
    collection.root.chmod(0o500)
    with pytest.raises(OSError):
        collection.update()
    collection.root.chmod(0o700)


def test_a_file_in_the_way_is_an_os_error(collection):
    collection.work.write_text("")
    with pytest.raises(OSError):
        collection.update()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_copies_of_ours_are_notebooks_that_differ_in_outputs_alone(path):
    stored, copy = (
        json.loads(text) for text in (path.read_text("utf-8"), reader_copies.without_outputs(path.read_text("utf-8")))
    )
    nbformat.validate(copy)
    assert [cell["source"] for cell in copy["cells"]] == [cell["source"] for cell in stored["cells"]]
    assert [cell["metadata"] for cell in copy["cells"]] == [cell["metadata"] for cell in stored["cells"]]


@pytest.mark.parametrize(
    ("given", "error", "opened"),
    [
        ([], None, "work/00_start_here.ipynb"),
        (["--stored"], None, "notebooks/00_start_here.ipynb"),
        ([], PermissionError("read-only"), "notebooks/00_start_here.ipynb"),
        (["--first", "lesson_90"], None, "work/lesson_90.ipynb"),
    ],
    ids=["copies", "stored", "cannot be written", "another first"],
)
def test_jupyterlab_opens_them(monkeypatch, capsys, given, error, opened):
    def copy():
        if error:
            raise error
        return ["a line"]

    monkeypatch.setattr(reader_copies, "bring_up_to_date", copy)
    monkeypatch.setattr("jupyterlab.labapp.main", lambda: None)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("AEUTILS_RECORD", "only in lab")  # which it takes away
    lab.main([*given, "--no-browser"])
    stored = Path(lab.__file__).parent / "stored_settings"
    templates = Path(lab.__file__).parent / "templates"
    assert (templates / "described" / "index.html.j2").is_file()
    assert sys.argv[1:] == [
        "--no-browser",
        "--HTMLExporter.template_name=described",
        f"--TemplateExporter.extra_template_basedirs={templates}",
        *[f"--LabApp.app_settings_dir={stored}"] * opened.startswith("notebooks"),
        f"--ServerApp.root_dir={reader_copies.ROOT}",
        f"--LabApp.default_url=/lab/tree/{opened}",
    ]
    told = capsys.readouterr().out.splitlines()
    assert len(told) == ("--stored" not in given) and all("read-only" in line for line in told if error)


def test_the_notebook_to_begin_with_is_one_that_is_there(refused):
    assert reader_copies.notebook_named("lesson_90") == reader_copies.notebook_named("lesson_90.ipynb")
    for name in ("lesson_91", "drawings/a", "../README.md"):
        with refused(SystemExit, "is not in", "such as 00_start_here.ipynb"):
            reader_copies.notebook_named(name)

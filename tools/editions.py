"""The collection as a folder and a zip for a class: `make student` and `make teacher`.

The student's edition has no solutions, no outputs, and nothing that gives a prediction away before it is revealed. The
teacher's has all of that and more: what was measured at each prediction, and at each exercise how long it takes, how
hard it is, what to ask somebody who is stuck, and the typical wrong answers. Both carry the package as a wheel.
"""

from __future__ import annotations

import argparse
import copy
import functools
import importlib
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import reader_copies
from markdown_links import anchor, linked
from stored_predictions import asks

from aeutils.collection.maps import article_map, collection_map
from aeutils.lessons.exercises import Exercise, exercises_in
from aeutils.lessons.marks import ARTICLE, BEFORE_A_GUESS, BOXES, CAPTION, FOLD, TRY_IT, box, other_words, reworded

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
EDITIONS = ("student", "teacher")
# A teacher's pages that go with the notebooks, and what they are called there.
PLANNING = {"docs/teach/plans.md": "PLANS.md", "docs/teach/questions.md": "QUESTIONS.md"}
KEPT = ("tags", "jupyter", "jp-MarkdownHeadingCollapsed")  # of a cell's metadata, for students
_CHECKS = re.compile(r"^from aeutils\.chapters\.(\w+) import exercises as check$", re.MULTILINE)
_EXERCISE = re.compile(r"^check\.(\w+)\(", re.MULTILINE)
_MEASURED = re.compile(r"Measured: (.*)\. You ", re.DOTALL)
_HEADING = re.compile(r"^#+ ", re.MULTILINE)
_OUTSIDE = re.compile(r"\[([^\]]*)\]\(\.\./(?!README\.md|data/)[^)]*\)")  # links to what a class is not given


@dataclass(frozen=True)
class Vote:
    """A prediction of a notebook: the cell that asks, its question, and what was measured at the last stored run."""

    cell: int
    revealed_in: int
    question: str
    measured: str


# --- what is in a notebook ---


def tags(cell: Mapping[str, Any]) -> list[str]:
    return list(cell["metadata"].get("tags", []))


def title(notebook: nbformat.NotebookNode) -> str:
    """What its first line says, such as "1 · Model structure"."""
    return notebook.cells[0].source.partition("\n")[0].lstrip("# ")


def exercises_at(notebook: nbformat.NotebookNode) -> dict[int, tuple[str, Exercise]]:
    """Place of an exercise's code cell -> the name of its check, and the exercise.

    Raises:
        KeyError: a cell calls a check that the chapter does not have.
    """
    found: dict[int, tuple[str, Exercise]] = {}
    chapter = next((m[1] for cell in notebook.cells if (m := _CHECKS.search(cell.source))), None)
    if chapter:
        known = exercises_in(importlib.import_module(f"aeutils.chapters.{chapter}.exercises"))
        for i, cell in enumerate(notebook.cells):
            if "exercise" in tags(cell) and (check := _EXERCISE.search(cell.source)):
                found[i] = check[1], known[check[1]]
    return found


def votes_in(notebook: nbformat.NotebookNode) -> list[Vote]:
    """Its predictions, in order; what was measured is read from the stored outputs."""
    asked: dict[str, int] = {}
    found = []
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if begun := asks(cell.source):
            asked[begun] = i
        for name in [name for name in asked if re.search(rf"^{name}\.reveal\(", cell.source, re.MULTILINE)]:
            at = asked.pop(name)
            texts = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
            measured = next((m[1] for text in texts if (m := _MEASURED.search(text))), "")
            shown = [output.get("data", {}).get("text/plain", "") for output in notebook.cells[at].outputs]
            found.append(Vote(at, i, shown[0] if shown else "", measured))
    return sorted(found, key=lambda vote: vote.cell)


def neutral_titles(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What gives a prediction away -> what students read in its place, from the metadata of the cells it stands in."""
    return {old: new for cell in notebook.cells for old, new in other_words(cell, BEFORE_A_GUESS).items()}


# --- the two editions of a notebook ---


def student(notebook: nbformat.NotebookNode, headings: Mapping[str, str] | None = None) -> nbformat.NotebookNode:
    """A copy without solutions, outputs and what gives predictions away.

    Args:
        notebook: as it is stored, with its outputs.
        headings: of the whole collection, a heading -> the neutral one: links lead there.

    Raises:
        ValueError: a cell's metadata names a title that is not in it.
    """
    made = copy.deepcopy(notebook)
    for vote in votes_in(made):
        _fold_what_it_shows(made.cells[vote.cell + 1 : _end_of_answer(made, vote)])
    for cell in made.cells:
        cell.source = reworded(cell, BEFORE_A_GUESS)
        if cell.cell_type == "markdown":
            cell.source = with_neutral_links(cell.source, headings or {})
        else:
            cell |= {"outputs": [], "execution_count": None}
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT if key in cell.metadata})
    made.cells = [cell for cell in made.cells if "solution" not in tags(cell)]
    made.metadata = nbformat.from_dict({key: made.metadata[key] for key in ("kernelspec", "language_info")})
    return made


def with_neutral_links(text: str, headings: Mapping[str, str]) -> str:
    """A text whose links lead to the neutral headings, and not to what is not there."""
    for old, new in headings.items():
        text = text.replace(f"#{anchor(old)}", f"#{anchor(new)}")
    return _OUTSIDE.sub(r"\1", text)


def _end_of_answer(notebook: nbformat.NotebookNode, vote: Vote) -> int:
    """The first cell after a prediction's answer that no longer speaks of it: code, heading, exercise, fold.

    The article's verdict does, and so may what comes after a *Try it*.
    """
    for i, cell in enumerate(notebook.cells[vote.revealed_in + 1 :], vote.revealed_in + 1):
        if (
            cell.cell_type != "markdown"
            or box(cell.source) not in ("", BOXES[TRY_IT], BOXES[ARTICLE])
            or cell.source.startswith(FOLD)
            or _HEADING.search(cell.source)
        ):
            return i
    return len(notebook.cells)


def _fold_what_it_shows(between: Iterable[nbformat.NotebookNode]) -> None:
    """Fold the texts from a prediction's first measurement on."""
    measured = False
    for cell in between:
        measured |= cell.cell_type == "code"
        of_itself = box(cell.source) == BOXES[TRY_IT] or _HEADING.search(cell.source)
        if cell.cell_type == "markdown" and measured and not of_itself:
            figure = CAPTION.match(cell.source)
            what = f"{figure[1]}: what it shows" if figure else "What this shows"
            cell.source = f"<details><summary>{what} (once you have guessed)</summary>\n\n{cell.source}\n\n</details>"


def teacher(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy with its outputs, and a note for the teacher at each prediction and each exercise."""
    made = copy.deepcopy(notebook)
    notes = {vote.cell: _vote_note(vote) for vote in votes_in(made)}
    notes |= {
        # behind the solution, where there is one
        at + ("solution" in tags(made.cells[at + 1])): exercise_note(exercise)
        for at, (_, exercise) in exercises_at(made).items()
    }
    cells = []
    for i, cell in enumerate(made.cells):
        cells.append(cell)
        if i in notes:
            note = nbformat.v4.new_markdown_cell(notes[i], metadata={"tags": ["teacher"]})
            note.id = f"teacher-{i}"
            cells.append(note)
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = linked(cell.source, lambda target: for_teacher(target, "notebooks/x", "notebooks"))
    made.cells = cells
    return made


def for_teacher(target: str, page: str, from_folder: str) -> str | None:
    """Where a link of `page`, its path in the repository, leads in the teacher's edition; None: to nothing in it.

    Args:
        from_folder: the folder that the page stands in there, "" or "notebooks".
    """
    path, mark, place = target.partition("#")
    if not path or re.match(r"[a-z]+:", target):
        return target
    there = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    there = PLANNING.get(there, there)
    inside = there.startswith(("notebooks/", "data/")) or "/" not in there
    return posixpath.relpath(there, from_folder or ".") + mark + place if inside else None


def _vote_note(vote: Vote) -> str:
    return f"> **For the teacher** · Let them vote before you go on. Measured: **{vote.measured}**."


def exercise_note(exercise: Exercise) -> str:
    """Minutes, level, what to ask, and the typical wrong answers: what the check says to each, and what to work out."""
    answers = list(wrong_answers(exercise))
    if any(question for _, question in answers):
        table = ["| The check says | Ask (in brackets what is right) |", "|---|---|"]
        table += [f"| {_cell(said)} | {_cell(question or 'as above')} |" for said, question in answers]
    else:
        table = [f"- {_cell(said)}" for said, _ in answers]
    return "\n".join(
        [
            f"> **For the teacher** · Exercise {exercise.number} · about {exercise.minutes} minutes · {exercise.level}",
            ">",
            f"> **Ask first:** {exercise.ask}",
            "",
            f"<details><summary>Typical wrong answers ({len(answers)}): what the check says, and what to ask</summary>",
            "",
            *table,
            "",
            "</details>",
        ]
    )


def wrong_answers(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """What the check says to each typical mistake; the question that helps, where numbers show it, or an empty text."""
    for mistake in exercise.mistakes:
        said = mistake.says
        if not isinstance(mistake.answer, str):
            message = exercise(mistake.answer).message  # in full: `says` may be a part of it
            said = message.removesuffix(exercise.target).rstrip(". ")
        if shown := exercise.instead(mistake):
            where, given, right = shown
            yield said, f"{where[:1].upper()}{where[1:]} yours gives {given}. What should it be? ({right})"
        else:
            yield said, ""


def _cell(text: str) -> str:
    """A text as a table's field has it, with nothing in it that Markdown would change."""
    return re.sub(r"([|*_$<\[\]`])", r"\\\1", " ".join(text.split()))


# --- folders and zips ---


def notebooks(root: Path = ROOT) -> dict[str, nbformat.NotebookNode]:
    """File's name -> notebook."""
    return {path.name: nbformat.read(path, as_version=4) for path in sorted((root / "notebooks").glob("*.ipynb"))}


def write(
    edition: str,
    build: Path = BUILD,
    names: Iterable[str] = (),
    wheel: Path | None = None,
    first: str = reader_copies.FIRST,
) -> Path:
    """Make an edition's folder, and its zip beside it; what lay there before is replaced. Returns the zip.

    Args:
        edition: "student" or "teacher".
        build: where both go.
        names: only these notebooks' files, such as "00_start_here.ipynb"; all of them unless given.
        wheel: the package as a wheel; it is built unless given.
        first: the file of the notebook to begin with, for the line that opens JupyterLab.
    """
    stored = notebooks()
    chosen = {name: stored[name] for name in names} or stored
    titles = {old: new for notebook in stored.values() for old, new in neutral_titles(notebook).items()}
    folder = build / f"autoencoders-{edition}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "notebooks" / "drawings", folder / "notebooks" / "drawings")
    for name, notebook in chosen.items():
        made = student(notebook, titles) if edition == "student" else teacher(notebook)
        nbformat.write(made, folder / "notebooks" / name)
    for page in (ROOT / "notebooks").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        _write(folder / "notebooks" / page.name, with_neutral_links(text, titles) if edition == "student" else text)
    (folder / "data").mkdir()
    for file in (ROOT / "data").iterdir():  # what was fetched lies in folders there, and is not handed out
        if file.is_file() and file.suffix != ".webp":
            shutil.copy(file, folder / "data")
    shutil.copy(ROOT / "constraints.txt", folder)
    shutil.copy(ROOT / "LICENSE", folder)
    wheel = Path(shutil.copy(wheel, folder)) if wheel else build_wheel(folder)
    start = (ROOT / "tools" / "edition_pages" / f"{edition}.md").read_text(encoding="utf-8")
    maps = f"{collection_map().markdown('notebooks/')}\n\n{article_map().markdown('notebooks/')}"
    _write(
        folder / "README.md",
        start.replace("WHEEL", wheel.name).replace(reader_copies.FIRST, first).replace("MAPS", maps),
    )
    if edition == "teacher":
        _write(folder / "TEACHER.md", overview(chosen))
        for source, name in PLANNING.items():
            text = (ROOT / source).read_text(encoding="utf-8")
            _write(folder / name, linked(text, functools.partial(for_teacher, page=source, from_folder="")))
    return Path(shutil.make_archive(str(folder), "zip", build, folder.name))


def overview(chosen: Mapping[str, nbformat.NotebookNode]) -> str:
    """A page for planning: every exercise with its minutes and level, every prediction with what was measured."""
    lines = [
        "# Exercises and votes",
        "",
        "Minutes and levels are estimates; what was measured is of the stored run.",
        "",
    ]
    for name, notebook in chosen.items():
        exercises, votes = exercises_at(notebook), votes_in(notebook)
        if exercises or votes:
            lines += [f"## [{title(notebook)}](notebooks/{name})", ""]
        if exercises:
            lines += ["| Exercise | Minutes | Level | Ask somebody who is stuck |", "|---|---|---|---|"]
            lines += [f"| {e.number} | {e.minutes} | {e.level} | {_cell(e.ask)} |" for _, e in exercises.values()] + [
                ""
            ]
        if votes:
            lines += ["| Vote | Measured |", "|---|---|"]
            lines += [f"| {_cell(vote.question)} | {_cell(vote.measured)} |" for vote in votes] + [""]
    return "\n".join(lines)


def build_wheel(target: Path) -> Path:
    """The package as a wheel in `target`, built from a copy, so that nothing is left in the checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(ROOT / "aeutils", Path(scratch) / "aeutils", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, scratch)
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--wheel-dir"]
        subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(target), scratch], check=True)
    return next(target.glob("aeutils-*.whl"))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("edition", choices=EDITIONS)
    parser.add_argument("--first", default=reader_copies.FIRST, help="the notebook to begin with: lesson_90")
    options = parser.parse_args()
    made = write(options.edition, first=reader_copies.notebook_named(options.first))
    print(f"{made.relative_to(ROOT)} and the folder beside it")

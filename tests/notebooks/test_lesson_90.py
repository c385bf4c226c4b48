"""The lesson of ninety minutes: its sections' minutes are ninety, can be kept, and are those of the teacher's plan."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest
from notebook_cells import LESSON, cells

from aeutils.chapters.lesson_90 import exercises as check
from aeutils.collection.reading import minutes_in_class, reading_of
from aeutils.lessons.exercises import exercises_in

CELLS = cells(LESSON)
PLAN = (LESSON.parents[1] / "docs" / "teach" / "plans.md").read_text(encoding="utf-8")
PLAN = PLAN.partition('<a id="ninety"></a>')[2].partition("## Half a day")[0]
MINUTES = minutes_in_class(nbformat.v4.new_notebook(cells=CELLS))
NEWCOMERS = 1.25  # how much longer than by the count
EXERCISES = {f"{exercise.number}": exercise for exercise in exercises_in(check).values()}


def section(heading):
    """The cells of a section."""
    starts = [i for i, cell in enumerate(CELLS) if cell.source.startswith("## ")] + [len(CELLS)]
    (at,) = (i for i in starts[:-1] if CELLS[i].source.startswith(f"## {heading} ("))
    return CELLS[at : next(i for i in starts if i > at)]


def rows(wide):
    """The rows of the plan's table with so many columns, below its head."""
    found = [re.split(r" ?\| ?", line.strip())[1:-1] for line in PLAN.splitlines() if line.startswith("|")]
    return [row for row in found if len(row) == wide][2:]


def test_every_section_says_its_minutes_and_they_are_ninety():
    headings = [cell.source.splitlines()[0] for cell in CELLS if cell.source.startswith("## ")]
    assert [f"## {heading} ({minutes} minutes)" for heading, minutes in MINUTES.items()] == headings
    assert sum(MINUTES.values()) == 90


def test_the_plan_runs_the_sections_minute_by_minute():
    start, wanted = 0, []
    for heading, minutes in MINUTES.items():
        wanted.append([f"{start}–{start + minutes}", heading])
        start += minutes
    assert [row[:2] for row in rows(4)] == wanted


def test_the_plan_says_what_the_minutes_are_made_of():
    *made, total = rows(6)
    assert [(row[0], int(row[1])) for row in made] == list(MINUTES.items())
    numbers = [[int(cell.strip("*")) if cell != "–" else 0 for cell in row[1:]] for row in [*made, total]]
    assert [row[0] for row in numbers] == [sum(row[1:]) for row in numbers]
    assert numbers[-1] == [sum(column) for column in zip(*numbers[:-1], strict=True)]
    for heading, (_, reading, exercise, *_) in zip(MINUTES, numbers, strict=False):
        counted = NEWCOMERS * reading_of({"cells": section(heading)}).minutes
        assert reading == pytest.approx(counted, abs=0.75), f"{heading}: {counted:.1f}"
        text = "\n".join(cell.source for cell in section(heading))
        own = sum(each.minutes for number, each in EXERCISES.items() if f"**Exercise {number}**" in text)
        assert exercise == pytest.approx(NEWCOMERS * own, abs=0.75), f"{heading}: {own}"


def test_the_explorer_opens_in_the_second_cell_that_runs():
    code = [cell.source for cell in CELLS if cell.cell_type == "code"]
    assert len(code) <= 25 and "ae.explore(" in code[1]
    assert sum("ae.explore(" in source for source in code) == 2


def test_there_is_an_easy_exercise_and_then_a_medium_one():
    assert [exercise.level for exercise in EXERCISES.values()] == ["easy", "medium"]


def test_every_task_says_what_one_should_see():
    (sheet,) = (cell.source for cell in CELLS if cell.source.startswith("1. **"))
    tasks = re.split(r"^\d\. ", sheet, flags=re.MULTILINE)[1:]
    assert 5 <= len(tasks) <= 6
    assert [task for task in tasks if task.count("<summary>What you should see</summary>") != 1] == []


def test_nothing_from_another_chapter_is_needed():
    """One can hand out the notebook and the package, and nothing else."""
    for cell in CELLS:
        if cell.cell_type == "code":
            imported = [node.module for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.ImportFrom)]
            assert [name for name in imported if "chapters" in name and name != "aeutils.chapters.lesson_90"] == []
            assert "open(" not in cell.source and "../" not in cell.source

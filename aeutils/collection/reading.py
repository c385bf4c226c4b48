"""How long a notebook takes: to read, counted from its cells; to run, as measured; its exercises, as they say."""

from __future__ import annotations

import ast
import importlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aeutils.collection.table import CLASS, RECIPES, Lesson
from aeutils.lessons.exercises import Exercise, exercises_in

_FOLDS = re.compile(r"(?s)<details>.*?</details>")
_NOT_WORDS = re.compile(r"(?s)\$\$.*?\$\$|!\[[^\]]*\]\([^)]*\)")
_IN_CLASS = re.compile(r"(.+) \((\d+) minutes\)")
_DRAWING = re.compile(r"!\[[^\]]*\]\([^)]*\.svg")
_FENCE_OR_HEADING = re.compile(r"(?ms)^```.*?^```|^(?P<level>#+) (?P<heading>[^\n]*)")


@dataclass(frozen=True)
class Reading:
    """What there is to read in a notebook's main line: optional and folded sections and solutions are left out.

    Attributes:
        words: in its text, without formulas on lines of their own.
        code_lines: without empty ones.
        claim_lines: lines of code that only claim, predict or reveal.
        pictures: figures and drawings.
    """

    words: int
    code_lines: int
    claim_lines: int
    pictures: int

    @property
    def minutes(self) -> float:
        """180 words, 8 lines of code or 30 lines of claims take a minute, a picture 45 seconds."""
        return self.words / 180 + self.code_lines / 8 + self.claim_lines / 30 + self.pictures * 0.75


def reading_of(notebook: Mapping[str, Any]) -> Reading:
    """Count what there is to read in a notebook.

    Args:
        notebook: as nbformat reads it, its outputs included.
    """
    words = code_lines = claim_lines = pictures = 0
    for cell, text in main_line(notebook["cells"]):
        if cell["cell_type"] == "markdown":
            pictures += len(_DRAWING.findall(text))
            words += len(_NOT_WORDS.sub(" ", text).split())
        elif cell["cell_type"] == "code":
            claiming = _claim_lines(text)
            claim_lines += claiming
            code_lines += max(sum(bool(line.strip()) for line in text.splitlines()) - claiming, 0)
            pictures += sum("image/png" in output.get("data", {}) for output in cell["outputs"])
    return Reading(words, code_lines, claim_lines, pictures)


def main_line(cells: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """What a first reading needs: a cell, and its text or, where it has several headings, the text below one of them.

    Left out are solutions, what is folded, and sections that say that they are optional or are stored folded.
    """
    left_out: int | None = None  # the level of the heading under which nothing counts
    for cell in cells:
        folded = cell["metadata"].get("jp-MarkdownHeadingCollapsed", False)
        skipped = bool({"optional", "solution"} & set(cell["metadata"].get("tags", [])))
        for level, heading, text in _sections(cell):
            if level and (left_out is None or level <= left_out):
                left_out = level if folded or is_optional(heading) else None
            if left_out is None and not skipped:
                yield cell, text


def _sections(cell: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    """A cell's text from heading to heading: level (0: no heading), the heading, and the text with it."""
    if cell["cell_type"] != "markdown":
        yield 0, "", cell["source"]
        return
    source = _FOLDS.sub(" ", cell["source"])
    headings = [match for match in _FENCE_OR_HEADING.finditer(source) if match["level"]]
    ends = [*(match.start() for match in headings), len(source)]
    yield 0, "", source[: ends[0]]
    for match, end in zip(headings, ends[1:], strict=True):
        yield len(match["level"]), match["heading"], source[match.start() : end]


def is_optional(heading: str) -> bool:
    """Whether a heading says that its section may be skipped."""
    return bool(re.search(r"optional|going deeper", heading, re.IGNORECASE))


def minutes_in_class(notebook: Mapping[str, Any]) -> dict[str, int]:
    """Section -> how long it takes in class with all talk, as its heading says at its end: `(12 minutes)`."""
    headings = (heading for cell in notebook["cells"] for level, heading, _ in _sections(cell) if level == 2)
    return {name: minutes for name, minutes in map(in_class, headings) if minutes}


def in_class(heading: str) -> tuple[str, int]:
    """A heading without the minutes at its end, and these; 0 where it has none."""
    found = _IN_CLASS.fullmatch(heading)
    return (found[1], int(found[2])) if found else (heading, 0)


def exercises_of(chapter: str) -> dict[str, Exercise]:
    """Name -> exercise of a notebook by its chapter, such as "ch04" or "ch04b"; empty if that has none."""
    try:
        module = importlib.import_module(f"aeutils.chapters.{chapter}.exercises")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("aeutils.chapters"):
            raise
        return {}
    return exercises_in(module)


def time_line(lesson: Lesson, notebook: Mapping[str, Any]) -> str:
    """`**Time:** about 40 minutes to read, 45 more for the exercises; under 30 seconds to run.`

    Minutes are rounded to five. Of recipes it says the minutes of one, which is what stands under a heading of the
    third level; of a lesson for a class, those of the class as well. How long a notebook runs is in its metadata, where
    `make outputs` puts it.
    """
    if lesson.outside == RECIPES:
        recipes = sum(level == 3 for cell in notebook["cells"] for level, _, _ in _sections(cell))
        minutes = max(round(reading_of(notebook).minutes / recipes), 2)
        reading = f"about {minutes} minutes to read one of {recipes} recipes"
    else:
        reading = f"about {_round(reading_of(notebook).minutes)} minutes to read"
        if lesson.outside == CLASS:
            reading = f"{sum(minutes_in_class(notebook).values())} minutes in class; alone, {reading}"
    if any(is_optional(heading) for cell in notebook["cells"] for _, heading, _ in _sections(cell)):
        reading += ", without the parts marked *optional*"
    exercises = sum(exercise.minutes for exercise in exercises_of(lesson.chapter).values())
    working = f"; about {_round(exercises)} more for the exercises" if exercises else ""
    seconds = notebook["metadata"].get("aeutils", {}).get("seconds")
    running = f"; {_duration(seconds)} to run" if seconds else ""
    every = " all of them" if lesson.outside == RECIPES and running else ""
    return f"**Time:** {reading}{working}{running}{every}."


def _round(minutes: float) -> int:
    return max(5 * round(minutes / 5), 5)


def _duration(seconds: int) -> str:
    if seconds < 60:
        return f"under {seconds} seconds"
    return "a minute" if seconds == 60 else f"about {math.ceil(seconds / 60)} minutes"


def _claim_lines(source: str) -> int:
    """Lines of statements that only claim, predict or reveal."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic such as %time
        return 0
    total = 0
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            name = getattr(function, "id", "") or getattr(function, "attr", "")
            if name in ("claim", "predict", "reveal"):
                total += (node.end_lineno or node.lineno) - node.lineno + 1
    return total

"""The lines in a notebook's first and last cell that are made: its times, and what comes before and after it."""

from __future__ import annotations

import re

from aeutils.collection.table import CLASS, Lesson, lessons

_TIME = re.compile(r"\n+\*\*Time:\*\* .*$", re.MULTILINE)
_NEED = re.compile(r"^\*\*You need:\*\* .*$", re.MULTILINE)
_NEIGHBOURS = re.compile(r"^(?:Before|Next|Back to): .*(?:\]\(.*\.ipynb\)|\*\(planned\)\*)$", re.MULTILINE)


def neighbours_line(lesson: Lesson) -> str:
    """`Before: [2 · Structure variations](…) · Next: 4 · MSE versus KL *(planned)*`.

    It leads from notebook to notebook past the companions. A notebook's own ones stand at its end. From what stands
    outside the order it leads to the first.
    """
    order = [other for other in lessons() if not other.outside]
    if lesson.outside:
        return f"{'Next' if lesson.outside == CLASS else 'Back to'}: {_linked(order[0])}"
    i = order.index(lesson)
    before = [other for other in order[:i] if not other.companion]
    after = [other for other in order[i + 1 :] if not other.companion]
    beside = [other for other in order if other.companion and other.number[:-1] == lesson.number]
    places = {"Before": before[-1:], "Next": after[:1], "Companion, may be skipped": beside}
    return " · ".join(f"{word}: {_linked(other)}" for word, others in places.items() for other in others)


def first_cell(source: str, time: str, neighbours: str) -> str:
    """A notebook's first cell with its generated lines as they should be; the rest of it is left alone.

    Raises:
        ValueError: there is no line `**You need:** …`, below which the times stand.
    """
    source = _TIME.sub("", source, count=1)
    if not (need := _NEED.search(source)):
        raise ValueError("the first cell has no line that starts with **You need:**; write one, the times follow it")
    source = f"{source[: need.end()]}\n\n{time}{source[need.end() :]}"  # a paragraph of its own
    return last_cell(source, neighbours)


def last_cell(source: str, neighbours: str) -> str:
    """A cell with the line of neighbours as it should be, at its end where it had none."""
    if _NEIGHBOURS.search(source):
        return _NEIGHBOURS.sub(lambda _: neighbours, source, count=1)
    return f"{source.rstrip()}\n\n{neighbours}"


def _linked(lesson: Lesson) -> str:
    return f"{lesson.short} *(planned)*" if lesson.planned else f"[{lesson.short}]({lesson.file})"

"""How far a learner has come: which exercises are solved, which claims were seen, notebook by notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from aeutils.collection.reading import exercises_of
from aeutils.collection.table import lessons
from aeutils.lessons import record


@dataclass(frozen=True)
class Row:
    """A notebook: its title, the numbers of its exercises that are solved and that are left, its claims seen."""

    title: str
    solved: tuple[str, ...]
    left: tuple[str, ...]
    claims: int

    def in_words(self) -> tuple[str, str]:
        """What was solved, and what was seen."""
        total = len(self.solved) + len(self.left)
        exercises = f"{len(self.solved)} of {total} exercises solved" if total else ""
        if self.solved and self.left:
            exercises += f" (left: {', '.join(self.left)})"
        return exercises, f"{self.claims} {'claim' if self.claims == 1 else 'claims'} seen" if self.claims else ""


@dataclass(frozen=True)
class Progress:
    """What `my_progress()` shows."""

    record: record.Record
    where: str

    def rows(self) -> Iterator[Row]:
        """The notebooks of the collection in which something was done, in order."""
        for lesson in lessons():
            numbers = [exercise.number for exercise in exercises_of(lesson.chapter).values()]
            solved = tuple(number for number in numbers if number in self.record.solved)
            left = tuple(number for number in numbers if number not in self.record.solved)
            claims = sum(notebook in (lesson.number or lesson.name, lesson.name) for notebook, _ in self.record.seen)
            if solved or claims:
                yield Row(lesson.short, solved, left, claims)

    def _lines(self) -> tuple[str, str]:
        exercises, claims = len(self.record.solved), len(self.record.seen)
        if not exercises and not claims:
            first = "Nothing solved and nothing seen so far."
        else:
            first = f"Exercises solved: {exercises}. Claims seen: {claims}."
        if record.enabled():
            return first, f"Kept on this computer alone, in {self.where}; ae.forget_progress() deletes it."
        return first, "Nothing is being noted here: this is no notebook, or AEUTILS_RECORD is set."

    def __repr__(self) -> str:
        rows = [f"{row.title}: {', '.join(filter(None, row.in_words()))}" for row in self.rows()]
        first, last = self._lines()
        return "\n".join([first, *rows, last])

    def _repr_html_(self) -> str:
        first, last = map(html.escape, self._lines())
        rows = [(row.title, *row.in_words()) for row in self.rows()]
        cells = (f'<td style="text-align: left">{html.escape(text)}</td>' for row in rows for text in row)
        table = "".join(f"<tr>{''.join(islice(cells, 3))}</tr>" for _ in rows)
        return f"<p><strong>{first}</strong></p><table>{table}</table><p>{last}</p>"


def my_progress() -> Progress:
    """Which exercises you have solved and which claims you have seen, in all notebooks, on this computer."""
    try:
        where = str(record.file())
    except RuntimeError:  # no home folder at all
        where = "no file: there is no home folder"
    return Progress(record.read(), where)


def forget_progress() -> str:
    """Delete what is noted about you. Says what was done.

    Raises:
        OSError: the file is there and cannot be deleted.
    """
    return "Forgotten." if record.forget() else "There was nothing to forget."

"""The maps of the collection, as notebook 00 and the README show them: its notebooks, and the article's statements."""

from __future__ import annotations

import html
from collections.abc import Callable

from aeutils.collection.table import CLASS, RECIPES, Lesson, lessons, statements

Cell = list[tuple[str, str]]  # each a text, and the file or address it links to or ""


class Map:
    """A table that is text, HTML and Markdown."""

    def __init__(self, head: list[str], rows: list[list[Cell]]) -> None:
        self._head, self._rows = head, rows

    def __repr__(self) -> str:
        return "\n".join(" | ".join("; ".join(text for text, _ in cell) for cell in row) for row in self._rows)

    def _repr_html_(self) -> str:
        def cell(parts: Cell) -> str:
            linked = (f'<a href="{to}">{html.escape(text)}</a>' if to else html.escape(text) for text, to in parts)
            return f'<td style="text-align: left;">{"<br>".join(linked)}</td>'

        head = "".join(f'<th style="text-align: left;">{html.escape(name)}</th>' for name in self._head)
        body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in self._rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def markdown(self, folder: str = "") -> str:
        """The table in Markdown, its links leading into `folder`."""

        def cell(parts: Cell) -> str:
            texts = ((text.replace("|", "\\|"), to) for text, to in parts)
            return ", ".join(f"[{text}]({'' if ':' in to else folder}{to})" if to else text for text, to in texts)

        rows = [self._head, ["---"] * len(self._head), *([cell(parts) for parts in row] for row in self._rows)]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def collection_map(places: Callable[[Lesson], Cell] | None = None) -> Map:
    """The notebooks: number and title, and what each is about; those to come, companions and others are marked.

    Args:
        places: where else a notebook can be run, for a column more; planned ones are not asked for.
    """

    def about(lesson: Lesson) -> str:
        marks = {
            "companion, may be skipped": lesson.companion,
            "to look things up": lesson.outside == RECIPES,
            "for a class": lesson.outside == CLASS,
            "planned": lesson.planned,
        }
        return "".join(f"{mark}: " for mark, applies in marks.items() if applies) + lesson.about

    rows: list[list[Cell]] = [[[(lesson.short, lesson.file)], [(about(lesson), "")]] for lesson in lessons()]
    if places is None:
        return Map(["notebook", "what it is about"], rows)
    for row, lesson in zip(rows, lessons(), strict=True):
        row.append([] if lesson.planned else places(lesson))
    return Map(["notebook", "what it is about", "run it in"], rows)


def article_map() -> Map:
    """The article's statements: what it says, our verdict, and the notebooks where it is settled or will be."""
    by_name = {lesson.name: lesson for lesson in lessons()}
    rows: list[list[Cell]] = []
    for statement in statements():
        where = [(by_name[name].short, by_name[name].file) for name in statement.evidence]
        where += [(f"planned: {by_name[name].short}", "") for name in statement.planned]
        verdict = statement.verdict.rstrip(",.") or "–"
        rows.append([[(statement.id, "")], [(statement.says, "")], [(verdict, "")], where])
    return Map(["", "the article says", "verdict", "where"], rows)

"""The maps of the collection: its notebooks, and what they say to each statement of the article.

Both are made from `collection.toml`, for notebook 00 and, by `make maps`, for the README.
"""

from __future__ import annotations

import html
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

_TABLE = Path(__file__).with_name("collection.toml")
_NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@dataclass(frozen=True)
class Lesson:
    """A notebook of the collection: `name` is its file's, without `.ipynb`; planned ones have no file yet."""

    name: str
    title: str
    about: str

    @property
    def number(self) -> str:
        """`"04"`; empty for what is not numbered yet."""
        return self.name.split("_")[0] if self.name[0].isdigit() else ""

    @property
    def short(self) -> str:
        """`"4 · MSE versus KL"`."""
        return f"{int(self.number)} · {self.title}" if self.number else self.title

    @property
    def planned(self) -> bool:
        """Whether the notebook is still to be written."""
        return not (_NOTEBOOKS / f"{self.name}.ipynb").exists()


@dataclass(frozen=True)
class Statement:
    """What the article says, and where the collection answers.

    Attributes:
        id: "A1" to "A40".
        says: the article's statement in our words.
        verdict: the bold text of the box that answers it; empty while every answer is planned.
        evidence: notebook -> the claims that carry the verdict, word for word.
        planned: notebooks to come that add to the answer.
    """

    id: str
    says: str
    verdict: str = ""
    evidence: dict[str, list[str]] = field(default_factory=dict)
    planned: tuple[str, ...] = ()


def lessons() -> list[Lesson]:
    """The notebooks in order, those that are planned included."""
    return [Lesson(name, **about) for name, about in _table()["notebooks"].items()]


def statements() -> list[Statement]:
    """The article's statements in order."""
    table = _table()
    table.pop("notebooks")
    return [Statement(id=key, **{**row, "planned": tuple(row.get("planned", ()))}) for key, row in table.items()]


class Map:
    """A table that is text, HTML and Markdown."""

    def __init__(self, head: list[str], rows: list[list[list[tuple[str, str]]]]) -> None:
        self._head, self._rows = head, rows  # a cell is a list of (text, file it links to or "")

    def __repr__(self) -> str:
        return "\n".join(" | ".join("; ".join(text for text, _ in cell) for cell in row) for row in self._rows)

    def _repr_html_(self) -> str:
        def cell(parts: list[tuple[str, str]]) -> str:
            linked = (f'<a href="{to}">{html.escape(text)}</a>' if to else html.escape(text) for text, to in parts)
            return f'<td style="text-align: left;">{"<br>".join(linked)}</td>'

        head = "".join(f'<th style="text-align: left;">{html.escape(name)}</th>' for name in self._head)
        body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in self._rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def markdown(self, folder: str = "") -> str:
        """The table in Markdown, its links leading into `folder`."""

        def cell(parts: list[tuple[str, str]]) -> str:
            texts = ((text.replace("|", "\\|"), to) for text, to in parts)
            return ", ".join(f"[{text}]({folder}{to})" if to else text for text, to in texts)

        rows = [self._head, ["---"] * len(self._head), *([cell(parts) for parts in row] for row in self._rows)]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def collection_map() -> Map:
    """The notebooks: number and title, and what each is about; those to come are marked as planned."""
    rows = []
    for lesson in lessons():
        link = "" if lesson.planned else f"{lesson.name}.ipynb"
        rows.append([[(lesson.short, link)], [(("planned: " if lesson.planned else "") + lesson.about, "")]])
    return Map(["notebook", "what it is about"], rows)


def article_map() -> Map:
    """The article's statements: what it says, our verdict, and the notebooks where it is settled or will be."""
    by_name = {lesson.name: lesson for lesson in lessons()}
    rows = []
    for statement in statements():
        where = [(by_name[name].short, f"{name}.ipynb") for name in statement.evidence]
        where += [(f"planned: {by_name[name].short}", "") for name in statement.planned]
        verdict = statement.verdict.rstrip(",.") or "–"
        rows.append([[(statement.id, "")], [(statement.says, "")], [(verdict, "")], where])
    return Map(["", "the article says", "verdict", "where"], rows)


def write_into(page: Path) -> None:
    """Put both maps into `page`, between its marks `<!-- collection map -->` and `<!-- article map -->`."""
    text = page.read_text(encoding="utf-8")
    for name, table in (("collection map", collection_map()), ("article map", article_map())):
        mark = f"<!-- {name} -->"
        before, _, after = text.split(mark)
        text = f"{before}{mark}\n\n{table.markdown('notebooks/')}\n\n{mark}{after}"
    page.write_text(text, encoding="utf-8")


def _table() -> dict:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    write_into(Path(sys.argv[1]))

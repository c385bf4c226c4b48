"""The table of the collection, `collection.toml`: its notebooks in order, and the article's statements.

All else that is known about the collection as a whole is made from it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("collection.toml")
# Why a notebook stands outside the order: short recipes that stand alone; or one lesson, to be taught from.
RECIPES, CLASS = OUTSIDE = ("recipes", "class")


@dataclass(frozen=True)
class Lesson:
    """A notebook of the collection.

    Attributes:
        name: its file's, without `.ipynb`.
        title: as in its heading.
        about: what it is about, in a few words.
        planned: it is still to be written.
        outside: why it stands outside the order, as one of `OUTSIDE`; empty for what stands in it.
    """

    name: str
    title: str
    about: str
    planned: bool = False
    outside: str = ""

    def __post_init__(self) -> None:
        if self.outside and self.outside not in OUTSIDE:
            raise ValueError(f"{self.name}: outside = {self.outside!r}; expected one of {', '.join(OUTSIDE)}")

    @property
    def number(self) -> str:
        """`"04"`, or `"04b"` for a companion; empty for what has no number, or none yet."""
        return self.name.split("_")[0] if self.name[0].isdigit() else ""

    @property
    def chapter(self) -> str:
        """The folder of `aeutils/chapters` with what it alone uses: `"ch04"`; its name, where it has no number."""
        return f"ch{self.number}" if self.number else self.name

    @property
    def companion(self) -> bool:
        """Whether it stands beside the notebook of the same number and may be skipped."""
        return self.number[-1:].isalpha()

    @property
    def short(self) -> str:
        """`"4 · MSE versus KL"`, `"4b · …"` for a companion."""
        number = self.number.removeprefix("0")
        return f"{number} · {self.title}" if number else self.title

    @property
    def file(self) -> str:
        """Its file in the notebooks' folder; empty while it is planned."""
        return "" if self.planned else f"{self.name}.ipynb"


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
    rows = {key: row for key, row in _table().items() if key not in ("repository", "notebooks")}
    return [Statement(id=key, **{**row, "planned": tuple(row.get("planned", ()))}) for key, row in rows.items()]


def repository() -> str:
    """Where on GitHub the collection is, "owner/name"; empty while nobody has said it."""
    return str(_table()["repository"])


def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))

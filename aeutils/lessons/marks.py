"""How the parts of a notebook's text begin: what to try, exercises, solutions, the article's words, figures.

Notebooks are written with these words; the tools that make a site, slides and editions of them know them from here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TRY_IT = "**Try it**"
EXERCISE = "**Exercise "
SOLUTION = "<details><summary>Solution"
ARTICLE = "> **The article says"
FOLD = "<details>"
BOXES = {TRY_IT: "try-it", EXERCISE: "exercise", SOLUTION: "solution", ARTICLE: "article"}  # with its name for a style
CAPTION = re.compile(r"\*\*((?:Figure|Table) \d+)\*\* · ")
# For whom a cell's metadata have other words than its text: `{"aeutils": {BEFORE_A_GUESS: {"text": "other text"}}}`.
BEFORE_A_GUESS = "before a guess"  # for students, who are still to predict
ON_THE_SITE = "on the site"  # for who reads where explorers live and no code runs


def box(text: str) -> str:
    """Which box a text begins, such as "exercise"; "" if none."""
    return next((name for begin, name in BOXES.items() if text.startswith(begin)), "")


def other_words(cell: Mapping[str, Any], reader: str) -> Mapping[str, str]:
    """What of a cell's text has other words for a reader, `BEFORE_A_GUESS` or `ON_THE_SITE`, and these."""
    return cell["metadata"].get("aeutils", {}).get(reader, {})


def reworded(cell: Mapping[str, Any], reader: str) -> str:
    """A cell's text as this reader has it.

    Raises:
        ValueError: the metadata name a text that does not stand in the cell.
    """
    text: str = cell["source"]
    for old, new in other_words(cell, reader).items():
        if old not in text:
            raise ValueError(f"cell {cell['id']}: {old!r} is to be {new!r} {reader}, but does not stand in it")
        text = text.replace(old, new)
    return text

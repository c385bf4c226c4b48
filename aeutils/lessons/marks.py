"""How the parts of a notebook's text begin: what to try, exercises, solutions, the article's words, figures.

Notebooks are written with these words; the tools that make a site, slides and editions of them know them from here.
"""

from __future__ import annotations

import re

TRY_IT = "**Try it**"
EXERCISE = "**Exercise "
SOLUTION = "<details><summary>Solution"
ARTICLE = "> **The article says"
FOLD = "<details>"
BOXES = {TRY_IT: "try-it", EXERCISE: "exercise", SOLUTION: "solution", ARTICLE: "article"}  # with its name for a style
CAPTION = re.compile(r"\*\*((?:Figure|Table) \d+)\*\* · ")
# In a caption, for who sees a still only because nothing has run yet.
AT_REST = re.compile(r" *\(Run the cell: the explorer takes its place\.\)")


def box(text: str) -> str:
    """Which box a text begins, such as "exercise"; "" if none."""
    return next((name for begin, name in BOXES.items() if text.startswith(begin)), "")

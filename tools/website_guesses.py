"""Predictions on the site: a question whose options are buttons, and an answer that stays closed until a guess.

Without scripts the options are a list, and the answer stands behind a fold. `docs/live/guess.js` does the rest.
"""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from aeutils.lessons.predictions import answered, remark

if TYPE_CHECKING:
    from website_outputs import Output

ROOT = Path(__file__).resolve().parents[1]
_ASKS = re.compile(r"^(\w+) = predict\(", re.MULTILINE)
_REVEALS = re.compile(r"^(\w+)\.reveal\(", re.MULTILINE)
_QUESTION = re.compile(r"<p><strong>(.*?)</strong></p><ul[^>]*>(.*)</ul>", re.DOTALL)
_OPTION = re.compile(r"<li><strong>(\w)</strong> · (.*?)</li>", re.DOTALL)
_REVEALED = re.compile(r"<p><strong>(Measured: .*?)</strong>.*?</p>", re.DOTALL)

Question = tuple[str, list[str]]  # what is asked, and the options, as HTML has them


def question_in(data: Mapping[str, str]) -> Question | None:
    """The question that an output of `predict` shows; None in any other."""
    found = _QUESTION.fullmatch(data.get("text/html", "").strip())
    return found and (found[1], [option for _, option in _OPTION.findall(found[2])])


@functools.cache
def questions(notebook: str) -> dict[str, Question]:
    """A notebook's predictions: name -> question and options."""
    found = {}
    for cell in nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and (asks := _ASKS.search(cell.source)):
            shown = (question_in(output.get("data", {})) for output in cell.outputs)
            found[asks[1]] = next(filter(None, shown))
    return found


def replace(output: Output, shown: str) -> str | None:
    """A question with its name, an answer with what is said to each guess; None for any other output."""
    if (asks := _ASKS.search(output.source)) and (question := question_in(output.data)):
        return question_html(asks[1], question)
    measured = _REVEALED.fullmatch(output.data.get("text/html", "").strip())
    if measured and (reveals := _REVEALS.findall(output.source)):
        (name,) = reveals
        return answer_html(name, questions(output.notebook)[name], html.unescape(measured[1]))
    return None


def question_html(name: str, question: Question) -> str:
    """The question as it stands without scripts."""
    asked, options = question
    items = "".join(
        f"<li><strong>{letter}</strong> · <span>{option}</span></li>"
        for letter, option in zip("ABCDEF", options, strict=False)
    )
    return f'<div class="ae-guess" data-guess="{name}"><p><strong>{asked}</strong></p><ul>{items}</ul></div>'


def answer_html(name: str, question: Question, measured: str) -> str:
    """The answer, behind a fold."""
    asked, options = question
    plain = [html.unescape(option) for option in options]
    answer, far = answered(measured, plain)
    remarks = html.escape(json.dumps({option: remark(option, answer, far) for option in plain}, ensure_ascii=False))
    return (
        f'<details class="ae-answer" id="answer-{name}" data-guess="{name}" data-remarks="{remarks}">'
        f"<summary>The answer to “{asked}”</summary><p><strong>{html.escape(measured)}</strong></p></details>"
    )


def write_assets(static: Path) -> None:
    """Nothing of its own: `website_live` writes the scripts."""

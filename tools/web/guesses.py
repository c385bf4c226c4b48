"""Predictions on the site: a question whose options are buttons, and an answer that stays closed until a guess.

Without scripts the options are a list, and the answer stands behind a fold. `docs/live/guess.js` does the rest.
"""

from __future__ import annotations

import functools
import html
import json
import re
from pathlib import Path

import nbformat
from stored_predictions import Question, asks, measured_in, question_in

from aeutils.lessons.predictions import answered, remark
from web.outputs import Output

ROOT = Path(__file__).resolve().parents[2]
_REVEALS = re.compile(r"^(\w+)\.reveal\(", re.MULTILINE)


@functools.cache
def questions(notebook: str) -> dict[str, Question]:
    """A notebook's predictions: name -> question and options."""
    found = {}
    for cell in nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and (name := asks(cell.source)):
            shown = (question_in(output.get("data", {})) for output in cell.outputs)
            found[name] = next(filter(None, shown))
    return found


def replace(output: Output, shown: str) -> str | None:
    """A question with its name, an answer with what is said to each guess; None for any other output."""
    if (asked := asks(output.source)) and (question := question_in(output.data)):
        return question_html(asked, question)
    if (measured := measured_in(output.data)) and (reveals := _REVEALS.findall(output.source)):
        (name,) = reveals
        return answer_html(name, questions(output.notebook)[name], html.unescape(measured))
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

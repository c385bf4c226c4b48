"""Predictions in a stored notebook: which cell asks, what it asks, and what was measured."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ASKS = re.compile(r"^(\w+) = predict\(", re.MULTILINE)
_QUESTION = re.compile(r"<p><strong>(.*?)</strong></p><ul[^>]*>(.*)</ul>", re.DOTALL)
_OPTION = re.compile(r"<li><strong>(\w)</strong> · (.*?)</li>", re.DOTALL)
_REVEALED = re.compile(r"<p><strong>(Measured: .*?)</strong>.*?</p>", re.DOTALL)

Question = tuple[str, list[str]]  # what is asked, and the options, as HTML has them


def question_in(data: Mapping[str, str]) -> Question | None:
    """The question that an output of `predict` shows; None in any other."""
    found = _QUESTION.fullmatch(data.get("text/html", "").strip())
    return found and (found[1], [option for _, option in _OPTION.findall(found[2])])


def measured_in(data: Mapping[str, str]) -> str | None:
    """The line "Measured: …" that an output of `reveal` shows, as HTML has it; None in any other."""
    found = _REVEALED.fullmatch(data.get("text/html", "").strip())
    return found and found[1]


def asks(source: str) -> str | None:
    """The name of the prediction for which a cell asks; None where it asks for none."""
    found = _ASKS.search(source)
    return found and found[1]

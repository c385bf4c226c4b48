"""Predictions: a question to answer before the cell that settles it is run."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from IPython.display import display

from aeutils.runtime import short

_LETTERS = "ABCDEF"


@dataclass(frozen=True)
class _Answer:
    measured: str
    remark: str

    def __repr__(self) -> str:
        return f"{self.measured} {self.remark}"

    def _repr_html_(self) -> str:
        return f"<p><strong>{html.escape(self.measured)}</strong> {html.escape(self.remark)}</p>"


class Prediction:
    """A multiple-choice question: the options as text, which every page shows, and live a button for each."""

    def __init__(self, question: str, options: Sequence[str]) -> None:
        import ipywidgets as widgets

        given = [] if isinstance(options, str) or not isinstance(options, Sequence) else [str(each) for each in options]
        if not isinstance(question, str):
            raise ValueError(f"question={short(question)}; expected a question in words")
        if not 2 <= len(given) <= len(_LETTERS) or len(set(given)) < len(given):
            raise ValueError(f"options={short(options)}: give two to {len(_LETTERS)} different answers to choose from")
        self.question = question
        self.options = tuple(given)
        self._buttons = widgets.ToggleButtons(options=self._lettered(), value=None, style={"button_width": "3em"})

    @property
    def guess(self) -> str | None:
        """The option chosen so far, or None. Assign to it to choose without the mouse."""
        return self._buttons.value

    @guess.setter
    def guess(self, option: str) -> None:
        if option not in self.options:
            raise ValueError(f"{option!r} is not one of the options: {', '.join(map(repr, self.options))}")
        self._buttons.value = option

    def reveal(self, answer: str) -> None:
        """Show the answer beside the reader's guess.

        Args:
            answer: one of the options, best computed from what was measured.

        Raises:
            ValueError: `answer` is not one of the options.
        """
        if answer not in self.options:
            raise ValueError(f"{answer!r} is not one of the options: {', '.join(map(repr, self.options))}")
        if self.guess is None:
            remark = "You made no guess this time."
        elif self.guess == answer:
            remark = f"You guessed “{self.guess}”, and so it is."
        else:
            remark = f"You guessed “{self.guess}”. What did you expect that did not happen?"
        display(_Answer(f"Measured: {answer}.", remark))

    def __repr__(self) -> str:
        return f"{self.question} " + " ".join(f"{letter}: {option}" for letter, option in self._lettered())

    def _repr_html_(self) -> str:
        choices = "".join(
            f"<li><strong>{letter}</strong> · {html.escape(option)}</li>" for letter, option in self._lettered()
        )
        return (
            f'<p><strong>{html.escape(self.question)}</strong></p><ul style="list-style: none; padding-left: 1em;">'
            f"{choices}</ul>"
        )

    def _lettered(self) -> list[tuple[str, str]]:
        return list(zip(_LETTERS, self.options, strict=False))


class _Buttons:
    """The live part of a prediction, with a text that is the same in every run."""

    def __init__(self, widget: Any) -> None:
        self._widget = widget

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {**self._widget._repr_mimebundle_(), "text/plain": "Run this cell to choose with buttons."}


def predict(question: str, options: Sequence[str]) -> Prediction:
    """Ask the reader for a guess; show it, and keep it for `.reveal(answer)` after the measurement.

    Args:
        question: what will be measured.
        options: two or more different answers.
    """
    prediction = Prediction(question, options)
    display(prediction)
    display(_Buttons(prediction._buttons))
    return prediction

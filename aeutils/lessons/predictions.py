"""Predictions: a question to answer before the cell that settles it is run."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from IPython.display import display

from aeutils.lessons.numbers import NUMERAL, close, number_words_in, numerals_in, plain, value_of
from aeutils.runtime import real_number, short

_LETTERS = "ABCDEF"
_FROM_TO = re.compile(rf"({NUMERAL})\s*(?:to|–|-)\s*({NUMERAL})|between ({NUMERAL}) and ({NUMERAL})", re.IGNORECASE)
_BELOW = re.compile(rf"\b(?:less than|fewer than|under|below) ({NUMERAL})", re.IGNORECASE)
_UP_TO = re.compile(rf"\b(?:at most|up to) ({NUMERAL})|({NUMERAL}) or (?:less|fewer)\b", re.IGNORECASE)
_ABOVE = re.compile(rf"\b(?:more than|over|above) ({NUMERAL})", re.IGNORECASE)
_FROM = re.compile(rf"\bat least ({NUMERAL})|({NUMERAL}) or more\b", re.IGNORECASE)
_NOWHERE = re.compile(r"(?:nowhere|none|neither|never|no)\b", re.IGNORECASE)
_NEAR = 1.5  # by what factor a number may be off and still be near


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
        self._buttons.observe(self._vote, "value")

    def _vote(self, change: Mapping[str, Any]) -> None:
        from aeutils.lessons import votes  # a program as well, `python -m`: it may not have been imported before that

        votes.cast(self.question, self.options, change["new"])

    @property
    def guess(self) -> str | None:
        """The option chosen so far, or None. Assign to it to choose without the mouse."""
        return self._buttons.value

    @guess.setter
    def guess(self, option: str) -> None:
        if option not in self.options:
            raise ValueError(f"{option!r} is not one of the options: {', '.join(map(repr, self.options))}")
        self._buttons.value = option

    def reveal(
        self,
        answer: Any = None,
        *,
        largest: Mapping[Any, float] | None = None,
        smallest: Mapping[Any, float] | None = None,
    ) -> None:
        """Show the answer beside the reader's guess; which option it is, is found from what was measured.

        A number stands beside its option; where none is within a factor of 1.5 of it, the answer says so.

        Args:
            answer: the option itself; True or False, for the option that begins with yes or no; a number, for the
                option whose range holds it ("10 to 20", "more than 20"), or else whose number is nearest by ratio
                ("about 90"); a list of numbers, for the option that names exactly these ("at 2 and 8"), the empty
                list for the one that begins with "nowhere", "none" or "no".
            largest: name -> number, for the option that has the name of the largest in it; where the first two are
                within 10 % of one another, for an option with the word "same", if there is one.
            smallest: the same with the smallest.

        Raises:
            ValueError: not exactly one of the three was given, or none or several of the options fit it.
        """
        given = {"answer": answer, "largest": largest, "smallest": smallest}
        given = {name: value for name, value in given.items() if value is not None}
        if len(given) != 1:
            raise ValueError(
                f"reveal got {', '.join(given) or 'nothing'}; expected one of answer, largest and smallest"
            )
        ((name, value),) = given.items()
        value = plain(value)
        answer = self._found(value) if name == "answer" else self._winner(value, name)
        number = _number(value)
        far = number is not None and self._is_far(answer, number)
        if number is None:
            measured = f"Measured: {answer}."
        elif far:
            measured = f"Measured: {_written(number)}. No option is near; “{answer}” is nearest."
        else:
            measured = f"Measured: {answer} ({_written(number)})."
        display(_Answer(measured, remark(self.guess, answer, far)))

    def _found(self, answer: Any) -> str:
        """The option that a text, a truth value, a number or a list of numbers means."""
        if isinstance(answer, str):
            if answer not in self.options:
                raise ValueError(f"{answer!r} is not one of the options: {', '.join(map(repr, self.options))}")
            return answer
        if isinstance(answer, bool):
            word = "yes" if answer else "no"
            fitting = [option for option in self.options if re.match(rf"{word}\b", option, re.IGNORECASE)]
            return self._only(fitting, repr(answer), f"one that begins with {word!r}")
        if isinstance(answer, list | tuple | set):
            numbers = sorted(real_number(number, "a number in the answer") for number in answer)
            fitting = [option for option in self.options if _names(option, numbers)]
            return self._only(
                fitting, short(answer), "one that names exactly these numbers" if numbers else "'nowhere'"
            )
        number = real_number(answer, "answer", "an option, True or False, a finite number, or a list of numbers")
        if not (fitting := [option for option in self.options if _in_range(option, number)]):
            fitting = self._nearest(number)
        return self._only(fitting, f"{number:.4g}", "one range that holds it, or one number that is nearest by ratio")

    def _nearest(self, number: float) -> list[str]:
        """The options that state a single number, no range, of which none is nearer to `number` by ratio."""
        far = {}
        for option in self.options:
            stated = numerals_in(option) or number_words_in(option)
            if len(stated) == 1 and _in_range(option, number) is None:
                ratio = stated[0] / number if number else math.nan
                far[option] = abs(math.log(ratio)) if ratio > 0 else math.inf if stated[0] != number else 0.0
        least = min(far.values(), default=math.inf)
        return [option for option, distance in far.items() if distance == least < math.inf]

    def _is_far(self, option: str, number: float) -> bool:
        """Whether an option that was found as the nearest is more than a factor of 1.5 off."""
        if _in_range(option, number) is not None:
            return False
        (stated,) = numerals_in(option) or number_words_in(option)
        return stated != number and not 1 / _NEAR <= stated / number <= _NEAR

    def _winner(self, numbers: Mapping[Any, float], which: str) -> str:
        """The option that names the largest or smallest of `numbers`, or says that the first two are the same."""
        if not isinstance(numbers, Mapping) or len(numbers) < 2:
            raise ValueError(f"{which}={short(numbers)}; expected two or more names with their numbers")
        values = {str(name): real_number(value, str(name)) for name, value in numbers.items()}
        first, second = sorted(values, key=values.__getitem__, reverse=which == "largest")[:2]
        gap, smaller = abs(values[first] - values[second]), min(abs(values[first]), abs(values[second]))
        measured = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        same = [option for option in self.options if re.search(r"\bsame\b", option, re.IGNORECASE)]
        if same and gap <= 0.1 * smaller:
            return self._only(same, measured, "one that says 'same'")
        if not gap:
            raise ValueError(f"{measured}: the first two are equal; expected an option that says 'same'")
        fitting = [option for option in self.options if _named(option, values) == [first]]
        return self._only(fitting, f"{which} of {measured}", f"one that has {first!r} in it, and no other of the names")

    def _only(self, fitting: Sequence[str], came: str, wanted: str) -> str:
        if len(fitting) == 1:
            return fitting[0]
        of = ", ".join(map(repr, fitting or self.options))
        raise ValueError(f"{came} fits {'several' if fitting else 'none'} of the options: {of}; expected {wanted}")

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


def remark(guess: str | None, answer: str, far: bool = False) -> str:
    """What is said of a guess beside the answer; `far`: the answer is only the nearest of the options."""
    if guess is None:
        return "You made no guess this time."
    if guess == answer:
        return f"You guessed “{guess}”, {'the nearest' if far else 'and so it is'}."
    return f"You guessed “{guess}”. What did you expect that did not happen?"


def answered(measured: str, options: Sequence[str]) -> tuple[str, bool]:
    """Which option a line that `reveal` showed says it is, and whether only as the nearest: for a stored answer.

    Raises:
        ValueError: it names none of the options.
    """
    far = re.search("No option is near; “(.*)” is nearest", measured)
    said = far[1] if far else measured.removeprefix("Measured: ")
    fitting = [
        option for option in options if said == option or (not far and said.startswith((f"{option}.", f"{option} (")))
    ]
    if not fitting:
        raise ValueError(f"{measured!r} names none of the options: {', '.join(map(repr, options))}")
    return max(fitting, key=len), far is not None


def _number(value: Any) -> float | None:
    """The single number that was measured; None where it was something else."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _written(number: float) -> str:
    """A count as it is; anything else always with a decimal point, since its last digits depend on the machine."""
    if isinstance(number, int):
        return f"{number:,}"
    size = abs(number)
    return f"{number:,.1f}" if size >= 0.9995 or not size else f"{number:.3g}" if size >= 1e-4 else f"{number:.1e}"


def _in_range(option: str, number: float) -> bool | None:
    """Whether a number lies in the range that an option states; None where it states none."""
    if found := _FROM_TO.search(option):
        low, high = (value_of(end) for end in found.groups() if end)
        return low <= number <= high
    for pattern, holds in (
        (_BELOW, number.__lt__),
        (_UP_TO, number.__le__),
        (_ABOVE, number.__gt__),
        (_FROM, number.__ge__),
    ):
        if found := pattern.search(option):
            return holds(value_of(next(filter(None, found.groups()))))
    return None


def _names(option: str, numbers: Sequence[float]) -> bool:
    """Whether an option names exactly these numbers, given in ascending order; no range does."""
    if not numbers:
        return bool(_NOWHERE.match(option))
    stated = sorted(numerals_in(option) or number_words_in(option))
    same = len(stated) == len(numbers) and all(map(close, stated, numbers))
    return same and _in_range(option, 0.0) is None


def _named(option: str, names: Iterable[str]) -> list[str]:
    """Those of the names that an option has in it as whole words, less those that are a part of another one."""
    found = [name for name in names if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w|\.\d)", option, re.IGNORECASE)]
    return [name for name in found if not any(name != other and name.lower() in other.lower() for other in found)]


def predict(question: str, options: Sequence[str]) -> Prediction:
    """Ask the reader for a guess; show it, and keep it for `.reveal(…)` after the measurement.

    Args:
        question: what will be measured.
        options: two or more different answers.
    """
    from aeutils import stills

    prediction = Prediction(question, options)
    display(prediction)
    stills.show(stills.hiding(prediction._buttons), "<p>Run this cell to choose.</p>")
    return prediction

"""Exercises as data: what an answer is tried on, the right function, and typical mistakes with what each is told.

An `Exercise` can be listed (a test feeds every listed mistake back as an answer) and called: `exercise(answer)` tries
the reader's function on the examples and says how it fared. A chapter keeps its own in `chapters/chNN/exercises.py`.
"""

from __future__ import annotations

import copy
import functools
import html
import inspect
import linecache
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aeutils.figures import look
from aeutils.lessons import record
from aeutils.runtime import kind_and_reason

NOT_ATTEMPTED, CORRECT, NOT_YET = "Not attempted", "Correct", "Not yet"
LEVELS = ("easy", "medium", "hard", "for the best")
_COLOURS = {NOT_ATTEMPTED: look.GREY, CORRECT: look.BLUE, NOT_YET: look.ORANGE}


@dataclass(frozen=True)
class Feedback:
    """What a check says: `status` is "Not attempted", "Correct" or "Not yet"; `message` says why."""

    status: str
    message: str

    def __repr__(self) -> str:
        return f"{self.status}: {self.message}"

    def _repr_html_(self) -> str:
        return (
            f'<div style="border-left: 4px solid {_COLOURS[self.status]}; padding: 0.2em 0.8em;">'
            f"<strong>{self.status}</strong> · {html.escape(self.message)}</div>"
        )


class Diagnosis(Exception):
    """Raised while an answer is observed, when its form (or a NaN in it) tells what went wrong."""


class NotAttempted(Exception):
    """Raised while an answer is observed, when the stub's `...` is still in it."""


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer, and what the reader is told about it.

    Attributes:
        says: the message; where the check has one anyway (from the answer's form, say), words that stand in it.
        answer: the wrong function, called like the reader's; or its source text, where the form of the code matters.
    """

    says: str
    answer: Callable[..., Any] | str


@dataclass(frozen=True)
class Exercise:
    """An exercise: everything that its check, its tests and later an answer sheet need to know.

    Attributes:
        number: as in the notebook, "0.1".
        examples: what an answer is called with, a tuple of arguments each; or a function that makes them when needed.
        right: the right function.
        mistakes: typical wrong answers, the more telling first: the first whose values fit is named.
        praise: said when the answer is right; what it shows.
        target: said when nothing has been tried, and after what no mistake explains: what to aim for.
        returns: the answer in words, such as "[N], one number for each image"; said when the shape is another.
        parts: names of the values, where an answer has several: ("the weight", "the bias"). It must be so many.
        observe: `(answer, *arguments) -> value`: what is compared; the answer's own value unless given. It may raise
            `Diagnosis` or `NotAttempted`. The right function and the mistakes are observed in the same way.
        minutes: about how long a reader takes.
        tolerance: largest difference that counts as equal, relative to the largest number expected.
        labels: what the values are, where they are names and not amounts, such as "digits": it is said how many differ.
        level: one of `LEVELS`: how hard it is, for who chooses exercises for a class.
        ask: what a teacher asks somebody who is stuck; it does not tell the answer.
    """

    number: str
    examples: Sequence[tuple] | Callable[[], Sequence[tuple]]
    right: Callable[..., Any]
    mistakes: Sequence[Mistake]
    praise: str
    target: str
    returns: str = ""
    parts: tuple[str, ...] = ()
    observe: Callable[..., Any] | None = None
    minutes: int = 10
    tolerance: float = 1e-4
    labels: str = ""
    level: str = "medium"
    ask: str = ""

    def __call__(self, answer: Callable[..., Any]) -> Feedback:
        """Try `answer` on every example; nothing that happens here moves PyTorch's random numbers."""
        with torch.random.fork_rng(devices=[]):
            feedback = self._check(answer)
        if feedback.status == CORRECT:
            record.solved(self.number)
        return feedback

    @functools.cached_property
    def tried_on(self) -> list[tuple]:
        """The examples, made when first needed."""
        return list(self.examples() if callable(self.examples) else self.examples)

    @functools.cached_property
    def expected(self) -> list[Any]:
        """What the right function gives for each example."""
        return self.values(self.right)

    def values(self, answer: Callable[..., Any]) -> list[Any]:
        """What is compared, for each example; every call gets arguments of its own.

        Raises:
            Diagnosis, NotAttempted: see `observe`. What the answer itself raises passes through.
        """
        return [self._observed(answer, arguments) for arguments in self.tried_on]

    def instead(self, mistake: Mistake) -> tuple[str, str, str] | None:
        """Where a mistake shows: ("for n = 3, k = 2", "6", "7"), the last one right; None where it takes more words.

        An exercise without arguments has nothing to work out by hand.
        """
        wrong = self._wrong(mistake) if any(self.tried_on) else None
        for i, (one, other) in enumerate(zip(wrong or [], self.expected if wrong else [], strict=True)):
            if not _alike([one], [other], self.tolerance):
                given, right = _shown(one, 4), _shown(other, 4)
                few = all(len(text) <= 40 and not text.startswith("a ") for text in (given, right))
                return (self._named(i).removesuffix(": "), given, right) if few and given != right else None
        return None

    def _observed(self, answer: Callable[..., Any], arguments: tuple) -> Any:
        return (self.observe or self._value)(answer, *_own(arguments))

    def _value(self, answer: Callable[..., Any], *arguments: Any) -> Any:
        given = answer(*arguments)
        return several(given, self.parts) if self.parts else attempted(given)

    def _check(self, answer: Callable[..., Any]) -> Feedback:
        if answer is ...:
            return Feedback(NOT_ATTEMPTED, self.target)
        if not callable(answer):
            return Feedback(NOT_YET, f"give the check your function, by its name alone; got {_shown(answer)}")
        expected = self.expected  # first, so that a fault in it is not taken for the reader's
        given: list[Any] = []
        try:
            for arguments in self.tried_on:
                given.append(self._observed(_marked(answer), arguments))
        except NotAttempted:
            return Feedback(NOT_ATTEMPTED, self.target)
        except Diagnosis as diagnosis:
            return Feedback(NOT_YET, str(diagnosis))
        except Exception as error:  # the reader's code may fail in any way; the notebook goes on
            if "ellipsis" in str(error) and _is_answers(error):  # a sum with the stub's `...` in it
                return Feedback(NOT_ATTEMPTED, self.target)
            where = self._named(len(given)) if given else ""  # the examples before it went well
            return Feedback(NOT_YET, where + _what_was_raised(error, answer, self._takes(), self.target))
        if _alike(given, expected, self.tolerance):
            return Feedback(CORRECT, self.praise)
        off = self._what_is_off(given, expected)
        for mistake in self.mistakes:
            if _alike(given, self._wrong(mistake), self.tolerance):
                return Feedback(NOT_YET, off if mistake.says in off else mistake.says)
        return Feedback(NOT_YET, off)

    def _wrong(self, mistake: Mistake) -> list[Any] | None:
        if isinstance(mistake.answer, str):
            return None
        try:
            return self.values(mistake.answer)
        except Exception:  # it is told by what it raises, and so is an answer like it
            return None

    def _what_is_off(self, given: list[Any], expected: list[Any]) -> str:
        constant = len(given) > 1 and all(_alike(given[:1], [other], 0) for other in given[1:])
        if constant and not all(_alike(expected[:1], [other], self.tolerance) for other in expected[1:]):
            return (
                f"your answer is {_shown(given[0])} for every example; it has to follow from the arguments. "
                f"{self.target}"
            )
        for i, (one, other) in enumerate(zip(given, expected, strict=True)):
            difference = _difference(one, other, self.parts)
            if isinstance(difference, str):
                return f"{difference}{f'. Wanted: {self.returns}' if self.returns else ''}. {self.target}"
            if difference > self.tolerance:
                return f"{self._named(i)}{_says(one, other, self.parts, self.tolerance, self.labels)}. {self.target}"
        raise AssertionError("no value is off")

    def _named(self, i: int) -> str:
        """The arguments of an example that can be shown (the shape of a large tensor says nothing), or its number."""
        names = zip(inspect.signature(self.right).parameters, map(_shown, self.tried_on[i]), strict=False)
        shown = ", ".join(f"{name} = {value}" for name, value in names if not value.startswith("a "))
        if not shown and len(self.tried_on) > 1:
            shown = f"example {i + 1} of {len(self.tried_on)}"
        return f"for {shown}: " if shown else ""

    def _takes(self) -> str:
        return ", ".join(inspect.signature(self.right).parameters) or "no arguments"


def exercises_in(module: ModuleType) -> dict[str, Exercise]:
    """Name -> exercise, in the order in which a chapter's module has them."""
    return {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}


def but(right: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    """A wrong answer: what the right function gives, changed; `but(right, torch.neg)` has the wrong sign."""
    return lambda *arguments: change(right(*arguments))


def attempted(value: Any) -> Any:
    """Return `value`, if it is one.

    Raises:
        NotAttempted: it is still the stub's `...`, or holds one.
        Diagnosis: nothing was returned.
    """
    if value is ... or (isinstance(value, tuple | list) and any(part is ... for part in value)):
        raise NotAttempted
    if value is None:
        raise Diagnosis("your function returns nothing: is the word return missing?")
    return value


def number(value: Any) -> float:
    """One number from an answer.

    Raises:
        NotAttempted: the stub's `...` is still there.
        Diagnosis: something else than a number (a truth value is none), or several of them.
    """
    value = attempted(value)
    if getattr(value, "shape", ()) not in ((), (1,)):
        raise Diagnosis(f"return one number; yours has shape {list(value.shape)}")
    try:
        if isinstance(value, str) or "bool" in str(getattr(value, "dtype", type(value))):
            raise TypeError
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError):
        raise Diagnosis(f"return one number; got {_shown(value)}") from None


def whole_number(value: Any) -> int:
    """One whole number from an answer.

    Raises:
        NotAttempted: the stub's `...` is still there.
        Diagnosis: something else than a number, several of them, or a number with a fraction.
    """
    found = number(value)
    if not found.is_integer():
        raise Diagnosis(f"return a whole number; got {_shown(found)}")
    return int(found)


def one_number(answer: Callable[..., Any], *arguments: Any) -> float:
    """What to observe of an answer that gives one number; errors as `number`'s."""
    return number(answer(*arguments))


def one_whole_number(answer: Callable[..., Any], *arguments: Any) -> int:
    """What to observe of an answer that gives one whole number; errors as `whole_number`'s."""
    return whole_number(answer(*arguments))


def _own(arguments: tuple) -> list[Any]:
    """Arguments that an answer may change: copies, and none is another one's, though the example gives one twice."""
    return [copy.deepcopy(each) if isinstance(each, Tensor) else each for each in copy.deepcopy(arguments)]


def several(value: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """So many values from an answer, as a tuple.

    Raises:
        NotAttempted: the stub's `...` is still there.
        Diagnosis: not so many values, or a value that is None.
    """
    value = attempted(value)
    if not isinstance(value, tuple | list) or len(value) != len(names):
        came = f"{len(value)} values" if isinstance(value, tuple | list) else _shown(value)
        raise Diagnosis(f"return {len(names)} values, separated by commas: {', '.join(names)}; got {came}")
    for name, part in zip(names, value, strict=True):
        if part is None:
            raise Diagnosis(f"{name} is None")
    return tuple(value)


def finite(value: Any, otherwise: str) -> Any:
    """An answer without NaN and infinite values.

    Raises:
        NotAttempted: the stub's `...` is still there.
        Diagnosis: nothing was returned; or, with the words `otherwise`, a value is NaN or infinite.
    """
    value = attempted(value)
    if isinstance(value, Tensor) and not value.isfinite().all():
        raise Diagnosis(otherwise)
    return value


@contextmanager
def told(meanings: Mapping[str, str]) -> Iterator[None]:
    """Inside, an error whose message holds one of these words is told by what it means here.

    Args:
        meanings: words of Python's or PyTorch's message -> what the reader is told instead.

    Raises:
        Diagnosis: such an error was raised. Any other passes through.
    """
    try:
        yield
    except Exception as raised:
        for words, meaning in meanings.items():
            if words in str(raised):
                raise Diagnosis(meaning) from raised
        raise


def choices(value: Any, names: Sequence[str], options: Sequence[str]) -> tuple[str, ...]:
    """One of the `options` for each of the `names`, in lower case, from an answer.

    Raises:
        NotAttempted: the stub's `...` is still there.
        Diagnosis: not so many values, or one that is no option.
    """
    given = tuple(one.strip().lower() if isinstance(one, str) else one for one in several(value, names))
    for one in given:
        if one not in options:
            raise Diagnosis(f"{_shown(one)} is not in the list; choose from {', '.join(map(repr, options))}")
    return given


def _marked(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer; what it raises is marked as its own, so that a fault of the check is not taken for the reader's."""

    @functools.wraps(answer)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return answer(*arguments, **named)
        except Exception as error:
            error.__dict__["_of_the_answer"] = True
            raise

    return call


def _is_answers(error: BaseException) -> bool:
    return error.__dict__.get("_of_the_answer", False)


def _what_was_raised(error: Exception, answer: Callable[..., Any], takes: str, target: str) -> str:
    kind = kind_and_reason(error)
    if not _is_answers(error):
        return f"the check cannot use what your function returned ({kind}). {target}"
    code = getattr(inspect.unwrap(answer), "__code__", None)  # of the reader's function, whatever decorates it
    if code is None:
        return f"your code raised {kind}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == code.co_filename]
    if not lines:  # it was never entered
        return f"your function cannot be called as the stub can ({kind}). It takes {takes}"
    line = linecache.getline(code.co_filename, lines[-1] or 0).strip()
    return f"your code raised {kind} (in line {lines[-1]}{f', {line}' if line else ''})"


def _array(value: Any) -> np.ndarray:
    if isinstance(value, tuple | list):
        value = [_array(part) for part in value]
    if isinstance(value, Tensor) and not value.is_complex():
        value = value.detach().cpu().double().numpy()
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError("these are not real numbers")
    return array.astype(np.float64)


def _alike(given: list[Any], expected: list[Any] | None, tolerance: float) -> bool:
    if expected is None:
        return False
    differences = (_difference(one, other) for one, other in zip(given, expected, strict=True))
    return all(not isinstance(difference, str) and difference <= tolerance for difference in differences)


def _difference(given: Any, expected: Any, parts: Sequence[str] = ()) -> float | str:
    """The largest difference relative to the largest number expected, or a sentence on why they cannot be compared."""
    if isinstance(expected, str):
        return 0.0 if isinstance(given, str) and given.strip().lower() == expected.lower() else 1.0
    if isinstance(expected, tuple | list):
        if not isinstance(given, tuple | list) or len(given) != len(expected):
            return f"expected {len(expected)} values, separated by commas; got {_shown(given)}"
        found = [_difference(a, b) for a, b in zip(given, expected, strict=True)]
        wrong = next((i for i, one in enumerate(found) if isinstance(one, str)), None)
        if wrong is not None:
            return f"{_part(wrong, len(expected), parts)}: {found[wrong]}"
        return max(found, default=0.0)
    try:
        a, b = _array(given), _array(expected)
    except (TypeError, ValueError, RuntimeError):
        return f"expected a number or a tensor; got {_shown(given)}"
    if a.shape == (1,) and not b.ndim:  # one number, as `number` has it
        a = a.reshape(())
    if a.shape != b.shape:
        return f"expected {_form(b)}; got {_form(a)}"
    same = (a == b) | (np.isnan(a) & np.isnan(b))  # a mistake may lead to infinity or NaN
    if not np.isfinite([a[~same], b[~same]]).all():
        return np.inf
    return float(np.abs(a[~same] - b[~same]).max(initial=0.0) / np.abs(b[np.isfinite(b)]).max(initial=1e-12))


def _form(array: np.ndarray) -> str:
    return f"shape {list(array.shape)}" if array.ndim else "one number"


def _part(i: int, count: int, parts: Sequence[str]) -> str:
    return parts[i] if parts else f"value {i + 1} of {count}"


def _says(given: Any, expected: Any, parts: tuple[str, ...], tolerance: float, labels: str = "") -> str:
    if isinstance(expected, str):
        return f"{_shown(given)} is not it"
    if isinstance(expected, tuple | list):
        pairs = list(zip(given, expected, strict=True))
        wrong = next(i for i, pair in enumerate(pairs) if not _alike([pair[0]], [pair[1]], tolerance))
        return f"{_part(wrong, len(expected), parts)} is off: {_says(*pairs[wrong], (), tolerance, labels)}"
    b = _array(expected)
    a = _array(given).reshape(b.shape)
    if np.isnan(b).any() and (np.isnan(a) != np.isnan(b)).any():
        return "NaN stands in other places than in the right answer"
    if not np.isfinite(a[np.isfinite(b)]).all():
        return "the answer holds NaN or infinite values"
    off = (a != b) & ~np.isnan(b)  # NaN is right where it is due
    if b.ndim and labels:
        return f"{off.sum()} of {b.size} {labels} differ from the right ones"
    if b.ndim:
        return f"the largest difference from the right values is {np.abs(a[off] - b[off]).max():.3g}"
    if abs(a - b) >= abs(b):
        return f"got {_shown(float(a))}, far from the target"
    return f"got {_shown(float(a))}, which is {_shown(float(abs(a - b)), 3)} too {'much' if a > b else 'little'}"


def _shown(value: Any, digits: int = 6) -> str:
    """A value in few words."""
    if isinstance(value, Tensor):
        if value.numel() > 8 or value.ndim > 1:
            return f"a tensor {list(value.shape)}"
        value = value.tolist()
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, tuple | list):
        inner = ", ".join(map(_shown, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    text = repr(value)
    if isinstance(value, Mapping | nn.Module) or len(text) > 60 or text.startswith("<"):
        return f"a {type(value).__name__}"
    return text

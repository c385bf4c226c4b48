"""Exercises: a stub returns `...`, a check compares the answer with the right one and with typical mistakes."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

_COLOURS = {"Not attempted": "#767676", "Correct": "#0072B2", "Not yet": "#E69F00"}


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


def grade(
    answer: Callable[[], Any],
    expected: Any,
    mistakes: Mapping[str, Any],
    *,
    praise: str,
    target: str,
    tolerance: float = 1e-4,
) -> Feedback:
    """Compare an answer with the expected one, then with what typical mistakes give.

    Args:
        answer: calls the reader's code; `...` (or None from an unfinished function) means not attempted.
        expected: a number, a string, a tensor, or a tuple of these.
        mistakes: diagnosis -> what that mistake gives. The first that fits is named.
        praise: said when the answer is right; what it shows.
        target: said when nothing has been tried: what to aim for.
        tolerance: largest difference that counts as equal, relative to the largest number expected.
    """
    try:
        given = answer()
    except NotAttempted:
        return Feedback("Not attempted", target)
    except Diagnosis as diagnosis:
        return Feedback("Not yet", str(diagnosis))
    except Exception as error:  # the reader's code may fail in any way; the notebook goes on
        if "ellipsis" in str(error):  # a sum with the stub's `...` in it
            return Feedback("Not attempted", target)
        said = str(error).strip().splitlines() or [""]
        return Feedback("Not yet", f"your code raised {type(error).__name__}: {said[0]}")
    if given is ... or given is None:
        return Feedback("Not attempted", target)
    difference = _difference(given, expected)
    if not isinstance(difference, str) and difference <= tolerance:
        return Feedback("Correct", praise)
    for mistake, wrong in mistakes.items():
        close = _difference(given, wrong)
        if not isinstance(close, str) and close <= tolerance:
            return Feedback("Not yet", mistake)
    if isinstance(difference, str):
        return Feedback("Not yet", difference)
    return Feedback("Not yet", f"{_says(given, expected)}. {target}")


class Diagnosis(Exception):
    """Raised by a check that can tell from the answer's form, or from a NaN in it, what went wrong."""


class NotAttempted(Exception):
    """Raised by a check that finds the stub's `...` inside an answer."""


def attempted(value: Any) -> Any:
    """Return `value`, or stop the check with "Not attempted" if it is still the stub's `...` or None."""
    if value is ... or value is None:
        raise NotAttempted
    return value


def whole_number(value: Any) -> int:
    """One whole number from an answer, or a sentence on what came instead.

    Raises:
        NotAttempted: the stub's `...` is still there.
        Diagnosis: a tensor of several values.
    """
    value = attempted(value)
    if getattr(value, "shape", ()) not in ((), (1,)):
        raise Diagnosis(f"return one number; yours has shape {list(value.shape)}")
    return int(value)


def _array(value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    return np.asarray(value, dtype=np.float64)


def _difference(given: Any, expected: Any) -> float | str:
    """The largest difference relative to the largest number expected, or a sentence on why they cannot be compared."""
    if isinstance(expected, str):
        return 0.0 if isinstance(given, str) and given.strip().lower() == expected.lower() else 1.0
    if isinstance(expected, tuple):
        if not isinstance(given, tuple | list) or len(given) != len(expected):
            return f"expected {len(expected)} values, separated by commas; got {given!r:.80}"
        parts = [_difference(a, b) for a, b in zip(given, expected, strict=True)]
        return next((part for part in parts if isinstance(part, str)), None) or max(parts)
    try:
        a, b = _array(given), _array(expected)
    except (TypeError, ValueError):
        return f"expected a number or a tensor; got {type(given).__name__}"
    if a.shape != b.shape:
        return f"expected shape {list(b.shape)}; got {list(a.shape)}"
    if not np.isfinite(a).all():
        return "your answer holds NaN or infinite values"
    return float(np.abs(a - b).max(initial=0.0) / max(np.abs(b).max(initial=0.0), 1e-12))


def _says(given: Any, expected: Any) -> str:
    if isinstance(expected, str):
        return f"{given!r} is not it"
    if isinstance(expected, tuple):
        wrong = next(i for i, (a, b) in enumerate(zip(given, expected, strict=True)) if _difference(a, b) > 1e-4)
        return f"value {wrong + 1} of {len(expected)} is off: {_says(given[wrong], expected[wrong])}"
    a, b = _array(given), _array(expected)
    if a.ndim == 0:
        return (
            f"got {a:.8g}, which is {a - b:+.3g} away" if abs(a - b) < abs(b) else f"got {a:.8g}, far from the target"
        )
    return f"the largest difference from the right values is {np.abs(a - b).max():.3g}"

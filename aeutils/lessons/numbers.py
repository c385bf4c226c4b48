"""Numbers that a text states, as numerals or as words up to twelve."""

from __future__ import annotations

import math
import re
from typing import Any

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMERAL = r"(?<![\w.])[+\-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?"


def plain(value: Any) -> Any:
    """A value as Python has it: NumPy's and PyTorch's numbers and arrays as numbers and lists."""
    return value.tolist() if hasattr(value, "tolist") else value


def value_of(numeral: str) -> float:
    """What a numeral such as `1,200`, `0.5`, `−3` or `1e-3` says."""
    return float(numeral.replace(",", "").replace("−", "-"))


def numerals_in(text: str) -> list[float]:
    """The numbers that stand in a text as numerals, in order; digits that are a part of a word are none."""
    return [value_of(numeral) for numeral in re.findall(NUMERAL, text)]


def number_words_in(text: str) -> list[float]:
    """The numbers from one to twelve that stand in a text as words, in order."""
    return [_WORDS.index(word) + 1.0 for word in re.findall(r"[a-z]+", text.lower()) if word in _WORDS]


def close(a: float, b: float) -> bool:
    """Whether two numbers are the same but for single precision's rounding."""
    return math.isclose(a, b, rel_tol=1e-6)


def states(text: str, number: float) -> bool:
    """Whether a text states a number: as a numeral, as a word, or as so many per cent."""
    fractions = [value_of(numeral) / 100 for numeral in re.findall(rf"({NUMERAL})\s?%", text)]
    return any(close(number, stated) for stated in numerals_in(text) + number_words_in(text) + fractions)

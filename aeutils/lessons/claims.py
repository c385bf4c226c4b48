"""A claim: a sentence of the lesson, and the computation that bears it out or does not.

Its three forms are made here and nowhere else: text and HTML for readers, and data, in the output's metadata, for
programs: `make claims`, the maps and the tests find claims with `claims_in`.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from IPython.display import display

from aeutils.figures import look
from aeutils.lessons import record
from aeutils.lessons.numbers import plain
from aeutils.runtime import short

HOLDS, FAILS = "✓", "✗"  # they mean claims and nothing else
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True)
class Claim:
    """A sentence with its verdict and the numbers behind it. Shown as `✓ sentence | autoencoder=36.64 pca=43.87`."""

    sentence: str
    holds: bool
    evidence: Mapping[str, Any]

    def __repr__(self) -> str:
        numbers = " ".join(self.numbers())
        return f"{HOLDS if self.holds else FAILS} {self.sentence}{' | ' if numbers else ''}{numbers}"

    def _repr_html_(self) -> str:
        mark, colour = (HOLDS, look.RIGHT) if self.holds else (FAILS, look.WRONG)
        numbers = " · ".join(f"<code>{html.escape(number)}</code>" for number in self.numbers())
        advice = "" if self.holds else f"<br><em>{_WHEN_IT_FAILS}</em>"
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 0.2em 0.8em; margin: 0.2em 0;">'
            f'<strong style="color: {colour};">{mark}</strong> {html.escape(self.sentence)}'
            f'{"<br>" if numbers else ""}<span style="opacity: 0.75;">{numbers}</span>{advice}</div>'
        )

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"text/plain": repr(self), "text/html": self._repr_html_()}
        return data, {"aeutils": {"claim": self.as_data()}}

    def numbers(self) -> list[str]:
        """The evidence as it is shown: `autoencoder=36.64`."""
        return [f"{name}={_shown(value)}" for name, value in self.evidence.items()]

    def as_data(self) -> dict[str, Any]:
        """The claim as JSON takes it: six digits of a number; what is not finite as the text nan, inf or -inf."""
        evidence = {name: _plain(value) for name, value in self.evidence.items()}
        return {"sentence": self.sentence, "holds": self.holds, "evidence": evidence}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Claim:
        """The claim that `as_data` gave."""
        evidence = {name: _NOT_FINITE.get(v, v) if isinstance(v, str) else v for name, v in data["evidence"].items()}
        return cls(data["sentence"], data["holds"], evidence)


_WHEN_IT_FAILS = (
    "This holds at the notebook's own settings, run top to bottom. If you changed something, you have found out "
    "what it depends on; if not, restart the kernel and run all cells."
)


def claim(sentence: str, holds: Any, **evidence: Any) -> None:
    """Show whether `sentence` holds, with the numbers behind it. Never raises for a claim that fails.

    Args:
        sentence: a text that follows the settings at most; what was measured belongs into `evidence`.
        holds: the verdict, computed: anything with one truth value (a bool, or a NumPy or PyTorch scalar).
        **evidence: named numbers, shown to four significant digits.

    Raises:
        TypeError: `holds` is not a single truth value, such as an array of several, or a number.
    """
    made = Claim(sentence, _single_truth(holds), evidence)
    record.seen(sentence, made.holds)
    display(made)


def claims_in(notebook: Mapping[str, Any]) -> list[Claim]:
    """The claims that a notebook's outputs carry, in order.

    Args:
        notebook: as nbformat or json reads it; a single cell will do.
    """
    outputs = (output for cell in notebook.get("cells", [notebook]) for output in cell.get("outputs", []))
    return [Claim.from_data(data) for output in outputs if (data := claim_data(output)) is not None]


def claim_data(output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What `Claim.as_data` put into an output's metadata; None where the output is no claim."""
    return output.get("metadata", {}).get("aeutils", {}).get("claim")


def _single_truth(value: Any) -> bool:
    if hasattr(value, "item") and getattr(value, "shape", ()) in ((), (1,)):  # NumPy's and PyTorch's scalars
        value = value.item()
    if not isinstance(value, bool):
        raise TypeError(
            f"a claim needs one comparison that is True or False, not {short(value)}; compare with <, > or =="
        )
    return value


def _plain(value: Any) -> Any:
    """A value as JSON has it: a number, a text, a truth value or a list of such."""
    value = plain(value)
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, bool | int | str) else str(value)


def _shown(value: Any) -> str:
    value = plain(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)

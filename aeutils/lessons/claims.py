"""A claim: a sentence of the lesson, and the computation that bears it out or does not."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from IPython.display import display


@dataclass(frozen=True)
class Claim:
    """A sentence with its verdict and the numbers behind it. Shown as `✓ sentence | autoencoder=36.64 pca=43.87`."""

    sentence: str
    holds: bool
    evidence: dict[str, Any]

    def __repr__(self) -> str:
        numbers = " ".join(f"{name}={_shown(value)}" for name, value in self.evidence.items())
        return f"{'✓' if self.holds else '✗'} {self.sentence}{' | ' if numbers else ''}{numbers}"

    def _repr_html_(self) -> str:
        mark, colour = ("✓", "#009E73") if self.holds else ("✗", "#D55E00")
        numbers = " · ".join(
            f"<code>{html.escape(name)}={html.escape(_shown(value))}</code>" for name, value in self.evidence.items()
        )
        advice = "" if self.holds else f"<br><em>{_WHEN_IT_FAILS}</em>"
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 0.2em 0.8em; margin: 0.2em 0;">'
            f'<strong style="color: {colour};">{mark}</strong> {html.escape(self.sentence)}'
            f'{"<br>" if numbers else ""}<span style="opacity: 0.75;">{numbers}</span>{advice}</div>'
        )


_WHEN_IT_FAILS = (
    "This holds at the notebook's own settings, run top to bottom. If you changed something, you have found out "
    "what it depends on; if not, restart the kernel and run all cells."
)


def claim(sentence: str, holds: Any, **evidence: Any) -> None:
    """Show whether `sentence` holds, with the numbers behind it. Never raises for a claim that fails.

    Args:
        sentence: a constant text; numbers belong into `evidence`.
        holds: the verdict, computed: anything with one truth value (a bool, or a NumPy or PyTorch scalar).
        **evidence: named numbers, shown to four significant digits.

    Raises:
        TypeError: `holds` is not a single truth value, such as an array of several, or a number.
    """
    display(Claim(sentence, _single_truth(holds), evidence))


def _single_truth(value: Any) -> bool:
    if hasattr(value, "item") and getattr(value, "shape", ()) in ((), (1,)):  # NumPy's and PyTorch's scalars
        value = value.item()
    if not isinstance(value, bool):
        raise TypeError(f"a claim needs one comparison that is True or False, not {value!r}; compare with <, > or ==")
    return value


def _shown(value: Any) -> str:
    if hasattr(value, "item"):
        value = value.item()
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""The factors of the loss's terms, which may move during a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aeutils.runtime import real_number, reason, short
from aeutils.training.history import History, TrainingDiverged

# a factor, or a function from the number of steps already taken to one
Weight = float | Callable[[int], float]


class Factors:
    """The factors of the loss's terms: numbers, or functions of the steps already taken."""

    def __init__(self, weights: Mapping[str, Weight] | None, total_steps: int | None) -> None:
        if weights is not None and not isinstance(weights, Mapping):
            raise ValueError(f"weights={short(weights)}; expected factors of the loss's terms, such as {{'kl': 0.5}}")
        wanted = "a finite number, or a function of the step"
        self.given: dict[str, Weight] = {
            name: factor if callable(factor) else real_number(factor, f"weights[{name!r}]", wanted)
            for name, factor in (weights or {}).items()
        }
        self.moving = any(map(callable, self.given.values()))
        self.last: dict[str, float] = {}
        # a function that cannot work is refused before any work is done; the end of a loader may not be known yet
        for step in (0,) if total_steps is None else (0, total_steps - 1):
            self.last = self._evaluate(step)

    def at(self, step: int, history: History) -> dict[str, float]:
        """The factors in the step that comes after `step` others; what goes wrong there carries the history along."""
        try:
            return self._evaluate(step) if self.moving else self.last
        except ValueError as error:
            raise TrainingDiverged(str(error), history) from error

    def in_steps(self, steps: Sequence[int]) -> dict[str, float | list[float]]:
        """The numbers, and what each function gives in these steps."""
        return {
            name: [self._called(name, factor, step) for step in steps] if callable(factor) else factor
            for name, factor in self.given.items()
        }

    def _evaluate(self, step: int) -> dict[str, float]:
        return {
            name: self._called(name, factor, step) if callable(factor) else factor
            for name, factor in self.given.items()
        }

    @staticmethod
    def _called(name: str, factor: Callable[[int], float], step: int) -> float:
        asked = f"weights[{name!r}]({step})"
        try:
            value = factor(step)
        except Exception as error:  # the reader's own function
            raise ValueError(f"{asked} failed with {type(error).__name__}: {reason(error)}") from error
        return real_number(value, asked, "a finite number for every step")

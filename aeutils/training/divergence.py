"""Which term of the loss was the first to become NaN or infinite, and what to try for it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

_AT_ONCE = 1000  # steps in one tensor
_LOGARITHM = "Look for a logarithm of 0: compute it from logits, and look at the range of the images"
_CURES = {  # a part of the term's name -> what to try besides a smaller rate
    "kl": "A KL to the prior holds the exponential of a log-variance, which overflows, or the logarithm of a width, "
    "which meets 0: look at the images' range, clamp the log-variance, or start the layer that puts it out with small "
    "weights; with SGD, clip the gradients (notebook 6b, room 10)",
    "entropy": _LOGARITHM,
    "nats": _LOGARITHM,
    "bce": _LOGARITHM,
}
_ANY = "Look for a logarithm, a root or a division that can meet 0, and at the range of the images"


class Trace:
    """The terms of the loss in every step of an epoch.

    They stay where they are, and nobody looks at them until something has gone wrong: looking makes a GPU wait. They
    are copied into long tensors: thousands of small ones that live on would keep the memory between them from being
    used again.
    """

    def __init__(self) -> None:
        self._terms: dict[str, list[Tensor]] = {}
        self._steps = 0

    def add(self, terms: Mapping[str, Tensor]) -> None:
        """Note the terms of one step."""
        part, place = divmod(self._steps, _AT_ONCE)
        for name, term in terms.items():
            noted = self._terms.setdefault(name, [])
            while len(noted) <= part:
                noted.append(term.new_zeros(_AT_ONCE))
            noted[part][place] = term.detach()
        self._steps += 1

    def why(self, part: str, measured: Mapping[str, float], steps: int) -> str:
        """What happened and what to try, where what was measured after the epoch is not finite.

        Args:
            part: the images that were measured, "training" or "validation".
            measured: the terms over these images, at least one of them not finite.
            steps: steps of the run so far, the last one of this epoch.
        """
        n = self._steps
        noted = {name: torch.cat(values)[:n].tolist() for name, values in self._terms.items()}
        for step in range(n):
            now = {name: values[step] for name, values in noted.items()}
            if broken := [name for name, value in now.items() if not math.isfinite(value)]:
                before = {name: noted[name][step - 1] if step else 0.0 for name in broken}
                worst = max(before, key=lambda name: abs(before[name]))
                was = f" ({before[worst]:.3g} in the step before)" if step else ""
                return f"{worst} was {now[worst]} in step {steps - n + step + 1}{was}. {cure(worst)}"
        broken = [name for name, value in measured.items() if not math.isfinite(value)]
        last = {name: abs(noted[name][-1]) if name in noted else 0.0 for name in broken}
        worst = max(last, key=last.__getitem__)
        return f"{worst} on the {part} images is {measured[worst]}. {cure(worst)}"


def cure(term: str) -> str:
    """What to try where this term of a loss diverges, told from its name."""
    words = next((words for part, words in _CURES.items() if part in term.lower()), _ANY)
    return f"Try a learning rate ten times smaller. {words}"

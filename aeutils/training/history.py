"""What `fit` returns, and the error that carries it."""

from __future__ import annotations

from dataclasses import dataclass, field


class TrainingDiverged(RuntimeError):
    """The loss became NaN or infinite. `history` holds the epochs before."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


@dataclass
class History:
    """What happened in a run.

    Attributes:
        train: for each term of the loss, its average over `measured` training images after every epoch.
        val: the same over the validation images; empty when there are none.
        seconds: time spent, resumed runs added up.
        steps: optimiser steps taken.
        stopped: "finished" (all epochs or steps), "converged" (`patience` ran out), "interrupted" (Ctrl-C) or
            "exhausted" (an iterator of batches ended before the steps did).
        best_epoch: with `patience`, the epoch whose weights were kept, counted from 1; otherwise None, also while a
            factor of the loss still moves.
        measured: how many of the training images `train` is an average over: all of small sets, a sample of large ones;
            of a loader, a sample of the first epoch.
    """

    train: dict[str, list[float]] = field(default_factory=dict)
    val: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    steps: int = 0
    stopped: str = "finished"
    best_epoch: int | None = None
    measured: int = 0

    @property
    def epochs(self) -> int:
        """Epochs recorded (a last, shorter one counts)."""
        return max((len(values) for values in self.train.values()), default=0)

    def last(self) -> dict[str, float]:
        """The newest value of every curve, named such as "val squared_error"."""
        curves = [
            (f"{part} {name}", values) for part in ("train", "val") for name, values in getattr(self, part).items()
        ]
        return {name: values[-1] for name, values in curves}

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {value:.4g}" for name, value in self.last().items())
        return f"History({self.epochs} epochs, {self.steps} steps, {self.stopped}{': ' if last else ''}{last})"

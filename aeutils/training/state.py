"""What changes while a model is trained."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from aeutils.training.divergence import Trace
from aeutils.training.factors import Factors
from aeutils.training.history import History, TrainingDiverged


class Run:
    """What changes while `fit` runs: the model, the optimiser, the history and, with `patience`, the best weights."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        history: History,
        factors: Factors,
        patience: int | None,
    ) -> None:
        self.model, self.optimizer, self.history = model, optimizer, history
        self.factors, self.patience = factors, patience
        self.trace = Trace()
        self.moved_until = 0  # the last epoch, of those that this run recorded, that ended on a weight still moving
        self.forget_best()

    def forget_best(self) -> None:
        """As if no epoch had been the best yet."""
        self.best_loss = math.inf
        self.best_state: dict[str, Tensor] | None = None
        self.history.best_epoch = None

    def record(self, train: dict[str, float], val: dict[str, float]) -> None:
        """Add an epoch to the history; note whether it is the best so far, or one too many without progress."""
        history, epoch = self.history, self.history.epochs + 1
        for part, terms in (("training", train), ("validation", val)):
            if not all(map(math.isfinite, terms.values())):
                why = self.trace.why(part, terms, history.steps)
                raise TrainingDiverged(f"the loss diverged in epoch {epoch}: {why}", history)
        self.trace = Trace()
        for name, value in train.items():
            history.train.setdefault(name, []).append(value)
        for name, value in val.items():
            history.val.setdefault(name, []).append(value)
        if self.patience is None:
            return
        weights = self.factors.at(history.steps - 1, history)
        if weights != self.factors.last:  # a sum of another kind than the one that counts in the end
            self.moved_until = epoch
            self.forget_best()
            return
        val_loss = sum(weights.get(name, 1.0) * value for name, value in val.items())
        if history.best_epoch is None or val_loss < self.best_loss:
            self.best_loss, history.best_epoch = val_loss, epoch
            self.best_state = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        elif epoch - history.best_epoch >= self.patience:
            history.stopped = "converged"

"""`fit(model, images, loss) -> History`: the training loop that the notebooks use once it has been explained.

`loop` is the loop, and `feed` gives it its batches; `factors`, `state` and `checkpoint` hold what may move, what
changes and what is kept of a run; `divergence` says what blew up; `watching` keeps the terms of every step; `processes`
spreads it over several processes.
"""

from aeutils.training.history import History, TrainingDiverged
from aeutils.training.loop import Loss, fit
from aeutils.training.watching import watched

__all__ = ["History", "Loss", "TrainingDiverged", "fit", "watched"]

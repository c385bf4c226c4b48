"""The exercises of notebook 05."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, choices, number

steps = Exercise(
    number="5.1",
    examples=[(3500, 100, 17), (3500, 1000, 17), (100, 30, 34), (3500, 3500, 5)],
    right=lambda n_images, batch_size, epochs: math.ceil(n_images / batch_size) * epochs,
    mistakes=[
        Mistake("the last, smaller batch of an epoch is a step too: round up", lambda n, b, e: n // b * e),
        Mistake(
            "an epoch whose batches come out even has no smaller last one: round up, instead of adding 1",
            lambda n, b, e: (n // b + 1) * e,
        ),
        Mistake(
            "595 is the example's number; the check asks about other runs as well: calculate it", lambda n, b, e: 595
        ),
        Mistake(
            "round up in each epoch, before you multiply: a batch never spans two epochs",
            lambda n, b, e: math.ceil(n * e / b),
        ),
        Mistake(
            "round in each epoch, before you multiply, and round up: a batch never spans two epochs",
            lambda n, b, e: n * e // b,
        ),
        Mistake(
            "a part of a step is no step: the last batch is smaller, and counts as one; round up",
            lambda n, b, e: n / b * e,
        ),
        Mistake(
            "round up, not to the nearest: the last batch is a step, however small it is",
            lambda n, b, e: round(n / b) * e,
        ),
        Mistake("that is one epoch's steps; the run has more epochs", lambda n, b, e: math.ceil(n / b)),
        Mistake("that many images are seen; a step takes a whole batch of them", lambda n, b, e: n * e),
    ],
    observe=lambda answer, n, b, e: number(answer(n, b, e)),
    returns="a whole number of steps",
    praise="3,500 images, 17 epochs: 595 steps of 100 images, but 68 of 1,000. Equal epochs are not equal training",
    target="595 steps for 3,500 images in batches of 100 over 17 epochs",
    minutes=6,
    tolerance=1e-9,
)

_CURES = {  # run -> what to try first, and how its numbers say so
    "run A": (
        "more images",
        "run A fits what it has seen almost perfectly and new images worse than PCA does: it overfits. What would make "
        "learning by heart harder?",
    ),
    "run B": (
        "train longer",
        "run B: PCA, a special case of such a network, is ahead on the images it was trained on, and the curve still "
        "falls",
    ),
    "run C": (
        "lower rate",
        "run C ends above the mean image on the images it was trained on: its steps do harm. Which setting makes them "
        "shorter?",
    ),
    "run D": (
        "larger code",
        "run D is below PCA, train and validation agree, and more steps or width change nothing: what is left that "
        "limits both?",
    ),
}
_RIGHT_CURES = tuple(cure for cure, _ in _CURES.values())


def _first_wrong_cure_is_told(answer: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    given = choices(answer(), list(_CURES), _RIGHT_CURES)
    for said, (cure, signs) in zip(given, _CURES.values(), strict=True):
        if said != cure:
            raise Diagnosis(signs)
    return given


cures = Exercise(
    number="5.2",
    examples=[()],
    right=lambda: _RIGHT_CURES,
    mistakes=[
        Mistake("run A fits", lambda: ("train longer", "train longer", "lower rate", "larger code")),
        Mistake("run B: PCA", lambda: ("more images", "more images", "lower rate", "larger code")),
        Mistake("run C ends", lambda: ("more images", "train longer", "train longer", "larger code")),
        Mistake("run D is", lambda: ("more images", "train longer", "lower rate", "train longer")),
        Mistake("'more data' is not in the list", lambda: ("more data", "train longer", "lower rate", "larger code")),
        Mistake("return 4 values", lambda: "more images"),
    ],
    observe=_first_wrong_cure_is_told,
    returns="four of the names, for the runs A, B, C and D",
    praise="train against validation, and both against PCA and the mean image: four numbers name the cure",
    target="Read the training error first, then the gap to validation",
    minutes=8,
)


def _gap_in(unit: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """The difference of the means, divided by `unit(a, b)`."""
    return lambda a, b: (a.mean() - b.mean()) / unit(a, b)


def _standard_error(a: Tensor, b: Tensor) -> Tensor:
    return (a.var() / len(a) + b.var() / len(b)).sqrt()


def _pooled(a: Tensor, b: Tensor) -> Tensor:
    n, m = len(a) - 1, len(b) - 1
    return ((n * a.var() + m * b.var()) / (n + m)).sqrt()


def _errors_of_two_settings() -> list[tuple[Tensor, Tensor]]:
    runs = [22.1, 22.9, 22.4, 23.0, 22.6], [21.0, 22.2, 21.1, 21.9], [22.0, 24.5, 21.9]
    a, b, c = (torch.tensor(errors, dtype=torch.float64) for errors in runs)
    return [(a, b), (b, a), (b, c)]


standard_errors_apart = Exercise(
    number="5.3",
    examples=_errors_of_two_settings,
    right=lambda a, b: (a.mean() - b.mean()) / _standard_error(a, b),
    mistakes=[
        Mistake(
            "the sign: a positive answer is to mean that a's error is the larger",
            lambda a, b: (b.mean() - a.mean()) / _standard_error(a, b),
        ),
        Mistake(
            "keep the sign: it tells which of the two is better",
            lambda a, b: (a.mean() - b.mean()).abs() / _standard_error(a, b),
        ),
        Mistake(
            "only one of the two means is uncertain in your answer; both are",
            _gap_in(lambda a, b: (a.var() / len(a)).sqrt()),
        ),
        Mistake(
            "only b's mean is uncertain in your answer; a's is as well", _gap_in(lambda a, b: (b.var() / len(b)).sqrt())
        ),
        Mistake(
            "each variance is divided by its own number of runs: 5 and 4, not the same for both",
            _gap_in(lambda a, b: ((a.var() + b.var()) / len(a)).sqrt()),
        ),
        Mistake(
            "each variance is divided by its own number of runs, not by that of all runs together",
            _gap_in(lambda a, b: ((a.var() + b.var()) / (len(a) + len(b))).sqrt()),
        ),
        Mistake(
            "how many runs there are differs from call to call: divide by len(a) and len(b)",
            _gap_in(lambda a, b: (a.var() / 5 + b.var() / 4).sqrt()),
        ),
        Mistake(
            "a mean over n runs is steadier than one run: divide each variance by its n",
            _gap_in(lambda a, b: (a.var() + b.var()).sqrt()),
        ),
        Mistake(
            "that is the difference itself, in squared error; divide by its standard error",
            lambda a, b: a.mean() - b.mean(),
        ),
        Mistake(
            "standard errors do not add up, their squares do",
            _gap_in(lambda a, b: a.std() / len(a) ** 0.5 + b.std() / len(b) ** 0.5),
        ),
        Mistake(
            "under the root stand variances, the squares of the standard deviations",
            _gap_in(lambda a, b: (a.std() / len(a) + b.std() / len(b)).sqrt()),
        ),
        Mistake(
            "that is the variance of the difference; take its root", _gap_in(lambda a, b: _standard_error(a, b) ** 2)
        ),
        Mistake(
            "the variance of few runs wants n − 1 in the denominator (torch's default)",
            _gap_in(lambda a, b: (a.var(correction=0) / len(a) + b.var(correction=0) / len(b)).sqrt()),
        ),
        Mistake(
            "you pooled the two spreads into one; each setting keeps its own here",
            _gap_in(lambda a, b: _pooled(a, b) * (1 / len(a) + 1 / len(b)) ** 0.5),
        ),
        Mistake(
            "that counts in standard deviations of single runs, pooled; the question is how sure the means are",
            _gap_in(_pooled),
        ),
    ],
    observe=lambda answer, a, b: number(answer(a, b)),
    returns="one number, with its sign",
    praise="statisticians know it as Welch's t. Here it is 3.1. With so few runs luck brings that once in 35: enough "
    "if this was the one planned comparison, too little for the best of dozens",
    target="Positive when a's error is the larger; about 3 for the errors of the check",
    minutes=10,
)

_RUNS_OF_A_RATE = (  # validation errors over the seeds, training error, test error
    ((49.0, 50.0, 51.0), 48.0, 50.0),
    ((26.0, 26.5, 25.5), 12.0, 27.0),  # learns by heart
    ((20.0, 21.0, 22.0), 19.0, 22.0),  # the one to choose
    ((23.0, 23.5, 22.5), 21.0, 18.0),  # lucky on the test images
    ((17.0, 27.0, 28.0), 22.0, 25.0),  # lucky once
    ((25.0, 25.0, 25.1), 24.0, 26.0),  # steady
    ((19.0, math.nan, 19.2), 18.0, 20.5),  # diverged once
)


def _table(*rates: float) -> pd.DataFrame:
    """A sweep's table, in which the first rate fares like the first of `_RUNS_OF_A_RATE`, and so on."""
    rows = [
        (
            rate,
            seed,
            *(("diverged", math.nan, error, math.nan) if math.isnan(error) else ("finished", train, error, test)),
        )
        for rate, (validation, train, test) in zip(rates, _RUNS_OF_A_RATE, strict=True)
        for seed, error in enumerate(validation)
    ]
    return pd.DataFrame(rows, columns=["lr", "seed", "status", "train_error", "val_error", "test_error"])


def _one_of_the_rates(answer: Callable[[pd.DataFrame], float], table: pd.DataFrame) -> str:
    rates = table.lr.unique()
    given = attempted(answer(table))
    if getattr(given, "shape", ()) not in ((), (1,)):
        raise Diagnosis("return one learning rate, not a row or a column of the table")
    rate = number(given)
    if not np.isclose(rate, rates, atol=0).any():
        raise Diagnosis(f"{rate:.4g} is none of the table's learning rates; return the rate, not its error or its row")
    return f"{rate:g}"


choose = Exercise(
    number="5.4",
    examples=lambda: [
        (_table(1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2),),
        (_table(2e-2, 1e-2, 4e-3, 1e-3, 5e-4, 2e-4, 5e-5),),
    ],
    right=lambda table: table.val_error.fillna(math.inf).groupby(table.lr).mean().idxmin(),
    mistakes=[
        Mistake(
            "you chose by the training error: whoever learns by heart wins",
            lambda table: table.groupby("lr").train_error.mean().idxmin(),
        ),
        Mistake(
            "you chose by the test error; then it is no longer a test",
            lambda table: table.groupby("lr").test_error.mean().idxmin(),
        ),
        Mistake(
            "that is the luckiest single run; its other two seeds are bad. Average over seeds first",
            lambda table: table.lr[table.val_error.idxmin()],
        ),
        Mistake(
            "you chose a rate where one of the three runs diverged: it was left out (pandas' mean does), set to 0, or "
            "hidden by a median. Count it against its setting",
            lambda table: table.groupby("lr").val_error.mean().idxmin(),
        ),
        Mistake(
            "that is the rate with the highest error; lower is better",
            lambda table: table.groupby("lr").val_error.mean().idxmax(),
        ),
        Mistake("that is the steadiest rate, not the best", lambda table: table.groupby("lr").val_error.std().idxmin()),
        Mistake("not its error", lambda table: table.groupby("lr").val_error.mean().min()),
        Mistake("not a row or a column", lambda table: table.groupby("lr").val_error.mean()),
    ],
    observe=_one_of_the_rates,
    returns="one of the rates in the table",
    praise="averaged over seeds, on validation images, a diverged run counted against its setting",
    target="One of the table's learning rates, chosen by the mean validation error",
    minutes=12,
)


def _draws(share: float, probability: float) -> float:
    """(1 - share) ** draws = 1 - probability, solved for the draws."""
    return math.log(1 - probability) / math.log(1 - share)


draws_needed = Exercise(
    number="5.5",
    examples=[(0.05, 0.95), (0.1, 0.9), (0.01, 0.95), (0.3, 0.6), (0.8, 0.1)],
    right=lambda share, probability: math.ceil(_draws(share, probability)),
    mistakes=[
        Mistake("round up: one draw fewer does not reach the probability", lambda q, p: math.floor(_draws(q, p))),
        Mistake(
            "round up, not to the nearest: with 58 draws for 58.4 the probability is not reached yet",
            lambda q, p: round(_draws(q, p)),
        ),
        Mistake("nearly: draws are whole, and the next whole number is the first that reaches the probability", _draws),
        Mistake(
            "that many draws hit once on average; you want to hit at least once nearly always",
            lambda q, p: math.ceil(1 / q),
        ),
        Mistake(
            "chances of hitting do not add up, chances of missing multiply: (1 − share)ⁿ", lambda q, p: math.ceil(p / q)
        ),
        Mistake(
            "the share and the probability are exchanged: a draw misses with probability 1 − share",
            lambda q, p: math.ceil(1 / _draws(q, p)),
        ),
        Mistake(
            "a draw hits with probability share and misses with 1 − share; you multiplied hits",
            lambda q, p: math.ceil(math.log(1 - p) / math.log(q)),
        ),
        Mistake(
            "all draws miss with probability 1 − probability; you set it to the probability itself",
            lambda q, p: math.ceil(math.log(p) / math.log(1 - q)),
        ),
    ],
    observe=lambda answer, share, probability: number(answer(share, probability)),
    returns="a whole number of draws",
    praise="59 draws land in the best twentieth with 95 %, in however many dimensions",
    target="59 draws for the best twentieth with probability 0.95",
    minutes=12,
    tolerance=1e-9,
)

"""Checks for the exercises of notebook 05."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor

from aeutils.lessons.grading import Diagnosis, Feedback, attempted, grade


def steps(answer: Callable[[int, int, int], int]) -> Feedback:
    """Exercise 5.1: `answer(n_images, batch_size, epochs)` is the number of optimiser steps."""
    runs = ((3500, 100, 17), (3500, 1000, 17), (100, 30, 34), (3500, 3500, 5))

    def of(count: Callable[[int, int, int], float]) -> tuple[float, ...]:
        return tuple(float(attempted(count(*run))) for run in runs)

    return grade(
        lambda: of(answer),
        of(lambda n, batch, epochs: math.ceil(n / batch) * epochs),
        {
            "the last, smaller batch of an epoch is a step too: round up": of(lambda n, b, e: n // b * e),
            "an epoch whose batches come out even has no smaller last one: round up, instead of adding 1": of(
                lambda n, b, e: (n // b + 1) * e
            ),
            "595 is the example's number; the check asks about other runs as well: calculate it": of(
                lambda n, b, e: 595
            ),
            "round up in each epoch, before you multiply: a batch never spans two epochs": of(
                lambda n, b, e: math.ceil(n * e / b)
            ),
            "a part of a step is no step: the last batch is smaller, and counts as one; round up": of(
                lambda n, b, e: n / b * e
            ),
            "that is one epoch's steps; the run has more epochs": of(lambda n, b, e: math.ceil(n / b)),
            "that many images are seen; a step takes a whole batch of them": of(lambda n, b, e: n * e),
        },
        praise="3,500 images, 17 epochs: 595 steps of 100 images, but 68 of 1,000. Equal epochs are not equal training",
        target="595 steps for 3,500 images in batches of 100 over 17 epochs",
        tolerance=1e-9,
    )


_CURES = {"A": "more images", "B": "train longer", "C": "lower rate", "D": "larger code"}
_WRONG = {
    "A": "run A fits what it has seen almost perfectly and new images worse than PCA does: it overfits. What would "
    "make learning by heart harder?",
    "B": "run B: PCA, a special case of such a network, is ahead on the images it was trained on, and the curve still "
    "falls",
    "C": "run C ends above the mean image on the images it was trained on: its steps do harm. Which setting makes them "
    "shorter?",
    "D": "run D is below PCA, train and validation agree, and more steps or width change nothing: what is left that "
    "limits both?",
}


def cures(answer: Callable[[], tuple[str, str, str, str]]) -> Feedback:
    """Exercise 5.2: `answer()` names the first thing to try for each of four runs."""

    def call() -> tuple[str, ...]:
        given = attempted(answer())
        if not isinstance(given, tuple | list) or len(given) != len(_CURES):
            raise Diagnosis(f"four answers are wanted, one for each run; got {given!r:.80}")
        given = tuple(attempted(each) for each in given)
        for (run, right), said in zip(_CURES.items(), given, strict=True):
            if said not in _CURES.values():
                raise Diagnosis(f"{said!r} is none of the four: {', '.join(map(repr, _CURES.values()))}")
            if said != right:
                raise Diagnosis(_WRONG[run])
        return given

    return grade(
        call,
        tuple(_CURES.values()),
        {},
        praise="train against validation, and both against PCA and the mean image: four numbers name the cure",
        target="Read the training error first, then the gap to validation",
    )


def standard_errors_apart(answer: Callable[[Tensor, Tensor], Tensor]) -> Feedback:
    """Exercise 5.3: `answer(a, b)` is the difference of the means in units of its own standard error."""
    a = torch.tensor([22.1, 22.9, 22.4, 23.0, 22.6], dtype=torch.float64)
    b = torch.tensor([21.0, 22.2, 21.1, 21.9], dtype=torch.float64)
    gap, spread = a.mean() - b.mean(), (a.var() / 5 + b.var() / 4).sqrt()
    variances = a.var(correction=0) / 5 + b.var(correction=0) / 4
    pooled = ((4 * a.var() + 3 * b.var()) / 7).sqrt()

    def of(value: Tensor) -> tuple[Tensor, Tensor]:
        """What an answer with this value for a against b gives for both orders."""
        return value, -value

    by_order = {
        "the sign: a positive answer is to mean that a's error is the larger": of(-gap / spread),
        "keep the sign: it tells which of the two is better": (gap / spread, gap / spread),
        "only one of the two means is uncertain in your answer; both are": (
            gap / (a.var() / 5).sqrt(),
            -gap / (b.var() / 4).sqrt(),
        ),
        "only b's mean is uncertain in your answer; a's is as well": (
            gap / (b.var() / 4).sqrt(),
            -gap / (a.var() / 5).sqrt(),
        ),
        "each variance is divided by its own number of runs: 5 and 4, not the same for both": (
            gap / ((a.var() + b.var()) / 5).sqrt(),
            -gap / ((a.var() + b.var()) / 4).sqrt(),
        ),
    }
    by_value = {
        "a mean over n runs is steadier than one run: divide each variance by its n": gap / (a.var() + b.var()).sqrt(),
        "that is the difference itself, in squared error; divide by its standard error": gap,
        "standard errors do not add up, their squares do": gap / (a.std() / 5**0.5 + b.std() / 4**0.5),
        "under the root stand variances, the squares of the standard deviations": gap
        / (a.std() / 5 + b.std() / 4).sqrt(),
        "that is the variance of the difference; take its root": gap / spread**2,
        "the variance of few runs wants n − 1 in the denominator (torch's default)": gap / variances.sqrt(),
        "you pooled the two spreads into one; each setting keeps its own here": gap / (pooled * (1 / 5 + 1 / 4) ** 0.5),
        "that counts in standard deviations of single runs, pooled; the question is how sure the means are": gap
        / pooled,
    }
    return grade(
        lambda: (attempted(answer(a.clone(), b.clone())), attempted(answer(b.clone(), a.clone()))),
        of(gap / spread),
        {**by_order, **{mistake: of(value) for mistake, value in by_value.items()}},
        praise="statisticians know it as Welch's t. Here it is 3.1. With so few runs luck brings that once in 35: "
        "enough if this was the one planned comparison, too little for the best of dozens",
        target="Positive when a's error is the larger; about 3 for the errors of the check",
    )


def choose(answer: Callable[[pd.DataFrame], float]) -> Feedback:
    """Exercise 5.4: `answer(table)` is the learning rate to report."""
    errors = {  # rate -> validation errors over the seeds, training error, test error
        1e-4: ((49.0, 50.0, 51.0), 48.0, 50.0),
        3e-4: ((26.0, 26.5, 25.5), 12.0, 27.0),
        1e-3: ((20.0, 21.0, 22.0), 19.0, 22.0),
        2e-3: ((23.0, 23.5, 22.5), 21.0, 18.0),
        3e-3: ((17.0, 27.0, 28.0), 22.0, 25.0),
        5e-3: ((25.0, 25.0, 25.1), 24.0, 26.0),
        1e-2: ((19.0, math.nan, 19.2), 18.0, 20.5),
    }
    table = pd.DataFrame(
        [
            {
                "lr": rate,
                "seed": seed,
                "status": "diverged" if math.isnan(error) else "finished",
                "train_error": math.nan if math.isnan(error) else train,
                "val_error": error,
                "test_error": math.nan if math.isnan(error) else test,
            }
            for rate, (val, train, test) in errors.items()
            for seed, error in enumerate(val)
        ]
    )

    def call() -> float:
        given = attempted(answer(table.copy()))
        if getattr(given, "shape", ()) not in ((), (1,)):
            raise Diagnosis("return one learning rate, not a row or a column of the table")
        if not any(math.isclose(float(given), rate) for rate in errors):
            raise Diagnosis(f"{float(given):.4g} is none of the table's learning rates; return the rate, not its error")
        return float(given)

    return grade(
        call,
        1e-3,
        {
            "you chose by the training error: whoever learns by heart wins": 3e-4,
            "you chose by the test error; then it is no longer a test": 2e-3,
            "that is the luckiest single run; its other two seeds are bad. Average over seeds first": 3e-3,
            "you chose 0.01, where one of the three runs diverged: it was left out (pandas' mean does), set to 0, or "
            "hidden by a median. Count it against its setting": 1e-2,
            "that is the rate with the highest error; lower is better": 1e-4,
            "that is the steadiest rate, not the best": 5e-3,
        },
        praise="averaged over seeds, on validation images, a diverged run counted against its setting",
        target="One of the table's learning rates, chosen by the mean validation error",
        tolerance=1e-6,
    )


def draws_needed(answer: Callable[[float, float], int]) -> Feedback:
    """Exercise 5.5: `answer(share, probability)` is how many random settings are needed."""
    cases = ((0.05, 0.95), (0.1, 0.9), (0.01, 0.95), (0.3, 0.6))

    def of(count: Callable[[float, float], float]) -> tuple[float, ...]:
        return tuple(float(attempted(count(*case))) for case in cases)

    def exact(share: float, probability: float) -> float:
        return math.log(1 - probability) / math.log(1 - share)

    return grade(
        lambda: of(answer),
        of(lambda q, p: math.ceil(exact(q, p))),
        {
            "round up: one draw fewer does not reach the probability": of(lambda q, p: math.floor(exact(q, p))),
            "round up, not to the nearest: with 58 draws for 58.4 the probability is not reached yet": of(
                lambda q, p: round(exact(q, p))
            ),
            "nearly: draws are whole, and the next whole number is the first that reaches the probability": of(exact),
            "that many draws hit once on average; you want to hit at least once nearly always": of(
                lambda q, p: math.ceil(1 / q)
            ),
            "chances of hitting do not add up, chances of missing multiply: (1 − share)ⁿ": of(
                lambda q, p: math.ceil(p / q)
            ),
            "the share and the probability are exchanged: a draw misses with probability 1 − share": of(
                lambda q, p: math.ceil(1 / exact(q, p))
            ),
            "a draw hits with probability share and misses with 1 − share; you multiplied hits": of(
                lambda q, p: math.ceil(math.log(1 - p) / math.log(q))
            ),
            "all draws miss with probability 1 − probability; you set it to the probability itself": of(
                lambda q, p: math.ceil(math.log(p) / math.log(1 - q))
            ),
        },
        praise="59 draws land in the best twentieth with 95 %, in however many dimensions",
        target="59 draws for the best twentieth with probability 0.95",
        tolerance=1e-9,
    )

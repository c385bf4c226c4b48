"""The exercises of notebook 05b."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, number, one_number

steps = Exercise(
    number="5b.1",
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
    observe=one_number,
    returns="a whole number of steps",
    praise="3,500 images, 17 epochs: 595 steps of 100 images, but 68 of 1,000. Equal epochs are not equal training",
    target="595 steps for 3,500 images in batches of 100 over 17 epochs",
    minutes=2,
    tolerance=1e-9,
    level="easy",
    ask="How many steps has one epoch of 250 images in batches of 100, counted on your fingers?",
)


def _scaled(factor: Callable[[float, str], float]) -> Callable[[float, int, int, str, float], float]:
    """An answer to 5b.2 that makes the rate longer by `factor(ratio of the batches, rule)`, up to the highest."""
    return lambda rate, batch, new_batch, rule, highest: min(rate * factor(new_batch / batch, rule), highest)


def _by_rule(ratio: float, rule: str) -> float:
    return ratio if rule == "linear" else math.sqrt(ratio)


scaled_rate = Exercise(
    number="5b.2",
    examples=[
        (3e-4, 30, 300, "linear", 5e-3),
        (1e-3, 30, 300, "linear", 5e-3),
        (1e-3, 100, 400, "root", 5e-3),
        (2e-3, 400, 100, "root", 5e-3),
        (2e-3, 3000, 100, "linear", 5e-3),
        (2e-3, 100, 1000, "root", 5e-3),
    ],
    right=_scaled(_by_rule),
    mistakes=[
        Mistake(
            "30 to 300 at 0.001 would go over the cliff: no rate above `highest`",
            lambda rate, batch, new_batch, rule, highest: rate * _by_rule(new_batch / batch, rule),
        ),
        Mistake(
            "no rate above `highest` by the root either: 100 to 1,000 at 0.002 would go over the cliff",
            lambda rate, batch, new_batch, rule, highest: (
                min(rate * new_batch / batch, highest) if rule == "linear" else rate * math.sqrt(new_batch / batch)
            ),
        ),
        Mistake(
            "that is never below `highest`; it is the most that the rate may be: min, not max",
            lambda rate, batch, new_batch, rule, highest: max(rate * _by_rule(new_batch / batch, rule), highest),
        ),
        Mistake(
            "a larger batch wants a higher rate: new_batch / batch", _scaled(lambda m, rule: 1 / _by_rule(m, rule))
        ),
        Mistake('you scaled linearly each time; the rule "root" takes the square root', _scaled(lambda m, rule: m)),
        Mistake('you took the root each time; the rule "linear" does not', _scaled(lambda m, rule: math.sqrt(m))),
        Mistake(
            "the two rules are exchanged",
            _scaled(lambda m, rule: _by_rule(m, "root" if rule == "linear" else "linear")),
        ),
        Mistake(
            "a smaller batch wants a lower rate: the ratio may be below 1",
            _scaled(lambda m, rule: max(_by_rule(m, rule), 1)),
        ),
        Mistake("the rate is left as it was", _scaled(lambda m, rule: 1)),
    ],
    observe=one_number,
    returns="one rate",
    praise="and then try a rate below and above it: a rule says where to look, not how far you may go",
    target="0.003 for batches of 300 in place of 30 at 0.0003, by the linear rule",
    minutes=8,
    tolerance=1e-9,
    level="medium",
    ask="Batches become four times as large: what does each rule say about the rate, and what may it never exceed?",
)


def _errors_by_seed() -> list[tuple[Tensor, Tensor]]:
    """Two settings, each with the same seeds in the same order: part of the luck is common to both."""
    runs = [
        ([22.6, 22.4, 22.7, 22.1, 22.9], [22.2, 22.1, 22.5, 21.6, 22.3]),
        ([21.0, 21.8, 21.3], [21.4, 22.0, 21.9]),
    ]
    return [(torch.tensor(a, dtype=torch.float64), torch.tensor(b, dtype=torch.float64)) for a, b in runs]


def _mean_over(unit: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean of the differences, divided by `unit(differences)`."""
    return lambda a, b: (a - b).mean() / unit(a - b)


paired_standard_errors = Exercise(
    number="5b.3",
    examples=_errors_by_seed,
    right=_mean_over(lambda d: d.std() / len(d) ** 0.5),
    mistakes=[
        Mistake(
            "that treats the two as if they had other seeds (exercise 5.1); take the difference seed by seed first",
            lambda a, b: (a.mean() - b.mean()) / (a.var() / len(a) + b.var() / len(b)).sqrt(),
        ),
        Mistake("the sign: positive when a's error is the larger", _mean_over(lambda d: -d.std() / len(d) ** 0.5)),
        Mistake(
            "keep the sign: it tells which of the two is better",
            lambda a, b: (a - b).mean().abs() / ((a - b).std() / len(a) ** 0.5),
        ),
        Mistake("a mean over n differences is steadier than one: divide their spread by √n", _mean_over(Tensor.std)),
        Mistake("divide by the root of n, not by n", _mean_over(lambda d: d.std() / len(d))),
        Mistake(
            "the standard error is a root: of the variance of the differences, over n",
            _mean_over(lambda d: d.var() / len(d)),
        ),
        Mistake(
            "the spread of few differences wants n − 1 in the denominator (torch's default)",
            _mean_over(lambda d: d.std(correction=0) / len(d) ** 0.5),
        ),
        Mistake("that is the mean difference itself; divide by its standard error", lambda a, b: (a - b).mean()),
    ],
    observe=one_number,
    returns="one number, with its sign",
    praise="the paired t. Unpaired, the first example would be 2.0; with its seeds paired it is 5.7",
    target="Positive when a's error is the larger; above 5 for the first errors of the check",
    minutes=8,
    level="medium",
    ask="Both settings had a bad day with seed 3. What is left of the bad day once you subtract seed by seed?",
)


def _draws(share: float, probability: float) -> float:
    """(1 - share) ** draws = 1 - probability, solved for the draws."""
    return math.log(1 - probability) / math.log(1 - share)


draws_needed = Exercise(
    number="5b.4",
    examples=[(0.05, 0.95), (0.1, 0.9), (0.01, 0.95), (0.3, 0.6), (0.8, 0.1), (0.5, 0.75)],
    right=lambda share, probability: math.ceil(_draws(share, probability)),
    mistakes=[
        Mistake("round up: one draw fewer does not reach the probability", lambda q, p: math.floor(_draws(q, p))),
        Mistake(
            "round up, not to the nearest: with 58 draws for 58.4 the probability is not reached yet",
            lambda q, p: round(_draws(q, p)),
        ),
        Mistake(
            "one draw too many where a whole number reaches the probability exactly: math.ceil, not int(…) + 1",
            lambda q, p: int(_draws(q, p)) + 1,
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
    observe=one_number,
    returns="a whole number of draws",
    praise="59 draws land in the best twentieth with 95 %, in however many dimensions",
    target="59 draws for the best twentieth with probability 0.95",
    minutes=12,
    tolerance=1e-9,
    level="hard",
    ask="With which probability does one draw miss, and with which do two draws both miss?",
)


_RUNS_OF_A_RATE = (  # validation errors over the seeds, training error, test error
    ((49.0, 50.0, 51.0), 48.0, 50.0),
    ((26.0, 26.5, 25.5), 12.0, 27.0),  # learns by heart
    ((20.0, 21.0, 22.0), 19.0, 22.0),  # the one to choose
    ((23.0, 23.5, 22.5), 21.0, 18.0),  # lucky on the test images
    ((17.0, 27.0, 28.0), 22.0, 25.0),  # lucky once
    ((25.0, 25.0, 25.1), 24.0, 26.0),  # steady
    ((19.0, math.nan, 19.2), 18.0, 20.5),  # diverged once
    ((21.6, 21.7, 21.8), 20.0, 23.0),  # its worst run is the best of the worst, its mean is not the best
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
    number="5b.5",
    examples=lambda: [
        (_table(1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2, 2e-2),),
        (_table(2e-2, 1e-2, 4e-3, 1e-3, 5e-4, 2e-4, 5e-5, 2e-5),),
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
            "you chose by the worst run of each rate; average over its seeds",
            lambda table: table.val_error.fillna(math.inf).groupby(table.lr).max().idxmin(),
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
    level="medium",
    ask="Cover the column that you chose by. Could somebody have got that number by luck, or by learning by heart?",
)

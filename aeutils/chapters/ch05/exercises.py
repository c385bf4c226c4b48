"""The exercises of notebook 05."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, but, choices, one_number
from aeutils.sweeps import trial


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
    number="5.1",
    examples=_errors_of_two_settings,
    right=_gap_in(_standard_error),
    mistakes=[
        Mistake(
            "the sign: a positive answer is to mean that a's error is the larger",
            _gap_in(lambda a, b: -_standard_error(a, b)),
        ),
        Mistake(
            "keep the sign: it tells which of the two is better",
            but(_gap_in(_standard_error), abs),
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
    observe=one_number,
    returns="one number, with its sign",
    praise="statisticians know it as Welch's t. Here it is 3.1. With so few runs luck brings that once in 35: enough "
    "if this was the one planned comparison, too little for the best of dozens",
    target="Positive when a's error is the larger; about 3 for the errors of the check",
    minutes=6,
    level="easy",
    ask="If you ran each setting a hundred times as often, what would become of the difference, and what of "
    "its standard error?",
)

_FREE = ("hidden", "activation", "start", "lr")  # what may be chosen in 5.2
_GOAL = 24.0


@functools.cache
def _error_of(settings: tuple[tuple[str, Any], ...]) -> float:
    """Squared error per validation image after 200 steps, with a seed that is in no table."""
    return trial(steps=200, seed=100, **dict(settings))["val_error"]


def _reaches_the_goal(answer: Callable[[], Mapping[str, Any]]) -> bool:
    given = attempted(answer())
    if not isinstance(given, Mapping):
        raise Diagnosis('return a dictionary of settings, such as {"hidden": "128-64", "lr": 0.001}')
    if others := sorted(map(str, given.keys() - set(_FREE))):
        raise Diagnosis(f"{', '.join(others)}: that changes the task or what it costs; choose {', '.join(_FREE)}")
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    try:
        error = _error_of(tuple(sorted(settings.items())))
    except (TypeError, ValueError) as wrong:
        raise Diagnosis(str(wrong)) from None
    if not error < 45:  # NaN, too
        raise Diagnosis(
            f"validation error {error:.1f}, hardly below the mean image's: the rate is far too low, or over the cliff, "
            "or the start lets no signal through so many layers"
        )
    if error >= _GOAL:
        deep = settings.get("start", "PyTorch") == "PyTorch" and str(settings.get("hidden", "")).count("-") > 1
        slow = "; stacks so deep are slow with PyTorch's start: fewer layers, or He" if deep else ""
        raise Diagnosis(f"validation error {error:.1f} after 200 steps, not below 24 yet (the default has 28){slow}")
    return True


quick = Exercise(
    number="5.2",
    examples=[()],
    right=lambda: {"hidden": "256-256", "activation": "GELU"},
    mistakes=[
        Mistake("not below 24 yet", lambda: {}),
        Mistake("slow with PyTorch's start: fewer layers, or He", lambda: {"hidden": "256-256-256"}),
        Mistake("over the cliff", lambda: {"hidden": "128", "lr": 0.1}),
        Mistake("code_size: that changes the task", lambda: {"code_size": 32}),
        Mistake("batch_size, steps: that changes", lambda: {"steps": 2000, "batch_size": 300}),
        Mistake("expected one of ReLU", lambda: {"activation": "gelu"}),
        Mistake("expected the encoder's widths such as '128-64'", lambda: {"hidden": [256, 256]}),
        Mistake("return a dictionary", lambda: "256"),
    ],
    observe=_reaches_the_goal,
    returns="a dictionary of settings",
    praise="below 24 in a third of the steps, at the same code size. Try how few steps the default takes to get there",
    target="Settings with which 200 steps bring the validation error below 24",
    minutes=12,
    level="medium",
    ask="With 200 steps, is it the network's size or its training that is short? Which setting have you tried alone?",
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
    number="5.3",
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
    level="medium",
    ask="Compare each run's training error with PCA's and with the mean image's. What does that alone rule out?",
)

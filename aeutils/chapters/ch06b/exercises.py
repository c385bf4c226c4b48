"""The exercises of notebook 06b."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, choices, several, whole_number

_CAUSES = {"run A": "rate too high", "run B": "decoder left out", "run C": "overfitting"}
_OPTIONS = (*_CAUSES.values(), "forgotten eval", "not trained for long enough")
_SAID = {  # run -> wrong answer -> what speaks against it
    "run A": {
        "decoder left out": "run A does move, and leaps: a part left out of the optimiser leaves the curve flat from "
        "the start",
        "overfitting": "run A gets no further than the mean image's 52, so it has learnt nothing by heart",
        "not trained for long enough": "run A has stopped falling long before the end: more of the same would bring "
        "nothing",
        "forgotten eval": "run A leaps by a factor of six; eval() forgotten shifts a curve, but does not throw it up",
    },
    "run B": {
        "rate too high": "run B never leaps: it is flat from the first moment. What if half of the model does not "
        "move?",
        "overfitting": "run B never falls, so there is nothing learnt by heart",
        "not trained for long enough": "run B does not move at all: more time would not help",
        "forgotten eval": "run B has no wobble at all; a measurement in training mode differs each time",
    },
    "run C": {
        "rate too high": "run C is smooth; too high a rate leaps or swings",
        "decoder left out": "run C is far below the mean image, so both halves have learnt",
        "not trained for long enough": "run C was better early on: it has trained too long, not too briefly",
        "forgotten eval": "run C turns and rises steadily: what becomes of new images while the old ones are learnt by "
        "heart?",
    },
}


def _first_wrong_cause_is_told(answer: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    given = choices(answer(), list(_CAUSES), _OPTIONS)
    for (run, cause), said in zip(_CAUSES.items(), given, strict=True):
        if said != cause:
            raise Diagnosis(_SAID[run][said])
    return given


def _blames(run: str, cause: str) -> Callable[[], tuple[str, ...]]:
    return lambda: tuple((_CAUSES | {run: cause}).values())


diagnose = Exercise(
    number="6b.1",
    examples=[()],
    right=lambda: tuple(_CAUSES.values()),
    mistakes=[
        *(Mistake(said, _blames(run, wrong)) for run, causes in _SAID.items() for wrong, said in causes.items()),
        Mistake("'too fast' is not in the list", _blames("run A", "too fast")),
        Mistake("return 3 values", lambda: "overfitting"),
    ],
    observe=_first_wrong_cause_is_told,
    returns="three of the names, for the runs A, B and C",
    praise="the shape of a curve says more than its last value",
    target="Three different names out of the list, for A, B and C",
    minutes=8,
    level="medium",
    ask="Which two of the three curves are ever below the mean image's error, and what must a network have "
    "learnt for that?",
)

_LIMITS = {
    128: "128 is the largest power of 2; the exponential has the base e = 2.718…",
    177: "at 177 the standard deviation, exp(l / 2), still fits; the KL needs the variance, exp(l)",
    709: "709 is the limit of double precision; PyTorch's usual numbers are single",
}


def _played(answer: Callable[[], Any]) -> int:
    given = whole_number(answer())
    if given != 88:
        too_large = _LIMITS.get(given, f"the exponential of {given} is infinite; try a smaller one")
        raise Diagnosis(too_large if given > 88 else f"{given} fits, and a larger one does, too")
    return given


largest_log_variance = Exercise(
    number="6b.2",
    examples=[()],
    right=lambda: 88,
    mistakes=[
        *(Mistake(said, lambda limit=limit: limit) for limit, said in _LIMITS.items()),
        Mistake("the exponential of 89 is infinite", lambda: 89),
        Mistake("87 fits, and a larger one does, too", lambda: 87),
        Mistake("return a whole number", lambda: 88.7),
    ],
    observe=_played,
    returns="one whole number",
    praise="from 89 on the exponential is infinite, and so is the KL",
    target="The largest whole number whose exponential is finite in single precision",
    minutes=5,
    tolerance=0,
    level="easy",
    ask="What does torch print for the exponential of your number, and of the next one?",
)

_Steps = Sequence[Mapping[str, float]]


def _first(
    broken: Callable[[float], bool] = lambda value: not math.isfinite(value), start: int = 1
) -> Callable[[_Steps], tuple[int, str]]:
    """The first step and term that are `broken`."""

    def first(steps: _Steps) -> tuple[int, str]:
        return next((step, name) for step, terms in enumerate(steps, start) for name in terms if broken(terms[name]))

    return first


def _of_the_last(steps: _Steps) -> tuple[int, str]:
    """The last step's first term, in the first step where all are broken."""
    return next(i for i, terms in enumerate(steps, 1) if not any(map(math.isfinite, terms.values()))), next(
        iter(steps[-1])
    )


def _step_and_term(answer: Callable[[_Steps], Any], steps: _Steps) -> tuple[float, str]:
    step, term = several(answer(steps), first_to_go.parts)
    if not isinstance(term, str):
        raise Diagnosis("the step comes first, then the term's name" if isinstance(step, str) else "name the term")
    return whole_number(step), term


_NAN, _INF = math.nan, math.inf
first_to_go = Exercise(
    number="6b.3",
    examples=[
        (
            [
                {"squared_error": 90.0, "kl": 3e2},
                {"squared_error": 2e3, "kl": 2.9e8},
                {"squared_error": 4e9, "kl": _INF},
                {"squared_error": _NAN, "kl": _NAN},
                {"squared_error": _INF, "kl": _NAN},
            ],
        ),
        (
            [
                {"cross_entropy": 540.0, "kl": 0.1},
                {"cross_entropy": _NAN, "kl": 2e9},
                {"cross_entropy": _INF, "kl": _INF},
            ],
        ),
        (
            [
                {"nats": 4e30, "kl": 20.0},
                {"nats": -_INF, "kl": 5.0},
                {"nats": _INF, "kl": _NAN},
            ],
        ),
    ],
    right=_first(),
    mistakes=[
        Mistake("steps are counted from 1: enumerate(steps, 1)", _first(start=0)),
        Mistake("infinite is not NaN: math.isfinite is False for both", _first(math.isnan)),
        Mistake("NaN is not infinite: math.isfinite is False for both", _first(math.isinf)),
        Mistake("minus infinity is not finite, either", _first(lambda value: not value < _INF)),
        Mistake("a large number is not infinite yet", _first(lambda value: not abs(value) < 1e8)),
        Mistake("that is where all terms are broken; the one to blame went before", _of_the_last),
        Mistake(
            "that is the last step; the first one in which a term was broken is asked for",
            lambda steps: (len(steps), _first()(steps)[1]),
        ),
        Mistake(
            "that is the last step and its first broken term; return at the first step that has one",
            lambda steps: (len(steps), _first()(steps[-1:])[1]),
        ),
        Mistake("the step comes first", lambda steps: _first()(steps)[::-1]),
        Mistake("return 2 values", lambda steps: _first()(steps)[0]),
        Mistake("name the term", lambda steps: (3, 1)),
    ],
    observe=_step_and_term,
    parts=("the step", "the term"),
    returns="a step, counted from 1, and the name of a term",
    praise="ae.fit looks in the same way, and names the term that you should look at",
    target='In the first example step 3 and "kl"',
    minutes=10,
    level="medium",
    ask="If everything is NaN from the fourth step on, which step tells you who began?",
)

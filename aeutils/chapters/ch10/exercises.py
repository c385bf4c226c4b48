"""The exercises of notebook 10."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.chapters.ch10.eights import eights
from aeutils.chapters.ch10.scores import share_real
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, but, number, told


def _scores() -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(10)
    unusual, normal = (torch.rand(n, generator=generator) for n in (7, 12))
    tied = torch.tensor([1.0, 2.0, 2.0, 3.0]), torch.tensor([0.0, 2.0, 2.0, 2.0, 1.0])
    return [(unusual + 0.3, normal), tied, (normal, unusual + 0.3)]


def _pairs(compare: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean over all pairs `[N, M]` of an anomaly and a normal example."""
    return lambda unusual, normal: compare(unusual[:, None], normal[None]).double().mean()


def _with_halves(a: Tensor, b: Tensor) -> Tensor:
    return (a > b).double() + (a == b).double() / 2


def _one_area(answer: Callable[..., Any], unusual: Tensor, normal: Tensor) -> float:
    with told({"must match": "all pairs, not the first with the first: unusual[:, None] > normal[None], [N, M]"}):
        given = attempted(answer(unusual, normal))
    if getattr(given, "shape", ()) == (len(unusual), len(normal)):
        raise Diagnosis("that is one answer for each pair; return their mean, one number")
    return number(given)


_right_area = _pairs(_with_halves)
area_from_pairs = Exercise(
    number="10.1",
    examples=_scores,
    right=_right_area,
    mistakes=[
        Mistake("ties are left out: two equal scores count one half", _pairs(torch.gt)),
        Mistake("ties count one half, not one", _pairs(torch.ge)),
        Mistake("the other way round: the anomaly is to have the larger score", but(_right_area, lambda a: 1 - a)),
        Mistake("that is in percent; the area lies between 0 and 1", but(_right_area, lambda a: 100 * a)),
        Mistake(
            "that is how many pairs; divide by their number",
            lambda unusual, normal: _right_area(unusual, normal) * len(unusual) * len(normal),
        ),
        Mistake(
            "you compared each anomaly with the mean of the normal scores; compare it with every one of them",
            lambda unusual, normal: (unusual > normal.mean()).double().mean(),
        ),
        Mistake("all pairs, not the first with the first", lambda unusual, normal: (unusual > normal).double().mean()),
        Mistake("one answer for each pair", lambda unusual, normal: _with_halves(unusual[:, None], normal[None])),
    ],
    observe=_one_area,
    returns="one number, 0 to 1",
    praise="it is the area under the ROC curve, with no curve in it (Mann and Whitney's U over all pairs)",
    target="0.675 for the anomalies 1, 2, 2, 3 and the normal scores 0, 1, 2, 2, 2",
    minutes=8,
    level="medium",
    ask="Take the anomaly 2 and the normal scores 0, 1, 2, 2, 2: against which does it win, and what are "
    "the ties worth?",
)


def _errors() -> list[tuple[Tensor, float]]:
    generator = torch.Generator().manual_seed(11)
    errors = [torch.rand(n, generator=generator) * 40 for n in (50, 99, 19, 10, 30, 13, 28)]
    promises = 0.05, 0.1, 0.05, 0.05, 0.1, 0.15, 0.15  # the last three: rounded, n for n + 1, a quantile's 24th
    return list(zip(errors, promises, strict=True))


def _rank(errors: Tensor, promise: float) -> int:
    return math.ceil((len(errors) + 1) * (1 - promise))


def _limit(rank: Callable[[Tensor, float], int]) -> Callable[[Tensor, float], float]:
    """The error of this rank, counted from 1 at the smallest; infinite where there are not so many."""

    def limit(errors: Tensor, promise: float) -> float:
        k = rank(errors, promise)
        return math.inf if k > len(errors) else errors.sort().values[k - 1].item()

    return limit


def _one_limit(answer: Callable[..., Any], errors: Tensor, promise: float) -> float:
    n = len(errors)
    if _rank(errors, promise) > n:
        beyond = f"you have {n} errors, fewer than k: then no limit can promise that; return math.inf"
    else:
        beyond = f"{n} errors have no place {n}: Python counts from 0, so the k-th smallest stands at place k − 1"
    with told({"out of bounds": beyond, "out of range": beyond}):
        return number(answer(errors, promise))


limit_that_keeps_its_promise = Exercise(
    number="10.2",
    examples=_errors,
    right=_limit(_rank),
    mistakes=[
        Mistake(
            "count n + 1: the new image is one of the rank order, too",
            _limit(lambda errors, promise: math.ceil(len(errors) * (1 - promise))),
        ),
        Mistake(
            "that is the higher of the two values round a quantile of your n errors; of 28 at 15 % it is the 24th. "
            "The new image is one of the rank order, too: of 29 the 25th",
            lambda errors, promise: errors.quantile(1 - promise, interpolation="higher").item(),
        ),
        Mistake(
            "k is rounded up, always: of 50 errors at 5 % it is 48.45, so the 49th; that is math.ceil, not round",
            _limit(lambda errors, promise: round((len(errors) + 1) * (1 - promise))),
        ),
        Mistake(
            "k is rounded up, not down: of 50 errors at 5 % it is 48.45, so the 49th",
            _limit(lambda errors, promise: int((len(errors) + 1) * (1 - promise))),
        ),
        Mistake(
            "Python counts from 0: the k-th smallest stands at place k − 1",
            _limit(lambda errors, promise: _rank(errors, promise) + 1),
        ),
        Mistake(
            "19 errors have no place 19",
            lambda errors, promise: errors.sort().values[_rank(errors, promise)].item(),
        ),
        Mistake(
            "with 10 errors nothing can promise 5 %: return math.inf, no alarm at all",
            lambda errors, promise: errors.sort().values[min(_rank(errors, promise), len(errors)) - 1].item(),
        ),
        Mistake(
            "you have 10 errors, fewer than k",
            lambda errors, promise: errors.sort().values[_rank(errors, promise) - 1].item(),
        ),
        Mistake(
            "that is torch.quantile, which knows nothing of the new image; take a rank among n + 1",
            lambda errors, promise: errors.quantile(1 - promise).item(),
        ),
        Mistake(
            "that is the limit below which so many lie: turn the promise round, 1 − promise",
            _limit(lambda errors, promise: max(math.ceil((len(errors) + 1) * promise), 1)),
        ),
    ],
    observe=_one_limit,
    returns="one number, a limit",
    praise="a new normal image is above it at most so often as promised, on average over all draws of the n errors, "
    "whatever the errors are like: this is conformal prediction",
    target="for 19 errors and 5 % it is the largest of them; for 10 errors there is none, so math.inf",
    minutes=12,
    level="hard",
    ask="Where can the new image rank among ten others, and which ranks would be alarms?",
)


def _half_are_real(answer: Callable[[], float]) -> bool:
    """True for a limit at which half of the alarms are real, one image in a hundred an anomaly, and not too high."""
    limit = number(answer())
    scores, unusual, _ = eights()
    found, false = ((scores[which] > limit).float().mean().item() for which in (unusual, ~unusual))
    if not found:
        raise Diagnosis(f"at {limit:.1f} there is no alarm at all")
    real = share_real(found, false, share=0.01)
    if real < 0.5:
        raise Diagnosis(f"at {limit:.1f} only {100 * real:.1f} of 100 alarms are real; go on")
    best = (scores[unusual] > scores[~unusual].max()).float().mean().item()
    if found < best - 0.05:
        raise Diagnosis(
            f"half are real, but you find only {100 * found:.0f} % of the anomalies; {100 * best:.0f} % can be"
        )
    return True


half_are_real = Exercise(
    number="10.3",
    examples=[()],
    right=lambda: eights()[0][~eights()[1]].max().item() + 0.05,
    mistakes=[
        Mistake("of 100 alarms are real; go on", lambda: 30.0),
        Mistake("no alarm at all", lambda: 1000.0),
        Mistake("you find only", lambda: 90.0),
    ],
    observe=_half_are_real,
    returns="one number, a limit",
    praise="with so rare anomalies not one of the 100 normal images may raise an alarm, and few anomalies are found; "
    "nor can 100 images tell a false-alarm rate of 1 % from one of 0.1 %",
    target="a limit at which 50 of 100 alarms are real, when one image in a hundred is an anomaly",
    minutes=8,
    level="easy",
    ask="When you moved the limit up, which fell faster, the real alarms or the false ones?",
)

"""The exercises of notebook 10b."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from aeutils.chapters.ch10b.water import adjusted, counted, events
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, several, told, whole_number


def _series() -> list[tuple[Tensor]]:
    first = torch.arange(12.0).square()
    first[[5, 8, 9]] = math.nan  # one alone, and two in a row
    second = 10 + torch.tensor([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3])
    second[[0, 3, 5, 9]] = math.nan  # both ends, and two with one hour between them
    third = 20 - torch.arange(9.0)
    third[[2, 3, 4]] = math.nan
    return [(first,), (second,), (third,)]


def _mended(series: Tensor) -> Tensor:
    mended = series.clone()
    mended[1:-1] = torch.where(series[1:-1].isnan(), (series[:-2] + series[2:]) / 2, series[1:-1])
    return mended  # beside another missing hour the mean is NaN


def _by_pandas(change: Callable[[pd.Series], pd.Series]) -> Callable[[Tensor], Tensor]:
    return lambda series: torch.tensor(change(pd.Series(series.numpy())).to_numpy(copy=True))


def _mean_of_all(series: Tensor) -> Tensor:
    return torch.where(series.isnan(), series.nanmean(), series)


def _one_neighbour_is_enough(series: Tensor) -> Tensor:
    filled, beside = series.clone(), torch.stack([series[:-2], series[2:]]).nanmean(0)
    filled[1:-1] = torch.where(series[1:-1].isnan(), beside, series[1:-1])
    return filled


def _one_series(answer: Callable[..., Any], series: Tensor) -> Tensor:
    hours = len(series)
    with told({"must match": f"beside the first and the last hour stands none: {hours - 2} hours have two neighbours"}):
        given = attempted(answer(series))
    if isinstance(given, pd.Series | np.ndarray) and given.dtype.kind in "fiu":
        given = torch.from_numpy(np.array(given, dtype=float))
    if not isinstance(given, Tensor) or given.shape != series.shape:
        raise Diagnosis(f"return a series as long as the one that came, [{hours}]: no hour is left out on the clock")
    return given.double()


single_hours_filled = Exercise(
    number="10b.1",
    examples=_series,
    right=_mended,
    mistakes=[
        Mistake("the missing hour between two measured ones is still missing", lambda series: series),
        Mistake("return a series as long as the one that came", lambda series: series[~series.isnan()]),
        Mistake("you put 0 into the gaps; nobody measured that", lambda series: series.nan_to_num()),
        Mistake(
            "you put the mean of all hours into the gaps; take that of the two hours beside each, where both are known",
            _mean_of_all,
        ),
        Mistake(
            "you filled every gap; two hours in a row, and the ends, stay missing",
            _by_pandas(lambda series: series.interpolate(limit_direction="both")),
        ),
        Mistake(
            "you filled gaps of any length by a straight line; fill only where both neighbours are known",
            _by_pandas(pd.Series.interpolate),
        ),
        Mistake(
            "of two missing hours in a row you filled the first; such a gap stays as it is",
            _by_pandas(lambda series: series.interpolate(limit=1, limit_area="inside")),
        ),
        Mistake(
            "you filled the first hour of every gap, at the end, too; fill only where both neighbours are known",
            _by_pandas(lambda series: series.interpolate(limit=1)),
        ),
        Mistake(
            "where one neighbour is missing, too, you took the other one; such an hour stays missing",
            _one_neighbour_is_enough,
        ),
        Mistake("you repeated the last known hour through every gap; take a mean of two", _by_pandas(pd.Series.ffill)),
        Mistake(
            "you repeated the hour before; take the mean of the two beside it",
            _by_pandas(lambda series: series.ffill(limit=1)),
        ),
    ],
    observe=_one_series,
    returns="[T], still NaN where two hours or more in a row are missing",
    praise="a missing hour costs 24 windows; filled in, none. Longer gaps stay gaps, and want an alarm of their own",
    target="26 for the sixth of the squares 0, 1, 4, 9, 16, …, which is missing alone; NaN where two in a row are",
    minutes=8,
    level="medium",
    ask="Which two values stand beside the missing hour, and what is their mean if one of them is missing, too?",
)


def _alarms() -> list[tuple[Tensor, Tensor]]:
    known = torch.zeros(24, dtype=torch.bool)
    known[4:10] = known[14:18] = known[22:] = True
    alarm = torch.zeros(24, dtype=torch.bool)
    alarm[[2, 7, 12, 13, 18, 22]] = True
    few = torch.zeros(24, dtype=torch.bool)
    few[[7, 13]] = True
    across = torch.zeros(24, dtype=torch.bool)
    across[[0, 1, 3, 4, 5, 11, 17, 18, 19, 20]] = True
    twice = torch.zeros(24, dtype=torch.bool)
    twice[[5, 8, 9, 23]] = True
    return [(alarm, known), (few, known), (across, known), (twice, known)]


def _two_counts(answer: Callable[..., Any], alarm: Tensor, known: Tensor) -> tuple[int, ...]:
    given = answer(alarm, known)
    if isinstance(given, np.ndarray | Tensor) and given.ndim == 1:
        given = given.tolist()
    given = several(given, ("moments found", "false alarms"))
    return tuple(whole_number(count) for count in given)


found_and_false = Exercise(
    number="10b.2",
    examples=_alarms,
    right=counted,
    mistakes=[
        Mistake(
            "you counted hours; a moment found is one, however many of its hours have an alarm",
            lambda alarm, known: (int((alarm & known).sum()), counted(alarm, known)[1]),
        ),
        Mistake(
            "you counted hours; count events: hours in a row are one",
            lambda alarm, known: (int((alarm & known).sum()), int((alarm & ~known).sum())),
        ),
        Mistake(
            "you counted alarms; one moment hit twice is one: go through the moments",
            lambda alarm, known: (sum(bool(known[a:b].any()) for a, b in events(alarm)), counted(alarm, known)[1]),
        ),
        Mistake(
            "hours next to each other are one alarm: count where they begin",
            lambda alarm, known: (counted(alarm, known)[0], int((alarm & ~known).sum())),
        ),
        Mistake(
            "an alarm that reaches into a known moment is not false, even where it begins before",
            lambda alarm, known: (counted(alarm, known)[0], len(events(alarm & ~known))),
        ),
        Mistake("that is the other way round: first the moments found", lambda a, k: counted(a, k)[::-1]),
        Mistake(
            "you counted all alarms; false are those that touch no known moment",
            lambda alarm, known: (counted(alarm, known)[0], len(events(alarm))),
        ),
    ],
    observe=_two_counts,
    returns="two whole numbers: moments found, false alarms",
    praise="two numbers that a plant can do something with; divide the second by the weeks",
    target="2 and 3 in the check's first example",
    minutes=12,
    level="medium",
    ask="If an alarm lasts five hours inside one known moment, how many moments were found, and how many "
    "alarms were false?",
)


def _grown(alarm: Tensor, known: Tensor) -> Tensor:
    after = alarm.clone()
    for start, end in events(known):
        after[start:end] |= alarm[max(start - 1, 0) : end + 1].any()
    return after


def _flags(answer: Callable[..., Any], alarm: Tensor, known: Tensor) -> Tensor:
    given = attempted(answer(alarm, known))
    if getattr(given, "shape", None) != alarm.shape:
        raise Diagnosis(f"return one flag for each hour, a tensor [{len(alarm)}]")
    return torch.as_tensor(given).double()


point_adjusted = Exercise(
    number="10b.3",
    examples=_alarms,
    right=adjusted,
    mistakes=[
        Mistake("nothing is adjusted: every hour of a moment that was hit counts as found", lambda alarm, known: alarm),
        Mistake("only moments with an alarm inside count as found", lambda alarm, known: alarm | known),
        Mistake("keep the alarms outside of the known moments: they are false", lambda a, k: adjusted(a, k) & k),
        Mistake("only the hours of the moment itself: an alarm just before or behind it does not hit it", _grown),
        Mistake("one flag for each hour", lambda alarm, known: adjusted(alarm, known).float().mean()),
    ],
    observe=_flags,
    returns="[T], True or False for each hour",
    labels="hours",
    praise="so one lucky hour is rewarded with all of them. Report moments found and false alarms a week instead",
    target="in the check's first example one alarm of the first moment becomes six",
    minutes=10,
    level="easy",
    ask="A known moment lasts ten hours, and one hour of it has an alarm. What does your answer say about "
    "the other nine?",
)

"""The exercises of notebook 10b."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aeutils.chapters.ch10b.water import adjusted, events
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, several, whole_number


def _series() -> list[tuple[Tensor, int]]:
    first = torch.arange(12.0)
    first[5] = math.nan
    second = torch.arange(9.0).square()
    third = torch.arange(10.0) - 4
    third[[0, 9]] = math.nan
    return [(first, 3), (second, 4), (third, 2)]


def _whole(series: Tensor, length: int) -> Tensor:
    windows = series.unfold(0, length, 1)
    return windows[~windows.isnan().any(1)]


def _closed_up(series: Tensor, length: int) -> Tensor:
    return series[~series.isnan()].unfold(0, length, 1)


def _filled(series: Tensor) -> Tensor:
    known, hours = ~series.isnan().numpy(), np.arange(len(series))
    return torch.from_numpy(np.interp(hours, hours[known], series.numpy()[known]))


def _table(answer: Callable[..., Any], series: Tensor, length: int) -> Tensor:
    given = attempted(answer(series, length))
    if isinstance(given, np.ndarray) and given.dtype.kind in "fiu":
        given = torch.from_numpy(given.astype(float))
    if not isinstance(given, Tensor) or given.ndim != 2:
        raise Diagnosis(f"return one tensor [N, {length}], a window in each row")
    if given.shape[1] != length:
        raise Diagnosis(f"a window has {length} values here; yours have {given.shape[1]}")
    if given.isnan().any():
        raise Diagnosis("some of your windows hold NaN, hours that nobody measured; leave these windows out")
    return given.double()


whole_windows = Exercise(
    number="10b.1",
    examples=_series,
    right=_whole,
    mistakes=[
        Mistake("some of your windows hold NaN", lambda series, length: series.unfold(0, length, 1)),
        Mistake("the hours on both sides of a gap are no neighbours: cut first, then leave out", _closed_up),
        Mistake(
            "you put 0 into the gap; nobody measured that. Here a window with a gap is left out",
            lambda series, length: series.nan_to_num().unfold(0, length, 1),
        ),
        Mistake(
            "you filled the gap from its neighbours; here a window with a gap is left out",
            lambda series, length: _filled(series).unfold(0, length, 1),
        ),
        Mistake("one window begins at every hour: step 1", lambda series, length: _whole(series, length)[::length]),
        Mistake("the last window is missing", lambda series, length: _whole(series, length)[:-1]),
        Mistake("a window has 3 values here", lambda series, length: _whole(series, length + 1)),
    ],
    observe=_table,
    returns="[N, length], a window in each row",
    praise="a gap of one hour costs as many windows as a window is long",
    target="7 windows of length 3 for twelve hours with the sixth missing",
    minutes=8,
    level="medium",
    ask="Which hours stand beside each other in your series, and did they when they were measured?",
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


def _counted(alarm: Tensor, known: Tensor) -> tuple[int, int]:
    found = sum(bool(alarm[start:end].any()) for start, end in events(known))
    false = sum(not known[start:end].any() for start, end in events(alarm))
    return found, false


def _two_counts(answer: Callable[..., Any], alarm: Tensor, known: Tensor) -> tuple[int, ...]:
    given = answer(alarm, known)
    if isinstance(given, np.ndarray | Tensor) and given.ndim == 1:
        given = given.tolist()
    given = several(given, ("moments found", "false alarms"))
    return tuple(whole_number(count) for count in given)


found_and_false = Exercise(
    number="10b.2",
    examples=_alarms,
    right=_counted,
    mistakes=[
        Mistake(
            "you counted hours; a moment found is one, however many of its hours have an alarm",
            lambda alarm, known: (int((alarm & known).sum()), _counted(alarm, known)[1]),
        ),
        Mistake(
            "you counted hours; count events: hours in a row are one",
            lambda alarm, known: (int((alarm & known).sum()), int((alarm & ~known).sum())),
        ),
        Mistake(
            "you counted alarms; one moment hit twice is one: go through the moments",
            lambda alarm, known: (sum(bool(known[a:b].any()) for a, b in events(alarm)), _counted(alarm, known)[1]),
        ),
        Mistake(
            "hours next to each other are one alarm: count where they begin",
            lambda alarm, known: (_counted(alarm, known)[0], int((alarm & ~known).sum())),
        ),
        Mistake(
            "an alarm that reaches into a known moment is not false, even where it begins before",
            lambda alarm, known: (_counted(alarm, known)[0], len(events(alarm & ~known))),
        ),
        Mistake("that is the other way round: first the moments found", lambda a, k: _counted(a, k)[::-1]),
        Mistake(
            "you counted all alarms; false are those that touch no known moment",
            lambda alarm, known: (_counted(alarm, known)[0], len(events(alarm))),
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

"""Two months of a water pipe for notebook 10b: the series with its known moments, and faults to put into it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

HOURS = 24  # of a window
# Three times the flow was low, once there was a small peak, writes the company that gave the data to river; the hours
# are read from the series itself: below 96 l/s, and the one leap (first and last hour, local time).
_KNOWN = (
    ("2022-03-24 09:00", "2022-03-25 01:00"),
    ("2022-03-29 08:00", "2022-03-29 20:00"),
    ("2022-04-03 05:00", "2022-04-03 06:00"),
    ("2022-04-27 15:00", "2022-04-28 06:00"),
)
_FALLING, _SETTLING = 1, 6  # hours before and after a moment
_ZONE = "Europe/Paris"
# What lies outside of training and validation days, as the known moments part it.
_WEEKS = {
    "before 24 March": ("2022-03-20 11:00", "2022-03-24 09:00"),
    "25–29 March": ("2022-03-25 02:00", "2022-03-29 08:00"),
    "until 3 April": ("2022-03-29 21:00", "2022-04-04 00:00"),
    "after 24 April": ("2022-04-25 00:00", "2022-05-16 23:00"),
}


@dataclass(frozen=True)
class WaterPipe:
    """An hourly series without holes in its clock.

    Attributes:
        flow: `[T]`, in litres a second; NaN where nothing was measured.
        hour: `[T]`, the hour of the day, 0 to 23, local time.
        known: `[T]`, whether the hour is part of one of the four known moments.
        unsettled: `[T]`, the same with the hour before each and the six after it, in which the flow falls or swings.
        train: the hours to train on, fifteen days in April.
        val: the six days after them.
        weeks: name -> the hours of each part of the rest.
    """

    flow: Tensor
    hour: Tensor
    known: Tensor
    unsettled: Tensor
    train: slice
    val: slice
    weeks: dict[str, slice]


def water_pipe(file: str | Path) -> WaterPipe:
    """Read `water_flow.csv`.

    Raises:
        FileNotFoundError: no such file.
    """
    table = pd.read_csv(file, names=["time", "flow"], header=0)
    series = table.flow.set_axis(pd.to_datetime(table.time, utc=True)).resample("h").mean().tz_convert(_ZONE)
    times = pd.DatetimeIndex(series.index)

    def place(time: str) -> int:
        return int(times.searchsorted(pd.Timestamp(time, tz=_ZONE)))

    known, unsettled = torch.zeros(2, len(times), dtype=torch.bool)
    for first, last in _KNOWN:
        known[place(first) : place(last) + 1] = True
        unsettled[place(first) - _FALLING : place(last) + 1 + _SETTLING] = True
    days = [place(f"2022-04-{day:02}") for day in (4, 19, 25)]
    weeks = {name: slice(place(first), place(after)) for name, (first, after) in _WEEKS.items()}
    flow = torch.tensor(series.to_numpy(), dtype=torch.float32)
    hour = torch.tensor(times.hour.to_numpy(), dtype=torch.long)
    return WaterPipe(flow, hour, known, unsettled, slice(*days[:2]), slice(*days[1:]), weeks)


def faults(windows: Tensor, seed: int = 0) -> dict[str, Tensor]:
    """Faults that one may fear, put into windows of flow `[N, 24]`, each at a place drawn by `seed`.

    Returns:
        Name -> windows `[N, 24]`: a sensor that gives the same value for 8 hours; 1 l/s more for 6 hours; one hour
        2 l/s higher; and a clock that is half a day off.
    """
    generator = torch.Generator().manual_seed(seed)
    at = torch.arange(windows.shape[1])

    def from_hour(length: int) -> Tensor:
        """Where each fault begins, `[N, 1]`."""
        return torch.randint(windows.shape[1] - length + 1, (len(windows), 1), generator=generator)

    def during(start: Tensor, length: int) -> Tensor:
        return (at >= start) & (at < start + length)

    stuck = from_hour(8)
    return {
        "stuck for 8 h": torch.where(during(stuck, 8), windows.gather(1, stuck), windows),
        "1 l/s more for 6 h": windows + during(from_hour(6), 6).float(),
        "2 l/s more for 1 h": windows + 2 * during(from_hour(1), 1).float(),
        "clock 12 h off": windows.roll(12, 1),
    }


def events(flags: Tensor) -> list[tuple[int, int]]:
    """First hour and the hour after the last of each run of True in `flags` `[T]`."""
    marked = flags.numpy()
    return [(int(run.start), int(run.stop)) for run in np.ma.clump_masked(np.ma.array(marked, mask=marked))]


def counted(alarm: Tensor, known: Tensor) -> tuple[int, int]:
    """How many known moments have an alarm in them, and how many alarms, hours in a row being one, touch no moment.

    Args:
        alarm: `[T]`, whether there is an alarm.
        known: `[T]`, whether that is part of a known moment.
    """
    found = sum(bool(alarm[start:end].any()) for start, end in events(known))
    return found, sum(not known[start:end].any() for start, end in events(alarm))


def waits(alarm: Tensor, known: Tensor) -> list[float]:
    """Hours from the beginning of each known moment to its alarm; NaN where there is none.

    A window is over 23 hours after it began, and no alarm of it comes earlier.

    Args:
        alarm: `[T - 23]`, for the window that begins at each hour.
        known: `[T]`, whether the hour is part of a known moment.
    """
    hours = []
    for start, end in events(known):
        first = max(start - HOURS + 1, 0)  # of the windows that reach into it
        late = torch.nonzero(alarm[first:end])[:, 0]
        hours.append(float(first + late[0] + HOURS - 1 - start) if len(late) else math.nan)
    return hours


def adjusted(alarm: Tensor, known: Tensor) -> Tensor:
    """Alarms `[T]` after point adjustment: one inside a run of `known` flags `[T]` counts as alarms in all of it."""
    after = alarm.clone()
    for start, end in events(known):
        after[start:end] |= alarm[start:end].any()
    return after

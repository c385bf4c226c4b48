"""Measurements: curves, points of two measures, bars, a table of coloured fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation
from matplotlib.ticker import LogFormatterSciNotation, MaxNLocator

from aeutils.figures import doors, look
from aeutils.figures.look import Picture, axes_with_labels, new_picture

_HATCHES = ("", "//", "\\\\", "..")  # of shaded parts, beside their colours
_BESIDE = 4  # points between a bar, or a line, and the number beside it


class _PlainNumbers(LogFormatterSciNotation):
    """40, 100 and 300 along a logarithmic axis, not 4 × 10¹, 10² and 3 × 10²; beyond 100,000 powers of ten."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        label = super().__call__(x, pos)  # empty where there is no room
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]  # a formatter that is asked has an axis
        return f"{x:,g}" if label and low >= 1e-3 and high <= 1e5 else label


@look.draws
def lines(
    x: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str,
    title: str,
    *,
    spread: Mapping[str, Sequence[float]] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    alt: str = "",
) -> Picture:
    """Curves over a common x, each with its name at its side in the legend.

    Args:
        x: where the curves were measured.
        curves: name -> values, one for each x; NaN leaves a gap.
        xlabel: what x is, with its unit.
        ylabel: what the curves are, with their unit.
        title: says what there is to see.
        spread: name -> half the length of the error bar at each x, for some of the curves or all.
        log_x: a logarithmic x axis, labelled at the measured values.
        log_y: a logarithmic y axis.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: no curves, too many to be told apart, one that is not as long as x or has no finite value, or values
            that a logarithmic axis cannot show.
    """
    where = doors.numbers(x, "x", finite=True)
    n = len(where)
    drawn = {
        name: doors.numbers(values, f"curve {name!r}", n)
        for name, values in doors.named(curves, "curves", "values").items()
    }
    half = {name: doors.half_lengths(values, n) for name, values in doors.beside(spread, "spread", drawn).items()}
    if log_x and where.min() <= 0:
        raise ValueError(f"x begins at {where.min():g}; expected values above 0 on a logarithmic axis")
    if log_y and max(np.nanmax(values) for values in drawn.values()) <= 0:
        raise ValueError("no curve has a value above 0; a logarithmic axis shows only those: leave log_y out")
    ends = {name: values[np.isfinite(values)][[0, -1]] for name, values in drawn.items()}
    runs = "; ".join(f"{name} from {first:.3g} to {last:.3g}" for name, (first, last) in ends.items())
    alt = alt or f"{title}. {ylabel} against {xlabel}, from {where[0]:g} to {where[-1]:g}: {runs}."
    beside = len(drawn) > 3  # among so many curves a legend would hide some of them
    figure = new_picture(8.2 if beside else 6.4, 3.6, title, alt)
    axes = axes_with_labels(figure, xlabel, ylabel)
    styles = look.styles(list(drawn))
    for name, values in drawn.items():
        plain = n > 30 or (n > 1 and np.ptp(values) == 0)  # too many markers, or a baseline
        how = {"markersize": 5, **styles[name], **({"marker": ""} if plain else {})}
        if name in half:
            axes.errorbar(where, values, yerr=half[name], label=name, capsize=3, elinewidth=1, **how)
        else:
            axes.plot(where, values, label=name, **how)
    if log_x:
        axes.set_xscale("log")
        axes.set_xticks(where, [f"{value:g}" for value in where])
        axes.minorticks_off()
    elif (where == np.round(where)).all():
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True, min_n_ticks=1))
    if log_y:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(_PlainNumbers())
        axes.yaxis.set_minor_formatter(_PlainNumbers())
    else:
        low = min(np.nanmin(values) for values in drawn.values())
        if low >= 0:  # otherwise matplotlib's own margin keeps the lowest point off the axis
            axes.set_ylim(bottom=0)
    if len(drawn) > 1:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1)} if beside else {}
        axes.legend(frameon=False, handlelength=4, **place)  # two periods of the longest dashes
    return figure


@look.draws
def series(
    x: Sequence[float],
    values: Sequence[float],
    parts: Mapping[str, Sequence[bool]],
    xlabel: str,
    ylabel: str,
    title: str,
    *,
    alt: str = "",
) -> Picture:
    """One long series as one solid line, so that a gap in it is a gap in the data; parts of it are shaded and named.

    Args:
        x: when each value was measured, ascending.
        values: one for each x; NaN leaves a gap.
        parts: name -> one flag for each x, whether it is in that part. A part may have several stretches.
        xlabel: what x is, with its unit.
        ylabel: what the values are, with their unit.
        title: says what there is to see.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: x that does not ascend, values that are not as many as x or all NaN, or a part that is not as long
            as x or has nothing in it.
    """
    where = doors.numbers(x, "x", finite=True)
    if (np.diff(where) <= 0).any():
        raise ValueError("x does not ascend; expected the times of a series, one after the other")
    curve = doors.numbers(values, "values", len(where))
    flags = {
        name: doors.numbers(part, f"part {name!r}", len(where), finite=True) != 0
        for name, part in doors.named(parts, "parts", "flags").items()
    }
    for name, part in flags.items():
        if not part.any():
            raise ValueError(f"part {name!r} has nothing in it; expected a flag that is True somewhere")
    half = np.diff(where).min() / 2 if len(where) > 1 else 0.5  # a stretch of one value is seen, too
    stretches = {name: np.ma.clump_masked(np.ma.array(part, mask=part)) for name, part in flags.items()}
    told = "; ".join(
        f"{name} {', '.join('{:g} to {:g}'.format(*where[run][[0, -1]]) for run in each[:6])}"
        + (", …" if len(each) > 6 else "")
        for name, each in stretches.items()
    )
    low, high = np.nanmin(curve), np.nanmax(curve)
    alt = alt or f"{title}. {ylabel} against {xlabel}, from {low:.3g} to {high:.3g}. Shaded: {told}."
    figure = new_picture(8.2, 3.6, title, alt)
    axes = axes_with_labels(figure, xlabel, ylabel)
    styles = look.styles(list(flags))
    for (name, each), hatch in zip(stretches.items(), cycle(_HATCHES)):
        colour = styles[name]["color"]
        paint: dict[str, Any] = {"facecolor": look.pale(colour), "edgecolor": look.pale(colour, 0.5), "hatch": hatch}
        for i, run in enumerate(each):
            first, last = where[run][[0, -1]]
            axes.axvspan(first - half, last + half, label="" if i else name, lw=0, zorder=0.5, **paint)
    axes.plot(where, curve, color=look.BLACK, linewidth=1)
    if low >= 0:
        axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@look.draws
def trade_off(
    x: Sequence[float],
    y: Sequence[float],
    labels: Sequence[str],
    xlabel: str,
    ylabel: str,
    title: str,
    *,
    baseline: tuple[str, float] | None = None,
    alt: str = "",
) -> Picture:
    """One setting after the other as points of two measures, joined in order, each with its label.

    Args:
        x: the first measure, one finite value for each setting.
        y: the second measure.
        labels: the settings' names, such as "β = 1".
        xlabel: what x is, with its unit.
        ylabel: what y is, with its unit.
        title: says what there is to see.
        baseline: name and height of a dashed horizontal line.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: x, y and labels that are not equally long, or values that are no finite numbers.
    """
    across = doors.numbers(x, "x", finite=True)
    points = list(zip(across.tolist(), doors.numbers(y, "y", len(across), finite=True).tolist(), strict=True))
    labels = doors.texts(labels, "labels", len(across))
    line = None if baseline is None else doors.baseline(baseline)
    told = "; ".join(f"{label} {a:.3g}, {b:.3g}" for label, (a, b) in zip(labels, points, strict=True))
    alt = alt or f"{title}. {ylabel} against {xlabel}: {told}{f'; {line[0]} {line[1]:.3g}' if line else ''}."
    figure = new_picture(6.4, 3.8, title, alt)
    axes = axes_with_labels(figure, xlabel, ylabel)
    axes.plot(*zip(*points, strict=True), color=look.fixed_colour("autoencoder"), marker="o", markersize=5)
    if line:
        name, height = line
        axes.axhline(height, color=look.GREY, linestyle="--", linewidth=1.5)
        axes.annotate(
            f"{name} {height:.1f}",
            (1, height),
            xytext=(0, 3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=9,
        )
    axes.margins(x=0.1)
    if min(b for _, b in points) >= 0:
        axes.set_ylim(bottom=0)
    low, high = axes.get_ylim()
    for label, point in zip(labels, points, strict=True):
        struck = line is not None and 0 <= line[1] - point[1] < 0.08 * (high - low)  # by the dashed line, if above
        place: dict[str, Any] = {"xytext": (-7, -12), "ha": "right"} if struck else {"xytext": (7, 5)}
        axes.annotate(label, point, textcoords="offset points", fontsize=9, **place)
    return figure


@look.draws
def training_curves(
    training: Sequence[float], validation: Sequence[float], ylabel: str, title: str, *, alt: str = ""
) -> Picture:
    """Training and validation averages epoch by epoch.

    Args:
        training: one value for each epoch, such as `history.train["squared_error"]`.
        validation: the same on the validation images; may be empty.
        ylabel: what the values are, with their unit.
        title: says what there is to see.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: no values, or not as many for validation as for training.
    """
    epochs = range(1, 1 + len(doors.numbers(training, "training")))
    curves = {"training": training} if doors.nothing(validation) else {"training": training, "validation": validation}
    return lines(epochs, curves, "epoch", ylabel, title, alt=alt)


@look.draws
def bars(
    values: Mapping[str, float],
    ylabel: str,
    title: str,
    *,
    baseline: tuple[str, float] | None = None,
    spread: Mapping[str, float] | None = None,
    kinds: Sequence[str] | None = None,
    alt: str = "",
) -> Picture:
    """One bar for each name with its value written on it, and a baseline to hold them against.

    All bars have one colour, but for names with a colour of their own in every figure (`STYLES`, such as PCA).

    Args:
        values: name -> height; one that is not finite is called "diverged".
        ylabel: what is measured, with its unit.
        title: says what there is to see.
        baseline: name and height of a dashed line across; numbers in its way stand behind it.
        spread: name -> half the length of its error bar, for some of the bars or all.
        kinds: what each bar is one of, in the order of `values`, where that is to be seen: one colour for each kind.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: no bars, no finite height, or kinds that are not as many as the bars.
    """
    named = doors.named(values, "values", "a height")
    heights = doors.numbers(named.values(), "values")
    half = {name: doors.half_lengths([value], 1)[0] for name, value in doors.beside(spread, "spread", named).items()}
    line = None if baseline is None else doors.baseline(baseline)
    told = dict([*zip(named, heights, strict=True), *([line] if line else [])])
    alt = alt or f"{title}. {ylabel}: {'; '.join(f'{name} {value:.3g}' for name, value in told.items())}."
    figure = new_picture(6.4, 0.75 + 0.42 * len(named), title, alt)
    axes = axes_with_labels(figure, ylabel, "")
    if kinds is None:
        colours = [look.fixed_colour(name) for name in named]
    else:
        each = doors.texts(kinds, "kinds", len(named))
        styles = look.styles(list(dict.fromkeys(each)))
        colours = [styles[kind]["color"] for kind in each]
    error_bars: dict[str, Any] = {"xerr": [half.get(name, 0.0) for name in named], "capsize": 3} if half else {}
    real = np.isfinite(heights)
    drawn = axes.barh(list(named), np.where(real, heights, 0), color=colours, height=0.65, **error_bars)
    written = [f"{height:.1f}" if known else "diverged" for height, known in zip(heights, real, strict=True)]
    label_box = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # readable on top of the grid
    labels = axes.bar_label(drawn, written, padding=_BESIDE, bbox=label_box)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.grid(visible=False, axis="y")
    if line:
        name, height = line
        axes.axvline(height, color=look.fixed_colour(name, look.GREY), linestyle="--", linewidth=1.5)
        top: dict[str, Any] = {"xycoords": axes.get_xaxis_transform(), "ha": "center", "va": "bottom", "fontsize": 9}
        axes.annotate(f"{name} {height:.1f}", (height, 1), xytext=(0, 2), textcoords="offset points", **top)
        _move_off_line(axes, labels, height)
    return figure


def _move_off_line(axes: Axes, labels: Sequence[Annotation], x: float) -> None:
    """Labels that the upright line at `x` would touch stand just behind it, seen from their bars."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # where a label stands is not known before
    line, clear = axes.transData.transform((x, 0))[0], _BESIDE / 2 * figure.dpi / 72
    for label in labels:
        box = label.get_window_extent()
        if box.x0 - clear < line < box.x1 + clear:
            label.xy = x, label.xy[1]


@look.draws
def heat_map(
    values: Sequence[Sequence[float]],
    rows: Sequence[object],
    columns: Sequence[object],
    xlabel: str,
    ylabel: str,
    label: str,
    title: str,
    *,
    each_row: bool = False,
    framed: bool = True,
    limits: Sequence[float] | None = None,
    alt: str = "",
) -> Picture:
    """A table of numbers as coloured fields with the numbers in them; low is dark, and the lowest has a frame.

    Args:
        values: one list for each row, one number for each column; one that is not finite is drawn grey and called
            "diverged".
        rows: the rows' names, from the top.
        columns: the columns' names.
        xlabel: what the columns are.
        ylabel: what the rows are.
        label: what the numbers are, with their unit.
        title: says what there is to see.
        each_row: whether the lowest of each row has a frame, instead of the lowest of all.
        framed: whether there are frames; none where the lowest means nothing.
        limits: the numbers that have the first and the last colour, for tables that are to be compared; the table's
            own lowest and highest unless given.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: values that are no table of numbers, none of them finite, names that do not fit it, or limits that
            are not two numbers, the lower one first.
    """
    array = doors.numbers(values, "values", dims=2)
    array = np.where(np.isfinite(array), array, np.nan)
    down, across = doors.texts(rows, "rows", len(array)), doors.texts(columns, "columns", array.shape[1])
    best = np.unravel_index(np.nanargmin(array), array.shape)
    low, high = np.nanmin(array), np.nanmax(array)
    first, last = (low, high) if limits is None else doors.numbers(limits, "limits", 2, finite=True)
    if first > last or (limits is not None and first == last):
        raise ValueError(f"limits are {first:g} and {last:g}; expected the lower one first")
    alt = alt or (
        f"{title}. {label} for {xlabel} {', '.join(across)} and {ylabel} {', '.join(down)}: from "
        f"{low:.3g} at {down[best[0]]}, {across[best[1]]} to {high:.3g}."
    )
    figure = new_picture(1.8 + 0.95 * len(across), 1.2 + 0.48 * len(down), title, alt)
    axes = figure.add_subplot(xlabel=xlabel, ylabel=ylabel)
    axes.set_facecolor(look.MISSING)
    drawn = axes.imshow(array, cmap=look.FROM_LOW, aspect="auto", vmin=first, vmax=last)
    axes.set_xticks(range(len(across)), across)
    axes.set_yticks(range(len(down)), down)
    axes.spines[:].set_visible(False)
    for (i, j), value in np.ndenumerate(array):
        dark = value < first + 0.6 * (last - first)
        text = f"{value:.1f}" if np.isfinite(value) else "diverged"
        axes.text(j, i, text, ha="center", va="center", fontsize=9, color=look.PIXEL_ON if dark else look.BLACK)
    of_rows = [(i, np.nanargmin(row)) for i, row in enumerate(array) if np.isfinite(row).any()]
    for i, j in (of_rows if each_row else [best]) if framed else []:
        frame = Rectangle((j - 0.46, i - 0.44), 0.92, 0.88, fill=False, color=look.VERMILION, linewidth=2.5)
        axes.add_patch(frame)
    figure.colorbar(drawn, ax=axes, label=label, fraction=0.05)
    return figure

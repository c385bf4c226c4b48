"""Figures: functions from arrays to a `Picture`, a matplotlib figure that carries its own alt text.

Nothing here shows anything or keeps pyplot state: a notebook shows the picture that a cell ends in. The same thing has
the same colour, marker and line in every figure (`STYLES`); colours are Okabe and Ito's, which colour-blind readers can
tell apart. Pixels are drawn in grey without smoothing, 0 black and 1 white.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from aeutils.figures.look import CLASS_COLOURS, GREY, STYLES, Picture, new_picture, styles
from aeutils.figures.look import axes_with_labels as _axes


def digits(rows: Mapping[str, Tensor], title: str, *, columns: Sequence[str] | None = None, alt: str = "") -> Picture:
    """Rows of images under one another, such as originals and their reconstructions.

    Args:
        rows: label -> images `[N, 1, 28, 28]`, the same N in every row; values outside [0, 1] are clipped.
        title: says what there is to see.
        columns: a label above each column.
        alt: describes the figure for those who cannot see it; made from what is drawn unless given.

    Raises:
        ValueError: rows of different lengths, or no rows.
    """
    counts = {len(images) for images in rows.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(f"rows have {sorted(counts)} images; expected the same number, at least one, in every row")
    (n,) = counts
    label_width = 0.3 + 0.075 * max(len(label) for label in rows)
    cell = min(0.75, (8.2 - label_width) / n)
    alt = alt or f"{title}. {n} images in each row; the rows, from the top: {', '.join(map(str.strip, rows))}."
    figure = new_picture(label_width + cell * n, 0.45 + (cell + 0.03) * len(rows) + 0.22 * bool(columns), title, alt)
    grid = figure.subplots(len(rows), n, squeeze=False)
    for line, (label, images) in zip(grid, rows.items(), strict=True):
        for axes, image in zip(line, images.detach().cpu(), strict=True):
            axes.imshow(image.squeeze(0).numpy(), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    for axes, text in zip(grid[0], columns or [], strict=False):
        axes.set_title(text, fontsize=9, pad=3)
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    return figure


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
    """
    curves = {name: np.asarray(values, dtype=float) for name, values in curves.items()}
    ends = {name: values[np.isfinite(values)][[0, -1]] for name, values in curves.items()}
    runs = "; ".join(f"{name} from {first:.3g} to {last:.3g}" for name, (first, last) in ends.items())
    alt = alt or f"{title}. {ylabel} against {xlabel}, from {x[0]:g} to {x[-1]:g}: {runs}."
    figure = new_picture(6.4, 3.6, title, alt)
    axes = _axes(figure, xlabel, ylabel)
    look = styles(list(curves))
    for name, values in curves.items():
        plain = len(x) > 30 or np.ptp(values) == 0  # too many markers, or a baseline
        how = {"markersize": 5, **look[name], **({"marker": ""} if plain else {})}
        if spread and name in spread:
            axes.errorbar(x, values, yerr=spread[name], label=name, capsize=3, elinewidth=1, **how)
        else:
            axes.plot(x, values, label=name, **how)
    if log_x:
        axes.set_xscale("log")
        axes.set_xticks(list(x), [f"{value:g}" for value in x])
        axes.minorticks_off()
    if log_y:
        axes.set_yscale("log")
    else:
        low = min(np.nanmin(values) for values in curves.values())
        if low >= 0:  # otherwise matplotlib's own margin keeps the lowest point off the axis
            axes.set_ylim(bottom=0)
    if len(curves) > 1:
        axes.legend(frameon=False)
    return figure


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
        x: the first measure, one value for each setting.
        y: the second measure.
        labels: the settings' names, such as "β = 1".
        xlabel: what x is, with its unit.
        ylabel: what y is, with its unit.
        title: says what there is to see.
        baseline: name and height of a dashed horizontal line.
        alt: describes the figure; made from what is drawn unless given.
    """
    points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    told = "; ".join(f"{label} {a:.3g}, {b:.3g}" for label, (a, b) in zip(labels, points, strict=True))
    alt = (
        alt or f"{title}. {ylabel} against {xlabel}: {told}{f'; {baseline[0]} {baseline[1]:.3g}' if baseline else ''}."
    )
    figure = new_picture(6.4, 3.8, title, alt)
    axes = _axes(figure, xlabel, ylabel)
    axes.plot(*zip(*points, strict=True), color=STYLES["autoencoder"][0], marker="o", markersize=5)
    for label, point in zip(labels, points, strict=True):
        axes.annotate(label, point, xytext=(7, 5), textcoords="offset points", fontsize=9)
    if baseline:
        name, height = baseline
        axes.axhline(height, color=GREY, linestyle="--", linewidth=1.5)
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
    axes.set_ylim(bottom=0)
    return figure


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
    """
    curves = {"training": training} | ({"validation": validation} if len(validation) else {})
    return lines(range(1, len(training) + 1), curves, "epoch", ylabel, title, alt=alt)


def bars(
    values: Mapping[str, float],
    ylabel: str,
    title: str,
    *,
    baseline: tuple[str, float] | None = None,
    spread: Mapping[str, float] | None = None,
    one_colour: bool = False,
    alt: str = "",
) -> Picture:
    """One bar for each name with its value written on it, and a baseline to hold them against.

    Args:
        values: name -> height; names that begin alike, up to a colon, share a colour.
        ylabel: what is measured, with its unit.
        title: says what there is to see.
        baseline: name and height of a dashed line across.
        spread: name -> half the length of its error bar.
        one_colour: all bars alike, where colours would mean nothing.
        alt: describes the figure; made from what is drawn unless given.
    """
    told = dict([*values.items(), *([baseline] if baseline else [])])
    alt = alt or f"{title}. {ylabel}: {'; '.join(f'{name} {float(value):.3g}' for name, value in told.items())}."
    figure = new_picture(6.4, 0.75 + 0.42 * len(values), title, alt)
    axes = _axes(figure, ylabel, "")
    groups = {name: "autoencoder" if one_colour else name.split(": ")[0] for name in values}
    look = styles(list(dict.fromkeys(groups.values())))
    heights = [float(height) for height in values.values()]
    error_bars = {"xerr": [spread[name] for name in values], "capsize": 3} if spread else {}
    drawn = axes.barh(
        list(values), heights, color=[look[groups[name]]["color"] for name in values], height=0.65, **error_bars
    )
    label_box = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # readable on top of the baseline
    axes.bar_label(drawn, fmt="%.1f", padding=4, bbox=label_box)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.grid(visible=False, axis="y")
    if baseline:
        name, height = baseline
        axes.axvline(height, color=STYLES.get(name, (GREY,))[0], linestyle="--", linewidth=1.5)
        axes.text(height, -0.62, f"{name} {height:.1f}", ha="center", va="bottom", fontsize=9)
    return figure


def heat_map(
    values: Sequence[Sequence[float]],
    rows: Sequence[object],
    columns: Sequence[object],
    xlabel: str,
    ylabel: str,
    label: str,
    title: str,
    *,
    alt: str = "",
) -> Picture:
    """A table of numbers as coloured fields with the numbers in them; low is dark, and the lowest has a frame.

    Args:
        values: one list for each row, one number for each column; NaN is drawn grey and called "diverged".
        rows: the rows' names, from the top.
        columns: the columns' names.
        xlabel: what the columns are.
        ylabel: what the rows are.
        label: what the numbers are, with their unit.
        title: says what there is to see.
        alt: describes the figure; made from what is drawn unless given.
    """
    array = np.asarray(values, dtype=float)
    best = np.unravel_index(np.nanargmin(array), array.shape)
    alt = alt or (
        f"{title}. {label} for {xlabel} {', '.join(map(str, columns))} and {ylabel} {', '.join(map(str, rows))}: from "
        f"{array[best]:.3g} at {rows[best[0]]}, {columns[best[1]]} to {np.nanmax(array):.3g}."
    )
    figure = new_picture(1.8 + 0.95 * len(columns), 1.2 + 0.48 * len(rows), title, alt)
    axes = figure.add_subplot(xlabel=xlabel, ylabel=ylabel)
    axes.set_facecolor("#BBBBBB")
    low, high = np.nanmin(array), np.nanmax(array)
    drawn = axes.imshow(array, cmap="viridis", aspect="auto", vmin=low, vmax=high)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.spines[:].set_visible(False)
    for (i, j), value in np.ndenumerate(array):
        dark = value < low + 0.6 * (high - low)
        text = f"{value:.1f}" if np.isfinite(value) else "diverged"
        axes.text(j, i, text, ha="center", va="center", fontsize=9, color="white" if dark else "black")
    axes.add_patch(Rectangle((best[1] - 0.46, best[0] - 0.44), 0.92, 0.88, fill=False, color="#D55E00", linewidth=2.5))
    figure.colorbar(drawn, ax=axes, label=label, fraction=0.05)
    return figure


def pixel_maps(
    maps: Mapping[str, Tensor], label: str, title: str, *, diverging: bool = False, alt: str = ""
) -> Picture:
    """Values of one number per pixel, side by side on one colour scale.

    Args:
        maps: name -> values `[28, 28]` (or `[1, 28, 28]`).
        label: what the colours mean, with the unit.
        title: says what there is to see.
        diverging: negative and positive values in two colours around 0 (for weights); otherwise one scale from 0.
        alt: describes the figure; made from what is drawn unless given.
    """
    arrays = {name: values.detach().cpu().squeeze().numpy() for name, values in maps.items()}
    top = max(float(np.abs(values).max()) for values in arrays.values())
    alt = alt or f"{title}. {label} for each pixel: {', '.join(arrays)}."
    figure = new_picture(min(8.2, 1.2 + 1.7 * len(arrays)), 2.3, title, alt)
    row = figure.subplots(1, len(arrays), squeeze=False)[0]
    for axes, (name, values) in zip(row, arrays.items(), strict=True):
        drawn = axes.imshow(
            values,
            cmap="RdBu" if diverging else "viridis",
            vmin=-top if diverging else 0,
            vmax=top,
            interpolation="nearest",
        )
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize=9)
    figure.colorbar(drawn, ax=row, label=label, fraction=0.05)
    return figure


def code_map(z: Tensor, y: Tensor, classes: Sequence[str], title: str, *, alt: str = "") -> Picture:
    """Two-dimensional codes as a map: each image is drawn as its label, so that colour alone carries nothing.

    Args:
        z: codes `[N, 2]`.
        y: labels `[N]`.
        classes: the label's text for each class; one character each reads best.
        title: says what there is to see.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: codes that are not two-dimensional.
    """
    if z.ndim != 2 or z.shape[1] != 2:
        raise ValueError(f"z has shape {list(z.shape)}; expected codes [N, 2]: choose two columns of a larger code")
    alt = alt or f"{title}. {len(z):,} images as points in the plane of two code units, each drawn as its label."
    figure = new_picture(6.0, 5.4, title, alt)
    axes = _axes(figure, "code unit 1", "code unit 2")
    label_points(axes, z, y, classes, size=30)
    return figure


def code_maps(maps: Mapping[str, Tensor], y: Tensor, classes: Sequence[str], title: str, *, alt: str = "") -> Picture:
    """Several pictures of the same images side by side, each image drawn as its label; the axes carry no unit.

    Args:
        maps: name -> places `[N, 2]`, the same images in each.
        y: labels `[N]`.
        classes: the label's text for each class.
        title: says what there is to see.
        alt: describes the figure; made from what is drawn unless given.
    """
    alt = alt or f"{title}. The same {len(y):,} images as points in: {', '.join(maps)}."
    figure = new_picture(8.2, 0.6 + 7.6 / len(maps), title, alt)
    for axes, (name, places) in zip(figure.subplots(1, len(maps), squeeze=False)[0], maps.items(), strict=True):
        label_points(axes, places, y, classes, size=16)
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize=9)
        axes.set_aspect("equal", adjustable="datalim")
    return figure


def label_points(axes: Axes, places: Tensor, y: Tensor, signs: Sequence[str], size: float) -> None:
    """Draw every image as a sign of its class, in the class's colour.

    Args:
        axes: where.
        places: `[N, 2]`.
        y: labels `[N]`.
        signs: the text for each class; one character each reads best.
        size: of a sign, in square points.
    """
    for label, sign in enumerate(signs):
        points = places[y == label].detach().cpu().numpy()
        colour = CLASS_COLOURS[label % len(CLASS_COLOURS)]
        axes.scatter(points[:, 0], points[:, 1], marker=f"${sign}$", color=colour, s=size, linewidths=0.2)


def layer_widths(sizes: Sequence[int], parameters: Sequence[int], title: str, *, code: int, alt: str = "") -> Picture:
    """The stack as bars: how wide every layer is (logarithmic), with the number of parameters between neighbours.

    Args:
        sizes: width of every layer, from the image to the reconstruction.
        parameters: weights and biases from each layer to the next: one fewer than `sizes`.
        title: says what there is to see.
        code: which position in `sizes` is the code.
        alt: describes the figure; made from what is drawn unless given.
    """
    alt = alt or f"{title}. Widths from image to reconstruction: {', '.join(map(str, sizes))}."
    figure = new_picture(8.0, 2.8, title, alt)
    axes = _axes(figure, "", "width (units, logarithmic)")
    colours = [
        STYLES["autoencoder"][0] if i < code else "#009E73" if i > code else "#D55E00" for i in range(len(sizes))
    ]
    names = ["image", *(f"hidden {i}" for i in range(1, code)), "code"]
    names += [*(f"hidden {i}" for i in range(code, len(sizes) - 2)), "reconstruction"]
    drawn = axes.bar(range(len(sizes)), sizes, color=colours, width=0.45)
    axes.bar_label(drawn, padding=2)
    axes.set_yscale("log")
    axes.set_ylim(1, max(sizes) * 3)
    axes.set_xticks(range(len(sizes)), names)
    axes.grid(visible=False, axis="x")
    for i, count in enumerate(parameters):
        axes.text(i + 0.5, 1.15, f"{count:,}", ha="center", va="bottom", fontsize=8, color="#333333")
    return figure

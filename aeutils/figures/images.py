"""Images, and one number for each pixel, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine
from torch import Tensor

from aeutils.figures import doors, look
from aeutils.figures.look import Picture, new_picture

_MOST = 60  # images in a row: more are too small to be seen, and take minutes
_GAP = 0.06  # between images, in inches


@look.draws
def digits(rows: Mapping[str, Tensor], title: str, *, columns: Sequence[str] | None = None, alt: str = "") -> Picture:
    """Rows of images under one another, such as originals and their reconstructions.

    Args:
        rows: label -> images `[N, 1, H, W]`, or `[N, 3, H, W]` in colour, the same N in every row; floats, values
            outside [0, 1] are clipped.
        title: says what there is to see.
        columns: a label above each column.
        alt: describes the figure for those who cannot see it; made from what is drawn unless given.

    Raises:
        ValueError: rows of different lengths, no rows, or something that is no images.
    """
    pictures = {label: doors.images(x, f"row {label!r}") for label, x in doors.named(rows, "rows", "images").items()}
    counts = {len(x) for x in pictures.values()}
    if len(counts) != 1:
        raise ValueError(f"rows have {sorted(counts)} images; expected the same number, at least one, in every row")
    (n,) = counts
    if n > _MOST:
        raise ValueError(f"rows have {n:,} images; expected at most {_MOST} in a row, such as x[:10]")
    above = [] if columns is None else doors.texts(columns, "columns", n)
    label_width = min(4.0, 0.3 + 0.075 * max(map(len, pictures)))
    tall = max(x.shape[2] / x.shape[3] for x in pictures.values())
    width = min(0.75 / max(1.0, tall), (8.2 - label_width) / n)
    box = width - _GAP
    down = box * tall + _GAP
    alt = alt or f"{title}. {n} images in each row; the rows, from the top: {', '.join(map(str.strip, pictures))}."
    size = label_width + width * n, 0.36 + down * len(pictures) + 0.2 * bool(above)
    figure = new_picture(*size, title, alt)
    axes = figure.add_subplot()  # one for all: axes for each image take five times as long
    across, below = ([(i + 0.5) * step for i in range(count)] for step, count in ((width, n), (down, len(pictures))))
    for y, x in zip(below, pictures.values(), strict=True):
        half_high = box / 2 * min(tall, x.shape[2] / x.shape[3])
        half_wide = half_high * x.shape[3] / x.shape[2]
        for middle, image in zip(across, x, strict=True):
            place = (middle - half_wide, middle + half_wide, y + half_high, y - half_high)
            look.draw_image(axes, image, place=place)
    edge = _GAP / 2
    axes.set(xlim=(edge, n * width - edge), ylim=(len(pictures) * down - edge, edge), anchor="NW")
    axes.set_yticks(below, list(pictures), fontsize=9)
    if above:
        axes.set_xticks(across, above, fontsize=9)
    axes.tick_params(length=0, pad=3, labelbottom=False, labeltop=True)
    axes.spines[:].set_visible(False)
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)  # new_picture's
    engine.set(w_pad=edge, h_pad=edge)
    return figure


@look.draws
def pixel_maps(
    maps: Mapping[str, Tensor], label: str, title: str, *, diverging: bool = False, alt: str = ""
) -> Picture:
    """Values of one number per pixel, side by side on one colour scale; three channels are drawn one below the other.

    Args:
        maps: name -> values `[H, W]`, `[1, H, W]` or `[3, H, W]`, of any range.
        label: what the colours mean, with the unit.
        title: says what there is to see.
        diverging: negative and positive values in two colours around 0 (for weights); otherwise one scale from 0.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: no maps, or values of another shape.
    """
    arrays = {name: doors.channels(values, name) for name, values in doors.named(maps, "maps", "values").items()}
    top = max(float(np.abs(values).max()) for values in arrays.values()) or 1.0
    channels = max(map(len, arrays.values()))
    tall = max(values.shape[1] / values.shape[2] for values in arrays.values())
    colours = " and channel (red, green and blue, from the top)" if channels == 3 else ""
    alt = alt or f"{title}. {label} for each pixel{colours}: {', '.join(arrays)}."
    width = min(8.2, 1.2 + 1.7 * len(arrays))
    side = 1.7 if channels == 1 else (width - 1.2) / len(arrays)
    figure = new_picture(width, 0.6 + side * channels * min(2.0, max(0.5, tall)), title, alt)
    grid = figure.subplots(channels, len(arrays), squeeze=False)
    for column, (name, values) in zip(grid.T, arrays.items(), strict=True):
        column[0].set_title(name, fontsize=9)
        for axes in column[len(values) :]:
            axes.set_axis_off()
        for axes, channel in zip(column, values, strict=False):
            drawn = axes.imshow(
                channel,
                cmap=look.AROUND_0 if diverging else look.FROM_LOW,
                vmin=-top if diverging else 0,
                vmax=top,
                interpolation="nearest",
            )
            axes.set(xticks=[], yticks=[])
    for axes, name in zip(grid[:, 0] if channels == 3 else (), ("red", "green", "blue"), strict=False):
        axes.set_ylabel(name, fontsize=9)
    figure.colorbar(drawn, ax=grid, label=label, fraction=0.05)
    return figure

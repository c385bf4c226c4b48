"""The still: what an explorer shows where nothing runs, drawn with matplotlib from the same codes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from torch import Tensor

from aeutils import evaluation
from aeutils.explorer.images import Shown
from aeutils.explorer.plane import Plane
from aeutils.explorer.subject import Explored
from aeutils.figures import CLASS_COLOURS, Picture, label_points, look, new_picture

_POINTS = 1000
_GRID = 15
_STEPS = 11
_CHECKPOINTS = 5  # of a film
_SHARES = (0.5, 0.8, 0.95)  # of the prior, as in body/density.js


@look.defaults()
def still(
    explored: Sequence[Explored], shown: Shown, title: str, *, film: bool = False, prior: bool = False
) -> Picture:
    """Map, manifold, a walk between two images and a traversal of the two widest units for the first model; below,
    the same images by every model. Of a film the last checkpoint has the map, and some make the rows.

    Args:
        explored: the models with their codes and planes.
        shown: the images.
        title: written above.
        film: whether the models are the checkpoints of a film.
        prior: whether the map has the circles that hold 50, 80 and 95 % of the prior N(0, I).
    """
    if film:
        count = min(len(explored), _CHECKPOINTS)
        explored = [explored[i * (len(explored) - 1) // (count - 1)] for i in range(count)]
    first = explored[-1 if film else 0]
    some = slice(0, _POINTS)
    y = None if shown.y is None else shown.y[some]
    rows = _rows(first, explored, shown)
    alt = (
        f"{title}. Left: the codes of {len(shown.x[some]):,} images as a map"
        f"{'' if y is None else ', each drawn as its class'}{', with the circles of the prior' if prior else ''}. "
        "Right: pictures decoded on a grid over that map. "
        f"Below, row by row: {'; '.join(rows)}."
    )
    picture = new_picture(8.2, 4.5 + 0.72 * len(rows), title, alt)
    upper, lower = picture.subfigures(2, 1, squeeze=False, height_ratios=(4.0, 0.72 * len(rows)))[:, 0]
    left, right = upper.subplots(1, 2)
    _map(left, first.plane, first.plane.places[some], y, shown.classes)
    if prior and len(first.plane.axes) == 2:
        _prior(left, first.plane)
    _manifold(right, first)
    for axes, (label, images) in zip(lower.subplots(len(rows), 1, squeeze=False)[:, 0], rows.items(), strict=True):
        _row(axes, label, images)
    return picture


def _rows(first: Explored, explored: Sequence[Explored], shown: Shown) -> dict[str, Tensor]:
    """Label -> images: a walk, two units traversed, some images, and what each model makes of them."""
    model, codes, y = first.model, first.codes, shown.y
    other = len(codes) - 1 if y is None else int(((y != y[0]) & (y >= 0)).int().argmax())
    t = torch.linspace(0, 1, _STEPS)[:, None]
    rows = {"from A to B": evaluation.decode(model, codes[0] + t * (codes[other] - codes[0]))}
    for unit in codes.std(0, correction=0).argsort(descending=True)[:2].tolist():
        rows[f"unit {unit + 1}, low to high"] = evaluation.decode(model, _traversal(codes, unit))
    some = shown.x[torch.arange(_STEPS) % len(codes)]
    rows["images"] = some
    labels = ["reconstructed"] if len(explored) == 1 else [f"by {each.name}" for each in explored]
    return rows | {
        label: evaluation.reconstruct(each.model, some) for label, each in zip(labels, explored, strict=True)
    }


def _traversal(codes: Tensor, unit: int) -> Tensor:
    """The first code with one unit taken through the middle 95 % of its values: codes `[_STEPS, k]`."""
    low, high = codes[:, unit].quantile(torch.tensor([0.025, 0.975]))
    z = codes[:1].repeat(_STEPS, 1)
    z[:, unit] = torch.linspace(float(low), float(high), _STEPS)
    return z


def _map(axes: Axes, plane: Plane, places: Tensor, y: Tensor | None, classes: tuple[str, ...]) -> None:
    low, high = plane.frame
    axes.set(xlabel=plane.labels[0], ylabel=plane.labels[1])
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axes.set_box_aspect(1)
    axes.tick_params(labelsize=8)
    if y is None:
        u, v = places.numpy().T
        axes.scatter(u, v, marker="+", color=CLASS_COLOURS[0], s=18, linewidths=0.8)
        return
    u, v = places[y < 0].numpy().T  # without a label
    axes.scatter(u, v, marker=".", color=look.GREY, s=14, linewidths=0)
    places, y = places[y >= 0], y[y >= 0]
    if not len(y):
        return
    short = all(len(name) <= 3 and name.strip() for name in classes)  # as `signs` in body/points.js
    signs = [name if short else str(label) for label, name in enumerate(classes)]
    lengths = torch.tensor([len(sign) for sign in signs])[y]
    for length in lengths.unique().tolist():  # as high as those of one character, not as wide
        these = lengths == length
        label_points(axes, places[these], y[these], signs, size=20 * (0.4 + 0.6 * length) ** 2)


def _prior(axes: Axes, plane: Plane) -> None:
    u, v = (-plane.origin @ plane.axes.T).tolist()  # where the code of zeros is
    for share in _SHARES:
        radius = math.sqrt(-2 * math.log(1 - share))  # of two standard normal numbers
        axes.add_patch(Circle((u, v), radius, fill=False, color=look.BLACK, linewidth=1.2))
    axes.annotate("N(0, I)", (u, v + radius), ha="center", va="bottom", fontsize=8, annotation_clip=True)


def _manifold(axes: Axes, explored: Explored) -> None:
    pictures = evaluation.decode(explored.model, explored.plane.grid(_GRID)).clamp(0, 1)  # [n * n, channels, H, W]
    channels, height, width = pictures.shape[1:]
    tiles = pictures.view(_GRID, _GRID, channels, height, width).permute(2, 0, 3, 1, 4)
    look.draw_image(axes, tiles.reshape(channels, _GRID * height, _GRID * width), smooth=True, aspect="auto")
    axes.set_box_aspect(1)
    axes.set_xlabel("decoded on a grid over the map")


def _row(axes: Axes, label: str, images: Tensor) -> None:
    gap = torch.ones(*images.shape[1:3], 3)
    strip = torch.cat([part for image in images.clamp(0, 1) for part in (image, gap)][:-1], 2)
    look.draw_image(axes, strip)
    axes.spines[:].set_visible(False)
    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)

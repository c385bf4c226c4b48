"""Images as points in a plane, each drawn as its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from torch import Tensor

from aeutils.figures import doors, look
from aeutils.figures.look import CLASS_COLOURS, Picture, axes_with_labels, new_picture


@look.draws
def code_map(z: Tensor, y: Tensor, classes: Sequence[str], title: str, *, alt: str = "") -> Picture:
    """Two-dimensional codes as a map: each image is drawn as its label, so that colour alone carries nothing.

    Args:
        z: codes `[N, 2]`.
        y: labels `[N]`, whole numbers that count the classes from 0.
        classes: the label's text for each class; one character each reads best.
        title: says what there is to see.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: codes that are not two-dimensional, or labels that do not fit them or the classes.
    """
    places = doors.places(z, "z")
    alt = alt or f"{title}. {len(places):,} images as points in the plane of two code units, each drawn as its label."
    figure = new_picture(6.0, 5.4, title, alt)
    axes = axes_with_labels(figure, "code unit 1", "code unit 2")
    label_points(axes, z, y, classes, size=30)
    return figure


@look.draws
def code_maps(maps: Mapping[str, Tensor], y: Tensor, classes: Sequence[str], title: str, *, alt: str = "") -> Picture:
    """Several pictures of the same images side by side, each image drawn as its label; the axes carry no unit.

    Args:
        maps: name -> places `[N, 2]`, the same images in each.
        y: labels `[N]`, whole numbers that count the classes from 0.
        classes: the label's text for each class.
        title: says what there is to see.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: no maps, places that are not two-dimensional, or labels that do not fit them or the classes.
    """
    maps = doors.named(maps, "maps", "places [N, 2]")
    n = len(doors.numbers(y, "y"))
    figure = new_picture(
        8.2, 0.6 + 7.6 / len(maps), title, alt or f"{title}. The same {n:,} images as points in: {', '.join(maps)}."
    )
    for axes, (name, places) in zip(figure.subplots(1, len(maps), squeeze=False)[0], maps.items(), strict=True):
        label_points(axes, places, y, classes, size=16, what=name)
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize=9)
        axes.set_aspect("equal", adjustable="datalim")
    return figure


@look.draws
def label_points(axes: Axes, places: Tensor, y: Tensor, signs: Sequence[str], size: float, what: str = "z") -> None:
    """Draw every image as a sign of its class, in the class's colour.

    Args:
        axes: where.
        places: `[N, 2]`.
        y: labels `[N]`, whole numbers that count the signs from 0.
        signs: the text for each class; one character each reads best.
        size: of a sign, in square points.
        what: what to call the places in an error.

    Raises:
        ValueError: places that are not two-dimensional, or labels that do not fit them or the signs.
    """
    if not isinstance(axes, Axes):
        raise ValueError(f"axes is {doors.shown(axes)}; expected matplotlib's Axes, such as new_picture(…).subplots()")
    points = doors.places(places, what)
    signs = doors.texts(signs, "classes")
    labels = doors.labels(y, len(points), len(signs))
    for label in sorted(set(labels.tolist())):  # of many classes, those that are there
        colour, sign = CLASS_COLOURS[label % len(CLASS_COLOURS)], signs[label]
        marker = _outline(sign if sign.strip() else str(label))
        u, v = points[labels == label].T
        axes.scatter(u, v, marker=marker, color=colour, s=doors.number(size, "size"), linewidths=0.2)


def _outline(sign: str) -> Path:
    """A text as a marker. Matplotlib's own `$…$` reads it as mathematics, where "my_cats" has an index."""
    path = TextPath((0, 0), sign.replace("$", r"\$"))
    box = path.get_extents()
    return Path(path.vertices - (box.p0 + box.p1) / 2, path.codes)

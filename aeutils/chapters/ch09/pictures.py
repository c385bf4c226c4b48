"""A picture for notebook 09: arrows in the plane, round a curve."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from aeutils.figures import look
from aeutils.figures.look import Picture, new_picture


@look.draws
def arrows(fields: Mapping[str, Tensor], places: Tensor, curve: Tensor, title: str, *, alt: str = "") -> Picture:
    """Where each model moves points of the plane, side by side; an arrow is as long as the way.

    Args:
        fields: name -> how far each point is moved, `[N, 2]`.
        places: the points `[N, 2]`.
        curve: points `[M, 2]` along the curve that the data lie on, in order.
        title: says what there is to see.
        alt: describes the figure; made from the names unless given.
    """
    alt = alt or f"{title}. Arrows from {len(places)} points of the plane, with a curve: {', '.join(fields)}."
    figure = new_picture(8.2, 0.5 + 7.6 / len(fields), title, alt)
    for axes, (name, moved) in zip(figure.subplots(1, len(fields), squeeze=False)[0], fields.items(), strict=True):
        axes.plot(*curve.T.numpy(), color=look.VERMILION, linewidth=2)
        axes.quiver(
            *places.T.numpy(),
            *moved.T.numpy(),
            angles="xy",
            scale_units="xy",
            scale=1,
            color=look.BLUE,
            width=0.005,
            headwidth=4,
        )
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.set_title(name, fontsize=9)
    return figure

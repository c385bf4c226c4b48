"""The shape of a network."""

from __future__ import annotations

from collections.abc import Sequence

from aeutils.figures import doors, look
from aeutils.figures.look import Picture, axes_with_labels, new_picture


@look.draws
def layer_widths(sizes: Sequence[int], parameters: Sequence[int], title: str, *, code: int, alt: str = "") -> Picture:
    """The stack as bars: how wide every layer is (logarithmic), with the number of parameters between neighbours.

    Args:
        sizes: width of every layer, from the image to the reconstruction.
        parameters: weights and biases from each layer to the next: one fewer than `sizes`.
        title: says what there is to see.
        code: which position in `sizes` is the code.
        alt: describes the figure; made from what is drawn unless given.

    Raises:
        ValueError: widths that are not above 0, a code that is not between them, or the wrong number of parameters.
    """
    widths = doors.counts(sizes, "sizes")
    between = doors.counts(parameters, "parameters", len(widths) - 1)
    position = doors.number(code, "code")
    if position not in range(1, len(widths) - 1):
        raise ValueError(f"code={position:g} with {len(widths)} layers; expected a position between first and last")
    code = int(position)
    alt = alt or f"{title}. Widths from image to reconstruction: {', '.join(map(str, widths))}."
    figure = new_picture(8.0, 2.8, title, alt)
    axes = axes_with_labels(figure, "", "width (units, logarithmic)")
    colours = [
        look.IMAGE_TO_CODE if i < code else look.CODE if i == code else look.CODE_TO_IMAGE for i in range(len(widths))
    ]
    names = ["image", *(f"hidden {i}" for i in range(1, code)), "code"]
    names += [*(f"hidden {i}" for i in range(code, len(widths) - 2)), "reconstruction"]
    drawn = axes.bar(range(len(widths)), widths, color=colours, width=0.45)
    axes.bar_label(drawn, padding=2)
    axes.set_yscale("log")
    axes.set_ylim(1, max(widths) * 3)
    axes.set_xticks(range(len(widths)), names)
    axes.grid(visible=False, axis="x")
    for i, count in enumerate(between):
        axes.text(i + 0.5, 1.15, f"{count:,}", ha="center", va="bottom", fontsize=8, color=look.INK)
    return figure

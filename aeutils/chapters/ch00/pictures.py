"""The pictures of notebook 00: an image, its code, and what the decoder makes of it; rows of images in pairs."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from aeutils.figures import Picture, look, new_picture

_MOST_WRITTEN = 10  # bars that have room for their number


@look.draws
def there_and_back(image: Tensor, z: Tensor, x_hat: Tensor, title: str) -> Picture:
    """An image, its code as bars, and the reconstruction, side by side.

    Args:
        image: one image `[1, 1, H, W]`, or `[1, 3, H, W]` in colour, in [0, 1].
        z: its code `[1, k]`; up to ten numbers are written beside their bars.
        x_hat: the reconstruction, of the image's shape; values outside [0, 1] are clipped.
        title: says what there is to see.

    Raises:
        ValueError: something that is no image.
    """
    numbers = z[0].tolist()
    written = ", ".join(f"{number:.1f}" for number in numbers[:_MOST_WRITTEN])
    more = ", …" if len(numbers) > _MOST_WRITTEN else ""
    alt = f"{title}. Left the image, in the middle its code as bars ({written}{more}), right the reconstruction."
    figure = new_picture(8.2, 2.9, title, alt)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1.25, 1))
    pixels = f"{image[0].numel()} pixels"
    for axes, picture, above in ((left, image, f"image: {pixels}"), (right, x_hat, f"reconstruction: {pixels}")):
        look.draw_image(axes, picture[0])
        axes.set_title(above, fontsize=10)
    middle.barh(range(1, 1 + len(numbers)), numbers, color=look.CODE, height=0.7)
    middle.invert_yaxis()
    middle.axvline(0, color=look.INK, linewidth=1)
    middle.spines[["top", "right", "bottom", "left"]].set_visible(False)
    middle.set(xticks=[], yticks=[])
    middle.set_title(f"code: {len(numbers)} numbers", fontsize=10)
    middle.margins(x=0.25)
    for place, number in enumerate(numbers if len(numbers) <= _MOST_WRITTEN else [], start=1):
        side = 1 if number >= 0 else -1
        middle.annotate(
            f"{number:.1f}",
            (number, place),
            xytext=(4 * side, 0),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            va="center",
            fontsize=9,
        )
    return figure


def in_pairs(images: Mapping[str, Tensor], rebuilt: Mapping[str, Tensor], rows: int, columns: int) -> dict[str, Tensor]:
    """Rows for `figures.digits`: under each of the first rows of images what came back.

    Args:
        images: label -> images `[N, C, H, W]`.
        rebuilt: the same labels -> their reconstructions, of the same shapes.
        rows: how many labels to take, the first ones.
        columns: how many images of each, the first ones.
    """
    pairs = {}
    for label in list(images)[:rows]:
        pairs[label], pairs[f"{label}, rebuilt"] = images[label][:columns], rebuilt[label][:columns]
    return pairs

"""How every figure looks: the one palette, styles of curves and classes, how an image is drawn, and the `Picture` that
all figures are.

Colours are Okabe and Ito's and darker ones beside them, which colour-blind readers can tell apart. The same thing has
the same colour, marker and line in every figure (`STYLES`). Whatever the user's matplotlibrc or style says, a `Picture`
is built and rendered under matplotlib's own defaults.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, TypeVar

from matplotlib import colormaps, rc_context, rcdefaults
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from PIL import Image
from torch import Tensor

from aeutils.figures import doors
from aeutils.runtime import running_shell

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, BLACK, GREY = "#CC79A7", "#56B4E9", "#000000", "#767676"
GOLD, VIOLET, BROWN = "#B8860B", "#7B3294", "#6B3E00"
INK, GRID, MISSING = "#333333", "#DDDDDD", "#BBBBBB"  # small print, grid lines, a field without a number

# what a colour means wherever it is used: figures, claims, panels
RIGHT, WRONG = GREEN, VERMILION
TRAINING, VALIDATION, TEST = BLUE, VERMILION, PURPLE
RECONSTRUCTION, KL = BLUE, ORANGE
IMAGE_TO_CODE, CODE, CODE_TO_IMAGE = BLUE, VERMILION, GREEN

_DASH_DOT_DOT = (0, (6, 1.5, 1, 1.5, 1, 1.5))
_LONG_DASHES = (0, (9, 3))
_TWO_DASHES_DOT = (0, (4, 1.2, 4, 1.2, 1, 1.2))
_MIXED, _DASHED = ("-.", _DASH_DOT_DOT, _TWO_DASHES_DOT), ("--", _LONG_DASHES)
Style = tuple[str, str, Any]  # colour, marker, line

STYLES: dict[str, Style] = {
    "PCA": (ORANGE, "*", _DASH_DOT_DOT),
    "autoencoder": (BLUE, "o", "-"),
    "linear autoencoder": (SKY, "^", "-"),
    "mean image": (GREY, "", ":"),
    "training": (TRAINING, "o", "-"),
    "validation": (VALIDATION, "s", "--"),
    "test": (TEST, "D", ":"),
}
# For all other names, in this order. No marker comes twice, here or above, and no two curves can be taken for one
# another even where they are drawn without markers (`_alike`).
FREE_STYLES: tuple[Style, ...] = (
    (GREEN, "v", "-."),
    (PURPLE, "P", _LONG_DASHES),
    (VERMILION, "<", _TWO_DASHES_DOT),
    (BLACK, "X", "-"),
    (SKY, ">", "--"),
    (VIOLET, "d", ":"),
    (GOLD, "p", "-"),
    (BROWN, "h", _LONG_DASHES),
    (VIOLET, "+", _DASH_DOT_DOT),
    (BLACK, "2", "--"),
    (BROWN, "x", "-."),
    (BLACK, "|", ":"),
)

# one for each class, again from the start where there are more; the browser draws in the same
CLASS_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, GOLD, SKY, BLACK, ORANGE, VIOLET, GREY)
# Kin to these for the browser, where dots are a few pixels small and lie on one another: a contrast of 3 : 1 at least
# on light ground …
CLASS_COLOURS_LIGHT = (
    "#0453A0",
    "#F44C38",
    "#117B68",
    "#E151AE",
    "#7B8600",
    "#1899E0",
    "#000000",
    "#A23A05",
    "#8C3ECB",
    "#494949",
)
# … and of 5 : 1 on dark ground; no two are alike, not to colour-blind readers either (a test measures both)
CLASS_COLOURS_DARK = (
    "#0288FF",
    "#DE6815",
    "#1CB87B",
    "#FEA5C0",
    "#C0B40A",
    "#57D1FD",
    "#FFFFFF",
    "#9DFF3C",
    "#C05ED1",
    "#868686",
)
# A page's own colours, light and dark, as `explorer.css` names them: paper and ink contrast by 15 : 1, what is soft or
# warns by 4.5 : 1 at least.
PAGE = {
    "light": {
        "paper": "#FFFFFF",
        "ink": "#1C1C1C",
        "soft": "#595959",
        "line": "#B8B8B8",
        "fill": "#F2F2F2",
        "accent": "#0067A6",
        "warn": "#A23B00",
    },
    "dark": {
        "paper": "#151515",
        "ink": "#ECECEC",
        "soft": "#B5B5B5",
        "line": "#5C5C5C",
        "fill": "#262626",
        "accent": "#6CB8F0",
        "warn": "#FFAB7A",
    },
}
HAND = "#E6007A"  # what follows the reader's hand: seen on white, on black and on every picture
ON_PICTURES = "#FFD84D"  # lines over decoded pictures
PIXEL_OFF, PIXEL_ON = "#000000", "#FFFFFF"  # ink is white

# Matplotlib makes its maps when imported, of as many colours as the user's `image.lut` says; these have all of them.
GREYS, AROUND_0, FROM_LOW = (colormaps[name].resampled(256) for name in ("gray", "RdBu", "viridis"))
FROM_LOW_STEPS = tuple(to_hex(FROM_LOW(step / 8)).upper() for step in range(9))  # what the browser draws it from

_F = TypeVar("_F", bound=Callable[..., Any])
_inside: ContextVar[bool] = ContextVar("inside", default=False)


@contextmanager
def defaults() -> Iterator[None]:
    """Matplotlib's own settings inside, the user's again afterwards. Decorates a function, too: `@defaults()`."""
    if _inside.get():
        yield
        return
    with rc_context():
        rcdefaults()
        token = _inside.set(True)
        try:
            yield
        finally:
            _inside.reset(token)


def draws(function: _F) -> _F:
    """Decorator of what draws: it runs under matplotlib's defaults, and its texts and flags are what they should be."""
    return doors.texts_and_flags(defaults()(function))


def _isolated(part: type) -> type:
    """A class whose public methods, and its making, run under matplotlib's defaults, whoever calls them."""
    for name, method in inspect.getmembers(part, inspect.isfunction):
        public = not name.startswith("_") and name != "get_data_ratio"  # matplotlib insists on its own of this one
        if public or name == "__init__":
            setattr(part, name, defaults()(method))
    return part


@_isolated
class _PictureAxes(Axes):
    """Axes of a `Picture`: a notebook may draw in them itself."""


class _Makes:
    """The axes and subfigures made by a `Picture`, or by a part of one, are isolated as it is."""

    def add_subplot(self, *args: Any, **kwargs: Any) -> Axes:
        return super().add_subplot(*args, **_with_our_axes(kwargs))  # type: ignore[misc]

    def add_axes(self, *args: Any, **kwargs: Any) -> Axes:
        return super().add_axes(*args, **_with_our_axes(kwargs))  # type: ignore[misc]

    def add_subfigure(self, *args: Any, **kwargs: Any) -> SubFigure:
        part: SubFigure = super().add_subfigure(*args, **kwargs)  # type: ignore[misc]
        part.__class__ = _PicturePart  # matplotlib makes subfigures of its own class only
        return part


def _with_our_axes(kwargs: dict[str, Any]) -> dict[str, Any]:
    return kwargs if kwargs.keys() & {"projection", "polar", "axes_class"} else {**kwargs, "axes_class": _PictureAxes}


@_isolated
class _PicturePart(_Makes, SubFigure):
    pass


@_isolated
class Picture(_Makes, Figure):
    """A matplotlib figure with alt text, shown sharp and with the alt text in the output's metadata."""

    title = alt = ""

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": small_png(self.png()), "text/plain": repr(self)}
        return data, self.metadata

    @property
    def metadata(self) -> dict[str, Any]:
        """What goes with the PNG file where a notebook shows it: alt text, and width and height in pixels."""
        width, height = (round(inches * 96) for inches in self.get_size_inches())
        return {"image/png": {"alt": self.alt, "width": width, "height": height}}

    def png(self, dpi: int = 144) -> bytes:
        """The figure as a PNG file, on white so that it reads on dark pages too."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=dpi, facecolor="white")
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"Figure: {self.title}"


def small_png(png: bytes) -> bytes:
    """A PNG file with at most 256 colours, those that suit it best: half the size, for what notebooks store.

    Most of ours have no more; where there are more, a pixel moves by less than 1 of 255 levels on average.
    """
    image = Image.open(io.BytesIO(png)).convert("RGB")
    buffer = io.BytesIO()
    image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return min(buffer.getvalue(), png, key=len)


def _leave_pictures_alone() -> None:
    """Once pyplot is imported, IPython draws every `Figure` its own way; a `Picture` has its own, which wins then."""
    shell = running_shell()
    if shell is not None and shell.display_formatter is not None:
        for formatter in shell.display_formatter.formatters.values():
            if formatter.format_type != "text/plain":
                formatter.for_type(Picture, lambda picture: None)


_leave_pictures_alone()


@draws
def new_picture(width: float, height: float, title: str, alt: str = "") -> Picture:
    """An empty picture with its title written above.

    Args:
        width: in inches.
        height: in inches.
        title: says what there is to see.
        alt: describes the picture for those who cannot see it; the title unless given.

    Raises:
        ValueError: a size that is no positive number.
    """
    size = doors.number(width, "width"), doors.number(height, "height")
    if not 0 < min(size) <= max(size) <= 100:
        raise ValueError(f"a picture of {size[0]:g} by {size[1]:g} inches; expected sizes above 0 and up to 100")
    figure = Picture(figsize=size, layout="constrained")
    figure.title, figure.alt = title, alt or title
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def axes_with_labels(figure: Picture, xlabel: str, ylabel: str, **place: Any) -> Axes:
    """Axes with a grid and without a box: `xlabel` and `ylabel` say what is drawn, with its unit."""
    axes = figure.add_subplot(**place)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    return axes


@draws
def draw_image(
    axes: Axes,
    image: Tensor,
    *,
    smooth: bool = False,
    aspect: Literal["equal", "auto"] = "equal",
    place: tuple[float, float, float, float] | None = None,
) -> AxesImage:
    """Draw one image: its pixels as they are, 0 black and 1 white (or full colour), the first row on top.

    Args:
        axes: where; they lose their ticks.
        image: `[1, H, W]`, or `[3, H, W]` in red, green and blue; values outside [0, 1] are clipped.
        smooth: average pixels that are smaller than the screen's, for many images side by side.
        aspect: "equal" for square pixels, "auto" to fill the axes.
        place: where in the axes its left, right, lower and upper edge are; in none it fills them, a pixel a unit.

    Raises:
        ValueError: not such an image.
    """
    (pixels,) = doors.images(image[None] if isinstance(image, Tensor) else image, "image").numpy()
    axes.set(xticks=[], yticks=[])
    return axes.imshow(
        pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0),
        cmap=GREYS,
        vmin=0,
        vmax=1,
        interpolation="antialiased" if smooth else "nearest",
        aspect=aspect,
        extent=place,
    )


def styles(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Matplotlib's colour, marker and linestyle for each name, no two alike.

    They are fixed for the names in `STYLES`, also with something after a comma ("PCA, 8 components"). Where two names
    of one figure have the same colour by that, the second keeps it and gets a marker and a line of its own. Other names
    take the free styles in order.

    Raises:
        ValueError: more names than there are styles that nobody can confuse.
    """
    names = doors.texts(names, "names")
    chosen: dict[str, Style] = {}
    for name in sorted(names, key=lambda name: name not in STYLES):  # who is called just so comes first
        style = STYLES.get(name) or STYLES.get(name.split(",")[0])
        if style and style not in chosen.values():
            chosen[name] = style
    free = list(FREE_STYLES)
    for name in names:
        if name in chosen:
            continue
        known = STYLES.get(name.split(",")[0])
        for style in free:
            own = (known[0], *style[1:]) if known else style
            if not any(_alike(own, other) for other in chosen.values()):
                chosen[name] = own
                free.remove(style)
                break
        else:
            raise ValueError(
                f"{len(names)} names; only about {len(FREE_STYLES)} can be told apart in one figure: "
                "draw fewer, or several figures"
            )
    return {name: {"color": chosen[name][0], "marker": chosen[name][1], "linestyle": chosen[name][2]} for name in names}


def fixed_colour(name: str, otherwise: str = STYLES["autoencoder"][0]) -> str:
    """The colour that `name` has in every figure, also with something after a comma, or `otherwise`."""
    return STYLES.get(name.split(",")[0], (otherwise,))[0]


def pale(colour: str, share: float = 0.25) -> str:
    """A colour for the ground behind a line: so much of `colour`, 0 to 1, and the rest white."""
    red, green, blue = (1 - share + share * c for c in to_rgb(colour))
    return to_hex((red, green, blue))


def _alike(one: Style, other: Style) -> bool:
    """Whether two curves without markers could be confused: the same line in much the same grey, or a similar line in
    the same colour."""
    if one[2] == other[2]:
        return abs(_lightness(one[0]) - _lightness(other[0])) < 10
    return one[0] == other[0] and any(one[2] in similar and other[2] in similar for similar in (_MIXED, _DASHED))


def _lightness(colour: str) -> float:
    """CIE 1976 lightness L*, 0 to 100, of an sRGB colour (IEC 61966-2-1)."""
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    luminance = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 216 / 24389 else luminance * 24389 / 27

"""How every figure looks: the one palette, styles of curves and classes, and the `Picture` that all figures are.

Colours are Okabe and Ito's, which colour-blind readers can tell apart. The same thing has the same colour, marker and
line in every figure (`STYLES`).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, BLACK, GREY = "#CC79A7", "#56B4E9", "#000000", "#767676"
# what a colour means wherever it is used: figures, claims, panels
RIGHT, WRONG = GREEN, VERMILION
TRAINING, VALIDATION, TEST = BLUE, VERMILION, PURPLE
RECONSTRUCTION, KL = BLUE, ORANGE
# name -> colour, marker, line
STYLES = {
    "PCA": ("#E69F00", "*", (0, (6, 1.5, 1, 1.5, 1, 1.5))),  # unlike validation's in grey, too
    "autoencoder": ("#0072B2", "o", "-"),
    "linear autoencoder": ("#56B4E9", "^", "-"),
    "mean image": (GREY, "", ":"),
    "training": ("#0072B2", "o", "-"),
    "validation": ("#D55E00", "s", "--"),
    "test": ("#CC79A7", "D", ":"),
}
_OTHER_STYLES = (("#009E73", "D", "-."), ("#CC79A7", "v", "-"), ("#D55E00", "P", "--"), ("#000000", "X", ":"))
CLASS_COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#B8860B",
    "#56B4E9",
    "#000000",
    "#E69F00",
    "#7B3294",
    "#767676",
)


class Picture(Figure):
    """A matplotlib figure with alt text, shown sharp and with the alt text in the output's metadata."""

    title = alt = ""

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        width, height = (round(inches * 96) for inches in self.get_size_inches())
        data = {"image/png": self.png(), "text/plain": repr(self)}
        return data, {"image/png": {"alt": self.alt, "width": width, "height": height}}

    def png(self, dpi: int = 144) -> bytes:
        """The figure as a PNG file, on white so that it reads on dark pages too."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=dpi, facecolor="white")
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"Figure: {self.title}"


def new_picture(width: float, height: float, title: str, alt: str) -> Picture:
    """An empty picture of so many inches, with its title written above."""
    figure = Picture(figsize=(width, height), layout="constrained")
    figure.title, figure.alt = title, alt
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def axes_with_labels(figure: Picture, xlabel: str, ylabel: str, **place: Any) -> Axes:
    """Axes with a grid and without a box: `xlabel` and `ylabel` say what is drawn, with its unit."""
    axes = figure.add_subplot(**place)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    return axes


def styles(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Matplotlib's colour, marker and linestyle for each name.

    They are fixed for the names in `STYLES`, also with something after a comma ("PCA, 8 components"); other names take
    the next free ones.
    """
    free = iter(_OTHER_STYLES * (1 + len(names) // len(_OTHER_STYLES)))
    chosen = {name: STYLES.get(name.split(",")[0]) or next(free) for name in names}
    return {
        name: {"color": colour, "marker": marker, "linestyle": line} for name, (colour, marker, line) in chosen.items()
    }

"""A panel to move the limit of an anomaly score: what raises an alarm, what slips through, what an alarm is worth."""

from __future__ import annotations

import base64
import html
import io
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from aeutils.chapters.ch10.scores import share_real
from aeutils.data import check_images
from aeutils.figures import look
from aeutils.runtime import short

SHARES = {"1 in 2": 1 / 2, "1 in 10": 1 / 10, "1 in 100": 1 / 100, "1 in 1,000": 1 / 1000}
_BINS, _SHOWN = 40, 8  # eight images stand in one line at a window of 1,200 pixels
_WIDTH, _HALF = 640, 90  # of the histogram, and of its upper or lower half
_COLOURS = {"normal": look.BLUE, "unusual": look.VERMILION}


class LimitPanel:
    """Move the limit over the histogram of scores; counts and the images on each side of it follow."""

    def __init__(self, scores: Tensor, unusual: Tensor, x: Tensor, limit: float) -> None:
        import ipywidgets as widgets

        check_images(x)
        if not (scores.ndim == 1 and scores.shape == unusual.shape == x.shape[:1]):
            shapes = f"{short(scores)}, {short(unusual)} and {len(x)} images"
            raise ValueError(f"got {shapes}; expected a score and a flag for each image")
        if not 0 < int(unusual.sum()) < len(unusual):
            raise ValueError("the images are all normal or all unusual; expected some of both")
        self._scores, self._unusual, self._x = scores, unusual.bool(), x
        top = round(float(scores.quantile(0.99)), 1)
        if not (isinstance(limit, int | float | Tensor) and 0 <= float(limit) <= top):  # NaN is neither
            raise ValueError(f"limit={short(limit)}; expected a number from 0 to {top:g}, where the slider ends")
        wide: dict[str, Any] = {"style": {"description_width": "9em"}, "layout": {"width": "48em"}}
        self.limit = widgets.FloatSlider(value=float(limit), min=0, max=top, step=0.1, description="limit", **wide)
        self.share = widgets.ToggleButtons(
            options=list(SHARES), value="1 in 100", description="anomalies", style={"button_width": "7em"}
        )
        self.shown = widgets.HTML()
        self.controls = (self.limit, self.share)
        for control in self.controls:
            control.observe(self._show, names="value")
        self._box = widgets.VBox([*self.controls, self.shown])
        self._show()

    @property
    def false_alarms(self) -> float:
        """The share of the normal images above the limit."""
        return float((self._scores[~self._unusual] > self.limit.value).float().mean())

    @property
    def found(self) -> float:
        """The share of the anomalies above the limit."""
        return float((self._scores[self._unusual] > self.limit.value).float().mean())

    @property
    def real(self) -> float:
        """The share of the alarms that are real at the chosen share of anomalies; NaN without an alarm."""
        return share_real(self.found, self.false_alarms, SHARES[self.share.value])

    def _show(self, _: Any = None) -> None:
        self.shown.value = self._page()

    def _page(self) -> str:
        real = "no alarm at all" if np.isnan(self.real) else f"of 100 alarms {100 * self.real:.1f} are real"
        n = int((~self._unusual).sum())
        none = f" (none of {n}: the rate may well be {min(300 / n, 100):.0f} %)" if not self.false_alarms else ""
        said = (
            f"At a limit of {self.limit.value:.1f}: false alarms {100 * self.false_alarms:.1f} %{none}, "
            f"found {100 * self.found:.1f} %; with anomalies {self.share.value}, {real}."
        )
        sides = {
            "alarm, and normal (false)": (~self._unusual, True),
            "alarm, and unusual (found)": (self._unusual, True),
            "no alarm, and normal": (~self._unusual, False),
            "no alarm, and unusual (missed)": (self._unusual, False),
        }
        rows = "".join(self._row(name, which, above) for name, (which, above) in sides.items())
        return (
            f'<div style="line-height:1.5;max-width:46em"><p><b>{html.escape(said)}</b></p>{self._histogram()}'
            f"<p>The images nearest to the limit on each side of it, with their scores:</p>{rows}</div>"
        )

    def _histogram(self) -> str:
        """Normal images above the axis and unusual ones below it, each in shares of its kind, as SVG."""
        top = self.limit.max
        edges = np.linspace(0, top, _BINS + 1)
        bar = _WIDTH / _BINS
        counts = {
            name: np.histogram(self._scores[which].clamp(max=top).numpy(), edges)[0] / int(which.sum())
            for name, which in (("normal", ~self._unusual), ("unusual", self._unusual))
        }
        tallest = max(shares.max() for shares in counts.values())
        shapes = []
        for name, shares in counts.items():
            for i, share in enumerate(shares):
                height = _HALF * share / tallest
                y = _HALF - height if name == "normal" else _HALF
                shapes.append(
                    f'<rect x="{i * bar:.1f}" y="{y:.1f}" width="{bar - 1:.1f}" height="{height:.1f}" '
                    f'fill="{_COLOURS[name]}"/>'
                )
        x = _WIDTH * self.limit.value / top
        anchor = "end" if x > _WIDTH / 2 else "start"
        end = x - 6 if x > 0.7 * _WIDTH else _WIDTH  # the limit's line runs through no words
        words = (
            f'<text x="{end:.1f}" y="14" text-anchor="end">normal, above the axis</text>'
            f'<text x="{end:.1f}" y="{2 * _HALF - 4}" text-anchor="end">unusual, below it</text>'
            f'<text x="{_WIDTH / 2:.1f}" y="{2 * _HALF + 16}" text-anchor="middle">each half adds up to 100 %</text>'
            f'<text x="{x + (-6 if anchor == "end" else 6):.1f}" y="30" text-anchor="{anchor}">limit</text>'
            f'<text x="0" y="{2 * _HALF + 16}">0</text>'
            f'<text x="{_WIDTH}" y="{2 * _HALF + 16}" text-anchor="end">score {top:.1f} and more</text>'
        )
        label = "Histogram of the scores of normal and of unusual images, with the limit"
        return (
            f'<svg viewBox="0 -2 {_WIDTH} {2 * _HALF + 24}" width="100%" role="img" aria-label="{label}" '
            f'style="background:white;max-width:{_WIDTH}px" font-family="sans-serif" font-size="13" fill="{look.INK}">'
            f'{"".join(shapes)}<path d="M0 {_HALF} H{_WIDTH}" stroke="{look.INK}"/>'
            f'<path d="M{x:.1f} 0 V{2 * _HALF}" stroke="{look.BLACK}" stroke-width="2"/>{words}</svg>'
        )

    def _row(self, name: str, which: Tensor, above: bool) -> str:
        """The images of one kind on one side of the limit that are nearest to it, nearest first."""
        side = which & ((self._scores > self.limit.value) == above)
        order = self._scores.masked_fill(~side, np.inf if above else -np.inf).argsort(descending=not above, stable=True)
        nearest = order[: min(_SHOWN, int(side.sum()))]
        pictures = "".join(
            f'<figure style="display:inline-block;margin:0 4px 0 0;text-align:center;font-size:12px">'
            f'<img src="{_png(self._x[i])}" width="42" height="42" alt="">'
            f"<figcaption>{self._scores[i]:.1f}</figcaption></figure>"
            for i in nearest
        )
        return (
            f'<div style="display:flex;align-items:center"><span style="width:15em;flex:none">{name}</span>'
            f"<span>{pictures or 'none'}</span></div>"
        )

    def _ipython_display_(self) -> None:
        from aeutils import stills

        page = f"{self.shown.value}<p>Run this cell to move the limit.</p>"
        stills.show(stills.hiding(self._box), page, text=repr(self))

    def __repr__(self) -> str:
        return "A limit over the scores of normal and of unusual images. Run this cell to move it."


def limit_panel(scores: Tensor, unusual: Tensor, x: Tensor, limit: float) -> LimitPanel:
    """A panel that moves the limit above which a score raises an alarm.

    Args:
        scores: `[N]`, larger for the more unusual.
        unusual: `[N]`, which of the images are anomalies.
        x: the images `[N, 1, H, W]`, in [0, 1].
        limit: where it starts.

    Raises:
        ValueError: numbers that do not match, images that are none, images that are all of one kind, or a limit that
            is no number on the slider, from 0 to the 99 % quantile of the scores.
    """
    return LimitPanel(scores, unusual, x, limit)


def _png(image: Tensor) -> str:
    """A grey image `[1, H, W]` as a data address."""
    buffer = io.BytesIO()
    Image.fromarray((image[0] * 255).round().byte().numpy()).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"

"""The playground of notebook 05: look a setting up in the sweep tables, then train it live."""

from __future__ import annotations

import html
import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from aeutils.chapters.ch05.sweep_tables import summary
from aeutils.figures import Picture, look
from aeutils.losses import squared_error
from aeutils.sweeps import DEFAULTS, trial
from aeutils.training import History

_COLOURS = {"training": look.TRAINING, "validation": look.VALIDATION}
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 560, 240, 52, 44, 12


class Playground:
    """Choose a sweep and one of its values: the table answers. The button trains that setting, and stops it again."""

    def __init__(self, tables: Mapping[str, tuple[str, pd.DataFrame]], still: Picture | None = None) -> None:
        import ipywidgets as widgets

        if not tables:
            raise ValueError("tables is empty; give at least one, such as {'learning rate': ('lr', table)}")
        self._tables, self._still = dict(tables), still
        wide = {"style": {"description_width": "6em"}, "layout": {"width": "40em"}}
        self.sweep = widgets.Dropdown(options=list(self._tables), description="sweep", **wide)
        self.value = widgets.SelectionSlider(options=[""], description="value", **wide)
        self.button = widgets.Button(description="Train this setting", icon="play", layout={"width": "14em"})
        self.looked_up, self.live = widgets.HTML(), widgets.HTML()
        self.controls, self.shown = (self.sweep, self.value), self.looked_up  # what needs no training
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.sweep.observe(self._choose_sweep, names="value")
        self.value.observe(self._show, names="value")
        self.button.on_click(self._start_or_stop)
        self._box = widgets.VBox([self.sweep, self.value, self.looked_up, self.button, self.live])
        self._choose_sweep()
        # The first optimiser of a process loads a large part of PyTorch, for seconds: not when the button is pressed.
        threading.Thread(target=torch.optim.Adam, args=([torch.zeros(1)],), daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether a live run is going on."""
        return self._thread is not None and self._thread.is_alive()

    def settings(self) -> dict[str, Any]:
        """The settings of the chosen value, as `trial` takes them."""
        key, table = self._tables[self.sweep.value]
        row = table[table[key] == self.value.value].iloc[0]
        chosen = {name: row[name] for name in DEFAULTS if not pd.isna(row[name])}
        return {name: value.item() if hasattr(value, "item") else value for name, value in chosen.items()}

    def _choose_sweep(self, _: Any = None) -> None:
        key, table = self._tables[self.sweep.value]
        values = list(dict.fromkeys(table[key]))
        default = DEFAULTS[key] if DEFAULTS[key] in values else values[len(values) // 2]
        self.value.options = [(_name(value), value) for value in values]
        self.value.value = default
        self._show()

    def _show(self, _: Any = None) -> None:
        key, table = self._tables[self.sweep.value]
        spread = summary(table, key)
        chosen = list(spread.index).index(self.value.value)
        row = spread.iloc[chosen]
        told = (
            "every run diverged"
            if math.isnan(row.val_error)
            else f"training {row.train_error:.2f} ± {row.train_spread:.2f}, "
            f"validation {row.val_error:.2f} ± {row.val_spread:.2f} squared error per image over {row.runs:.0f} seeds"
        )
        lost = f"; {row.diverged:.0f} of them diverged" if 0 < row.diverged < row.runs else ""
        self.looked_up.value = (
            chart(
                {"training": list(spread.train_error), "validation": list(spread.val_error)},
                [_name(value) for value in spread.index],
                f"{self.sweep.value}",
                chosen,
            )
            + f"<p><b>{html.escape(_name(self.value.value))}</b>: {told}{lost}.</p>"
        )

    def _start_or_stop(self, _: Any = None) -> None:
        if self.running:
            self._stop.set()
            return
        self._stop = threading.Event()  # a new one for each run: an old run keeps its own
        self.button.description, self.button.icon = "Stop", "stop"
        self.live.value = "<p>Training …</p>"
        settings, name = self.settings(), f"{self.sweep.value}: {_name(self.value.value)}"
        self._thread = threading.Thread(target=self._train, args=(settings, name, self._stop), daemon=True)
        self._thread.start()

    def _train(self, settings: dict[str, Any], name: str, stop: threading.Event) -> None:
        def loss(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
            if stop.is_set():
                raise KeyboardInterrupt
            return squared_error(model, x)

        def draw(history: History) -> None:
            curves = {
                "training": history.train["squared_error"],
                "validation": history.val["squared_error"],
            }
            picture = chart(curves, [str(epoch) for epoch in range(1, history.epochs + 1)], "epoch")
            self.live.value = f"<p>{html.escape(name)}, {history.steps:,} steps …</p>{picture}"

        try:
            result = trial(loss=loss, after_epoch=draw, **settings)
            ended = {"finished": "finished", "interrupted": "stopped", "diverged": "diverged"}[result["status"]]
            errors = f"training {result['train_error']:.2f}, validation {result['val_error']:.2f}"
            last = "" if math.isnan(result["val_error"]) else f": {errors} squared error per image"
            picture = self.live.value.partition("</p>")[2]
            told = f"{html.escape(name)}, {ended} after {result['steps_taken']:,} steps{last}."
            self.live.value = f"<p>{told}</p>{picture}"
        except Exception as error:  # shown where the reader looks; a thread's traceback would go unseen
            self.live.value = f"<p>The run failed: {html.escape(str(error).splitlines()[0])}</p>"
        finally:
            self.button.description, self.button.icon = "Train this setting", "play"

    def _ipython_display_(self) -> None:
        from aeutils import stills

        line = "<p>Run this cell to choose and to train.</p>"
        if self._still is None:
            stills.show(stills.hiding(self._box), self.looked_up.value + line, text=repr(self))
        else:
            stills.show(stills.hiding(self._box), line, self._still._repr_mimebundle_())

    def __repr__(self) -> str:
        return f"Playground of: {', '.join(self._tables)}. Run this cell to choose and to train."


def playground(tables: Mapping[str, tuple[str, pd.DataFrame]], still: Picture | None = None) -> Playground:
    """A playground over sweep tables.

    Args:
        tables: name -> the setting that varies and the sweep's table, such as `{"learning rate": ("lr", table)}`.
        still: stands for it where nothing runs; its first chart unless given.
    """
    return Playground(tables, still)


def chart(curves: Mapping[str, Sequence[float]], names: Sequence[str], xlabel: str, chosen: int | None = None) -> str:
    """Curves over equally spaced, named places, as an SVG: drawn in well under a millisecond.

    Args:
        curves: "training" and "validation" -> squared error per image, one for each place; NaN leaves a gap.
        names: what the places are called.
        xlabel: what they are.
        chosen: the place to mark.
    """
    finite = [value for values in curves.values() for value in values if math.isfinite(value)]
    top = 1.08 * min(max(finite, default=1.0), 110.0)  # twice the mean image's error: what is above has failed anyway
    wide, high = _WIDTH - _LEFT - 12, _HEIGHT - _BOTTOM - _TOP

    def x(i: int) -> float:
        return _LEFT + (wide / 2 if len(names) == 1 else wide * i / (len(names) - 1))

    def y(value: float) -> float:
        return _TOP + high * (1 - min(value / top, 1.0))

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" fill="currentColor" font-size="11">']
    parts.append(f"<title>{html.escape(xlabel)}: training and validation error</title>")
    for value in _ticks(top):
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - 12}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{look.GREY}" '
            f'stroke-width="0.4"/><text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    step = math.ceil(len(names) / 10)
    for i in range(0, len(names), step):
        parts.append(f'<text x="{x(i):.1f}" y="{_HEIGHT - 28}" text-anchor="middle">{html.escape(names[i])}</text>')
    parts.append(f'<text x="{_LEFT + wide / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{html.escape(xlabel)}</text>')
    if chosen is not None:
        parts.append(
            f'<line x1="{x(chosen):.1f}" x2="{x(chosen):.1f}" y1="{_TOP}" y2="{_TOP + high}" stroke="{look.GREY}"/>'
        )
    for place, (name, values) in enumerate(curves.items()):
        colour = _COLOURS[name]
        points = [(x(i), y(value)) for i, value in enumerate(values) if math.isfinite(value)]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        dashes = ' stroke-dasharray="5 3"' if name == "validation" else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        if len(points) <= 30:
            parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points]
        parts.append(f'<text x="{_WIDTH - 90}" y="{_TOP + 10 + 15 * place}" fill="{colour}">{name}</text>')
    return "".join([*parts, "</svg>"])


def _ticks(top: float) -> list[float]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if top / step <= 6)
    return [step * i for i in range(int(top / step) + 1)]


def _name(value: Any) -> str:
    if value == "":
        return "no hidden layer"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)

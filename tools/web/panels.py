"""All that a panel of a notebook can answer, recorded: a page without Python looks the answers up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Protocol

_MOST = 160  # places of a slider; of one with more, every second, third, ... is taken
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")


class Panel(Protocol):
    """What the panels of notebooks have in common.

    Attributes:
        controls: widgets of which each may decide what the ones behind it offer.
        shown: a widget whose `value` is HTML that follows from what the controls say.
    """

    controls: tuple[Any, ...]
    shown: Any


def recorded(panel: Panel) -> tuple[dict[str, Any], dict[str, Any]]:
    """A panel's controls, and what it shows for each combination of what they offer.

    Returns:
        The first control, typed as `Control` in `docs/live/panel.js`, with the next one under each of its options; and
        `{"pages": …, "pictures": …}`: HTML in which a picture's address is its number in `⟦ ⟧`.
    """
    pages: dict[str, int] = {}
    pictures: dict[str, int] = {}

    def page() -> int:
        def number(found: re.Match[str]) -> str:
            return f"⟦{pictures.setdefault(found[0], len(pictures))}⟧"

        return pages.setdefault(_PICTURE.sub(number, panel.shown.value), len(pages))

    def control(place: int) -> dict[str, Any]:
        widget = panel.controls[place]
        start, last = widget.value, place == len(panel.controls) - 1
        options: list[dict[str, Any]] = []
        first = 0
        for name, value in _offered(widget):
            widget.value = value
            if value == start:
                first = len(options)
            options.append({"name": name, "then": page() if last else control(place + 1)})
        widget.value = start
        return {"label": widget.description, "kind": _kind(widget), "first": first, "options": options}

    before = [widget.value for widget in panel.controls]
    controls = control(0)
    for widget, value in zip(panel.controls, before, strict=True):
        widget.value = value
    return controls, {"pages": list(pages), "pictures": list(pictures)}


def _kind(widget: Any) -> str:
    return {"ToggleButtons": "buttons", "Dropdown": "list"}.get(type(widget).__name__, "slider")


def _offered(widget: Any) -> Iterator[tuple[str, Any]]:
    """What a control offers: names, and values to set it to. The present one is among them."""
    if hasattr(widget, "options"):
        for option in widget.options:
            yield option if isinstance(option, tuple) else (str(option), option)
        return
    now = widget.value
    at = round(_position(widget, now))
    count = round((widget.max - widget.min) / widget.step)
    every = -(-count // _MOST)
    for place in range(at % every, count + 1, every):
        value = now if place == at else _value(widget, place)
        yield format(value, widget.readout_format), value


def _position(widget: Any, value: float) -> float:
    """At which step of a slider a value stands, counted from 0."""
    at = math.log(value, widget.base) if hasattr(widget, "base") else value
    return (at - widget.min) / widget.step


def _value(widget: Any, place: int) -> float:
    at = round(widget.min + place * widget.step, 6)
    return float(widget.base**at) if hasattr(widget, "base") else at

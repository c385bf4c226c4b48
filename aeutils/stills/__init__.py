"""Stills: what stands for a widget where nothing runs: on a page, and in a notebook that is opened the next day.

A widget's live view is an output that shows something only as long as its kernel runs; of one that is gone, JupyterLab
says "Error displaying widget: model not found". So whatever shows a widget does it with `show`, which gives the live
view an output of its own. What stands at rest are the outputs before it, and the live view hides them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
from IPython.display import display

VIEW = "application/vnd.jupyter.widget-view+json"
# In a notebook that was saved while the widget lived an output follows of which JupyterLab the next day has nothing
# but words: a panel of that kind, in that place, is hidden. What hides this one while the widget lives: still.js.
_AT_REST = """<div class="ae-rest">{}
<style>
.jp-OutputArea-child:has(.ae-rest) + .jp-OutputArea-child:has(> .lm-Panel):not(:has(> .lm-Panel > *)) {{
  display: none;
}}
</style>
</div>"""
_SCRIPT = (Path(__file__).parent / "still.js").read_text(encoding="utf-8") + "\nexport default { render };\n"

Still = tuple[dict[str, Any], dict[str, Any]]  # data and metadata of an output


class _Hider(anywidget.AnyWidget):
    """Without looks; hides what stands at rest before the output that it is in, for as long as it is there."""

    _esm = _SCRIPT


def hiding(widget: ipywidgets.Widget) -> ipywidgets.Widget:
    """The widget in a box that hides what `show` shows at rest; for one that does not hide it by itself."""
    return ipywidgets.VBox([widget, _Hider()])


def show(widget: ipywidgets.Widget, rest: str, still: Still | None = None, text: str = "") -> None:
    """Show a widget, and before it, in outputs that its live view hides, what stands for it where nothing runs.

    Args:
        widget: one that hides them (`hiding`).
        rest: HTML: what is to be seen, and a line that says what to do.
        still: an output with a picture in it, to stand above that.
        text: what is shown in place of `rest` where there is no HTML; nothing unless given.
    """
    if still is not None:
        data, metadata = still
        display(data, raw=True, metadata=metadata)
    display({"text/html": _AT_REST.format(rest), **({"text/plain": text} if text else {})}, raw=True)
    view: Any = widget._repr_mimebundle_()
    data, metadata = view if isinstance(view, tuple) else (view, {})
    # Text is for pages, and what stands at rest has said it.
    display({kind: part for kind, part in data.items() if kind != "text/plain"}, raw=True, metadata=metadata)


def stands_at_rest(output: Mapping[str, Any]) -> bool:
    """Whether an output of a notebook is what `show` shows before a live view."""
    return 'class="ae-rest"' in "".join(output.get("data", {}).get("text/html", ""))

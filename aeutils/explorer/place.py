"""Where an explorer stands, as a short text: the part after # in a saved page's address, and `explorer.state`."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import parse_qsl

_KNOWN = ("model", "view", "image", "code", "axes", "frame", "show", "classes", "layers")
_VIEWS = ("compare", "traversal", "between", "arithmetic", "draw")


def state_text(state: Any, meta: dict[str, Any]) -> str:
    """The state without what stands before its #, checked; `readPlace` in `body/place.js` reads it.

    Args:
        state: such as `"view=between&image=3"`, or the whole address of a saved page; empty for the first view.
        meta: of the explorer that is to stand there.

    Raises:
        ValueError: no text, a part that is not known or not complete, or what this explorer does not have: a model, a
            view, an image, a code of this length, two code units, two classes.
    """
    if not isinstance(state, str):
        raise ValueError(f"state is of type {type(state).__name__}; expected a text such as 'view=between&image=3'")
    text = state.rpartition("#")[2]
    try:
        said = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True)) if text else {}
    except ValueError:
        raise ValueError(f"state={state!r} is not understood; expected parts such as 'view=between&image=3'") from None
    for name in said:
        if name not in _KNOWN:
            raise ValueError(f"state names {name!r}; expected some of {', '.join(_KNOWN)}")
    sizes = {described["name"]: described["size"] for described in meta["models"]}
    model = said.get("model", next(iter(sizes)))
    if model not in sizes:
        raise ValueError(f"state has model={model!r}; expected one of {', '.join(map(repr, sizes))}")
    labelled = meta["points"]["labels"] is not None and len(meta["classes"]) > 1
    here = {"compare": len(sizes) > 1, "arithmetic": labelled}
    views = [view for view in _VIEWS if here.get(view, True)]
    if said.get("view", views[0]) not in views:
        raise ValueError(f"state has view={said['view']!r}; expected one of {', '.join(views)}")
    size, count = sizes[model], meta["points"]["count"]
    image, code, axes, frame = (_numbers(said, name) for name in ("image", "code", "axes", "frame"))
    if image and not (len(image) == 1 and image[0] in range(count)):
        raise ValueError(f"state has image={said['image']}; expected one from 0 to {count - 1:,}")
    if code and len(code) != size:
        raise ValueError(f"state has a code of {len(code)} numbers; {model} has {size} code units")
    if axes and not (len(set(axes)) == len(axes) == 2 and all(unit in range(1, size + 1) for unit in axes)):
        raise ValueError(f"state has axes={said['axes']}; expected two different code units from 1 to {size}")
    if frame and not (len(frame) == 4 and frame[0] < frame[2] and frame[1] < frame[3]):
        raise ValueError(f"state has frame={said['frame']}; expected the map's lowest corner, then its highest")
    if said.get("show", "sheet") not in ("sliders", "sheet"):
        raise ValueError(f"state has show={said['show']!r}; expected 'sliders' or 'sheet'")
    classes, known = _numbers(said, "classes"), len(meta["classes"])
    if classes and not (len(classes) == 2 and all(label in range(known) for label in classes)):
        raise ValueError(f"state has classes={said['classes']}; expected two labels from 0 to {known - 1}")
    return text


def _numbers(said: dict[str, str], name: str) -> list[float]:
    """The numbers that stand under this name; none where nothing is said."""
    if name not in said:
        return []
    try:
        values = [float(value) for value in said[name].split(",")]
    except ValueError:
        values = [math.nan]
    if not all(map(math.isfinite, values)):
        raise ValueError(f"state has {name}={said[name]}; expected finite numbers, separated by commas")
    return values

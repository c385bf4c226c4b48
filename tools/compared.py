"""What the cells of a notebook that was run show, and how two runs of it differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aeutils.lessons.claims import claim_data
from aeutils.stills import VIEW

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+\b")
_NOT_COMPARED = {"exercise", "nbval-ignore-output"}


def is_compared(cell: Mapping[str, Any]) -> bool:
    """Whether what a cell shows is to be the same again: not an exercise, and nothing whose output is ignored."""
    return cell["cell_type"] == "code" and not _NOT_COMPARED & set(cell["metadata"].get("tags", []))


def shown(cell: Mapping[str, Any]) -> list[str]:
    """What a cell's outputs show, as texts that can be compared; widgets are left out."""
    texts = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        if VIEW not in data:
            texts += [f"{kind}: {_ADDRESS.sub('ADDRESS', str(content))}" for kind, content in sorted(data.items())]
        if (claim := claim_data(output)) is not None:
            texts.append(f"claim: {claim}")
    streams = [output for output in cell["outputs"] if output["output_type"] == "stream"]
    for name in sorted({output["name"] for output in streams}):
        text = "".join(output["text"] for output in streams if output["name"] == name)
        texts += [f"{name}: {_ADDRESS.sub('ADDRESS', line)}" for line in text.splitlines()]
    return texts


def difference(before: list[str], after: list[str]) -> str:
    """The first thing that differs, in two short lines."""
    length = max(len(before), len(after))
    padded = ([*texts, *["nothing"] * (length - len(texts))] for texts in (before, after))
    one, other = next((one, other) for one, other in zip(*padded, strict=True) if one != other)
    start = max(next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0) - 60, 0)
    kind = one.split(":")[0]
    return "\n".join(f"    {sign} {kind} …{text[start : start + 120]!r}" for sign, text in (("-", one), ("+", other)))


def first_line(cell: Mapping[str, Any]) -> str:
    """The first line of a cell's code that is not empty, by which a reader knows it."""
    return next((line for line in cell["source"].splitlines() if line.strip()), "")

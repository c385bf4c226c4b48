"""A notebook's outputs as the site shows them: HTML for each, and the place where a living part takes over.

**How to put something alive in an output's place.** Write a function, and add it to those in `sources.write`:

    def replace(output: Output, shown: str) -> str | None:
        # HTML in place of `shown`, which is what the site would show; None leaves it. May have `shown` in it.

The first that does not return None wins. `shown` is empty for what has no use on a page, such as the line "Run this
cell to explore." A replacement must be readable with scripts switched off, and fetch nothing from elsewhere. What pages
share is put into `_static`; a page in notebooks/ reaches it as "../_static/…". From `file://` not even the site's own
files can be fetched; a script can (`<script src="../_static/…" defer></script>`).
"""

from __future__ import annotations

import html
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from aeutils.lessons.claims import FAILS, HOLDS, Claim, claim_data
from aeutils.stills import VIEW, stands_at_rest


@dataclass(frozen=True)
class Output:
    """An output of a notebook, and where it stands.

    Attributes:
        notebook: the file's name without `.ipynb`.
        cell: the id of its cell, which stays when cells come before it.
        index: its own in the cell.
        source: the cell's code.
        tags: the cell's.
        data: MIME type -> content, as text.
        metadata: the output's.
    """

    notebook: str
    cell: str
    index: int
    source: str
    tags: Sequence[str]
    data: Mapping[str, str]
    metadata: Mapping[str, Any]


Replace = Callable[[Output, str], str | None]


def outputs_of(notebook: str, cell: Mapping[str, Any]) -> Iterator[tuple[int, Output]]:
    """The outputs of a cell that carry MIME types: what a program printed is left as it is."""
    for index, output in enumerate(cell["outputs"]):
        if "data" in output:
            data = {kind: "".join(part) for kind, part in output["data"].items() if isinstance(part, str | list)}
            tags = cell["metadata"].get("tags", [])
            yield (
                index,
                Output(notebook, cell["id"], index, "".join(cell["source"]), tags, data, output.get("metadata", {})),
            )


def page_html(output: Output, static: Path, alive: Sequence[Replace]) -> str | None:
    """An output as the site shows it; empty: not at all; None: as Sphinx would.

    Args:
        static: where pictures are put.
        alive: what may take its place; the first that does is taken.
    """
    shown = _plain(output, static)
    for replace in alive:
        if (other := replace(output, shown or "")) is not None:
            return other
    return shown


def _plain(output: Output, static: Path) -> str | None:
    if (claim := claim_data({"metadata": output.metadata})) is not None:
        return claim_html(Claim.from_data(claim))
    if stands_at_rest({"data": output.data}) or (VIEW in output.data and "image/png" not in output.data):
        return ""
    if "image/png" in output.data:
        alt = output.metadata.get("image/png", {}).get("alt", "")
        return figure_html(b64decode(output.data["image/png"]), alt, output.notebook, static)
    return None


def claim_html(claim: Claim) -> str:
    """A claim in the site's own look: colours come from its style sheet, for light and for dark."""
    kind, label, mark = ("holds", "Holds:", HOLDS) if claim.holds else ("fails", "Does not hold:", FAILS)
    numbers = " ".join(f"<code>{html.escape(part)}</code>" for part in claim.numbers())
    below = f'<p class="numbers">{numbers}</p>' if numbers else ""
    sign = f'<strong class="verdict" role="img" aria-label="{label}">{mark}</strong>'
    return f'<div class="claim {kind}"><p>{sign} {html.escape(claim.sentence)}</p>{below}</div>'


def figure_html(png: bytes, alt: str, notebook: str, static: Path) -> str:
    """A picture with its size, so that nothing moves when it comes, and its text for who does not see it."""
    name = f"{sha256(png).hexdigest()[:16]}.png"
    folder = static / "figures" / notebook
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(png)
    width, height = Image.open(BytesIO(png)).size
    return (
        f'<img class="figure" src="../_static/figures/{notebook}/{name}" width="{width}" height="{height}" '
        f'alt="{html.escape(alt)}" loading="lazy" decoding="async">'
    )

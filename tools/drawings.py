"""Shows all drawings on one page, on white, on dark and as small as on a phone: `make drawings` says where it is."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "notebooks" / "drawings"
_GROUNDS = (
    ("#FFFFFF", 600),
    ("#111111", 600),
    ("#FFFFFF", 340),
)  # a page's colour, and how wide a drawing is, in pixels

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Drawings</title>
<style>
  body {{ font-family: sans-serif }}
  td {{ padding: 16px; vertical-align: top }}
  th {{ text-align: left }}
</style>
<table>
{}
</table>
"""


def all_drawings() -> list[Path]:
    return sorted(FOLDER.glob("*.svg"))


def page_of(paths: Sequence[Path]) -> str:
    """A page in HTML with a row for each drawing."""
    rows = []
    for path in paths:
        shown = "".join(
            f'<td style="background: {ground}"><img src="{path.as_uri()}" width="{width}" alt=""></td>'
            for ground, width in _GROUNDS
        )
        rows.append(f'<tr><th colspan="{len(_GROUNDS)}">{path.stem}</th></tr><tr>{shown}</tr>')
    return _PAGE.format("\n".join(rows))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    page = Path(tempfile.mkdtemp(prefix="drawings-")) / "drawings.html"
    page.write_text(page_of(all_drawings()), encoding="utf-8")
    print(page)

"""The links of a page or a notebook: what they are, and whether JupyterLab and GitHub follow them."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from urllib.parse import unquote

from markdown_links import anchor
from notebook_cells import cells

_LINK = re.compile(r"\]\((?:<([^<>\n]+)>|((?:[^()\s<>]|\([^()\s]*\))+))\)|\b(?:href|src)=\"([^\"]+)\"")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_ID = re.compile(r"<a id=\"([^\"]+)\"></a>")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
# JupyterLab compares an anchor with the headings as the browser writes it: what that encodes (·, β, a quotation mark, a
# space) or what is encoded by hand (%28) is never found, and at = it stops.
_FOLLOWED = re.compile(r"[!#$&'()*+,\-./0-9:;?@A-Z\[\]^_a-z{|}~]+")


@functools.cache
def text_of(page: Path) -> str:
    """A page's text; of a notebook, that of its text cells."""
    if page.suffix == ".ipynb":
        return "\n\n".join(cell.source for cell in cells(page) if cell.cell_type == "markdown")
    return page.read_text(encoding="utf-8")


def links(text: str) -> list[str]:
    """Where the links in a Markdown text lead, as they are written; what is shown as code is no link."""
    return [angled or plain or html for angled, plain, html in _LINK.findall(_CODE.sub("", text))]


def anchors(page: Path) -> list[str]:
    """What a link can point to: headings in a notebook; in a page what is named by `<a id="…"></a>`.

    A page's headings are called one thing by JupyterLab and another by GitHub.
    """
    text = text_of(page)
    if page.suffix == ".ipynb":
        return [anchor(heading) for _, heading in _HEADING.findall(_FENCE.sub("", text))]
    return _ID.findall(text)


def section(page: Path, wanted: str) -> str:
    """The text of a notebook from the heading that has this anchor to the next heading."""
    text = _FENCE.sub("", text_of(page))
    starts = [found.start() for found in _HEADING.finditer(text)] + [len(text)]
    return text[(start := starts[anchors(page).index(wanted)]) : next(end for end in starts if end > start)]


@functools.cache
def folded_away(page: Path) -> set[str]:
    """Anchors of a notebook that JupyterLab does not show before a reader unfolds the section around them."""
    away, level = set(), 9
    for cell in cells(page):
        for marks, heading in _HEADING.findall(_FENCE.sub("", cell.source)) if cell.cell_type == "markdown" else ():
            if len(marks) > level:
                away.add(anchor(heading))
            else:
                level = len(marks) if cell.metadata.get("jp-MarkdownHeadingCollapsed") else 9
    return away


def fault(page: Path, link: str) -> str:
    """What is wrong with a link on this page; empty for one that leads somewhere, and for addresses in the net."""
    if re.match(r"[a-z]+:", link):
        return ""
    name, _, wanted = link.partition("#")
    there = page.parent / unquote(name) if name else page
    if not there.exists():
        return f"{link}: there is no such file"
    if wanted and not _FOLLOWED.fullmatch(wanted):
        return f"{link}: JupyterLab does not follow it; link to a heading in plain letters, ](<…>) around brackets"
    if wanted and anchors(there).count(wanted) != 1:
        return f"{link}: not exactly one heading is called so"
    if wanted and there.suffix == ".ipynb" and wanted in folded_away(there):
        return f"{link}: the heading lies inside a section that is stored folded; link to that section"
    return ""

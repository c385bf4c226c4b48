"""The site's own part in Sphinx: what folds, in which order a claim stands, and how headings are called."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from aeutils.collection.reading import is_optional


def anchor(heading: str) -> str:
    """What JupyterLab calls a heading in an address."""
    return heading.replace(" ", "-")


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("doctree-read", arrange)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def arrange(app: Sphinx, tree: nodes.document) -> None:
    """Fold the sections that may be skipped, and put a claim's verdict before the code that computes it."""
    for section in list(tree.findall(nodes.section)):
        title = section.next_node(nodes.title)
        if title is not None and section.parent is not None and is_optional(title.astext()):
            _fold(section)
    for cell in list(tree.findall(nodes.container)):
        if "tag_claim" in cell["classes"] or "tag_prediction" in cell["classes"]:
            cell.children.sort(key=lambda part: "cell_output" not in getattr(part, "attributes", {}).get("classes", []))


def _fold(section: nodes.section) -> None:
    """Fold what stands below a section's heading."""
    opening = '<details class="optional"><summary>Show this part</summary>'
    shown = [child for child in section.children if isinstance(child, nodes.title | nodes.target)]
    folded = [child for child in section.children if child not in shown]
    section.children = []
    section.extend([*shown, _raw(opening), *folded, _raw("</details>")])


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")

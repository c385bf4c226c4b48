"""The site's own part in Sphinx: what is folded, where a claim's verdict stands, and how headings are called."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from aeutils.collection.reading import is_optional

_FOLDED_CODE = {"tag_claim": "How this is computed", "tag_prediction": "The question as code"}
_CODE = re.compile(r'(?s)(<div class="highlight"><pre><span></span>)(.*?)\n?(</pre></div>)')
_TAG = re.compile(r"<[^>]*>")
_MENU_FOLD = re.compile(r"(<a [^>]*>)([^<]*)</a><details([^>]*)><summary>")
_NO_HEADING = re.compile(r'<th(?: class="head")?>(?:<p></p>)?</th>')


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("doctree-read", arrange)
    app.connect("html-page-context", mend)
    app.connect("html-page-context", name_folds, priority=900)  # after the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def arrange(app: Sphinx, tree: nodes.document) -> None:
    """Fold the sections that may be skipped, and put a claim's verdict before the code that computes it."""
    for section in list(tree.findall(nodes.section)):
        title = section.next_node(nodes.title)
        if title is not None and is_optional(title.astext()):
            _fold(section)
    for cell in list(tree.findall(nodes.container)):
        for tag, says in _FOLDED_CODE.items():
            if tag in cell["classes"]:
                code = [part for part in cell.children if "cell_input" in part["classes"]]
                shown = [part for part in cell.children if part not in code]
                cell.children = []
                cell.extend(
                    [*shown, _raw(f'<details class="code"><summary>{says}</summary>'), *code, _raw("</details>")]
                )


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """What Sphinx writes and who listens to a page trips over, and lines of code that wrap."""
    if "body" in context:
        context["body"] = _CODE.sub(_in_lines, _NO_HEADING.sub("<td></td>", context["body"]))


def name_folds(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Say of what the folds of the theme's menu are."""
    menu = context["generate_toctree_html"]

    def named(*arguments: Any, **options: Any) -> Any:
        made = menu(*arguments, **options)
        return _MENU_FOLD.sub(r'\1\2</a><details\3><summary aria-label="\2: its pages">', str(made)) if made else made

    context["generate_toctree_html"] = named


def _in_lines(found: re.Match[str]) -> str:
    """Code with each line in an element of its own, which knows how far it is indented: what wraps goes further in."""
    lines = []
    for line in found[2].split("\n"):
        bare = _TAG.sub("", line)
        lines.append(f'<span class="line" style="--in: {len(bare) - len(bare.lstrip(" "))}">{line}</span>')
    code = "\n".join(lines)
    return f"{found[1]}{code}{found[3]}"


def _fold(section: nodes.section) -> None:
    """Fold what stands below a section's heading."""
    shown = [child for child in section.children if isinstance(child, nodes.title | nodes.target)]
    folded = [child for child in section.children if child not in shown]
    opening = _raw('<details class="optional"><summary>Show this part</summary>')
    section.children = []
    section.extend([*shown, opening, *folded, _raw("</details>")])


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")

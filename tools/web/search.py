"""What the search looks in: every section, question and word of the glossary by itself, each with its own address.

Sphinx's own search finds pages whose text has all the words; who asks "why is my VAE blurry" wants one line of a page.
MiniSearch ranks them in the reader's browser (`docs/_static/search.js`), also where the site is opened from a disk.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import npm_packages
from docutils import nodes
from sphinx.application import Sphinx

from aeutils.collection.reading import in_class

MINISEARCH = "minisearch@7.2.0"
SCRIPT = npm_packages.MODULES / "minisearch" / "dist" / "umd" / "index.js"
_ENTRIES = {"questions": nodes.list_item, "glossary": nodes.row}  # page -> what is found there by itself
_NOT_READ = (nodes.raw, nodes.math, nodes.math_block, nodes.comment, nodes.image)
_LINK_AT_END = re.compile(r"\s*→.*", re.DOTALL)


def fetch() -> None:
    """Let npm fetch MiniSearch, where it is not there yet.

    Raises:
        SystemExit: there is no npm, or it could not fetch it.
    """
    npm_packages.fetch(MINISEARCH, SCRIPT, "MiniSearch searches the site")


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    found: list[tuple[str, str, str, str]] = []
    app.connect("doctree-read", lambda app, tree: _name(tree, app.env.docname))
    app.connect("doctree-resolved", lambda app, tree, page: found.extend((page, *each) for each in _parts(tree, page)))
    app.connect("build-finished", lambda app, error: None if error else _write(app, found))
    return {"parallel_read_safe": True, "parallel_write_safe": False}


def _entries(tree: nodes.Node, page: str) -> list[nodes.Element]:
    """The questions or words of a page that are found by themselves."""
    kind = _ENTRIES.get(page)
    found = list(tree.findall(kind)) if kind else []
    return [entry for entry in found if not isinstance(entry.parent, nodes.thead)]


def _name(tree: nodes.document, page: str) -> None:
    """Give questions and words an address: what they say, in small letters."""
    taken = set(tree.ids)
    for entry in _entries(tree, page):
        begin = name = nodes.make_id(_heading(entry))[:60].rstrip("-") or "entry"
        count = 1
        while name in taken:
            count += 1
            name = f"{begin}-{count}"
        taken.add(name)
        entry["ids"].append(name)


def _heading(entry: nodes.Element) -> str:
    """A question, or the word that a row of the glossary is about."""
    asked = entry.next_node(nodes.strong if isinstance(entry, nodes.list_item) else nodes.entry)
    return "" if asked is None else asked.astext()


def _parts(tree: nodes.document, page: str) -> Iterator[tuple[str, str, str]]:
    """Address on its page, heading, and text of each section and each entry."""
    entries = _entries(tree, page)
    for section in tree.findall(nodes.section):
        title = section.next_node(nodes.title)
        heading, _ = in_class("" if title is None else title.astext())
        yield section["ids"][0], heading, _text(section, {title, *entries})
    for entry in entries:
        heading = _heading(entry)
        yield entry["ids"][-1], heading, _LINK_AT_END.sub("", _text(entry, set())).removeprefix(heading).strip()


def _text(part: nodes.Element, apart: set[Any]) -> str:
    """What is to be read in a part, without its subsections and what else stands apart."""
    words: list[str] = []

    def read(node: nodes.Node) -> None:
        for child in node.children:
            if isinstance(child, nodes.Text):
                words.append(child.astext())
            elif not isinstance(child, (nodes.section, *_NOT_READ)) and child not in apart:
                read(child)
                if not isinstance(child, nodes.Inline):
                    words.append(" ")

    read(part)
    return " ".join("".join(words).split())


def _write(app: Sphinx, found: list[tuple[str, str, str, str]]) -> None:
    """Write the script with all that is looked in, and MiniSearch beside it."""
    folder = Path(app.outdir) / "_static" / "search"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SCRIPT, folder / "minisearch.js")
    shutil.copy(SCRIPT.parents[2] / "LICENSE.txt", folder / "minisearch-licence.txt")
    titles = {page: app.env.titles[page].astext() for page, *_ in found}
    given = json.dumps({"titles": titles, "parts": found}, ensure_ascii=False, separators=(",", ":"))
    (folder / "parts.js").write_text(f"const aeSearched = {given};\n", encoding="utf-8")

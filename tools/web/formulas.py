"""The site's formulas: MathJax draws them while the site is built, so that a page shows them at once, without a script.

Sphinx's own way, MathJax in the page, has each reader's browser load two megabytes and draw every formula anew.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import npm_packages
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

MATHJAX = "mathjax@3.2.2"
SCRIPT = npm_packages.MODULES / "mathjax" / "es5" / "node-main.js"
_PROGRAM = Path(__file__).with_suffix(".cjs")
_POINTS_TO = re.compile(r'xlink:href="#(MJX-[^"]+)"')
_FAULT = re.compile(r'data-mjx-error="([^"]*)"')
_MATHML = re.compile(r"<mjx-assistive-mml.*?</mjx-assistive-mml>", re.DOTALL)
_LOGGER = logging.getLogger(__name__)


def fetch() -> None:
    """Let npm fetch MathJax, where it is not there yet.

    Raises:
        SystemExit: there is no npm or no Node, or npm could not fetch it.
    """
    use = "MathJax draws the formulas of the site"
    if shutil.which("node") is None:
        raise SystemExit(f"{use}. It needs Node, and npm to fetch it once: apt-get install nodejs npm")
    npm_packages.fetch(MATHJAX, SCRIPT, use)


class Formulas:
    """All formulas of a site, drawn together."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[str, bool], str] = {}  # TeX and whether it has a line of its own -> a page that has it
        self._drawn: dict[tuple[str, bool], str] = {}
        self._glyphs: dict[str, str] = {}

    def collect(self, app: Sphinx, tree: nodes.document) -> None:
        """Remember the formulas of a page that was read."""
        for node in tree.findall(lambda node: isinstance(node, nodes.math | nodes.math_block)):
            self._wanted[node.astext(), isinstance(node, nodes.math_block)] = app.env.docname

    def draw(self, app: Sphinx, env: BuildEnvironment) -> None:
        """Draw them, before the first page is written; a formula that MathJax does not understand is a warning."""
        wanted = list(self._wanted)
        command = [shutil.which("node") or "node", str(_PROGRAM), str(SCRIPT)]
        done = subprocess.run(
            command, input=json.dumps(wanted), capture_output=True, text=True, encoding="utf-8", timeout=300, check=True
        )
        made = json.loads(done.stdout)
        self._drawn = dict(zip(wanted, made["drawn"], strict=True))
        self._glyphs = made["glyphs"]
        (Path(app.outdir) / "_static").mkdir(exist_ok=True)
        (Path(app.outdir) / "_static" / "formulas.css").write_text(made["style"], encoding="utf-8")
        for (tex, _), drawn in self._drawn.items():
            if fault := _FAULT.search(drawn):
                _LOGGER.warning("%s in the formula %s", html.unescape(fault[1]), tex, location=self._wanted[tex, _])

    def visit(self, translator: Any, node: nodes.math | nodes.math_block) -> None:
        """Write a formula into its page."""
        block = isinstance(node, nodes.math_block)
        tag, drawn = "div" if block else "span", self._drawn[node.astext(), block]
        if _heads_a_column(node):  # a heading without words counts as empty, and MathML is no words
            words = f'<span class="visually-hidden">{html.escape(node.astext())}</span>'
            drawn = _MATHML.sub(lambda _: words, drawn)
        translator.body.append(f'<{tag} class="math notranslate nohighlight">{drawn}</{tag}>')
        raise nodes.SkipNode

    def put_glyphs(self, app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
        """Put the glyphs that a page's formulas point to at its end."""
        body = context.get("body", "")
        if used := sorted(set(_POINTS_TO.findall(body))):
            shapes = "".join(self._glyphs[name] for name in used)
            context["body"] = f'{body}<svg width="0" height="0" aria-hidden="true"><defs>{shapes}</defs></svg>'


def _heads_a_column(node: nodes.Node | None) -> bool:
    while node is not None and not isinstance(node, nodes.thead):
        node = node.parent
    return node is not None


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    formulas = Formulas()
    app.add_html_math_renderer("drawn", (formulas.visit, None), (formulas.visit, None))
    app.add_css_file("formulas.css")
    app.connect("doctree-read", formulas.collect)
    app.connect("env-updated", formulas.draw)
    app.connect("html-page-context", formulas.put_glyphs)
    return {"parallel_read_safe": False, "parallel_write_safe": True}

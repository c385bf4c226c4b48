"""A deck of slides for each notebook, made from it: `make slides`, into `build/slides`.

A deck has the notebook's drawings, its predictions (a slide to vote, a slide with what was measured), some of its
figures, and what was found; about ten slides. Nothing is loaded from elsewhere: npm brings reveal.js and MathJax, once.
"""

from __future__ import annotations

import base64
import html
import math
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import editions
import nbformat
import npm_packages
from markdown_it import MarkdownIt
from stored_predictions import measured_in, question_in
from web.formulas import MATHJAX

from aeutils.collection.reading import main_line
from aeutils.collection.table import RECIPES, Lesson, lessons

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "slides"
REVEAL = "reveal.js@4.6.1"
MATHJAX_SCRIPT = npm_packages.MODULES / "mathjax" / "es5" / "tex-svg.js"
MOST = 8  # slides between the title and what was found
BULLETS = 4  # of what was found, on a slide
WIDTH, HEIGHT = 1280, 720
_DRAWING = re.compile(r"!\[([^\]]*)\]\((drawings/[^)]+\.svg)\)")
_CAPTION = re.compile(r"\*\*Figure \d+\*\* · ([^\n]*)")
_HEADING = re.compile(r"#+ (?:\d+\. )?(.+)")
_BULLET = re.compile(r"^- (.+?)(?=\n- |\n\n|\Z)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\((?:<[^>]*>|[^)\s]*)\)")
_MARKDOWN = MarkdownIt("commonmark", {"html": True})


@dataclass(frozen=True)
class Slide:
    """One slide: what kind it is, its title, and its body as HTML."""

    kind: str  # "title", "drawing", "vote", "measured", "figure" or "found"
    title: str
    body: str

    def html(self) -> str:
        return f'<section class="{self.kind}"><h2>{self.title}</h2>{self.body}</section>'


def inline(text: str) -> str:
    """A line of Markdown as HTML; links are words, for nobody can follow them on a wall."""
    return _MARKDOWN.renderInline(_LINK.sub(r"\1", text))


def between(notebook: nbformat.NotebookNode, folder: Path) -> Iterator[Slide]:
    """Drawings, predictions and figures of the main line, in order."""
    section, picture, asked = "", "", ""
    for cell, text in main_line(notebook.cells):
        if cell["cell_type"] == "markdown":
            if not text.strip():
                continue
            if heading := _HEADING.match(text):
                section = inline(heading[1])
            for words, path in _DRAWING.findall(text):
                address = _address((folder / path).read_bytes(), "image/svg+xml")
                yield Slide("drawing", section, f'<img src="{address}" alt="{html.escape(words)}">')
            if picture and (caption := _CAPTION.match(text)):
                yield Slide("figure", section, f"{picture}<p>{inline(caption[1])}</p>")
            picture = ""
            continue
        for output in cell["outputs"]:
            data = output.get("data", {})
            if question := question_in(data):
                options, asked = "".join(f"<li>{option}</li>" for option in question[1]), question[0]
                yield Slide("vote", asked, f'<ol type="A">{options}</ol>')
            elif measured := measured_in(data):
                yield Slide("measured", asked, f"<p>{measured}</p>")
            elif "image/png" in data:
                words = output["metadata"].get("image/png", {}).get("alt", data.get("text/plain", ""))
                address = f"data:image/png;base64,{data['image/png'].strip()}"
                picture = f'<img src="{address}" alt="{html.escape(words)}">'


def found(notebook: nbformat.NotebookNode) -> Iterator[Slide]:
    """The list at a notebook's end, a few points a slide."""
    text = next(cell.source for cell in reversed(notebook.cells) if "hat we found" in cell.source)
    points = _BULLET.findall(text.partition("ead next")[0])
    each = math.ceil(len(points) / math.ceil(len(points) / BULLETS))  # no slide nearly empty
    for start in range(0, len(points), each):
        body = "".join(f"<li>{inline(point)}</li>" for point in points[start : start + each])
        yield Slide("found", "What we found", f"<ul>{body}</ul>")


def deck(lesson: Lesson, folder: Path = ROOT / "notebooks") -> list[Slide]:
    """The slides of a notebook: at most `MOST` between title and end, figures left out before drawings and votes."""
    notebook = nbformat.read(folder / lesson.file, as_version=4)
    promise = notebook.cells[0].source.split("\n\n")[1]
    inside = list(between(notebook, folder))
    # The last go first: figures one by one, then predictions, each with its answer.
    spare = [[slide] for slide in reversed(inside) if slide.kind == "figure"]
    votes = [slide.title for slide in reversed(inside) if slide.kind == "vote"]
    spare += [[slide for slide in inside if slide.title == vote and slide.kind != "figure"] for vote in votes]
    while len(inside) > MOST and spare:
        gone = spare.pop(0)
        inside = [slide for slide in inside if slide not in gone]
    return [Slide("title", inline(editions.title(notebook)), f"<p>{inline(promise)}</p>"), *inside, *found(notebook)]


def page(lesson: Lesson, slides: list[Slide]) -> str:
    """A deck as a page, with what it needs in the folder `reveal` beside it."""
    sections = "\n".join(slide.html() for slide in slides)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{html.escape(lesson.short)}</title>
<link rel="stylesheet" href="reveal/dist/reveal.css">
<link rel="stylesheet" href="slides.css">
</head>
<body>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script src="reveal/dist/reveal.js"></script>
<script src="reveal/plugin/math/math.js"></script>
<script>
Reveal.initialize({{
  width: {WIDTH}, height: {HEIGHT}, margin: 0, hash: true, slideNumber: "c/t", transition: "none", center: false,
  mathjax3: {{ mathjax: "mathjax/tex-svg.js", tex: {{ inlineMath: [["$", "$"]] }} }},
  plugins: [RevealMath.MathJax3],
}});
</script>
</body>
</html>
"""


def fetch() -> None:
    """Let npm fetch reveal.js and MathJax, where they are not there yet.

    Raises:
        SystemExit: they could not be fetched.
    """
    npm_packages.fetch(REVEAL, npm_packages.MODULES / "reveal.js" / "dist" / "reveal.js", "reveal.js shows the slides")
    npm_packages.fetch(MATHJAX, MATHJAX_SCRIPT, "MathJax draws the formulas of the slides")


def build(out: Path) -> dict[str, int]:
    """Write all decks and the page that lists them into `out`, which is emptied; file -> how many slides.

    Raises:
        SystemExit: reveal.js or MathJax is not there, and could not be fetched.
    """
    fetch()
    shutil.rmtree(out, ignore_errors=True)
    for part in ("dist", "plugin/math"):
        shutil.copytree(npm_packages.MODULES / "reveal.js" / part, out / "reveal" / part)
    (out / "mathjax").mkdir()
    shutil.copy(MATHJAX_SCRIPT, out / "mathjax")
    shutil.copy(Path(__file__).with_suffix(".css"), out)
    made, rows = {}, []
    for lesson in lessons():
        if lesson.planned or lesson.outside == RECIPES:
            continue
        slides = deck(lesson)
        name = Path(lesson.file).with_suffix(".html").name
        (out / name).write_text(page(lesson, slides), encoding="utf-8")
        made[name] = len(slides)
        rows.append(f'<li><a href="{name}">{html.escape(lesson.short)}</a>, {len(slides)} slides</li>')
    listed = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Slides</title><ul>{"".join(rows)}</ul></html>'
    )
    (out / "index.html").write_text(listed, encoding="utf-8")
    return made


def _address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


if __name__ == "__main__":
    if "--fetch" in sys.argv:
        fetch()
    else:
        count = build(BUILD)
        print(f"{len(count)} decks, {sum(count.values())} slides: {BUILD / 'index.html'}")

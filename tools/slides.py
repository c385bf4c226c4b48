"""A deck of slides for each notebook, made from it: `make slides`, into `build/slides`.

A deck has the notebook's drawings, its predictions (a slide to vote, a slide with what was measured and the figure that
shows it), some of its figures, and what was found; about ten slides. A lesson for a class has all its figures, and an
exit ticket. A cell with the tag `slide`, code or text, is a slide of its own. Nothing is loaded from elsewhere: npm
brings reveal.js and MathJax, once.
"""

from __future__ import annotations

import base64
import html
import math
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import editions
import nbformat
import npm_packages
from markdown_it import MarkdownIt
from PIL import Image, ImageOps
from stored_predictions import measured_in, question_in
from web.formulas import MATHJAX

from aeutils.collection.reading import in_class, main_line
from aeutils.collection.table import CLASS, RECIPES, Lesson, lessons
from aeutils.lessons.claims import claims_in
from aeutils.lessons.marks import CAPTION
from aeutils.stills import stands_at_rest

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "slides"
REVEAL = "reveal.js@4.6.1"
MATHJAX_SCRIPT = npm_packages.MODULES / "mathjax" / "es5" / "tex-svg.js"
MOST = 8  # slides between the title and what was found
NUMBERS = 6  # of claims, at most, on an answer's slide; where there are more, none
BULLETS = 4  # of what was found, on a slide
WIDTH, HEIGHT = 1280, 720
_DRAWING = re.compile(r"!\[([^\]]*)\]\((drawings/[^)]+\.svg)\)")
_HEADING = re.compile(r"#+ (?:\d+\. )?(.+)")
_BULLET = re.compile(r"^- (.+?)(?=\n- |\n\n|\Z)", re.MULTILINE | re.DOTALL)
_TICKET = re.compile(r"^\*\*(Exit ticket)\.\*\* ([^\n]+)", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.:?]) (?=[A-Z])")
_LINK = re.compile(r"\[([^\]]*)\]\((?:<[^>]*>|[^)\s]*)\)")
_MARKDOWN = MarkdownIt("commonmark", {"html": True})


@dataclass(frozen=True)
class Slide:
    """One slide: what kind it is, its title, and its body as HTML."""

    kind: str  # "title", "drawing", "vote", "measured", "figure", "code", "text", "found" or "ticket"
    title: str
    body: str

    def html(self) -> str:
        return f'<section class="{self.kind}"><h2>{self.title}</h2>{self.body}</section>'


def inline(text: str) -> str:
    """A line of Markdown as HTML; links are words, for nobody can follow them on a wall."""
    return _MARKDOWN.renderInline(_LINK.sub(r"\1", text))


def between(notebook: nbformat.NotebookNode, folder: Path) -> Iterator[Slide]:
    """Drawings, predictions, figures and what has the tag `slide`, of the main line, in order.

    The figure between a question and its answer stands on the answer's slide, with the numbers of the claim there.
    """
    section, picture, asked = "", "", ""
    shown: Slide | None = None  # the figure that a question waits for
    for cell, text in main_line(notebook.cells):
        tagged = "slide" in editions.tags(cell)
        if cell["cell_type"] == "markdown":
            if not text.strip():
                continue
            if heading := _HEADING.match(text):
                section = inline(in_class(heading[1])[0])
            for words, path in _DRAWING.findall(text):
                address = _address((folder / path).read_bytes(), "image/svg+xml")
                yield Slide("drawing", section, f'<img src="{address}" alt="{html.escape(words)}">')
            if picture and (caption := CAPTION.match(text)):
                words = text[caption.end() :].partition("\n")[0]
                figure = Slide("figure", section, f"{picture}<p>{inline(words)}</p>")
                if asked:
                    if shown:
                        yield shown
                    shown = figure
                else:
                    yield figure
            if tagged:
                yield Slide("text", section, _MARKDOWN.render(_LINK.sub(r"\1", text)))
            picture = ""
            continue
        if tagged:
            yield Slide("code", section, f"<pre><code>{html.escape(text)}</code></pre>")
        at_rest = any(map(stands_at_rest, cell["outputs"]))
        for output in cell["outputs"]:
            data = output.get("data", {})
            if question := question_in(data):
                options, asked = "".join(f"<li>{option}</li>" for option in question[1]), question[0]
                yield Slide("vote", asked, f'<ol type="A">{options}</ol>')
            elif measured := measured_in(data):
                numbers = [html.escape(number) for claim in claims_in(cell) for number in claim.numbers()]
                below = f'<p class="numbers">{" · ".join(numbers)}</p>' if 0 < len(numbers) <= NUMBERS else ""
                yield Slide("measured", asked, f"<p>{measured}</p>{shown.body + below if shown else ''}")
                asked, shown = "", None
            elif "image/png" in data:
                picture = _picture(output, at_rest)
    if shown:
        yield shown


def _picture(output: Mapping[str, Any], explorer: bool) -> str:
    """A stored picture; of an explorer's still the map and the grid beside it, above the rows of small pictures."""
    words = output["metadata"].get("image/png", {}).get("alt", output["data"].get("text/plain", ""))
    content = base64.b64decode(output["data"]["image/png"])
    if explorer:
        content, words = _upper_part(content), words.partition(" Below, row by row")[0]
    return f'<img src="{_address(content, "image/png")}" alt="{html.escape(words)}">'


def _upper_part(png: bytes) -> bytes:
    """A picture down to its first blank line in the lower half."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    ink = ImageOps.invert(picture.convert("L"))
    blank = (
        y for y in range(picture.height // 2, picture.height) if not ink.crop((0, y, picture.width, y + 1)).getbbox()
    )
    kept = BytesIO()
    picture.crop((0, 0, picture.width, next(blank, picture.height))).save(kept, "png", optimize=True)
    return kept.getvalue()


def found(notebook: nbformat.NotebookNode) -> Iterator[Slide]:
    """The list at a notebook's end, a few points a slide."""
    text = next(cell.source for cell in reversed(notebook.cells) if "hat we found" in cell.source)
    points = _BULLET.findall(text.partition("ead next")[0])
    each = math.ceil(len(points) / math.ceil(len(points) / BULLETS))  # no slide nearly empty
    for start in range(0, len(points), each):
        body = "".join(f"<li>{inline(point)}</li>" for point in points[start : start + each])
        yield Slide("found", "What we found", f"<ul>{body}</ul>")
    if ticket := _TICKET.search(text):
        says, *asks = _SENTENCE.split(ticket[2])
        body = "".join(f"<li>{inline(each)}</li>" for each in asks)
        yield Slide("ticket", ticket[1], f"<p>{inline(says)}</p><ul>{body}</ul>")


def deck(lesson: Lesson, folder: Path = ROOT / "notebooks") -> list[Slide]:
    """The slides of a notebook: at most `MOST` between title and end, figures left out before drawings and votes.

    Of a lesson for a class nothing is left out: with the slides alone it can be given where nothing runs.
    """
    notebook = nbformat.read(folder / lesson.file, as_version=4)
    promise = notebook.cells[0].source.split("\n\n")[1]
    inside = list(between(notebook, folder))
    # The last go first: figures one by one, then predictions, each with its answer.
    spare = [[slide] for slide in reversed(inside) if slide.kind == "figure"]
    votes = [slide.title for slide in reversed(inside) if slide.kind == "vote"]
    spare += [[slide for slide in inside if slide.title == vote and slide.kind != "figure"] for vote in votes]
    while lesson.outside != CLASS and len(inside) > MOST and spare:
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

"""What Sphinx reads, made from the repository: notebooks and pages with links, boxes and outputs as the site has them.

Pages keep their places in the repository but for a few, which `site_path` names. Links are written for the repository,
where JupyterLab and GitHub follow them, and are turned here into the site's.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import colab
import nbformat
from markdown_links import linked
from PIL import Image
from stored_predictions import asks

from aeutils.collection.maps import article_map
from aeutils.collection.reading import time_line
from aeutils.collection.table import CLASS, lessons
from aeutils.lessons.marks import ARTICLE, ON_THE_SITE, box, reworded
from web import guesses, live, outputs, programs
from web.outputs import Replace

ROOT = Path(__file__).resolve().parents[2]
_MOVED = {"README.md": "index.md", "notebooks/questions.md": "questions.md", "data/README.md": "data.md"}
_HTML_LINK = re.compile(r'<a href="([^"]+)">(.*?)</a>')
_NAMED = re.compile(r'<a id="([^"]+)"></a>\n*')
_ONE_LINE_FOLD = re.compile(r"<details><summary>(.*?)</summary>(.+)</details>")
_ARTICLE = re.compile(rf"^(?={re.escape(ARTICLE)})", re.MULTILINE)


# What a page can do without Python, and what not: the same for all notebooks; it stands before what they need.
_NEED = "**You need:**"
_HERE = (
    "*To read:* explorers, panels and guesses work on this page. Code does not run here: what it gave stands below it, "
    "what a change gave under *Measured*; exercises have their *Solution*."
)


def site_path(path: str) -> str:
    """Where a file of the repository stands on the site; empty for one that is not there."""
    if path in _MOVED:
        return _MOVED[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    there = re.fullmatch(r"notebooks/([^/]+\.ipynb|drawings/[^/]+\.svg)", path) and (ROOT / path).exists()
    return path if there else ""


def write(folder: Path, repository: str, still: bool) -> None:
    """Make the folder that Sphinx reads.

    Args:
        folder: emptied first.
        repository: "owner/name" on GitHub, for links to what is not on the site; "" makes them plain text.
        still: whether explorers and panels are left as stills, so that nothing need be trained.
    """
    alive = [guesses.replace] if still else [live.replace, guesses.replace]
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder)
    shutil.copytree(
        ROOT / "notebooks" / "drawings", folder / "notebooks" / "drawings", ignore=shutil.ignore_patterns("*.md")
    )
    static = folder / "_static"
    film = ROOT / "data" / "readme_picture.webp"
    shutil.copy(film, static)
    Image.open(film).convert("RGB").save(static / "explorer.webp", quality=80)  # its first picture, at once to be seen
    for path in sorted((ROOT / "docs").rglob("*.md")):
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        (folder / site_path(name)).write_text(page(text, name, repository), encoding="utf-8")
    for name in ("notebooks/questions.md", "data/README.md"):
        text = page((ROOT / name).read_text(encoding="utf-8"), name, repository)
        if name.endswith("questions.md"):
            text, glossary = _without_glossary(text)
            (folder / "glossary.md").write_text(glossary, encoding="utf-8")
        (folder / site_path(name)).write_text(text, encoding="utf-8")
    for lesson in lessons():
        if not lesson.planned:
            made = notebook(lesson.name, static, repository, alive)
            nbformat.write(made, folder / "notebooks" / lesson.file)
    programs.write(static / "live")
    play = (programs.SOURCES / "play.html").read_text(encoding="utf-8")
    (folder / "play.html").write_text(play.replace("<!-- others -->", "" if still else live.others()), encoding="utf-8")


def page(text: str, name: str, repository: str) -> str:
    """A page in Markdown as the site has it; `name` is its path in the repository."""
    for mark, made in _MADE.items():
        if mark in text:
            text = text.replace(mark, made())
    return _linked(_NAMED.sub(r"(\1)=\n", text), name, repository)


def notebook(name: str, static: Path, repository: str, alive: Sequence[Replace] = ()) -> nbformat.NotebookNode:
    """A notebook as the site has it."""
    path = f"notebooks/{name}.ipynb"
    made = nbformat.read(ROOT / path, as_version=4)
    made.metadata.pop("widgets", None)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = _linked(_boxed(reworded(cell, ON_THE_SITE)), path, repository)
        elif cell.cell_type == "code":
            _prepare(cell, name, static, alive)
    first = made.cells[0]
    first.source = first.source.replace(_NEED, f"{_HERE} {_to_run(name, repository)}\n\n{_NEED}", 1)
    return made


def _to_run(name: str, repository: str) -> str:
    """Where a notebook can be run without an installation, and where its source is."""
    if not repository:
        return "[To run it](../devices.md)."
    places = {f"Open it in {place}": address for place, address in colab.places(repository, name).items()}
    places["Its source"] = f"https://github.com/{repository}/blob/main/notebooks/{name}.ipynb"
    return " · ".join(f"[{words}]({address})" for words, address in places.items())


def _prepare(cell: Any, name: str, static: Path, alive: Sequence[Replace]) -> None:
    """Put HTML in place of a code cell's outputs, and fold the code that only claims or asks."""
    for index, output in reversed(list(outputs.outputs_of(name, cell))):
        shown = outputs.page_html(output, static, alive)
        if shown == "":
            del cell.outputs[index]
        elif shown is not None:
            cell.outputs[index].data = {"text/html": shown}
    if asks(cell.source):
        cell.metadata.setdefault("tags", []).append("prediction")


def _boxed(text: str) -> str:
    """A cell of text with its folds, and with marks for the style sheet around what is a box."""

    def fold(found: re.Match[str]) -> str:
        # Within a fold on one line, Markdown would see neither formulas nor links.
        if "$" in found[2] or "<a " in found[2]:
            return f"<details><summary>{found[1]}</summary>\n\n{found[2]}\n\n</details>\n"
        return found[0]

    text = _ARTICLE.sub("{.article}\n", _ONE_LINE_FOLD.sub(fold, text))
    if (kind := box(text)) and not text.startswith(ARTICLE):  # those words have their own already
        return f'<div class="box {kind}">\n\n{text}\n\n</div>'
    return text


def _linked(text: str, name: str, repository: str) -> str:
    """A text with its links as the site has them."""

    def there(link: str) -> str | None:
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link) or (not target and link != "#glossary"):
            return link
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(target))) if target else name
        place = site_path(path)
        if path == "notebooks/questions.md" and anchor == "glossary":
            place, anchor = "glossary.md", ""
        elif path == "README.md":
            anchor = ""  # the start page has its own
        if not place:  # without the repository's address there is nothing to link to: the words stay
            return f"https://github.com/{repository}/blob/main/{quote(path)}" if repository else None
        place = posixpath.relpath(place, posixpath.dirname(site_path(name)) or ".")
        return f"{place}{'#' if anchor else ''}{anchor}"

    return linked(_HTML_LINK.sub(r"[\2](<\1>)", text), there)


def _without_glossary(text: str) -> tuple[str, str]:
    """The page of questions, and the glossary at its end as a page of its own."""
    questions, glossary = text.split("(glossary)=\n")
    return questions, re.sub(r"^## ", "# ", glossary, count=1)


def _article() -> str:
    return article_map().markdown("../notebooks/")


def _course() -> str:
    """The notebooks with what each is about and how long it takes."""
    rows = ["| notebook | what it is about | minutes |", "| --- | --- | --- |"]
    for lesson in lessons():
        if not lesson.planned:
            time = time_line(lesson, nbformat.read(ROOT / "notebooks" / lesson.file, as_version=4))
            said = r"(\d+) minutes in class" if lesson.outside == CLASS else r"about (\d+) (?:minutes to read|more)"
            minutes = " + ".join(re.findall(said, time))
            marks = {"*companion, may be skipped:* ": lesson.companion, "*for a class:* ": lesson.outside == CLASS}
            about = "".join(mark for mark, applies in marks.items() if applies) + lesson.about
            rows.append(f"| [{lesson.short}](../notebooks/{lesson.file}) | {about} | {minutes} |")
    return "\n".join(rows)


def _other_pages() -> str:
    """For the contents: the pages of `docs` that the start page does not name; of a folder its index alone."""
    named = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").split()
    pages = [path.relative_to(ROOT / "docs") for path in sorted((ROOT / "docs").rglob("*.md"))]
    indexed = {page.parent for page in pages if page.name == "index.md" and page.parent != Path()}
    listed = [page for page in pages if page.parent not in indexed or page.name == "index.md"]
    names = [page.with_suffix("").as_posix() for page in listed]
    return "\n".join(name for name in names if name != "index" and name not in named)


_MADE = {"<!-- article map -->": _article, "<!-- course -->": _course, "<!-- other pages -->": _other_pages}

"""Brings up to date what is generated in texts: the README's maps, the notebooks' times and neighbours: `make maps`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import colab
import nbformat

from aeutils.collection.maps import article_map, collection_map
from aeutils.collection.navigation import first_cell, last_cell, neighbours_line
from aeutils.collection.reading import time_line
from aeutils.collection.table import Lesson, lessons, repository

ROOT = Path(__file__).resolve().parents[1]


def generated(root: Path = ROOT) -> Iterator[tuple[Path, str]]:
    """Every file that holds generated text, and its content as it should be."""
    yield root / "README.md", with_maps((root / "README.md").read_text(encoding="utf-8"), repository())
    for lesson in lessons():
        if not lesson.planned:
            yield root / "notebooks" / lesson.file, with_header(lesson, root / "notebooks" / lesson.file)


def with_maps(page: str, where: str) -> str:
    """A page with both maps between its marks `<!-- collection map -->` and `<!-- article map -->`.

    Args:
        where: "owner/name" on GitHub, for links to where each notebook runs with nothing installed; or "".
    """

    def places(lesson: Lesson) -> list[tuple[str, str]]:
        return list(colab.places(where, lesson.name).items())

    maps = {"collection map": collection_map(places if where else None), "article map": article_map()}
    for name, table in maps.items():
        mark = f"<!-- {name} -->"
        before, _, after = page.split(mark)
        page = f"{before}{mark}\n\n{table.markdown('notebooks/')}\n\n{mark}{after}"
    return page


def with_header(lesson: Lesson, path: Path) -> str:
    """A notebook's file with the generated lines of its first and last text as they should be.

    Raises:
        ValueError: its first cell is no text, or has no line `**You need:** …`.
    """
    notebook = nbformat.read(path, as_version=4)
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    if not texts or texts[0] is not notebook.cells[0]:
        raise ValueError(f"{path.name} does not start with text: put its title, aim and **You need:** in a first cell")
    neighbours = neighbours_line(lesson)
    texts[-1].source = last_cell(texts[-1].source, neighbours)
    texts[0].source = first_cell(texts[0].source, time_line(lesson, notebook), neighbours)
    return nbformat.writes(notebook) + "\n"


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    for path, text in generated():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path.relative_to(ROOT)} brought up to date")

"""The form of a notebook, read from its file: what may be changed, what is folded, what stands where."""

from __future__ import annotations

import ast

import pytest
from notebook_cells import cells, in_new_form

from aeutils.collection.reading import main_line
from aeutils.lessons.tries import is_try, settings_in, tries_in


@pytest.fixture(params=in_new_form(), ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return {"cells": cells(path)}


def code_of(notebook):
    return [cell.source for cell in notebook["cells"] if cell.cell_type == "code"]


def main_sections(notebook):
    """Heading of a section of the main line -> its cells; what stands before the first is left out."""
    found = {}
    for cell, text in main_line(notebook["cells"]):
        if cell.cell_type == "markdown" and text.startswith("## "):
            found[text.splitlines()[0]] = []
        if found:
            found[next(reversed(found))].append(cell)
    return found


def test_every_change_that_is_proposed_or_invited_can_be_made(notebook):
    for change in [*tries_in(notebook["cells"]), *settings_in(notebook["cells"])]:
        for source in code_of(change.applied(notebook)):
            ast.parse(source)


def test_every_try_it_ends_in_what_was_measured(notebook):
    for cell in filter(is_try, notebook["cells"]):
        _, fold, measured = cell.source.partition("<details><summary>Measured</summary>")
        assert fold and measured.rstrip().endswith("</details>") and measured.count("<details>") == 0, cell.source
        assert cell.source.startswith("**Try it** · "), cell.source


def test_every_section_of_the_main_line_but_the_last_has_a_try_it(notebook):
    *sections, last = main_sections(notebook).items()
    assert "What we found" in last[0]
    assert [heading for heading, inside in sections if not any(map(is_try, inside))] == []

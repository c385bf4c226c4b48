"""The form of the cookbook: short recipes that can be found and stand alone."""

from __future__ import annotations

import ast
import re

import pytest
from markdown_links import anchor
from notebook_cells import COOKBOOK, cells
from test_hidden_state import problems

CELLS = cells(COOKBOOK)
SETUP = next(cell.source for cell in CELLS if cell.cell_type == "code")
HEADING = re.compile(r"^### (.+)$", re.MULTILINE)


def recipes():
    """Heading -> its cells."""
    found = {}
    for cell in CELLS:
        if cell.cell_type == "markdown" and (headings := HEADING.findall(cell.source)):
            (heading,) = headings
            found[heading] = []
        elif cell.cell_type == "markdown" and cell.source.startswith("## "):
            break  # what stands after the last recipe
        if found:
            found[heading].append(cell)
    return found


RECIPES = recipes()


def code(recipe, claims=False):
    """The sources of a recipe's code cells: those that claim, or all the others."""
    return [
        cell.source
        for cell in recipe
        if cell.cell_type == "code" and ("claim" in cell.metadata.get("tags", [])) == claims
    ]


def test_every_recipe_is_in_the_table_of_contents_once():
    rows = re.findall(r"^\| .+ \| \[(.+)\]\(#(.+)\) \|$", CELLS[0].source, re.MULTILINE)
    assert [heading for heading, _ in rows] == list(RECIPES)
    assert [place for _, place in rows] == [anchor(heading) for heading in RECIPES]


@pytest.mark.parametrize("heading", RECIPES)
def test_a_recipe_has_at_most_fifteen_lines_and_one_claim(heading):
    bodies = [ast.parse(source).body for source in code(RECIPES[heading])]
    imported = {
        line
        for body in bodies
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for line in ast.unparse(node).splitlines()
    }
    lines = [line for source in code(RECIPES[heading]) for line in source.splitlines() if line.strip()]
    assert len([line for line in lines if line not in imported]) <= 15
    assert len(code(RECIPES[heading], claims=True)) == 1


@pytest.mark.parametrize("heading", RECIPES)
def test_a_recipe_needs_no_more_than_the_first_cell(heading):
    recipe = [cell.source for cell in RECIPES[heading] if cell.cell_type == "code"]
    assert problems([SETUP, *recipe]) == []


@pytest.mark.parametrize("heading", RECIPES)
def test_a_recipe_draws_its_own_random_numbers(heading):
    """After another recipe it gives what it gives after the first cell alone."""
    source = "\n".join(code(RECIPES[heading]))
    if re.search(r"ae\.fit|randn|randperm|Autoencoder\(", source) and "load_state_dict" not in source:
        assert "ae.seed_everything(" in source

"""The form of a notebook, read from its file: what may be changed, what is folded, what stands where."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

import nbformat
import pytest
from notebook_cells import COOKBOOK, FIGURE, LESSON, NOTEBOOKS, number_of

from aeutils.collection.reading import is_optional, main_line, reading_of
from aeutils.lessons.tries import is_try, settings_in, tries_in
from aeutils.stills import stands_at_rest

DRAWING = re.compile(r"!\[([^\]]*)\]\(drawings/(\w+)\.svg\)")
HEADING = re.compile(r"^#+ (.*)", re.MULTILINE)
FENCED = re.compile(r"(?ms)^```.*?^```")
LIST_ITEM = re.compile(r"^(?:[-*]|\d+\.) ")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(params=[path for path in NOTEBOOKS if path != COOKBOOK], ids=lambda path: path.stem)
def lesson_path(request):
    return request.param


@pytest.fixture
def lesson(lesson_path):
    return nbformat.read(lesson_path, as_version=4)


def code_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def text_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def tags_of(cell):
    return cell.metadata.get("tags", [])


def calls(source, *names):
    """The calls in a cell of functions or methods of these names."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [node for node in nodes if getattr(node.func, "id", getattr(node.func, "attr", "")) in names]


def main_sections(notebook):
    """Heading of a section of the main line -> its cells; what stands before the first is left out."""
    found = {}
    for cell, text in main_line(notebook.cells):
        if cell.cell_type == "markdown" and text.startswith("## "):
            found[text.splitlines()[0]] = []
        if found:
            found[next(reversed(found))].append(cell)
    return found


def last_section(notebook):
    """The lines below the heading "What we found": those before the words "Read next", and those after them."""
    text = "\n".join(text_of(notebook))
    found, _, after = re.split(r"^#+ .*What we found.*$", text, flags=re.MULTILINE)[1].partition("Read next")
    return [[line for line in part.splitlines() if line.strip()] for part in (found, after)]


def test_claim_cells_are_folded_and_hold_nothing_else(notebook):
    for cell in notebook.cells:
        if "claim" in tags_of(cell):
            assert cell.metadata.get("jupyter", {}).get("source_hidden") is True, f"not folded:\n{cell.source}"
            statements = ast.parse(cell.source).body
            claiming = [node for node in statements if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
            assert len(claiming) == len(statements) == len(calls(cell.source, "claim", "reveal")), cell.source


def test_claims_and_reveals_stand_in_claim_cells(notebook):
    others = [cell.source for cell in notebook.cells if cell.cell_type == "code" and "claim" not in tags_of(cell)]
    assert [source for source in others if calls(source, "claim", "reveal")] == []


def test_a_prediction_stands_alone(notebook):
    predicting = [source for source in code_of(notebook) if calls(source, "predict")]
    assert [source for source in predicting if len(ast.parse(source).body) > 1] == []
    assert "lambda" not in "".join(predicting)


def test_optional_sections_are_cells_of_their_own_and_folded(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = HEADING.findall(FENCED.sub("", cell.source))
            optional = [heading for heading in headings if is_optional(heading)]
            folded = cell.metadata.get("jp-MarkdownHeadingCollapsed", False)
            assert bool(optional) == folded, f"optional, and not folded (or the other way round): {headings}"
            if optional:
                assert optional == headings[:1] and "(optional)" in optional[0], headings
                assert cell.source.startswith("#"), cell.source


def test_the_main_line_takes_one_sitting(lesson_path, lesson):
    assert reading_of(lesson).minutes <= (25 if number_of(lesson_path) == "00" else 45)


def test_the_file_is_small_and_without_widget_state(path, notebook):
    assert path.stat().st_size < 1.5e6
    assert "widgets" not in notebook.metadata


def test_there_are_drawings_and_each_is_put_into_words(lesson):
    drawings = DRAWING.findall("\n".join(text_of(lesson)))
    assert len({name for _, name in drawings}) >= 2
    assert [(name, alt) for alt, name in drawings if len(alt) < 40] == []


def test_captions_are_upright_and_numbered(notebook):
    captions = [found for text in text_of(notebook) if (found := FIGURE.match(text))]
    assert [int(found["number"]) for found in captions] == list(range(1, len(captions) + 1))


def test_a_caption_fits_the_still_and_the_explorer_that_takes_its_place(notebook):
    for cell, below in pairwise(notebook.cells):
        if "ae.explore(" in cell.source and any(map(stands_at_rest, cell.get("outputs", []))):
            assert not re.search(r"\b(?:Left|Right|Below): |\bRun th", below.source), below.source


def test_exercises_stand_where_their_idea_is(lesson_path, lesson):
    places = [i for i, cell in enumerate(lesson.cells) if "exercise" in tags_of(cell)]
    assert len(places) == 2 if lesson_path == LESSON else 3 <= len(places) <= 5
    assert places[0] < len(lesson.cells) * 2 / 3


def test_what_was_found_takes_seven_lines(lesson):
    found, _ = last_section(lesson)
    assert 1 <= len([line for line in found if LIST_ITEM.match(line)] or found) <= 7


def test_what_to_read_next_has_links(lesson):
    _, after = last_section(lesson)
    entries = [line for line in after if LIST_ITEM.match(line)]
    assert entries and [line for line in entries if not re.search(r"\]\(https://|\.ipynb\)", line)] == []


def test_every_change_that_is_proposed_or_invited_can_be_made(notebook):
    for change in [*tries_in(notebook.cells), *settings_in(notebook.cells)]:
        for source in code_of(change.applied(notebook)):
            ast.parse(source)


def looked_up_only(notebook):
    """The texts by which its code looks something up, and which stand nowhere else: `Tanh` for `heads["Tanh"]`."""
    nodes = [node for source in code_of(notebook) for node in ast.walk(ast.parse(source))]
    keys = [node.slice for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)]
    others = [node for node in nodes if not any(node is key for key in keys)]
    made = {getattr(node, "value", None) for node in others if isinstance(node, ast.Constant)}
    made |= {node.attr for node in others if isinstance(node, ast.Attribute)}
    return {key.value for key in keys if isinstance(key, ast.Constant)} - made


def test_no_change_takes_away_what_a_cell_looks_up(notebook):
    for change in tries_in(notebook.cells):
        old, new = (set(re.findall(r"\w+", " ".join(texts))) for texts in (change.replace, change.replace.values()))
        assert looked_up_only(change.applied(notebook)) & (old - new) == set(), f"a KeyError: {change}"


def test_every_try_it_ends_in_what_was_measured(notebook):
    for cell in filter(is_try, notebook.cells):
        _, fold, measured = cell.source.partition("<details><summary>Measured</summary>")
        assert fold and measured.rstrip().endswith("</details>") and measured.count("<details>") == 0, cell.source
        assert cell.source.startswith("**Try it** · "), cell.source


def test_every_section_of_the_main_line_but_the_last_has_a_try_it(lesson):
    sections = main_sections(lesson)
    last = [heading for heading in sections if "What we found" in heading or "Read next" in heading]
    assert list(sections)[-len(last) :] == last != []
    assert [heading for heading in sections if heading not in last and not any(map(is_try, sections[heading]))] == []

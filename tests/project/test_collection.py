"""What is made from the collection's table agrees with the notebooks: maps, times, neighbours, claims, verdicts."""

import re

import nbformat
import pytest
from generated_text import ROOT, generated, with_maps
from notebook_cells import NOTEBOOKS, cells

from aeutils.collection.maps import article_map, collection_map
from aeutils.collection.navigation import first_cell, last_cell, neighbours_line
from aeutils.collection.reading import exercises_of, minutes_in_class, reading_of, time_line
from aeutils.collection.table import CLASS, RECIPES, Lesson, lessons, statements
from aeutils.lessons.claims import claims_in

BOX = re.compile(r"^> \*\*The article says \(([^)]*)\)", re.MULTILINE)
BOLD = re.compile(r"\*\*(?:Verdict[^*:]*: ?)?([^*]*)\*\*")
THERE = {path.stem: path for path in NOTEBOOKS}
PLANNED = [lesson.name for lesson in lessons() if lesson.planned]


def claims_of(path):
    """The sentences of the claims that hold."""
    return {claim.sentence for claim in claims_in({"cells": cells(path)}) if claim.holds}


def boxes_of(path):
    """id -> the bold verdicts given on it in this notebook's article boxes."""
    found = {}
    for cell in cells(path):
        if cell.cell_type != "markdown":
            continue
        for box in re.split(r"\n(?=> \*\*The article says)|\n\n", cell.source):
            if ids := BOX.search(box):
                verdicts = [text for text in BOLD.findall(box)[1:] if text]
                assert "**Verdict" in box and verdicts, f"{path.stem}: a box without a verdict:\n{box}"
                for key in re.findall(r"A\d+", ids[1]):
                    found.setdefault(key, []).extend(verdicts)
    return found


CLAIMS = {name: claims_of(path) for name, path in THERE.items()}
BOXES = {name: boxes_of(path) for name, path in THERE.items()}


def test_every_statement_of_the_article_has_its_row():
    assert [statement.id for statement in statements()] == [f"A{i}" for i in range(1, 41)]
    assert all(statement.says and (statement.evidence or statement.planned) for statement in statements())


def test_every_notebook_is_listed_and_has_the_title_it_is_listed_under():
    assert sorted(THERE) == [lesson.name for lesson in lessons() if not lesson.planned]
    for lesson in lessons():
        if not lesson.planned:
            assert cells(THERE[lesson.name])[0].source.splitlines()[0] == f"# {lesson.short}"


@pytest.mark.parametrize("statement", statements(), ids=lambda statement: statement.id)
def test_statement_is_carried_by_claims_that_are_made(statement):
    for name, sentences in statement.evidence.items():
        assert name in THERE, f"{name} is not there; list it under planned"
        assert set(sentences) <= CLAIMS[name], set(sentences) - CLAIMS[name]
    for name in statement.planned:
        assert name in PLANNED, f"{name} is there by now: give its claims as evidence"


@pytest.mark.parametrize("statement", statements(), ids=lambda statement: statement.id)
def test_verdict_is_that_of_a_box(statement):
    assert bool(statement.verdict) == bool(statement.evidence)
    if statement.verdict:
        given = [verdict for name in statement.evidence for verdict in BOXES[name].get(statement.id, [])]
        assert statement.verdict in given, given


@pytest.mark.parametrize("name", THERE)
def test_boxes_are_those_of_the_map(name):
    assert set(BOXES[name]) == {statement.id for statement in statements() if name in statement.evidence}


def test_readme_holds_both_maps_and_notebook_00_leads_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"| {statement.id} |" in readme for statement in statements())
    assert all(lesson.short in readme for lesson in lessons())
    assert any("](../README.md" in cell.source for cell in cells(THERE["00_start_here"]))


def test_readme_says_where_to_run_each_notebook_once_the_repository_has_an_address():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = with_maps(readme, "owner/name")
    assert with_maps(told, "") == with_maps(readme, "")
    for lesson in lessons():
        row = next(line for line in told.splitlines() if line.startswith(("| [", "| ")) and lesson.short in line)
        assert (f"github/owner/name/blob/colab/{lesson.file}" in row) == (not lesson.planned), row
        assert (f"gh/owner/name/main?urlpath=lab/tree/notebooks/{lesson.file}" in row) == (not lesson.planned), row
    assert "blob/colab" not in with_maps(readme, "")


def test_rows_for_later_notebooks_say_planned():
    text = repr(article_map())
    for statement, line in zip(statements(), text.splitlines(), strict=True):
        assert ("planned" in line) == bool(statement.planned)


@pytest.mark.parametrize(("path", "text"), list(generated()), ids=lambda value: getattr(value, "stem", ""))
def test_generated_text_is_as_it_should_be_now(path, text):
    assert path.read_text(encoding="utf-8") == text, "run: make maps"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_headers_say_how_long_everything_takes(path):
    time = next(line for line in cells(path)[0].source.splitlines() if line.startswith("**Time:**"))
    words = ("to read", "to run", *["for the exercises"] * ("exercise" in str(cells(path))))
    assert all(word in time for word in words), f"{time}: run make outputs NB={path.relative_to(ROOT)}"


def test_a_table_entry_that_is_not_there_is_planned():
    lesson = Lesson("99b_more", "More", "of it")
    assert (lesson.number, lesson.short, lesson.file) == ("99b", "99b · More", "99b_more.ipynb")
    later = Lesson("later", "Later", "all else", planned=True)
    assert (later.number, later.short, later.file) == ("", "Later", "")
    assert exercises_of(lesson.chapter) == exercises_of(later.chapter) == {}
    assert lesson.companion and not later.companion and not lessons()[0].companion


def test_neighbours_are_those_of_the_table():
    first, *_, last = lessons()
    assert neighbours_line(first) == "Next: [1 · Model structure](01_model_structure.ipynb)"
    assert neighbours_line(last) == "Before: 12 · Segmentation *(planned)*"
    assert " · Next: [" in neighbours_line(lessons()[1])


def test_a_companion_stands_beside_the_way_and_says_that_it_may_be_skipped():
    order = {lesson.name: lesson for lesson in lessons()}
    own, companion, after = (
        order[name] for name in ("02_structure_variations", "02b_the_articles_decoder", "03_reconstruction_losses")
    )
    there = f"[2b · The article's own decoder]({companion.file})"
    assert neighbours_line(own).endswith(f"Next: [{after.short}]({after.file}) · Companion, may be skipped: {there}")
    assert neighbours_line(companion) == f"Before: [{own.short}]({own.file}) · Next: [{after.short}]({after.file})"
    assert neighbours_line(after).startswith(f"Before: [{own.short}]({own.file})")
    assert last_cell(f"End.\n\n{neighbours_line(own)}", neighbours_line(own)).count("Before:") == 1
    half_planned = "Before: 8 · Eight *(planned)* · Next: [10 · Ten](10_ten.ipynb)"
    assert last_cell(f"End.\n\n{half_planned}", neighbours_line(own)).count("Before:") == 1
    row = next(line for line in repr(collection_map()).splitlines() if line.startswith("2b · "))
    assert " | companion, may be skipped: " in row


def test_what_is_there_to_look_things_up_in_stands_outside_the_order():
    cookbook = next(lesson for lesson in lessons() if lesson.outside == RECIPES)
    assert neighbours_line(cookbook) == "Back to: [0 · Start here](00_start_here.ipynb)"
    assert not any(cookbook.file in neighbours_line(lesson) for lesson in lessons())
    assert last_cell(f"End.\n\n{neighbours_line(cookbook)}", neighbours_line(cookbook)).count("Back to:") == 1
    assert any(f"{cookbook.short} | to look things up: " in row for row in repr(collection_map()).splitlines())
    notebook = nbformat.v4.new_notebook(cells=[text("## All\n\n### One\n\n" + "word " * 180 * 6), text("### Two")])
    notebook.metadata["aeutils"] = {"seconds": 40}
    assert time_line(cookbook, notebook) == (
        "**Time:** about 3 minutes to read one of 2 recipes; under 40 seconds to run all of them."
    )


def test_a_lesson_for_a_class_stands_outside_the_order_and_says_its_minutes():
    lesson = next(lesson for lesson in lessons() if lesson.outside == CLASS)
    assert (lesson.chapter, lesson.short) == ("lesson_90", "Ninety minutes")
    assert neighbours_line(lesson) == "Next: [0 · Start here](00_start_here.ipynb)"
    assert not any(lesson.file in neighbours_line(other) for other in lessons())
    assert any(f"{lesson.short} | for a class: " in row for row in repr(collection_map()).splitlines())
    cells = [text("# Ninety\n\n## 1. One (10 minutes)\n\n" + "word " * 180 * 6), text("## Two (25 minutes)")]
    notebook = nbformat.v4.new_notebook(cells=[*cells, text("## Three\n\n### Four (9 minutes)")])
    assert minutes_in_class(notebook) == {"1. One": 10, "Two": 25}
    start = "**Time:** 35 minutes in class; alone, about 5 minutes to read; about "
    assert time_line(lesson, notebook).startswith(start)
    with pytest.raises(ValueError, match="outside = 'nowhere'; expected one of recipes, class"):
        Lesson("x", "X", "of it", outside="nowhere")


def test_generated_lines_are_put_where_they_belong_and_nothing_else_moves():
    by_hand = "# 1 · One\n\nAim.\n\n**You need:** this.{}\n\n{}In a hurry? Go [on](#on)."
    time, beside = "**Time:** long.", "Before: [0](0.ipynb) · Next: 2 *(planned)*"
    whole = by_hand.format(f"\n\n{time}", f"{beside}\n\n")
    assert first_cell(whole, time, beside) == whole
    old = by_hand.format("\n**Time:** short.", "Next: [3 · Three](3.ipynb)\n\n")
    assert first_cell(old, time, beside) == whole
    assert first_cell(by_hand.format("", ""), time, beside) == by_hand.format(f"\n\n{time}", "") + f"\n\n{beside}"
    assert last_cell("Next: try it.", beside) == f"Next: try it.\n\n{beside}"
    with pytest.raises(ValueError, match="You need"):
        first_cell("# 1 · One", time, beside)


def text(source, **metadata):
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def test_reading_counts_the_main_line_only():
    figure = nbformat.v4.new_output("display_data", {"image/png": ""})
    code = nbformat.v4.new_code_cell(
        "a = 1\n\nclaim(\n    's', a)\nguess.reveal(a)\nb = predict('q', [])", outputs=[figure]
    )
    optional = [text("one\n\n## Deep (optional)\n\nnot\n\n### not"), code, text("```\n# not\n```")]
    main = [
        text("## Two words $$ x $$ <details>not\n\n# not</details> ![not](d.svg)"),
        text("## Folded", **{"jp-MarkdownHeadingCollapsed": True}),
        text("not"),
        text("## three"),
        code,
        text("not", tags=["solution"]),
    ]
    found = reading_of({"cells": [*optional, *main]})
    assert (found.words, found.code_lines, found.claim_lines, found.pictures) == (1 + 3 + 2, 2, 3, 2)
    assert found.minutes == pytest.approx(6 / 180 + 2 / 8 + 3 / 30 + 1.5)


def test_time_line_says_what_is_known():
    lesson, notebook = lessons()[0], nbformat.v4.new_notebook(cells=[text("word " * 180 * 12)])
    assert time_line(Lesson("later", "", ""), notebook) == "**Time:** about 10 minutes to read."
    minutes = 5 * round(sum(exercise.minutes for exercise in exercises_of(lesson.chapter).values()) / 5)
    notebook.metadata["aeutils"] = {"seconds": 90}
    notebook.cells.append(text("# More (optional)"))
    assert time_line(lesson, notebook) == (
        f"**Time:** about 10 minutes to read, without the parts marked *optional*; about {minutes} more for the "
        "exercises; about 2 minutes to run."
    )
    notebook.metadata["aeutils"] = {"seconds": 20}
    assert time_line(lesson, notebook).endswith("; under 20 seconds to run.")

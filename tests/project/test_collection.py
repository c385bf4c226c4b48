"""The maps agree with the notebooks: their claims, their article boxes, their names."""

import re

import pytest
from claims_runner import collect
from notebook_cells import NOTEBOOKS, cells

from aeutils.collection import maps as overview
from aeutils.collection.maps import article_map, collection_map, lessons, statements, write_into

BOX = re.compile(r"^> \*\*The article says \(([^)]*)\)", re.MULTILINE)
BOLD = re.compile(r"\*\*(?:Verdict[^*:]*: ?)?([^*]*)\*\*")
THERE = {path.stem: path for path in NOTEBOOKS}
PLANNED = [lesson.name for lesson in lessons() if lesson.planned]


def shown(path):
    """The text form of everything that a notebook shows."""
    outputs = [output for cell in cells(path) for output in cell.get("outputs", [])]
    return [output.data["text/plain"] for output in outputs if "text/plain" in output.get("data", {})]


def claims_of(path):
    """The sentences of the claims that hold."""
    tallies = {}
    collect(tallies, shown(path), seed=0)
    return {sentence for sentence, tally in tallies.items() if not tally.failed}


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


def test_readme_has_the_maps_as_they_are_now(tmp_path):
    readme = overview._NOTEBOOKS.parent / "README.md"
    copy = tmp_path / "README.md"
    copy.write_text(readme.read_text(encoding="utf-8"), encoding="utf-8")
    write_into(copy)
    assert copy.read_text(encoding="utf-8") == readme.read_text(encoding="utf-8"), "run: make maps"


def test_notebook_00_shows_the_maps_as_they_are_now():
    texts = set(shown(THERE["00_start_here"]))
    assert {repr(collection_map()), repr(article_map())} <= texts, "run: make outputs NB=notebooks/00*.ipynb"


def test_rows_for_later_notebooks_say_planned():
    text = repr(article_map())
    for statement, line in zip(statements(), text.splitlines(), strict=True):
        assert ("planned" in line) == bool(statement.planned)

"""The page of questions: every row has its place, and who comes with a symptom gets there in two clicks."""

import re
from pathlib import Path

import pytest
from notebook_cells import NOTEBOOKS, cells
from page_links import anchors, links, section, text_of

from aeutils.collection.table import lessons
from aeutils.training.divergence import cure

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "notebooks" / "questions.md"
TEXT = text_of(PAGE)
ROW = re.compile(r"- \*\*(?P<question>[^*]+)\*\* (?P<answer>.+)")
ROWS = [line for line in TEXT.splitlines() if line.startswith("- ")]
WORDS, GLOSSARY = (
    [line for line in part.split("<a id=")[0].splitlines() if line.startswith("| ") and "](" in line]
    for part in re.split(r'<a id="(?:words|glossary)"></a>', TEXT)[1:]
)
PLACE = re.compile(r"\[([^\]]+)\]\((?:<(\w+\.ipynb)#([^>]+)>|(\w+\.ipynb)#([^\s)]+))\)")


def places(line):
    """The headings that a line links to, as (label, file, anchor)."""
    return [(label, a or b, x or y) for label, a, x, b, y in PLACE.findall(line)]


def test_there_are_the_questions_that_were_collected_and_more():
    assert len(ROWS) >= 84 + 10
    questions = [ROW.fullmatch(row)["question"] for row in ROWS]
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize("row", ROWS)
def test_a_question_has_an_answer_and_ends_in_one_place(row):
    answer = ROW.fullmatch(row)["answer"]
    assert len(answer.split("](")[0]) > 20
    local = [link for link in links(row) if ":" not in link.split("#")[0] and link[0] != "#"]
    assert len(local) == 1 and answer.endswith(")") and (places(row) or local == ["../data/README.md"])


@pytest.mark.parametrize("line", [line for line in [*ROWS, *WORDS, *GLOSSARY] if places(line)])
def test_a_link_names_the_notebook_and_the_heading_that_it_leads_to(line):
    """Where a link opens a notebook at its top, as GitHub does, its words say where to look."""
    number = {lesson.file: lesson.short.split(" · ")[0] for lesson in lessons()}
    for label, file, anchor in places(line):
        heading = re.sub(r"^\d+\. | \(optional\)$", "", anchor.replace("-", " "))
        assert label.replace("-", " ") == f"{number[file]} · {heading}"


def test_the_groups_are_listed_at_the_top():
    jumps = [link[1:] for link in links(TEXT.partition("<a id=")[0]) if link.startswith("#")]
    assert sorted(set(jumps)) == sorted(anchors(PAGE))


@pytest.mark.parametrize("line", GLOSSARY)
def test_a_term_is_used_where_the_glossary_says_that_it_is_defined(line):
    terms, *_ = re.split(r"(?<!\\)\|", line.strip("| "))
    ((_, file, anchor),) = places(line)
    text = section(ROOT / "notebooks" / file, anchor).replace("*", "").lower()
    names = [name.strip(" )").replace("\\|", "|").lower() for name in re.split(r"[,(]", terms)]
    assert any(name.removesuffix("s") in text for name in names), names


ENTRANCES = {
    "README": (ROOT / "README.md", (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]),
    **{path.stem[:2]: (path, cells(path)[0].source) for path in NOTEBOOKS if path.stem[:3] in ("00_", "06_")},
}
ROUTES = {
    "all outputs of a VAE alike": (["VAE", "same picture"], "04_mse_versus_kl.ipynb#5.-The-code-falls-silent"),
    "NaN, the KL was 2.9e8": (["KL explodes", "NaN"], "06b_when_training_fails.ipynb#Room-10:-the-KL-explodes"),
    "64 × 64 photographs in colour": (
        ["Larger images", "colour"],
        "cookbook.ipynb#Larger-pictures,-in-colour",
    ),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("symptom", ROUTES)
def test_two_clicks_lead_from_a_symptom_to_its_cure(entrance, symptom):
    page, first_lines = ENTRANCES[entrance]
    assert any((page.parent / link).resolve() == PAGE for link in links(first_lines) if ":" not in link)
    words, target = ROUTES[symptom]
    (row,) = [row for row in ROWS if all(word in ROW.fullmatch(row)["question"] for word in words)]
    assert target in links(row)


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("all outputs alike, all near the mean image; KL 0", ROUTES["all outputs of a VAE alike"][1]),
        ("KL explodes, then NaN", ROUTES["NaN, the KL was 2.9e8"][1]),
        ("own pictures in colour, or larger", ROUTES["64 × 64 photographs in colour"][1]),
    ],
)
def test_the_table_of_symptoms_leads_there_too(words, target):
    table = next(path for path in NOTEBOOKS if path.stem.startswith("06_"))
    (row,) = [line for line in text_of(table).splitlines() if line.startswith("| ") and words in line]
    assert target in links(row)


def test_the_message_of_fit_names_the_room_of_an_exploding_kl():
    number, room = re.search(r"notebook (\w+), (room \d+)", cure("kl")).groups()
    (path,) = [path for path in NOTEBOOKS if path.stem.split("_")[0].lstrip("0") == number]
    (anchor,) = [anchor for anchor in anchors(path) if anchor.replace("-", " ").lower().startswith(f"{room}:")]
    assert ROUTES["NaN, the KL was 2.9e8"][1] == f"{path.name}#{anchor}"

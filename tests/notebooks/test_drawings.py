"""The drawings follow the style page, notebooks/drawings/README.md, and each is shown by its notebook."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import drawings
import pytest
from notebook_cells import LESSON, NOTEBOOKS, cells, number_of

STYLE_PAGE = (drawings.FOLDER / "README.md").read_text(encoding="utf-8")
COLOURS = {*re.findall(r"#[0-9A-F]{6}", STYLE_PAGE), "none", "context-stroke"}
GREY = re.compile(r"#([0-9A-Fa-f]{2})\1\1")  # the levels of an image's pixels
ELEMENTS = {"svg", "title", "style", "defs", "marker", "g", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
ELEMENTS |= {"path", "text", "tspan"}
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def properties(declarations: str) -> dict[str, str]:
    """`fill: #FFFFFF; stroke-width: 1` as a dictionary."""
    pairs = (declaration.partition(":") for declaration in declarations.split(";") if declaration.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def elements(element: ElementTree.Element, scale: float = 1.0) -> Iterator[tuple[str, ElementTree.Element, float]]:
    """Every element: its name, itself, and how much larger than in its own units it is drawn."""
    for factor in re.findall(r"scale\(([\d.]+)\)", element.get("transform", "")):
        scale *= float(factor)
    yield element.tag.removeprefix("{http://www.w3.org/2000/svg}"), element, scale
    for child in element:
        yield from elements(child, scale)


def faults(source: str) -> list[str]:
    """Where a drawing does not follow the style page."""
    root = ElementTree.fromstring(source)
    parts = list(elements(root))
    style = "".join(part.text or "" for name, part, _ in parts if name == "style")
    rules: dict[str, dict[str, str]] = {}
    for selectors, declared in RULE.findall(style):
        for selector in selectors.split(","):
            rules.setdefault(selector.strip(), {}).update(properties(declared))
    said = []

    height = root.get("height", "")
    if not (height.isdecimal() and int(height) <= 420 and root.get("width") == "600"):
        said.append('the size is not width="600" and a height of at most 420')
    if root.get("viewBox") != f"0 0 600 {height}":
        said.append(f'the viewBox is not "0 0 600 {height}"')
    if [name for name, _, _ in parts[:3]] != ["svg", "title", "style"] or not root[0].text:
        said.append("it does not begin with a title and a style")
    card = {"class": "card", "x": "1", "y": "1", "width": "598", "height": str(int(height or 2) - 2), "rx": "8"}
    first = next(part for part in root if not part.tag.endswith(("}title", "}style", "}defs")))
    if first.attrib != card:
        said.append(f"the first shape is not the white card, {card}")
    if re.search(r"@|url\(|!important", style):
        said.append("its style has more than plain rules")

    for name, part, scale in parts:
        classes = part.get("class", "").split()
        given = {key: value for key, value in part.attrib.items() if key != "style"}
        for selector in (name, *(f".{each}" for each in classes), *(f"{name}.{each}" for each in classes)):
            given |= rules.get(selector, {})
        given |= properties(part.get("style", ""))
        where = f"<{name}> {(part.text or '').strip()}".strip()
        if name not in ELEMENTS or any(key.startswith("on") or key.endswith("href") for key in given):
            said.append(f"{where} is not allowed")
        for key in ("fill", "stroke"):
            if key in given and given[key] not in COLOURS and not GREY.fullmatch(given[key]):
                said.append(f"{where}: {key} {given[key]} is not one of the page's colours")
        if "font-size" in given:
            size = float(given["font-size"].removesuffix("px")) * scale
            if size not in (15, 18) and not (size == 12 and given.get("baseline-shift") in ("sub", "super")):
                said.append(f"{where}: font-size {size:g} is not 15 or 18, or 12 for a subscript")
        if "stroke-width" in given and given.get("stroke") != "none":
            width = float(given["stroke-width"].removesuffix("px")) * scale
            if width not in (1, 2):
                said.append(f"{where}: stroke-width {width:g} is not 1 or 2")
    return said


@pytest.mark.parametrize("path", drawings.all_drawings(), ids=lambda path: path.stem)
def test_drawing_follows_the_style_page(path):
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", drawings.all_drawings(), ids=lambda path: path.stem)
def test_drawing_is_shown_by_its_notebook_and_no_other(path):
    others = [notebook for notebook in NOTEBOOKS if notebook != LESSON]  # a lesson shows drawings again
    shown = [number_of(notebook) for notebook in others if f"](drawings/{path.name})" in text_of(notebook)]
    assert shown == [number_of(path)]


def text_of(path: Path) -> str:
    return "\n".join(cell.source for cell in cells(path) if cell.cell_type == "markdown")


HEAD = re.search(r"```xml\n(.*?)  …\n</svg>", STYLE_PAGE, re.DOTALL)[1]
GOOD = HEAD + (
    '<g transform="scale(4)"><rect fill="#2A2A2A" stroke="#333333" stroke-width="0.25"/></g>'
    '<text class="big">z<tspan baseline-shift="sub" font-size="12">1</tspan></text></svg>'
)


def test_the_head_of_the_style_page_is_accepted():
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('height="300"', 'height="500"', "height of at most 420"),
        ("0 0 600 300", "0 0 300 600", "viewBox"),
        ("<title>What the drawing shows, in a few words</title>", "", "title"),
        ('x="1" y="1"', 'x="0" y="1"', "white card"),
        ("<style>", "<style>@media print {}", "more than plain rules"),
        ("#2A2A2A", "#2A2A2B", "<rect>: fill #2A2A2B"),
        ("#2A2A2A", "red", "<rect>: fill red"),
        (".big { font-size: 18px }", ".big { font-size: 20px }", "<text> z: font-size 20"),
        (' baseline-shift="sub"', "", "<tspan> 1: font-size 12"),
        ('stroke-width="0.25"', 'stroke-width="1"', "<rect>: stroke-width 4"),
        ('<g transform="scale(4)">', '<g transform="scale(4)" onclick="x">', "<g> is not allowed"),
        ("</svg>", "<script/></svg>", "is not allowed"),
        ("</svg>", '<image href="a.png"/></svg>', "is not allowed"),
    ],
)
def test_what_the_style_page_does_not_allow_is_found(old, new, word):
    assert old in GOOD
    assert any(word in fault for fault in faults(GOOD.replace(old, new))), faults(GOOD.replace(old, new))


def test_one_page_shows_them_all(tmp_path, monkeypatch):
    monkeypatch.setattr(drawings, "FOLDER", tmp_path)
    (tmp_path / "04_a.svg").write_text(GOOD, encoding="utf-8")
    page = drawings.page_of(drawings.all_drawings())
    assert page.count(f'<img src="{(tmp_path / "04_a.svg").as_uri()}"') == 3
    assert page.count("04_a") > 3

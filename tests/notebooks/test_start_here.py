"""What is notebook 00's own: its drawing of the funnel shows the numbers that it prints, and its pictures."""

from __future__ import annotations

import re

import torch
from notebook_cells import NOTEBOOKS, cells

from aeutils.chapters.ch00.pictures import in_pairs, there_and_back

START = next(path for path in NOTEBOOKS if path.stem == "00_start_here")


def test_the_funnel_shows_the_code_that_is_printed():
    streams = (output for cell in cells(START) for output in cell.get("outputs", []) if output.output_type == "stream")
    (printed,) = (
        found[1] for stream in streams if (found := re.search(r"^code: \[(.*)\]$", stream.text, re.MULTILINE))
    )
    drawing = (START.parent / "drawings" / "00_funnel.svg").read_text(encoding="utf-8")
    drawn = re.findall(r'<text class="[^"]*\bnumber\b[^"]*"[^>]*>([^<]*)</text>', drawing)
    assert [number.replace("−", "-") for number in drawn] == printed.split(", ")


def test_the_first_picture_says_its_numbers_while_they_have_room():
    image = torch.rand(1, 1, 28, 28)
    few = there_and_back(image, torch.tensor([[2.25, -0.5]]), image, "A digit")
    assert few.alt.startswith("A digit. Left the image") and "(2.2, -0.5)" in few.alt
    assert [text.get_text() for text in few.axes[1].texts] == ["2.2", "-0.5"]
    many = there_and_back(image, torch.randn(1, 64), image, "A digit")
    assert not many.axes[1].texts and ", …)" in many.alt
    assert many.axes[1].get_title() == "code: 64 numbers"


def test_under_each_row_stands_what_came_back():
    images, rebuilt = ({name: torch.rand(4, 1, 2, 2) for name in ("moved", "turned", "empty")} for _ in range(2))
    pairs = in_pairs(images, rebuilt, 2, 3)
    assert list(pairs) == ["moved", "moved, rebuilt", "turned", "turned, rebuilt"]
    assert torch.equal(pairs["turned, rebuilt"], rebuilt["turned"][:3])

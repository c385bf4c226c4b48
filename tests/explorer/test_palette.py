"""What the page has in common with Python: the collection's one palette, `aeutils/figures/look.py`, and the rings."""

from __future__ import annotations

import itertools
import re
from importlib import resources

import numpy as np
import pytest

from aeutils.explorer import still
from aeutils.explorer.page import page
from aeutils.figures import look

BODY = resources.files("aeutils.explorer") / "body"


def colours(text: str) -> list[str]:
    """Every colour in a text as #RRGGBB, from its short form too."""
    found = re.findall(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b", text)
    return ["#" + (c if len(c) == 6 else "".join(2 * digit for digit in c)).upper() for c in found]


def files(folder=BODY):
    for file in folder.iterdir():
        if file.is_dir():
            yield from files(file)
        elif file.name.endswith((".js", ".css")):
            yield file


@pytest.mark.parametrize(("name", "palette"), [("LIGHT", look.CLASS_COLOURS_LIGHT), ("DARK", look.CLASS_COLOURS_DARK)])
def test_classes_have_the_figures_colours(name, palette):
    (line,) = re.findall(rf"^const {name} = \[(.*?)\];", (BODY / "theme.js").read_text(encoding="utf-8"), re.M | re.S)
    assert colours(line) == list(palette)


def test_the_priors_rings_enclose_the_same_shares():
    (line,) = re.findall(r"^export const SHARES = \[(.*?)\];", (BODY / "density.js").read_text(encoding="utf-8"), re.M)
    assert tuple(map(float, line.split(","))) == still._SHARES


def test_the_scale_is_the_figures():
    (line,) = re.findall(r"^export const SCALE = \[(.*?)\];", (BODY / "theme.js").read_text(encoding="utf-8"), re.M)
    assert colours(line) == list(look.FROM_LOW_STEPS)


def luminance(colour):
    """Relative luminance of #RRGGBB, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


# What the eye compares, and what is left of red, green and blue to those who lack one kind of cone: B. Ottosson, "A
# perceptual color space for image processing" (2020); G. Machado et al., IEEE TVCG 15 (2009), table 1, severity 1.
LMS = [[0.412221, 0.536333, 0.051446], [0.211904, 0.680700, 0.107397], [0.088302, 0.281719, 0.629979]]
LAB = [[0.210454, 0.793618, -0.004072], [1.977998, -2.428592, 0.450594], [0.025904, 0.782772, -0.808676]]
EYES = {
    "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red ones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green ones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


@pytest.mark.parametrize("palette", [look.CLASS_COLOURS_LIGHT, look.CLASS_COLOURS_DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("eye", "least"), [("all cones", 0.13), ("no red ones", 0.06), ("no green ones", 0.07)])
def test_no_two_classes_look_alike(palette, eye, least):
    coded = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in palette])
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    seen = np.cbrt((light @ np.transpose(EYES[eye])).clip(0, 1) @ np.transpose(LMS)) @ np.transpose(LAB)
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) > least


@pytest.mark.parametrize(("name", "theme", "least"), [("LIGHT", "light", 3), ("DARK", "dark", 5)])
def test_every_class_is_seen_on_its_ground(name, theme, least):
    text = (BODY / "theme.js").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^const {name} = \[(.*?)\];", text, re.M | re.S)
    drawn = [*colours(line), look.PAGE[theme]["soft"]]  # the last: an image that has no label
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert {
        colour: contrast(colour, look.PAGE[theme]["paper"])
        for colour in drawn
        if contrast(colour, look.PAGE[theme]["paper"]) < least
    } == {}


@pytest.mark.parametrize(("selector", "theme"), [(r"\.aex", "light"), (r'\.aex\[data-theme="dark"\]', "dark")])
def test_the_page_has_the_palettes_colours(selector, theme):
    css = (BODY / "explorer.css").read_text(encoding="utf-8")
    (rules,) = re.findall(rf"^{selector} {{(.*?)}}", css, re.M | re.S)
    variables = re.findall(r"--([\w-]+):\s*(#\w+)", rules)
    assert {name: colours(value)[0] for name, value in variables} == look.PAGE[theme]


def test_no_colour_of_the_browser_is_missing_in_the_palette():
    known = {look.HAND, look.ON_PICTURES, look.PIXEL_OFF, look.PIXEL_ON, *look.CLASS_COLOURS}
    known |= {*look.CLASS_COLOURS_LIGHT, *look.CLASS_COLOURS_DARK, *look.FROM_LOW_STEPS}
    known |= {colour for theme in look.PAGE.values() for colour in theme.values()}
    found = {(file.name, colour) for file in files() for colour in colours(file.read_text(encoding="utf-8"))}
    assert len(found) > 20
    assert not {(name, colour) for name, colour in found if colour not in known}


def test_a_saved_page_is_dark_in_the_same_colours():
    dark = look.PAGE["dark"]
    saved = page("t", "alt", b"", {}, b"")
    assert f"body {{ background: {dark['paper']}; color: {dark['ink']}; }}" in saved

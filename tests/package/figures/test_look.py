"""Two curves of one figure can be told apart: in colour, by colour-blind readers, and printed in grey."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

import aeutils
from aeutils import figures
from aeutils.figures import look

# Machado, Oliveira and Fernandes (2009), severity 1; they act on linear RGB.
SIGHTS = {
    "all colours": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)


def lab(colour: str, sight: str) -> np.ndarray:
    """CIE 1976 L*a*b* of an sRGB colour, as seen with this sight."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SIGHTS[sight] @ linear, 0, 1) / TO_XYZ.sum(1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def far(one: str, other: str) -> bool:
    """Whether two colours differ for every sight."""
    return all(np.linalg.norm(lab(one, sight) - lab(other, sight)) > 15 for sight in SIGHTS)


def far_in_grey(one: str, other: str) -> bool:
    return abs(lab(one, "all colours")[0] - lab(other, "all colours")[0]) > 10


def kind_of_line(line: str | tuple) -> str:
    """What is easily taken for one another: dots and dashes of any rhythm, and dashes of any length."""
    known = {"-": "solid", ":": "dots", "--": "dashes", "-.": "dots and dashes"}
    return known.get(line) or ("dashes" if len(line[1]) == 2 else "dots and dashes")


def confusable(one: dict, other: dict) -> bool:
    """Markers do not count: long curves are drawn without."""
    if one["linestyle"] == other["linestyle"] and not far_in_grey(one["color"], other["color"]):
        return True
    return kind_of_line(one["linestyle"]) == kind_of_line(other["linestyle"]) and not far(one["color"], other["color"])


FREE = [f"name {i}" for i in range(12)]


@pytest.mark.parametrize(
    "names",
    [
        [name for name in figures.STYLES if name != "training"] + FREE,  # which is the autoencoder's
        ["PCA, 8 components", "PCA, 32 components", "PCA", "PCA, 2 components"],
        ["autoencoder", "training", "validation", "test", "test, one sigma", "validation, one sigma"],
        ["mean image", "mean image, of 100", "linear autoencoder", "linear autoencoder, wide", *FREE[:6]],
        ["PCA, eigenvalue", "σ² = 0.5", "σ² = 1", "σ² = 2", "σ² = 4"],
    ],
)
def test_no_two_curves_can_be_confused(names):
    drawn = figures.styles(names)
    assert list(drawn) == names
    pairs = [pair for pair in combinations(names, 2) if confusable(drawn[pair[0]], drawn[pair[1]])]
    assert not pairs
    markers = [style["marker"] for style in drawn.values()]
    assert len(set(markers)) == len(markers)


def test_at_least_eight_names_without_a_style_get_colours_of_their_own():
    colours = [style["color"] for style in figures.styles(FREE[:8]).values()]
    assert len(set(colours)) == 8


def test_styles_are_given_in_the_figures_too():
    x = range(100)  # too many for markers
    axes = figures.lines(x, {name: [i + t / 50 for t in x] for i, name in enumerate(FREE)}, "x", "y", "t").axes[0]
    drawn = [(line.get_color(), line._dash_pattern) for line in axes.lines]
    assert not any(line.get_marker() for line in axes.lines)
    assert not [(a, b) for a, b in combinations(drawn, 2) if a[1] == b[1] and not far_in_grey(a[0], b[0])]


def test_the_same_thing_looks_the_same_everywhere():
    alone, among = figures.styles(["PCA"]), figures.styles(["x", "autoencoder", "PCA, 30 components"])
    assert alone["PCA"] == among["PCA, 30 components"]
    both = figures.styles(["PCA, 30 components", "PCA, 8 components", "PCA"])
    assert both["PCA"] == alone["PCA"]
    assert {style["color"] for style in both.values()} == {alone["PCA"]["color"]}


def test_more_curves_than_can_be_told_apart_are_refused():
    with pytest.raises(ValueError, match=r"^40 names; .* draw fewer, or several figures$"):
        figures.styles([f"name {i}" for i in range(40)])


def test_an_image_is_drawn_in_one_way():
    axes = figures.new_picture(3, 3, "t").subplots()
    grey = look.draw_image(axes, torch.tensor([[[0.25, 2.0, -1.0]]]))
    assert grey.get_array().tolist() == [[0.25, 1, 0]] and grey.get_clim() == (0, 1) and grey.origin == "upper"
    colour = look.draw_image(axes, torch.tensor([[[1.0, 0.0]], [[0.0, 0.5]], [[0.0, 0.0]]]))
    assert colour.get_array().tolist() == [[[1, 0, 0], [0, 0.5, 0]]]


def test_colours_stand_in_the_palette_and_nowhere_else():
    package = Path(aeutils.__file__).parent
    elsewhere = [
        f"{path.relative_to(package)}: {found}"
        for path in package.rglob("*.py")
        if path != Path(look.__file__)
        for found in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8"))
    ]
    assert not elsewhere, "colours belong into figures/look.py"


def test_only_the_palette_draws_images_in_grey():
    package = Path(aeutils.__file__).parent
    found = [str(path) for path in package.rglob("*.py") if re.search(r"cmap=.gray", path.read_text(encoding="utf-8"))]
    assert not found, "an image is drawn by look.draw_image"


def test_the_users_settings_are_theirs_after_an_error():
    with matplotlib.rc_context({"image.origin": "lower"}):
        with pytest.raises(ValueError, match="row 'a'"):
            figures.digits({"a": torch.rand(3)}, "t")
        assert matplotlib.rcParams["image.origin"] == "lower"

"""Figures are functions: tested by what they draw, without a screen."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from aeutils import figures


def pixels(picture: figures.Picture) -> np.ndarray:
    return imread(io.BytesIO(picture.png(dpi=100)))


def examples() -> dict[str, figures.Picture]:
    x = torch.rand(4, 1, 28, 28)
    return {
        "digits": figures.digits({"a": x, "b": x}, "t", columns="0123"),
        "lines": figures.lines(
            [1, 2, 4], {"PCA": [3, 2, 1], "autoencoder": [2.0, 1.5, 1.0]}, "x", "y", "t", log_x=True
        ),
        "lines with error bars": figures.lines(
            [1, 2, 4],
            {"training": [3, 2, 1], "validation": [2.0, 1.5, np.nan]},
            "x",
            "y",
            "t",
            spread={"validation": [0.1, 0.2, np.nan]},
        ),
        "heat_map": figures.heat_map([[20.0, 9.5, 31.2], [7, np.nan, 8]], [1, 2], ["a", "b", "c"], "x", "y", "v", "t"),
        "trade_off": figures.trade_off([40.0, 12.0], [116.0, 133.0], "ab", "x", "y", "t", baseline=("floor", 46.0)),
        "training_curves": figures.training_curves([3.0, 2.0], [4.0, 3.0], "y", "t"),
        "bars": figures.bars({"mean image": torch.tensor(2.0), "PCA, 8": 1.0}, "y", "t", baseline=("PCA", 1.5)),
        "bars with error bars": figures.bars({"some": 2.0, "more": 1.0}, "y", "t", spread={"some": 0.3, "more": 0.1}),
        "pixel_maps": figures.pixel_maps({"a": x[0], "b": -x[1]}, "v", "t", diverging=True),
        "code_map": figures.code_map(torch.randn(20, 2), torch.arange(20) % 10, "0123456789", "t"),
        "code_maps": figures.code_maps(
            {"a": torch.randn(20, 2), "b": torch.randn(20, 2)}, torch.arange(20) % 10, "0123456789", "t"
        ),
        "layer_widths": figures.layer_widths((8, 4, 2, 4, 8), (36, 10, 12, 40), "t", code=2),
    }


@pytest.mark.parametrize("name", examples())
def test_picture_is_shown_with_alt_text_and_stays_inside_its_frame(name):
    picture = examples()[name]
    data, metadata = picture._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == "Figure: t"
    assert metadata["image/png"]["alt"].startswith("t. ") and len(metadata["image/png"]["alt"]) > 20
    image = pixels(picture)[..., :3]
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert (border > 0.99).all(), "something is cut off at the edge"
    assert image.std() > 0.01, "the picture is blank"


def test_greys_are_not_inverted_and_not_smoothed():
    black_white = torch.zeros(1, 1, 28, 28)
    black_white[..., 14:] = 1  # left half black, right half white
    image = pixels(figures.digits({"row": black_white}, "t"))[..., 0]
    dark = (image < 0.01).sum(0)
    left_edge, right_edge = np.flatnonzero(dark > 20)[[0, -1]]
    tile = image[image.shape[0] // 2 + 10, left_edge : right_edge + 1]
    assert (tile < 0.01).all(), "the left half of the tile is not plain black"
    assert right_edge - left_edge > 20


def test_the_same_thing_looks_the_same_everywhere():
    alone, among = figures.styles(["PCA"]), figures.styles(["x", "autoencoder", "PCA, 30 components"])
    assert alone["PCA"] == among["PCA, 30 components"]
    looks = figures.styles([f"name {i}" for i in range(4)])
    assert len({tuple(look.values()) for look in looks.values()}) == 4


def test_bars_that_begin_alike_share_a_colour():
    picture = figures.bars({"plain: own": 1.0, "plain: other": 2.0, "variational: own": 3.0}, "y", "t")
    first, second, third = (bar.get_facecolor() for bar in picture.axes[0].patches)
    assert first == second != third
    alike = figures.bars({"a": 1.0, "b": 2.0}, "y", "t", one_colour=True).axes[0].patches
    assert alike[0].get_facecolor() == alike[1].get_facecolor()


def test_bad_input_is_named():
    x = torch.rand(2, 1, 28, 28)
    with pytest.raises(ValueError, match="same number"):
        figures.digits({"a": x, "b": x[:1]}, "t")
    with pytest.raises(ValueError, match=r"\[5, 3\]"):
        figures.code_map(torch.rand(5, 3), torch.zeros(5), "0", "t")


def test_no_pyplot_state():
    code = (
        "import sys; from aeutils import figures; figures.bars({'a': 1.0}, 'y', 't').png();"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

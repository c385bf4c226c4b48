"""Whatever a user has configured in matplotlib, a picture is the same, pixel by pixel."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import matplotlib.style
import numpy as np
import pytest
import torch
from matplotlib.image import imread

from aeutils import figures

HOSTILE = """
agg.path.chunksize: 100
axes.autolimit_mode: round_numbers
axes.axisbelow: False
axes.edgecolor: red
axes.facecolor: black
axes.formatter.limits: -1, 1
axes.formatter.use_mathtext: True
axes.grid: True
axes.labelcolor: white
axes.labelpad: 12
axes.labelsize: 20
axes.linewidth: 4
axes.prop_cycle: cycler(color=['r', 'g'], marker=['x', 'o'])
axes.spines.left: False
axes.titlecolor: white
axes.titlesize: 25
axes.unicode_minus: False
axes.xmargin: 0.4
errorbar.capsize: 9
figure.autolayout: True
figure.constrained_layout.h_pad: 0.4
figure.constrained_layout.w_pad: 0.4
figure.dpi: 30
figure.facecolor: navy
figure.figsize: 2, 2
figure.titleweight: bold
font.family: serif
font.size: 17
grid.linestyle: :
image.aspect: auto
image.cmap: jet
image.interpolation: bicubic
image.lut: 8
image.origin: lower
legend.fontsize: 20
legend.loc: lower left
lines.linewidth: 6
lines.marker: x
lines.markeredgewidth: 4
lines.markersize: 15
lines.solid_capstyle: butt
mathtext.fontset: cm
patch.edgecolor: red
patch.force_edgecolor: True
path.simplify: False
path.sketch: 5, 50, 2
savefig.bbox: tight
savefig.dpi: 40
savefig.edgecolor: red
savefig.facecolor: navy
savefig.format: pdf
savefig.pad_inches: 1
savefig.transparent: True
scatter.edgecolors: red
scatter.marker: x
text.antialiased: False
text.color: white
text.usetex: True
xtick.bottom: False
xtick.color: white
xtick.direction: in
xtick.labelsize: 20
xtick.minor.visible: True
ytick.labelleft: False
ytick.minor.visible: True
"""


def built() -> dict[str, figures.Picture]:
    """One picture of each kind, and one that a notebook might draw itself."""
    x = torch.linspace(0, 1, 4 * 8 * 6).view(4, 1, 8, 6)
    z = torch.stack([torch.linspace(-1, 1, 30), torch.linspace(-1, 1, 30) ** 2], 1)
    y = torch.arange(30) % 10
    own = figures.new_picture(6, 5, "own", "own")
    above, below = own.subfigures(2, 1)
    left, right = above.subplots(1, 2)
    shown = left.imshow(x[0, 0].numpy())
    own.colorbar(shown, ax=left)
    right.plot([1, 2, 3], label="a")
    right.plot([3, 2, 1], label="b")
    right.legend()
    right.set(title="title", xlabel="x")
    below.subplots().scatter(*z.numpy().T)
    own.text(0.5, 0.5, "−1 text")
    return {
        "digits": figures.digits({"a": x, "b": x}, "t", columns="0123"),
        "lines": figures.lines(
            [1, 2, 4], {"PCA": [3, 2, 1], "a": [2e3, -1.5, 1.0]}, "x", "y", "t", spread={"a": [1] * 3}
        ),
        "lines on logarithmic axes": figures.lines([1, 20], {"PCA": [3, 2000]}, "x", "y", "t", log_x=True, log_y=True),
        "series": figures.series([1, 2], [3, 2], {"PCA": [1, 0], "a": [0, 1]}, "x", "y", "t"),
        "heat_map": figures.heat_map([[20.0, 9.5], [7, np.nan]], [1, 2], ["a", "b"], "x", "y", "v", "t"),
        "trade_off": figures.trade_off([40.0, 12.0], [116.0, 133.0], "ab", "x", "y", "t", baseline=("floor", 46.0)),
        "training_curves": figures.training_curves([3.0, 2.0], [4.0, 3.0], "y", "t"),
        "bars": figures.bars({"a": 2.0, "b": 1.0}, "y", "t", baseline=("PCA", 1.5), spread={"a": 0.3, "b": 0.1}),
        "pixel_maps": figures.pixel_maps({"a": x[0], "b": -x[1]}, "v", "t", diverging=True),
        "code_map": figures.code_map(z, y, "0123456789", "t"),
        "code_maps": figures.code_maps({"a": z, "b": -z}, y, "0123456789", "t"),
        "layer_widths": figures.layer_widths((8, 4, 2, 4, 8), (36, 10, 12, 40), "t", code=2),
        "own": own,
    }


def hashes() -> dict[str, str]:
    return {name: sha(picture) for name, picture in built().items()}


def sha(picture: figures.Picture) -> str:
    return hashlib.sha256(picture._repr_mimebundle_()[0]["image/png"]).hexdigest()


@pytest.fixture(scope="module")
def plain() -> dict[str, str]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        return hashes()


@pytest.mark.slow
def test_a_hostile_matplotlibrc_changes_no_pixel(plain, tmp_path):
    (tmp_path / "matplotlibrc").write_text(HOSTILE)
    code = "import json, test_isolation; print(json.dumps(test_isolation.hashes()))"
    here = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"MATPLOTLIBRC": str(tmp_path), "PYTHONPATH": here}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == plain


@pytest.mark.parametrize("style", ["dark_background", "classic", "seaborn-v0_8-poster"])
def test_a_style_changes_no_pixel_and_stays_the_users(style, plain):
    with matplotlib.style.context(style):
        before = dict(matplotlib.rcParams)
        assert hashes() == plain
        assert dict(matplotlib.rcParams) == before


def test_a_picture_made_before_the_style_is_drawn_the_same_after_it(plain):
    pictures = built()
    with matplotlib.style.context("dark_background"), matplotlib.rc_context({"savefig.bbox": "tight", "font.size": 20}):
        assert {name: sha(picture) for name, picture in pictures.items()} == plain
        file = io.BytesIO()
        pictures["digits"].savefig(file)
    corner = imread(io.BytesIO(file.getvalue()))[0, 0, :3]
    assert (corner == 1).all(), "a saved file is not on white"


def test_the_first_row_of_an_image_is_on_top():
    white_on_top = torch.zeros(1, 1, 28, 28)
    white_on_top[..., :14, :] = 1
    with matplotlib.rc_context({"image.origin": "lower"}):
        axes = figures.digits({"row": white_on_top}, "t").axes[0]
    assert axes.yaxis_inverted()
    assert axes.images[0].get_array()[0].min() == 1


def test_pyplot_in_a_notebook_does_not_redraw_pictures():
    code = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
shell = InteractiveShell.instance()
from aeutils import figures
select_figure_formats(shell, {"png", "svg"})  # what importing pyplot does in a notebook
picture = figures.bars({"a": 1.0}, "y", "t")
data, metadata = shell.display_formatter.format(picture)
own, _ = picture._repr_mimebundle_()
assert set(data) == {"image/png", "text/plain"}, set(data)
assert data["image/png"] == own["image/png"]
assert metadata["image/png"]["alt"].startswith("t. ")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr

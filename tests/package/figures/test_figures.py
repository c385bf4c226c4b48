"""Figures are functions: tested by what they draw, without a screen."""

from __future__ import annotations

import functools
import io
import subprocess
import sys
from itertools import combinations

import numpy as np
import pandas as pd
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
        "digits of long names": figures.digits({"a name that needs half of all the width": x, "b": x[..., :14]}, "t"),
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
        "series": figures.series([1, 2, 4], [3, np.nan, 1], {"a": [1, 0, 1], "b": [0, 1, 0]}, "x", "y", "t"),
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


def test_what_a_notebook_stores_is_small_and_looks_the_same():
    drawn = examples()
    for name in ("digits", "pixel_maps", "lines", "code_map"):
        whole = drawn[name].png()
        stored = figures.look.small_png(whole)
        assert len(stored) < 0.8 * len(whole), name
        before, after = (imread(io.BytesIO(png))[..., :3] for png in (whole, stored))
        assert np.abs(before - after).mean() < 1 / 255, name
        assert (after[before.min(2) == 1] == 1).all(), f"{name}: the white is white"


def test_greys_are_not_inverted_and_not_smoothed():
    black_white = torch.zeros(1, 1, 28, 28)
    black_white[..., 14:] = 1  # left half black, right half white
    image = pixels(figures.digits({"row": black_white}, "t"))[..., 0]
    dark = (image < 0.01).sum(0)
    left_edge, right_edge = np.flatnonzero(dark > 20)[[0, -1]]
    tile = image[image.shape[0] // 2 + 10, left_edge : right_edge + 1]
    assert (tile < 0.01).all(), "the left half of the tile is not plain black"
    assert right_edge - left_edge > 20


def test_images_of_any_size_keep_their_shape_and_colours():
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(2, 3, 20, 40)
    picture = figures.digits({"grey": torch.ones(2, 1, 20, 40), "red": red}, "t")
    image = pixels(picture)[..., :3]
    rows = np.nonzero((image == (1, 0, 0)).all(-1))[0]
    width = np.flatnonzero((image[rows[0] : rows[-1]] == (1, 0, 0)).all((0, 2)))
    first_gap = np.flatnonzero(np.diff(width) > 1)[0] + 1
    assert first_gap / (np.ptp(rows) + 1) == pytest.approx(2, rel=0.1)
    assert sum(len(axes.images) for axes in picture.axes) == 4

    tall, square = torch.ones(3, 1, 40, 20), torch.ones(3, 1, 28, 28)
    picture = figures.digits({"wide": tall.transpose(2, 3), "tall": tall, "square": square}, "t")
    picture.draw_without_rendering()
    boxes = [drawn.get_window_extent() for axes in picture.axes for drawn in axes.images]
    assert [round(box.width / box.height, 3) for box in boxes] == [2] * 3 + [0.5] * 3 + [1] * 3
    apart = [a for a, b in combinations(boxes, 2) if not a.overlaps(b)]
    assert len(apart) == 9 * 8 / 2


def test_maps_of_three_channels_are_three_maps():
    values = torch.stack([torch.full((4, 6), 0.1), torch.full((4, 6), 0.2), torch.full((4, 6), 0.3)])
    picture = figures.pixel_maps({"mean": values, "one": values[:1]}, "v", "t")
    assert [axes.images[0].get_array().mean().round(3) for axes in picture.axes if axes.images] == [0.1, 0.1, 0.2, 0.3]
    assert "red, green and blue" in picture.alt
    assert [axes.get_ylabel() for axes in picture.axes[::2]][:3] == ["red", "green", "blue"]


def test_bars_have_one_colour_unless_it_means_something():
    def colours(names: list[str], **options) -> list:
        picture = figures.bars({name: 1.0 + i for i, name in enumerate(names)}, "y", "t", **options)
        return [bar.get_facecolor() for bar in picture.axes[0].patches]

    names = ["plain: own", "plain: other", "variational: own"]
    assert len(set(colours(names))) == 1
    first, second, third = colours(names, kinds=["plain", "plain", "variational"])
    assert first == second != third
    by_name = colours(["a", "PCA, 8 components", "b"])  # what has one colour in every figure keeps it
    assert by_name[0] == by_name[2] != by_name[1]


@pytest.mark.parametrize("spread", [None, {"far below": 1.0, "just below": 0.3, "just above": 0.2}])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_number_touches_the_line_across_the_bars(sign, spread):
    heights = {"far below": 5.0, "just below": 12.5, "on it": 13.2, "just above": 13.3, "above": 17.0, "lost": np.nan}
    picture = figures.bars(
        {k: sign * v for k, v in heights.items()}, "y", "t", baseline=("PCA", 13.2 * sign), spread=spread
    )
    picture.draw_without_rendering()
    (axes,) = picture.axes
    line = axes.transData.transform((13.2 * sign, 0))[0]
    *numbers, own = axes.texts
    assert own.get_text().startswith("PCA") and own.get_window_extent().y0 >= axes.get_window_extent().y1
    for (name, height), number in zip(heights.items(), numbers, strict=True):
        box = number.get_window_extent()
        assert not box.x0 <= line <= box.x1, name
        end = axes.transData.transform((0 if np.isnan(height) else sign * height, 0))[0]
        assert (box.x0 > end) if sign > 0 or np.isnan(height) else (box.x1 < end), f"{name}: not on its bar"
    near = figures.bars({"a": 1.0, "b": 0.1}, "y", "t", baseline=("PCA", 0.15)).axes[0].texts
    assert [label.xy[0] for label in near[:2]] == [1.0, 0.15], "only what is in the way is moved"


def test_a_table_may_be_pandas():
    values = [[20.0, 9.5], [7.0, np.nan]]
    table = pd.DataFrame(values, index=[1, 2], columns=["a", "b"])
    drawn = figures.heat_map(table, table.index, table.columns, "x", "y", "v", "t")
    assert drawn.png() == figures.heat_map(values, [1, 2], ["a", "b"], "x", "y", "v", "t").png()
    curve = pd.Series([1.0, 2.0], index=[3, 4])
    assert "a from 1 to 2" in figures.lines(curve.index, {"a": curve}, "x", "y", "t").alt


def test_a_map_frames_the_lowest_of_all_or_of_each_row_and_its_colours_may_be_set():
    values = [[20.0, 9.5], [7.0, np.nan], [np.nan, np.nan]]
    drawn = functools.partial(figures.heat_map, values, [1, 2, 3], ["a", "b"], "x", "y", "v", "t")
    framed = [
        [round(patch.get_x() + 0.46) for patch in each.axes[0].patches] for each in (drawn(), drawn(each_row=True))
    ]
    assert framed == [[0], [1, 0]] and not drawn(framed=False).axes[0].patches
    limits = [each.axes[0].images[0].get_clim() for each in (drawn(), drawn(limits=(5, 40)))]
    assert limits == [(7, 20), (5, 40)]


def test_what_diverged_is_called_so():
    picture = figures.bars({"a": 2.0, "b": float("nan"), "c": float("inf")}, "y", "t")
    assert [text.get_text() for text in picture.axes[0].texts] == ["2.0", "diverged", "diverged"]


def test_a_sign_is_no_mathematics():
    signs = ["my_cats", "$", "a^", "", "\\"]
    picture = figures.code_map(torch.randn(10, 2), torch.arange(10) % 5, signs, "t")
    assert picture.png()


x, z, y = torch.rand(2, 1, 28, 28), torch.rand(5, 2), torch.zeros(5, dtype=torch.long)
BAD = {
    "rows of different lengths": (lambda: figures.digits({"a": x, "b": x[:1]}, "t"), "same number"),
    "no rows": (lambda: figures.digits({}, "t"), "at least one name"),
    "rows that are no mapping": (lambda: figures.digits(x, "t"), "mapping"),
    "no images": (lambda: figures.digits({"a": x[:0]}, "t"), r"\[0, 1, 28, 28\]"),
    "two channels": (lambda: figures.digits({"a": torch.rand(2, 2, 8, 8)}, "t"), r"row 'a'.*\[N, 3, H, W\]"),
    "flat images": (lambda: figures.digits({"a": torch.rand(2, 784)}, "t"), r"\[2, 784\]"),
    "images of bytes": (lambda: figures.digits({"a": (x * 255).byte()}, "t"), "255 converts bytes"),
    "bytes as floats": (lambda: figures.digits({"a": x * 255}, "t"), "divide by 255"),
    "images that are NaN": (lambda: figures.digits({"a": x * torch.nan}, "t"), "from nan"),
    "too many images": (lambda: figures.digits({"a": torch.rand(500, 1, 2, 2)}, "t"), r"at most 60"),
    "columns that do not fit": (
        lambda: figures.digits({"a": x}, "t", columns="123"),
        "columns has 3 texts; expected 2",
    ),
    "a map of a vector": (lambda: figures.pixel_maps({"a": torch.rand(3)}, "v", "t"), r"\[H, W\]"),
    "no maps": (lambda: figures.pixel_maps({}, "v", "t"), "at least one name"),
    "a map of infinities": (lambda: figures.pixel_maps({"a": x[0] / 0}, "v", "t"), "infinite"),
    "no curves": (lambda: figures.lines([1], {}, "x", "y", "t"), "at least one name"),
    "no x": (lambda: figures.lines([], {"a": []}, "x", "y", "t"), "x is \\[\\]"),
    "x that is None": (lambda: figures.lines(None, {"a": [1]}, "x", "y", "t"), "x is None"),
    "a curve of another length": (
        lambda: figures.lines([1, 2], {"a": [1]}, "x", "y", "t"),
        "curve 'a' has 1 values; .* 2",
    ),
    "a curve of NaN": (lambda: figures.lines([1], {"a": [np.nan]}, "x", "y", "t"), "curve 'a' has no finite value"),
    "a curve of words": (lambda: figures.lines([1], {"a": ["b"]}, "x", "y", "t"), "sequence of numbers"),
    "a spread of nothing": (lambda: figures.lines([1], {"a": [1]}, "x", "y", "t", spread={"b": [1]}), "'b'.*not drawn"),
    "a spread below 0": (lambda: figures.lines([1], {"a": [1]}, "x", "y", "t", spread={"a": [-1]}), "0 or above"),
    "log of 0": (lambda: figures.lines([0, 1], {"a": [1, 2]}, "x", "y", "t", log_x=True), "above 0"),
    "log of negatives": (lambda: figures.lines([0, 1], {"a": [-1, -2]}, "x", "y", "t", log_y=True), "above 0"),
    "a series that goes back": (
        lambda: figures.series([2, 1], [1, 2], {"a": [1, 1]}, "x", "y", "t"),
        "does not ascend",
    ),
    "a series of NaN": (lambda: figures.series([1], [np.nan], {"a": [1]}, "x", "y", "t"), "no finite value"),
    "a part of nothing": (
        lambda: figures.series([1, 2], [1, 2], {"a": [0, 0]}, "x", "y", "t"),
        "'a' has nothing in it",
    ),
    "a part of another length": (lambda: figures.series([1, 2], [1, 2], {"a": [1]}, "x", "y", "t"), "part 'a' has 1"),
    "no epochs": (lambda: figures.training_curves([], [], "y", "t"), "training"),
    "validation of another length": (lambda: figures.training_curves([1.0], [1.0, 2.0], "y", "t"), "validation"),
    "labels that do not fit": (lambda: figures.trade_off([1], [2], ["a", "b"], "x", "y", "t"), "labels has 2"),
    "a baseline without a name": (lambda: figures.trade_off([1], [2], "a", "x", "y", "t", baseline=3), "baseline is 3"),
    "no bars": (lambda: figures.bars({}, "y", "t"), "at least one name"),
    "a bar of None": (lambda: figures.bars({"a": None}, "y", "t"), "None"),
    "kinds that do not fit": (lambda: figures.bars({"a": 1}, "y", "t", kinds=["b", "c"]), "kinds has 2"),
    "a ragged table": (lambda: figures.heat_map([[1], [1, 2]], "ab", "a", "x", "y", "v", "t"), "table of numbers"),
    "a table of NaN": (lambda: figures.heat_map([[np.nan]], "a", "a", "x", "y", "v", "t"), "no finite value"),
    "limits the wrong way round": (
        lambda: figures.heat_map([[1.0]], "a", "a", "x", "y", "v", "t", limits=(2, 1)),
        "lower one first",
    ),
    "rows' names": (lambda: figures.heat_map([[1.0]], "ab", "a", "x", "y", "v", "t"), "rows has 2"),
    "codes of three units": (lambda: figures.code_map(torch.rand(5, 3), y, "0", "t"), r"\[5, 3\].*two columns"),
    "codes of None": (lambda: figures.code_map(None, y, "0", "t"), "z is None"),
    "labels of other images": (lambda: figures.code_map(z, y[:2], "0", "t"), "y has 2 values; expected 5"),
    "a label without a class": (lambda: figures.code_map(z, y + 7, "01", "t"), "label 7; .* 0 to 1"),
    "maps of other images": (lambda: figures.code_maps({"a": z, "b": z[:2]}, y, "0", "t"), "expected 2"),
    "no widths": (lambda: figures.layer_widths([], [], "t", code=0), "sizes"),
    "a code at the edge": (lambda: figures.layer_widths([4, 2, 4], [8, 8], "t", code=2), "between first and last"),
    "parameters that do not fit": (lambda: figures.layer_widths([4, 2, 4], [8], "t", code=1), "expected 2"),
    "a picture without a size": (lambda: figures.new_picture(0, 3, "t"), "above 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_in_one_line(case):
    call, says = BAD[case]
    with pytest.raises(ValueError, match=says) as error:
        call()
    assert "\n" not in str(error.value) and len(str(error.value)) < 250


@pytest.mark.parametrize(
    ("highest", "told"), [(300, ["40", "60", "100", "200", "300"]), (1e8, ["$\\mathdefault{10^{2}}$"])]
)
def test_a_logarithmic_axis_has_plain_numbers_unless_they_are_long(highest, told):
    picture = figures.lines([1, 2], {"a": [35.0, highest]}, "x", "y", "t", log_y=True)
    picture.draw_without_rendering()
    axis = picture.axes[0].yaxis
    shown = [label.get_text() for label in (*axis.get_ticklabels(), *axis.get_ticklabels(minor=True))]
    assert set(told) <= set(shown)
    assert any("10^" in text for text in shown) is (highest > 1e5)


def test_no_pyplot_state():
    code = (
        "import sys; from aeutils import figures; figures.bars({'a': 1.0}, 'y', 't').png();"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(("x", "ticks"), [([1], [1]), ([1, 2], [1, 2]), (range(1, 5), [1, 2, 3, 4])])
def test_few_epochs_are_whole_numbers_and_a_single_point_has_a_marker(x, ticks):
    picture = figures.lines(x, {"a": [3.0 - i for i in x], "b": [2.0 + i for i in x]}, "epoch", "y", "t")
    axes = picture.axes[0]
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == ticks
    assert all(line.get_marker() not in ("", "None") for line in axes.lines)


def test_a_series_is_one_solid_line_with_its_own_gaps_and_shaded_stretches():
    part = [True, True, False, False, True]
    picture = figures.series(range(5), [5.0, np.nan, 3, 4, 5], {"training": part, "b": [0, 0, 1, 0, 0]}, "x", "y", "t")
    axes = picture.axes[0]
    (line,) = axes.lines
    assert line.get_linestyle() == "-" and np.isnan(line.get_ydata()).tolist() == [False, True, False, False, False]
    shaded = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
    assert shaded == [(-0.5, 1.5), (3.5, 4.5), (1.5, 2.5)]  # half an hour more on each side
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "b"]
    assert "training 0 to 1, 4 to 4; b 2 to 2" in picture.alt

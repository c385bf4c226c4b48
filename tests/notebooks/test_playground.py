"""The playground without a browser: what it looks up, what it trains, and that it can be stopped."""

import itertools
import math
import re
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest
import torch

from aeutils.chapters.ch05.playground import chart, playground
from aeutils.chapters.ch05.sweep_tables import lowest_so_far, summary
from aeutils.figures import look
from aeutils.sweeps import DEFAULTS, trial

SHORT = {"n_images": 200, "hidden": "16", "code_size": 3}


def table(key, values, seeds=2, **more):
    rows = [
        {
            **DEFAULTS,
            **SHORT,
            **more,
            key: value,
            "seed": seed,
            "status": "finished",
            "train_error": 20.0 + i,
            "val_error": 30.0 + i + seed,
        }
        for i, value in enumerate(values)
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def ground():
    rates = table("lr", [1e-3, 2e-3, 1e30], steps=40)
    rates.loc[rates.lr == 1e30, ["status", "train_error", "val_error"]] = ["diverged", math.nan, math.nan]
    return playground(
        {"learning rate": ("lr", rates), "width": ("hidden", table("hidden", ["", "8", "16"], steps=20_000))}
    )


def words(widget):
    return re.sub(r"<[^>]*>", " ", widget.value)


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_summary_is_mean_and_deviation_over_the_seeds():
    found = summary(table("lr", [0.1, 0.2], seeds=3), "lr")
    assert list(found.index) == [0.1, 0.2]
    assert found.loc[0.1, "val_error"] == pytest.approx(31) and found.loc[0.1, "val_spread"] == pytest.approx(1)
    assert set(found.runs) == {3} and set(found.diverged) == {0}


def test_values_are_looked_up(ground):
    assert ground.value.value == 2e-3, "the default is where it starts"
    assert "0.002 : training 21.00 ± 0.00, validation 31.50 ± 0.71 squared error per image over 2 seeds" in words(
        ground.looked_up
    )
    ground.value.value = 1e30
    assert "every run diverged" in words(ground.looked_up)
    ground.sweep.value = "width"
    assert "8 : training 21.00" in words(ground.looked_up), "128-64 is not among these: it starts in the middle"
    ground.value.value = ""
    assert "no hidden layer : training 20.00" in words(ground.looked_up)
    ground.sweep.value = "learning rate"
    assert "0.002 : training 21.00" in words(ground.looked_up)


def test_a_live_run_is_the_trial_of_the_chosen_setting(ground):
    expected = trial(**SHORT, lr=2e-3, steps=40, seed=0)["val_error"]
    ground.button.click()
    wait_until(lambda: not ground.running)
    assert "learning rate: 0.002, finished after 40 steps: training" in words(ground.live)
    assert f"validation {expected:.2f} squared error" in words(ground.live)
    assert "<svg" in ground.live.value and ground.button.description == "Train this setting"


def test_a_diverging_run_says_so(ground):
    ground.value.value = 1e30
    ground.button.click()
    wait_until(lambda: not ground.running)
    assert "diverged" in words(ground.live)


def test_ten_runs_are_started_and_stopped(ground):
    ground.sweep.value = "width"
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    for _ in range(10):
        ground.button.click()
        wait_until(lambda: "steps …" in words(ground.live))
        assert ground.button.description == "Stop"
        ground.button.click()
        wait_until(lambda: not ground.running, seconds=1)
        assert "stopped after" in words(ground.live)
        assert ground.button.description == "Train this setting"
    assert torch.equal(torch.rand(2), expected), "a live run leaves the notebook's random numbers alone"


def test_two_playgrounds_are_independent(ground):
    other = playground({"width": ("hidden", table("hidden", ["8", "16"], steps=20_000))})
    other.button.click()
    ground.button.click()
    wait_until(lambda: not ground.running)
    assert other.running
    other.button.click()
    wait_until(lambda: not other.running)
    assert "stopped" in words(other.live) and "finished" in words(ground.live)


def test_chart_is_well_formed_and_in_bounds():
    curves = {"training": [5.0, math.nan, 1e9], "validation": [6.0, 7.0, 8.0]}
    svg = ElementTree.fromstring(chart(curves, ["a<b", "b", "c"], "x & y", 1))
    places = [float(circle.get("cy")) for circle in svg.iter("circle")]
    assert len(places) == 5 and all(0 <= place <= 240 for place in places)
    assert "a<b" in [text.text for text in svg.iter("text")]


def test_chart_has_the_colours_of_the_figures():
    svg = ElementTree.fromstring(chart({"training": [5.0, 4.0], "validation": [6.0, 5.0]}, ["a", "b"], "x"))
    drawn = [line.get("stroke") for line in svg.iter("polyline")]
    assert drawn == [look.STYLES["training"][0], look.STYLES["validation"][0]]


def test_empty_playground_is_refused(refused):
    with refused(ValueError, "empty"):
        playground({})


def test_lowest_so_far_is_the_average_over_orders():
    errors = [22.0, 25.0, 21.0, 24.0]
    every = np.array([np.minimum.accumulate(order) for order in itertools.permutations(errors)]).mean(0)
    assert lowest_so_far(errors, 20_000) == pytest.approx(every, abs=0.05)
    assert lowest_so_far(errors)[-1] == 21

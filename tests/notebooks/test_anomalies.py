"""What notebooks 10 and 10b compute beside the page: scores, the panel, the pipe, the table of all of MNIST."""

import itertools
import math

import pytest
import torch

from aeutils.chapters.ch10.full_mnist import CODE_SIZES, ORDER, SEEDS, chosen, full_mnist
from aeutils.chapters.ch10.limit_panel import limit_panel
from aeutils.chapters.ch10.scores import (
    areas,
    autoencoder_score,
    baselines,
    images_of,
    local_outlier_factor,
    mahalanobis,
    neighbour,
    pca_likelihood,
    with_code,
)
from aeutils.chapters.ch10b.water import adjusted, counted, events, faults, waits, water_pipe
from aeutils.evaluation import pca_autoencoder


def flags(text):
    return torch.tensor([sign == "x" for sign in text])


def test_areas_of_scores_that_part_and_of_scores_that_do_not():
    assert areas(torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0])) == {"auroc": 1.0, "ap": 1.0}
    same = areas(torch.ones(5), torch.ones(7), share=0.2)
    assert same["auroc"] == 0.5 and same["ap"] == pytest.approx(0.2)
    mixed = areas(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 0.0]), share=0.5)
    assert mixed["auroc"] == 0.75 and mixed["ap"] == pytest.approx((1 + 2 / 3) / 2)


def test_every_score_is_larger_for_what_is_unlike_the_training_examples():
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(60, 1, 4, 4, generator=generator) * torch.linspace(0, 1, 4)
    odd = x[:20].flip(3)
    scores = baselines(x[:40], code_size=2)
    scores |= {"third neighbour": neighbour(x[:40], 3), "likelihood": pca_likelihood(x[:40], 2)}
    scores |= {"local outlier factor": local_outlier_factor(x[:40]), "Mahalanobis": mahalanobis(x[:40])}
    scores["autoencoder"] = autoencoder_score(x[:40], 2, steps=100, lr=3e-3, batch_size=20, seed=0)
    for name, score in scores.items():
        assert areas(score(odd), score(x[40:]))["auroc"] > 0.9, name
    assert scores["nearest neighbour"](x[:40]).max() < 1e-3


def test_error_and_code_of_pca_are_its_likelihood():
    x = torch.randn(200, 6, generator=torch.Generator().manual_seed(1)) * torch.arange(1.0, 7)
    pca = pca_autoencoder(images_of(x), 2)
    ours, sklearns = with_code(pca, x)(x).double(), 2 * pca_likelihood(x, 2)(x).double()
    assert torch.allclose(ours - ours.mean(), sklearns - sklearns.mean(), rtol=0.02, atol=0.02)  # n, where it has n − 1


def test_mahalanobis_is_pcas_likelihood_with_all_components_and_passes_over_what_does_not_vary():
    x = torch.randn(200, 6, generator=torch.Generator().manual_seed(1)) * torch.arange(1.0, 7)
    ours, sklearns = mahalanobis(x)(x), 2 * pca_likelihood(x, 6)(x).double()
    assert torch.allclose((ours - ours.mean()) * 199 / 200, sklearns - sklearns.mean(), rtol=1e-3, atol=1e-3)
    level = torch.cat([x, -x.sum(1, keepdim=True)], 1)  # a seventh value that makes the sum 0
    assert torch.allclose(mahalanobis(level)(level), ours, rtol=1e-3, atol=1e-3)


def test_the_panels_numbers_follow_its_limit_and_base_rate():
    scores, unusual = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), flags("..x.xx")
    panel = limit_panel(scores, unusual, torch.rand(6, 1, 4, 4), limit=3.5)
    assert (panel.false_alarms, panel.found) == pytest.approx((1 / 3, 2 / 3))
    assert panel.real == pytest.approx(0.01 * 2 / 3 / (0.01 * 2 / 3 + 0.99 / 3))
    panel.share.value = "1 in 2"
    assert panel.real == pytest.approx(2 / 3)
    assert "of 100 alarms 66.7 are real" in panel.shown.value
    panel.limit.value = panel.limit.max
    panel.share.value = "1 in 10"
    assert math.isnan(panel.real) or panel.real == 1


def test_at_no_false_alarm_the_panel_says_what_the_rate_may_be():
    panel = limit_panel(torch.arange(1.0, 7), flags("..x.xx"), torch.rand(6, 1, 4, 4), limit=4.5)
    assert "false alarms 0.0 % (none of 3: the rate may well be 100 %)" in panel.shown.value
    panel.limit.value = 1.5
    assert "none of" not in panel.shown.value


@pytest.mark.parametrize("limit", [math.nan, -1, 7.0, "3"])
def test_a_panel_refuses_a_limit_that_is_not_on_its_slider(refused, limit):
    with refused(ValueError, "from 0 to 5.9, where the slider ends"):
        limit_panel(torch.arange(1.0, 7), flags("..x.xx"), torch.rand(6, 1, 4, 4), limit=limit)


@pytest.mark.parametrize(
    ("scores", "unusual", "word"),
    [
        (torch.ones(3), flags("x..x"), "a score and a flag for each image"),
        (torch.ones(4), flags("xxxx"), "some of both"),
    ],
)
def test_a_panel_refuses_what_does_not_belong_together(refused, scores, unusual, word):
    with refused(ValueError, word):
        limit_panel(scores, unusual, torch.rand(4, 1, 4, 4), limit=1.0)


def test_events_and_point_adjustment():
    assert events(flags("xx..x.xx")) == [(0, 2), (4, 5), (6, 8)]
    assert events(flags("...")) == []
    assert adjusted(flags("x..x...."), flags("..xxx.xx")).tolist() == flags("x.xxx...").tolist()


def test_an_alarm_comes_when_its_window_is_over():
    known = torch.zeros(60, dtype=torch.bool)
    known[30:34] = known[50:52] = True
    alarm = torch.zeros(60 - 23, dtype=torch.bool)
    assert all(math.isnan(hours) for hours in waits(alarm, known))
    alarm[[6, 12]] = True  # the first is over before the moment begins
    assert waits(alarm, known)[0] == 12 + 23 - 30 and math.isnan(waits(alarm, known)[1])
    alarm[7] = True
    assert waits(alarm, known)[0] == 0


def test_the_pipe_is_hourly_and_its_known_moments_are_the_low_hours_and_the_leap(pytestconfig):
    pipe = water_pipe(pytestconfig.rootpath / "data" / "water_flow.csv")
    assert len(pipe.flow) == len(pipe.hour) == len(pipe.known) == 1379
    assert int(pipe.flow.isnan().sum()) == 111
    assert ((pipe.flow < 95) & ~pipe.known).sum() == 0
    assert len(events(pipe.known)) == 4
    assert (pipe.hour[pipe.train][0], pipe.hour[pipe.val][0]) == (0, 0)
    assert (pipe.train.stop - pipe.train.start, pipe.val.stop - pipe.val.start) == (15 * 24, 6 * 24)
    assert not pipe.known[pipe.train.start : pipe.val.stop].any()
    assert not pipe.unsettled[pipe.train.start : pipe.val.stop].any()
    assert int(pipe.unsettled.sum()) == int(pipe.known.sum()) + 4 * (1 + 6)
    assert pipe.flow[~pipe.unsettled].nan_to_num(100).min() > 98
    spans = sorted([*pipe.weeks.values(), pipe.train, pipe.val], key=lambda span: span.start)
    assert all(one.stop <= other.start for one, other in itertools.pairwise(spans))


def test_moments_found_and_false_alarms_are_counted_as_runs():
    alarm, known = flags("xx.x...xxx.x"), flags("..xxx....xx.")
    assert counted(alarm, known) == (2, 2)
    assert counted(flags("...."), flags(".xx.")) == (0, 0)


def test_faults_change_what_they_say():
    windows = torch.rand(50, 24, generator=torch.Generator().manual_seed(0))
    spoilt = faults(windows)
    changed = {name: (x != windows).sum(1) for name, x in spoilt.items()}
    assert set(changed["1 l/s more for 6 h"].tolist()) == {6} and set(changed["2 l/s more for 1 h"].tolist()) == {1}
    assert set(changed["stuck for 8 h"].tolist()) == {7}, "the first of the eight hours keeps its own value"
    assert torch.equal(spoilt["clock 12 h off"].roll(12, 1), windows)


def test_the_table_of_all_of_mnist_is_whole():
    table = full_mnist()
    once, forest, wide = 3, len(SEEDS), len(SEEDS)
    assert len(table) == 10 * (once + forest + wide + len(CODE_SIZES) * (1 + len(SEEDS)))
    assert set(table.method) == set(ORDER) and sorted(set(table.digit)) == list(range(10))
    assert table[["val_auroc", "auroc", "ap"]].apply(lambda column: column.between(0.1, 1)).all(axis=None)
    best = chosen(table).groupby("method").code_size.unique()
    assert all(len(sizes) == 1 for sizes in best)

"""The losses beyond the two, of notebook 03: against a computation window by window, and known values; its race."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

import aeutils as ae
from aeutils.chapters.ch03 import beyond, race
from aeutils.evaluation import bernoulli_nats


def similarity_of_a_window(a, b):
    """Wang et al. (2004), eq. 13, in NumPy."""
    covariance = ((a - a.mean()) * (b - b.mean())).mean()
    above = (2 * a.mean() * b.mean() + 1e-4) * (2 * covariance + 9e-4)
    return above / ((a.mean() ** 2 + b.mean() ** 2 + 1e-4) * (a.var() + b.var() + 9e-4))


def test_ssim_is_that_of_each_window():
    x, y = torch.rand(2, 3, 1, 12, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = beyond.ssim(x, y)
    assert found.shape == (3, 1, 6, 4)
    for n, i, j in ((0, 0, 0), (1, 5, 3), (2, 2, 1)):
        a, b = (np.asarray(each)[n, 0, i : i + 7, j : j + 7] for each in (x, y))
        assert found[n, 0, i, j].item() == pytest.approx(similarity_of_a_window(a, b))


def test_each_loss_is_0_for_a_perfect_copy_and_above_for_another():
    torch.manual_seed(0)
    reader = nn.Sequential(nn.Conv2d(1, 4, 4, 2, 1), nn.ReLU(), nn.Conv2d(4, 5, 4, 2, 1), nn.ReLU())
    x = torch.rand(4, 1, 28, 28)
    for loss in (beyond.absolute_error, beyond.dissimilarity, beyond.feature_error(reader)):
        ((_, copied),) = loss(nn.Identity(), x).items()
        ((_, turned),) = loss(nn.Threshold(0.5, 0.0), x).items()
        assert copied.item() == pytest.approx(0, abs=1e-3)
        assert turned > 0.1


def test_measures_of_a_perfect_copy_and_of_a_flat_picture(digits):
    torch.manual_seed(0)
    reader = beyond.train_reader(digits, steps=5)
    assert not any(parameter.requires_grad for parameter in reader.parameters())
    x, y = digits.test.x[:50], digits.test.y[:50]
    copy, flat = beyond.measures(x, y, x, reader), beyond.measures(x, y, torch.full_like(x, 0.3), reader)
    assert (copy["squared"], copy["absolute"], copy["sharpness"]) == (0, 0, 1)
    assert copy["SSIM"] == pytest.approx(1, abs=1e-4)
    assert flat["sharpness"] == 0 and flat["squared"] > 10


def test_what_lies_above_the_floor_is_sorted_and_finite(digits):
    floor = bernoulli_nats(digits.test.x, digits.test.x).mean().item()
    scores = {"a": race.Result(1.0, float("inf"), floor + 3), "b": race.Result(1.0, floor + 2, floor + 1)}
    found = race.above_the_floor(scores, digits, components=2)
    pca, mean_image = found.pop("PCA, clipped"), found.pop("mean image, clipped")
    assert list(found) == ["b, clipped", "b", "a, clipped"]
    assert list(found.values()) == pytest.approx([1, 2, 3], abs=1e-3)
    assert mean_image > pca > 0


def test_a_race_takes_what_has_been_trained_alike_and_refuses_other_widths(digits):
    torch.manual_seed(0)
    starts = [ae.Autoencoder((784, 8, 2)) for _ in range(2)]
    arms = {"a": (ae.losses.squared_error, nn.Sigmoid), "b": (ae.losses.cross_entropy, nn.Sigmoid)}
    how = {"steps": 3, "lr": 1e-2, "seed": 0}
    model = deepcopy(starts[0])
    ae.fit(model, digits, ae.losses.squared_error, **how)
    assert race.race(arms, starts, digits, {"a": [model]}, **how) == race.race(arms, starts, digits, {}, **how)
    with pytest.raises(ValueError, match="train it again"):
        race.race(arms, starts, digits, {"a": [ae.Autoencoder((784, 8, 3))]}, **how)

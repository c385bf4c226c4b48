"""The losses are the likelihoods they claim to be."""

import math

import numpy as np
import pytest
import torch
from scipy.special import entr
from torch import nn
from torch.distributions import Bernoulli, Normal

import aeutils as ae
from aeutils.losses import cross_entropy, squared_error


class Fixed(nn.Module):
    """Reconstructs the same whatever comes."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def encode(self, x):
        return x

    def decode_logits(self, z):
        return self.logits

    def forward(self, x):
        return self.logits.sigmoid()


@pytest.fixture
def x(digits):
    return digits.test.x[:40]


@pytest.fixture
def model():
    torch.manual_seed(0)
    return ae.Autoencoder((784, 20, 3))


def only(terms):
    (term,) = terms.values()
    assert term.ndim == 0
    return term.item()


def test_squared_error_is_a_sum_over_pixels_averaged_over_images(model, x):
    x_hat = model(x).detach().double().numpy()
    per_image = [((a - b) ** 2).sum() for a, b in zip(x.double().numpy(), x_hat, strict=True)]
    assert only(squared_error(model, x)) == pytest.approx(np.mean(per_image), rel=1e-5)


def test_squared_error_is_the_gaussian_likelihood_at_variance_one_half(model, x):
    log_p = Normal(model(x), math.sqrt(0.5)).log_prob(x).sum((1, 2, 3)).mean().item()
    assert only(squared_error(model, x)) == pytest.approx(-log_p - 784 / 2 * math.log(math.pi), rel=1e-5)


def test_cross_entropy_of_binary_images_is_the_bernoulli_likelihood(model, x):
    binary = x.round()
    log_p = Bernoulli(logits=model.decode_logits(model.encode(binary))).log_prob(binary)
    assert only(cross_entropy(model, binary)) == pytest.approx(-log_p.sum((1, 2, 3)).mean().item(), rel=1e-5)


def test_cross_entropy_of_grey_images_is_the_expected_bernoulli_likelihood(model, x):
    p = model(x).detach().double().numpy()
    grey = x.double().numpy()
    nats = -(grey * np.log(p) + (1 - grey) * np.log(1 - p)).sum((1, 2, 3)).mean()
    assert only(cross_entropy(model, x)) == pytest.approx(nats, rel=1e-5)


def test_the_floor_of_cross_entropy_is_the_entropy_of_grey_targets(digits):
    x = digits.test.x
    grey = x.double().numpy()
    floor = (entr(grey) + entr(1 - grey)).sum((1, 2, 3)).mean()
    best = torch.logit(x, eps=1e-7)
    assert only(cross_entropy(Fixed(best), x)) == pytest.approx(floor, abs=1e-3)
    for shift in (-0.1, 0.1):
        assert only(cross_entropy(Fixed(best + shift), x)) > floor


@pytest.mark.parametrize("loss", [squared_error, cross_entropy])
def test_the_average_does_not_depend_on_the_batch_size(model, x, loss):
    whole = only(loss(model, x))
    for size in (1, 8):
        assert np.mean([only(loss(model, part)) for part in x.split(size)]) == pytest.approx(whole, rel=1e-5)


def test_extreme_logits_stay_finite():
    x = torch.tensor([0.0, 1.0, 0.0, 1.0]).view(1, 1, 2, 2)
    logits = torch.tensor([1e4, -1e4, -1e4, 1e4]).view(1, 1, 2, 2).requires_grad_()  # two wrong, two right
    loss = cross_entropy(Fixed(logits), x)["cross_entropy"]
    assert loss.item() == pytest.approx(2e4)
    loss.backward()
    assert logits.grad.flatten().tolist() == [1, -1, 0, 0]


@pytest.mark.parametrize("shape", [(40, 28, 28), (1, 1, 28, 28), (40, 784)])
@pytest.mark.parametrize("loss", [squared_error, cross_entropy])
def test_reconstructions_of_another_shape_are_not_broadcast(loss, x, shape):
    with pytest.raises(ValueError, match=r"28, 28"):
        loss(Fixed(torch.zeros(shape)), x)

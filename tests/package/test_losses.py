"""The losses are the likelihoods they claim to be."""

import math

import numpy as np
import pytest
import torch
from scipy.special import entr
from torch import nn
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

import aeutils as ae
from aeutils import evaluation, losses
from aeutils.losses import (
    bernoulli_nats,
    bernoulli_nats_of_logits,
    cross_entropy,
    kl_to_prior,
    squared_error,
    squared_errors,
    variational_cross_entropy,
    variational_squared_error,
)


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


# --- variational ---


@pytest.fixture
def variational():
    torch.manual_seed(0)
    return ae.VariationalAutoencoder((784, 20, 3))


@pytest.fixture
def posterior():
    generator = torch.Generator().manual_seed(0)
    mean, log_sigma = torch.randn(2, 50, 4, generator=generator, dtype=torch.float64)
    return Normal(mean, log_sigma.exp())


def test_kl_to_prior_is_that_of_torch_distributions(posterior):
    expected = kl_divergence(posterior, Normal(0.0, 1.0))
    assert kl_to_prior(posterior).shape == (50, 4)
    torch.testing.assert_close(kl_to_prior(posterior), expected, rtol=1e-9, atol=1e-9)
    assert kl_to_prior(Normal(torch.zeros(2, 3), torch.ones(2, 3))).eq(0).all()


def test_kl_to_prior_is_the_expected_log_ratio(posterior):
    torch.manual_seed(0)
    z = posterior.sample((20_000,))  # [20000, 50, 4]
    log_ratio = (posterior.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).mean((1, 2))  # independent draws
    error = (log_ratio.mean() - kl_to_prior(posterior).mean()).abs()
    assert error < 3 * log_ratio.std() / math.sqrt(len(z))


@pytest.mark.parametrize(
    ("loss", "plain"), [(variational_squared_error, squared_error), (variational_cross_entropy, cross_entropy)]
)
def test_variational_losses_draw_a_code_and_sum_the_kl_over_its_units(variational, x, loss, plain):
    torch.manual_seed(3)
    terms = loss(variational, x)
    torch.manual_seed(3)
    z = variational.posterior(x).rsample()
    ((name, expected),) = plain(Fixed(variational.decode_logits(z)), x).items()
    nats = kl_divergence(variational.posterior(x), Normal(0.0, 1.0)).sum(1).mean()
    assert list(terms) == [name, "kl"]
    assert terms[name].item() == pytest.approx(expected.item(), rel=1e-6)
    assert terms["kl"].item() == pytest.approx(nats.item(), rel=1e-5)


@pytest.mark.parametrize("loss", [variational_squared_error, variational_cross_entropy])
def test_both_terms_teach_the_encoder_and_only_reconstruction_the_decoder(variational, x, loss):
    reconstruction, kl = loss(variational, x).values()
    for term, reached in ((reconstruction, (True, True)), (kl, (True, False))):
        gradients = torch.autograd.grad(term, list(variational.parameters()), retain_graph=True, allow_unused=True)
        n = len(list(variational.encoder.parameters()))
        for part, expected in zip((gradients[:n], gradients[n:]), reached, strict=True):
            assert all((g is not None and g.abs().sum() > 0) == expected for g in part)


@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_with_the_true_posterior_the_bound_is_the_likelihood(beta):
    """A linear decoder, its log p(x) known exactly (Tipping & Bishop, 1999); E + beta KL has sigma^2 = beta / 2."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    try:
        model = ae.VariationalAutoencoder((6, 2), head=nn.Identity, shape=(1, 2, 3))
        x = torch.rand(40, 1, 2, 3)
        sigma2 = beta / 2
        weight = torch.linalg.qr(torch.randn(6, 2)).Q * torch.tensor(
            [2.0, 0.7]
        )  # orthogonal, so the posterior is diagonal
        bias = torch.rand(6)
        variance = sigma2 / (weight.square().sum(0) + sigma2)  # [2]
        with torch.no_grad():
            model.decoder[0].weight.copy_(weight)
            model.decoder[0].bias.copy_(bias)
            model.encoder[0].weight.copy_(torch.cat([(variance / sigma2)[:, None] * weight.T, torch.zeros(2, 6)]))
            model.encoder[0].bias.copy_(torch.cat([-(variance / sigma2) * (weight.T @ bias), variance.log()]))
            draws = [variational_squared_error(model, x) for _ in range(4000)]
        squares = torch.stack([terms["squared_error"] for terms in draws])
        constant = 6 / 2 * math.log(2 * math.pi * sigma2)
        bound = -(squares + beta * draws[0]["kl"]) / (2 * sigma2) - constant  # [4000], one for each draw
        covariance = weight @ weight.T + sigma2 * torch.eye(6)
        log_p = MultivariateNormal(bias, covariance).log_prob(x.flatten(1)).mean()
        assert abs(bound.mean() - log_p) < 3 * bound.std() / math.sqrt(len(bound))
    finally:
        torch.set_default_dtype(torch.float32)


# --- said once ---


def test_errors_of_single_images_are_there_once(model, x):
    assert evaluation.squared_errors is losses.squared_errors and evaluation.bernoulli_nats is losses.bernoulli_nats
    assert squared_error(model, x)["squared_error"] == squared_errors(x, model(x)).mean()
    logits = model.decode_logits(model.encode(x))
    assert cross_entropy(model, x)["cross_entropy"] == bernoulli_nats_of_logits(x, logits).mean()
    torch.testing.assert_close(bernoulli_nats_of_logits(x, logits), bernoulli_nats(x, logits.sigmoid()))


@pytest.mark.parametrize("function", [squared_errors, bernoulli_nats, bernoulli_nats_of_logits])
@pytest.mark.parametrize(
    "pair",
    [
        (None, torch.rand(2, 3)),
        (torch.rand(2, 3), [[1.0]]),
        (torch.rand(2, 3), torch.rand(1, 3)),
        (torch.rand(3), torch.rand(3)),
        (torch.rand(0, 3), torch.rand(0, 3)),
    ],
)
def test_what_is_no_pair_of_batches_is_refused(refused, function, pair):
    with refused(ValueError, "images", "same shape"):
        function(*pair)


@pytest.mark.parametrize("shape", [(4, 3, 8, 10), (4, 2, 50), (4, 7)])
@pytest.mark.parametrize("loss", [squared_error, cross_entropy])
def test_examples_of_any_shape_will_do(loss, shape):
    target = torch.rand(shape)
    logits = torch.randn(shape)
    by_hand = {
        squared_error: ((target - logits.sigmoid()) ** 2).sum() / 4,
        cross_entropy: -Bernoulli(logits=logits, validate_args=False).log_prob(target).sum() / 4,
    }
    assert only(loss(Fixed(logits), target)) == pytest.approx(by_hand[loss].item(), rel=1e-5)


# --- targets that have no lowest loss ---


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("loss", [cross_entropy, variational_cross_entropy])
def test_cross_entropy_refuses_targets_outside_0_and_1(refused, variational, x, loss, value):
    bad = x.clone()
    bad[3, 0, 5, 5] = value
    with refused(ValueError, "[0, 1]", f"{value:.4g}", "squared error", "rescale"):
        loss(variational, bad)


def test_without_that_there_is_no_lower_bound():
    """Why: the larger the logit, the lower the loss of a target of 2."""
    target = torch.full((1, 1), 2.0)
    losses_ = [nn.functional.binary_cross_entropy_with_logits(torch.full((1, 1), z), target) for z in (1.0, 1e3, 1e6)]
    assert losses_[0] > losses_[1] > losses_[2] and losses_[2] < -1e5


def test_a_squared_error_takes_any_range():
    target = torch.randn(4, 1, 28, 28) * 100
    assert only(squared_error(ae.Autoencoder((784, 2), head=nn.Identity), target)) > 1e6


@pytest.mark.parametrize(
    ("loss", "model", "words"),
    [
        (squared_error, None, ["model is None", "torch module"]),
        (squared_error, "model", ["'model'"]),
        (squared_error, ae.Autoencoder, ["the class Autoencoder", "Autoencoder()"]),
        (cross_entropy, nn.Identity(), ["Identity has no method encode", "decode_logits"]),
        (
            variational_squared_error,
            ae.Autoencoder(),
            ["Autoencoder has no method posterior", "ae.Variational"],
        ),
        (variational_cross_entropy, nn.Linear(2, 2), ["Linear has no method posterior"]),
    ],
)
def test_a_model_without_the_methods_is_refused(refused, x, loss, model, words):
    with refused(ValueError, *words):
        loss(model, x)


@pytest.mark.parametrize("posterior", [None, torch.zeros(2, 2), Bernoulli(torch.tensor([0.5]))])
def test_only_a_normal_has_this_kl(refused, posterior):
    with refused(ValueError, "posterior", "torch.distributions.Normal"):
        kl_to_prior(posterior)

"""The loss-anatomy panel: its numbers, and that it shows the models as they are."""

import math
import re

import matplotlib.style
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

import aeutils as ae
from aeutils.chapters.ch04.loss_anatomy import anatomy, loss_anatomy
from aeutils.figures import look


@pytest.fixture
def model():
    torch.manual_seed(0)
    return ae.VariationalAutoencoder((784, 20, 6))


@pytest.fixture
def x(digits):
    return digits.train.x[:30]


def norm_of_gradient(model, term):
    model.zero_grad()
    term.backward()
    squares = sum(parameter.grad.double().square().sum() for parameter in model.encoder.parameters())
    model.zero_grad()
    return math.sqrt(squares)


@pytest.mark.parametrize("beta", [0.0, 0.3, 20.0])
@pytest.mark.parametrize(
    ("loss", "term"),
    [("squared error", ae.losses.variational_squared_error), ("cross-entropy", ae.losses.variational_cross_entropy)],
)
def test_terms_and_pulls_are_those_of_the_loss(model, x, loss, term, beta):
    torch.manual_seed(5)
    seen = anatomy(model, x, loss=loss, beta=beta)
    assert all(parameter.grad is None for parameter in model.parameters())
    for pull, value, factor, place in (
        (seen.reconstruction_pull, seen.reconstruction, 1.0, 0),
        (seen.kl_pull, seen.kl, beta, 1),
    ):
        torch.manual_seed(5)
        expected = list(term(model, x).values())[place]
        assert value == pytest.approx(expected.item(), rel=1e-5)
        assert pull == pytest.approx(factor * norm_of_gradient(model, expected), rel=1e-4)


@pytest.mark.parametrize("loss", ["squared error", "cross-entropy"])
def test_a_mean_over_pixels_is_a_beta_784_times_as_large(model, x, loss):
    noise = torch.randn(30, 6)
    mean = anatomy(model, x, loss=loss, reduction="mean", beta=1.0, noise=noise)
    same = anatomy(model, x, loss=loss, reduction="sum", beta=784.0, noise=noise)
    assert mean.effective_beta == same.effective_beta == 784
    assert mean.sigma2 == same.sigma2 == (392 if loss == "squared error" else None)
    assert mean.ratio == pytest.approx(same.ratio, rel=1e-4)
    assert same.reconstruction == pytest.approx(784 * mean.reconstruction, rel=1e-5)


def test_a_code_that_says_nothing_pulls_at_nothing(model, x):
    with torch.no_grad():
        for parameter in model.encoder[-1].parameters():
            parameter.zero_()  # mean 0, variance 1, whatever the image
        for parameter in model.decoder[0].parameters():
            parameter.zero_()
    seen = anatomy(model, x)
    assert seen.kl == seen.kl_pull == seen.reconstruction_pull == 0
    assert math.isnan(seen.ratio)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"loss": "MSE"}, ["'MSE'", "squared error"]),
        ({"reduction": "max"}, ["'max'", "mean"]),
        ({"beta": -1}, ["beta=-1", "0 or more"]),
        ({"beta": math.nan}, ["beta=nan"]),
        ({"beta": "1"}, ["beta='1'", "0 or more"]),
        ({"loss": ["squared error"]}, ["['squared error']", "cross-entropy"]),
        ({"noise": torch.zeros(30, 5)}, ["[30, 5]", "[30, 6]"]),
        ({"noise": 0}, ["noise is 0", "[30, 6]"]),
    ],
)
def test_other_settings_are_refused(refused, model, x, settings, words):
    with refused(ValueError, *words):
        anatomy(model, x, **settings)


def test_models_that_cannot_be_looked_at_are_refused(refused, digits):
    with refused(ValueError, "Identity", "nn.Sigmoid"):
        loss_anatomy({"linear": ae.VariationalAutoencoder(head=nn.Identity)}, digits)
    with refused(ValueError, "empty"):
        loss_anatomy({}, digits)
    with refused(ValueError, "name -> model"):
        loss_anatomy([ae.VariationalAutoencoder()], digits)
    with refused(ValueError, "Autoencoder", "posterior", "ae.VariationalAutoencoder()"):
        loss_anatomy({"plain": ae.Autoencoder()}, digits)
    with refused(ValueError, "images", "ae.load"):
        loss_anatomy({"variational": ae.VariationalAutoencoder()}, digits.train.x)
    with refused(ValueError, "[0, 1]"):
        anatomy(ae.VariationalAutoencoder(), 255 * digits.train.x[:5])


def shown(panel):
    return re.sub(r"<[^>]*>", " ", panel.shown.value)


def test_panel_predicts_active_units_from_pcas_spectrum(model, digits):
    variances = PCA().fit(digits.train.x.flatten(1).numpy()).explained_variance_
    panel = loss_anatomy({"model": model}, digits)
    for beta in (0.1, 1.0, 5.0, 9.0, 100.0):
        panel.beta.value = beta
        expected = min(6, (variances > beta / 2).sum())
        assert re.search(rf"first 6 components {expected} have .* {expected} active units", shown(panel))
    panel.loss.value = "cross-entropy"
    assert "no σ²" in shown(panel)


def test_panel_shows_the_weights_of_now_and_panels_are_independent(model, digits):
    one, other = (loss_anatomy({"model": model}, digits) for _ in range(2))
    before = shown(other)
    assert shown(one) == before
    one.reduction.value = "mean"
    assert shown(one) != before == shown(other)
    ae.fit(model, digits, ae.losses.variational_squared_error, steps=20)
    one.reduction.value = "sum"
    assert shown(one) != before
    assert shown(one) == shown(loss_anatomy({"model": model}, digits))


def test_panel_at_the_ends_of_its_slider_and_with_every_choice(model, digits):
    panel = loss_anatomy({"one": model, "two": ae.VariationalAutoencoder((784, 3))}, digits)
    for name in panel.model.options:
        for _, loss in panel.loss.options:
            for reduction in panel.reduction.options:
                for end in (panel.beta.min, panel.beta.max):
                    panel.model.value, panel.loss.value, panel.reduction.value = name, loss, reduction
                    panel.beta.value = panel.beta.base**end
                    assert "nan" not in shown(panel) and "inf" not in shown(panel)
                    assert (
                        f"{panel.look().effective_beta:.4g}" in shown(panel).replace(",", "") or end == panel.beta.max
                    )


def test_colours_are_the_palettes_whatever_the_users_matplotlib_says(model, digits):
    page = loss_anatomy({"untrained": model}, digits).shown.value
    palette = {value for value in vars(look).values() if isinstance(value, str) and value.startswith("#")}
    assert look.RECONSTRUCTION in page and look.KL in page
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", page)) <= palette
    with matplotlib.rc_context(), matplotlib.style.context("dark_background"):
        assert loss_anatomy({"untrained": model}, digits).shown.value == page

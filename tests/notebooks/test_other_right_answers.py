"""Right answers that look unlike the solution: another formula, another dtype, one number in brackets."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.decomposition import PCA
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from aeutils.chapters.ch03 import exercises as ch03
from aeutils.chapters.ch04 import exercises as ch04
from aeutils.chapters.ch04b import exercises as ch04b
from aeutils.chapters.ch06 import exercises as ch06
from aeutils.chapters.ch08 import exercises as ch08
from aeutils.chapters.ch09 import exercises as ch09
from aeutils.chapters.ch09b import exercises as ch09b
from aeutils.chapters.ch10 import exercises as ch10
from aeutils.chapters.ch10b import exercises as ch10b
from aeutils.chapters.ch10b.water import events


def nats_in_double(logits, x):
    logits, x = logits.double(), x.double()
    return (F.softplus(logits) - x * logits).sum((1, 2, 3))


def gaussian_in_double(x, x_hat, variance):
    squares = (x - x_hat).double().flatten(1).pow(2).sum(1)
    return -0.5 * (squares / variance + 784 * math.log(2 * math.pi * variance))


def by_half_logits(logits):
    return torch.where(logits == 0, math.log(2), (logits / logits.div(2).tanh()).log())


def kl_by_normal(mean, log_variance):
    z = mean + (log_variance / 2).exp()  # E_q[log q − log p] is exact at μ ± σ, as both are quadratic
    other = mean - (log_variance / 2).exp()
    q, p = Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)
    return sum((q.log_prob(at) - p.log_prob(at)) / 2 for at in (z, other)).sum(-1)


def whitened_and_turned_back(z):
    values, vectors = torch.linalg.eigh(z.double().T.cov())
    return (z - z.mean(0)).double() @ vectors @ torch.diag(values.rsqrt()) @ vectors.T


def nearest_mean_one_by_one(z_train, y_train, z):
    means = [z_train[y_train == digit].mean(0) for digit in range(10)]
    return [min(range(10), key=lambda digit: (code - means[digit]).norm()) for code in z]


def adam_in_place(theta, g, m, s, t, lr):
    m.mul_(0.9).add_(g, alpha=0.1)
    s.mul_(0.999).addcmul_(g, g, value=0.001)
    return theta.sub_(lr * (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)).sqrt() + 1e-8)), m, s


def best_answer_by_hand(noisy, known, clean, sigma):
    exponent = -((noisy[:, None] - known[:, None] * clean) ** 2).sum(2) / (2 * sigma**2)
    weights = (exponent - exponent.amax(1, keepdim=True)).exp()
    return (weights @ clean) / weights.sum(1, keepdim=True)


def slopes_by_autograd(z, rho):
    z.requires_grad_()
    return torch.autograd.grad(kl_divergence(Bernoulli(torch.tensor(rho)), Bernoulli(z.mean(0))).sum(), z)[0]


def mended_by_pandas(series):
    hours = pd.Series(series.numpy())
    beside = (hours.shift(1) + hours.shift(-1)) / 2
    return hours.fillna(beside)


def mended_in_a_loop(series):
    before = series.tolist()
    for i in range(1, len(before) - 1):
        if math.isnan(before[i]):
            series[i] = (before[i - 1] + before[i + 1]) / 2
    return series


def two_counts(alarm, known):
    found = sum(bool(alarm[a:b].any()) for a, b in events(known))
    return [found, sum(not known[a:b].any() for a, b in events(alarm))]


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (ch06.adam_step, adam_in_place),
        (ch10b.single_hours_filled, mended_by_pandas),
        (ch10b.single_hours_filled, mended_in_a_loop),
        (ch10b.found_and_false, lambda alarm, known: np.array(two_counts(alarm, known))),
        (ch10b.found_and_false, lambda alarm, known: torch.tensor(two_counts(alarm, known))),
        (ch03.per_image_error, lambda error: torch.tensor([error * 1024])),
        (ch03.gaussian_log_likelihood, lambda x, x_hat, v: Normal(x_hat, v**0.5).log_prob(x).sum((1, 2, 3))),
        (ch03.gaussian_log_likelihood, gaussian_in_double),
        (ch03.nats_per_image, nats_in_double),
        (ch03.runaway, lambda: [torch.tensor([-3.0]), -60]),
        (ch03.log_normaliser, by_half_logits),
        (ch04.effective, lambda w, pixels, units: [torch.tensor([w * pixels / units]), w * pixels / units / 2]),
        (ch04.kl_of_codes, kl_by_normal),
        (ch04.draw_codes, lambda mean, log_variance: Normal(mean, log_variance.exp().sqrt()).rsample()),
        (ch04.draw_codes, lambda mean, lv: mean + torch.randn(mean.T.shape).T * lv.exp().sqrt()),
        (ch04.draw_codes, lambda mean, lv: mean.double() - torch.randn_like(mean) * (lv / 2).exp()),
        (ch08.whitened, whitened_and_turned_back),
        (ch08.whitened, lambda z: PCA(whiten=True).fit_transform(z.numpy())),
        (ch08.nearest_mean, nearest_mean_one_by_one),
        (ch08.ten_labels, lambda: torch.tensor([11, 9, 6, 1, 3, 9, 1, 4, 7, 1])),
        (ch09.dead_share, lambda z: 1 - (z.abs().amax(0) > 0).double().mean()),
        (ch09.mean_error, lambda psnr: np.mean(784 / 10 ** (psnr.numpy() / 10))),
        (ch09.best_answer, best_answer_by_hand),
        (ch09b.priced, lambda y, price: F.softshrink(y, price / 2).relu()),
        (ch09b.kl_slopes, slopes_by_autograd),
        (ch04b.importance_weighted, lambda w: w.max(0).values + (w - w.max(0).values).exp().mean(0).log()),
        (ch04b.free_bits, lambda kl, free: torch.maximum(kl.double().mean(0), torch.tensor(free)).sum(0, keepdim=True)),
        (
            ch04b.predict_units,
            lambda eigenvalues, k, beta: (
                (eigenvalues[:k] > beta / 2).sum(),
                torch.relu((2 * eigenvalues[:k] / beta).log()).sum(0, keepdim=True) / 2,
            ),
        ),
        (
            ch04.elbo_per_image,
            lambda x, x_hat, kl, sigma: (
                -((x - x_hat) ** 2).sum((1, 2, 3)) / (2 * sigma**2)
                - 784 * math.log(sigma * math.sqrt(2 * math.pi))
                - kl
            ),
        ),
    ],
)
def test_another_right_answer_is_correct(exercise, answer):
    assert exercise(answer).status == "Correct"


def test_an_answer_that_moves_torchs_random_numbers_does_not_move_the_notebooks():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    ch04.draw_codes(lambda mean, log_variance: (torch.manual_seed(3), mean + torch.randn_like(mean))[1])
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        (ch10b.single_hours_filled, lambda series: series.nan_to_num(0.0), "put 0 into the gaps"),
        (ch09.mean_error, lambda psnr: 784 / 10 ** (psnr / 10).mean(), "the mean comes last"),
        (ch09.dead_share, lambda z: (z.std(0) == 0).float().mean(), "is not 0 and so not dead"),
        (
            ch10.limit_that_keeps_its_promise,
            lambda errors, promise: np.quantile(errors.numpy(), 1 - promise, method="higher"),
            "a quantile of your n errors",
        ),
    ],
)
def test_a_wrong_answer_that_looks_right_is_told_why_it_is_not(exercise, answer, says):
    feedback = exercise(answer)
    assert feedback.status == "Not yet" and says in feedback.message

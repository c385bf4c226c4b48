"""The exercises of notebook 03."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import ContinuousBernoulli, Normal, kl_divergence
from torch.nn import functional as F

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, but, finite, number

per_image_error = Exercise(
    number="3.1",
    examples=[(0.0195,), (0.04,)],
    right=lambda error_per_pixel: error_per_pixel * 32 * 32,
    mistakes=[
        Mistake(
            "the mean was taken over the padded image, 32 × 32 pixels, not over the 784 inside the frame",
            lambda error: error * 28 * 28,
        ),
        Mistake("32 pixels are one side; the image has 32 × 32", lambda error: error * 32),
        Mistake("that is 32 + 32; the image has 32 rows of 32 pixels each", lambda error: error * (32 + 32)),
        Mistake(
            "you divided; a mean becomes a sum again when it is multiplied by how many were averaged",
            lambda error: error / 1024,
        ),
        Mistake(
            "the frame holds 240 black pixels, but the mean was taken over all 1,024",
            lambda error: error * (32 * 32 - 28 * 28),
        ),
        Mistake(
            "that is the mean over the 784 pixels inside the frame; an image's error is the sum",
            lambda error: error * (32 * 32) / (28 * 28),
        ),
        Mistake("that is still the error per pixel", lambda error: error),
    ],
    observe=lambda answer, error_per_pixel: number(answer(error_per_pixel)),
    praise="about 20 per image. Without the frame the same model would have reported 0.0255 per pixel",
    target="Replace one number: how many pixels was the mean taken over?",
    minutes=5,
)

best_sigma = Exercise(
    number="3.2",
    examples=[(torch.tensor([10.0, 25.28]),), (torch.tensor([3.0, 50.0, 20.0]),)],
    right=lambda squared_errors: (squared_errors.mean() / 784).sqrt(),
    mistakes=[
        Mistake("that is the variance σ²; take its square root", lambda errors: errors.mean() / 784),
        Mistake(
            "that is the variance's logarithm; take the root of the variance instead",
            lambda errors: (errors.mean() / 784).log(),
        ),
        Mistake(
            "you did not divide by the number of pixels: the errors are sums over 784 of them",
            lambda errors: errors.mean().sqrt(),
        ),
        Mistake("you added the images' errors up; average them", lambda errors: (errors.sum() / 784).sqrt()),
        Mistake(
            "you averaged the roots; average the squared errors first and take the root last",
            lambda errors: (errors / 784).sqrt().mean(),
        ),
        Mistake(
            "you divided by 784 after the root; σ² = E / 784 comes first", lambda errors: errors.mean().sqrt() / 784
        ),
        Mistake(
            "σ² is a factor 2 too small: at the optimum σ² = E / 784, without the ½ of the exponent",
            lambda errors: (errors.mean() / 2 / 784).sqrt(),
        ),
        Mistake(
            "σ² is a factor 2 too large: the ½ stands in front of both terms and cancels",
            lambda errors: (errors.mean() * 2 / 784).sqrt(),
        ),
        Mistake(
            "that is one σ for each image; average the errors over the images first",
            lambda errors: (errors / 784).sqrt(),
        ),
    ],
    returns="one number",
    praise="this is how far, typically, a pixel is from its reconstruction, in grey levels from 0 to 1",
    target="One number: 0.15 for two images with squared errors 10 and 25.28",
    minutes=8,
)


def _logits_and_images() -> list[tuple[Tensor, Tensor]]:
    """Four images and three; the first of the four has two logits of ±200."""
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(7, 1, 28, 28, generator=generator)
    logits = 2 * torch.randn(7, 1, 28, 28, generator=generator)
    logits[0, 0, 0, :2] = torch.tensor([200.0, -200.0])  # confident, and wrong about grey pixels
    return [(logits[:4], x[:4]), (logits[4:], x[4:])]


def _per_image(values: Tensor) -> Tensor:
    return values.flatten(1).sum(1)


def _right_nats(logits: Tensor, x: Tensor) -> Tensor:
    return _per_image(F.binary_cross_entropy_with_logits(logits, x, reduction="none"))


def _nats(pixels: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """An answer to 3.3: `pixels` makes nats of x, −log p and −log(1 − p)."""
    return lambda logits, x: _per_image(pixels(x, F.softplus(-logits), F.softplus(logits)))


def _seen_nats(answer: Callable[[Tensor, Tensor], Tensor], logits: Tensor, x: Tensor) -> Tensor:
    right, extreme = _right_nats(logits, x), logits.abs().flatten(1).amax(1) > 100
    given = attempted(answer(logits, x))
    if isinstance(given, Tensor) and given.shape == right.shape and extreme.any():
        close, is_finite = torch.isclose(given, right.to(given.dtype), rtol=1e-3), given.isfinite()
        if is_finite[~extreme].all() and not is_finite.all():
            raise Diagnosis(
                "the image with logits ±200 became infinite or NaN: exp overflowed, or the sigmoid was rounded to "
                "0 or 1. Write −log p as softplus(−l)"
            )
        if close[~extreme].all() and not close.all():
            raise Diagnosis(
                "only the image with logits ±200 is off: you cut the logarithm or p off, so that confident mistakes "
                "get the wrong value. Work from the logits"
            )
    return given


nats_per_image = Exercise(
    number="3.3",
    examples=_logits_and_images,
    right=_right_nats,
    mistakes=[
        Mistake(
            "exp overflowed, or the sigmoid was rounded to 0 or 1. Write −log p as softplus(−l)",
            lambda logits, x: _per_image(-(x * logits.sigmoid().log() + (1 - x) * (1 - logits.sigmoid()).log())),
        ),
        Mistake(
            "you cut the logarithm or p off, so that confident mistakes get the wrong value. Work from the logits",
            lambda logits, x: _per_image(F.binary_cross_entropy(logits.sigmoid(), x, reduction="none")),
        ),
        Mistake(
            "that is one number for all images together; keep the first axis: .flatten(1).sum(1)",
            but(_right_nats, torch.sum),
        ),
        Mistake("the sign is turned round: cross-entropy is minus the log-likelihood", but(_right_nats, torch.neg)),
        Mistake(
            "you averaged over the pixels; the unit is nats per image, a sum over 784 of them",
            but(_right_nats, lambda nats: nats / 784),
        ),
        Mistake(
            "the second half is missing: a pixel that should be black counts too, (1 − x) times −log(1 − p)",
            _nats(lambda x, white, black: x * white),
        ),
        Mistake(
            "the first half is missing: a pixel that should be white counts too, x times −log p",
            _nats(lambda x, white, black: (1 - x) * black),
        ),
        Mistake(
            "the two halves are exchanged: softplus(−l) is −log p and belongs to x",
            _nats(lambda x, white, black: x * black + (1 - x) * white),
        ),
        Mistake(
            "that is in bits; nats come from the natural logarithm", but(_right_nats, lambda nats: nats / math.log(2))
        ),
        Mistake(
            "you took probabilities for logits: the sigmoid was applied twice",
            lambda logits, x: _right_nats(logits.sigmoid(), x),
        ),
    ],
    observe=_seen_nats,
    returns="[N], the images' axis alone, summed over the pixels",
    praise="finite even for logits of ±200, and equal to PyTorch's binary_cross_entropy_with_logits",
    target="One number for each image, in nats, for any logits",
    minutes=12,
    tolerance=1e-5,
)


def _pairs_of_gaussians() -> list[tuple[Tensor, ...]]:
    generator = torch.Generator().manual_seed(5)
    return [tuple(torch.randn(4, n, k, generator=generator)) for n, k in ((5, 3), (2, 4))]


def _right_kl(mu_p: Tensor, logvar_p: Tensor, mu_q: Tensor, logvar_q: Tensor) -> Tensor:
    p, q = Normal(mu_p, (0.5 * logvar_p).exp()), Normal(mu_q, (0.5 * logvar_q).exp())
    return kl_divergence(p, q).sum(1)


def _kl(
    variance: Callable[[Tensor], Tensor] = torch.exp,
    log: Callable[[Tensor], Tensor] = lambda logvar: logvar,
    distance: Callable[[Tensor], Tensor] = torch.square,
    half: float = 0.5,
    one: float = 1,
    over: Callable[[Tensor], Tensor] = lambda units: units.sum(1),
) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """An answer to 3.4: ½ (log σ_q² − log σ_p² + (σ_p² + (μ_p − μ_q)²) / σ_q² − 1). As it is, it is right.

    `variance` and `log` make σ² and its logarithm of what is given, `distance` is taken of μ_p − μ_q, and `over` puts
    the units together.
    """

    def answer(mu_p: Tensor, logvar_p: Tensor, mu_q: Tensor, logvar_q: Tensor) -> Tensor:
        ratio = (variance(logvar_p) + distance(mu_p - mu_q)) / variance(logvar_q)
        return over(half * (log(logvar_q) - log(logvar_p) + ratio - one))

    return answer


_NO_LOGARITHM = "NaN: logvar may be negative and has no logarithm or root; it is a logarithm already"

kl_from_logvar = Exercise(
    number="3.4",
    examples=_pairs_of_gaussians,
    right=_right_kl,
    mistakes=[
        Mistake("the sign is turned round: a KL divergence is never negative", but(_right_kl, torch.neg)),
        Mistake("the factor ½ is missing", _kl(half=1)),
        Mistake(
            "the logarithms of the variances need the ½ too: log σ is half of log σ²",
            _kl(log=lambda logvar: 2 * logvar),
        ),
        Mistake(
            "you averaged over the code units: a factor of k too small. Units are independent, so sum",
            _kl(over=lambda units: units.mean(1)),
        ),
        Mistake("the −1 is missing: of two equal Gaussians the divergence would not be 0", _kl(one=0)),
        Mistake(
            "the sign of the logarithms is turned round: it is log σ_q² − log σ_p²", _kl(log=lambda logvar: -logvar)
        ),
        Mistake(
            "that is KL(q ‖ p), the wrong way round: the variance in the denominator is that of q",
            lambda mu_p, logvar_p, mu_q, logvar_q: _right_kl(mu_q, logvar_q, mu_p, logvar_p),
        ),
        Mistake(
            "you took the logarithm of the variance for σ: exponentiate it first",
            _kl(variance=torch.square, log=lambda logvar: logvar.square().log()),
        ),
        Mistake(
            "you took it for the logarithm of σ: exp(logvar) is σ² already, don't square it again",
            _kl(variance=lambda logvar: (2 * logvar).exp(), log=lambda logvar: 2 * logvar),
        ),
        Mistake(
            "you used σ where the variance belongs: σ² = exp(logvar), without ½ in the exponent",
            _kl(variance=lambda logvar: (logvar / 2).exp()),
        ),
        Mistake("exp(logvar) is σ² already: don't square it", _kl(variance=lambda logvar: (2 * logvar).exp())),
        Mistake(
            "one number for each unit; the divergence of a code is the sum over its k units: .sum(1)",
            _kl(over=lambda units: units),
        ),
        Mistake(
            "the −½ belongs to each of the k units; put it inside the sum",
            _kl(one=0, over=lambda units: units.sum(1) - 0.5),
        ),
        Mistake("the distance between the means must be squared", _kl(distance=lambda difference: difference)),
        Mistake("the distance between the means is missing", _kl(distance=torch.zeros_like)),
        Mistake(
            "σ_p² is divided by σ_q² as well: put parentheses around σ_p² + (μ_p − μ_q)²",
            lambda mp, lp, mq, lq: 0.5 * (lq - lp + lp.exp() + (mp - mq).square() / lq.exp() - 1).sum(1),
        ),
        Mistake(_NO_LOGARITHM, _kl(log=torch.log)),
        Mistake(
            "in line 2, return math.exp(logvar_p)",
            "def kl_from_logvar(mu_p, logvar_p, mu_q, logvar_q):\n    return math.exp(logvar_p)\n",
        ),
    ],
    observe=lambda answer, *given: finite(answer(*given), _NO_LOGARITHM),
    returns="[N], the codes' axis alone, summed over the units",
    praise="torch.distributions gives the same. With μ_q = 0 and log σ_q² = 0 it is notebook 4's KL to the prior",
    target="One number for each code: the divergences of its units, added up",
    minutes=12,
)


def _right_log_normaliser(logits: Tensor) -> Tensor:
    """From torch.distributions, whose density at 0 is C (1 − p); it rounds p for large logits, where C is |l|."""
    logits = logits.double()
    at_0 = ContinuousBernoulli(logits=logits).log_prob(torch.zeros_like(logits))
    return torch.where(logits.abs() < 20, at_0 + F.softplus(logits), logits.abs().log())  # tanh(10) is 1 − 4e-9


_NOT_FINITE = {  # by the largest logit
    0: "at the logit 0 the ratio is 0 / 0; its limit there is C = 2. torch.where can put it in",
    100: "logits of ±100 became infinite or NaN: tanh(l / 2) is safe where exp(l) or 1 − p is not",
    6: "NaN or infinite for usual logits: l and tanh(l / 2) may be negative, only their ratio has a logarithm",
}

log_normaliser = Exercise(
    number="3.5",
    examples=[
        (torch.tensor([[-6.0, -1.0, 0.5], [-2.0, 0.25, 3.0]]),),
        (torch.tensor([0.0]),),
        (torch.tensor([-100.0, 100.0]),),
    ],
    right=_right_log_normaliser,
    mistakes=[
        Mistake(_NOT_FINITE[0], lambda logits: (logits / torch.tanh(logits / 2)).log()),
        Mistake(
            _NOT_FINITE[100],
            lambda logits: torch.where(logits == 0, 2, logits * (1 + logits.exp()) / (logits.exp() - 1)).log(),
        ),
        Mistake(
            "for logits = [-100, 100]: the largest difference",
            lambda logits: _right_log_normaliser(logits.clamp(-15, 15)),
        ),
        Mistake(
            "the limit of l / tanh(l / 2) at the logit 0 is 2, and its logarithm log 2",
            lambda logits: torch.where(logits == 0, 0, _right_log_normaliser(logits)),
        ),
        Mistake(
            "that is the logarithm of the area; the normaliser is one over it, so the sign changes",
            but(_right_log_normaliser, torch.neg),
        ),
        Mistake("that is C itself; return its logarithm", but(_right_log_normaliser, torch.exp)),
        Mistake(
            "that is the area itself; return the logarithm of one over it",
            but(_right_log_normaliser, lambda log_c: (-log_c).exp()),
        ),
        Mistake(
            "the tangent wants half the logit: 2p − 1 = tanh(l / 2)",
            lambda logits: torch.where(logits == 0, 0, (logits / torch.tanh(logits)).log()),
        ),
        Mistake(
            "a factor 2 is missing: at the logit 0 the area is ½, and C is 2",
            but(_right_log_normaliser, lambda log_c: log_c - math.log(2)),
        ),
        Mistake(
            "that is in bits; use the natural logarithm", but(_right_log_normaliser, lambda log_c: log_c / math.log(2))
        ),
    ],
    observe=lambda answer, logits: finite(answer(logits), _NOT_FINITE[int(logits.abs().max())]),
    returns="the shape of the logits, one number for each",
    praise="torch.distributions.ContinuousBernoulli has the same. Added to the log-likelihood it makes grey "
    "pixels a proper density, whose mean, however, is no longer p",
    target="log 2 at the logit 0, and finite at ±100",
    minutes=25,
    tolerance=1e-5,
)

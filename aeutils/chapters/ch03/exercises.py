"""Checks for the exercises of notebook 03."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import ContinuousBernoulli, Normal, kl_divergence
from torch.nn import functional as F

from aeutils.lessons.grading import Diagnosis, Feedback, attempted, grade


def per_image_error(answer: Callable[[float], float]) -> Feedback:
    """Exercise 3.1: `answer(error_per_pixel)` is the squared error per image of images padded to 32 × 32."""
    errors = (0.0195, 0.04)

    def times(factor: float) -> tuple[float, ...]:
        return tuple(error * factor for error in errors)

    return grade(
        lambda: (float(attempted(answer())), *(float(attempted(answer(error))) for error in errors)),
        (errors[0] * 1024, *times(1024)),
        {
            "the mean was taken over the padded image, 32 × 32 pixels, not over the 784 inside the frame": (
                errors[0] * 784,
                *times(784),
            ),
            "32 pixels are one side; the image has 32 × 32": (errors[0] * 32, *times(32)),
            "you divided; a mean becomes a sum again when it is multiplied by how many were averaged": (
                errors[0] / 1024,
                *times(1 / 1024),
            ),
            "the frame holds 240 black pixels, but the mean was taken over all 1,024": (errors[0] * 240, *times(240)),
            "that is still the error per pixel": (errors[0], *times(1)),
        },
        praise="about 20 per image. Without the frame the same model would have reported 0.0255 per pixel",
        target="Replace one number: how many pixels was the mean taken over?",
    )


def best_sigma(answer: Callable[[Tensor], Tensor]) -> Feedback:
    """Exercise 3.2: `answer(squared_errors)` is the most likely σ of images of 784 pixels, from their errors `[N]`."""
    examples = (torch.tensor([10.0, 25.28]), torch.tensor([3.0, 50.0, 20.0]))

    def each(function: Callable[[Tensor], Tensor]) -> tuple[Tensor, ...]:
        return tuple(function(errors) for errors in examples)

    return grade(
        lambda: tuple(attempted(answer(errors)) for errors in examples),
        each(lambda errors: (errors.mean() / 784).sqrt()),
        {
            "that is the variance σ²; take its square root": each(lambda errors: errors.mean() / 784),
            "that is the variance's logarithm; take the root of the variance instead": each(
                lambda errors: (errors.mean() / 784).log()
            ),
            "you did not divide by the number of pixels: the errors are sums over 784 of them": each(
                lambda errors: errors.mean().sqrt()
            ),
            "you added the images' errors up; average them": each(lambda errors: (errors.sum() / 784).sqrt()),
            "you averaged the roots; average the squared errors first and take the root last": each(
                lambda errors: (errors / 784).sqrt().mean()
            ),
            "you divided by 784 after the root; σ² = E / 784 comes first": each(
                lambda errors: errors.mean().sqrt() / 784
            ),
            "σ² is a factor 2 too small: at the optimum σ² = E / 784, without the ½ of the exponent": each(
                lambda errors: (errors.mean() / 2 / 784).sqrt()
            ),
            "σ² is a factor 2 too large: the ½ stands in front of both terms and cancels": each(
                lambda errors: (errors.mean() * 2 / 784).sqrt()
            ),
            "that is one σ for each image; average the errors over the images first": each(
                lambda errors: (errors / 784).sqrt()
            ),
        },
        praise="this is how far, typically, a pixel is from its reconstruction, in grey levels from 0 to 1",
        target="One number: 0.15 for two images with squared errors 10 and 25.28",
    )


def nats_per_image(answer: Callable[[Tensor, Tensor], Tensor]) -> Feedback:
    """Exercise 3.3: `answer(logits, x)` is the cross-entropy of each image in nats, `[N]`, for logits up to ±200."""
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(4, 1, 28, 28, generator=generator)
    logits = 3 * torch.randn(4, 1, 28, 28, generator=generator)
    logits[0, 0, 0, :2] = torch.tensor([200.0, -200.0])  # confident, and wrong about grey pixels
    white, black = F.softplus(-logits), F.softplus(logits)  # −log p and −log(1 − p)
    pixels = x * white + (1 - x) * black
    p = torch.sigmoid(logits)

    def total(values: Tensor) -> Tensor:
        return values.flatten(1).sum(1)

    def call() -> Tensor:
        given = attempted(answer(logits.clone(), x.clone()))
        if isinstance(given, Tensor) and given.shape == (4,) and not given[0].isfinite() and given[1:].isfinite().all():
            raise Diagnosis(
                "the image with logits ±200 became infinite or NaN: exp overflowed, or the sigmoid was rounded to "
                "0 or 1. Write −log p as softplus(−l)"
            )
        if isinstance(given, Tensor) and given.ndim == 0:
            raise Diagnosis("that is one number for all images together; keep the first axis: .flatten(1).sum(1)")
        return given

    return grade(
        call,
        total(pixels),
        {
            "the sign is turned round: cross-entropy is minus the log-likelihood": -total(pixels),
            "you averaged over the pixels; the unit is nats per image, a sum over 784 of them": total(pixels) / 784,
            "the second half is missing: a pixel that should be black counts too, (1 − x) times −log(1 − p)": total(
                x * white
            ),
            "the first half is missing: a pixel that should be white counts too, x times −log p": total(
                (1 - x) * black
            ),
            "the two halves are exchanged: softplus(−l) is −log p and belongs to x": total(x * black + (1 - x) * white),
            "that is in bits; nats come from the natural logarithm": total(pixels) / torch.log(torch.tensor(2.0)),
            "you cut the logarithm off: confident mistakes get the wrong value. Work from the logits": total(
                F.binary_cross_entropy(p, x, reduction="none")
            ),
            "you took probabilities for logits: the sigmoid was applied twice": total(
                x * F.softplus(-p) + (1 - x) * F.softplus(p)
            ),
        },
        tolerance=1e-5,
        praise="finite even for logits of ±200, and equal to PyTorch's binary_cross_entropy_with_logits",
        target="One number for each image, in nats, for any logits",
    )


def kl_from_logvar(answer: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> Feedback:
    """Exercise 3.4: `answer(mu_p, logvar_p, mu_q, logvar_q)`, all `[N, k]`, is KL(p ‖ q) summed over the k units."""
    generator = torch.Generator().manual_seed(5)
    mu_p, logvar_p, mu_q, logvar_q = torch.randn(4, 5, 3, generator=generator)

    def closed(lp: Tensor, lq: Tensor, half: float = 0.5, sign: float = 1, one: float = 1, mp=mu_p, mq=mu_q) -> Tensor:
        """KL with the given logarithms of the variances, for each unit; the rest varies the mistakes."""
        return half * (sign * (lq - lp) + (lp.exp() + (mp - mq).square()) / lq.exp() - one)

    p, q = (Normal(mu, (0.5 * logvar).exp()) for mu, logvar in ((mu_p, logvar_p), (mu_q, logvar_q)))
    right = kl_divergence(p, q).sum(1)
    quadratic = (logvar_p.exp() + (mu_p - mu_q).square()) / logvar_q.exp()
    as_sigma = logvar_q / logvar_p
    sigma_for_variance = (0.5 * logvar_p).exp() + (mu_p - mu_q).square()
    return grade(
        lambda: attempted(answer(mu_p, logvar_p, mu_q, logvar_q)),
        right,
        {
            "the sign is turned round: a KL divergence is never negative": -right,
            "the factor ½ is missing": closed(logvar_p, logvar_q, half=1).sum(1),
            "the logarithms of the variances need the ½ too: log σ is half of log σ²": (
                logvar_q - logvar_p + quadratic / 2 - 0.5
            ).sum(1),
            "you averaged over the code units: a factor of k too small. Units are independent, so sum": right / 3,
            "the −1 is missing: of two equal Gaussians the divergence would not be 0": closed(
                logvar_p, logvar_q, one=0
            ).sum(1),
            "the sign of the logarithms is turned round: it is log σ_q² − log σ_p²": closed(
                logvar_p, logvar_q, sign=-1
            ).sum(1),
            "that is KL(q ‖ p), the wrong way round: the variance in the denominator is that of q": kl_divergence(
                q, p
            ).sum(1),
            "you took the logarithm of the variance for σ: exponentiate it first": (
                as_sigma.abs().log() + (logvar_p**2 + (mu_p - mu_q) ** 2) / (2 * logvar_q**2) - 0.5
            ).sum(1),
            "you took it for the logarithm of σ: exp(logvar) is σ² already, don't square it again": closed(
                2 * logvar_p, 2 * logvar_q
            ).sum(1),
            "you used σ where the variance belongs: σ² = exp(logvar), without ½ in the exponent": (
                0.5 * (logvar_q - logvar_p + sigma_for_variance / (0.5 * logvar_q).exp() - 1)
            ).sum(1),
            "one number for each unit; the divergence of a code is the sum over its k units: .sum(1)": closed(
                logvar_p, logvar_q
            ),
            "the −½ belongs to each of the k units; put it inside the sum": closed(logvar_p, logvar_q, one=0).sum(1)
            - 0.5,
            "the distance between the means must be squared": (
                0.5 * (logvar_q - logvar_p + (logvar_p.exp() + (mu_p - mu_q)) / logvar_q.exp() - 1)
            ).sum(1),
            "the distance between the means is missing": closed(logvar_p, logvar_q, mp=mu_q).sum(1),
        },
        praise="torch.distributions gives the same. With μ_q = 0 and log σ_q² = 0 it is notebook 4's KL to the prior",
        target="One number for each code: the divergences of its units, added up",
    )


def log_normaliser(answer: Callable[[Tensor], Tensor]) -> Feedback:
    """Exercise 3.5: `answer(logits)` is the logarithm of the continuous Bernoulli's normaliser, any logits."""
    logits = torch.tensor([-100.0, -6.0, -1.0, 0.0, 0.5, 3.0, 100.0], dtype=torch.float64)
    usual = logits.abs().clamp(max=6) == logits.abs()  # where no shortcut overflows
    plain = usual & (logits != 0)
    reference = ContinuousBernoulli(logits=logits)  # its density at 0 is C (1 − p)
    right = reference.log_prob(torch.zeros_like(logits)) + F.softplus(logits)
    right[~usual] = logits[~usual].abs().log()  # tanh(50) is 1 to the last digit

    def call() -> Tensor:
        given = attempted(answer(logits.clone()))
        if not isinstance(given, Tensor) or given.shape != logits.shape:
            return given
        if not given[3].isfinite() and given[plain].isfinite().all():
            raise Diagnosis("at the logit 0 the ratio is 0 / 0; its limit there is C = 2. torch.where can put it in")
        if not given[~usual].isfinite().all() and given[usual].isfinite().all():
            raise Diagnosis("logits of ±100 became infinite or NaN: tanh(l / 2) is safe where exp(l) or 1 − p is not")
        return given

    slope = torch.where(logits == 0, 1.0, logits)
    whole = torch.where(logits == 0, 1.0, slope / torch.tanh(slope))
    return grade(
        call,
        right,
        {
            "that is the logarithm of the area; the normaliser is one over it, so the sign changes": -right,
            "that is C itself; return its logarithm": right.exp(),
            "that is the area itself; return the logarithm of one over it": (-right).exp(),
            "the tangent wants half the logit: 2p − 1 = tanh(l / 2)": whole.log(),
            "a factor 2 is missing: at the logit 0 the area is ½, and C is 2": right - right[3],
            "that is in bits; use the natural logarithm": right / right[3],
        },
        tolerance=1e-5,
        praise="torch.distributions.ContinuousBernoulli has the same. Added to the log-likelihood it makes grey "
        "pixels a proper density, whose mean, however, is no longer p",
        target="log 2 at the logit 0, and finite at ±100",
    )

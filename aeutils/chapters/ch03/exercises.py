"""The exercises of notebook 03."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import ContinuousBernoulli
from torch.nn import functional as F

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, but, finite, number, one_number, several

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
    observe=one_number,
    praise="about 20 per image. Without the frame the same model would have reported 0.0255 per pixel",
    target="Replace one number: how many pixels was the mean taken over?",
    minutes=5,
    level="easy",
    ask="Over how many numbers was the mean taken, those of the padded image or those inside its frame?",
)


def _image_pairs() -> list[tuple[Tensor, Tensor, float]]:
    generator = torch.Generator().manual_seed(4)
    return [(*torch.rand(2, n, 1, 28, 28, generator=generator), variance) for n, variance in ((3, 0.3), (2, 2.0))]


def _gaussian(
    before_squares: Callable[[float], float] = lambda v: -1 / (2 * v),
    constant: Callable[[float], float] = lambda v: -392 * math.log(2 * math.pi * v),
    *,
    scale: float = 1,
) -> Callable[[Tensor, Tensor, float], Tensor]:
    """`scale * (before_squares(variance) * squared error + constant(variance))` of each image, with 784 / 2 = 392."""

    def log_likelihood(x: Tensor, x_hat: Tensor, variance: float) -> Tensor:
        squares = (x - x_hat).square().flatten(1).sum(1)
        return scale * (before_squares(variance) * squares + constant(variance))

    return log_likelihood


gaussian_log_likelihood = Exercise(
    number="3.2",
    examples=_image_pairs,
    right=_gaussian(),
    mistakes=[
        Mistake("the sign is turned round: that is the negative log-likelihood", _gaussian(scale=-1)),
        Mistake(
            "the normalising constant is missing: −(D/2) log(2π σ²), with D = 784 pixels",
            _gaussian(constant=lambda v: 0),
        ),
        Mistake(
            "the constant counts once for every pixel, 784 times",
            _gaussian(constant=lambda v: -0.5 * math.log(2 * math.pi * v)),
        ),
        Mistake("the factor ½ of the exponent is missing", _gaussian(lambda v: -1 / v)),
        Mistake("the squared error is divided by 2σ²", _gaussian(lambda v: -1)),
        Mistake("you divided by the standard deviation where the variance belongs", _gaussian(lambda v: -0.5 / v**0.5)),
        Mistake(
            "you squared the variance; it is σ² already (what torch's Normal takes is its square root, σ)",
            _gaussian(lambda v: -0.5 / v**2, lambda v: -392 * math.log(2 * math.pi * v**2)),
        ),
        Mistake(
            "the constant has the wrong sign: it is subtracted",
            _gaussian(constant=lambda v: 392 * math.log(2 * math.pi * v)),
        ),
        Mistake("the squared error has the wrong sign: it lowers the likelihood", _gaussian(lambda v: 1 / (2 * v))),
        Mistake(
            "the constant is (D/2) log(2π σ²): D/2, not D",
            _gaussian(constant=lambda v: -784 * math.log(2 * math.pi * v)),
        ),
        Mistake("the constant holds σ² too: log(2π σ²)", _gaussian(constant=lambda v: -392 * math.log(2 * math.pi))),
        Mistake("the constant holds 2π too: log(2π σ²)", _gaussian(constant=lambda v: -392 * math.log(v))),
        Mistake(
            "in the constant stands the variance, σ², not σ",
            _gaussian(constant=lambda v: -392 * math.log(2 * math.pi * v**0.5)),
        ),
        Mistake("the squared error is divided by 2σ², not multiplied", _gaussian(lambda v: -v / 2)),
        Mistake(
            "you averaged over the pixels; independent pixels multiply, so their logarithms add up",
            _gaussian(scale=1 / 784),
        ),
        Mistake(
            "you averaged the squared differences over the pixels; add them up", _gaussian(lambda v: -1 / (2 * v) / 784)
        ),
        Mistake(
            "zero for every image: is it the density itself? That is smaller than any float; work with its logarithm",
            but(_gaussian(), torch.exp),
        ),
        Mistake("expected shape [3]; got one number", but(_gaussian(), torch.sum)),
    ],
    returns="[N], one number for each image",
    praise="at σ² = ½ its first part is exactly minus the squared error",
    target="One number for each image: the logarithms of 784 normal densities, added up",
    minutes=12,
    level="medium",
    ask="Write the density of one pixel, take its logarithm, and count: which parts appear 784 times when "
    "the pixels are added up?",
)


def _seen_runaway(answer: Callable[[], object]) -> bool:
    """Whether the pixel's cross-entropy is finite and below −100; what is not gets its diagnosis here."""
    x, logit = (number(value) for value in several(answer(), ("the target", "the logit")))
    if not (math.isfinite(x) and math.isfinite(logit)):
        raise Diagnosis("give two finite numbers: the point is that the loss has no end, not that a number has none")
    nats = F.binary_cross_entropy_with_logits(torch.tensor(logit).double(), torch.tensor(x).double()).item()
    if nats < -100:
        return True
    if 0 <= x <= 1:
        raise Diagnosis(
            f"the target {x:g} is in [0, 1], where the cross-entropy is never negative: yours is {nats:.4g}"
        )
    if nats > 0:
        raise Diagnosis(
            f"the target is outside [0, 1], but the loss is {nats:.4g}: the logit points the wrong way, towards "
            "what the target is not"
        )
    raise Diagnosis(f"the loss is {nats:.4g}: negative already. Which of the two numbers can grow without end?")


runaway = Exercise(
    number="3.3",
    examples=[()],
    right=lambda: (2.0, 150.0),
    mistakes=[
        Mistake("the target 1 is in [0, 1], where the cross-entropy is never negative", lambda: (1.0, 200.0)),
        Mistake("the target 0.5 is in [0, 1]", lambda: (0.5, -200.0)),
        Mistake("the logit points the wrong way", lambda: (2.0, -200.0)),
        Mistake("negative already. Which of the two numbers can grow without end?", lambda: (1.2, 10.0)),
        Mistake("give two finite numbers", lambda: (2.0, math.inf)),
        Mistake("return 2 values, separated by commas: the target, the logit", lambda: 2.0),
    ],
    observe=_seen_runaway,
    praise="below −100, and a larger logit goes on falling. ae.losses.cross_entropy refuses targets outside [0, 1] for "
    "this reason",
    target="Two numbers: a target and a logit whose cross-entropy is below −100",
    minutes=6,
    level="medium",
    ask="In x log p + (1 − x) log(1 − p), when is a factor before a logarithm negative, and what does the "
    "logit do then?",
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
    """An answer to 3.4: `pixels` makes nats of x, −log p and −log(1 − p)."""
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
    number="3.4",
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
    level="medium",
    ask="What is softplus(−l) for a pixel that should be white, once for l = 200 and once for l = −200?",
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
    level="for the best",
    ask="What is the area under the curve at p = ½, where it is flat, and what does your formula say there?",
)

"""Checks for the exercises of notebook 01."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from aeutils.lessons.grading import Diagnosis, Feedback, attempted, grade, whole_number


def count_parameters(answer: Callable[[Sequence[int]], int]) -> Feedback:
    """Exercise 1.1: `answer(sizes)` is the number of parameters of `Autoencoder(sizes)`, encoder and decoder."""
    examples = ((784, 256, 64, 2), (784, 32), (6, 5, 4, 3))

    def total(weights: int, biases_out: int, biases_in: int) -> tuple[int, ...]:
        """Counts with so many copies of the weights, the encoder's biases and the decoder's biases."""
        counts = []
        for sizes in examples:
            pairs = list(pairwise(sizes))
            counts.append(
                weights * sum(a * b for a, b in pairs) + biases_out * sum(sizes[1:]) + biases_in * sum(sizes[:-1])
            )
        return tuple(counts)

    return grade(
        lambda: tuple(whole_number(answer(sizes)) for sizes in examples),
        total(2, 1, 1),
        {
            "you left out the biases: every layer has one for each unit it leads to": total(2, 0, 0),
            "that is the encoder alone; the decoder has the same layers in reverse": total(1, 1, 0),
            "the decoder's biases belong to the units it leads to: the hidden layers and the pixels": total(2, 2, 0),
            "the encoder's biases belong to the units it leads to: the hidden layers and the code": total(2, 0, 2),
        },
        tolerance=1e-9,
        praise="most parameters sit between the pixels and the first hidden layer, on both sides",
        target="For the widths 784, 256, 64, 2 the count is 435,858",
    )


def merge_layers(answer: Callable[[nn.Linear, nn.Linear], tuple[Tensor, Tensor]]) -> Feedback:
    """Exercise 1.2: `answer(first, second)` is the weight `[4, 4]` and bias `[4]` of one layer that equals both."""
    generator = torch.Generator().manual_seed(2)
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    with torch.no_grad():
        for parameter in (*first.parameters(), *second.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
        w1, b1, w2, b2 = first.weight, first.bias, second.weight, second.bias
        weight, bias = w2 @ w1, w2 @ b1 + b2

    def call() -> tuple[Tensor, Tensor]:
        given = attempted(answer(first, second))
        return tuple(attempted(part) for part in given) if isinstance(given, tuple | list) else given

    with torch.no_grad():
        mistakes = {
            "the product is the wrong way round: the first layer acts first, so its matrix stands on the right": (
                w1 @ w2,
                bias,
            ),
            "wrong way round in both: W₁W₂ is the second layer followed by the first": (w1 @ w2, w1 @ b2 + b1),
            "the first layer's bias passes through the second layer's weights too": (weight, b1 + b2),
            "you lost the first layer's bias": (weight, b2),
            "you lost the second layer's bias": (weight, w2 @ b1),
            "matrices are multiplied with @; * multiplies entry by entry": (w2 * w1, bias),
        }
    return grade(
        call,
        (weight.detach(), bias.detach()),
        mistakes,
        praise="two linear layers in a row are one. Without something between them depth buys nothing",
        target="Return W and b with W x + b = second(first(x)) for every x",
    )


def largest_angle(answer: Callable[[Tensor, Tensor], float]) -> Feedback:
    """Exercise 1.3: `answer(A, B)` is the largest principal angle, in degrees, between two column spaces."""
    generator = torch.Generator().manual_seed(3)
    a = torch.randn(20, 3, generator=generator)
    b = a @ torch.randn(3, 3, generator=generator) + 0.4 * torch.randn(20, 3, generator=generator)
    cosines = torch.linalg.svdvals(torch.linalg.qr(a).Q.T @ torch.linalg.qr(b).Q)
    raw = torch.linalg.svdvals(a.T @ b)

    def call() -> float:
        angle = float(attempted(answer(a.clone(), b.clone())))
        if math.isnan(angle):
            raise Diagnosis(
                "the angle is NaN: arccos of a number above 1. The columns are not orthonormal yet; "
                "torch.linalg.qr(A).Q has orthonormal columns that span the same space"
            )
        return angle

    return grade(
        call,
        math.degrees(math.acos(cosines.min())),
        {
            "that is the smallest angle, from the largest singular value": math.degrees(math.acos(cosines.max())),
            "that is in radians; torch.rad2deg converts": math.acos(cosines.min()),
            "that is the angle's cosine; arccos is missing": float(cosines.min()),
            "that is the cosine from columns that are not orthonormal: use torch.linalg.qr first, then arccos": float(
                raw.min()
            ),
            "you took the sine for the cosine": math.degrees(math.asin(cosines.min())),
        },
        tolerance=1e-3,
        praise="SciPy's subspace_angles gives the same; it is what section 2 used",
        target="An angle in degrees, from 0 (the same space) to 90 (one has a direction at right angles to the other)",
    )


def dead_units(answer: Callable[[Tensor], int]) -> Feedback:
    """Exercise 1.4: `answer(z)` is how many code units are zero for every image; `z` `[N, k]` comes from a ReLU."""
    examples = (_CODES, _CODES[1:, 1:6])
    zero = tuple(codes == 0 for codes in examples)

    def counts(dead: Callable[[Tensor], Tensor]) -> tuple[int, ...]:
        return tuple(int(dead(mask).sum()) for mask in zero)

    return grade(
        lambda: tuple(whole_number(answer(codes.clone())) for codes in examples),
        counts(lambda mask: mask.all(0)),
        {
            "those are the units that are zero for at least one image; a dead unit is zero for all": counts(
                lambda mask: mask.any(0)
            ),
            "you reduced over the units; reduce over the images (axis 0): one verdict for each unit is left": counts(
                lambda mask: mask.all(1)
            ),
            "you counted zeros; a dead unit is a whole column of them": counts(lambda mask: mask),
            "those are the units that are alive": counts(lambda mask: ~mask.all(0)),
            "those are the units that are never zero": counts(lambda mask: (~mask).all(0)),
            "you looked at the first image only; a dead unit is zero for all of them": counts(lambda mask: mask[0]),
            "a unit that never changes need not be zero: ask for zeros, not for no spread": tuple(
                int((codes.std(0) == 0).sum()) for codes in examples
            ),
        },
        tolerance=1e-9,
        praise="on the training images' codes this gives the number in section 4",
        target="In the first example 2 of the 8 units are dead",
    )


# Codes of four images: units 0 and 2 are dead; unit 5 is nearly so, and unit 7 is constant but not zero.
_CODES = torch.tensor(
    [
        [0.0, 1.2, 0.0, 0.0, 3.1, 0.0, 0.0, 0.5],
        [0.0, 0.0, 0.0, 2.5, 1.0, 0.0, 0.1, 0.5],
        [0.0, 0.7, 0.0, 0.0, 0.4, 1e-5, 0.6, 0.5],
        [0.0, 0.9, 0.0, 0.0, 0.0, 0.0, 0.3, 0.5],
    ]
)


def gaussian_log_likelihood(answer: Callable[[Tensor, Tensor, float], Tensor]) -> Feedback:
    """Exercise 1.5: `answer(x, x_hat, variance)` is log N(x; x_hat, variance I) for each image, `[N]`."""
    generator = torch.Generator().manual_seed(4)
    x, x_hat = torch.rand(2, 3, 1, 28, 28, generator=generator)
    variance, n_pixels = 0.3, 784
    squares = (x - x_hat).square().flatten(1).sum(1)
    constant = n_pixels / 2 * math.log(2 * math.pi * variance)
    right = -squares / (2 * variance) - constant
    return grade(
        lambda: attempted(answer(x, x_hat, variance)),
        right,
        {
            "the sign is turned round: that is the negative log-likelihood": -right,
            "the normalising constant is missing: −(D/2) log(2π σ²), with D = 784 pixels": -squares / (2 * variance),
            "the constant counts once for every pixel, 784 times": -squares / (2 * variance) - constant / n_pixels,
            "the factor ½ of the exponent is missing": -squares / variance - constant,
            "you divided by the standard deviation where the variance belongs": -squares / (2 * variance**0.5)
            - constant,
            "you squared the variance; it is σ² already": -squares / (2 * variance**2)
            - n_pixels / 2 * math.log(2 * math.pi * variance**2),
            "the constant has the wrong sign: it is subtracted": -squares / (2 * variance) + constant,
            "the constant is (D/2) log(2π σ²): D/2, not D": -squares / (2 * variance) - 2 * constant,
            "the squared error is divided by 2σ², not multiplied": -squares * variance / 2 - constant,
            "you averaged over the pixels; independent pixels multiply, so their logarithms add up": right / n_pixels,
        },
        praise="at σ² = ½ its first part is exactly minus the squared error",
        target="One number for each image: the logarithms of 784 normal densities, added up",
    )

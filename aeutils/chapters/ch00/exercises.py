"""Checks for the exercises of notebook 00."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.lessons.exercises import Diagnosis, Feedback, attempted, grade, whole_number


def squared_error_per_image(answer: Callable[[Tensor, Tensor], Tensor]) -> Feedback:
    """Exercise 0.1: `answer(x, x_hat)` for images `[N, 1, 28, 28]` is one squared error for each image, `[N]`."""
    generator = torch.Generator().manual_seed(1)
    x, x_hat = torch.rand(2, 5, 1, 28, 28, generator=generator)
    gap = (x - x_hat).flatten(1)
    right = gap.square().sum(1)
    return grade(
        lambda: _vector(attempted(answer(x.clone(), x_hat.clone())), right),
        right,
        {
            "you averaged over the pixels: a factor of 784 too small. Sum over an image's pixels": gap.square().mean(1),
            "you summed the differences without squaring, so that too bright and too dark cancel": gap.sum(1),
            "you summed absolute differences; the squared error squares each one first": gap.abs().sum(1),
            "you took the square root, which gives the distance, not its square": right.sqrt(),
            "you summed first and squared afterwards; square each pixel's difference, then sum": gap.sum(1).square(),
        },
        praise="one number for each image. Averaged over images it is the error used throughout the collection",
        target="Return a tensor of shape [N]: for each image, the squared differences summed over its pixels",
    )


def _vector(given: Tensor, right: Tensor) -> Tensor:
    if isinstance(given, Tensor) and given.ndim == 0:
        total, mean = right.sum(), right.mean()
        if torch.isclose(given, total) or torch.isclose(given, mean):
            raise Diagnosis("that is one number for all images together; keep the first axis: .flatten(1).sum(1)")
    return given


def components_for(answer: Callable[[Tensor, float], int]) -> Feedback:
    """Exercise 0.2: `answer(variances, share)` is how many of the sorted variances add up to at least `share`."""
    variances = torch.tensor([16.0, 9.0, 4.0, 1.0, 1.0, 1.0])  # 32 in all
    shares = (0.5, 0.8, 0.95)  # 16, 25.6 and 30.4 of 32
    right = (1, 3, 5)
    return grade(
        lambda: tuple(whole_number(answer(variances, share)) for share in shares),
        right,
        {
            "that is the index of the last component needed; counting starts at 1, so it is one more": (0, 2, 4),
            "a running sum that reaches the share exactly is enough; compare with >=": (2, 3, 5),
            "you added up standard deviations; variances add up, their square roots do not": (2, 4, 6),
            "divide by the total: the running sum of the variances is not yet a share": (1, 1, 1),
            "you asked which components hold the share alone; add them up first with cumsum": (1, 0, 0),
        },
        praise="on the digits this gives the numbers that you saw in section 3",
        target="For variances 16, 9, 4, 1, 1, 1, half of the total takes 1 component and 80 % takes 3",
    )


def numbers_to_store(answer: Callable[[int, int], int]) -> Feedback:
    """Exercise 0.3: numbers kept to rebuild `n` digits from `k` code units: the codes, and the decoder k-256-784."""
    sizes = ((3500, 8), (1000, 2))
    decoders = tuple(k * 256 + 256 + 256 * 784 + 784 for _, k in sizes)
    encoders = tuple(784 * 256 + 256 + 256 * k + k for _, k in sizes)
    codes = tuple(n * k for n, k in sizes)
    right = tuple(code + decoder for code, decoder in zip(codes, decoders, strict=True))
    return grade(
        lambda: tuple(whole_number(answer(n, k)) for n, k in sizes),
        right,
        {
            "those are the codes alone; nobody can read them without the decoder": codes,
            "you left out the biases: every layer has one for each unit it leads to": tuple(
                n * k + k * 256 + 256 * 784 for n, k in sizes
            ),
            "you also keep the encoder; to rebuild the digits the decoder is enough": tuple(
                a + b for a, b in zip(right, encoders, strict=True)
            ),
            "that is the decoder alone; the codes must be kept too": decoders,
        },
        tolerance=1e-9,
        praise="231,792 numbers instead of 2,744,000 for the 3,500 digits with 8 code units: a twelfth. The decoder "
        "is most of it, which is why compression pays only for many images",
        target="Count the codes, and the decoder's weights and biases. For n = 3,500 and k = 8 the pixels are "
        "2,744,000 numbers",
    )

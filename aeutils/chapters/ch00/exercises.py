"""The exercises of notebook 00."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, number, one_whole_number, several

_BALL = ("the first rate", "the second rate", "the third rate")
_FATES = ("lands on the bottom in one step", "swings for ever between two places", "flies away")


def _path(rate: float, steps: int = 4) -> list[float]:
    """Where the ball is, step by step, on E(w) = (w - 4)^2, started at w = 0."""
    path = [0.0]
    for _ in range(steps):
        path.append(path[-1] - rate * 2 * (path[-1] - 4))
    return path


def _fate(rate: float) -> str:
    left = 1 - 2 * rate  # what a step leaves of the distance to the bottom, with its sign
    if abs(left) < 1e-6:
        return _FATES[0]
    if abs(left + 1) < 1e-6:
        return _FATES[1]
    if left < -1:
        return _FATES[2]
    return "stays where it is" if left == 1 else "creeps down" if left > 0 else "swings and settles"


def _fates(answer: Callable[[], object]) -> tuple[str, ...]:
    rates = [number(rate) for rate in several(answer(), _BALL)]
    for name, rate, wanted in zip(_BALL, rates, _FATES, strict=True):
        if not math.isfinite(rate):
            raise Diagnosis(f"{name} is {rate}; give an ordinary number")
        if rate < 0:
            raise Diagnosis(f"{name} is {rate:g}, and a negative rate moves the ball uphill; give a positive one")
        if (fate := _fate(rate)) != wanted:
            path = ", ".join(f"{w:.4g}" for w in _path(rate))
            raise Diagnosis(
                f"with {name}, {rate:g}, w goes {path}, … and the ball {fate}. Wanted: a rate with which it {wanted}"
            )
    return _FATES


three_rates = Exercise(
    number="0.1",
    examples=[()],
    right=lambda: (0.5, 1.0, 1.5),
    mistakes=[
        Mistake("w goes 0, 2, 3, 3.5, 3.75, … and the ball creeps down", lambda: (0.25, 1.0, 2.0)),
        Mistake("and the ball swings and settles. Wanted: a rate with which it lands", lambda: (0.8, 1.0, 2.0)),
        Mistake("w goes 0, 8, 0, 8, 0, … and the ball swings for ever", lambda: (1.0, 1.0, 2.0)),
        Mistake("with the second rate, 0.9,", lambda: (0.5, 0.9, 2.0)),
        Mistake("with the third rate, 0.95,", lambda: (0.5, 1.0, 0.95)),
        Mistake(
            "the third rate is -1, and a negative rate moves the ball uphill; give a positive one",
            lambda: (0.5, 1.0, -1.0),
        ),
        Mistake("w goes 0, 0, 0, 0, 0, … and the ball stays where it is", lambda: (0.0, 1.0, 2.0)),
        Mistake("return 3 values, separated by commas", lambda: 0.5),
        Mistake("is the word return missing", "def three_rates(): 0.5, 1.0, 1.5"),
    ],
    observe=_fates,
    praise="each step leaves 1 − 2 · rate of the distance to the bottom: 0 lands, −1 swings for ever, and what is "
    "larger than 1 without its sign grows. A network has a curve of its own for each weight, so its rate is found "
    "by trying",
    target="Give three positive rates. The check says where each one takes the ball, so try some: 0.1, 0.3, 0.8 …",
    minutes=6,
    level="easy",
    ask="A step multiplies the distance to the bottom by one number. Which number is it, for a rate of your choice?",
)


def _pairs_of_images() -> list[tuple[Tensor, Tensor]]:
    x, x_hat = torch.rand(2, 5, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    return [(x, x_hat)]


def _one_for_each_image(answer: Callable[[Tensor, Tensor], Tensor], x: Tensor, x_hat: Tensor) -> Tensor:
    given = attempted(answer(x, x_hat))
    if isinstance(given, Tensor) and given.ndim == 0:
        errors = (x - x_hat).square().flatten(1).sum(1)
        if torch.isclose(given, errors.sum()) or torch.isclose(given, errors.mean()):
            raise Diagnosis("that is one number for all images together; keep the first axis: .flatten(1).sum(1)")
    return given


squared_error_per_image = Exercise(
    number="0.2",
    examples=_pairs_of_images,
    right=lambda x, x_hat: (x - x_hat).square().flatten(1).sum(1),
    mistakes=[
        Mistake(
            "you averaged over the pixels: a factor of 784 too small. Sum over an image's pixels",
            lambda x, x_hat: (x - x_hat).square().flatten(1).mean(1),
        ),
        Mistake(
            "you summed the differences without squaring, so that too bright and too dark cancel",
            lambda x, x_hat: (x - x_hat).flatten(1).sum(1),
        ),
        Mistake(
            "you summed absolute differences; the squared error squares each one first",
            lambda x, x_hat: (x - x_hat).flatten(1).abs().sum(1),
        ),
        Mistake(
            "you took the square root, which gives the distance, not its square",
            lambda x, x_hat: (x - x_hat).flatten(1).norm(dim=1),
        ),
        Mistake(
            "you summed first and squared afterwards; square each pixel's difference, then sum",
            lambda x, x_hat: (x - x_hat).flatten(1).sum(1).square(),
        ),
        Mistake("keep the first axis", lambda x, x_hat: (x - x_hat).square().sum()),
        Mistake("expected shape [5]; got shape [5, 1, 28, 28]. Wanted: [N]", lambda x, x_hat: (x - x_hat).square()),
        Mistake("is the word return missing", "def squared_error_per_image(x, x_hat): (x - x_hat).square().sum()"),
        Mistake(
            "in line 2, return (x - x_hat) @ 'x'",
            "def squared_error_per_image(x, x_hat):\n    return (x - x_hat) @ 'x'\n",
        ),
    ],
    observe=_one_for_each_image,
    returns="[N], one number for each image",
    praise="one number for each image. Averaged over images it is the error used throughout the collection",
    target="Return a tensor of shape [N]: for each image, the squared differences summed over its pixels",
    minutes=6,
    level="easy",
    ask="How many numbers should come out for five images, and over which axes must you therefore add?",
)

numbers_to_store = Exercise(
    number="0.3",
    examples=[(3500, 8), (1000, 2)],
    right=lambda n, k: n * k + k * 256 + 256 + 256 * 784 + 784,
    mistakes=[
        Mistake("those are the codes alone; nobody can read them without the decoder", lambda n, k: n * k),
        Mistake(
            "you left out the constants: every layer has one for each unit it leads to",
            lambda n, k: n * k + k * 256 + 256 * 784,
        ),
        Mistake(
            "you also keep the encoder; to rebuild the digits the decoder is enough",
            lambda n, k: n * k + 2 * (k * 256 + 256 * 784) + 256 + 784 + 256 + k,
        ),
        Mistake(
            "you counted the encoder; what rebuilds the digits is the decoder",
            lambda n, k: n * k + 784 * 256 + 256 + 256 * k + k,
        ),
        Mistake(
            "you counted a decoder for every digit; all of them share one",
            lambda n, k: n * (k + k * 256 + 256 + 256 * 784 + 784),
        ),
        Mistake("that is the decoder alone; the codes must be kept too", lambda n, k: k * 256 + 256 + 256 * 784 + 784),
    ],
    observe=one_whole_number,
    tolerance=1e-9,
    praise="231,792 numbers instead of 2,744,000 for the 3,500 digits with 8 code units: a twelfth. The decoder "
    "is most of it, which is why compression pays only for many images",
    target="Count the codes, and the decoder's weights and constants. For n = 3,500 and k = 8 the pixels are "
    "2,744,000 numbers",
    minutes=8,
    level="easy",
    ask="You are alone on an island with your file. What must be in it so that you see all the digits again?",
)

_VARIANCES = torch.tensor([16.0, 9.0, 4.0, 1.0, 1.0, 1.0])  # 32 in all


def _first_where(reached: Tensor) -> int:
    """How many components, counted from 1, until the first True; all of them where there is none."""
    return int((~reached).sum()) + 1


components_for = Exercise(
    number="0.4",
    examples=[(_VARIANCES, 0.5), (_VARIANCES, 0.8), (_VARIANCES, 0.95)],  # 16, 25.6 and 30.4 of 32
    right=lambda variances, share: _first_where(variances.cumsum(0) / variances.sum() >= share),
    mistakes=[
        Mistake(
            "that is the index of the last component needed; counting starts at 1, so it is one more",
            lambda variances, share: _first_where(variances.cumsum(0) / variances.sum() >= share) - 1,
        ),
        Mistake(
            "a running sum that reaches the share exactly is enough: count the sums that are smaller, with <",
            lambda variances, share: _first_where(variances.cumsum(0) / variances.sum() > share),
        ),
        Mistake(
            "you counted the running sums that reach the share; count those that fall short of it, and add one",
            lambda variances, share: int((variances.cumsum(0) / variances.sum() >= share).sum()),
        ),
        Mistake(
            "you added up standard deviations; variances add up, their square roots do not",
            lambda variances, share: _first_where(variances.sqrt().cumsum(0) / variances.sqrt().sum() >= share),
        ),
        Mistake(
            "divide by the total: the running sum of the variances is not yet a share",
            lambda variances, share: _first_where(variances.cumsum(0) >= share),
        ),
        Mistake(
            "you asked which components hold the share alone; add them up first with cumsum",
            lambda variances, share: int((variances / variances.sum() >= share).sum()),
        ),
        Mistake("return one number", lambda variances, share: variances.cumsum(0) / variances.sum() < share),
        Mistake("return a whole number; got 0.5", lambda variances, share: share),
        Mistake("your answer is 3 for every example", lambda variances, share: 3),
    ],
    observe=one_whole_number,
    praise="on the digits this gives the numbers that you saw above",
    target="For variances 16, 9, 4, 1, 1, 1, half of the total takes 1 component and 80 % takes 3",
    minutes=8,
    level="medium",
    ask="Do it by hand for 16, 9, 4, 1, 1, 1: which running sums fall short of 80 %, and which component is next?",
)

"""The exercises of notebook 09."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, choices, one_number

_ROWS = {"row A": "linear map", "row B": "autoencoder", "row C": "median"}


def unnamed(by_method: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The pictures of three methods, under the names that the exercise has for them."""
    return {row: by_method[method] for row, method in _ROWS.items()}


_SAID = {  # row -> wrong answer -> what speaks against it
    "row A": {
        "median": "row A has no single black or white crumb left, which a median leaves where many lie together",
        "autoencoder": "row A has a grey haze all over the ground; a sigmoid can make it black",
    },
    "row B": {
        "median": "row B has whole strokes where the noisy digit has gaps: who knows what a digit looks like?",
        "linear map": "the ground of row B is black; a weighted sum of noisy pixels is never exactly that",
    },
    "row C": {
        "linear map": "row C has crumbs, and pixels that are fully black or white; a weighted sum blurs all that",
        "autoencoder": "row C leaves strokes broken; what has seen digits would mend them",
    },
}


def _first_wrong_row_is_told(answer: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    given = choices(answer(), list(_ROWS), tuple(_ROWS.values()))
    for (row, method), said in zip(_ROWS.items(), given, strict=True):
        if said != method:
            raise Diagnosis(_SAID[row][said])
    return given


def _takes(row: str, method: str) -> Callable[[], tuple[str, ...]]:
    return lambda: tuple((_ROWS | {row: method}).values())


who_is_who = Exercise(
    number="9.1",
    examples=[()],
    right=lambda: tuple(_ROWS.values()),
    mistakes=[
        *(Mistake(said, _takes(row, wrong)) for row, methods in _SAID.items() for wrong, said in methods.items()),
        Mistake("'wiener' is not in the list", _takes("row A", "Wiener")),
        Mistake("return 3 values", lambda: "median"),
    ],
    observe=_first_wrong_row_is_told,
    returns="three of the names, for the rows A, B and C",
    praise="each method has its own kind of fault",
    target="Three different names out of the list, for A, B and C",
    minutes=4,
    level="easy",
    ask="Look at the black ground only, then at the broken strokes only: which method could leave what you see?",
)

mean_error = Exercise(
    number="9.2",
    examples=[(torch.tensor([10.0, 20.0]),), (torch.tensor([14.0, 17.5, 23.0]),)],
    right=lambda psnr: (784 * 10 ** (-psnr / 10)).mean(),
    mistakes=[
        Mistake(
            "the mean comes last: each image's error first (a mean of logarithms is not the logarithm of the mean)",
            lambda psnr: 784 * 10 ** (-psnr.mean() / 10),
        ),
        Mistake("decibels take the logarithm to base 10", lambda psnr: (784 * (-psnr / 10).exp()).mean()),
        Mistake(
            "20 belongs to a root of the error; for a squared error it is 10",
            lambda psnr: (784 * 10 ** (-psnr / 20)).mean(),
        ),
        Mistake("a larger PSNR is a smaller error: mind the sign", lambda psnr: (784 * 10 ** (psnr / 10)).mean()),
        Mistake(
            "that is the mean error of one pixel; an image has 784 of them", lambda psnr: (10 ** (-psnr / 10)).mean()
        ),
        Mistake("ten decibels are a power of ten: divide by 10", lambda psnr: (784 * 10**-psnr).mean()),
        Mistake("their mean, not their sum", lambda psnr: (784 * 10 ** (-psnr / 10)).sum()),
        Mistake("return one number; yours has shape", lambda psnr: 784 * 10 ** (-psnr / 10)),
    ],
    observe=one_number,
    returns="one number",
    praise="the worst images weigh most in it; a mean of decibels hides them",
    target="One number: 43.12 for images of 10 and 20 dB",
    minutes=5,
    level="easy",
    ask="What is the squared error of the image of 10 dB, what that of the image of 20, and what is their mean?",
)


def _weights(noisy: Tensor, known: Tensor, clean: Tensor, sigma: float) -> Tensor:
    return (-_distances(noisy, known, clean) / (2 * sigma**2)).softmax(1)


def _distances(noisy: Tensor, known: Tensor, clean: Tensor) -> Tensor:
    """Squared, over the known pixels alone, `[N, M]`."""
    return (known[:, None] * (noisy[:, None] - clean).square()).sum(2)


def _with_holes() -> list[tuple[Tensor, Tensor, Tensor, float]]:
    generator = torch.Generator().manual_seed(0)

    def case(n: int, m: int, pixels: int, sigma: float, away: float = 0.0) -> tuple[Tensor, Tensor, Tensor, float]:
        known = (torch.rand(n, pixels, generator=generator) > 0.4).float()
        noisy = known * (away + torch.randn(n, pixels, generator=generator))
        return noisy, known, 0.5 + torch.randn(m, pixels, generator=generator), sigma

    return [
        case(4, 5, 6, 0.7),
        case(3, 6, 5, 1.5),
        case(2, 4, 6, 0.7, away=40),  # far from them all
    ]


def _divided(noisy: Tensor, known: Tensor, clean: Tensor, sigma: float, added: float = 0.0) -> Tensor:
    weights = (-_distances(noisy, known, clean) / (2 * sigma**2)).exp()
    return weights @ clean / (weights.sum(1, keepdim=True) + added)


best_answer = Exercise(
    number="9.3",
    examples=_with_holes,
    right=lambda noisy, known, clean, sigma: _weights(noisy, known, clean, sigma) @ clean,
    mistakes=[
        Mistake(
            "a missing pixel is 0 in the noisy image, and that 0 says nothing: leave it out of the distance",
            lambda noisy, known, clean, sigma: (
                (-torch.cdist(noisy, clean).square() / (2 * sigma**2)).softmax(1) @ clean
            ),
        ),
        Mistake(
            "what is known is noisy, too: its best answer is a weighted mean like all others",
            lambda noisy, known, clean, sigma: torch.where(
                known > 0, noisy, _weights(noisy, known, clean, sigma) @ clean
            ),
        ),
        Mistake(
            "a sum over the known pixels, not their mean: the more are known, the more they say",
            lambda noisy, known, clean, sigma: (
                (-_distances(noisy, known, clean) / known.sum(1, keepdim=True) / (2 * sigma**2)).softmax(1) @ clean
            ),
        ),
        Mistake(
            "that is the nearest clean image; the others count too, each by its weight",
            lambda noisy, known, clean, sigma: clean[_distances(noisy, known, clean).argmin(1)],
        ),
        Mistake(
            "the distances are to be squared",
            lambda noisy, known, clean, sigma: (
                (-_distances(noisy, known, clean).sqrt() / (2 * sigma**2)).softmax(1) @ clean
            ),
        ),
        Mistake(
            "2 σ² stands below, not 2 σ",
            lambda noisy, known, clean, sigma: (-_distances(noisy, known, clean) / (2 * sigma)).softmax(1) @ clean,
        ),
        Mistake(
            "the 2 of 2 σ² is missing",
            lambda noisy, known, clean, sigma: (-_distances(noisy, known, clean) / sigma**2).softmax(1) @ clean,
        ),
        Mistake(
            "the minus is missing: what is far away must weigh least",
            lambda noisy, known, clean, sigma: (_distances(noisy, known, clean) / (2 * sigma**2)).softmax(1) @ clean,
        ),
        Mistake(
            "the weights must add up to 1 over the clean images, which are axis 1",
            lambda noisy, known, clean, sigma: (-_distances(noisy, known, clean) / (2 * sigma**2)).softmax(0) @ clean,
        ),
        Mistake("far from all clean images every exp is 0, and 0 / 0 no number; .softmax(1) can do it", _divided),
        Mistake(
            "far from all clean images every exp is 0; a small number added below makes of 0 / 0 the answer 0, and "
            ".softmax(1) the right one",
            lambda noisy, known, clean, sigma: _divided(noisy, known, clean, sigma, 1e-8),
        ),
        Mistake(
            "the weights do not add up to 1: divide by their sum",
            lambda noisy, known, clean, sigma: (-_distances(noisy, known, clean) / (2 * sigma**2)).exp() @ clean,
        ),
    ],
    returns="[N, D], one answer for each noisy image",
    praise="no denoiser of these images has a smaller squared error; what is missing had no say in the weights",
    target="[N, D]: with every pixel known as in section 4, with none known the mean of all clean images",
    minutes=10,
    level="hard",
    ask="How likely is a missing pixel under each of the clean images: does it speak for one rather than another?",
)


def _codes() -> list[tuple[Tensor]]:
    z = torch.tensor([[0.0, 2.0, 0.0, -1.0, 0.0], [0.0, 0.0, 0.0, -3.0, 0.0], [0.0, -2.0, 0.0, 0.0, 4.0]])
    negative = torch.tensor([[0.0, -1.0, 0.0, -2.0], [0.0, -2.0, 0.0, 0.0], [5.0, 0.0, 0.0, -1.0]])
    return [(z,), (z[:2],), (negative,), (F.pad(z, (0, 1), value=0.5),)]  # the last unit never changes, and is not 0


dead_share = Exercise(
    number="9.4",
    examples=_codes,
    right=lambda z: (z == 0).all(0).float().mean(),
    mistakes=[
        Mistake(
            "a unit that says the same of every image has no spread, but is not 0 and so not dead",
            lambda z: (z.var(0, unbiased=False) == 0).float().mean(),
        ),
        Mistake("that is the share of zeros in the table", lambda z: (z == 0).float().mean()),
        Mistake("a unit that is 0 for some image is not dead yet", lambda z: (z == 0).any(0).float().mean()),
        Mistake("axis 1 are the units: go along the images", lambda z: (z == 0).all(1).float().mean()),
        Mistake("that is the share of the living", lambda z: (z != 0).any(0).float().mean()),
        Mistake("plus and minus may cancel; ask of each image", lambda z: (z.sum(0) == 0).float().mean()),
        Mistake("a negative unit is not dead", lambda z: (z <= 0).all(0).float().mean()),
        Mistake("the largest value may be 0 and others below; ask of each", lambda z: (z.amax(0) == 0).float().mean()),
        Mistake("a share, not a count", lambda z: (z == 0).all(0).float().sum()),
        Mistake("return one number; yours has shape [5]", lambda z: (z == 0).all(0).float()),
    ],
    observe=one_number,
    returns="one number",
    praise="a dead unit takes up room and gets no gradient",
    target="One number from 0 to 1",
    minutes=6,
    level="easy",
    ask="Take one column of the table: when is its unit dead, and how many verdicts do you have at the end?",
)

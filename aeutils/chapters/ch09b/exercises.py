"""The exercises of notebook 09b."""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils.lessons.exercises import Exercise, Mistake, one_number


def _codes() -> list[tuple[Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [(torch.randn(4, 3, generator=generator),), (torch.randn(6, 5, generator=generator),)]


l1_penalty = Exercise(
    number="9b.1",
    examples=_codes,
    right=lambda z: z.abs().sum(1).mean(),
    mistakes=[
        Mistake("a negative unit must cost, too: take its absolute value", lambda z: z.sum(1).mean()),
        Mistake("that is the sum of squares; L1 takes absolute values", lambda z: z.square().sum(1).mean()),
        Mistake("averaged over images: a larger batch must not cost more", lambda z: z.abs().sum()),
        Mistake("summed over the units: a mean makes λ as much weaker as there are units", lambda z: z.abs().mean()),
        Mistake(
            "axis 0 are the images: add up over axis 1, and average over the images", lambda z: z.abs().sum(0).mean()
        ),
        Mistake("return one number; yours has shape", lambda z: z.abs().sum(1)),
    ],
    observe=one_number,
    returns="one number",
    praise="the price of a code does not depend on the size of the batch",
    target="One number: summed over units, averaged over images",
    minutes=5,
    level="easy",
    ask="What should become of the penalty if every image came twice, and what if there were twice as many units?",
)


def _activities() -> list[tuple[Tensor, float]]:
    generator = torch.Generator().manual_seed(1)
    return [
        (0.05 + 0.9 * torch.rand(5, 3, generator=generator), 0.05),
        (0.05 + 0.9 * torch.rand(7, 4, generator=generator), 0.2),
    ]


def _coins(q: Tensor, rho: float) -> Tensor:
    return rho * (rho / q).log() + (1 - rho) * ((1 - rho) / (1 - q)).log()


kl_penalty = Exercise(
    number="9b.2",
    examples=_activities,
    right=lambda z, rho: _coins(z.mean(0), rho).sum(),
    mistakes=[
        Mistake(
            "average over the images first: a unit may be on for one of them",
            lambda z, rho: _coins(z, rho).sum(1).mean(),
        ),
        Mistake(
            "axis 0 are the images: average over them, not over the units", lambda z, rho: _coins(z.mean(1), rho).sum()
        ),
        Mistake(
            "that is only half of it: a coin also has its other side",
            lambda z, rho: (rho * (rho / z.mean(0)).log()).sum(),
        ),
        Mistake(
            "the other way round: ρ comes first, the measured average second",
            lambda z, rho: sum(q * (q / rho).log() + (1 - q) * ((1 - q) / (1 - rho)).log() for q in z.mean(0)),
        ),
        Mistake("summed over the units, not averaged", lambda z, rho: _coins(z.mean(0), rho).mean()),
        Mistake("its sign is turned: a KL is never below 0", lambda z, rho: -_coins(z.mean(0), rho).sum()),
        Mistake(
            "that is one average for all units together: a silent unit and a busy one would cancel; mean(0)",
            lambda z, rho: _coins(z.mean(), rho),
        ),
        Mistake("return one number; yours has shape", lambda z, rho: _coins(z.mean(0), rho)),
    ],
    observe=one_number,
    returns="one number",
    praise="single images are free to use a unit or not",
    target="One number, 0 if every unit's average is ρ",
    minutes=8,
    level="medium",
    ask="What is a unit's q, one number for each image or one for all, and when is its term 0?",
)


def _layers() -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(2)
    return [
        (torch.randn(4, 3, generator=generator).tanh(), torch.randn(3, 5, generator=generator)),
        (torch.randn(6, 2, generator=generator).tanh(), torch.randn(2, 7, generator=generator)),
    ]


contraction = Exercise(
    number="9b.3",
    examples=_layers,
    right=lambda z, w: ((1 - z.square()).square() @ w.square().sum(1)).mean(),
    mistakes=[
        Mistake("that is the sigmoid's slope", lambda z, w: ((z * (1 - z)).square() @ w.square().sum(1)).mean()),
        Mistake("the slopes must be squared", lambda z, w: ((1 - z.square()) @ w.square().sum(1)).mean()),
        Mistake("the slope of tanh is 1 − z², not 1 − z", lambda z, w: ((1 - z).square() @ w.square().sum(1)).mean()),
        Mistake(
            "square the weights before they are added",
            lambda z, w: ((1 - z.square()).square() @ w.sum(1).square()).mean(),
        ),
        Mistake("the weights are missing", lambda z, w: (1 - z.square()).square().sum(1).mean()),
        Mistake(
            "a sum over the images grows with the batch: average over them",
            lambda z, w: ((1 - z.square()).square() @ w.square().sum(1)).sum(),
        ),
        Mistake(
            "summed over the units, not averaged",
            lambda z, w: ((1 - z.square()).square() * w.square().sum(1)).mean(),
        ),
        Mistake(
            "each unit's slope belongs to its own weights: multiply unit by unit, then add up",
            lambda z, w: (1 - z.square()).square().sum(1).mean() * w.square().sum(),
        ),
        Mistake("return one number; yours has shape", lambda z, w: (1 - z.square()).square() @ w.square().sum(1)),
    ],
    observe=one_number,
    returns="one number",
    praise="no Jacobian had to be computed",
    target="One number: the squared derivatives of all units by all pixels, added up, averaged over the images",
    minutes=10,
    level="hard",
    ask="How fast does tanh rise at a unit whose value is 0, and how fast at one whose value is nearly 1?",
)

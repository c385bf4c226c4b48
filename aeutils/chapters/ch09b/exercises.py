"""The exercises of notebook 09b."""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils.lessons.exercises import Exercise, Mistake, one_number


def _alone() -> list[tuple[Tensor, float]]:
    generator = torch.Generator().manual_seed(0)
    return [
        (torch.randn(4, 3, generator=generator), 0.5),
        (2 * torch.randn(6, 5, generator=generator), 1.6),
    ]


priced = Exercise(
    number="9b.1",
    examples=_alone,
    right=lambda y, price: (y - price / 2).clamp_min(0),
    mistakes=[
        Mistake(
            "a code behind a ReLU is never below 0; there 0 is the cheapest",
            lambda y, price: y - price / 2,
        ),
        Mistake(
            "the square's slope is 2 (z − y): half of λ is taken off, not all of it",
            lambda y, price: (y - price).clamp_min(0),
        ),
        Mistake("λ is a price: it makes z smaller, not larger", lambda y, price: (y + price / 2).clamp_min(0)),
        Mistake(
            "what stays pays as well: a little less z saves λ for each unit of it and costs next to nothing at z = y",
            lambda y, price: torch.where(y > price / 2, y, 0.0),
        ),
        Mistake(
            "that is right without a ReLU, where a code may be below 0; here it may not",
            lambda y, price: y.sign() * (y.abs() - price / 2).clamp_min(0),
        ),
        Mistake(
            "that is right for a price on z², which makes nothing exactly 0",
            lambda y, price: (y / (1 + price)).clamp_min(0),
        ),
        Mistake("the price is missing", lambda y, price: y.clamp_min(0)),
    ],
    returns="a table like y",
    praise="one price does both: what would be small is exactly 0, and all the rest is smaller by λ/2",
    target="A table like y; at price 0 a ReLU",
    minutes=5,
    level="medium",
    ask="At which z does the sum stop falling, and what if that z is below 0?",
)


def _activities() -> list[tuple[Tensor, float]]:
    generator = torch.Generator().manual_seed(1)
    return [
        (0.05 + 0.9 * torch.rand(5, 3, generator=generator), 0.05),
        (0.05 + 0.9 * torch.rand(7, 4, generator=generator), 0.2),
    ]


def _slopes(z: Tensor, rho: float) -> Tensor:
    q = z.mean(0)
    return ((1 - rho) / (1 - q) - rho / q) / len(z)


kl_slopes = Exercise(
    number="9b.2",
    examples=_activities,
    right=lambda z, rho: _slopes(z, rho).expand_as(z),
    mistakes=[
        Mistake(
            "that is the slope by each unit's average; one image moves it by 1 / N only",
            lambda z, rho: len(z) * _slopes(z, rho).expand_as(z),
        ),
        Mistake(
            "each activity acts by its unit's average: put the average into the formula, not the activity",
            lambda z, rho: ((1 - rho) / (1 - z) - rho / z) / len(z),
        ),
        Mistake(
            "the sign is turned: above ρ the penalty rises with the average",
            lambda z, rho: -_slopes(z, rho).expand_as(z),
        ),
        Mistake(
            "that is only half of it: a coin also has its other side",
            lambda z, rho: (-rho / z.mean(0) / len(z)).expand_as(z),
        ),
        Mistake(
            "the inner derivative of 1 − q is −1: the two terms have different signs",
            lambda z, rho: ((-(1 - rho) / (1 - z.mean(0)) - rho / z.mean(0)) / len(z)).expand_as(z),
        ),
        Mistake(
            "axis 0 are the images: average over them, not over the units",
            lambda z, rho: (
                ((1 - rho) / (1 - z.mean(1, keepdim=True)) - rho / z.mean(1, keepdim=True)) / len(z)
            ).expand_as(z),
        ),
        Mistake(
            "summed over the units: only the average over the images divides",
            lambda z, rho: (_slopes(z, rho) / z.shape[1]).expand_as(z),
        ),
        Mistake("a slope for every activity", lambda z, rho: _slopes(z, rho)),
    ],
    returns="a table like z",
    praise="every image's activity gets the same push: single images are free to use a unit or not",
    target="A table like z; 0 in the columns whose average is ρ",
    minutes=8,
    level="medium",
    ask="By how much does a unit's average move when one of N activities does, and how does its term follow?",
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

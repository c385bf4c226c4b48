"""The exercises of notebook 04b."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.lessons.exercises import Exercise, Mistake, but


def _log_weights() -> list[tuple[Tensor]]:
    """Log-weights of five draws for three images, and of two draws for four; as far below 0 as those of digits are.

    The last image of the second lies so far below the others that its weights are 0 beside theirs.
    """
    generator = torch.Generator().manual_seed(8)
    first, second = (3 * torch.randn(k, n, generator=generator) - 150 for k, n in ((5, 3), (2, 4)))
    second[:, -1] -= 250
    return [(first,), (second,)]


def _estimate(log_weights: Tensor) -> Tensor:
    return log_weights.logsumexp(0) - math.log(len(log_weights))


importance_weighted = Exercise(
    number="4b.1",
    examples=_log_weights,
    right=_estimate,
    mistakes=[
        Mistake(
            "that is the mean of the logarithms, the ELBO; you want the logarithm of the mean", lambda w: w.mean(0)
        ),
        Mistake("log K is missing: logsumexp adds the weights up, and you want their mean", lambda w: w.logsumexp(0)),
        Mistake("log K is to be subtracted", lambda w: w.logsumexp(0) + math.log(len(w))),
        Mistake(
            "divide the sum of the weights by K: under the logarithm that is − log K", lambda w: w.logsumexp(0) / len(w)
        ),
        Mistake("the draws are the first axis, the images the second", lambda w: w.logsumexp(1) - math.log(w.shape[1])),
        Mistake("that is the best draw alone", lambda w: w.max(0).values),
        Mistake(
            "that is minus infinity: exp(−150) is nearly 0 and its sum is lost; use logsumexp",
            lambda w: w.exp().mean(0).log(),
        ),
        Mistake(
            "each image needs a largest weight of its own: beside the best image's, another's may all be 0",
            lambda w: w.max() + (w - w.max()).exp().mean(0).log(),
        ),
        Mistake("keep one number for each image", lambda w: _estimate(w).mean()),
        Mistake("that is the price, − log p(x); turn the sign round", but(_estimate, torch.neg)),
    ],
    returns="[N], one number for each image",
    praise="one draw gives the ELBO's estimate, many come nearer to log p(x)",
    target="One number for each image: the logarithm of the mean weight",
    minutes=10,
    tolerance=1e-6,
    level="medium",
    ask="For two draws with weights 1 and 3: what is the logarithm of the mean, what the mean of the logarithms?",
)


def _unit_prices() -> list[tuple[Tensor, float]]:
    """KL of each unit: for four images and three units; for two and four; and for a code that is nearly silent."""
    generator = torch.Generator().manual_seed(9)
    first = torch.rand(4, 3, generator=generator) * torch.tensor([3.0, 0.1, 1.0])
    silent = 0.1 * torch.rand(3, 2, generator=generator)
    return [(first, 0.5), (4 * torch.rand(2, 4, generator=generator), 1.5), (silent, 0.3)]


def _free(
    over: Callable[[Tensor], Tensor] = lambda kl: kl.mean(0), limit: Callable[[Tensor, float], Tensor] = torch.clamp_min
) -> Callable[[Tensor, float], Tensor]:
    """An answer to 4b.2: average the KL over images, then the `limit` for each unit, then add up."""
    return lambda kl, free: limit(over(kl), free).sum()


free_bits = Exercise(
    number="4b.2",
    examples=_unit_prices,
    right=_free(),
    mistakes=[
        Mistake(
            "average over the images first: the limit is for a unit's mean, not for each image",
            lambda kl, free: kl.clamp_min(free).sum(1).mean(),
        ),
        Mistake(
            "the limit is for each unit; you took it for the whole code",
            lambda kl, free: kl.sum(1).mean().clamp_min(free),
        ),
        Mistake("that is the plain KL, with nothing free", lambda kl, free: kl.sum(1).mean()),
        Mistake("a unit below the limit shall cost the limit: clamp_min, not clamp_max", _free(limit=torch.clamp_max)),
        Mistake(
            "that subtracts the limit; a unit above it shall cost all its KL",
            _free(limit=lambda kl, free: (kl - free).relu()),
        ),
        Mistake("add up the units: independent units' nats add", lambda kl, free: kl.mean(0).clamp_min(free).mean()),
        Mistake(
            "one number for each unit is not yet the price; add them up", lambda kl, free: kl.mean(0).clamp_min(free)
        ),
        Mistake("average over the images, don't add them up", _free(over=lambda kl: kl.sum(0))),
        Mistake("the images are the first axis, the units the second", _free(over=lambda kl: kl.mean(1))),
    ],
    returns="one number",
    praise="a unit below the limit costs the same whatever it says, so its gradient is 0 and it may begin to speak",
    target="One number: each unit costs its mean KL, but at least the free nats",
    minutes=10,
    tolerance=1e-5,
    level="medium",
    ask="One unit has a KL of 0 for half of the images and 1 for the rest. With 0.2 nats free, what shall it cost?",
)


def _units(
    sigma2: Callable[[float], float] = lambda beta: beta / 2,
    seen: Callable[[Tensor, int], Tensor] = lambda eigenvalues, k: eigenvalues[:k],
    active: Callable[[Tensor, float], Tensor] = lambda seen, sigma2: seen > sigma2,
    kl: Callable[[Tensor], Tensor] = lambda ratios: 0.5 * ratios.log().sum(),
) -> Callable[[Tensor, int, float], tuple[int, Tensor]]:
    """An answer to 4b.3: how many of the eigenvalues `seen` are `active`, and the `kl` of their ratios to σ²."""

    def answer(eigenvalues: Tensor, k: int, beta: float) -> tuple[int, Tensor]:
        kept = seen(eigenvalues, k)
        heard = kept[active(kept, sigma2(beta))]
        return len(heard), kl(heard / sigma2(beta))

    return answer


_SPECTRUM = torch.tensor([9.0, 5.0, 3.0, 2.0, 0.7, 0.3])

predict_units = Exercise(
    number="4b.3",
    examples=[(torch.tensor([4.0, 1.5, 0.8, 0.2]), 3, 2.0), (_SPECTRUM, 2, 1.0), (_SPECTRUM, 6, 5.0)],
    right=_units(),
    mistakes=[
        Mistake("you took β for σ²; β = 2σ²", _units(lambda beta: beta)),
        Mistake("σ² is half of β, not twice", _units(lambda beta: 2 * beta)),
        Mistake(
            "the model has only k units: look at the k largest eigenvalues",
            _units(seen=lambda eigenvalues, k: eigenvalues),
        ),
        Mistake(
            "the count is right; the KL of an active unit has a factor ½", _units(kl=lambda ratios: ratios.log().sum())
        ),
        Mistake(
            "the count is right; the KL is in bits: take the natural logarithm",
            _units(kl=lambda ratios: 0.5 * ratios.log2().sum()),
        ),
        Mistake(
            "the count is right; silent units cost nothing, so leave their (negative) logarithms out",
            lambda eigenvalues, k, beta: (
                (eigenvalues[:k] > beta / 2).sum(),
                0.5 * (eigenvalues[:k] / (beta / 2)).log().sum(),
            ),
        ),
        Mistake(
            "the count is right; that is what a unit saves in reconstruction, its KL is ½ log(λ / σ²)",
            _units(kl=lambda ratios: 0.5 * (ratios - 1).sum()),
        ),
        Mistake(
            "the count is right; add the KLs of the active units, don't average",
            _units(kl=lambda ratios: 0.5 * ratios.log().mean()),
        ),
        Mistake(
            "the count is right; one KL for each unit: add them up, so that it is one number",
            _units(kl=lambda ratios: 0.5 * ratios.log()),
        ),
        Mistake(
            "an eigenvalue is a variance already: compare it with σ², without a root",
            _units(active=lambda seen, sigma2: seen.sqrt() > sigma2),
        ),
        Mistake("that is the KL, then the count; return the count first", but(_units(), lambda both: both[::-1])),
        Mistake("return 2 values", but(_units(), lambda both: both[0])),
    ],
    parts=("the number of active units", "the KL"),
    returns="two numbers, the count and the KL in nats",
    praise="from the eigenvalues alone, before any training. Compare with section 4's figure",
    target="Two numbers: 2 and about 0.90 for eigenvalues 4, 1.5, 0.8, 0.2, with k = 3 and β = 2",
    minutes=12,
    level="hard",
    ask="Which eigenvalues lie above σ² (not β), and at most how many of them can the code hold?",
)

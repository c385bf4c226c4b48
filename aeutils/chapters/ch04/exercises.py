"""Checks for the exercises of notebook 04."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from aeutils.lessons.grading import Diagnosis, Feedback, NotAttempted, attempted, grade

_PIXELS = 784


def effective(answer: Callable[..., tuple[float, float]]) -> Feedback:
    """Exercise 4.1: `answer(w, pixels, units)` is the β and σ² of a mean squared error plus w times a mean KL."""
    examples = ((0.01, 64 * 64, 32), (1.0, 64 * 64, 32), (0.5, 100, 10))

    def call() -> tuple[float, ...]:
        values: list[float] = []
        for given in (answer(), *(answer(*example) for example in examples)):
            given = attempted(given)
            if not isinstance(given, tuple | list) or len(given) != 2:
                raise Diagnosis("return two numbers, separated by a comma: β and σ²")
            values += [float(attempted(part)) for part in given]
        return tuple(values)

    def pairs(beta: Callable[[float, int, int], float], variance: Callable[[float], float]) -> tuple[float, ...]:
        betas = [beta(*example) for example in (examples[0], *examples)]
        return tuple(value for b in betas for value in (b, variance(b)))

    def right(w: float, pixels: int, units: int) -> float:
        return w * pixels / units

    def half(b: float) -> float:
        return b / 2

    return grade(
        call,
        pairs(right, half),
        {
            "the KL is a mean over the code units too: divide its weight by their number": pairs(
                lambda w, pixels, units: w * pixels, half
            ),
            "a mean over the units makes the KL smaller, not larger: b = w / units": pairs(
                lambda w, pixels, units: w * pixels * units, half
            ),
            "the ratio is upside down: β is the factor of the KL over that of the reconstruction": pairs(
                lambda w, pixels, units: units / (w * pixels), half
            ),
            "that is upside down: with a = 1 / pixels and b = w / units it is β = b / a": pairs(
                lambda w, pixels, units: w * units / pixels, half
            ),
            "that is right for the first example only: use w, pixels and units": (1.28, 0.64) * 4,
            "w is missing": pairs(lambda w, pixels, units: pixels / units, half),
            "the mean over pixels is missing: its factor is a = 1 / pixels": pairs(
                lambda w, pixels, units: w / units, half
            ),
            "β is right, but β = 2σ², so σ² is half of it": pairs(right, lambda b: 2 * b),
            "β is right, but σ² is not β: the squared error alone is the Gaussian with σ² = ½": pairs(
                right, lambda b: b
            ),
            "β is right; the second number should be σ², not σ": pairs(right, lambda b: math.sqrt(b / 2)),
        },
        praise="β = 1.28 and σ² = 0.64 for w = 0.01: the two means partly make up for one another",
        target="Two numbers: 128 and 64 for w = 1, with 64 × 64 pixels and 32 units",
    )


def kl_of_codes(answer: Callable[[Tensor, Tensor], Tensor]) -> Feedback:
    """Exercise 4.2: `answer(mean, log_variance)`, both `[N, k]`, is the KL to N(0, I) of each code, `[N]`."""
    generator = torch.Generator().manual_seed(4)
    mean, log_variance = torch.randn(2, 5, 3, generator=generator)
    right = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))

    def units(variance: Tensor, log: Tensor) -> Tensor:
        return 0.5 * (mean.square() + variance - 1 - log)

    return grade(
        lambda: attempted(answer(mean.clone(), log_variance.clone())),
        right.sum(1),
        {
            "the sign is turned round: a KL divergence is never negative": -right.sum(1),
            "the factor ½ is missing": 2 * right.sum(1),
            "you averaged over the code units: a factor of k too small. Units are independent, so sum": right.mean(1),
            "that is the average over the images of the right sums; keep one number for each image": right.sum(
                1
            ).mean(),
            "that is one number for all images together; sum over the units only: .sum(1)": right.sum(),
            "one number for each unit is not yet the code's; sum over the units: .sum(1)": right,
            "you summed over the images; the units are the second axis: .sum(1)": right.sum(0),
            "you took the log-variance for σ: exponentiate it": units(
                log_variance.square(), log_variance.square().log()
            ).sum(1),
            "you took the log-variance for the variance: σ² = exp(log σ²)": units(log_variance, log_variance).sum(1),
            "you took it for log σ: exp(log-variance) is σ² already, don't square it again": units(
                (2 * log_variance).exp(), 2 * log_variance
            ).sum(1),
            "exp(log-variance / 2) is σ; the formula wants σ²": units((log_variance / 2).exp(), log_variance).sum(1),
            "log σ is half of log σ²: in the formula with ½ in front it is log σ²": units(
                log_variance.exp(), log_variance / 2
            ).sum(1),
            "exp(log-variance) is σ² already; don't square it": units((2 * log_variance).exp(), log_variance).sum(1),
            "the sign of the logarithm is turned round: it is − log σ²": units(log_variance.exp(), -log_variance).sum(
                1
            ),
            "the −1 is missing: the prior itself would not have KL 0": (right + 0.5).sum(1),
            "the −1 belongs to each of the k units; put it inside the sum": right.sum(1) + 1,
            "the mean must be squared": (right - 0.5 * mean.square() + 0.5 * mean).sum(1),
            "the mean is missing": (right - 0.5 * mean.square()).sum(1),
        },
        tolerance=1e-5,
        praise="torch.distributions gives the same, and so does the notebook's kl_to_prior, summed over the units",
        target="One number for each image: the KL of its units, added up",
    )


def draw_codes(answer: Callable[[Tensor, Tensor], Tensor]) -> Feedback:
    """Exercise 4.3: `answer(mean, log_variance)`, both `[N, k]`, draws codes by the reparameterisation trick."""
    n, mu, sigma = 20_000, torch.tensor([-1.0, 0.5, 2.0]), torch.tensor([0.2, 1.0, 2.0])
    log_variance = 2 * sigma.log()

    def call() -> tuple[Tensor, Tensor]:
        inputs = [part.expand(n, 3).clone().requires_grad_() for part in (mu, log_variance)]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            z = attempted(answer(*inputs))
        if not isinstance(z, Tensor):
            raise Diagnosis(f"return a tensor of codes; got {type(z).__name__}")
        if z.shape != (n, 3):
            raise Diagnosis(f"one code for each image: expected shape [N, k] = [{n}, 3], got {list(z.shape)}")
        if not z.requires_grad:
            raise Diagnosis("no gradient flows through your codes: .sample(), .detach() or no_grad cut it off")
        values = z.detach()
        if torch.allclose(values, inputs[0].detach(), atol=1e-6):
            raise Diagnosis("that is the mean; nothing is random. Add σ times noise")
        if values.std(0).max() < 1e-4:
            raise Diagnosis("all images share the same noise: draw ε in the shape of the means, [N, k]")
        if (torch.corrcoef(values.T) - torch.eye(3)).abs().max() > 0.9:
            raise Diagnosis("the units of a code share the same noise: draw ε in the shape of the means, [N, k]")
        gradients = torch.autograd.grad(z.sum(), inputs, allow_unused=True)
        means, spreads = values.mean(0), values.std(0)
        fits = (spreads - sigma).abs().max() < 0.06 and (means - mu).abs().max() < 0.06
        if means.abs().max() < 0.06 and (spreads - sigma).abs().max() < 0.06:
            raise Diagnosis("the mean is missing: noise is added to it")
        if fits and (gradients[0] is None or gradients[1] is None or not gradients[1].any()):
            lost = "mean" if gradients[0] is None else "log-variance"
            raise Diagnosis(f"the numbers are right, but no gradient reaches the {lost}")
        return means, spreads

    return grade(
        call,
        (mu, sigma),
        {
            "you added noise without scaling it: multiply ε by σ": (mu, torch.ones(3)),
            "you took the log-variance for σ: σ = exp(½ log σ²)": (mu, log_variance.abs()),
            "you multiplied ε by the variance: σ is its square root, exp(½ log σ²)": (mu, sigma**2),
            "you multiplied ε by the root of σ: σ = exp(½ log σ²), with ½ once": (mu, sigma.sqrt()),
            "torch.rand is uniform between 0 and 1; ε is normal: torch.randn": (mu + sigma / 2, sigma / 12**0.5),
            "you divided by σ: multiply": (mu, 1 / sigma),
        },
        tolerance=0.03,
        praise="mean, spread and gradients are those of Normal(mean, sigma).rsample()",
        target="One code for each image: the mean plus σ times its own noise",
    )


def predict_units(answer: Callable[[Tensor, int, float], tuple[int, float]]) -> Feedback:
    """Exercise 4.4: `answer(eigenvalues, k, beta)` is the number of active units and the KL of a linear model."""
    examples = (
        (torch.tensor([4.0, 1.5, 0.8, 0.2]), 3, 2.0),
        (torch.tensor([9.0, 5.0, 3.0, 2.0, 0.7, 0.3]), 2, 1.0),
        (torch.tensor([9.0, 5.0, 3.0, 2.0, 0.7, 0.3]), 6, 5.0),
    )

    def call() -> tuple[float, ...]:
        values: list[float] = []
        for eigenvalues, k, beta in examples:
            given = attempted(answer(eigenvalues.clone(), k, beta))
            if not isinstance(given, tuple | list) or len(given) != 2:
                raise Diagnosis("return two numbers, separated by a comma: the number of active units and the KL")
            if getattr(given[1], "shape", ()) not in ((), (1,)):
                raise Diagnosis("one KL for each unit: add them up, so that it is one number")
            values += [float(attempted(part)) for part in given]
        return tuple(values)

    def each(variance: float = 0.5, half: float = 0.5, limit: bool = True, root: bool = False) -> tuple[float, ...]:
        values = []
        for eigenvalues, k, beta in examples:
            kept, s2 = eigenvalues[:k] if limit else eigenvalues, variance * beta
            heard = kept[(kept.sqrt() if root else kept) > s2]
            values += [len(heard), half * (heard / s2).log().sum().item()]
        return tuple(values)

    right = each()
    bits = tuple(value if i % 2 == 0 else value / math.log(2) for i, value in enumerate(right))
    silent_too = tuple(
        value
        for (eigenvalues, k, beta), count in zip(examples, right[::2], strict=True)
        for value in (count, 0.5 * (eigenvalues[:k] / (beta / 2)).log().sum().item())
    )
    saved = tuple(
        value
        for eigenvalues, k, beta in examples
        for kept in [eigenvalues[:k][eigenvalues[:k] > beta / 2]]
        for value in (len(kept), 0.5 * (kept / (beta / 2) - 1).sum().item())
    )
    return grade(
        call,
        right,
        {
            "you took β for σ²; β = 2σ²": each(variance=1),
            "σ² is half of β, not twice": each(variance=2),
            "the model has only k units: look at the k largest eigenvalues": each(limit=False),
            "the count is right; the KL of an active unit has a factor ½": each(half=1),
            "the count is right; the KL is in bits: take the natural logarithm": bits,
            "the count is right; silent units cost nothing, so leave their (negative) logarithms out": silent_too,
            "the count is right; that is what a unit saves in reconstruction, its KL is ½ log(λ / σ²)": saved,
            "an eigenvalue is a variance already: compare it with σ², without a root": each(root=True),
        },
        praise="from the eigenvalues alone, before any training. Compare with section 5's figure",
        target="Two numbers: 2 and about 0.90 for eigenvalues 4, 1.5, 0.8, 0.2, with k = 3 and β = 2",
    )


def elbo_per_image(answer: Callable[[Tensor, Tensor, Tensor, float], Tensor]) -> Feedback:
    """Exercise 4.5: `answer(x, x_hat, kl, sigma)` is the ELBO of each image under a Gaussian likelihood, `[N]`."""
    generator = torch.Generator().manual_seed(6)
    x, x_hat = torch.rand(2, 4, 1, 28, 28, generator=generator)
    kl, sigma = 20 * torch.rand(4, generator=generator) + 5, 0.3
    squares = (x - x_hat).square().flatten(1).sum(1)
    constant = _PIXELS / 2 * math.log(2 * math.pi * sigma**2)
    log_p = Normal(x_hat, sigma).log_prob(x).flatten(1).sum(1)
    right = log_p - kl

    def call() -> Tensor:
        given = answer(x.clone(), x_hat.clone(), kl.clone(), sigma)
        if given is None or given is ...:
            raise NotAttempted
        return given

    return grade(
        call,
        right,
        {
            "that is the negative ELBO, the loss; turn all signs round": -right,
            "the KL is subtracted: it lowers the bound": log_p + kl,
            "the KL is missing: that is log p(x|z) of the drawn code": log_p,
            "the squared error has the wrong sign: the larger it is, the lower the bound": (
                squares / (2 * sigma**2) - constant - kl
            ),
            "the constant has the wrong sign: it is − D/2 · log(2πσ²)": -squares / (2 * sigma**2) + constant - kl,
            "the constant is missing: − D/2 · log(2πσ²)": -squares / (2 * sigma**2) - kl,
            "that is the ELBO only at σ² = ½, and without its constant: divide the squared error by 2σ²": -squares - kl,
            "the factor ½ of the squared error is missing: divide by 2σ²": -squares / sigma**2 - constant - kl,
            "divide by 2σ², not by 2σ: sigma is the standard deviation": -squares / (2 * sigma) - constant - kl,
            "the constant counts for each of the 784 pixels": -squares / (2 * sigma**2) - constant / _PIXELS - kl,
            "2π is missing in the constant": -squares / (2 * sigma**2) - _PIXELS * math.log(sigma) - kl,
            "you averaged over the pixels; independent pixels' logarithms add up": log_p / _PIXELS - kl,
            "you averaged the squares over the pixels; independent pixels' logarithms add up: .sum(1)": (
                -squares / _PIXELS / (2 * sigma**2) - constant - kl
            ),
            "the constant is D/2 · log(2πσ²), half of yours": -squares / (2 * sigma**2) - 2 * constant - kl,
            "inside the logarithm stands 2πσ², the variance, not 2πσ": (
                -squares / (2 * sigma**2) - _PIXELS / 2 * math.log(2 * math.pi * sigma) - kl
            ),
            "that is one number for all images; keep the first axis": right.mean(),
        },
        tolerance=1e-5,
        praise="a lower bound on log p(x), as soon as it is averaged over drawn codes",
        target="One number for each image: log p(x|z) minus the KL",
    )

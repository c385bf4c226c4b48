"""The exercises of notebook 04."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from scipy.stats import kstest
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, but, finite

_NO_LOGARITHM = "NaN: a log-variance may be negative and has no logarithm or root; exponentiate it"


def _codes() -> list[tuple[Tensor, ...]]:
    """Means and log-variances of five codes with three units, and of two with four."""
    generator = torch.Generator().manual_seed(4)
    return [tuple(torch.randn(2, n, k, generator=generator)) for n, k in ((5, 3), (2, 4))]


def _right_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    return kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)


def _kl(
    variance: Callable[[Tensor], Tensor] = torch.exp,
    log: Callable[[Tensor], Tensor] = lambda log_variance: log_variance,
    square: Callable[[Tensor], Tensor] = torch.square,
    one: float = 1,
    over: Callable[[Tensor], Tensor] = lambda units: units.sum(1),
) -> Callable[[Tensor, Tensor], Tensor]:
    """An answer to 4.1: ½ (μ² + σ² − 1 − log σ²), put together by `over`. As it is, it is right.

    `variance` and `log` make σ² and its logarithm of what is given.
    """
    return lambda mean, given: over(0.5 * (square(mean) + variance(given) - one - log(given)))


kl_of_codes = Exercise(
    number="4.1",
    examples=_codes,
    right=_right_kl,
    mistakes=[
        Mistake("the sign is turned round: a KL divergence is never negative", but(_right_kl, torch.neg)),
        Mistake("the factor ½ is missing", but(_right_kl, lambda kl: 2 * kl)),
        Mistake(
            "you averaged over the code units: a factor of k too small. Units are independent, so sum",
            _kl(over=lambda units: units.mean(1)),
        ),
        Mistake(
            "that is the average over the images of the right sums; keep one number for each image",
            but(_right_kl, torch.mean),
        ),
        Mistake(
            "that is one number for all images together; sum over the units only: .sum(1)", but(_right_kl, torch.sum)
        ),
        Mistake(
            "one number for each unit is not yet the code's; sum over the units: .sum(1)", _kl(over=lambda units: units)
        ),
        Mistake(
            "you summed over the images; the units are the second axis: .sum(1)", _kl(over=lambda units: units.sum(0))
        ),
        Mistake(
            "you took the log-variance for σ: exponentiate it",
            _kl(variance=torch.square, log=lambda given: given.square().log()),
        ),
        Mistake("you took the log-variance for the variance: σ² = exp(log σ²)", _kl(variance=lambda given: given)),
        Mistake(
            "you took it for log σ: exp(log-variance) is σ² already, don't square it again",
            _kl(variance=lambda given: (2 * given).exp(), log=lambda given: 2 * given),
        ),
        Mistake("exp(log-variance / 2) is σ; the formula wants σ²", _kl(variance=lambda given: (given / 2).exp())),
        Mistake(
            "log σ is half of log σ²: in the formula with ½ in front it is log σ²", _kl(log=lambda given: given / 2)
        ),
        Mistake("exp(log-variance) is σ² already; don't square it", _kl(variance=lambda given: (2 * given).exp())),
        Mistake("the sign of the logarithm is turned round: it is − log σ²", _kl(log=torch.neg)),
        Mistake("the −1 is missing: the prior itself would not have KL 0", _kl(one=0)),
        Mistake(
            "the −1 belongs to each of the k units; put it inside the sum",
            _kl(one=0, over=lambda units: units.sum(1) - 0.5),
        ),
        Mistake("the mean must be squared", _kl(square=lambda mean: mean)),
        Mistake("the mean is missing", _kl(square=torch.zeros_like)),
        Mistake(_NO_LOGARITHM, _kl(log=torch.log)),
    ],
    observe=lambda answer, mean, log_variance: finite(answer(mean, log_variance), _NO_LOGARITHM),
    returns="[N], the images' axis alone, summed over the units",
    praise="torch.distributions gives the same, and so does the notebook's kl_to_prior, summed over the units",
    target="One number for each image: the KL of its units, added up",
    minutes=4,
    tolerance=1e-5,
    level="easy",
    ask="Take one unit with mean 0 and log-variance 0: which of your terms are 0, which are 1, and is their sum 0?",
)


def _one_code_many_times() -> list[tuple[Tensor, ...]]:
    """The mean and log-variance of one code with three units, 100,000 times."""
    mean, sigma = torch.tensor([-1.0, 0.5, 2.0]), torch.tensor([0.2, 1.0, 2.0])
    return [tuple(part.repeat(100_000, 1) for part in (mean, 2 * sigma.log()))]


def _draw(
    noise: Callable[[Tensor], Tensor] = torch.randn_like,
    sigma: Callable[[Tensor], Tensor] = lambda log_variance: (log_variance / 2).exp(),
) -> Callable[[Tensor, Tensor], Tensor]:
    """An answer to 4.2: the mean plus σ times noise made like the mean. As it is, it is right."""
    return lambda mean, log_variance: mean + sigma(log_variance) * noise(mean)


def _spread(answer: Callable[[Tensor, Tensor], Tensor], mean: Tensor, log_variance: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each unit's draws.

    Raises:
        Diagnosis: no codes `[N, k]`; nothing random; noise that is shared, or of another form than normal; a gradient
            that reaches no input.
    """
    inputs = [part.requires_grad_() for part in (mean, log_variance)]
    torch.manual_seed(1)
    again = answer(*inputs)
    torch.manual_seed(0)
    z = finite(answer(*inputs), _NO_LOGARITHM)
    if not isinstance(z, Tensor):
        raise Diagnosis(f"return a tensor of codes; got {type(z).__name__}")
    if z.shape != mean.shape:
        raise Diagnosis(f"one code for each image: expected shape [N, k] = {list(mean.shape)}, got {list(z.shape)}")
    if torch.equal(z, again):
        what = "the mean" if torch.allclose(z, mean) else "the same in every call"
        raise Diagnosis(f"that is {what}; nothing is random. Add σ times noise, and set no seed")
    if not z.requires_grad:
        raise Diagnosis("no gradient flows through your codes: .sample(), .detach() or no_grad cut it off")
    gradients = torch.autograd.grad(z.sum(), inputs, allow_unused=True)
    z, mean, sigma = z.detach().float(), mean.detach()[0], (log_variance.detach()[0] / 2).exp()
    means, spreads = z.mean(0), z.std(0)
    if spreads.max() < 1e-4:
        raise Diagnosis("all images share the same noise: draw ε in the shape of the means, [N, k]")
    if (torch.corrcoef(z.T) - torch.eye(len(mean))).abs().max() > 0.9:
        raise Diagnosis("the units of a code share the same noise: draw ε in the shape of the means, [N, k]")
    if torch.allclose(spreads, sigma, rtol=0, atol=0.06) and torch.allclose(means, mean, rtol=0, atol=0.06):
        lost = [n for n, g in zip(("mean", "log-variance"), gradients, strict=True) if g is None or not g.any()]
        if lost:
            raise Diagnosis(f"the numbers are right, but no gradient reaches the {' and the '.join(lost)}")
        noise = ((z - mean) / sigma).flatten()
        if kstest(noise.numpy(), "norm").statistic > 0.005:  # of 300,000 normal ones 0.0016 at the median
            near, far = (noise.abs() < 1).float().mean(), (noise.abs() > 3).float().mean()
            raise Diagnosis(
                f"mean and spread are right, but the noise is not normal: {near:.0%} of it is nearer than σ and "
                f"{far:.1%} further than 3 σ, of normal noise 68% and 0.3%; draw it by torch.randn"
            )
    return means, spreads


draw_codes = Exercise(
    number="4.2",
    examples=_one_code_many_times,
    right=lambda mean, log_variance: Normal(mean, (log_variance / 2).exp()).rsample(),
    mistakes=[
        Mistake("you added noise without scaling it: multiply ε by σ", _draw(sigma=torch.ones_like)),
        Mistake("you took the log-variance for σ: σ = exp(½ log σ²)", _draw(sigma=lambda log_variance: log_variance)),
        Mistake("you multiplied ε by the variance: σ is its square root, exp(½ log σ²)", _draw(sigma=torch.exp)),
        Mistake(
            "you multiplied ε by the root of σ: σ = exp(½ log σ²), with ½ once",
            _draw(sigma=lambda log_variance: (log_variance / 4).exp()),
        ),
        Mistake("torch.rand is uniform between 0 and 1; ε is normal: torch.randn", _draw(torch.rand_like)),
        Mistake("you divided by σ: multiply", _draw(sigma=lambda log_variance: (-log_variance / 2).exp())),
        Mistake(
            "the mean is missing: noise is added to it",
            lambda mean, log_variance: (log_variance / 2).exp() * torch.randn_like(mean),
        ),
        Mistake(
            "mean and σ are exchanged: the noise is multiplied by σ",
            lambda mean, log_variance: (log_variance / 2).exp() + mean * torch.randn_like(mean),
        ),
        Mistake("all images share the same noise", _draw(lambda mean: torch.randn(mean.shape[1]))),
        Mistake("the units of a code share the same noise", _draw(lambda mean: torch.randn(len(mean), 1))),
        Mistake("the noise is not normal", _draw(lambda mean: (torch.rand_like(mean) - 0.5) * math.sqrt(12))),
        Mistake("the noise is not normal", _draw(lambda mean: torch.randn_like(mean).sign())),
        Mistake("the noise is not normal", _draw(lambda mean: torch.randn_like(mean).clamp(-2.5, 2.5))),
        Mistake("that is the mean; nothing is random", _draw(torch.zeros_like)),
        Mistake("that is the same in every call; nothing is random", _draw(torch.ones_like)),
        Mistake(
            "no gradient flows through your codes",
            lambda mean, log_variance: Normal(mean, (log_variance / 2).exp()).sample(),
        ),
        Mistake("reaches the log-variance", _draw(sigma=lambda log_variance: (log_variance.detach() / 2).exp())),
        Mistake(
            "reaches the mean and the log-variance",
            lambda mean, log_variance: torch.normal(mean, (log_variance / 2).exp()),
        ),
        Mistake("one code for each image", but(_draw(), lambda z: z.mean(0))),
        Mistake(_NO_LOGARITHM, _draw(sigma=torch.sqrt)),
    ],
    observe=_spread,
    parts=("the codes' mean", "the codes' spread"),
    returns="[N, k], one code for each image",
    praise="mean, spread and gradients are those of Normal(mean, sigma).rsample()",
    target="One code for each image: the mean plus σ times its own noise",
    minutes=10,
    tolerance=0.03,
    level="medium",
    ask="If log σ² is 2, what is σ, and what do you see when you draw ten thousand codes of one image?",
)


def _images_and_kl() -> list[tuple[Tensor, Tensor, Tensor, float]]:
    """Four images with a small σ, whose constant is positive, and three with a large one, where it is negative."""
    generator = torch.Generator().manual_seed(6)
    return [
        (*torch.rand(2, n, 1, 28, 28, generator=generator), 20 * torch.rand(n, generator=generator) + 5, sigma)
        for n, sigma in ((4, 0.3), (3, 0.8))
    ]


def _log_p(x: Tensor, x_hat: Tensor, sigma: float) -> Tensor:
    return Normal(x_hat, sigma).log_prob(x).flatten(1).sum(1)


def _right_elbo(x: Tensor, x_hat: Tensor, kl: Tensor, sigma: float) -> Tensor:
    return _log_p(x, x_hat, sigma) - kl


def _elbo(
    squares: Callable[[Tensor, float], Tensor] = lambda error, sigma: error / (2 * sigma**2),
    constant: Callable[[float], float] = lambda sigma: 392 * math.log(2 * math.pi * sigma**2),
    kl: float = 1,
) -> Callable[[Tensor, Tensor, Tensor, float], Tensor]:
    """An answer to 4.3: minus `squares` of the squared error, minus the constant, minus `kl` times the KL."""

    def answer(x: Tensor, x_hat: Tensor, given: Tensor, sigma: float) -> Tensor:
        return -squares((x - x_hat).square().flatten(1).sum(1), sigma) - constant(sigma) - kl * given

    return answer


elbo_per_image = Exercise(
    number="4.3",
    examples=_images_and_kl,
    right=_right_elbo,
    mistakes=[
        Mistake("that is the negative ELBO, the loss; turn all signs round", but(_right_elbo, torch.neg)),
        Mistake(
            "that is the loss: the negative ELBO, and without its constant − D/2 · log(2πσ²)",
            _elbo(lambda error, sigma: -error / (2 * sigma**2), lambda sigma: 0, kl=-1),
        ),
        Mistake(
            "log p(x|z) has the wrong sign: it is minus the formula of notebook 3",
            lambda x, x_hat, kl, sigma: -_log_p(x, x_hat, sigma) - kl,
        ),
        Mistake("the KL is subtracted: it lowers the bound", _elbo(kl=-1)),
        Mistake(
            "the ELBO has no β: subtract the KL itself, not 2σ² times it",
            lambda x, x_hat, kl, sigma: _log_p(x, x_hat, sigma) - 2 * sigma**2 * kl,
        ),
        Mistake("the KL is missing: that is log p(x|z) of the drawn code", _elbo(kl=0)),
        Mistake(
            "the squared error has the wrong sign: the larger it is, the lower the bound",
            _elbo(lambda error, sigma: -error / (2 * sigma**2)),
        ),
        Mistake(
            "the constant has the wrong sign: it is − D/2 · log(2πσ²)",
            _elbo(constant=lambda sigma: -392 * math.log(2 * math.pi * sigma**2)),
        ),
        Mistake("the constant is missing: − D/2 · log(2πσ²)", _elbo(constant=lambda sigma: 0)),
        Mistake(
            "that is the ELBO only at σ² = ½, and without its constant: divide the squared error by 2σ²",
            _elbo(lambda error, sigma: error, lambda sigma: 0),
        ),
        Mistake(
            "the factor ½ of the squared error is missing: divide by 2σ²", _elbo(lambda error, sigma: error / sigma**2)
        ),
        Mistake(
            "divide by 2σ², not by 2σ: sigma is the standard deviation", _elbo(lambda error, sigma: error / (2 * sigma))
        ),
        Mistake(
            "the constant counts for each of the 784 pixels",
            _elbo(constant=lambda sigma: 0.5 * math.log(2 * math.pi * sigma**2)),
        ),
        Mistake("2π is missing in the constant", _elbo(constant=lambda sigma: 784 * math.log(sigma))),
        Mistake(
            "you averaged over the pixels; independent pixels' logarithms add up",
            lambda x, x_hat, kl, sigma: _log_p(x, x_hat, sigma) / 784 - kl,
        ),
        Mistake(
            "you averaged the squares over the pixels; independent pixels' logarithms add up: .sum(1)",
            _elbo(lambda error, sigma: error / 784 / (2 * sigma**2)),
        ),
        Mistake(
            "the constant is D/2 · log(2πσ²), half of yours",
            _elbo(constant=lambda sigma: 784 * math.log(2 * math.pi * sigma**2)),
        ),
        Mistake(
            "inside the logarithm stands 2πσ², the variance, not 2πσ",
            _elbo(constant=lambda sigma: 392 * math.log(2 * math.pi * sigma)),
        ),
        Mistake(
            "Normal wants the standard deviation, sigma itself, not its square",
            lambda x, x_hat, kl, sigma: _right_elbo(x, x_hat, kl, sigma**2),
        ),
        Mistake(
            "log p(x|z) is summed over all images; keep the first axis: .flatten(1).sum(1)",
            lambda x, x_hat, kl, sigma: _log_p(x, x_hat, sigma).sum() - kl,
        ),
        Mistake("that is one number for all images; keep the first axis", but(_right_elbo, torch.mean)),
    ],
    returns="[N], the images' axis alone, summed over the pixels",
    praise="a lower bound on log p(x), as soon as it is averaged over drawn codes",
    target="One number for each image: log p(x|z) minus the KL",
    minutes=15,
    tolerance=1e-5,
    level="hard",
    ask="If the reconstruction gets worse, or the KL grows, must the bound rise or fall, and does your formula do so?",
)


def _effective(
    beta: Callable[[float, int, int], float] = lambda w, pixels, units: w * pixels / units,
    sigma2: Callable[[float], float] = lambda beta: beta / 2,
) -> Callable[[float, int, int], tuple[float, float]]:
    """An answer to 4.4: β from the arguments, and σ² from β. As it is, it is right."""
    return lambda w, pixels, units: (beta(w, pixels, units), sigma2(beta(w, pixels, units)))


effective = Exercise(
    number="4.4",
    examples=[(0.01, 64 * 64, 32), (1.0, 64 * 64, 32), (0.5, 100, 10)],
    right=_effective(),
    mistakes=[
        Mistake(
            "the KL is a mean over the code units too: divide its weight by their number",
            _effective(lambda w, pixels, units: w * pixels),
        ),
        Mistake(
            "a mean over the units makes the KL smaller, not larger: b = w / units",
            _effective(lambda w, pixels, units: w * pixels * units),
        ),
        Mistake(
            "the ratio is upside down: β is the factor of the KL over that of the reconstruction",
            _effective(lambda w, pixels, units: units / (w * pixels)),
        ),
        Mistake(
            "that is upside down: with a = 1 / pixels and b = w / units it is β = b / a",
            _effective(lambda w, pixels, units: w * units / pixels),
        ),
        Mistake(
            "that is right for the first example only: use w, pixels and units", lambda w, pixels, units: (1.28, 0.64)
        ),
        Mistake("w is missing", _effective(lambda w, pixels, units: pixels / units)),
        Mistake(
            "the mean over pixels is missing: its factor is a = 1 / pixels",
            _effective(lambda w, pixels, units: w / units),
        ),
        Mistake("β is right, but β = 2σ², so σ² is half of it", _effective(sigma2=lambda beta: 2 * beta)),
        Mistake(
            "β is right, but σ² is not β: the squared error alone is the Gaussian with σ² = ½",
            _effective(sigma2=lambda beta: beta),
        ),
        Mistake("β is right; the second number should be σ², not σ", _effective(sigma2=lambda beta: (beta / 2) ** 0.5)),
        Mistake(
            "β is right, but it grows with σ²: β = 2σ², turned round σ² = β / 2",
            _effective(sigma2=lambda b: 1 / (2 * b)),
        ),
        Mistake("that is σ², then β; return β first", but(_effective(), lambda both: both[::-1])),
        Mistake("return 2 values, separated by commas: β, σ²", but(_effective(), lambda both: both[0])),
    ],
    parts=("β", "σ²"),
    returns="two numbers, β and σ²",
    praise="β = 1.28 and σ² = 0.64 for w = 0.01: the two means partly make up for one another",
    target="Two numbers: 128 and 64 for w = 1, with 64 × 64 pixels and 32 units",
    minutes=10,
    level="medium",
    ask="By which number do you multiply the sum over pixels to get its mean, and by which the sum over units?",
)

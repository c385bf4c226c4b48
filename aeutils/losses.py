"""Losses: functions `(model, x) -> {name: term}`, and the error of each image that they average.

Every term is an unweighted scalar tensor, summed over pixels or code units and averaged over images, so its unit is
"squared error per image" or "nats per image" whatever the batch size. `x` may be examples of any shape `[B, ...]`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from aeutils.models import VariationalAutoencoder, check_model
from aeutils.runtime import short


def squared_errors(x: Tensor, x_hat: Tensor) -> Tensor:
    """Squared error of each image, `||x_n - x_hat_n||^2`, summed over its pixels: `[N]`.

    Args:
        x: images `[N, ...]`, in any range.
        x_hat: their reconstructions, same shape.

    Raises:
        ValueError: `x` and `x_hat` are no tensors `[N, ...]` of one shape.
    """
    _check_pair(x, x_hat, "reconstructions")
    return (x - x_hat).square().flatten(1).sum(1)


def bernoulli_nats(x: Tensor, p: Tensor) -> Tensor:
    """Cross-entropy of each image in nats, summed over its pixels: `[N]`; 0 log 0 counts as 0.

    `-sum_i [x_i log p_i + (1 - x_i) log(1 - p_i)]` (Bishop, PRML 2006, eq. 4.90).

    Args:
        x: images `[N, ...]` in [0, 1].
        p: the probability of white for each pixel, same shape. With `p = x` it is the images' entropy, the lowest
            cross-entropy that any model can have.

    Raises:
        ValueError: `x` and `p` are no tensors `[N, ...]` of one shape, or `x` is not in [0, 1].
    """
    _check_pair(x, p, "probabilities")
    _check_targets(x)
    return -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).flatten(1).sum(1)


def bernoulli_nats_of_logits(x: Tensor, logits: Tensor) -> Tensor:
    """`bernoulli_nats(x, sigmoid(logits))`, `[N]`, computed from the logits so that it cannot overflow.

    Raises:
        ValueError: as `bernoulli_nats`.
    """
    _check_pair(x, logits, "logits")
    _check_targets(x)
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def squared_error(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Squared error per image, `mean_n ||x_n - x_hat_n||^2`.

    Up to a constant it is `-log N(x; x_hat, sigma^2 I)` at sigma^2 = 1/2 (Bishop, PRML 2006, section 1.2.5).

    Args:
        model: any module that maps `x` to reconstructions of the same shape.
        x: images `[B, ...]`, in any range.

    Raises:
        ValueError: what is no model, or reconstructions of another shape.
    """
    check_model(model)
    return {"squared_error": squared_errors(x, model(x)).mean()}


def cross_entropy(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Bernoulli cross-entropy in nats per image, computed from the logits so that it cannot overflow.

    `-sum_i [x_i log p_i + (1 - x_i) log(1 - p_i)]` with `p = sigmoid(logits)`, averaged over images
    (Bishop, PRML 2006, eq. 4.90). For grey pixels its lowest value is the pixels' own entropy, not 0.

    Args:
        model: a model with `encode` and `decode_logits`; its head is taken to be the sigmoid.
        x: images `[B, ...]` in [0, 1].

    Raises:
        ValueError: a model without these methods, logits of another shape, or images that are not in [0, 1]: with a
            target above 1 or below 0 the loss has no lower bound.
    """
    check_model(model, "encode", "decode_logits")
    coder: Any = model  # PyTorch's types know nothing of encode
    return {"cross_entropy": bernoulli_nats_of_logits(x, coder.decode_logits(coder.encode(x))).mean()}


def kl_to_prior(posterior: Normal) -> Tensor:
    """KL divergence of each code unit's posterior from its prior, N(0, 1), in nats.

    `(mu^2 + sigma^2 - 1 - log sigma^2) / 2` (Kingma & Welling, ICLR 2014, appendix B). Units are independent: the KL of
    a code is the sum over its units.

    Args:
        posterior: normal distributions of batch shape `[B, k]`.

    Returns:
        `[B, k]`, never negative but for rounding.

    Raises:
        ValueError: something else than a `torch.distributions.Normal`.
    """
    if not isinstance(posterior, Normal):
        raise ValueError(f"posterior is {short(posterior)}; expected a torch.distributions.Normal: model.posterior(x)")
    mean, sigma = posterior.mean, posterior.stddev
    return (mean.square() + sigma.square() - 1) / 2 - sigma.log()


def variational_squared_error(model: VariationalAutoencoder, x: Tensor) -> dict[str, Tensor]:
    """Squared error per image of a code *drawn* from the posterior, and the posterior's KL to the prior.

    With weights 1 and `beta` their sum is the negative evidence lower bound, up to a constant, of a decoder
    `N(x; x_hat, sigma^2 I)` with `sigma^2 = 1/2` and a KL term weighted by `beta`; which is the same, up to a factor,
    as `beta = 1` at `sigma^2 = beta / 2` (Kingma & Welling, ICLR 2014; Higgins et al., ICLR 2017, for beta).

    Args:
        model: a model with `posterior` and `decode`.
        x: images `[B, ...]`, in any range.

    Returns:
        `squared_error`, and `kl` in nats per image. One code is drawn for each image (`rsample`).

    Raises:
        ValueError: a model without these methods, or reconstructions of another shape.
    """
    check_model(model, "posterior", "decode")
    posterior = model.posterior(x)
    return {
        "squared_error": squared_errors(x, model.decode(posterior.rsample())).mean(),
        "kl": kl_to_prior(posterior).flatten(1).sum(1).mean(),
    }


def variational_cross_entropy(model: VariationalAutoencoder, x: Tensor) -> dict[str, Tensor]:
    """Cross-entropy of a code *drawn* from the posterior, and the posterior's KL to the prior, both in nats per image.

    On black and white pixels their sum is the negative evidence lower bound of a Bernoulli decoder (Kingma & Welling,
    ICLR 2014, appendix C.1). On grey ones it is a surrogate, as in `cross_entropy`.

    Args:
        model: a model with `posterior` and `decode_logits`; its head is taken to be the sigmoid.
        x: images `[B, ...]` in [0, 1].

    Raises:
        ValueError: as `cross_entropy`.
    """
    check_model(model, "posterior", "decode_logits")
    posterior = model.posterior(x)
    logits = model.decode_logits(posterior.rsample())
    return {
        "cross_entropy": bernoulli_nats_of_logits(x, logits).mean(),
        "kl": kl_to_prior(posterior).flatten(1).sum(1).mean(),
    }


def _check_pair(x: Tensor, other: Tensor, name: str) -> None:
    if not isinstance(x, Tensor) or not isinstance(other, Tensor):
        raise ValueError(f"images are {short(x)} and {name} {short(other)}; expected two tensors of the same shape")
    if x.shape != other.shape or x.ndim < 2 or not len(x):  # or broadcasting would compare every image with every other
        raise ValueError(
            f"images have shape {list(x.shape)} and {name} {list(other.shape)}; expected the same shape [N, ...], at "
            "least one image, first axis the images"
        )


def _check_targets(x: Tensor) -> None:
    """Cross-entropy is made for targets in [0, 1]: outside, it falls for ever as the logits grow.

    On a GPU a step of training would have to wait for the answer: there, `fit` hears of it when it measures.
    """
    if x.device.type != "cpu" and torch.is_grad_enabled():
        return
    if not x.is_floating_point():
        raise ValueError(f"cross-entropy takes float targets in [0, 1], and these are {x.dtype}; x.float() converts")
    low, high = (value.item() for value in x.detach().aminmax())
    if not (low >= 0 and high <= 1):  # also true for NaN
        raise ValueError(
            f"cross-entropy takes targets in [0, 1], and these go from {low:.4g} to {high:.4g}: use a squared error, "
            "or rescale them, such as (x - x.min()) / (x.max() - x.min())"
        )

"""Losses: functions `(model, x) -> {name: term}`.

Every term is an unweighted scalar tensor, summed over pixels or code units and averaged over images, so its unit is
"squared error per image" or "nats per image" whatever the batch size.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from aeutils.models import VariationalAutoencoder


def squared_error(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Squared error per image, `mean_n ||x_n - x_hat_n||^2`.

    Up to a constant it is `-log N(x; x_hat, sigma^2 I)` at sigma^2 = 1/2 (Bishop, PRML 2006, section 1.2.5).

    Args:
        x: images `[B, 1, 28, 28]`.
    """
    return {"squared_error": _squared_error(x, model(x))}


def cross_entropy(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Bernoulli cross-entropy in nats per image, computed from the logits so that it cannot overflow.

    `-sum_i [x_i log p_i + (1 - x_i) log(1 - p_i)]` with `p = sigmoid(logits)`, averaged over images
    (Bishop, PRML 2006, eq. 4.90). For grey pixels its lowest value is the pixels' own entropy, not 0.

    Args:
        model: a model with `encode` and `decode_logits`; its head is taken to be the sigmoid.
        x: images `[B, 1, 28, 28]` in [0, 1].
    """
    return {"cross_entropy": _cross_entropy(x, model.decode_logits(model.encode(x)))}


def kl_to_prior(posterior: Normal) -> Tensor:
    """KL divergence of each code unit's posterior from its prior, N(0, 1), in nats.

    `(mu^2 + sigma^2 - 1 - log sigma^2) / 2` (Kingma & Welling, ICLR 2014, appendix B). Units are independent: the KL of
    a code is the sum over its units.

    Args:
        posterior: normal distributions of batch shape `[B, k]`.

    Returns:
        `[B, k]`, never negative but for rounding.
    """
    mean, sigma = posterior.mean, posterior.stddev
    return (mean.square() + sigma.square() - 1) / 2 - sigma.log()


def variational_squared_error(model: VariationalAutoencoder, x: Tensor) -> dict[str, Tensor]:
    """Squared error per image of a code *drawn* from the posterior, and the posterior's KL to the prior.

    With weights 1 and `beta` their sum is the negative evidence lower bound, up to a constant, of a decoder
    `N(x; x_hat, sigma^2 I)` with `sigma^2 = 1/2` and a KL term weighted by `beta`; which is the same, up to a factor,
    as `beta = 1` at `sigma^2 = beta / 2` (Kingma & Welling, ICLR 2014; Higgins et al., ICLR 2017, for beta).

    Args:
        x: images `[B, 1, 28, 28]`.

    Returns:
        `squared_error`, and `kl` in nats per image. One code is drawn for each image (`rsample`).
    """
    posterior = model.posterior(x)
    return {
        "squared_error": _squared_error(x, model.decode(posterior.rsample())),
        "kl": _per_image(kl_to_prior(posterior)),
    }


def variational_cross_entropy(model: VariationalAutoencoder, x: Tensor) -> dict[str, Tensor]:
    """Cross-entropy of a code *drawn* from the posterior, and the posterior's KL to the prior, both in nats per image.

    On black and white pixels their sum is the negative evidence lower bound of a Bernoulli decoder (Kingma & Welling,
    ICLR 2014, appendix C.1). On grey ones it is a surrogate, as in `cross_entropy`.

    Args:
        model: its head is taken to be the sigmoid.
        x: images `[B, 1, 28, 28]` in [0, 1].
    """
    posterior = model.posterior(x)
    logits = model.decode_logits(posterior.rsample())
    return {"cross_entropy": _cross_entropy(x, logits), "kl": _per_image(kl_to_prior(posterior))}


def _per_image(values: Tensor) -> Tensor:
    """Summed over pixels or code units, averaged over images."""
    return values.flatten(1).sum(1).mean()


def _squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    if x_hat.shape != x.shape:  # or broadcasting would compare every image with every other
        raise ValueError(f"the model makes {list(x_hat.shape)} of images {list(x.shape)}; expected the same shape")
    return _per_image((x - x_hat).square())


def _cross_entropy(x: Tensor, logits: Tensor) -> Tensor:
    return _per_image(F.binary_cross_entropy_with_logits(logits, x, reduction="none"))

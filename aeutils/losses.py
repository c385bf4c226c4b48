"""Losses: functions `(model, x) -> {name: term}`.

Every term is an unweighted scalar tensor, summed over pixels or code units and averaged over images, so its unit is
"squared error per image" or "nats per image" whatever the batch size.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


def squared_error(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Squared error per image, `mean_n ||x_n - x_hat_n||^2`.

    Up to a constant it is `-log N(x; x_hat, sigma^2 I)` at sigma^2 = 1/2 (Bishop, PRML 2006, section 1.2.5).

    Args:
        x: images `[B, 1, 28, 28]`.
    """
    x_hat = model(x)
    if x_hat.shape != x.shape:  # or broadcasting would compare every image with every other
        raise ValueError(f"the model makes {list(x_hat.shape)} of images {list(x.shape)}; expected the same shape")
    return {"squared_error": (x - x_hat).square().flatten(1).sum(1).mean()}


def cross_entropy(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Bernoulli cross-entropy in nats per image, computed from the logits so that it cannot overflow.

    `-sum_i [x_i log p_i + (1 - x_i) log(1 - p_i)]` with `p = sigmoid(logits)`, averaged over images
    (Bishop, PRML 2006, eq. 4.90). For grey pixels its lowest value is the pixels' own entropy, not 0.

    Args:
        model: a model with `encode` and `decode_logits`; its head is taken to be the sigmoid.
        x: images `[B, 1, 28, 28]` in [0, 1].
    """
    logits = model.decode_logits(model.encode(x))
    nats = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return {"cross_entropy": nats.flatten(1).sum(1).mean()}

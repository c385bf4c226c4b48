"""A fair race between losses, for notebook 03: the same starts and batches, and everybody may clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

import aeutils as ae
from aeutils.data import Images
from aeutils.evaluation import bernoulli_nats, reconstruct

CLIPS = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1)


class Result(NamedTuple):
    """On test images: squared error, cross-entropy in nats as the outputs are, and in nats with the best clip."""

    squared_error: float
    nats: float
    clipped_nats: float


def clipped_nats(rebuild: Callable[[Tensor], Tensor], images: Images) -> float:
    """Cross-entropy per test image in nats, of outputs cut to [ε, 1 − ε], with the ε that is best on validation images.

    Args:
        rebuild: a model, or any function from images `[N, ...]` to reconstructions of any range, same shape.
        images: in [0, 1]; ε is one of `CLIPS`.
    """

    with torch.no_grad():
        val, test = ((x, rebuild(x)) for x in (images.val.x, images.test.x))

    def nats(x: Tensor, x_hat: Tensor, eps: float) -> float:
        return bernoulli_nats(x, x_hat.clamp(eps, 1 - eps)).mean().item()

    return nats(*test, min(CLIPS, key=lambda eps: nats(*val, eps)))


def race(
    arms: Mapping[str, tuple[Callable[..., Any], Callable[[], nn.Module]]],
    starts: Sequence[ae.Autoencoder],
    images: Images,
    trained: Mapping[str, Sequence[ae.Autoencoder]],
    **settings: Any,
) -> dict[str, Result]:
    """Train every arm from every start and measure it on test images; the mean over the starts.

    Args:
        arms: name -> loss, and what makes the head.
        starts: untrained models; every arm trains copies of them.
        images: what to train, choose and measure on.
        trained: name -> models that have been trained so already, from the first of the starts on.
        **settings: for `ae.fit`, the same for all.

    Raises:
        ValueError: a model in `trained` has other widths than its start.
    """
    results: dict[str, Result] = {}
    for name, (loss, head) in arms.items():
        models = list(trained.get(name, ()))
        for model, start in zip(models, starts, strict=False):
            widths, wanted = ([tuple(each.shape) for each in net.parameters()] for net in (model, start))
            if widths != wanted:
                raise ValueError(f"trained[{name!r}] has layers of {widths}, its start of {wanted}; train it again")
        for start in starts[len(models) :]:
            model = deepcopy(start)
            model.head = head()
            ae.fit(model, images, loss, **settings)
            models.append(model)
        each = [_result(model, images) for model in models]
        results[name] = Result(*torch.tensor(each).mean(0).tolist())
    return results


def _result(model: ae.Autoencoder, images: Images) -> Result:
    x = images.test.x
    x_hat = reconstruct(model, x)
    if isinstance(model.head, nn.Sigmoid):
        logits = ae.evaluation.apply(lambda part: model.decode_logits(model.encode(part)), model, x)
        nats = ae.losses.bernoulli_nats_of_logits(x, logits).mean().item()
    else:
        nats = float("inf") if x_hat.min() < 0 or x_hat.max() > 1 else bernoulli_nats(x, x_hat).mean().item()
    clipped = clipped_nats(lambda part: reconstruct(model, part), images)
    return Result(ae.reconstruction_error(model, x), nats, clipped)


def above_the_floor(scores: Mapping[str, Result], images: Images, components: int) -> dict[str, float]:
    """Cross-entropy per test image in nats, less what a perfect reconstruction pays; lowest first.

    Args:
        scores: of `race`; each is shown with its best clip and, where that is finite, as it is.
        images: what the scores were measured on.
        components: of the PCA that is shown beside them, clipped, as is the mean of the training images.
    """
    mean_image = images.train.x.mean(0, keepdim=True)
    nats = {
        "mean image, clipped": clipped_nats(lambda x: mean_image.expand_as(x), images),
        "PCA, clipped": clipped_nats(ae.pca_autoencoder(images, components), images),
    }
    for name, score in scores.items():
        nats |= {name: score.nats, f"{name}, clipped": score.clipped_nats}
    floor = bernoulli_nats(images.test.x, images.test.x).mean().item()
    finite = sorted((value - floor, name) for name, value in nats.items() if math.isfinite(value))
    return {name: value for value, name in finite}

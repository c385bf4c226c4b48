"""What a model is worth: errors on images it was not trained on, and the baselines to hold them against."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral

import numpy as np
import torch
from torch import Tensor, nn

from aeutils import runtime
from aeutils.data import Images, Split, check_images
from aeutils.models import Autoencoder, VariationalAutoencoder

_BATCH = 1000


@contextmanager
def borrowed(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Move `model` to `device` for a while; it comes back to where it was, whatever happens."""
    first = next(model.parameters(), None)
    home = device if first is None else first.device
    try:
        model.to(device)
        yield
    finally:
        model.to(home)


@torch.no_grad()
def apply(function: Callable[[Tensor], Tensor], model: nn.Module, x: Tensor) -> Tensor:
    """`function(x)` in batches on `ae.device()`, with `model` there and in evaluation mode; the result is on the CPU.

    Args:
        function: for example `model.encode`.
        model: the module that `function` uses; its mode and device are as before afterwards.
        x: what to feed, first axis the batch.
    """
    device = runtime.device()
    was_training = {module: module.training for module in model.modules()}  # parts may differ: a frozen encoder, say
    try:
        with borrowed(model.eval(), device):
            return torch.cat([function(part.to(device)).cpu() for part in x.split(_BATCH)])
    finally:
        for module, mode in was_training.items():
            module.training = mode


def encode(model: nn.Module, images: Split | Tensor) -> Tensor:
    """Codes `[N, k]` of the images, on the CPU."""
    return apply(model.encode, model, _pixels(images))


def decode(model: nn.Module, z: Tensor) -> Tensor:
    """Decoded images `[N, 1, 28, 28]` of the codes `z` `[N, k]`, on the CPU."""
    return apply(model.decode, model, z)


def reconstruct(model: nn.Module, images: Split | Tensor) -> Tensor:
    """Reconstructions `[N, 1, 28, 28]` of the images, on the CPU."""
    return apply(model, model, _pixels(images))


def squared_errors(x: Tensor, x_hat: Tensor) -> Tensor:
    """Squared error of each image, summed over its pixels: `[N]`.

    Raises:
        ValueError: `x` and `x_hat` have different shapes.
    """
    if x.shape != x_hat.shape:  # or broadcasting would compare every image with every other
        raise ValueError(f"images {list(x.shape)} and reconstructions {list(x_hat.shape)} differ in shape")
    return (x - x_hat).square().flatten(1).sum(1)


def bernoulli_nats(x: Tensor, p: Tensor) -> Tensor:
    """Cross-entropy of each image in nats, summed over its pixels: `[N]`; 0 log 0 counts as 0.

    Args:
        x: images `[N, 1, 28, 28]` in [0, 1].
        p: the probability of white for each pixel, same shape. With `p = x` it is the images' entropy, the lowest
            cross-entropy that any model can have.

    Raises:
        ValueError: `x` and `p` have different shapes.
    """
    if x.shape != p.shape:
        raise ValueError(f"images {list(x.shape)} and probabilities {list(p.shape)} differ in shape")
    return -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).flatten(1).sum(1)


def active_units(model: VariationalAutoencoder, images: Split | Tensor, threshold: float = 0.01) -> int:
    """How many code units carry something: those whose posterior mean varies over the images by more than `threshold`.

    (Burda, Grosse & Salakhutdinov, *Importance weighted autoencoders*, ICLR 2016, section 5.2, with their 0.01.)

    Args:
        threshold: variance of the posterior mean, in the code's own unit, where the prior has variance 1.
    """
    return int((encode(model, images).var(0) > threshold).sum())


def reconstruction_error(model: nn.Module, images: Split | Tensor) -> float:
    """Squared error per image: summed over pixels, averaged over images.

    A variational model reconstructs from the posterior mean.

    Args:
        model: any module that maps images to reconstructions.
        images: a `Split` such as `images.val`, or a tensor `[N, 1, 28, 28]` in [0, 1].
    """
    x = _pixels(images)
    return squared_errors(x, reconstruct(model, x)).double().mean().item()


def pca_autoencoder(images: Images, code_size: int) -> Autoencoder:
    """PCA as what it is: the best linear autoencoder of the training images (Bourlard & Kamp, 1988).

    scikit-learn's components are put into the weights of an `Autoencoder((784, k), head=nn.Identity)`, so that PCA can
    be encoded, decoded and measured like any other model. Not trained.

    Args:
        images: fitted on `images.train` alone.
        code_size: components, from 1 to the smaller of the number of images and of pixels.

    Raises:
        ValueError: a `code_size` out of range, or `images` that `load` would not return.
    """
    if not isinstance(images, Images):
        raise ValueError(f"images is of type {type(images).__name__}; expected Images, such as ae.load('mnist-5k')")
    x = check_images(images.train.x, "images.train.x")
    n_pixels = x[0].numel()
    most = min(len(x), n_pixels)
    if not isinstance(code_size, Integral) or not 1 <= code_size <= most:
        raise ValueError(
            f"code_size={code_size!r}: PCA of {len(x):,} images of {n_pixels} pixels has 1 to {most} components"
        )
    components, mean = _principal_components(images)
    components = components[:code_size]
    model = Autoencoder((n_pixels, code_size), head=nn.Identity, shape=tuple(x.shape[1:]))
    with torch.no_grad():
        model.encoder[0].weight.copy_(components)  # z = components (x - mean)
        model.encoder[0].bias.copy_(-components @ mean)
        model.decoder[0].weight.copy_(components.T)  # x_hat = components^T z + mean
        model.decoder[0].bias.copy_(mean)
    return model


def pca_error(images: Images, code_size: int, on: str = "val") -> float:
    """Squared error per image of PCA with `code_size` components, fitted on the training images.

    Args:
        on: which images to measure on: `"train"`, `"val"` or `"test"`.

    Raises:
        ValueError: another `on`, or what `pca_autoencoder` refuses.
    """
    if on not in ("train", "val", "test"):
        raise ValueError(f"on={on!r}; expected 'train', 'val' or 'test'")
    return reconstruction_error(pca_autoencoder(images, code_size), getattr(images, on))


def linear_probe(train_z: Tensor, train_y: Tensor, z: Tensor, y: Tensor) -> float:
    """Accuracy on `(z, y)` of logistic regression on standardised codes fitted to `(train_z, train_y)`: 0 to 1.

    Args:
        train_z: codes (or flattened pixels) `[N, k]`.
        train_y: labels `[N]`.
        z: codes `[M, k]` of images that neither the model nor the probe has seen.
        y: labels `[M]`.

    Raises:
        ValueError: codes that are no `[N, k]`, or labels that do not belong to them.
    """
    train, test = _arrays(train_z, train_y, "train_"), _arrays(z, y)
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float(probe.fit(*train).score(*test))


def knn(train_z: Tensor, train_y: Tensor, z: Tensor, y: Tensor, neighbours: int = 5) -> float:
    """Accuracy on `(z, y)` of the majority vote among the nearest training codes (Euclidean distance): 0 to 1.

    Args:
        train_z: codes (or flattened pixels) `[N, k]`.
        train_y: labels `[N]`.
        z: codes `[M, k]` of images not seen in training.
        y: labels `[M]`.
        neighbours: how many vote.

    Raises:
        ValueError: as in `linear_probe`, or more neighbours than there are training codes.
    """
    train, test = _arrays(train_z, train_y, "train_"), _arrays(z, y)
    if not 1 <= neighbours <= len(train_z):
        raise ValueError(f"neighbours={neighbours}; expected 1 to {len(train_z):,}, the number of training codes")
    from sklearn.neighbors import KNeighborsClassifier

    return float(KNeighborsClassifier(neighbours).fit(*train).score(*test))


def _pixels(images: Split | Tensor) -> Tensor:
    return check_images(images.x if isinstance(images, Split) else images)


def _arrays(z: Tensor, y: Tensor | None, prefix: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Codes `[N, k]` and their labels `[N]` as scikit-learn wants them."""
    for name, value, wanted in ((f"{prefix}z", z, "codes [N, k]"), (f"{prefix}y", y, "labels [N]")):
        if not isinstance(value, Tensor):
            raise ValueError(f"{name} is of type {type(value).__name__}; expected a tensor of {wanted}")
    if z.ndim != 2 or y.shape != z.shape[:1]:
        raise ValueError(
            f"{prefix}z has shape {list(z.shape)} and {prefix}y {list(y.shape)}; expected codes [N, k] and labels [N]; "
            "z.flatten(1) flattens images"
        )
    return z.detach().cpu().numpy(), y.cpu().numpy()


@functools.lru_cache(maxsize=4)
def _principal_components(images: Images) -> tuple[Tensor, Tensor]:
    """All principal axes of the training images `[components, pixels]`, widest first, and their mean `[pixels]`."""
    from sklearn.decomposition import PCA

    x = images.train.x.flatten(1).numpy().astype(np.float64)
    solver = "covariance_eigh" if len(x) >= x.shape[1] else "full"
    pca = PCA(svd_solver=solver).fit(x)
    return torch.from_numpy(pca.components_.astype(np.float32)), torch.from_numpy(pca.mean_.astype(np.float32))

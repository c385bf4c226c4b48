"""What a model is worth: errors on images it was not trained on, and the baselines to hold them against."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from aeutils import runtime
from aeutils.data import Images, Split, check_examples, check_held
from aeutils.losses import bernoulli_nats, squared_errors
from aeutils.models import Autoencoder, VariationalAutoencoder, check_model
from aeutils.runtime import borrowed, real_number, short, whole_number

__all__ = [
    "active_units",
    "apply",
    "bernoulli_nats",
    "decode",
    "encode",
    "knn",
    "linear_map",
    "linear_probe",
    "nearest_distance",
    "pca_autoencoder",
    "pca_error",
    "reconstruct",
    "reconstruction_error",
    "squared_errors",
]

_BATCH = 1000


@torch.no_grad()
def apply(function: Callable[[Tensor], Tensor], model: nn.Module, x: Tensor) -> Tensor:
    """`function(x)` in batches on `ae.device()`, with `model` there and in evaluation mode; the result is on the CPU.

    Args:
        function: for example `model.encode`.
        model: the module that `function` uses; its mode and device are as before afterwards.
        x: what to feed, first axis the batch.

    Raises:
        ValueError: what is no function, no torch module, or no tensor of at least one example.
    """
    if not callable(function):
        raise ValueError(f"function is {short(function)}; expected one such as model.encode")
    _check_module(model)
    if not isinstance(x, Tensor) or x.ndim == 0 or not len(x):
        raise ValueError(f"x is {short(x)}; expected a tensor [N, ...] of at least one example")
    device = runtime.device()
    with evaluating(model, device):
        parts = [function(part.to(device)) for part in x.split(_BATCH)]
    if not isinstance(parts[0], Tensor):
        raise ValueError(f"{short(function)} gave {short(parts[0])}; expected a tensor for each batch")
    return torch.cat([part.cpu() for part in parts])


@contextmanager
def evaluating(model: nn.Module, device: torch.device) -> Iterator[None]:
    """A model in evaluation mode on a device for a while; its mode and device are as before afterwards."""
    with evaluation_mode(model), borrowed(model, device):
        yield


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """A model in evaluation mode for a while; the mode of each of its parts is as before afterwards."""
    was_training = {module: module.training for module in model.modules()}  # parts may differ: a frozen encoder, say
    try:
        model.eval()
        yield
    finally:
        for module, mode in was_training.items():
            module.training = mode


def encode(model: nn.Module, images: Split | Tensor) -> Tensor:
    """Codes `[N, k]` of the images `[N, ...]`, on the CPU.

    Raises:
        ValueError: a model without `encode`, or what may not be trained on.
    """
    _check_module(model, "encode")
    return apply(cast(Any, model).encode, model, _examples(images))


def decode(model: nn.Module, z: Tensor) -> Tensor:
    """Decoded images `[N, ...]` of the codes `z` `[N, k]`, on the CPU.

    Raises:
        ValueError: a model without `decode`, or codes that are none or of another size than the model's.
    """
    _check_module(model, "decode")
    if not isinstance(z, Tensor) or z.ndim != 2 or not len(z):
        raise ValueError(f"z is {short(z)}; expected a tensor of codes [N, k], such as model.encode makes")
    return apply(cast(Any, model).decode, model, z)


def reconstruct(model: nn.Module, images: Split | Tensor) -> Tensor:
    """Reconstructions `[N, ...]` of the images, on the CPU.

    Raises:
        ValueError: what is no torch module, or may not be trained on.
    """
    _check_module(model)
    return apply(model, model, _examples(images))


def active_units(model: VariationalAutoencoder, images: Split | Tensor, threshold: float = 0.01) -> int:
    """How many code units carry something: those whose posterior mean varies over the images by more than `threshold`.

    (Burda, Grosse & Salakhutdinov, *Importance weighted autoencoders*, ICLR 2016, section 5.2, with their 0.01.)

    Args:
        model: its `encode` is the posterior mean.
        images: two or more.
        threshold: variance of the posterior mean, in the code's own unit, where the prior has variance 1.

    Raises:
        ValueError: as `encode`; fewer than two images; a threshold that is no number.
    """
    threshold = real_number(threshold, "threshold")
    codes = encode(model, images)
    if len(codes) < 2:
        raise ValueError("a single image has no variance; give two images or more")
    return int((codes.var(0) > threshold).sum())


def reconstruction_error(model: nn.Module, images: Split | Tensor) -> float:
    """Squared error per image: summed over pixels, averaged over images.

    A variational model reconstructs from the posterior mean.

    Args:
        model: any module that maps images to reconstructions.
        images: a `Split` such as `images.val`, or a tensor `[N, ...]` in any range.

    Raises:
        ValueError: as `reconstruct`, or reconstructions of another shape.
    """
    x = _examples(images)
    return squared_errors(x, reconstruct(model, x)).double().mean().item()


def pca_autoencoder(images: Images, code_size: int) -> Autoencoder:
    """PCA as what it is: the best linear autoencoder of the training images (Bourlard & Kamp, 1988).

    scikit-learn's components are put into the weights of an `Autoencoder((784, k), head=nn.Identity)`, so that PCA can
    be encoded, decoded and measured like any other model. Not trained.

    Args:
        images: fitted on `images.train` alone, of any shape.
        code_size: components, from 1 to the smaller of the number of images and of pixels.

    Raises:
        ValueError: a `code_size` out of range, or `images` that are none, or not of float32.
    """
    if not isinstance(images, Images):
        raise ValueError(f"images is of type {type(images).__name__}; expected Images, such as ae.load('mnist-5k')")
    x = check_examples(check_held(images.train, "images.train").x, "images.train.x")
    if x.dtype != torch.float32:
        raise ValueError(f"images.train.x is {str(x.dtype).removeprefix('torch.')}; PCA takes float32: x.float()")
    n_pixels = x[0].numel()
    most = min(len(x), n_pixels)
    try:
        code_size = whole_number(code_size, "code_size", 1, most)
    except ValueError:
        raise ValueError(
            f"code_size={short(code_size)}: PCA of {len(x):,} images of {n_pixels} pixels has 1 to {most} components"
        ) from None
    components, mean = _principal_components(images)
    components = components[:code_size]
    model = Autoencoder((n_pixels, code_size), head=nn.Identity, shape=tuple(x.shape[1:]))
    encoder, decoder = (cast(Any, part)[0] for part in (model.encoder, model.decoder))  # one layer each
    with torch.no_grad():
        encoder.weight.copy_(components)  # z = components (x - mean)
        encoder.bias.copy_(-components @ mean)
        decoder.weight.copy_(components.T)  # x_hat = components^T z + mean
        decoder.bias.copy_(mean)
    return model


def pca_error(images: Images, code_size: int, on: str = "val") -> float:
    """Squared error per image of PCA with `code_size` components, fitted on the training images.

    Args:
        on: which images to measure on: `"train"`, `"val"` or `"test"`.

    Raises:
        ValueError: another `on`, or what `pca_autoencoder` refuses.
    """
    if not isinstance(on, str) or on not in ("train", "val", "test"):
        raise ValueError(f"on={short(on)}; expected 'train', 'val' or 'test'")
    return reconstruction_error(pca_autoencoder(images, code_size), getattr(images, on))


def nearest_distance(pictures: Tensor, others: Tensor) -> Tensor:
    """Squared distance of each picture to the nearest of the others, summed over the pixels.

    Args:
        pictures: `[N, ...]`.
        others: `[M, ...]`, of the same shape; such as the training images.

    Returns:
        `[N]`; 0 for a copy.

    Raises:
        ValueError: no pictures, or pictures of two shapes.
    """
    for name, value in (("pictures", pictures), ("others", others)):
        if not isinstance(value, Tensor) or value.ndim < 2 or not value.numel() or not value.is_floating_point():
            raise ValueError(f"{name} is {short(value)}; expected pictures [N, ...], such as images.train.x")
    if pictures.shape[1:] != others.shape[1:]:
        shapes = f"{list(pictures.shape[1:])} and others of {list(others.shape[1:])}"
        raise ValueError(f"pictures have the shape {shapes}; give both the same")
    return torch.cdist(pictures.flatten(1), others.flatten(1)).square().min(1).values


def linear_map(z: Tensor, other: Tensor, z_new: Tensor) -> Tensor:
    """What a linear map with a constant makes of new codes; least squares fits it to pairs of codes.

    Args:
        z: codes `[N, k]`.
        other: what belongs to each of them, `[N, m]`, such as another model's codes of the same images.
        z_new: codes `[M, k]`.

    Returns:
        `[M, m]`.

    Raises:
        ValueError: anything but tables of numbers, pairs that do not match, or codes of two sizes.
    """
    for name, value in (("z", z), ("other", other), ("z_new", z_new)):
        if not isinstance(value, Tensor) or value.ndim != 2 or not value.numel() or not value.is_floating_point():
            raise ValueError(f"{name} is {short(value)}; expected codes [N, k]")
    if len(z) != len(other) or z.shape[1] != z_new.shape[1]:
        shapes = f"{list(z.shape)}, other {list(other.shape)} and z_new {list(z_new.shape)}"
        raise ValueError(f"z has the shape {shapes}; expected [N, k], [N, m] and [M, k]")
    with_ones, new_with_ones = (nn.functional.pad(codes, (0, 1), value=1.0) for codes in (z, z_new))
    return new_with_ones @ torch.linalg.lstsq(with_ones, other).solution


def linear_probe(train_z: Tensor, train_y: Tensor, z: Tensor, y: Tensor) -> float:
    """Accuracy on `(z, y)` of logistic regression on standardised codes fitted to `(train_z, train_y)`: 0 to 1.

    Args:
        train_z: codes (or flattened pixels) `[N, k]`.
        train_y: labels `[N]`.
        z: codes `[M, k]` of images that neither the model nor the probe has seen.
        y: labels `[M]`.

    Raises:
        ValueError: codes that are no finite `[N, k]` of one size, labels that do not belong to them, or training labels
            of a single class.
    """
    train, test = _probed(train_z, train_y, z, y)
    if (train[1] == train[1][0]).all():
        raise ValueError(f"train_y has the one class {train[1][0]}; a probe tells two or more apart")
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
        ValueError: as in `linear_probe` (a single class will do), or more neighbours than there are training codes.
    """
    train, test = _probed(train_z, train_y, z, y)
    try:
        neighbours = whole_number(neighbours, "neighbours", 1, len(train_z))
    except ValueError:
        raise ValueError(
            f"neighbours={short(neighbours)}; expected 1 to {len(train_z):,}, the number of training codes"
        ) from None
    from sklearn.neighbors import KNeighborsClassifier

    return float(KNeighborsClassifier(neighbours).fit(*train).score(*test))


def _examples(images: Split | Tensor) -> Tensor:
    return check_examples(images.x if isinstance(images, Split) else check_held(images, "images"))


def _check_module(model: nn.Module, *methods: str) -> None:
    if not isinstance(model, nn.Module):
        raise ValueError(f"model is {short(model)}; expected a torch module, such as ae.Autoencoder()")
    check_model(model, *methods)


def _probed(
    train_z: Tensor, train_y: Tensor, z: Tensor, y: Tensor
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """What a probe is fitted to and what it is measured on, as scikit-learn wants them."""
    train, test = _arrays(train_z, train_y, "train_"), _arrays(z, y)
    if train[0].shape[1] != test[0].shape[1]:
        raise ValueError(
            f"train_z has codes of {train[0].shape[1]} units and z of {test[0].shape[1]}; give codes of one model"
        )
    return train, test


def _arrays(z: Tensor, y: Tensor | None, prefix: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Codes `[N, k]` and their labels `[N]` as scikit-learn wants them."""
    for name, value, wanted in ((f"{prefix}z", z, "codes [N, k]"), (f"{prefix}y", y, "labels [N]")):
        if not isinstance(value, Tensor):
            raise ValueError(f"{name} is of type {type(value).__name__}; expected a tensor of {wanted}")
    assert y is not None
    if z.ndim != 2 or y.shape != z.shape[:1] or not z.numel():
        raise ValueError(
            f"{prefix}z has shape {list(z.shape)} and {prefix}y {list(y.shape)}; expected codes [N, k] and labels [N]; "
            "z.flatten(1) flattens images"
        )
    if not z.isfinite().all():
        raise ValueError(f"{prefix}z has values that are NaN or infinite; did the training of this model diverge?")
    if y.is_floating_point() and not torch.equal(y, y.round()):
        raise ValueError(f"{prefix}y has values that are no whole numbers; expected labels [N]")
    return z.detach().cpu().numpy(), y.cpu().numpy()


@functools.lru_cache(maxsize=4)
def _principal_components(images: Images) -> tuple[Tensor, Tensor]:
    """All principal axes of the training images `[components, pixels]`, widest first, and their mean `[pixels]`."""
    from sklearn.decomposition import PCA

    x = images.train.x.flatten(1).numpy().astype(np.float64)
    solver = "covariance_eigh" if len(x) >= x.shape[1] else "full"
    pca = PCA(svd_solver=solver).fit(x)
    return torch.from_numpy(pca.components_.astype(np.float32)), torch.from_numpy(pca.mean_.astype(np.float32))

"""What removes noise without a network, each with its settings chosen on validation images."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

import aeutils as ae
from aeutils.chapters.ch09.denoisers import Corruption
from aeutils.data import Images
from aeutils.evaluation import reconstruct

_FIRST = 50  # validation images that the settings of a filter are tried on
_WIDTHS = 0.6, 0.8, 1.0, 1.3  # of a blur, in pixels
_PAIRS = 14_000  # noisy images that the linear map is fitted to, at least: several copies of few training images


def tuned_filters(images: Images, corrupt: Corruption) -> dict[str, Corruption]:
    """Name -> what turns noisy images `[N, 1, H, W]` into cleaner ones; the simplest first.

    Of every kind the settings with the lowest squared error on *clean* validation images that were made noisy by
    `corrupt`: the median and Wiener's filter by their windows (scipy); a blur by its width, by how much brighter its
    answer is made, and by whether pixels that are lit stay as they are; total variation by its weight and non-local
    means by patch, reach and strength (scikit-image); PCA by its components; and the linear map with a constant by how
    far it is held back (ridge). The last two have seen the training images; the linear map has seen them noisy, several
    times if they are few, as an autoencoder does.

    Args:
        images: grey ones, in [0, 1].
        corrupt: draws fresh noise at every call.
    """
    noisy = corrupt(images.val.x)
    candidates = {
        "as it is": [lambda x: x],
        "median": list(map(_median, (3, 5))),
        "blur": [_blur(*setting) for setting in itertools.product(_WIDTHS, (1, 1.5, 2, 2.5, 3), (False, True))],
        "Wiener (local)": [_wiener(*setting) for setting in itertools.product((3, 5), (0.1, 0.2, 0.3, 0.5, 0.8))],
        "total variation": list(map(_total_variation, (0.1, 0.2, 0.3, 0.4, 0.6))),
        "non-local means": [
            _non_local_means(*setting) for setting in itertools.product((3, 5), (5, 9), (0.2, 0.3, 0.4, 0.6))
        ],
        "PCA": [_pca(images, k) for k in (16, 24, 32, 48, 64, 96)],
        "linear map": list(_linear_maps(images, corrupt, (1e-4, 1e-3, 1e-2))),
    }
    return {name: _best(choice, images.val.x[:_FIRST], noisy[:_FIRST]) for name, choice in candidates.items()}


def tuned_filling(images: Images, mask: Corruption) -> Callable[[Tensor, Tensor], Tensor]:
    """What fills in missing pixels when it is known which: a blur of the known ones (normalised convolution).

    The blurred image is divided by the blurred mask, so each missing pixel becomes a mean of the known ones near it
    (Knutsson and Westin, *Normalized and differential convolution*, CVPR 1993). Its width is chosen on validation
    images.

    Args:
        images: grey ones, in [0, 1].
        mask: makes a mask, 1 where a pixel is known and 0 where not, of images that are all 1.

    Returns:
        (images `[N, 1, H, W]`, mask of the same shape) -> filled images; known pixels stay as they are.
    """
    known = mask(torch.ones_like(images.val.x))
    choice = [_filling(width, known) for width in _WIDTHS]
    best = choice.index(_best(choice, images.val.x[:_FIRST], (images.val.x * known)[:_FIRST]))
    return lambda x, known: _filling(_WIDTHS[best], known)(x)


def _filling(width: float, known: Tensor) -> Corruption:
    def filled(x: Tensor) -> Tensor:
        m = known[: len(x)]
        return torch.where(m > 0, x, _blurred(x * m, width) / _blurred(m, width).clamp_min(1e-6))

    return filled


def _best(choice: Sequence[Corruption], x: Tensor, noisy: Tensor) -> Corruption:
    return min(choice, key=lambda clean: (clean(noisy).clamp(0, 1) - x).square().sum().item())


def _each(filtered: Callable[[np.ndarray], np.ndarray]) -> Corruption:
    """A function of one picture `[H, W]`, for many."""
    return lambda x: torch.stack([torch.as_tensor(filtered(image.numpy()), dtype=x.dtype) for image in x[:, 0]])[
        :, None
    ]


def _median(window: int) -> Corruption:
    from scipy.ndimage import median_filter

    return _each(lambda image: median_filter(image, size=window))


def _blurred(x: Tensor, width: float) -> Tensor:
    from scipy.ndimage import gaussian_filter

    return torch.as_tensor(gaussian_filter(x.numpy(), (0, 0, width, width)))


def _blur(width: float, gain: float, lit_stay: bool) -> Corruption:
    def filtered(x: Tensor) -> Tensor:
        brighter = gain * _blurred(x, width)
        return torch.where(x > 0, x, brighter) if lit_stay else brighter

    return filtered


def _total_variation(weight: float) -> Corruption:
    from skimage.restoration import denoise_tv_chambolle

    return _each(lambda image: denoise_tv_chambolle(image, weight=weight))


def _wiener(window: int, variance: float) -> Corruption:
    from scipy.signal import wiener

    def filtered(image: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):  # where a window does not vary, scipy takes its mean
            return wiener(image.astype(np.float64), window, variance)

    return _each(filtered)


def _non_local_means(patch: int, reach: int, strength: float) -> Corruption:
    from skimage.restoration import denoise_nl_means

    how = {"patch_size": patch, "patch_distance": reach, "h": strength}
    return _each(lambda image: denoise_nl_means(image, **how))


def _pca(images: Images, k: int) -> Corruption:
    model = ae.pca_autoencoder(images, k)
    return lambda x: reconstruct(model, x)


def _linear_maps(images: Images, corrupt: Corruption, penalties: Sequence[float]) -> Iterator[Corruption]:
    """Least squares from noisy to clean training images, with a ridge as strong as `penalty` times the examples."""
    shape = images.train.x.shape[1:]
    y = images.train.x.flatten(1).double()
    copies = max(1, _PAIRS // len(y))
    y_mean, n = y.mean(0), len(y) * copies
    noisy = [corrupt(images.train.x).flatten(1).double() for _ in range(copies)]
    x_mean = torch.stack([x.mean(0) for x in noisy]).mean(0)
    gram = sum(((x - x_mean).T @ (x - x_mean) for x in noisy), start=torch.zeros(len(x_mean), len(x_mean)).double())
    cross = sum(((x - x_mean).T @ (y - y_mean) for x in noisy), start=torch.zeros_like(gram))
    for penalty in penalties:
        weight = torch.linalg.solve(gram + penalty * n * torch.eye(len(gram)).double(), cross)

        def mapped(x: Tensor, weight: Tensor = weight) -> Tensor:
            return ((x.flatten(1).double() - x_mean) @ weight + y_mean).to(x.dtype).view(-1, *shape)

        yield mapped

"""What removes noise without a network, each with its settings chosen on validation images."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

import aeutils as ae
from aeutils.chapters.ch09.denoisers import Corruption
from aeutils.data import Images
from aeutils.evaluation import reconstruct
from aeutils.losses import squared_errors

_FIRST = 50  # validation images that the settings of a filter are tried on
_WIDTHS = 0.6, 0.8, 1.0, 1.3  # of a blur, in pixels
_GAINS = 1, 1.5, 2, 2.5, 3  # how much brighter a blur's answer is made
_PAIRS = 14_000  # noisy images that the linear map is fitted to, at least: several copies of few training images


def tuned_filters(images: Images, corrupt: Corruption, only: Collection[str] | None = None) -> dict[str, Corruption]:
    """Name -> what turns noisy images `[N, 1, H, W]` into cleaner ones; the simplest first.

    Of every kind the settings with the lowest squared error on *clean* validation images that were made noisy by
    `corrupt`, as `best_on` has it: the median and Wiener's filter by their windows (scipy); a median that is blurred by
    how often it is taken, too, and by the blur's width; a blur by its width and by how much brighter its answer is
    made; total variation by its weight and non-local means by patch, reach and strength (scikit-image); PCA by its
    components; and the linear map with a constant by how far it is held back (ridge). The last two have seen the
    training images; the linear map has seen them noisy, several times if they are few, as an autoencoder does.

    Args:
        images: grey ones, in [0, 1].
        corrupt: draws fresh noise at every call.
        only: the names of those that are wanted; all of them, unless given.
    """
    noisy = corrupt(images.val.x)
    kinds: dict[str, Callable[[], Iterable[Corruption]]] = {
        "as it is": lambda: [lambda x: x],
        "median": lambda: map(_median, (3, 5)),
        "median, blurred": lambda: itertools.starmap(
            _median_blurred, itertools.product((3, 5), (1, 2), (0.4, 0.6, 0.8, 1.0))
        ),
        "blur": lambda: itertools.starmap(_blur, itertools.product(_WIDTHS, _GAINS)),
        "Wiener (local)": lambda: itertools.starmap(_wiener, itertools.product((3, 5), (0.1, 0.2, 0.3, 0.5, 0.8))),
        "total variation": lambda: map(_total_variation, (0.1, 0.2, 0.3, 0.4, 0.6)),
        "non-local means": lambda: itertools.starmap(
            _non_local_means, itertools.product((3, 5), (5, 9), (0.2, 0.3, 0.4, 0.6))
        ),
        "PCA": lambda: (_pca(images, k) for k in (16, 24, 32, 48, 64, 96)),
        "linear map": lambda: _linear_maps(images, corrupt, (1e-4, 1e-3, 1e-2)),
    }
    wanted = {name: choice for name, choice in kinds.items() if only is None or name in only}
    return {name: best_on(images.val.x[:_FIRST], noisy[:_FIRST], choice()) for name, choice in wanted.items()}


def best_on(x: Tensor, noisy: Tensor, choice: Iterable[Corruption]) -> Corruption:
    """Of some cleaners the one with the lowest squared error, after clipping to [0, 1].

    Each is tried twice, as it is, and with all pixels that are lit in the noisy image left alone, which helps where
    pixels are missing: those that are lit are right there, and nobody needs to know the mask.

    Args:
        x: clean images `[N, 1, H, W]`, to choose by.
        noisy: the same made noisy.
        choice: what turns noisy images into cleaner ones.
    """
    tried: list[tuple[float, Corruption]] = []
    for clean in choice:
        answer = clean(noisy)
        tried.append((_off(x, answer), clean))
        tried.append((_off(x, _lit_stay(noisy, answer)), _with_lit(clean)))
    return min(tried, key=lambda pair: pair[0])[1]


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
    x = images.val.x[:_FIRST]
    known = mask(torch.ones_like(images.val.x))[:_FIRST]
    width = min(_WIDTHS, key=lambda width: _off(x, _filled(x * known, known, width)))
    return lambda noisy, known: _filled(noisy, known, width)


def biharmonic(noisy: Tensor, known: Tensor) -> Tensor:
    """Missing pixels filled in as smoothly as can be, by the biharmonic equation (`inpaint_biharmonic`, scikit-image).

    Args:
        noisy: images `[N, 1, H, W]`.
        known: 1 where a pixel is known and 0 where not, same shape.

    Returns:
        Images of the same shape; known pixels stay as they are.
    """
    from skimage.restoration import inpaint_biharmonic

    pairs = zip(noisy[:, 0].numpy(), (known[:, 0] == 0).numpy(), strict=True)
    filled = [torch.as_tensor(inpaint_biharmonic(image, missing), dtype=noisy.dtype) for image, missing in pairs]
    return torch.where(known > 0, noisy, torch.stack(filled)[:, None])


def _filled(noisy: Tensor, known: Tensor, width: float) -> Tensor:
    return torch.where(known > 0, noisy, _blurred(noisy * known, width) / _blurred(known, width).clamp_min(1e-6))


def _off(x: Tensor, answer: Tensor) -> float:
    return squared_errors(x, answer.clamp(0, 1)).mean().item()


def _with_lit(clean: Corruption) -> Corruption:
    return lambda x: _lit_stay(x, clean(x))


def _lit_stay(noisy: Tensor, answer: Tensor) -> Tensor:
    return torch.where(noisy > 0, noisy, answer)


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


def _blur(width: float, gain: float) -> Corruption:
    return lambda x: gain * _blurred(x, width)


def _median_blurred(window: int, times: int, width: float) -> Corruption:
    once = _median(window)
    return lambda x: _blurred(once(once(x)) if times == 2 else once(x), width)


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


def _linear_maps(images: Images, corrupt: Corruption, penalties: Iterable[float]) -> Iterator[Corruption]:
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

"""How good a cleaned picture is: the squared error, PSNR and SSIM."""

from __future__ import annotations

import numpy as np
from torch import Tensor

_FIRST = 300  # images that SSIM is averaged over; the other two take all


def quality(x: Tensor, x_hat: Tensor) -> dict[str, float]:
    """Averages over the images: `squared error` (summed over pixels), `PSNR` in decibels, `SSIM` (up to 1).

    `x_hat` is first clipped to [0, 1], as a picture is. PSNR is `10 log10(1 / mean squared error of a pixel)` of each
    image; SSIM as scikit-image has it (Wang et al., IEEE Transactions on Image Processing, 2004).

    Args:
        x: clean images `[N, 1, H, W]` in [0, 1].
        x_hat: what was made of noisy ones, same shape.
    """
    from skimage.metrics import structural_similarity

    clean, cleaned = (part[:, 0].numpy().astype(np.float64) for part in (x, x_hat.clamp(0, 1)))
    errors = np.square(clean - cleaned).mean((1, 2))
    alike = [structural_similarity(a, b, data_range=1.0) for a, b in zip(clean[:_FIRST], cleaned[:_FIRST], strict=True)]
    return {
        "squared error": float(errors.mean() * clean[0].size),
        "PSNR": float(np.mean(-10 * np.log10(np.maximum(errors, 1e-12)))),
        "SSIM": float(np.mean(alike)),
    }

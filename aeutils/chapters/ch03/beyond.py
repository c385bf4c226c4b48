"""Beyond squared error and cross-entropy: three more losses for notebook 03, and what their results are measured by."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import aeutils as ae
from aeutils.data import Images
from aeutils.losses import squared_errors


def absolute_error(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Absolute differences, summed over pixels, averaged over images: −log p of a Laplace, less a constant."""
    return {"absolute_error": (x - model(x)).abs().flatten(1).sum(1).mean()}


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity of each window of 7 × 7 pixels, from −1 to 1 (equal): `[N, C, H − 6, W − 6]`.

    Windows are compared by mean, variance and covariance (Wang et al., IEEE Transactions on Image Processing, 2004,
    eq. 13), all pixels of a window alike, with the constants for a range of 1, 0.01² and 0.03².

    Args:
        x: images `[N, C, H, W]` in [0, 1], H and W at least 7.
        y: what to compare them with, same shape.
    """
    mean_x, mean_y = F.avg_pool2d(x, 7, 1), F.avg_pool2d(y, 7, 1)
    var_x, var_y = F.avg_pool2d(x * x, 7, 1) - mean_x.square(), F.avg_pool2d(y * y, 7, 1) - mean_y.square()
    covariance = F.avg_pool2d(x * y, 7, 1) - mean_x * mean_y
    alike = (2 * mean_x * mean_y + 0.01**2) * (2 * covariance + 0.03**2)
    return alike / ((mean_x.square() + mean_y.square() + 0.01**2) * (var_x + var_y + 0.03**2))


def dissimilarity(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """1 − SSIM, summed over windows and averaged over images; 0 for equal images."""
    return {"dissimilarity": (1 - ssim(x, model(x))).flatten(1).sum(1).mean()}


def train_reader(images: Images, steps: int = 300) -> nn.Sequential:
    """A small convolutional classifier of 28 × 28 grey images, trained on their labels, then fixed: `[N, classes]`."""
    reader = nn.Sequential(
        nn.Conv2d(1, 16, 4, stride=2, padding=1),  # [N, 1, 28, 28] -> [N, 16, 14, 14]
        nn.ReLU(),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),  # -> [N, 32, 7, 7]
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 49, len(images.classes)),
    )

    def label_error(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        return {"label": F.cross_entropy(model(x), y)}

    ae.fit(reader, images, label_error, targets=True, steps=steps, lr=2e-3, measure=100)
    return reader.requires_grad_(False)


def feature_error(reader: nn.Sequential) -> Callable[[nn.Module, Tensor], dict[str, Tensor]]:
    """A perceptual loss (Johnson et al., ECCV 2016): squared differences of what `reader`'s two convolutions see."""

    def loss(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
        net = reader.to(x.device)
        seen, rebuilt = net[:2](x), net[:2](model(x))
        deeper = squared_errors(net[2:4](seen), net[2:4](rebuilt))
        return {"feature_error": (squared_errors(seen, rebuilt) + deeper).mean()}

    return loss


def measures(x: Tensor, y: Tensor, x_hat: Tensor, judge: nn.Sequential) -> dict[str, float]:
    """What reconstructions are worth by several measures.

    Args:
        x: images `[N, 1, 28, 28]`.
        y: their labels `[N]`.
        x_hat: reconstructions, same shape as `x`.
        judge: a classifier, best another one than a loss was made of.

    Returns:
        Squared and absolute error per image, mean SSIM, sharpness (squared differences between neighbouring pixels, in
        units of the images' own), and the share of reconstructions that `judge` reads right.
    """
    x_hat = x_hat.clamp(0, 1)
    read = ae.evaluation.apply(judge, judge, x_hat).argmax(1)
    return {
        "squared": squared_errors(x, x_hat).mean().item(),
        "absolute": (x - x_hat).abs().flatten(1).sum(1).mean().item(),
        "SSIM": ssim(x, x_hat).mean().item(),
        "sharpness": (_edges(x_hat) / _edges(x)).item(),
        "read right": (read == y).float().mean().item(),
    }


def _edges(x: Tensor) -> Tensor:
    return torch.stack([x.diff(dim=axis).square().sum() for axis in (2, 3)]).sum()

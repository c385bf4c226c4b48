"""The still: what an explorer shows where nothing runs, drawn with matplotlib from the same codes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor, nn

from aeutils import evaluation
from aeutils.explorer.subject import Shown
from aeutils.figures import CLASS_COLOURS, Picture, label_points, new_picture

_POINTS = 1000
_GRID = 15
_STEPS = 11


def still(models: Mapping[str, nn.Module], shown: Shown, title: str) -> Picture:
    """Map, manifold, a walk between two images and a traversal of the two widest units for the first model; below,
    the same images by every model.

    Args:
        models: name -> model; the first has the map.
        shown: the images.
        title: written above.
    """
    first = next(iter(models.values()))
    x = shown.x[:_POINTS]
    y = None if shown.y is None else shown.y[:_POINTS]
    codes = evaluation.encode(first, x).float()
    plane = _Plane(codes)
    rows = _rows(models, shown, codes)
    alt = (
        f"{title}. Left: the codes of {len(x):,} images as a map"
        f"{'' if y is None else ', each drawn as its class'}. Right: pictures decoded on a grid over that map. "
        f"Below, row by row: {'; '.join(rows)}."
    )
    picture = new_picture(8.2, 4.5 + 0.72 * len(rows), title, alt)
    upper, lower = picture.subfigures(2, 1, height_ratios=(4.0, 0.72 * len(rows)))
    left, right = upper.subplots(1, 2)
    _map(left, plane, y, shown.classes)
    _manifold(right, plane, first, shown)
    for axes, (label, images) in zip(lower.subplots(len(rows), 1, squeeze=False)[:, 0], rows.items(), strict=True):
        _row(axes, label, images)
    return picture


class _Plane:
    """Two directions of the code, and how far the images reach in them: as in the browser's map."""

    def __init__(self, codes: Tensor) -> None:
        size = codes.shape[1]
        self.names = ("code unit 1", "code unit 2" if size > 1 else "")
        self.origin = torch.zeros(size)
        self.axes = torch.eye(size)[:2]
        if size > 2:
            self.names = ("principal axis 1", "principal axis 2")
            self.origin = codes.mean(0)
            # PCA's signs are free; scikit-learn fixes them by the largest entry, as is done here
            axes = torch.linalg.svd(codes - self.origin, full_matrices=False).Vh[:2]
            largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
            self.axes = axes * largest.sign()
        self.places = (codes - self.origin) @ self.axes.T  # [N, 2], or [N, 1]
        if size == 1:
            spread = (torch.arange(len(codes)) * 0.618034 % 1) * 2 - 1  # only so that images can be told apart
            self.places = torch.stack([self.places[:, 0], spread], 1)
        ends = np.quantile(self.places.numpy(), [0.005, 0.995], axis=0)
        margin = np.where(np.ptp(ends, axis=0) > 1e-6, 0.09 * np.ptp(ends, axis=0), 1.0)
        self.low, self.high = ends[0] - margin, ends[1] + margin

    def grid(self, n: int) -> Tensor:
        """Codes `[n * n, k]` on a grid, from the upper left to the lower right."""
        steps = (torch.arange(n) + 0.5) / n
        u = self.low[0] + steps * (self.high[0] - self.low[0])
        v = self.high[1] - steps * (self.high[1] - self.low[1])
        places = torch.cartesian_prod(v, u).flip(1).float()[:, : len(self.axes)]
        return self.origin + places @ self.axes


def _rows(models: Mapping[str, nn.Module], shown: Shown, codes: Tensor) -> dict[str, Tensor]:
    """Label -> images: a walk, two units traversed, some images, and what each model makes of them."""
    first = next(iter(models.values()))
    y = shown.y
    other = len(codes) - 1 if y is None else int((y[: len(codes)] != y[0]).int().argmax())
    t = torch.linspace(0, 1, _STEPS)[:, None]
    rows = {"from A to B": evaluation.decode(first, codes[0] + t * (codes[other] - codes[0]))}
    for unit in codes.std(0, correction=0).argsort(descending=True)[:2].tolist():
        rows[f"unit {unit + 1}, low to high"] = evaluation.decode(first, _traversal(codes, unit))
    some = shown.x[torch.arange(_STEPS) % len(codes)]
    rows["images"] = some
    labels = ["reconstructed"] if len(models) == 1 else [f"by {name}" for name in models]
    return rows | {
        label: evaluation.reconstruct(model, some) for label, model in zip(labels, models.values(), strict=True)
    }


def _traversal(codes: Tensor, unit: int) -> Tensor:
    """The first code with one unit taken through the middle 95 % of its values: codes `[_STEPS, k]`."""
    low, high = codes[:, unit].quantile(torch.tensor([0.025, 0.975]))
    z = codes[:1].repeat(_STEPS, 1)
    z[:, unit] = torch.linspace(float(low), float(high), _STEPS)
    return z


def _map(axes: Axes, plane: _Plane, y: Tensor | None, classes: tuple[str, ...]) -> None:
    axes.set(xlabel=plane.names[0], ylabel=plane.names[1])
    axes.set(xlim=(plane.low[0], plane.high[0]), ylim=(plane.low[1], plane.high[1]))
    axes.set_box_aspect(1)
    axes.tick_params(labelsize=8)
    if y is None:
        axes.scatter(*plane.places.numpy().T, marker="+", color=CLASS_COLOURS[0], s=18, linewidths=0.8)
        return
    signs = [name if len(name) == 1 else str(label) for label, name in enumerate(classes)]
    label_points(axes, plane.places, y, signs, size=20)


def _manifold(axes: Axes, plane: _Plane, model: nn.Module, shown: Shown) -> None:
    pictures = evaluation.decode(model, plane.grid(_GRID)).squeeze(1)  # [n * n, H, W]
    height, width = pictures.shape[1:]
    tiles = pictures.view(_GRID, _GRID, height, width).permute(0, 2, 1, 3).reshape(_GRID * height, _GRID * width)
    axes.imshow(tiles.numpy(), cmap="gray", vmin=0, vmax=1, interpolation="antialiased", aspect="auto")
    axes.set_box_aspect(1)
    axes.set(xticks=[], yticks=[], xlabel="decoded on a grid over the map")


def _row(axes: Axes, label: str, images: Tensor) -> None:
    gap = torch.ones(images.shape[2], 3)
    strip = torch.cat([part for image in images for part in (image.squeeze(0), gap)][:-1], 1)
    axes.imshow(strip.numpy(), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)

"""The plane of the map: which two directions of the code it shows, and how far the images reach in them.

Computed here once, from all codes of the map; the still draws these arrays, and the browser's map is sent them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

_SHARE = (0.005, 0.995)  # almost all of the images; a few far away must not make the rest tiny
_MARGIN = 0.09  # of what these span, on either side
_MOST_AXES = 32  # principal axes that are found


@dataclass(frozen=True, eq=False)
class Plane:
    """Two directions of the code, and where the images lie in them.

    Attributes:
        principal: whether they are principal axes; otherwise they are the first two code units.
        names: of the two axes; the second is empty where the code has one unit.
        axes: orthonormal `[2, k]`, or `[1, 1]` where the code has one unit.
        components: the widest principal axes `[m, k]`, orthonormal, of which `axes` are the first two; none, `[0, k]`,
            where `principal` is False.
        sds: standard deviations `[m]` of the codes along them.
        origin: the code `[k]` at (0, 0).
        places: of the images, `[N, 2]`, in the code's own unit.
        reach: the two ends `[2, 2]` of what is shown of each axis: (low, high) of the first, then of the second.
        shares: of each axis, from 0 to 1, in the variance of the whole code: of principal axes the explained variance
            ratio. None where the code does not vary, or has one unit; `shares` in `body/plane.js` finds the same.
    """

    principal: bool
    names: tuple[str, str]
    axes: Tensor
    components: Tensor
    sds: Tensor
    origin: Tensor
    places: Tensor
    reach: Tensor
    shares: tuple[float, ...] | None

    @property
    def labels(self) -> tuple[str, ...]:
        """The names with the shares, as `Plane.labels` in `body/plane.js` writes them."""
        if self.shares is None:
            return self.names
        return tuple(
            f"{name} ({_percent(share)} of the variance)" for name, share in zip(self.names, self.shares, strict=True)
        )

    @property
    def frame(self) -> tuple[np.ndarray, np.ndarray]:
        """The corners that are shown, lowest and highest (u, v); `Frame.fit` in `body/plane.js` does the same."""
        low, high = self.reach.double().numpy().T
        span = high - low
        if span.max() < 3 * span.min():  # one scale for both where that costs little
            span = np.full(2, span.max())
        middle = (low + high) / 2
        return middle - span / 2, middle + span / 2

    def grid(self, n: int) -> Tensor:
        """Codes `[n * n, k]` in the middles of n × n equal cells, from the upper left to the lower right."""
        low, high = self.frame
        steps = (np.arange(n) + 0.5) / n
        v, u = np.meshgrid(high[1] - steps * (high[1] - low[1]), low[0] + steps * (high[0] - low[0]), indexing="ij")
        places = torch.tensor(np.stack([u.ravel(), v.ravel()], 1), dtype=torch.float32)
        return self.origin + places[:, : len(self.axes)] @ self.axes

    def of(self, codes: Tensor) -> Plane:
        """The same plane with the places and the reach of other codes `[N, k]`."""
        return _plane(self.principal, self.names, self.axes, self.components, self.origin, codes)


def first_plane(codes: Tensor) -> Plane:
    """The plane that the map shows first: the code itself where it has one or two units, else its widest plane.

    Principal axes have no sign of their own; scikit-learn's are taken, whose largest entry is positive.

    Args:
        codes: of all images of the map, float32 `[N, k]`. Where they are all alike there are no principal axes, and the
            first two units are taken.
    """
    size = codes.shape[1]
    if size > 2 and (codes - codes[0]).abs().max() > 1e-6:
        from sklearn.decomposition import PCA

        pca = PCA(min(_MOST_AXES, *codes.shape), svd_solver="full" if len(codes) < size else "covariance_eigh")
        fitted = pca.fit(codes.double().numpy())
        components, origin = (torch.tensor(each, dtype=torch.float32) for each in (fitted.components_, fitted.mean_))
        return _plane(True, ("principal axis 1", "principal axis 2"), components[:2], components, origin, codes)
    names = ("code unit 1", "code unit 2" if size > 1 else "")
    return _plane(False, names, torch.eye(size)[:2], torch.zeros(0, size), torch.zeros(size), codes)


def _plane(
    principal: bool, names: tuple[str, str], axes: Tensor, components: Tensor, origin: Tensor, codes: Tensor
) -> Plane:
    places, along = (codes - origin) @ axes.T, (codes - origin) @ components.T
    shares = None
    if len(axes) == 1:
        places = torch.cat([places, aside(len(codes))], 1)
    elif (codes - codes[0]).abs().max() > 1e-6:
        total = codes.double().var(0, correction=0).sum()
        shares = tuple((places.double().var(0, correction=0) / total).tolist())
    sds = (along - along.mean(0)).square().mean(0).sqrt()  # also of no components
    return Plane(principal, names, axes, components, sds, origin, places, reach(places), shares)


def _percent(share: float) -> str:
    return "under 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def one_plane(codes: Sequence[Tensor]) -> list[Plane]:
    """The plane that a film shows first, with the places of each checkpoint's codes `[N, k]`.

    What moves in it are the points: all have the axes of the last, and a reach that holds the reach of each.
    """
    last = first_plane(codes[-1])
    planes = [last.of(each) for each in codes]
    whole = union([plane.reach for plane in planes])
    return [replace(plane, reach=whole) for plane in planes]


def union(reaches: Sequence[Tensor]) -> Tensor:
    """From the lowest low to the highest high of each axis, `[m, 2]`, of several reaches of this shape."""
    low, high = torch.stack(list(reaches)).unbind(2)
    return torch.stack([low.amin(0), high.amax(0)], 1)


def reach(values: Tensor) -> Tensor:
    """The two ends `[m, 2]` of what is shown of each column of `values` `[N, m]`; never one and the same number."""
    low, high = np.quantile(values.numpy(), _SHARE, axis=0)
    margin = np.where(high - low > 1e-6, _MARGIN * (high - low), 1.0)
    return torch.tensor(np.stack([low - margin, high + margin], 1), dtype=torch.float32)


def aside(n: int) -> Tensor:
    """Places `[n, 1]` between -1 and 1 beside a code of one unit, only so that the images can be told apart."""
    return (torch.arange(n, dtype=torch.float64) * 0.618034 % 1 * 2 - 1).float()[:, None]

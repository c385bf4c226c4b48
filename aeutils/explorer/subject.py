"""What is explored: models, images and training images, gathered, checked and packed for the browser."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aeutils import evaluation
from aeutils.data import Images, Split, check_images
from aeutils.explorer.network import travel
from aeutils.explorer.payload import Payload, as_bytes
from aeutils.losses import kl_to_prior
from aeutils.models import VariationalAutoencoder

# What a notebook can carry: pixels of at most so many images, shown and training each.
MOST_PICTURES = 5000
_MEASURED = 1000  # images on which averages are taken
_FEWEST = 5  # images of a class, for a median
_CHECKED = 64  # codes on which the browser's network is compared with the model


@dataclass(frozen=True, eq=False)
class Shown:
    """The images of the map and the training images to compare with; pixels `[N, 1, H, W]`, labels `[N]` or None."""

    x: Tensor
    y: Tensor | None
    train_x: Tensor
    train_y: Tensor | None
    classes: tuple[str, ...]
    name: str  # of one image on the map, such as "test image"
    train_name: str

    @property
    def itself(self) -> bool:
        """Whether the images are compared with one another, for want of training images."""
        return self.x is self.train_x


def shown_images(images: Images | Split | Tensor, on: str) -> Shown:
    """The images to show and those to compare with.

    Args:
        images: a data set; or a `Split` or a tensor `[N, 1, H, W]`, which is then compared with itself.
        on: which part of a data set the map shows: `"test"`, `"val"` or `"train"`.

    Raises:
        ValueError: something else, images with several channels, or labels that do not fit.
    """
    if isinstance(images, Images):
        if on not in ("train", "val", "test"):
            raise ValueError(f"on={on!r}; expected 'test', 'val' or 'train'")
        part, train = getattr(images, on), images.train
        names = {"train": "training image", "val": "validation image", "test": "test image"}
        shown = Shown(part.x, part.y, train.x, train.y, tuple(images.classes), names[on], "training image")
    else:
        split = images if isinstance(images, Split) else Split(images)
        classes = () if split.y is None else tuple(str(label) for label in range(int(split.y.max()) + 1))
        shown = Shown(split.x, split.y, split.x, split.y, classes, "image", "image")
    for x, y in ((shown.x, shown.y), (shown.train_x, shown.train_y)):
        check_images(x, "images")
        if x.shape[1] != 1:
            raise ValueError(f"images of shape {list(x.shape[1:])}: the explorer draws one grey channel, [N, 1, H, W]")
        if y is not None and (len(y) != len(x) or (len(y) and int(y.max()) >= len(shown.classes))):
            raise ValueError(f"{len(y):,} labels of {len(shown.classes)} classes do not fit {len(x):,} images")
    return shown


def gather(models: Mapping[str, nn.Module], shown: Shown) -> tuple[dict[str, Any], bytes]:
    """The description for the browser, and its compressed arrays.

    Raises:
        ValueError: what `_codes` refuses.
    """
    payload, compared = Payload(), _compared(shown)
    meta = {
        "height": shown.x.shape[2],
        "width": shown.x.shape[3],
        "classes": list(shown.classes),
        "points": _points(shown, payload),
        "measured": min(len(shown.x), _MEASURED),
        "training": _training(shown, compared, payload),
        "models": [_model(name, model, shown, compared.x, len(models) > 1, payload) for name, model in models.items()],
    }
    return meta, payload.compressed()


def _points(shown: Shown, payload: Payload) -> dict[str, Any]:
    n = len(shown.x)
    few = n <= MOST_PICTURES
    return {
        "count": n,
        "name": shown.name,
        "labels": None if shown.y is None else payload.add(shown.y.numpy().astype(np.uint8)),
        "pixels": payload.add(as_bytes(shown.x.numpy())) if few else None,
        "note": "" if few else f"{n:,} images, shown as points only; up to {MOST_PICTURES:,} come with their pixels.",
    }


def _training(shown: Shown, compared: Split, payload: Payload) -> dict[str, Any]:
    x, y, total = compared.x, compared.y, len(shown.train_x)
    counted = f"{total:,}" if len(x) == total else f"{len(x):,} of the {total:,}"
    kind = f"{shown.train_name}{'s' if total != 1 else ''}{' of the map' if shown.itself else ''}"
    if shown.itself or shown.name == "training image":  # every image is among those that it is compared with
        usual = _usual_distance(x[:_MEASURED], y, x, len(shown.classes), others=True)
    else:
        usual = _usual_distance(shown.x[:_MEASURED], shown.y, x, len(shown.classes))
    return {
        "count": len(x),
        "name": shown.train_name,
        "labels": None if y is None else payload.add(y.numpy().astype(np.uint8)),
        "pixels": payload.add(as_bytes(x.numpy())),
        "usual": usual,
        "note": f"Nearest: among {counted} {kind}, by squared distance over all pixels; 0 is a copy.",
    }


def _compared(shown: Shown) -> Split:
    """The training images that travel, evenly chosen where they are too many."""
    total = len(shown.train_x)
    chosen = np.unique(np.linspace(0, total - 1, min(total, MOST_PICTURES)).round().astype(np.int64))
    return Split(shown.train_x[chosen], None if shown.train_y is None else shown.train_y[chosen])


def _usual_distance(
    x: Tensor, y: Tensor | None, train: Tensor, n_classes: int, *, others: bool = False
) -> dict[str, Any] | None:
    """Median squared distance from the pictures `x` to the nearest training image: of all, and of each class.

    Args:
        x: `[N, 1, H, W]`.
        y: labels of the pictures, and perhaps of more behind them, or None.
        train: the training images `[M, 1, H, W]`.
        n_classes: how many classes the labels have.
        others: whether `x` are training images themselves, and the nearest *other* one is meant.
    """
    from sklearn.neighbors import NearestNeighbors

    count = 2 if others else 1
    if len(train) < count:
        return None
    neighbours = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(train.flatten(1).numpy())
    squared = neighbours.kneighbors(x.flatten(1).numpy())[0][:, -1] ** 2
    of_class = [] if y is None else [squared[(y[: len(x)] == label).numpy()] for label in range(n_classes)]
    return {
        "all": float(np.median(squared)),
        "classes": [float(np.median(some)) if len(some) >= _FEWEST else None for some in of_class],
    }


def _model(name: str, model: nn.Module, shown: Shown, train: Tensor, several: bool, payload: Payload) -> dict[str, Any]:
    codes = _codes(name, model, shown, several)
    local = copy.deepcopy(model).cpu().eval()
    check = slice(0, _CHECKED)
    parts = travel(local, shown.x[check], codes[check])
    size = codes.shape[1]
    variational = isinstance(model, VariationalAutoencoder) or hasattr(model, "posterior")
    notes = [
        f"{name}: Python is asked for every {part[:-1]}d picture, because {reason}. This needs a running kernel."
        if part == "decoder"
        else f"{name}: Python is asked to encode drawings, because {reason}. This needs a running kernel."
        for part, reason in parts["reasons"].items()
    ]
    constant = _all_alike(codes)
    some = shown.x[:_MEASURED]
    rebuilt = evaluation.reconstruct(model, some)
    return {
        "name": name,
        "size": size,
        "variational": variational,
        "spread": parts["spread"],
        "encoder": parts["encoder"],
        "decoder": parts["decoder"],
        "weights": payload.add(parts["weights"]),
        # Beyond what fits comfortably, half precision: the points of the map move by less than a pixel.
        "codes": payload.add(codes.numpy().astype(np.float32 if len(codes) <= MOST_PICTURES else np.float16)),
        "principal": _principal(codes, payload) if size > 2 and not constant and len(codes) > 1 else None,
        "measures": _measures(model, some, rebuilt, codes[:_MEASURED], variational),
        "usual": _usual_distance(rebuilt, shown.y, train, len(shown.classes)),
        "constant": "Every image has the same code here: this model ignores what it sees." if constant else None,
        "notes": notes,
    }


def _codes(name: str, model: nn.Module, shown: Shown, several: bool) -> Tensor:
    """Codes `[N, k]` of the shown images, checked.

    Raises:
        ValueError: codes that are no `[N, k]`, not finite, or the same for every image (of a single model: beside
            others it has something to show); pictures that do not have the images' shape.
    """
    codes = evaluation.encode(model, shown.x).detach().float()
    if codes.ndim != 2 or len(codes) != len(shown.x):
        raise ValueError(f"{name}: encode returns {list(codes.shape)} for {len(shown.x):,} images; expected [N, k]")
    if not codes.isfinite().all():
        bad = int((~codes.isfinite()).any(1).sum())
        raise ValueError(
            f"{name}: the codes of {bad:,} of {len(codes):,} images are not finite; did its training end in NaN? "
            "Train it again with a smaller learning rate"
        )
    if not several and _all_alike(codes):
        raise ValueError(
            f"{name}: all {len(codes):,} images have the same code, so there is no map; is it trained, and is the "
            "weight of its KL not too large?"
        )
    shape = evaluation.decode(model, codes[:1]).shape
    if shape != shown.x[:1].shape:
        raise ValueError(f"{name}: decode makes {list(shape[1:])} of a code, and images are {list(shown.x.shape[1:])}")
    return codes


def _all_alike(codes: Tensor) -> bool:
    """Whether several images share one code; a single image always has one."""
    return len(codes) > 1 and bool((codes - codes[0]).abs().max() <= 1e-6)


def _principal(codes: Tensor, payload: Payload) -> dict[str, Any]:
    """The plane of the two widest principal axes of the codes."""
    from sklearn.decomposition import PCA

    fitted = PCA(2, svd_solver="full").fit(codes[: 10 * _MEASURED].double().numpy())
    return {
        "components": payload.add(fitted.components_.astype(np.float32)),
        "mean": payload.add(fitted.mean_.astype(np.float32)),
    }


def _measures(model: nn.Module, x: Tensor, x_hat: Tensor, codes: Tensor, variational: bool) -> dict[str, float | int]:
    """What the model is worth on these images, for the comparison: name -> number."""
    measures: dict[str, float | int] = {
        "code units": codes.shape[1],
        "squared error": evaluation.squared_errors(x, x_hat).mean().item(),
    }
    if variational:

        def kl(x: Tensor) -> Tensor:
            return kl_to_prior(model.posterior(x)).sum(1)

        measures["KL (nats)"] = float(evaluation.apply(kl, model, x).mean())
        measures["active units"] = int((codes.var(0) > 0.01).sum()) if len(codes) > 1 else 0
    return measures


def names_for(model: nn.Module | Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    """One model under its kind's name, or several under the names they came with.

    Raises:
        ValueError: no model, or one without `encode` and `decode`.
    """
    models = dict(model) if isinstance(model, Mapping) else {type(model).__name__: model}
    if not models:
        raise ValueError("models is empty; give a model, or a dictionary of names and models")
    for name, one in models.items():
        if not isinstance(one, nn.Module) or not callable(getattr(one, "encode", None)) or not hasattr(one, "decode"):
            raise ValueError(
                f"{name}: a {type(one).__name__} cannot be explored; give a torch module with encode and decode"
            )
    return {str(name): one for name, one in models.items()}


def answer(model: nn.Module, operation: str, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What the browser asks of a model that it cannot evaluate: float32, flattened.

    Args:
        operation: `"decode"` with codes, or `"encode"` with pixels.
        values: float32, flattened.
        shape: of what is given, such as `(-1, 2)` for codes or `(-1, 1, 28, 28)` for images.
    """
    function = {"decode": model.decode, "encode": model.encode}[operation]
    given = torch.from_numpy(values.copy()).view(shape)
    return evaluation.apply(function, model, given).float().numpy().ravel()

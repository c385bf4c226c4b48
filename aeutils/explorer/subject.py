"""What is explored: models, images and training images, gathered, checked and packed for the browser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aeutils import evaluation
from aeutils.data import Split
from aeutils.explorer.adapters import Adapted, adapt
from aeutils.explorer.compile import travel
from aeutils.explorer.film import Film
from aeutils.explorer.images import MOST_CLASSES, Shown
from aeutils.explorer.payload import Payload, as_bytes
from aeutils.explorer.plane import Plane, aside, first_plane, one_plane, reach, union
from aeutils.losses import kl_to_prior
from aeutils.runtime import kind_and_reason

MOST_BYTES = 4_000_000  # what a notebook can carry of pixels: of the images shown, and as much of the training images
_MEASURED = 1000  # images on which averages are taken
_MOST_DISTANCES = 4_000_000  # computed at a time: 32 MB
_FEWEST = 5  # images of a class, for a median
_CHECKED = 32  # images on which the browser's network is compared with the model
_BETWEEN = 6  # and codes on a grid over the map, so many in each direction
_EXACT = 5000  # images whose codes travel in single precision
_NO_LABEL = MOST_CLASSES  # what -1 travels as, behind the last class; NO_LABEL in body/subject.js


@dataclass(frozen=True, eq=False)
class Explored:
    """A model as it is explored.

    Attributes:
        name: its own.
        model: it.
        codes: `[N, k]`, of the images on the map.
        plane: in which they are seen first.
        reach: the two ends of what a map of code units shows of each `[k, 2]`; where there is one, of it and of the
            places beside it.
    """

    name: str
    model: Adapted
    codes: Tensor
    plane: Plane
    reach: Tensor


def explored(model: Any, shown: Shown, options: Mapping[str, Any] | None = None) -> list[Explored]:
    """The models with their codes of the shown images, checked, and the plane of each; of a film, one for all.

    Args:
        model: one, under its kind's name, or several under the names they came with.
        shown: the images.
        options: `encode`, `decode`, `head` and `prior` for `adapt`: each for all models, or a dictionary by name.

    Raises:
        ValueError: no model, a name in `options` that no model has, a function in place of all checkpoints of a film,
            or what `adapt` and `_codes` refuse.
    """
    if isinstance(model, Film):
        _check_film(options or {})
    models = {str(name): one for name, one in model.items()} if isinstance(model, Mapping) else {"": model}
    if not models:
        raise ValueError("models is empty; give a model, or a dictionary of names and models")
    each = []
    for name, one in models.items():
        with _named(name):
            adapted = adapt(one, shown.x, **_options_for(name, models, options or {}), scale=shown.scale)
        name = name or adapted.kind
        codes = _codes(name, adapted, shown, len(models) > 1)
        each.append(Explored(name, adapted, codes, first_plane(codes), reach(_columns(codes))))
    if not isinstance(model, Film):
        return each
    planes, whole = one_plane([one.codes for one in each]), union([one.reach for one in each])
    return [replace(one, plane=plane, reach=whole) for one, plane in zip(each, planes, strict=True)]


def _check_film(options: Mapping[str, Any]) -> None:
    """A function has weights of its own, or those of the model that was trained: each checkpoint would be that one."""
    for name in ("encode", "decode"):
        if callable(options.get(name)):
            raise ValueError(
                f"{name}= is one function for all checkpoints of a film, which it would make alike; give the model "
                "the methods encode and decode"
            )


def _columns(codes: Tensor) -> Tensor:
    """The code units `[N, k]`; beside a single one stands something in place of the second that is not there."""
    return codes if codes.shape[1] > 1 else torch.cat([codes, aside(len(codes))], 1)


def _options_for(name: str, models: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """What is meant for the model of this name."""
    found = {}
    for option, given in options.items():
        if isinstance(given, Mapping):
            unknown = [str(key) for key in given if str(key) not in models]
            if unknown:
                expected = ", ".join(map(repr, models)) if "" not in models else "a dictionary of models to go with it"
                raise ValueError(f"{option}= names {unknown[0]!r}; expected {expected}")
            given = {str(key): value for key, value in given.items()}.get(name)
        found[option] = given
    return found


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Errors begin with the model's name, where there are several."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}: {error}" if name else str(error)) from error


def gather(explored: Sequence[Explored], shown: Shown, *, film: bool = False) -> tuple[dict[str, Any], bytes]:
    """The description for the browser, typed as `Meta` in `body/subject.js`, and its compressed arrays.

    Args:
        explored: the models.
        shown: the images.
        film: whether the models are the checkpoints of a film.
    """
    payload, compared = Payload(), _compared(shown)
    rebuilt = [_rebuilt(each, shown) for each in explored]
    meta = {
        "channels": shown.x.shape[1],
        "height": shown.x.shape[2],
        "width": shown.x.shape[3],
        "classes": list(shown.classes),
        "points": {**_points(shown, payload), "first": _first(rebuilt, shown)},
        "measured": min(len(shown.x), _MEASURED),
        "training": _training(shown, compared, payload),
        "film": film,
        "models": [
            _model(each, shown, x_hat, compared.x, payload) for each, x_hat in zip(explored, rebuilt, strict=True)
        ],
    }
    return meta, payload.compressed()


def _rebuilt(explored: Explored, shown: Shown) -> Tensor:
    """What the model makes of the images on which averages are taken, `[B, C, H, W]`."""
    with _told(explored.name, "running it"):
        return evaluation.reconstruct(explored.model, shown.x[:_MEASURED])


def _first(rebuilt: Sequence[Tensor], shown: Shown) -> int:
    """The image that is looked at first: far from the mean image and yet well rebuilt, by every model if possible."""
    places = _evenly(shown.x)  # its pixels are to be seen
    places = places[places < len(rebuilt[0])]
    x = shown.x[places]
    errors = torch.stack([evaluation.squared_errors(x, each[places]) for each in rebuilt])
    share = (errors / evaluation.squared_errors(x, x.mean(0).expand_as(x)).clamp(min=1e-6)).amax(0)
    better = (errors <= errors.median(1, keepdim=True).values).all(0)
    return int(places[torch.where(better, share, share + share.max()).argmin()])


def _points(shown: Shown, payload: Payload) -> dict[str, Any]:
    n, chosen = len(shown.x), _evenly(shown.x)
    notes = [f"{note[0].upper()}{note[1:]}." for note in shown.notes]
    if len(chosen) < n:
        notes.append(
            f"{n:,} images; the pixels of {len(chosen):,} of them, evenly chosen, come along, the others are points "
            "only."
        )
    return {
        "count": n,
        "name": shown.name,
        "labels": _labels(shown.y, payload),
        "pixels": payload.add(as_bytes(shown.x[chosen].numpy())),
        "pictures": len(chosen),
        "note": " ".join(notes),
    }


def _labels(y: Tensor | None, payload: Payload) -> dict[str, Any] | None:
    return None if y is None else payload.add(torch.where(y < 0, _NO_LABEL, y.long()).numpy().astype(np.uint16))


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
        "labels": _labels(y, payload),
        "pixels": payload.add(as_bytes(x.numpy())),
        "usual": usual,
        "note": f"Nearest: among {counted} {kind}, by squared distance over all pixels; 0 is a copy.",
    }


def _compared(shown: Shown) -> Split:
    """The training images that travel, evenly chosen where they are too many."""
    chosen = _evenly(shown.train_x)
    return Split(shown.train_x[chosen], None if shown.train_y is None else shown.train_y[chosen])


def _evenly(x: Tensor) -> Tensor:
    """Which of the images `[N, C, H, W]` travel with their pixels; `pictureAt` in body/subject.js finds them again."""
    count = min(len(x), max(1, MOST_BYTES // x[0].numel()))
    return torch.arange(count) * len(x) // count


def _usual_distance(
    x: Tensor, y: Tensor | None, train: Tensor, n_classes: int, *, others: bool = False
) -> dict[str, Any] | None:
    """Median squared distance from the pictures `x` to the nearest training image: of all, and of each class.

    Args:
        x: `[N, C, H, W]`.
        y: labels of the pictures, and perhaps of more behind them, or None.
        train: the training images `[M, C, H, W]`.
        n_classes: how many classes the labels have.
        others: whether `x` are training images themselves, and the nearest *other* one is meant.
    """
    count = 2 if others else 1
    if len(train) < count:
        return None
    # By PyTorch: scikit-learn's neighbours give the same, and take a second to be imported.
    x, train = (each.flatten(1).double() for each in (x, train))
    parts = x.split(max(1, _MOST_DISTANCES // len(train)))
    nearest = [torch.cdist(part, train).topk(count, largest=False).values[:, -1] for part in parts]
    squared = torch.cat(nearest).square().numpy()
    of_class = [] if y is None else [squared[(y[: len(x)] == label).numpy()] for label in range(n_classes)]
    return {
        "all": float(np.median(squared)),
        "classes": [float(np.median(some)) if len(some) >= _FEWEST else None for some in of_class],
    }


def _model(explored: Explored, shown: Shown, rebuilt: Tensor, train: Tensor, payload: Payload) -> dict[str, Any]:
    name, model, codes = explored.name, explored.model, explored.codes
    some, check = shown.x[:_MEASURED], slice(0, _CHECKED)
    with _told(name, "running it"):
        between = explored.plane.grid(_BETWEEN)
        with evaluation.evaluating(model, torch.device("cpu")):
            parts = travel(model, shown.x[check], torch.cat([codes[check], between]))
        measures = _measures(model, some, rebuilt, codes[:_MEASURED])
    asked = {"decoder": "for every decoded picture", "encoder": "to encode drawings"}
    notes = [
        f"{name}: Python is asked {asked[part]}, because {reason}. This needs a running kernel."
        for part, reason in parts["reasons"].items()
    ]
    notes += [f"{name}: {note}." for note in model.notes]
    return {
        "name": name,
        "size": codes.shape[1],
        "variational": model.has_posterior,
        "prior": model.prior,
        "spread": parts["spread"],
        "encoder": parts["encoder"],
        "decoder": parts["decoder"],
        "numbers": payload.add(parts["numbers"]),
        "indices": payload.add(parts["indices"]),
        # Of very many, half precision: the points of the map move by less than a pixel.
        "codes": payload.add(codes.numpy().astype(np.float32 if len(codes) <= _EXACT else np.float16)),
        **_planes(explored, payload),
        "measures": measures,
        "usual": _usual_distance(rebuilt, shown.y, train, len(shown.classes)),
        "constant": "Every image has the same code here: this model ignores what it sees." if _alike(codes) else None,
        "notes": notes,
    }


def _codes(name: str, model: Adapted, shown: Shown, several: bool) -> Tensor:
    """Codes `[N, k]` of the shown images, checked.

    Raises:
        ValueError: the model cannot be run on the images; codes that are not finite, or the same for every image (of a
            single model: beside others it has something to show); pictures that are not finite.
    """
    with _told(name, "encode"):
        codes = evaluation.encode(model, shown.x)
    if not codes.isfinite().all():
        bad = int((~codes.isfinite()).any(1).sum())
        raise ValueError(
            f"{name}: the codes of {bad:,} of {len(codes):,} images are not finite; did its training end in NaN? "
            "Train it again with a smaller learning rate"
        )
    if not several and _alike(codes):
        raise ValueError(
            f"{name}: all {len(codes):,} images have the same code, so there is no map; is it trained, and is the "
            "weight of its KL not too large?"
        )
    with _told(name, "decode"):
        pictures = evaluation.decode(model, codes[:_CHECKED])
    if not pictures.isfinite().all():
        raise ValueError(f"{name}: it decodes pictures that are not finite; did its training end in NaN?")
    return codes


@contextmanager
def _told(name: str, what: str) -> Iterator[None]:
    """Whatever a model raises becomes one line that names the model and what it was asked for."""
    try:
        yield
    except Exception as error:  # a reader's own model may raise anything
        raise ValueError(f"{name}: {what} fails on these images ({kind_and_reason(error)})") from error


def _alike(codes: Tensor) -> bool:
    """Whether several images share one code; a single image always has one."""
    return len(codes) > 1 and bool((codes - codes[0]).abs().max() <= 1e-6)


def _planes(explored: Explored, payload: Payload) -> dict[str, Any]:
    """The plane that the map shows first, and what the browser needs for the planes of two code units."""
    codes, plane = explored.codes, explored.plane
    principal = {
        "names": list(plane.names),
        "components": payload.add(plane.components.numpy()),
        "sds": payload.add(plane.sds.numpy()),
        "mean": payload.add(plane.origin.numpy()),
        "reach": payload.add(plane.reach.numpy()),
    }
    return {
        "principal": principal if plane.principal else None,
        "reach": payload.add(explored.reach.numpy()),
        "aside": payload.add(aside(len(codes)).numpy()) if codes.shape[1] == 1 else None,
    }


def _measures(model: Adapted, x: Tensor, x_hat: Tensor, codes: Tensor) -> dict[str, float | int]:
    """What the model is worth on these images, for the comparison: name -> number."""
    measures: dict[str, float | int] = {
        "code units": codes.shape[1],
        "squared error": evaluation.squared_errors(x, x_hat).mean().item(),
    }
    if model.has_posterior:

        def kl(x: Tensor) -> Tensor:
            return kl_to_prior(model.posterior(x)).sum(1)

        measures["KL (nats)"] = float(evaluation.apply(kl, model, x).mean())
        measures["active units"] = int((codes.var(0) > 0.01).sum()) if len(codes) > 1 else 0
    return measures


def answer(model: Adapted, operation: str, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What the browser asks of a model that it cannot evaluate: float32, flattened.

    Args:
        operation: `"decode"` with codes, or `"encode"` with pixels.
        values: float32, flattened.
        shape: of what is given, such as `(-1, 2)` for codes or `(-1, 1, 28, 28)` for images.
    """
    function = {"decode": model.decode, "encode": model.encode}[operation]
    given = torch.from_numpy(values.copy()).view(shape)
    return evaluation.apply(function, model, given).float().numpy().ravel()

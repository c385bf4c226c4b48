"""Probes: what a simple classifier reads from codes, when it gets the labels of some training images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import SVC
from torch import Tensor, nn

from aeutils.data import Images, Split
from aeutils.evaluation import encode
from aeutils.runtime import short

Features = Mapping[str, np.ndarray]  # "train", "val" and "test" -> [N, k]

READERS = ("linear", "neighbours", "SVC")


def few_labels(y: Tensor, n: int, seed: int) -> np.ndarray:
    """Which training images get a label: `n`, equally many of each of the ten classes; all of them in their order.

    Args:
        y: labels of the training images `[N]`, 0 to 9.
        n: a multiple of 10, or N.
        seed: of the draw.
    """
    if n == len(y):
        return np.arange(n)
    draw, labels = np.random.default_rng(seed), y.numpy()
    each = [draw.choice(np.flatnonzero(labels == digit), n // 10, replace=False) for digit in range(10)]
    return np.concatenate(each)


def scaled(parts: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Codes around 0 with a spread of 1 over all units together; no unit is stretched against another.

    Args:
        parts: "train" and others -> codes `[N, k]`; the training codes set the centre and the scale.
    """
    mean = parts["train"].mean(0)
    spread = (parts["train"] - mean).std()
    return {part: ((z - mean) / spread).numpy() for part, z in parts.items()}


def features(images: Images, model: nn.Module | None = None) -> dict[str, np.ndarray]:
    """What a reader or a clustering gets of each part of the images: their codes, or without a model their pixels."""

    def codes(part: Split) -> Tensor:
        return part.x.flatten(1) if model is None else encode(model, part)

    return scaled({part: codes(getattr(images, part)) for part in ("train", "val", "test")})


def probe(reader: str, z: Features, images: Images, chosen: np.ndarray) -> float:
    """Accuracy on test images, in percent, of a reader that knows the labels of the chosen training images.

    Args:
        reader: "linear", logistic regression, its penalty chosen on the validation images; "neighbours", the vote of
            the five nearest labelled images, of the nearest one alone where fewer than 1,000 have a label; or "SVC", a
            support-vector machine, whose borders may bend.
        z: codes of the three parts.
        images: for their labels.
        chosen: places of training images `[n]`.

    Raises:
        ValueError: another reader.
    """
    if reader not in READERS:
        raise ValueError(f"{short(reader)} is no reader; expected one of {', '.join(map(repr, READERS))}")
    y = {part: getattr(images, part).y.numpy() for part in ("train", "val", "test")}
    if reader == "linear":
        tried = [LogisticRegression(C=c, tol=1e-3, max_iter=1000) for c in (0.01, 0.1, 1.0)]
    else:
        tried = [SVC(C=10) if reader == "SVC" else KNeighborsClassifier(1 if len(chosen) < 1000 else 5)]
    for each in tried:
        each.fit(z["train"][chosen], y["train"][chosen])
    best = max(tried, key=lambda each: each.score(z["val"], y["val"])) if len(tried) > 1 else tried[0]
    return 100 * float(best.score(z["test"], y["test"]))


def spread_labels(z: Features, images: Images, chosen: np.ndarray, seed: int, lot: int = 20_000) -> float:
    """Accuracy on test images, in percent, when labels are handed on along a graph of neighbours.

    Args:
        z: codes of the parts.
        images: for their labels.
        chosen: places of the training images with a label `[n]`.
        seed: of the draw of those without.
        lot: how many training images there are in the graph, labelled or not.
    """
    y_train, y_test = images.train.y, images.test.y
    assert y_train is not None and y_test is not None  # for the type checker
    others = np.random.default_rng(seed).permutation(len(y_train))[: lot - len(chosen)]
    used = np.union1d(chosen, others)
    known = np.where(np.isin(used, chosen), y_train.numpy()[used], -1)
    graph = LabelSpreading(kernel="knn", n_neighbors=10, alpha=0.8, max_iter=100).fit(z["train"][used], known)
    return 100 * float(graph.score(z["test"], y_test.numpy()))

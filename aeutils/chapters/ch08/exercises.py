"""The exercises of notebook 08."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from aeutils.chapters.ch08.clusters import matched_accuracy as _matched_accuracy
from aeutils.chapters.ch08.gallery import COLUMNS, worth
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, one_number, told, whole_number


def _labelled_codes() -> list[tuple[Tensor, Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(8)
    found = []
    for n_each, spread in ((12, 1.2), (7, 1.5), (20, 1.0)):
        centres = 2.5 * torch.randn(10, 4, generator=generator)
        y = torch.arange(10).repeat(n_each)
        z_train = centres[y] + spread * torch.randn(len(y), 4, generator=generator)
        found.append((z_train, y, centres.repeat(3, 1) + spread * torch.randn(30, 4, generator=generator)))
    return found


def _class_means(z_train: Tensor, y_train: Tensor) -> Tensor:
    """`[10, k]`."""
    return torch.stack([z_train[y_train == digit].mean(0) for digit in range(10)])


def _one_digit_each(answer: Callable[..., Any], z_train: Tensor, y_train: Tensor, z: Tensor) -> Tensor:
    with told({"at least 2D": "mean() makes one number of all codes of a digit; mean(0) leaves k of them"}):
        given = attempted(answer(z_train, y_train, z))
    if isinstance(given, tuple) and len(given) == 2:
        raise Diagnosis("min has two answers, the values and their places; the places are wanted: argmin")
    given = given if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
    if given.shape == (len(z), 10):
        raise Diagnosis("that is ten numbers for each code; return the digit of the nearest mean, [M]")
    if given.shape == (10,):
        raise Diagnosis("that is, for each mean, which code is nearest; ask for each code which mean is: axis 1")
    if given.shape == (len(z_train),):
        raise Diagnosis("that is a digit for each training code; give the new codes, z, theirs")
    if given.shape == (len(z),) and given.is_floating_point() and not torch.equal(given, given.round()):
        raise Diagnosis("these are distances; return which mean is the nearest: argmin, not min")
    return given.double()


nearest_mean = Exercise(
    number="8.1",
    examples=_labelled_codes,
    right=lambda z_train, y_train, z: torch.cdist(z, _class_means(z_train, y_train)).argmin(1),
    mistakes=[
        Mistake(
            "that is the digit of the nearest single code; take the mean of each digit's codes first",
            lambda z_train, y_train, z: y_train[torch.cdist(z, z_train).argmin(1)],
        ),
        Mistake(
            "that is the mean that is furthest away; take the smallest distance",
            lambda z_train, y_train, z: torch.cdist(z, _class_means(z_train, y_train)).argmax(1),
        ),
        Mistake(
            "the largest product is not the smallest distance: a mean far from 0 wins too often",
            lambda z_train, y_train, z: (z @ _class_means(z_train, y_train).T).argmax(1),
        ),
        Mistake(
            "return the digit of the nearest mean",
            lambda z_train, y_train, z: torch.cdist(z, _class_means(z_train, y_train)),
        ),
        Mistake(
            "these are distances",
            lambda z_train, y_train, z: torch.cdist(z, _class_means(z_train, y_train)).min(1).values,
        ),
        Mistake(
            "the places are wanted: argmin",
            lambda z_train, y_train, z: torch.cdist(z, _class_means(z_train, y_train)).min(1),
        ),
        Mistake(
            "ask for each code which mean is: axis 1",
            lambda z_train, y_train, z: torch.cdist(z, _class_means(z_train, y_train)).argmin(0),
        ),
        Mistake(
            "give the new codes, z, theirs",
            lambda z_train, y_train, z: torch.cdist(z_train, _class_means(z_train, y_train)).argmin(1),
        ),
        Mistake(
            "mean(0) leaves k of them",
            lambda z_train, y_train, z: torch.cdist(z, torch.stack([z_train[y_train == d].mean() for d in range(10)])),
        ),
    ],
    observe=_one_digit_each,
    returns="[M], a digit for each code",
    labels="digits",
    praise="the simplest probe there is: ten means are all that it knows",
    target="A digit for each new code, [M]: that of the nearest of ten means",
    minutes=8,
    level="medium",
    ask="How many points are compared with a new code, and what does each of them stand for?",
)


def _worth_of_choice(answer: Callable[[], Any]) -> bool:
    """True for a choice from the gallery that is worth over 55 percent."""
    given = attempted(answer())
    given = given.tolist() if hasattr(given, "tolist") else given
    if not isinstance(given, tuple | list) or len(given) != 10:
        raise Diagnosis("return ten numbers: the column of your image in the row of each digit, from 0 to 9")
    columns = [whole_number(column) for column in given]
    for digit, column in enumerate(columns):
        if not 0 <= column < COLUMNS:
            raise Diagnosis(f"row {digit} has the columns 0 to {COLUMNS - 1}; got {column}")
    percent = worth(columns)
    if percent <= 55:
        raise Diagnosis(
            f"with these ten labels {percent:.0f} percent are named right; a random choice has 43 on average. "
            "Look for images that are typical of their digit, and try one row at a time"
        )
    return True


ten_labels = Exercise(
    number="8.2",
    examples=[()],
    right=lambda: [11, 9, 5, 1, 5, 9, 8, 4, 4, 1],
    mistakes=[
        Mistake("Look for images that are typical of their digit", lambda: [0] * 10),
        Mistake("ten numbers", lambda: [11, 9, 5]),
        Mistake("the columns 0 to 11", lambda: [12] * 10),
    ],
    observe=_worth_of_choice,
    returns="ten numbers, the columns",
    praise="which images get a label matters more here than which features they are compared by",
    target="Ten columns of the gallery that name over 55 percent of the validation images",
    minutes=12,
    level="medium",
    ask="Would you recognise other writers' digits by this image, or is it unusual of its kind?",
)


def _clusterings() -> list[tuple[np.ndarray, np.ndarray]]:
    draw = np.random.default_rng(8)
    counts = np.array([[30, 28, 0], [25, 2, 5], [0, 3, 30]])  # the drawing's, turned: rows are clusters
    y = np.concatenate([np.repeat([0, 1, 2], row) for row in counts])
    found = [(y, np.repeat([2, 0, 1], counts.sum(1)))]  # clusters have numbers of their own
    for n in (60, 200):
        y = draw.integers(0, 5, n)
        found.append((y, np.where(draw.random(n) < 0.6, (y + 2) % 5, draw.integers(0, 5, n))))
    y = draw.integers(0, 5, 120)  # five digits in eight clusters: the table of counts need not be square
    found.append((y, np.where(draw.random(120) < 0.6, 7 - y, draw.integers(0, 8, 120))))
    return found


def _counts(y: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Images of each digit (rows) in each cluster (columns)."""
    return np.array([[((y == digit) & (found == c)).sum() for c in np.unique(found)] for digit in np.unique(y)])


def _greedy(y: np.ndarray, found: np.ndarray) -> float:
    counts, right = _counts(y, found).astype(float), 0.0
    for _ in range(min(counts.shape)):
        digit, c = np.unravel_index(counts.argmax(), counts.shape)
        right += counts[digit, c]
        counts[digit], counts[:, c] = -1, -1
    return right / len(y)


def _assigned(counts: np.ndarray, *, maximize: bool) -> float:
    return float(counts[linear_sum_assignment(counts, maximize)].sum())


matched_share = Exercise(
    number="8.3",
    examples=_clusterings,
    right=_matched_accuracy,
    mistakes=[
        Mistake(
            "that compares numbers as they are; a cluster's number is only a name: match them first",
            lambda y, found: (y == found).mean(),
        ),
        Mistake(
            "each cluster took its largest digit, so two may have the same name; match one to one",
            lambda y, found: _counts(y, found).max(0).sum() / len(y),
        ),
        Mistake(
            "each digit took its largest cluster, so two may share one; match one to one",
            lambda y, found: _counts(y, found).max(1).sum() / len(y),
        ),
        Mistake("taking the largest count first is not always best; let linear_sum_assignment weigh all", _greedy),
        Mistake(
            "that is the match with the fewest images; say maximize=True",
            lambda y, found: _assigned(_counts(y, found), maximize=False) / len(y),
        ),
        Mistake(
            "there may be more clusters than digits: the table has a row for each digit, a column for each cluster",
            lambda y, found: _assigned(_counts(y, found)[:, : len(np.unique(y))], maximize=True) / len(y),
        ),
        Mistake(
            "that is how many; divide by the number of images", lambda y, found: _matched_accuracy(y, found) * len(y)
        ),
        Mistake("that is in percent; return a share, 0 to 1", lambda y, found: 100 * _matched_accuracy(y, found)),
        Mistake(
            "that is the mean count of a matched pair; add the counts up, and divide by the number of images",
            lambda y, found: _matched_accuracy(y, found) * len(y) / min(_counts(y, found).shape),
        ),
    ],
    observe=one_number,
    returns="one number, 0 to 1",
    praise="83 of 123 in the drawing's example; a match that may use a digit twice would say 85",
    target="0.675 in the drawing's example: 83 of 123",
    minutes=8,
    level="medium",
    ask="If somebody renames the clusters, may your number change, and may two clusters have the same digit?",
)


def _codes_with_wide_axes() -> list[tuple[Tensor]]:
    generator = torch.Generator().manual_seed(8)
    mix = torch.tensor([[3.0, 1.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 0.5]])
    return [(torch.randn(n, 3, generator=generator) @ mix + 4.0,) for n in (40, 60)]


def _axes(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Codes around 0, the variances along their principal axes, and these axes."""
    centred = z - z.mean(0)
    variances, axes = torch.linalg.eigh(z.T.cov())
    return centred, variances, axes


def _distances(answer: Callable[[Tensor], Any], z: Tensor) -> Tensor:
    """All that matters to a clustering: the distances between the answer's codes."""
    given = attempted(answer(z))
    given = torch.as_tensor(given) if isinstance(given, np.ndarray) else given
    if not isinstance(given, Tensor) or given.shape != z.shape:
        raise Diagnosis(f"return new codes of the same shape, {list(z.shape)}")
    return torch.cdist(given.double(), given.double())


def _along_axes(change: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The codes, with the spread along each principal axis changed by a function of its variance."""

    def changed(z: Tensor) -> Tensor:
        centred, variances, axes = _axes(z)
        return centred @ axes * change(variances)

    return changed


whitened = Exercise(
    number="8.4",
    examples=_codes_with_wide_axes,
    right=_along_axes(torch.rsqrt),
    mistakes=[
        Mistake(
            "each unit has a spread of 1 now, but they are still correlated: turn to the principal axes first",
            lambda z: (z - z.mean(0)) / z.std(0),
        ),
        Mistake(
            "that divides by the variance; a spread is its square root", _along_axes(lambda variances: 1 / variances)
        ),
        Mistake("that makes wide axes wider: divide by the spread, don't multiply", _along_axes(torch.sqrt)),
        Mistake("turned, and not yet stretched: divide each axis by its spread", _along_axes(torch.ones_like)),
        Mistake(
            "the variances are sums divided by N; .cov() divides by N − 1",
            lambda z: _along_axes(torch.rsqrt)(z) * len(z) ** 0.5 / (len(z) - 1) ** 0.5,
        ),
    ],
    observe=_distances,
    returns="[N, k], new codes",
    praise="distances between such codes (Mahalanobis) are the same whatever axes the code had",
    target="Codes whose covariance is the identity matrix; only the distances between them are compared",
    minutes=12,
    tolerance=1e-3,
    level="hard",
    ask="What is the covariance of your codes: which of its numbers are not yet 1 or 0?",
)

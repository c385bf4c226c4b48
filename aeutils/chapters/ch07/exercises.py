"""The exercises of notebook 07."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.chapters.ch07.small_model import small_model
from aeutils.data import load
from aeutils.evaluation import decode, encode
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, but, number, one_number, several, told


def _pictures_near_training_images() -> list[tuple[Tensor, Tensor, float]]:
    generator = torch.Generator().manual_seed(1)
    x_train = torch.rand(30, 1, 10, 10, generator=generator)
    pictures = x_train[:8] + 0.07 * torch.arange(8).view(8, 1, 1, 1)  # 0, 0.49, 1.96, 4.41, 7.84 ... away
    pictures = torch.cat([pictures, torch.rand(2, 1, 10, 10, generator=generator)])
    return [
        (pictures, x_train, 6.0),
        (pictures, x_train, 0.05),
        (pictures, x_train, 0.004),  # so low that a mean over 784 pixels shows, too
        (pictures[1:9], x_train, 17.0),
        (pictures[:3], x_train, 6.0),
    ]


def _squared(pictures: Tensor, x_train: Tensor) -> Tensor:
    """`[N, M]`."""
    return torch.cdist(pictures.flatten(1), x_train.flatten(1)).square()


def _share(distances: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor, float], Tensor]:
    """The share of the `distances`, made from the squared ones `[N, M]`, that are below the limit."""
    return lambda pictures, x_train, limit: (distances(_squared(pictures, x_train)) < limit).double().mean()


# What PyTorch says -> what that means here.
_RAISED = {
    "return_types.min": ".min(1) returns two things, the smallest values and their places: take .min(1).values",
    "Input dtype must be either": "the mean of true and false cannot be taken; make numbers of them first: .float()",
    "infer output dtype": "the mean of true and false cannot be taken; make numbers of them first: .float()",
}


def _one_share(answer: Callable[..., Any], pictures: Tensor, x_train: Tensor, limit: float) -> float:
    with told(_RAISED):
        given = attempted(answer(pictures, x_train, limit))
    if getattr(given, "shape", ()) == (len(pictures),):
        raise Diagnosis("that is one answer for each picture; return the share of them, one number")
    return number(given)


_share_of_copies = _share(lambda squared: squared.min(1).values)
share_of_copies = Exercise(
    number="7.1",
    examples=_pictures_near_training_images,
    right=_share_of_copies,
    mistakes=[
        Mistake(
            "that is 1 or 0: .min() without an axis takes the smallest of all; take it per picture, over axis 1",
            _share(torch.min),
        ),
        Mistake(
            "that is how many; divide by the number of pictures",
            lambda pictures, x_train, limit: (_squared(pictures, x_train).min(1).values < limit).sum(),
        ),
        Mistake("that is the share of those that are further away", but(_share_of_copies, lambda share: 1 - share)),
        Mistake("that is in percent; a share lies between 0 and 1", but(_share_of_copies, lambda share: 100 * share)),
        Mistake(
            "the limit is a squared distance: torch.cdist gives the root of it",
            _share(lambda squared: squared.min(1).values.sqrt()),
        ),
        Mistake(
            "the squared differences are summed over the pixels, not averaged",
            _share(lambda squared: squared.min(1).values / 100),
        ),
        Mistake(
            "the squared differences are summed, not divided by the number of pixels (which is not always 784)",
            _share(lambda squared: squared.min(1).values / 784),
        ),
        Mistake(
            "take .min(1).values",
            lambda pictures, x_train, limit: (_squared(pictures, x_train).min(1) < limit).float().mean(),
        ),
        Mistake(
            "make numbers of them first",
            lambda pictures, x_train, limit: (_squared(pictures, x_train).min(1).values < limit).mean(),
        ),
        Mistake("that is the share of pairs; look only at each picture's nearest", _share(lambda squared: squared)),
        Mistake(
            "that is the share of training images with a picture near them; take the minimum over the other axis",
            _share(lambda squared: squared.min(0).values),
        ),
        Mistake(
            "you took the mean over the training images; a copy is near one of them, so take the minimum",
            _share(lambda squared: squared.mean(1)),
        ),
        Mistake(
            "one answer for each picture",
            lambda pictures, x_train, limit: _squared(pictures, x_train).min(1).values < limit,
        ),
    ],
    observe=_one_share,
    returns="one number, 0 to 1",
    praise="a distance near 0 shows a copy; a merely low one does not (real 1s lie at 5); a high one may be a digit",
    target="0.4 in the check's example: four pictures of ten are nearer than the limit",
    minutes=8,
    level="medium",
    ask="For one picture: how many distances do you have, which of them decides, and is it squared like the limit?",
)


def _nearest(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Squared distance `[N]` of each picture to the nearest training image, and that image's label `[N]`."""
    train = load("mnist-5k").train
    assert train.y is not None  # these are labelled
    distances, indices = torch.cdist(pictures.flatten(1), train.x.flatten(1)).square().min(1)
    return distances, train.y[indices]


def _found_odd(answer: Callable[[], Sequence[float]]) -> bool:
    """True for a code of `small_model` inside the map, its picture unusually far from the data."""
    given = attempted(answer())
    given = given.flatten().tolist() if hasattr(given, "flatten") else given  # a tensor or an array
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise Diagnosis("this model has two code units: return two numbers, as in hunt.code")
    z = torch.tensor([[number(unit) for unit in several(given, ("unit 1", "unit 2"))]])
    model, images = small_model(), load("mnist-5k")
    codes = encode(model, images.train.x)
    low, high = torch.quantile(codes, torch.tensor([0.05, 0.95]), dim=0)
    for unit in range(2):
        if not low[unit] <= z[0, unit] <= high[unit]:
            raise Diagnosis(
                f"unit {unit + 1} is {z[0, unit]:.2f}, outside the map: nine of ten training codes have "
                f"{low[unit]:.2f} to {high[unit]:.2f} there"
            )
    if torch.cdist(z, codes).min() < 1e-3:
        raise Diagnosis("that is the code of a training image; look for a place of your own")
    distance, label = _nearest(decode(model, z))
    alike = images.test.x[images.test.y == label]
    usual = _nearest(decode(model, encode(model, alike)))[0].median()
    if distance <= 2 * usual:
        raise Diagnosis(
            f"its picture lies {distance.item():.1f} from the nearest training image, a {label.item()}; "
            f"usual there is {usual:.1f}, so look for more than {2 * usual:.1f}"
        )
    return True


def _code_in_the_middle_of_the_data() -> Tensor:
    z = encode(small_model(), load("mnist-5k").train.x)
    return z[(z - z.median(0).values).norm(dim=1).argmin()]


odd_place = Exercise(
    number="7.2",
    examples=[()],
    right=lambda: [-1.15, 3.2],
    mistakes=[
        Mistake("unit 2 is 1000.00, outside the map", lambda: [-1.15, 1000.0]),
        Mistake("so look for more than", lambda: [0.0, 0.0]),
        Mistake("two code units", lambda: [-1.15]),
        Mistake("the code of a training image", _code_in_the_middle_of_the_data),
    ],
    observe=_found_odd,
    returns="two numbers, a code",
    praise="by this number the place is odd; now see whether you would call its picture a digit",
    target="A code inside the map whose picture lies over twice as far from its nearest as is usual there",
    minutes=15,
    level="medium",
    ask="Of which digit is the nearest training image, and how near does that digit usually come?",
)


temperature = Exercise(
    number="7.3",
    examples=[(0.0,), (0.1,), (0.25,), (0.5,), (0.8,)],
    right=lambda t: ((1 - t) ** 2 + t**2) ** 0.5,
    mistakes=[
        Mistake("that is the variance; the temperature is its root", lambda t: (1 - t) ** 2 + t**2),
        Mistake("standard deviations don't add up; variances do, with (1 − t)² and t²", lambda t: (1 - t) + t),
        Mistake("that would hold if b were −a; the two are drawn independently", lambda t: abs(1 - 2 * t)),
        Mistake(
            "that is a straight line down to the middle; at t = 1/4 that is already over two thirds of the way down",
            lambda t: 1 - 2 * (1 - 0.5**0.5) * min(t, 1 - t),
        ),
        Mistake("you left out one of the two draws", lambda t: 1 - t),
        Mistake("that is the middle only; at t = 0 it must be 1", lambda t: 0.5**0.5),
    ],
    observe=one_number,
    returns="one number, a standard deviation",
    praise="0.71 in the middle: a straight line between two draws passes through the codes of a cooler prior",
    target="1 at both ends, and about 0.707 in the middle",
    minutes=8,
    level="medium",
    ask="Halfway, each unit is half of a plus half of b. What is the variance of half a number, and of the sum?",
)

"""The exercises of notebook 07."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.chapters.ch07.code_pairs import linear_map, with_ones
from aeutils.chapters.ch07.small_model import small_model
from aeutils.data import load
from aeutils.evaluation import decode, encode
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, but, finite, number, several


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
            f"look for more than twice what is usual there, {usual:.1f}"
        )
    return True


def _code_in_the_middle_of_the_data() -> Tensor:
    z = encode(small_model(), load("mnist-5k").train.x)
    return z[(z - z.median(0).values).norm(dim=1).argmin()]


odd_place = Exercise(
    number="7.1",
    examples=[()],
    right=lambda: [-1.15, 3.2],
    mistakes=[
        Mistake("unit 2 is 1000.00, outside the map", lambda: [-1.15, 1000.0]),
        Mistake("look for more than twice", lambda: [0.0, 0.0]),
        Mistake("two code units", lambda: [-1.15]),
        Mistake("the code of a training image", _code_in_the_middle_of_the_data),
    ],
    observe=_found_odd,
    returns="two numbers, a code",
    praise="by this number the place is odd; now see whether you would call its picture a digit",
    target="A code inside the map whose picture lies over twice as far from its nearest as is usual there",
    minutes=15,
)


def _pictures_near_training_images() -> list[tuple[Tensor, Tensor, float]]:
    generator = torch.Generator().manual_seed(1)
    x_train = torch.rand(30, 1, 10, 10, generator=generator)
    pictures = x_train[:8] + 0.07 * torch.arange(8).view(8, 1, 1, 1)  # 0, 0.49, 1.96, 4.41, 7.84 ... away
    pictures = torch.cat([pictures, torch.rand(2, 1, 10, 10, generator=generator)])
    return [
        (pictures, x_train, 6.0),
        (pictures, x_train, 0.05),
        (pictures[1:9], x_train, 17.0),
        (pictures[:3], x_train, 6.0),
    ]


def _squared(pictures: Tensor, x_train: Tensor) -> Tensor:
    """`[N, M]`."""
    return torch.cdist(pictures.flatten(1), x_train.flatten(1)).square()


def _share(distances: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor, float], Tensor]:
    """The share of the `distances`, made from the squared ones `[N, M]`, that are below the limit."""
    return lambda pictures, x_train, limit: (distances(_squared(pictures, x_train)) < limit).double().mean()


def _one_share(answer: Callable[..., Any], pictures: Tensor, x_train: Tensor, limit: float) -> float:
    given = attempted(answer(pictures, x_train, limit))
    if getattr(given, "shape", ()) == (len(pictures),):
        raise Diagnosis("that is one answer for each picture; return the share of them, one number")
    return number(given)


_share_of_copies = _share(lambda squared: squared.min(1).values)
share_of_copies = Exercise(
    number="7.2",
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
    praise="a distance near 0 shows a copy; a merely low one does not (real 1s lie at 5), nor a high one a digit",
    target="0.4 in the check's example: four pictures of ten are nearer than the limit",
    minutes=10,
)


def _unit(z: Tensor) -> Tensor:
    return z / z.norm()


def _angle(a: Tensor, b: Tensor) -> Tensor:
    return torch.arccos(torch.dot(_unit(a), _unit(b)))


def _arc(a: Tensor, b: Tensor, omega: Tensor, t: float) -> Tensor:
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def _straight(a: Tensor, b: Tensor, t: float) -> Tensor:
    return (1 - t) * a + t * b


def _length(a: Tensor, b: Tensor, t: float) -> Tensor:
    return (1 - t) * a.norm() + t * b.norm()


def _walk(
    direction: Callable[[Tensor, Tensor, float], Tensor] = lambda a, b, t: _arc(_unit(a), _unit(b), _angle(a, b), t),
    length: Callable[[Tensor, Tensor, float], Any] = _length,
) -> Callable[[Tensor, Tensor, float], Tensor]:
    return lambda a, b, t: length(a, b, t) * direction(a, b, t)


def _turned_by(omega: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor, float], Tensor]:
    return _walk(lambda a, b, t: _arc(_unit(a), _unit(b), omega(a, b), t))


_A, _B, _C = torch.tensor([[0.3, 0.6, 0.2], [1.2, -0.4, 0.9], [-0.2, 0.5, 0.3]])  # none at a right angle
great_circle = Exercise(
    number="7.3",
    examples=[(_A, _B, 0.25), (_A, _B, 0.5), (_B, _C, 0.9)],
    right=_walk(),
    mistakes=[
        Mistake(
            "that is the formula for equal lengths, used on unequal ones: turn the directions, a and b divided by "
            "their lengths",
            lambda a, b, t: _arc(a, b, _angle(a, b), t),
        ),
        Mistake(
            "that is the direction, of length 1; give it the length that belongs to t", _walk(length=lambda a, b, t: 1)
        ),
        Mistake("that keeps the first code's length all the way", _walk(length=lambda a, b, t: a.norm())),
        Mistake("that is the straight line", _straight),
        Mistake(
            "that is the straight line, stretched to the right length: its direction turns faster in the middle",
            _walk(lambda a, b, t: _unit(_straight(a, b, t))),
        ),
        Mistake(
            "that is the straight line between the directions, stretched: it turns faster in the middle",
            _walk(lambda a, b, t: _unit(_straight(_unit(a), _unit(b), t))),
        ),
        Mistake(
            "t = 0 must give a: the two weights are exchanged",
            _walk(lambda a, b, t: _arc(_unit(b), _unit(a), _angle(a, b), t)),
        ),
        Mistake("you walk from b to a: t = 0 must give a", lambda a, b, t: _walk()(b, a, t)),
        Mistake(
            "the length runs backwards: at t = 0 it must be that of a", _walk(length=lambda a, b, t: _length(b, a, t))
        ),
        Mistake(
            "the angle is missing its arccos: you used the cosine as the angle",
            _turned_by(lambda a, b: torch.dot(_unit(a), _unit(b))),
        ),
        Mistake(
            "the division by sin ω is missing", _walk(length=lambda a, b, t: _length(a, b, t) * _angle(a, b).sin())
        ),
        Mistake(
            "the cosine needs the codes' lengths: divide the product by both norms",
            _turned_by(lambda a, b: torch.arccos(torch.dot(a, b))),
        ),
        Mistake("torch.sin takes radians", _turned_by(lambda a, b: torch.rad2deg(_angle(a, b)))),
        Mistake("NaN: arccos wants", _turned_by(lambda a, b: torch.arccos(9 * torch.dot(a, b)))),
    ],
    observe=lambda answer, a, b, t: finite(
        answer(a, b, t),
        "NaN: arccos wants a cosine between −1 and 1; is your product divided by both lengths?",
    ),
    returns="[k], a code",
    praise="that is how the explorer walks; at equal lengths it is the great circle of section 4",
    target="From (1, 0) to (0, 3) the middle is (√2, √2)",
    minutes=20,
)

temperature = Exercise(
    number="7.4",
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
    observe=lambda answer, t: number(answer(t)),
    returns="one number, a standard deviation",
    praise="0.71 in the middle: a straight line between two draws passes through the codes of a cooler prior",
    target="1 at both ends, and about 0.707 in the middle",
    minutes=8,
)


def _codes_of_two_models() -> list[tuple[Tensor, Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(4)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    turn = torch.tensor([[0.2, 1.4, 0.0], [-1.1, 0.3, 0.5], [0.4, 0.0, 2.0]], dtype=torch.float64)
    found = []
    for n, k, m in ((40, 3, 7), (12, 2, 5)):
        z = normal(n, k) + torch.tensor([2.0, 0.0, -1.0])[:k]
        found.append((z, z @ turn[:k, :k] + 3 + 0.3 * normal(n, k), normal(m, k) + 1))
    return found


def _turns_only(z: Tensor, other: Tensor, z_new: Tensor) -> Tensor:
    """The best turn of the cloud (Procrustes)."""
    left, _, right = torch.linalg.svd((z - z.mean(0)).T @ (other - other.mean(0)))
    return (z_new - z.mean(0)) @ (left @ right) + other.mean(0)


def _slope(z: Tensor, other: Tensor) -> Tensor:
    return torch.linalg.lstsq(z - z.mean(0), other - other.mean(0)).solution


translate = Exercise(
    number="7.5",
    examples=_codes_of_two_models,
    right=linear_map,
    mistakes=[
        Mistake(
            "a constant is missing: the two clouds have different centres; add a column of ones",
            lambda z, other, z_new: z_new @ torch.linalg.lstsq(z, other).solution,
        ),
        Mistake(
            "the constant is fitted, but left out where z_new is translated",
            lambda z, other, z_new: z_new @ torch.linalg.lstsq(with_ones(z), other).solution[:-1],
        ),
        Mistake(
            "that translates the wrong way, from the other model's codes to these",
            lambda z, other, z_new: linear_map(other, z, z_new),
        ),
        Mistake("that only turns the cloud; the map may also stretch and skew", _turns_only),
        Mistake(
            "that only moves the cloud; the map may also turn, stretch and skew",
            lambda z, other, z_new: z_new - z.mean(0) + other.mean(0),
        ),
        Mistake(
            "you compare unit with unit; each unit of the other model may need all units of this one",
            lambda z, other, z_new: torch.cat(
                [linear_map(*(codes[:, [j]] for codes in (z, other, z_new))) for j in range(z.shape[1])], 1
            ),
        ),
        Mistake(
            "centred, but not moved back: add the mean of the other codes",
            lambda z, other, z_new: (z_new - z.mean(0)) @ _slope(z, other),
        ),
        Mistake(
            "z_new is centred by its own mean; use the mean of the codes that the map was fitted to",
            lambda z, other, z_new: (z_new - z_new.mean(0)) @ _slope(z, other) + other.mean(0),
        ),
        Mistake(
            "z_new must be centred, too, by the mean of the codes that the map was fitted to",
            lambda z, other, z_new: z_new @ _slope(z, other) + other.mean(0),
        ),
        Mistake(
            "these are the codes that the map was fitted to; translate z_new",
            lambda z, other, z_new: linear_map(z, other, z),
        ),
        Mistake(
            "that is the map itself; apply it to z_new",
            lambda z, other, z_new: torch.linalg.lstsq(with_ones(z), other).solution,
        ),
    ],
    returns="[M, m], a code of the other model for each row of z_new",
    praise="two strangers' codes, and a table of k (k + 1) numbers translates most of it",
    target="Codes [7, 3] in the check's example, with a constant in the map",
    minutes=15,
)


def _chance(k: int, n: int) -> float:
    return k / (n - 1)


def _gained(overlap: float, chance: float) -> float:
    return (overlap - chance) / (1 - chance)


corrected_overlap = Exercise(
    number="7.6",
    examples=[(0.6, 10, 1000), (0.3, 10, 50), (0.1, 20, 101)],
    right=lambda overlap, k, n: _gained(overlap, _chance(k, n)),
    mistakes=[
        Mistake("that is uncorrected: what would two random lists of k share?", lambda o, k, n: o),
        Mistake("that is the chance itself", lambda o, k, n: _chance(k, n)),
        Mistake("at best it must be 1: divide by what can be gained over chance", lambda o, k, n: o - _chance(k, n)),
        Mistake("an image is not its own neighbour: there are n − 1 to choose from", lambda o, k, n: _gained(o, k / n)),
        Mistake(
            "chance is k in n − 1, not 1 in n − 1: a list of k has k places to meet",
            lambda o, k, n: _gained(o, 1 / (n - 1)),
        ),
        Mistake(
            "divide by what can be gained, 1 − k / (n − 1); and don't stop at 0: less than chance is negative",
            lambda o, k, n: max(o - _chance(k, n), 0.0),
        ),
        Mistake("below chance it is negative: don't clip it at 0", lambda o, k, n: max(_gained(o, _chance(k, n)), 0.0)),
        Mistake(
            "an image is not its own neighbour, so chance is k in n − 1; and at best it must be 1",
            lambda o, k, n: o - k / n,
        ),
        Mistake("that is how many times chance; it has no fixed upper end", lambda o, k, n: o / _chance(k, n)),
    ],
    observe=lambda answer, overlap, k, n: number(answer(overlap, k, n)),
    returns="one number, at most 1",
    praise="the third example comes out negative: fewer common neighbours than chance would give",
    target="About 0.596 for an overlap of 0.6 with k = 10 and n = 1,000",
    minutes=10,
)

"""The exercises of notebook 07b."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from aeutils.evaluation import linear_map
from aeutils.lessons.exercises import Exercise, Mistake, attempted, finite, one_number, told


def _with_ones(z: Tensor) -> Tensor:
    """A column of ones, for a linear map's constant."""
    return pad(z, (0, 1), value=1.0)


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


def _with_ones_in_front(z: Tensor) -> Tensor:
    return pad(z, (1, 0), value=1.0)


def _turns_only(z: Tensor, other: Tensor, z_new: Tensor) -> Tensor:
    """The best turn of the cloud (Procrustes)."""
    left, _, right = torch.linalg.svd((z - z.mean(0)).T @ (other - other.mean(0)))
    return (z_new - z.mean(0)) @ (left @ right) + other.mean(0)


def _slope(z: Tensor, other: Tensor) -> Tensor:
    return torch.linalg.lstsq(z - z.mean(0), other - other.mean(0)).solution


def _translated(answer: Callable[..., Any], z: Tensor, other: Tensor, z_new: Tensor) -> Any:
    (n, k), m = z_new.shape, other.shape[1]
    with told({f"cannot be multiplied ({n}x{k} and {k + 1}x{m})": "z_new needs the column of ones, too"}):
        return attempted(answer(z, other, z_new))


translate = Exercise(
    number="7b.1",
    examples=_codes_of_two_models,
    right=linear_map,
    mistakes=[
        Mistake(
            "a constant is missing: the two clouds have different centres; add a column of ones",
            lambda z, other, z_new: z_new @ torch.linalg.lstsq(z, other).solution,
        ),
        Mistake(
            "the constant is fitted, but left out where z_new is translated",
            lambda z, other, z_new: z_new @ torch.linalg.lstsq(_with_ones(z), other).solution[:-1],
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
            lambda z, other, z_new: torch.linalg.lstsq(_with_ones(z), other).solution,
        ),
        Mistake(
            "z_new needs the column of ones, too",
            lambda z, other, z_new: z_new @ torch.linalg.lstsq(_with_ones(z), other).solution,
        ),
        Mistake(
            "the column of ones stands behind in the fit and in front in z_new; put both on one side",
            lambda z, other, z_new: _with_ones_in_front(z_new) @ torch.linalg.lstsq(_with_ones(z), other).solution,
        ),
        Mistake(
            "the column of ones stands in front in the fit and behind in z_new; put both on one side",
            lambda z, other, z_new: _with_ones(z_new) @ torch.linalg.lstsq(_with_ones_in_front(z), other).solution,
        ),
    ],
    observe=_translated,
    returns="[M, m], a code of the other model for each row of z_new",
    praise="two strangers' codes, and a table of k (k + 1) numbers translates most of it",
    target="Codes [7, 3] in the check's example, with a constant in the map",
    minutes=12,
    level="hard",
    ask="If all codes of the other model were moved by the same step, could your map follow, also for the new codes?",
)


def _chance(k: int, n: int) -> float:
    return k / (n - 1)


def _gained(overlap: float, chance: float) -> float:
    return (overlap - chance) / (1 - chance)


corrected_overlap = Exercise(
    number="7b.2",
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
            "chance is not 1 in n: k neighbours are picked, not one, and an image is not its own neighbour",
            lambda o, k, n: _gained(o, 1 / n),
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
    observe=one_number,
    returns="one number, at most 1",
    praise="the third example comes out negative: fewer common neighbours than chance would give",
    target="About 0.596 for an overlap of 0.6 with k = 10 and n = 1,000",
    minutes=10,
    level="medium",
    ask="Somebody picks k of the other n − 1 images blindly. Which share of the true k does he hit on average?",
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
    number="7b.3",
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
    level="for the best",
    ask="From (1, 0) to (0, 3): what is the direction halfway, and what is the length there?",
)

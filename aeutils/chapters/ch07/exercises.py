"""Checks for the exercises of notebook 07, and a few things that it uses."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.data import Images, load
from aeutils.evaluation import decode, encode
from aeutils.lessons.grading import Diagnosis, Feedback, attempted, grade
from aeutils.losses import cross_entropy
from aeutils.models import Autoencoder
from aeutils.training import fit


def best_partners(similarity: Tensor) -> Tensor:
    """Each row's value with its partner, `[k]`, where partners are chosen one to one to make the sum the largest.

    Args:
        similarity: `[k, k]`, such as the absolute correlation of each unit of one code with each unit of another.
    """
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(similarity.numpy(), maximize=True)
    return similarity[rows, columns]


def properties(x: Tensor) -> dict[str, Tensor]:
    """What people would name about images `[N, 1, H, W]`: ink, slant and width, each `[N, 1]`.

    Ink is the sum of the pixels. With the ink as weights, slant is the covariance of column and row divided by the
    variance of the row, and width the standard deviation of the column, in pixels.
    """
    ink = x.sum((1, 2, 3))  # [N]
    share = x[:, 0] / ink.view(-1, 1, 1)  # [N, H, W]; adds up to one
    row, column = torch.arange(x.shape[2], dtype=x.dtype), torch.arange(x.shape[3], dtype=x.dtype)
    down = row - (share.sum(2) @ row).unsqueeze(1)  # [N, H], from the centre
    right = column - (share.sum(1) @ column).unsqueeze(1)  # [N, W]
    together = torch.einsum("nhw,nh,nw->n", share, down, right)
    height2 = (share.sum(2) * down.square()).sum(1)
    width2 = (share.sum(1) * right.square()).sum(1)
    found = {"ink": ink, "slant": together / height2, "width": width2.sqrt()}
    return {name: value.unsqueeze(1) for name, value in found.items()}


def linear_map(z: Tensor, other: Tensor, z_new: Tensor) -> Tensor:
    """What least squares, fitted to the pairs `z` `[N, k]` and `other` `[N, m]`, makes of `z_new`: `[M, m]`."""

    def one(codes: Tensor) -> Tensor:  # a column of ones, for the constant
        return torch.cat([codes, torch.ones_like(codes[:, :1])], 1)

    return one(z_new) @ torch.linalg.lstsq(one(z), other).solution


@functools.cache
def small_model() -> Autoencoder:
    """The autoencoder with two code units of exercise 7.1, trained on mnist-5k: the same one in every session."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Autoencoder((784, 128, 64, 2))
        fit(model, _digits(), cross_entropy, steps=300, lr=2e-3, device="cpu", seed=0)
    return model


@functools.cache
def _digits() -> Images:
    return load("mnist-5k")


def _nearest(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Squared distance `[N]` of each picture to the nearest training image, and that image's label `[N]`."""
    train = _digits().train
    distances, indices = torch.cdist(pictures.flatten(1), train.x.flatten(1)).square().min(1)
    return distances, train.y[indices]


def odd_place(answer: Callable[[], Sequence[float]]) -> Feedback:
    """Exercise 7.1: `answer()` is a code of `small_model` inside the map, its picture unusually far from the data."""

    def checked() -> Tensor:
        given = attempted(answer())
        given = given.detach().flatten().tolist() if isinstance(given, Tensor) else list(given)
        z = torch.tensor([[float(attempted(number)) for number in given]])
        if z.shape != (1, 2):
            raise Diagnosis(f"this model has two code units; your code has {z.shape[1]}")
        model, images = small_model(), _digits()
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
        return torch.tensor(1.0)

    return grade(
        checked,
        torch.tensor(1.0),
        {},
        praise="by this number the place is odd; now see whether you would call its picture a digit",
        target="A code inside the map whose picture lies over twice as far from its nearest as is usual there",
    )


def share_of_copies(answer: Callable[[Tensor, Tensor, float], float]) -> Feedback:
    """Exercise 7.2: `answer(pictures, x_train, limit)` is the share of pictures nearer than `limit` to an image."""
    generator = torch.Generator().manual_seed(1)
    x_train = torch.rand(30, 1, 10, 10, generator=generator)
    pictures = x_train[:8] + 0.07 * torch.arange(8).view(8, 1, 1, 1)  # 0, 0.49, 1.96, 4.41, 7.84 ... away
    pictures = torch.cat([pictures, torch.rand(2, 1, 10, 10, generator=generator)])
    squared = torch.cdist(pictures.flatten(1), x_train.flatten(1)).square()  # [10, 30]
    limits = (6.0, 0.3)

    def each(function: Callable[[float], Tensor]) -> Tensor:
        return torch.stack([function(limit).double() for limit in limits])

    def near(distances: Tensor) -> Tensor:
        return each(lambda limit: (distances < limit).double().mean())

    def one(limit: float) -> Tensor:
        given = torch.as_tensor(attempted(answer(pictures.clone(), x_train.clone(), limit)))
        if given.shape == (10,):
            raise Diagnosis("that is one answer for each picture; return the share of them, one number")
        if given.shape:
            raise Diagnosis(f"return one number, the share; yours has shape {list(given.shape)}")
        return given

    nearest = squared.min(1).values
    return grade(
        lambda: each(one),
        near(nearest),
        {
            "that is 1 or 0: .min() without an axis takes the smallest of all; take it per picture, over axis 1": (
                near(squared.min().view(1))
            ),
            "that is how many; divide by the number of pictures": 10 * near(nearest),
            "that is the share of those that are further away": 1 - near(nearest),
            "the limit is a squared distance: torch.cdist gives the root of it": near(nearest.sqrt()),
            "the squared differences are summed over the pixels, not averaged": near(nearest / 100),
            "that is the share of pairs; look only at each picture's nearest": near(squared),
            "that is the share of training images with a picture near them; take the minimum over the other axis": (
                near(squared.min(0).values)
            ),
        },
        praise="a distance near 0 shows a copy; a merely low one does not (real 1s lie at 5), nor a high one a digit",
        target="0.4 in the check's example: four pictures of ten are nearer than the limit",
    )


def great_circle(answer: Callable[[Tensor, Tensor, float], Tensor]) -> Feedback:
    """Exercise 7.3: `answer(a, b, t)` is the code at share `t` of the way from `a` to `b`, all `[k]`: the direction
    on the great circle, the length in even steps."""
    generator = torch.Generator().manual_seed(2)
    a, b = 0.3 * torch.randn(2, 6, generator=generator)
    b = 2.5 * b
    shares = (0.25, 0.5, 0.9)
    p, q = a / a.norm(), b / b.norm()
    cosine = torch.dot(p, q)

    def arc(angle: Tensor, t: float, start: Tensor = p, end: Tensor = q) -> Tensor:
        return (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / torch.sin(angle)

    def length(t: float) -> Tensor:
        return (1 - t) * a.norm() + t * b.norm()

    def each(function: Callable[[float], Tensor]) -> Tensor:
        return torch.stack([function(t) for t in shares])

    omega = torch.arccos(cosine)

    def straight(t: float) -> Tensor:
        return (1 - t) * a + t * b

    def one(t: float) -> Tensor:
        given = torch.as_tensor(attempted(answer(a.clone(), b.clone(), t)))
        if given.is_floating_point() and given.isnan().any():
            raise Diagnosis("NaN: arccos wants a cosine between −1 and 1; is your product divided by both lengths?")
        return given

    return grade(
        lambda: torch.stack([one(t) for t in shares]),
        each(lambda t: length(t) * arc(omega, t)),
        {
            "that is the formula for equal lengths, used on unequal ones: turn the directions, a and b divided by "
            "their lengths": each(lambda t: arc(omega, t, a, b)),
            "that is the direction, of length 1; give it the length that belongs to t": each(lambda t: arc(omega, t)),
            "that keeps the first code's length all the way": each(lambda t: a.norm() * arc(omega, t)),
            "that is the straight line": each(straight),
            "that is the straight line, stretched to the right length: its direction turns faster in the middle": each(
                lambda t: length(t) * straight(t) / straight(t).norm()
            ),
            "that is the straight line between the directions, stretched: it turns faster in the middle": each(
                lambda t: length(t) * ((1 - t) * p + t * q) / ((1 - t) * p + t * q).norm()
            ),
            "t = 0 must give a: the two weights are exchanged": each(lambda t: length(t) * arc(omega, t, q, p)),
            "the length runs backwards: at t = 0 it must be that of a": each(lambda t: length(1 - t) * arc(omega, t)),
            "the angle is missing its arccos: you used the cosine as the angle": each(
                lambda t: length(t) * arc(cosine, t)
            ),
            "the division by sin ω is missing": each(lambda t: length(t) * arc(omega, t) * torch.sin(omega)),
            "the cosine needs the codes' lengths: divide the product by both norms": each(
                lambda t: length(t) * arc(torch.arccos(torch.dot(a, b)), t)
            ),
            "torch.sin takes radians": each(lambda t: length(t) * arc(torch.rad2deg(omega), t)),
        },
        praise="that is how the explorer walks; at equal lengths it is the great circle of section 4",
        target="From (1, 0) to (0, 3) the middle is (√2, √2)",
    )


def temperature(answer: Callable[[float], float]) -> Feedback:
    """Exercise 7.4: `answer(t)` is the standard deviation of a unit at share `t` between two draws from N(0, I)."""
    shares = torch.tensor([0.0, 0.1, 0.25, 0.5, 0.8], dtype=torch.float64)
    variance = (1 - shares) ** 2 + shares**2
    return grade(
        lambda: torch.tensor([float(attempted(answer(float(t)))) for t in shares], dtype=torch.float64),
        variance.sqrt(),
        {
            "that is the variance; the temperature is its root": variance,
            "standard deviations don't add up; variances do, with (1 − t)² and t²": torch.ones_like(shares),
            "that would hold if b were −a; the two are drawn independently": (1 - 2 * shares).abs(),
            "that is a straight line down to the middle; at t = 1/4 that is already over two thirds of the way down": 1
            - (1 - 0.5**0.5) * (1 - (1 - 2 * shares).abs()),
            "you left out one of the two draws": 1 - shares,
            "that is the middle only; at t = 0 it must be 1": torch.full_like(shares, 0.5**0.5),
        },
        praise="0.71 in the middle: a straight line between two draws passes through the codes of a cooler prior",
        target="1 at both ends, and about 0.707 in the middle",
    )


def translate(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Feedback:
    """Exercise 7.5: `answer(z, other, z_new)` are codes `[M, k]` in the other model's language, by least squares."""
    generator = torch.Generator().manual_seed(4)
    z = torch.randn(40, 3, generator=generator, dtype=torch.float64) + torch.tensor([2.0, 0.0, -1.0])
    turn = torch.tensor([[0.2, 1.4, 0.0], [-1.1, 0.3, 0.5], [0.4, 0.0, 2.0]], dtype=torch.float64)
    other = z @ turn + 3 + 0.3 * torch.randn(40, 3, generator=generator, dtype=torch.float64)
    new = torch.randn(7, 3, generator=generator, dtype=torch.float64) + 1

    def one(codes: Tensor) -> Tensor:
        return torch.cat([codes, torch.ones(len(codes), 1, dtype=codes.dtype)], 1)

    right = one(new) @ torch.linalg.lstsq(one(z), other).solution
    mean, other_mean = z.mean(0), other.mean(0)
    left, _, right_vectors = torch.linalg.svd((z - mean).T @ (other - other_mean))
    single = [
        torch.linalg.lstsq(one(z[:, [j]]), other[:, [j]]).solution for j in range(3)
    ]  # every unit from the unit of its own number
    return grade(
        lambda: attempted(answer(z.clone(), other.clone(), new.clone())),
        right,
        {
            "a constant is missing: the two clouds have different centres; add a column of ones": new
            @ torch.linalg.lstsq(z, other).solution,
            "that translates the wrong way, from the other model's codes to these": one(new)
            @ torch.linalg.lstsq(one(other), z).solution,
            "that only turns the cloud; the map may also stretch and skew": (new - mean) @ (left @ right_vectors)
            + other_mean,
            "you compare unit with unit; each unit of the other model may need all units of this one": torch.cat(
                [one(new[:, [j]]) @ single[j] for j in range(3)], 1
            ),
            "centred, but not moved back: add the mean of the other codes": (new - mean)
            @ torch.linalg.lstsq(z - mean, other - other_mean).solution,
            "z_new is centred by its own mean; use the mean of the codes that the map was fitted to": (
                new - new.mean(0)
            )
            @ torch.linalg.lstsq(z - mean, other - other_mean).solution
            + other_mean,
            "these are the codes that the map was fitted to; translate z_new": one(z)
            @ torch.linalg.lstsq(one(z), other).solution,
        },
        praise="two strangers' codes, and a table of k (k + 1) numbers translates most of it",
        target="Codes [7, 3] in the check's example, with a constant in the map",
    )


def corrected_overlap(answer: Callable[[float, int, int], float]) -> Feedback:
    """Exercise 7.6: `answer(overlap, k, n)` rescales an overlap: 0 at chance, 1 at best."""
    examples = ((0.6, 10, 1000), (0.3, 10, 50), (0.1, 20, 101))

    def each(function: Callable[[float, int, int], float]) -> torch.Tensor:
        return torch.tensor([float(function(*example)) for example in examples], dtype=torch.float64)

    def chance(k: int, n: int) -> float:
        return k / (n - 1)

    return grade(
        lambda: each(lambda *example: attempted(answer(*example))),
        each(lambda o, k, n: (o - chance(k, n)) / (1 - chance(k, n))),
        {
            "that is uncorrected: what would two random lists of k share?": each(lambda o, k, n: o),
            "that is the chance itself": each(lambda o, k, n: chance(k, n)),
            "at best it must be 1: divide by what can be gained over chance": each(lambda o, k, n: o - chance(k, n)),
            "an image is not its own neighbour: there are n − 1 to choose from": each(
                lambda o, k, n: (o - k / n) / (1 - k / n)
            ),
            "chance is k in n − 1, not 1 in n − 1: a list of k has k places to meet": each(
                lambda o, k, n: (o - 1 / (n - 1)) / (1 - 1 / (n - 1))
            ),
            "divide by what can be gained, 1 − k / (n − 1); and don't stop at 0: less than chance is negative": each(
                lambda o, k, n: max(o - chance(k, n), 0.0)
            ),
            "below chance it is negative: don't clip it at 0": each(
                lambda o, k, n: max((o - chance(k, n)) / (1 - chance(k, n)), 0.0)
            ),
            "an image is not its own neighbour, so chance is k in n − 1; and at best it must be 1": each(
                lambda o, k, n: o - k / n
            ),
            "that is how many times chance; it has no fixed upper end": each(lambda o, k, n: o / chance(k, n)),
        },
        praise="the third example comes out negative: fewer common neighbours than chance would give",
        target="About 0.596 for an overlap of 0.6 with k = 10 and n = 1,000",
    )

"""Checks for the exercises of notebook 07, and two measures that it uses."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.lessons.exercises import Diagnosis, Feedback, attempted, grade


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


def share_of_copies(answer: Callable[[Tensor, Tensor, float], float]) -> Feedback:
    """Exercise 7.1: `answer(pictures, x_train, limit)` is the share of pictures nearer than `limit` to an image."""
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
            "that is how many; divide by the number of pictures": 10 * near(nearest),
            "that is the share of those that are further away": 1 - near(nearest),
            "the limit is a squared distance: torch.cdist gives the root of it": near(nearest.sqrt()),
            "the squared differences are summed over the pixels, not averaged": near(nearest / 100),
            "that is the share of pairs; look only at each picture's nearest": near(squared),
            "that is the share of training images with a picture near them; take the minimum over the other axis": (
                near(squared.min(0).values)
            ),
        },
        praise="a low distance proves memory; a high one does not yet prove that there is a digit to see",
        target="0.4 in the check's example: four pictures of ten are nearer than the limit",
    )


def great_circle(answer: Callable[[Tensor, Tensor, float], Tensor]) -> Feedback:
    """Exercise 7.2: `answer(a, b, t)` is the code at share `t` of the great circle from `a` to `b`, all `[k]`."""
    generator = torch.Generator().manual_seed(2)
    a, b = torch.randn(2, 6, generator=generator)
    b = 1.3 * b
    shares = (0.25, 0.5, 0.9)
    cosine = torch.dot(a, b) / (a.norm() * b.norm())

    def arc(omega: Tensor, t: float, p: Tensor = a, q: Tensor = b) -> Tensor:
        return (torch.sin((1 - t) * omega) * p + torch.sin(t * omega) * q) / torch.sin(omega)

    def each(function: Callable[[float], Tensor]) -> Tensor:
        return torch.stack([function(t) for t in shares])

    omega = torch.arccos(cosine)

    def straight(t: float) -> Tensor:
        return (1 - t) * a + t * b

    def stretched(t: float) -> Tensor:
        way = straight(t)
        return way / way.norm() * ((1 - t) * a.norm() + t * b.norm())

    return grade(
        lambda: torch.stack([attempted(answer(a.clone(), b.clone(), t)) for t in shares]),
        each(lambda t: arc(omega, t)),
        {
            "that is the straight line": each(straight),
            "that is the straight line, stretched to the right length: it runs faster in the middle": each(stretched),
            "t = 0 must give a: the two weights are exchanged": each(lambda t: arc(omega, t, b, a)),
            "the angle is missing its arccos: you used the cosine as the angle": each(lambda t: arc(cosine, t)),
            "the division by sin ω is missing": each(lambda t: arc(omega, t) * torch.sin(omega)),
            "the cosine needs the codes' lengths: divide the product by both norms": each(
                lambda t: arc(torch.arccos(torch.dot(a, b).clamp(-1, 1)), t)
            ),
            "torch.sin takes radians": each(lambda t: arc(torch.rad2deg(omega), t)),
        },
        praise="for codes of the same length it never leaves the sphere on which they lie",
        target="For codes of length 1 at a right angle, the middle is (a + b) / √2",
    )


def temperature(answer: Callable[[float], float]) -> Feedback:
    """Exercise 7.3: `answer(t)` is the standard deviation of a unit at share `t` between two draws from N(0, I)."""
    shares = torch.tensor([0.0, 0.1, 0.25, 0.5, 0.8], dtype=torch.float64)
    variance = (1 - shares) ** 2 + shares**2
    return grade(
        lambda: torch.tensor([float(attempted(answer(float(t)))) for t in shares], dtype=torch.float64),
        variance.sqrt(),
        {
            "that is the variance; the temperature is its root": variance,
            "standard deviations don't add up; variances do, with (1 − t)² and t²": torch.ones_like(shares),
            "that would hold if b were −a; the two are drawn independently": (1 - 2 * shares).abs(),
            "that is a straight line down to the middle; at t = 1/4 it is not yet half-way there": 1
            - (1 - 0.5**0.5) * (1 - (1 - 2 * shares).abs()),
            "you left out one of the two draws": 1 - shares,
        },
        praise="0.71 in the middle: a straight line between two draws passes through the codes of a cooler prior",
        target="1 at both ends, and about 0.707 in the middle",
    )


def translate(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Feedback:
    """Exercise 7.4: `answer(z, other, z_new)` are codes `[M, k]` in the other model's language, by least squares."""
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
            "these are the codes that the map was fitted to; translate z_new": one(z)
            @ torch.linalg.lstsq(one(z), other).solution,
        },
        praise="two strangers' codes, and a table of k (k + 1) numbers translates most of it",
        target="Codes [7, 3] in the check's example, with a constant in the map",
    )


def corrected_overlap(answer: Callable[[float, int, int], float]) -> Feedback:
    """Exercise 7.5: `answer(overlap, k, n)` rescales an overlap: 0 at chance, 1 at best."""
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
            "that is how many times chance; it has no fixed upper end": each(lambda o, k, n: o / chance(k, n)),
        },
        praise="the third example comes out negative: fewer common neighbours than chance would give",
        target="About 0.596 for an overlap of 0.6 with k = 10 and n = 1,000",
    )

"""The exercises of notebook 02."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils.chapters.layers import count_of, random_layers
from aeutils.lessons.exercises import (
    Diagnosis,
    Exercise,
    Mistake,
    attempted,
    one_number,
    one_whole_number,
    several,
    whole_number,
)


def _picture() -> list[tuple[Tensor]]:
    return [(torch.rand(2, 1, 6, 6, generator=torch.Generator().manual_seed(2)),)]


def _seen_through(answer: Callable[[], object], x: Tensor) -> Tensor:
    """What the window does to images: a 3 x 3 window at stride 1 with padding 1."""
    window = attempted(answer())
    try:
        window = torch.as_tensor(window, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError):
        raise Diagnosis("return the window's weights: three rows of three numbers") from None
    if window.shape != (3, 3):
        raise Diagnosis(f"a window of 3 x 3 weights is wanted; yours has shape {list(window.shape)}")
    return F.conv2d(x, window[None, None], padding=1)


def _one_at(row: int, column: int) -> Callable[[], list[list[int]]]:
    return lambda: [[int((i, j) == (row, column)) for j in range(3)] for i in range(3)]


def _thirds() -> list[list[float]]:
    return [[1 / 9] * 3] * 3


shift_window = Exercise(
    number="2.1",
    examples=_picture,
    right=_one_at(1, 0),
    mistakes=[
        Mistake(
            "it moves to the left: every place takes what it finds where the 1 stands",
            _one_at(1, 2),
        ),
        Mistake("nothing moves: with a single 1 in the middle every pixel stays", _one_at(1, 1)),
        Mistake("it moves down; a row further up is looked at", _one_at(0, 1)),
        Mistake("it moves up; a row further down is looked at", _one_at(2, 1)),
        Mistake("it moves to the right and down", _one_at(0, 0)),
        Mistake("it moves to the right and up", _one_at(2, 0)),
        Mistake("it moves to the left and down", _one_at(0, 2)),
        Mistake("it moves to the left and up", _one_at(2, 2)),
        Mistake("that is a mean of nine pixels: it blurs", _thirds),
        Mistake(
            "the whole column counts, so three pixels are added up; a single 1 is enough",
            lambda: [[1, 0, 0], [1, 0, 0], [1, 0, 0]],
        ),
        Mistake("that subtracts the image itself as well: it marks edges", lambda: [[0, 0, 0], [1, -1, 0], [0, 0, 0]]),
        Mistake("all weights are 0, and so is the result", lambda: [[0, 0, 0]] * 3),
    ],
    observe=_seen_through,
    returns="three rows of three numbers",
    praise="the 1 stands on the left, since each place looks there: mathematicians, who flip the window first, would "
    "put it on the right",
    target="Every pixel takes its left neighbour's value",
    minutes=6,
    level="easy",
    ask="Point at one pixel of the result: from which neighbour should its value come, and where in the "
    "window is that neighbour?",
)

_Sizes = Callable[[int, int, int, int], object]


def _down(n: int, kernel: int, stride: int, padding: int) -> int:
    return (n + 2 * padding - kernel) // stride + 1


def _up(m: int, kernel: int, stride: int, padding: int) -> int:
    return (m - 1) * stride + kernel - 2 * padding


def _there_and_back(down: _Sizes = _down, up: _Sizes = _up) -> _Sizes:
    def both(n: int, kernel: int, stride: int, padding: int) -> tuple[object, object]:
        m = down(n, kernel, stride, padding)
        return m, up(m, kernel, stride, padding)  # type: ignore[arg-type]

    return both


there_and_back = Exercise(
    number="2.2",
    examples=[(28, 4, 2, 1), (27, 4, 2, 1), (28, 3, 2, 1), (32, 5, 2, 0), (29, 3, 1, 1), (224, 7, 2, 3)],
    right=_there_and_back(),
    mistakes=[
        Mistake(
            "the padding is there on both sides, so it counts twice",
            _there_and_back(lambda n, k, s, p: (n + p - k) // s + 1),
        ),
        Mistake(
            "you counted the window's steps; there is one place more than steps",
            _there_and_back(lambda n, k, s, p: (n + 2 * p - k) // s),
        ),
        Mistake(
            "the window has to fit in: its size is taken off before dividing",
            _there_and_back(lambda n, k, s, p: n // s),
        ),
        Mistake(
            "round down, with //: a place that is only half there does not count",
            _there_and_back(lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1),
        ),
        Mistake("return a whole number; got 13.5", _there_and_back(lambda n, k, s, p: (n + 2 * p - k) / s + 1)),
        Mistake("the padding is missing", _there_and_back(lambda n, k, s, p: (n - k) // s + 1)),
        Mistake(
            "m is right; the second value is the size that comes back, not how much is missing",
            lambda n, k, s, p: (_down(n, k, s, p), n - _up(_down(n, k, s, p), k, s, p)),
        ),
        Mistake(
            "m is right; on the way back m − 1 strides are taken, and then one whole window stands there",
            _there_and_back(up=lambda m, k, s, p: m * s + k - 2 * p),
        ),
        Mistake(
            "m is right; the way back cuts the padding off on both sides",
            _there_and_back(up=lambda m, k, s, p: (m - 1) * s + k - p),
        ),
        Mistake(
            "m is right; the way back has padding to cut off, on both sides",
            _there_and_back(up=lambda m, k, s, p: (m - 1) * s + k),
        ),
        Mistake(
            "m is right; the way back starts from m, not from n: it does not know what was there before",
            lambda n, k, s, p: (_down(n, k, s, p), _up(n, k, s, p)),
        ),
        Mistake(
            "m is right; what was dropped on the way down does not come back: n is not always reached",
            lambda n, k, s, p: (_down(n, k, s, p), n),
        ),
        Mistake("return 2 values, separated by commas: m, the size that comes back", _down),
    ],
    parts=("m", "the size that comes back"),
    observe=lambda answer, *now: tuple(
        whole_number(value) for value in several(answer(*now), ("m", "the size that comes back"))
    ),
    tolerance=1e-9,
    praise="n minus what comes back is the remainder, (n + 2·padding − kernel) % stride: that is output_padding",
    target="14 and 28 for (28, 4, 2, 1); 13 and 26 for (27, 4, 2, 1)",
    minutes=6,
    level="medium",
    ask="Lay a window of 4 on 6 pixels with a stride of 2 on squared paper: how many places does it find, "
    "and how far back do these reach?",
)


def _mlps() -> list[tuple[nn.Linear, nn.Linear, Tensor]]:
    orders = [2, 0, 1, 4, 6, 3, 5], [3, 0, 4, 1, 2]
    pairs = [random_layers(*[len(order)] * 3, seed=5) for order in orders]
    return [(first, last, torch.tensor(order)) for (first, last), order in zip(pairs, orders, strict=True)]


def _taken(
    take: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], tuple[Tensor, ...]],
) -> Callable[[nn.Linear, nn.Linear, Tensor], tuple[Tensor, ...]]:
    """`take(W, b, V, c, on, back)` has both layers' weights and biases, the order, and the order that undoes it."""
    return lambda first, last, order: take(first.weight, first.bias, last.weight, last.bias, order, order.argsort())


unshuffle = Exercise(
    number="2.3",
    examples=_mlps,
    right=_taken(lambda W, b, V, c, on, back: (W[:, back], V[back], c[back])),
    mistakes=[
        Mistake(
            "that shuffles once more; going back takes the inverse permutation, order.argsort()",
            _taken(lambda W, b, V, c, on, back: (W[:, on], V[on], c[on])),
        ),
        Mistake(
            "both ends need the same permutation, order.argsort(); one of yours shuffles once more",
            _taken(lambda W, b, V, c, on, back: (W[:, back], V[on], c[on])),
        ),
        Mistake(
            "both ends need the same permutation; the first layer of yours shuffles once more",
            _taken(lambda W, b, V, c, on, back: (W[:, on], V[back], c[back])),
        ),
        Mistake(
            "the bias needs the inverse permutation too, order.argsort()",
            _taken(lambda W, b, V, c, on, back: (W[:, back], V[back], c[on])),
        ),
        Mistake("nothing was moved", _taken(lambda W, b, V, c, on, back: (W, V, c))),
        Mistake(
            "the last layer's bias belongs to pixels too", _taken(lambda W, b, V, c, on, back: (W[:, back], V[back], c))
        ),
        Mistake(
            "the first layer is right; now the last one, whose outputs are pixels",
            _taken(lambda W, b, V, c, on, back: (W[:, back], V, c)),
        ),
        Mistake(
            "the last layer is right; now the first one, whose inputs are pixels",
            _taken(lambda W, b, V, c, on, back: (W, V[back], c[back])),
        ),
        Mistake(
            "in the first layer the columns belong to pixels; you moved its rows",
            _taken(lambda W, b, V, c, on, back: (W[back], V[back], c[back])),
        ),
        Mistake(
            "in the last layer the rows belong to pixels; you moved its columns",
            _taken(lambda W, b, V, c, on, back: (W[:, back], V[:, back], c[back])),
        ),
        Mistake(
            "the third tensor is the last layer's bias; the first one's belongs to hidden units",
            _taken(lambda W, b, V, c, on, back: (W[:, back], V[back], b[back])),
        ),
        Mistake(
            "return 3 values, separated by commas: the first weight, the last weight, the last bias",
            _taken(lambda W, b, V, c, on, back: (W[:, back], V[back])),
        ),
    ],
    returns="three tensors of the shapes that they have in the layers",
    parts=("the first weight", "the last weight", "the last bias"),
    praise="the same function in another order of pixels: this is why the MLP of section 4 did not mind",
    target="Three tensors: first weight, last weight, last bias",
    minutes=15,
    level="hard",
    ask="Where in the first weight does an ordinary pixel meet its numbers, in the rows or the columns, and "
    "where in the last?",
)

start_variance = Exercise(
    number="2.4",
    examples=[(64, 0.0), (64, 1.0), (784, 0.2), (100, 0.5)],
    right=lambda n, slope: 2 / ((1 + slope**2) * n),
    mistakes=[
        Mistake("that is right for the ReLU, whose slope is 0; here the negative half counts too", lambda n, a: 2 / n),
        Mistake(
            "that is right where nothing is bent, at slope 1; a smaller slope takes some of the mean square away",
            lambda n, a: 1 / n,
        ),
        Mistake("that is PyTorch's own start; a layer then hands on a third, or less", lambda n, a: 1 / (3 * n)),
        Mistake(
            "the negative half is multiplied by the slope, so its SQUARE by the slope squared",
            lambda n, a: 2 / ((1 + a) * n),
        ),
        Mistake("only half of the numbers are negative: the other half passes unchanged", lambda n, a: 1 / (a**2 * n)),
        Mistake(
            "a slope above 0 lets more through, so that the weights may be smaller", lambda n, a: 2 * (1 + a**2) / n
        ),
        Mistake("that is the spread; the variance is its square", lambda n, a: (2 / ((1 + a**2) * n)) ** 0.5),
        Mistake("that is the factor for all n weights together; each has its n-th part", lambda n, a: 2 / (1 + a**2)),
        Mistake(
            "that is what one layer keeps at weight variance 1/n; the weights have to make up for it",
            lambda n, a: (1 + a**2) / (2 * n),
        ),
    ],
    observe=one_number,
    praise="slope 0 gives He's 2/n, slope 1 gives 1/n; nn.init.kaiming_uniform_ has the slope as its argument a",
    target="2/n at slope 0, 1/n at slope 1",
    minutes=10,
    level="hard",
    ask="Of the mean square that a unit is given, which share passes from the positive numbers, and which "
    "from the negative ones?",
)

count_tied = Exercise(
    number="2.5",
    examples=[((784, 128, 64, 8),), ((784, 32),), ((7, 5, 4, 3),)],
    right=count_of(1, 1, 1),
    mistakes=[
        Mistake("those are all the weights twice; the decoder borrows the encoder's", count_of(2, 1, 1)),
        Mistake(
            "the decoder's biases are missing: they cannot be shared, since they belong to other layers",
            count_of(1, 1, 0),
        ),
        Mistake("the encoder's biases are missing", count_of(1, 0, 1)),
        Mistake("you left out the biases: both sides have their own", count_of(1, 0, 0)),
        Mistake(
            "half of the untied count halves the biases, too; only the matrices are shared",
            lambda sizes: count_of(2, 1, 1)(sizes) // 2,
        ),
        Mistake(
            "the decoder's biases belong to the units it leads to: the hidden layers and the pixels", count_of(1, 2, 0)
        ),
        Mistake(
            "the encoder's biases belong to the units it leads to: the hidden layers and the code", count_of(1, 0, 2)
        ),
        Mistake(
            "the code and the pixels have biases too, not only the hidden layers",
            lambda sizes: count_of(1, 0, 0)(sizes) + 2 * sum(sizes[1:-1]),
        ),
        Mistake(
            "the biases are not shared: each hidden layer has some in the encoder and some in the decoder",
            lambda sizes: count_of(1, 0, 0)(sizes) + sum(sizes),
        ),
    ],
    observe=one_whole_number,
    tolerance=1e-9,
    praise="a little over half of the untied count, 219,288",
    target="For the widths 784, 128, 64, 8 the count is 110,232",
    minutes=6,
    level="easy",
    ask="Which numbers could encoder and decoder share at all, judging by the shapes of the biases on both sides?",
)

"""Checks for the exercises of notebook 02."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils.lessons.grading import Diagnosis, Feedback, attempted, grade, whole_number


def equal_width(answer: Callable[[int, int], int]) -> Feedback:
    """Exercise 2.1: `answer(budget, code)` is the largest width w such that (784, w, code) stays within the budget."""
    examples = ((128_288, 16), (5_000_000, 8), (50_000, 32))
    tight = [784 + code + 60 * (2 * 784 + 2 * code + 2) - rest for code, rest in ((16, 5), (16, 801), (40, 804))]
    examples += tuple(zip(tight, (16, 16, 40), strict=True))  # a few parameters too few, or exactly enough

    def width(budget: int, code: int) -> int:
        given = attempted(answer(budget, code))
        if isinstance(given, float) and not given.is_integer():
            raise Diagnosis(f"a width is a whole number, and {given:.6g} is none: round down, with //")
        return whole_number(given)

    def widths(width: Callable[[int, int], int]) -> tuple[int, ...]:
        return tuple(width(budget, code) for budget, code in examples)

    return grade(
        lambda: tuple(width(budget, code) for budget, code in examples),
        widths(lambda budget, code: (budget - 784 - code) // (2 * 784 + 2 * code + 2)),
        {
            "you left the biases out: the hidden layers, the code and the pixels have them": widths(
                lambda budget, code: budget // (2 * 784 + 2 * code)
            ),
            "that is a budget for the encoder alone; the decoder has to be paid for too": widths(
                lambda budget, code: (budget - code) // (784 + code + 1)
            ),
            "one too many: it must stay within the budget, so round down": widths(
                lambda budget, code: (budget - 784 - code) // (2 * 784 + 2 * code + 2) + 1
            ),
            "the biases of the code and of the pixels are missing; they are there whatever the width": widths(
                lambda budget, code: budget // (2 * 784 + 2 * code + 2)
            ),
            "the biases of the code are missing": widths(
                lambda budget, code: (budget - 784) // (2 * 784 + 2 * code + 2)
            ),
            "the biases of the pixels are missing": widths(
                lambda budget, code: (budget - code) // (2 * 784 + 2 * code + 2)
            ),
            "it must stay within the budget: round down, with //, not to the nearest": widths(
                lambda budget, code: round((budget - 784 - code) / (2 * 784 + 2 * code + 2))
            ),
            "there are two layers of w units, one on each side, and each has its biases": widths(
                lambda budget, code: (budget - 784 - code) // (2 * 784 + 2 * code + 1)
            ),
        },
        tolerance=1e-9,
        praise="section 2 took 80, the nearest: a little above the budget",
        target="79 for a budget of 128,288 and 16 code units",
    )


def count_tied(answer: Callable[[Sequence[int]], int]) -> Feedback:
    """Exercise 2.2: `answer(sizes)` is the number of parameters of an autoencoder with tied weights."""
    examples = ((784, 128, 64, 8), (784, 32), (6, 5, 4, 3))

    def total(weights: float, biases_encoder: float, biases_decoder: float) -> tuple[int, ...]:
        return tuple(
            int(
                weights * sum(a * b for a, b in pairwise(sizes))
                + biases_encoder * sum(sizes[1:])
                + biases_decoder * sum(sizes[:-1])
            )
            for sizes in examples
        )

    return grade(
        lambda: tuple(whole_number(answer(sizes)) for sizes in examples),
        total(1, 1, 1),
        {
            "those are all the weights twice; the decoder borrows the encoder's": total(2, 1, 1),
            "the decoder's biases are missing: they cannot be shared, since they belong to other layers": total(
                1, 1, 0
            ),
            "the encoder's biases are missing": total(1, 0, 1),
            "you left out the biases: both sides have their own": total(1, 0, 0),
            "half of the untied count halves the biases, too; only the matrices are shared": total(1, 0.5, 0.5),
            "the decoder's biases belong to the units it leads to: the hidden layers and the pixels": total(1, 2, 0),
        },
        tolerance=1e-9,
        praise="a little over half of the untied count, 219,288",
        target="For the widths 784, 128, 64, 8 the count is 110,232",
    )


def _random_layers(*sizes: int, seed: int) -> list[nn.Linear]:
    """Linear layers from `sizes[0]` to `sizes[-1]` with weights and biases that make every term count."""
    generator = torch.Generator().manual_seed(seed)
    layers = [nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes)]
    with torch.no_grad():
        for layer in layers:
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) / layer.in_features**0.5)
            layer.bias.copy_(torch.randn(layer.bias.shape, generator=generator))
    return layers


@torch.no_grad()
def summed_forward(answer: Callable[[Tensor, list[nn.Linear], nn.Linear], Tensor]) -> Feedback:
    """Exercise 2.3: `answer(z, hidden, last)` is the output of the article's decoder, with every activation a ReLU."""
    *hidden, last = _random_layers(3, 8, 8, 8, 8, 12, seed=2)
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(3))
    outputs, before = [], []  # of the chain z -> h_1 -> ... , with and without the ReLU
    h = z
    for layer in hidden:
        before.append(layer(h))
        h = before[-1].relu()
        outputs.append(h)

    def after(total: Tensor) -> Tensor:
        return last(F.relu(hidden[-1](total)))

    h, fed_by_sum = z, 0
    for layer in hidden[:-1]:  # every layer fed by the sum so far
        h = layer(h).relu()
        fed_by_sum = h = fed_by_sum + h
    total = sum(outputs[:-1])
    first = h = hidden[0](z)
    no_bend = first_linear = first
    straight = first
    for layer in hidden[1:-1]:
        h, straight = layer(h).relu(), layer(straight)
        first_linear, no_bend = first_linear + h, no_bend + straight
    first_linear, no_bend = first_linear.relu(), no_bend.relu()
    return grade(
        lambda: attempted(answer(z, hidden, last)),
        after(total),
        {
            "that is the plain chain: nothing is added up": after(outputs[-2]),
            "the last hidden layer is in your sum; it should be given the sum of the others": last(sum(outputs)),
            "the last hidden layer's activation is missing": last(hidden[-1](total)),
            "the last hidden layer is missing: the sum goes through it, not straight to the pixels": last(total),
            "the last hidden layer is in the sum and after it; leave it out of the sum": after(sum(outputs)),
            "each hidden layer needs its ReLU": after(no_bend),
            'that is linear="first"; here every hidden layer has its ReLU': after(first_linear),
            "you averaged; the outputs are added up": after(total / 3),
            "you added the numbers before their ReLU; add the hidden layers' outputs": after(sum(before[:-1]).relu()),
            "your sum begins with the second hidden layer; the first belongs to it": after(sum(outputs[1:-1])),
            "each layer is fed by the one before it, not by the sum so far": after(fed_by_sum),
        },
        tolerance=1e-4,
        praise="ArticleAutoencoder's decoder gives the same. A ReLU on a sum of ReLUs changes nothing; "
        'it matters with linear="first" or "all"',
        target="The article's decoder: a chain of hidden layers, and beside it a running total",
    )


@torch.no_grad()
def collapse(answer: Callable[[list[nn.Linear]], tuple[Tensor, Tensor]]) -> Feedback:
    """Exercise 2.4: `answer(layers)` is the weight and bias of the one linear layer that equals `layers` in a row."""
    layers = _random_layers(4, 4, 4, 4, seed=4)
    (w1, b1), (w2, b2), (w3, b3) = ((layer.weight, layer.bias) for layer in layers)
    weight, bias = w3 @ w2 @ w1, w3 @ (w2 @ b1 + b2) + b3

    def call() -> tuple[Tensor, Tensor]:
        given = attempted(answer(layers))
        if not isinstance(given, tuple | list) or len(given) != 2:
            raise Diagnosis("return two things, separated by a comma: the weight and the bias")
        return tuple(attempted(part) for part in given)

    return grade(
        call,
        (weight, bias),
        {
            "the product is the wrong way round: the first layer acts first, so its matrix stands on the right": (
                w1 @ w2 @ w3,
                bias,
            ),
            "wrong way round in both: that is the last layer acting first": (w1 @ w2 @ w3, w1 @ (w2 @ b3 + b2) + b1),
            "you added the biases up; each must pass through the layers after it": (weight, b1 + b2 + b3),
            "only the last bias is there; the earlier ones pass through the later layers": (weight, b3),
            "each bias passes through the later layers, not through the product so far": (
                weight,
                w3 @ w2 @ w1 @ (w2 @ w1 @ b1 + b2) + b3,
            ),
            "the layer's own bias is missing: only the first bias is there": (weight, w3 @ (w2 @ b1)),
            "that stops after two layers; there may be any number": (w2 @ w1, w2 @ b1 + b2),
            "a layer's own bias is added after its matrix has acted, not before": (weight, w3 @ (w2 @ (b1 + b2) + b3)),
            "each bias passes through the layers after its own only": (weight, w3 @ w2 @ w1 @ (b1 + b2 + b3)),
        },
        praise='this is what linear="all" makes of a plain decoder: one matrix, of the rank of the code at most',
        target="Return W and b with W z + b = all the layers in a row, for any number of them",
    )


@torch.no_grad()
def unshuffle(answer: Callable[[nn.Linear, nn.Linear, Tensor], tuple[Tensor, Tensor, Tensor]]) -> Feedback:
    """Exercise 2.5: `answer(first, last, order)` are the weights of the MLP that works on pixels in ordinary order."""
    first, last = _random_layers(7, 7, seed=5) + _random_layers(7, 7, seed=6)
    order = torch.tensor([2, 0, 1, 4, 6, 3, 5])
    back = order.argsort()

    def weights(columns: Tensor, rows: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
        return first.weight[:, columns], last.weight[rows], last.bias[bias]

    same = torch.arange(7)

    def call() -> tuple[Tensor, ...]:
        given = attempted(answer(first, last, order.clone()))
        return tuple(attempted(part) for part in given) if isinstance(given, tuple | list) else given

    return grade(
        call,
        weights(back, back, back),
        {
            "that shuffles once more; going back takes the inverse permutation, order.argsort()": weights(
                order, order, order
            ),
            "both ends need the same permutation, order.argsort(); one of yours shuffles once more": weights(
                back, order, order
            ),
            "both ends need the same permutation; the first layer of yours shuffles once more": weights(
                order, back, back
            ),
            "the bias needs the inverse permutation too, order.argsort()": weights(back, back, order),
            "nothing was moved": weights(same, same, same),
            "the last layer's bias belongs to pixels too": weights(back, back, same),
            "the first layer is right; now the last one, whose outputs are pixels": weights(back, same, same),
            "the last layer is right; now the first one, whose inputs are pixels": weights(same, back, back),
            "in the first layer the columns belong to pixels; you moved its rows": (
                first.weight[back],
                last.weight[back],
                last.bias[back],
            ),
            "in the last layer the rows belong to pixels; you moved its columns": (
                first.weight[:, back],
                last.weight[:, back],
                last.bias[back],
            ),
        },
        praise="the same function in another order of pixels: this is why the MLP of section 5 did not mind",
        target="Three tensors: first weight, last weight, last bias",
    )

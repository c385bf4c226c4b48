"""The exercises of notebook 02."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils.chapters.layers import count_of, random_layers
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, but, number, whole_number

# Budgets that a width of 60 just meets, or misses by so many parameters.
_TIGHT = [(784 + 16 + 60 * (2 * 784 + 2 * 16 + 2) - short, 16) for short in (0, 5, 790, 801)]


def _width(answer: Callable[[int, int], object], budget: int, code: int) -> float:
    width = number(answer(budget, code))
    if not width.is_integer():
        raise Diagnosis(f"a width is a whole number, and {width:.6g} is none: round down, with //")
    return width


equal_width = Exercise(
    number="2.1",
    examples=[(128_288, 16), (5_000_000, 8), (50_000, 32), *_TIGHT],
    right=lambda budget, code: (budget - 784 - code) // (2 * 784 + 2 * code + 2),
    mistakes=[
        Mistake(
            "you left the biases out: the hidden layers, the code and the pixels have them",
            lambda n, k: n // (2 * 784 + 2 * k),
        ),
        Mistake(
            "the biases of the hidden layers are missing, one for each unit on each side",
            lambda n, k: (n - 784 - k) // (2 * 784 + 2 * k),
        ),
        Mistake(
            "there are two layers of w units, one on each side, and each has its biases",
            lambda n, k: (n - 784 - k) // (2 * 784 + 2 * k + 1),
        ),
        Mistake(
            "the biases of the code and of the pixels are missing; they are there whatever the width",
            lambda n, k: n // (2 * 784 + 2 * k + 2),
        ),
        Mistake("the biases of the code are missing", lambda n, k: (n - 784) // (2 * 784 + 2 * k + 2)),
        Mistake("the biases of the pixels are missing", lambda n, k: (n - k) // (2 * 784 + 2 * k + 2)),
        Mistake(
            "that is a budget for the encoder alone; the decoder has to be paid for too",
            lambda n, k: (n - k) // (784 + k + 1),
        ),
        Mistake("the weights are there twice: the decoder has its own", lambda n, k: (n - 784 - k) // (784 + k + 2)),
        Mistake(
            "one too many: it must stay within the budget, so round down",
            lambda n, k: (n - 784 - k) // (2 * 784 + 2 * k + 2) + 1,
        ),
        Mistake(
            "you rounded up; it must stay within the budget, so round down, with //",
            lambda n, k: -(-(n - 784 - k) // (2 * 784 + 2 * k + 2)),
        ),
        Mistake(
            "it must stay within the budget: round down, with //, not to the nearest",
            lambda n, k: round((n - 784 - k) / (2 * 784 + 2 * k + 2)),
        ),
        Mistake("is none: round down, with //", lambda n, k: (n - 784 - k) / (2 * 784 + 2 * k + 2)),
        Mistake("your answer is 79 for every example", lambda n, k: 79),
    ],
    observe=_width,
    tolerance=1e-9,
    praise="section 2 took 80, the nearest: a little above the budget",
    target="79 for a budget of 128,288 and 16 code units",
    minutes=12,
)

count_tied = Exercise(
    number="2.2",
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
    observe=lambda answer, sizes: whole_number(answer(sizes)),
    tolerance=1e-9,
    praise="a little over half of the untied count, 219,288",
    target="For the widths 784, 128, 64, 8 the count is 110,232",
    minutes=6,
)


def _decoders() -> list[tuple[Tensor, list[nn.Linear], nn.Linear]]:
    generator = torch.Generator().manual_seed(3)
    decoders = []
    for n_hidden, seed in ((4, 2), (3, 4)):
        *hidden, last = random_layers(3, *[8] * n_hidden, 12, seed=seed)
        decoders.append((torch.randn(5, 3, generator=generator), hidden, last))
    return decoders


_Decoder = Callable[[Tensor, Sequence[nn.Linear], nn.Linear], Tensor]


def _chain(h: Tensor, layers: Sequence[nn.Linear], activation: Callable[[Tensor], Tensor] = F.relu) -> Tensor:
    """The outputs `[layers, B, width]` of layers each of which is fed by the one before it."""
    outputs = []
    for layer in layers:
        h = activation(layer(h))
        outputs.append(h)
    return torch.stack(outputs)


def _before_relu(z: Tensor, layers: Sequence[nn.Linear]) -> Tensor:
    return torch.stack([layer(h) for layer, h in zip(layers, [z, *_chain(z, layers[:-1])], strict=True)])


def _decoder(total: Callable[[Tensor, Sequence[nn.Linear]], Tensor], activation: Callable = F.relu) -> _Decoder:
    """The article's decoder, with a running total that is made from the code and all hidden layers."""
    return lambda z, hidden, last: last(activation(hidden[-1](F.relu(total(z, hidden)))))


def _straight(total: Callable[[Tensor, Sequence[nn.Linear]], Tensor]) -> _Decoder:
    """A decoder whose running total goes straight to the pixels."""
    return lambda z, hidden, last: last(total(z, hidden))


def _fed_by_the_sum(z: Tensor, hidden: Sequence[nn.Linear]) -> Tensor:
    total = F.relu(hidden[0](z))
    for layer in hidden[1:-1]:
        total = total + F.relu(layer(total))
    return total


_right_decoder = _decoder(lambda z, hidden: _chain(z, hidden[:-1]).sum(0))

summed_forward = Exercise(
    number="2.3",
    examples=_decoders,
    right=_right_decoder,
    mistakes=[
        Mistake("that is the plain chain: nothing is added up", _straight(lambda z, hidden: _chain(z, hidden)[-1])),
        Mistake(
            "the last hidden layer is in your sum; it should be given the sum of the others",
            _straight(lambda z, hidden: _chain(z, hidden).sum(0)),
        ),
        Mistake(
            "the last hidden layer is in the sum and after it; leave it out of the sum",
            _decoder(lambda z, hidden: _chain(z, hidden).sum(0)),
        ),
        Mistake(
            "the last hidden layer's activation is missing",
            _decoder(lambda z, hidden: _chain(z, hidden[:-1]).sum(0), activation=nn.Identity()),
        ),
        Mistake(
            "the last hidden layer is missing: the sum goes through it, not straight to the pixels",
            _straight(lambda z, hidden: _chain(z, hidden[:-1]).sum(0)),
        ),
        Mistake(
            "each hidden layer needs its ReLU",
            _decoder(lambda z, hidden: _chain(z, hidden[:-1], activation=nn.Identity()).sum(0)),
        ),
        Mistake(
            'that is linear="first"; here every hidden layer has its ReLU',
            _decoder(lambda z, hidden: hidden[0](z) + _chain(hidden[0](z), hidden[1:-1]).sum(0)),
        ),
        Mistake(
            "you averaged; the outputs are added up",
            _decoder(lambda z, hidden: _chain(z, hidden[:-1]).mean(0)),
        ),
        Mistake(
            "you added the numbers before their ReLU; add the hidden layers' outputs",
            _decoder(lambda z, hidden: _before_relu(z, hidden[:-1]).sum(0)),
        ),
        Mistake(
            "your sum begins with the second hidden layer; the first belongs to it",
            _decoder(lambda z, hidden: _chain(z, hidden)[1:-1].sum(0)),
        ),
        Mistake("each layer is fed by the one before it, not by the sum so far", _decoder(_fed_by_the_sum)),
        Mistake("the last layer, which leads to the pixels, has no activation", but(_right_decoder, F.relu)),
        Mistake("the sigmoid is the model's head, no part of this; leave it out", but(_right_decoder, torch.sigmoid)),
        Mistake(
            "expected shape [5, 12]; got shape [5, 8]. Wanted: [B, pixels]",
            lambda z, hidden, last: F.relu(hidden[-1](_chain(z, hidden[:-1]).sum(0))),
        ),
    ],
    returns="[B, pixels], what the last layer gives for each code",
    praise="ArticleAutoencoder's decoder gives the same. A ReLU on a sum of ReLUs changes nothing; "
    'it matters with linear="first" or "all"',
    target="The article's decoder: a chain of hidden layers, and beside it a running total",
    minutes=15,
)

_Collapse = Callable[[Sequence[nn.Linear]], tuple[Tensor, Tensor]]


def _by_layer(take: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> _Collapse:
    """Layers taken in one by one, the first first: `take(W, b, w, v)` takes `W` and `b` into weight and bias so far."""

    def collapse(layers: Sequence[nn.Linear]) -> tuple[Tensor, Tensor]:
        weight, bias = layers[0].weight.data, layers[0].bias.data
        for layer in layers[1:]:
            weight, bias = take(layer.weight, layer.bias, weight, bias)
        return weight, bias

    return collapse


_one_layer = _by_layer(lambda W, b, w, v: (W @ w, W @ v + b))

collapse = Exercise(
    number="2.4",
    examples=lambda: [(random_layers(*[4] * (n + 1), seed=4 + n),) for n in (3, 2, 4)],
    right=_one_layer,
    mistakes=[
        Mistake(
            "the product is the wrong way round: the first layer acts first, so its matrix stands on the right",
            _by_layer(lambda W, b, w, v: (w @ W, W @ v + b)),
        ),
        Mistake("wrong way round in both: that is the last layer acting first", lambda ls: _one_layer(ls[::-1])),
        Mistake(
            "you added the biases up; each must pass through the layers after it",
            _by_layer(lambda W, b, w, v: (W @ w, v + b)),
        ),
        Mistake(
            "only the last bias is there; the earlier ones pass through the later layers",
            _by_layer(lambda W, b, w, v: (W @ w, b)),
        ),
        Mistake(
            "each bias passes through the later layers, not through the product so far",
            _by_layer(lambda W, b, w, v: (W @ w, W @ w @ v + b)),
        ),
        Mistake(
            "the layer's own bias is missing: only the first bias is there",
            _by_layer(lambda W, b, w, v: (W @ w, W @ v)),
        ),
        Mistake(
            "a layer's own bias is added after its matrix has acted, not before",
            _by_layer(lambda W, b, w, v: (W @ w, W @ (v + b))),
        ),
        Mistake(
            "each bias passes through the layers after its own only",
            lambda ls: (W := _one_layer(ls)[0], W @ sum(layer.bias for layer in ls)),
        ),
        Mistake("that stops after two layers; there may be any number", lambda ls: _one_layer(ls[:2])),
        Mistake("the last layer is missing", lambda ls: _one_layer(ls[:-1])),
        Mistake(
            "the first layer acts twice: begin with it, and go on with the second", lambda ls: _one_layer([ls[0], *ls])
        ),
        Mistake(
            "matrices are multiplied with @; * multiplies entry by entry",
            _by_layer(lambda W, b, w, v: (W * w, W @ v + b)),
        ),
        Mistake("the weight comes first, then the bias", but(_one_layer, lambda both: both[::-1])),
        Mistake("return 2 values, separated by commas: the weight, the bias", but(_one_layer, lambda both: both[0])),
    ],
    returns="a weight and a bias of the shapes that one layer's have",
    parts=("the weight", "the bias"),
    praise='this is what linear="all" makes of a plain decoder: one matrix, of the rank of the code at most',
    target="Return W and b with W z + b = all the layers in a row, for any number of them",
    minutes=12,
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
    number="2.5",
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
    praise="the same function in another order of pixels: this is why the MLP of section 5 did not mind",
    target="Three tensors: first weight, last weight, last bias",
    minutes=15,
)

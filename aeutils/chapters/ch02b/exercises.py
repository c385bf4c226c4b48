"""The exercises of notebook 02b."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils.chapters.layers import random_layers
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, but, number, several


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
    number="2b.1",
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
            "the first hidden layer has no ReLU in yours; here every hidden layer has one",
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
    praise="ArticleAutoencoder's decoder gives the same. A ReLU on a sum of ReLUs changes nothing; it matters "
    "where a layer in the sum has none",
    target="The article's decoder: a chain of hidden layers, and beside it a running total",
    minutes=6,
    level="medium",
    ask="In the drawing of the decoder, follow one arrow from the sum to the picture: which layers does it still pass?",
)


_LAYERS = ("the first layer's factor", "the second's", "the third's", "the fourth's")
_WIDTHS = (16, 64, 64, 64, 64)


def _handed_on(answer: Callable[[], object]) -> float:
    """1 if each layer hands on what it is given, to within a quarter; else a diagnosis with what each hands on."""
    factors = [number(factor) for factor in several(answer(), _LAYERS)]
    generator = torch.Generator().manual_seed(6)
    h, kept = torch.randn(20, 500, _WIDTHS[0], generator=generator), []  # twenty decoders, 500 codes each
    for factor, (n_in, n_out) in zip(factors, pairwise(_WIDTHS), strict=True):
        start = 2 * torch.rand(20, n_in, n_out, generator=generator) - 1  # PyTorch's is this over the root of n
        after = F.relu(h @ start * factor / n_in**0.5)
        kept.append((after.square().mean() / h.square().mean().clamp(min=1e-30)).item())
        h = after
    if all(0.75 <= share <= 1.25 for share in kept):
        return 1.0
    shares = ", ".join(f"{share:.2f}" for share in kept)
    raise Diagnosis(f"of the mean square that they are given the layers hand on {shares}; each should be near 1")


gains = Exercise(
    number="2b.2",
    examples=[()],
    right=lambda: (6**0.5,) * 4,
    mistakes=[
        Mistake("hand on 0.17, 0.17, 0.1", lambda: (1, 1, 1, 1)),
        Mistake("hand on 0.50, 0.50", lambda: (3**0.5,) * 4),
        Mistake("hand on 6.", lambda: (6, 6, 6, 6)),
        Mistake("hand on 0.00, 0.00, 0.00, 0.00", lambda: (0, 0, 0, 0)),
        Mistake("return 4 values, separated by commas: the first layer's factor", lambda: 6**0.5),
        Mistake("got 3 values", lambda: (2.4, 2.4, 2.4)),
    ],
    observe=_handed_on,
    praise="the exact factor is the root of 6: a variance of 1 / (3 n) becomes the 2 / n of the better start",
    target="four factors with which each layer hands on 0.75 to 1.25 of the mean square that it is given",
    minutes=5,
    level="easy",
    ask="If a layer hands on a quarter of the mean square, which factor on its weights makes up for it?",
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
    number="2b.3",
    examples=lambda: [(random_layers(*[4] * (n + 1), seed=4 + n),) for n in (3, 2, 4)],
    right=_one_layer,
    mistakes=[
        Mistake(
            "the product is the wrong way round: the first layer acts first, so its matrix stands on the right",
            _by_layer(lambda W, b, w, v: (w @ W, W @ v + b)),
        ),
        Mistake(
            "the layer that acts later stands on the left, and its matrix acts on the bias so far, too",
            _by_layer(lambda W, b, w, v: (w @ W, v + b)),
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
    praise="this is all that is left of a chain with no activation: one matrix, of the rank of the code at most",
    target="Return W and b with W z + b = all the layers in a row, for any number of them",
    minutes=12,
    level="medium",
    ask="After two layers you have one matrix and one bias. What does a third layer do to each of the two?",
)


_Codes = tuple[nn.Linear, nn.Linear, float]


def _ends() -> list[_Codes]:
    layers = random_layers(5, 3, 6, seed=7), random_layers(4, 2, 5, seed=8)
    return [(to_code, from_code, factor) for (to_code, from_code), factor in zip(layers, (10.0, 4.0), strict=True)]


def _scaled(
    take: Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, ...]],
) -> Callable[[nn.Linear, nn.Linear, float], tuple[Tensor, ...]]:
    """`take(W, b, V, c)` has the weight and bias that make the code, and the weight that reads it."""
    return lambda to_code, from_code, c: take(to_code.weight.data, to_code.bias.data, from_code.weight.data, c)


cheat = Exercise(
    number="2b.4",
    examples=_ends,
    right=_scaled(lambda W, b, V, c: (c * W, c * b, V / c)),
    mistakes=[
        Mistake(
            "the code's bias has to grow as well, or the codes are not c times the old ones",
            _scaled(lambda W, b, V, c: (c * W, b, V / c)),
        ),
        Mistake(
            "that makes the codes smaller, and the penalty larger", _scaled(lambda W, b, V, c: (W / c, b / c, c * V))
        ),
        Mistake(
            "the penalty falls with the square of c by itself; divide the decoder's weight by c only",
            _scaled(lambda W, b, V, c: (c * W, c * b, V / c**2)),
        ),
        Mistake(
            "the codes grow c times, so it is c, not its root",
            _scaled(lambda W, b, V, c: (c**0.5 * W, c**0.5 * b, V / c**0.5)),
        ),
        Mistake(
            "the decoder's first weight has to undo it, or the pictures change",
            _scaled(lambda W, b, V, c: (c * W, c * b, V)),
        ),
        Mistake(
            "now the codes have to grow: the encoder's last layer is as it was",
            _scaled(lambda W, b, V, c: (W, b, V / c)),
        ),
        Mistake("nothing has changed yet", _scaled(lambda W, b, V, c: (W, b, V))),
        Mistake(
            "multiply and divide, do not add: the codes are to be c times as large",
            _scaled(lambda W, b, V, c: (W + c, b + c, V - c)),
        ),
        Mistake("return 3 values, separated by commas", _scaled(lambda W, b, V, c: (c * W, V / c))),
    ],
    returns="three tensors of the shapes that they have in the layers",
    parts=("the encoder's last weight", "its bias", "the decoder's first weight"),
    praise="every picture is as before and the naive penalty c² times smaller; the ratio R does not move",
    target="Three tensors: weight and bias of the layer that makes the code, weight of the layer that reads it",
    minutes=10,
    level="hard",
    ask="If all codes are c times as large, what must the next layer do so that nobody further up notices?",
)

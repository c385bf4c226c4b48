"""The exercises of notebook 01."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils.chapters.layers import count_of, random_layers
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, number, one_whole_number, several
from aeutils.sweeps import ACTIVATIONS, trial

count_parameters = Exercise(
    number="1.1",
    examples=[((784, 128, 64, 2),), ((784, 32),), ((6, 5, 4, 3),)],
    right=count_of(2, 1, 1),
    mistakes=[
        Mistake("you left out the biases: every layer has one for each unit it leads to", count_of(2, 0, 0)),
        Mistake("that is the encoder alone; the decoder has the same layers in reverse", count_of(1, 1, 0)),
        Mistake("those are the encoder's weights alone: the decoder and all biases are missing", count_of(1, 0, 0)),
        Mistake("count the weights twice: the decoder has weights of its own", count_of(1, 1, 1)),
        Mistake("the decoder's biases are missing", count_of(2, 1, 0)),
        Mistake("the encoder's biases are missing", count_of(2, 0, 1)),
        Mistake(
            "the decoder's biases belong to the units it leads to: the hidden layers and the pixels", count_of(2, 2, 0)
        ),
        Mistake(
            "the encoder's biases belong to the units it leads to: the hidden layers and the code", count_of(2, 0, 2)
        ),
        Mistake(
            "the code and the pixels have biases too, not only the hidden layers",
            lambda sizes: count_of(2, 0, 0)(sizes) + 2 * sum(sizes[1:-1]),
        ),
    ],
    observe=one_whole_number,
    tolerance=1e-9,
    praise="most parameters sit between the pixels and the first hidden layer, on both sides",
    target="For the widths 784, 128, 64, 2 the count is 218,514",
    minutes=6,
    level="easy",
    ask="Draw the layers of (6, 5, 4, 3) there and back. How many units does each arrow lead to, and how "
    "many biases is that?",
)


def _merged(merge: Callable[[Tensor, Tensor, Tensor, Tensor], object]) -> Callable[[nn.Linear, nn.Linear], object]:
    """`merge(W, b, V, c)` has the first layer's weight and bias and then the second one's."""
    return lambda first, second: merge(first.weight, first.bias, second.weight, second.bias)


merge_layers = Exercise(
    number="1.2",
    examples=lambda: [tuple(random_layers(4, 4, 4, seed=2)), tuple(random_layers(3, 3, 3, seed=3))],
    right=_merged(lambda W, b, V, c: (V @ W, V @ b + c)),
    mistakes=[
        Mistake(
            "the product is the wrong way round: the first layer acts first, so its matrix stands on the right",
            _merged(lambda W, b, V, c: (W @ V, V @ b + c)),
        ),
        Mistake(
            "the product is the wrong way round, and the first bias passes through the second layer's weights",
            _merged(lambda W, b, V, c: (W @ V, b + c)),
        ),
        Mistake(
            "wrong way round in both: W₁W₂ is the second layer followed by the first",
            _merged(lambda W, b, V, c: (W @ V, W @ c + b)),
        ),
        Mistake(
            "the biases have changed places: the first layer's passes through the second layer's weights",
            _merged(lambda W, b, V, c: (V @ W, W @ c + b)),
        ),
        Mistake(
            "the first layer's bias passes through the second layer's weights too",
            _merged(lambda W, b, V, c: (V @ W, b + c)),
        ),
        Mistake(
            "the second layer adds its own bias after its weights have acted, not before",
            _merged(lambda W, b, V, c: (V @ W, V @ (b + c))),
        ),
        Mistake("you lost the first layer's bias", _merged(lambda W, b, V, c: (V @ W, c))),
        Mistake("you lost the second layer's bias", _merged(lambda W, b, V, c: (V @ W, V @ b))),
        Mistake(
            "matrices are multiplied with @; * multiplies entry by entry",
            _merged(lambda W, b, V, c: (V * W, V @ b + c)),
        ),
        Mistake(
            "you added the two layers up; they act one after the other", _merged(lambda W, b, V, c: (V + W, b + c))
        ),
        Mistake(
            "your weight is the transpose: weight times x, not x times weight",
            _merged(lambda W, b, V, c: ((V @ W).T, V @ b + c)),
        ),
        Mistake("the weight comes first, then the bias", _merged(lambda W, b, V, c: (V @ b + c, V @ W))),
        Mistake("return 2 values, separated by commas: the weight, the bias", lambda first, second: first.weight),
    ],
    returns="a weight and a bias of the shapes that one layer's have",
    parts=("the weight", "the bias"),
    praise="two linear layers in a row are one. Without something between them they can do nothing that one cannot",
    target="Return W and b with W x + b = second(first(x)) for every x",
    minutes=6,
    level="medium",
    ask="Write x, put the first layer around it, then the second. What is multiplied by x, and what is left over?",
)


def _pairs_of_spaces() -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(3)
    pairs = []
    for rows, k, apart in ((20, 3, 0.4), (30, 2, 1.0)):
        a = torch.randn(rows, k, generator=generator)
        b = a @ torch.randn(k, k, generator=generator) + apart * torch.randn(rows, k, generator=generator)
        pairs.append((a, b))
    return pairs


def _angle(answer: Callable[[Tensor, Tensor], object], A: Tensor, B: Tensor) -> float:
    angle = number(answer(A, B))
    if math.isnan(angle):
        raise Diagnosis(
            "the angle is NaN: arccos of a number above 1. The columns are not orthonormal yet; "
            "torch.linalg.qr(A).Q has orthonormal columns that span the same space"
        )
    return angle


def _cosines(A: Tensor, B: Tensor) -> Tensor:
    return torch.linalg.svdvals(torch.linalg.qr(A).Q.T @ torch.linalg.qr(B).Q)


def _degrees(cosine: Tensor) -> Tensor:
    return cosine.arccos().rad2deg()


largest_angle = Exercise(
    number="1.3",
    examples=_pairs_of_spaces,
    right=lambda A, B: _degrees(_cosines(A, B).min()),
    mistakes=[
        Mistake(
            "that is the smallest angle, from the largest singular value", lambda A, B: _degrees(_cosines(A, B).max())
        ),
        Mistake("that is in radians; torch.rad2deg converts", lambda A, B: _cosines(A, B).min().arccos()),
        Mistake("that is the angle's cosine; arccos is missing", lambda A, B: _cosines(A, B).min()),
        Mistake(
            "that is the cosine from columns that are not orthonormal: use torch.linalg.qr first, then arccos",
            lambda A, B: torch.linalg.svdvals(A.T @ B).min(),
        ),
        Mistake("you took the sine for the cosine", lambda A, B: _cosines(A, B).min().arcsin().rad2deg()),
        Mistake("that is the mean of the angles", lambda A, B: _degrees(_cosines(A, B)).mean()),
        Mistake(
            "the columns have length 1 but are not at right angles to one another yet: torch.linalg.qr sees to both",
            lambda A, B: _degrees(torch.linalg.svdvals((A / A.norm(dim=0)).T @ (B / B.norm(dim=0))).min()),
        ),
        Mistake("the angle is NaN", lambda A, B: _degrees(torch.linalg.svdvals(A.T @ B).max())),
        Mistake("return one number; yours has shape [3]", lambda A, B: _degrees(_cosines(A, B))),
    ],
    observe=_angle,
    tolerance=1e-3,
    praise="SciPy's subspace_angles gives the same; it is what section 2 used",
    target="An angle in degrees, from 0 (the same space) to 90 (one has a direction at right angles to the other)",
    minutes=12,
    level="hard",
    ask="What must be true of two bases before a product of their vectors is a cosine, and is a large angle "
    "a large cosine?",
)

_MOST, _STEPS, _PCA, _GOOD = 60_000, 300, 29.5, 26.5  # parameters, steps; squared errors per validation image


def _played(answer: Callable[[], object]) -> str:
    """The word "good" where the design that `answer()` gives keeps to the budget and, trained, reaches the target."""
    hidden, activation, lr = several(answer(), ("the hidden widths", "the activation", "the learning rate"))
    named = {name.lower(): name for name in ACTIVATIONS}
    if not isinstance(activation, str) or activation.lower() not in named:
        raise Diagnosis(f"the activation is one of {', '.join(ACTIVATIONS)}, as a text; got {activation!r}")
    activation = named[activation.lower()]
    if not isinstance(hidden, str) or not all(width.isdecimal() for width in hidden.split("-") if width):
        raise Diagnosis(
            f'the hidden widths are a text such as "128-64", "20", or "" for no hidden layer; got {hidden!r}'
        )
    rate = number(lr)
    tried = trial(hidden=hidden, activation=activation, lr=rate, code_size=8, steps=_STEPS)
    parameters, error = tried["parameters"], tried["val_error"]
    if parameters > _MOST:
        raise Diagnosis(f"that takes {parameters:,} parameters, and the budget is {_MOST:,}: make a layer narrower")
    if activation == "none" or not hidden:
        raise Diagnosis(f"{error:.1f}, and no rate will bring it below PCA's {_PCA}: without activations nothing bends")
    if not error < _PCA:
        raise Diagnosis(f"{error:.1f} is not even PCA's {_PCA}: try another rate, or another activation")
    if error > _GOOD:
        raise Diagnosis(f"{error:.1f} beats PCA's {_PCA}, but is not yet under {_GOOD}")
    return "good"


design = Exercise(
    number="1.4",
    examples=[()],
    right=lambda: ("36", "GELU", 5e-3),
    mistakes=[
        Mistake("the budget is 60,000: make a layer narrower", lambda: ("128-64", "ReLU", 2e-3)),
        Mistake("without activations nothing bends", lambda: ("", "none", 1e-2)),
        Mistake("is not even PCA's 29.5", lambda: ("36", "sigmoid", 2e-3)),
        Mistake("but is not yet under 26.5", lambda: ("36", "ReLU", 2e-3)),
        Mistake("the activation is one of ReLU, GELU, tanh, sigmoid, none", lambda: ("36", "swish", 2e-3)),
        Mistake("but is not yet under 26.5", lambda: ("36", "relu", 5e-3)),  # in small letters it counts, too
        Mistake('or "" for no hidden layer; got', lambda: ("none", "ReLU", 2e-3)),
        Mistake('or "" for no hidden layer; got', lambda: (36, "ReLU", 2e-3)),
        Mistake("return 3 values, separated by commas", lambda: ("36", "GELU")),
    ],
    observe=_played,
    praise="rate, width and activation all count; notebook 5 searches in earnest",
    target="At most 60,000 parameters, and under 26.5 squared error per validation image after 300 steps",
    minutes=15,
    level="medium",
    ask="Which layer takes most of the budget, and which of the three settings have you changed alone so far?",
)

# Codes of four images: units 0 and 2 are dead; unit 5 is nearly so, and unit 7 is constant but not zero.
_CODES = torch.tensor(
    [
        [0.0, 1.2, 0.0, 0.0, 3.1, 0.0, 0.0, 0.5],
        [0.0, 0.0, 0.0, 2.5, 1.0, 0.0, 0.1, 0.5],
        [0.0, 0.7, 0.0, 0.0, 0.4, 1e-5, 0.6, 0.5],
        [0.0, 0.9, 0.0, 0.0, 0.0, 0.0, 0.3, 0.5],
    ]
)
_NONE_DEAD = torch.tensor([[0.2, 0.0, 0.4], [0.0, 0.0, 0.0], [0.1, 0.3, 0.6]])  # though one image's code is zero

dead_units = Exercise(
    number="1.5",
    examples=[(_CODES,), (_CODES[1:, 1:6],), (_NONE_DEAD,)],
    right=lambda z: (z == 0).all(0).sum(),
    mistakes=[
        Mistake(
            "those are the units that are zero for at least one image; a dead unit is zero for all",
            lambda z: (z == 0).any(0).sum(),
        ),
        Mistake(
            "you reduced over the units; reduce over the images (axis 0): one verdict for each unit is left",
            lambda z: (z == 0).all(1).sum(),
        ),
        Mistake("you counted zeros; a dead unit is a whole column of them", lambda z: (z == 0).sum()),
        Mistake("those are the units that are alive", lambda z: (z > 0).any(0).sum()),
        Mistake("those are the units that are never zero", lambda z: (z > 0).all(0).sum()),
        Mistake("you looked at the first image only; a dead unit is zero for all of them", lambda z: (z[0] == 0).sum()),
        Mistake("you looked at the last image only; a dead unit is zero for all of them", lambda z: (z[-1] == 0).sum()),
        Mistake(
            "a unit that never changes need not be zero: ask for zeros, not for no spread",
            lambda z: (z.std(0) == 0).sum(),
        ),
        Mistake(
            "nearly zero is not dead: a unit that still speaks for one image, however softly, can be trained",
            lambda z: (z.mean(0) < 1e-3).sum(),
        ),
        Mistake("return a whole number; got 0.25", lambda z: (z == 0).all(0).float().mean()),
        Mistake("return one number; yours has shape [4, 8]", lambda z: z == 0),
        Mistake("your answer is 2 for every example", lambda z: 2),
    ],
    observe=one_whole_number,
    tolerance=1e-9,
    praise="on the training images' codes this gives the number in section 4",
    target="In the first example 2 of the 8 units are dead",
    minutes=6,
    level="easy",
    ask="Cover all columns but one with your hand. What do you have to see in it to call the unit dead?",
)

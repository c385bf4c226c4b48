"""The exercises of the notebook lesson_90."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from aeutils.data.mnist_5k import load_mnist_5k
from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, but, choices, one_number

REBUILD, MEASURE, FORGET, SLOPES, MOVE = _LOOP = ("rebuild", "measure", "forget", "find the slopes", "move")
_PLACES = ("the first word", "the second word", "the third word", "the fourth word", "the fifth word")


def _weights_after(order: Sequence[str], rounds: int = 3) -> Tensor:
    """All weights of a very small autoencoder, before and after each round of a loop in this order: `[1 + rounds, 7]`.

    Raises:
        Diagnosis: a line needs what no line before it has made.
    """
    encoder, decoder = nn.Linear(2, 1), nn.Linear(1, 2)
    weights = [*encoder.parameters(), *decoder.parameters()]
    with torch.no_grad():
        for weight in weights:
            weight.copy_(torch.linspace(0.3, 0.8, weight.numel()).reshape(weight.shape))
    optimizer = torch.optim.SGD(weights, lr=0.05)
    path = [nn.utils.parameters_to_vector(weights).detach().clone()]
    rebuilt = loss = None
    for batch in torch.linspace(-1, 2, 2 * 4 * rounds).square().reshape(rounds, 4, 2):
        for word in order:
            if word == REBUILD:
                rebuilt = decoder(encoder(batch))
            elif word == MEASURE:
                if rebuilt is None:
                    raise Diagnosis(f"Python stops at “{MEASURE}”: nothing was rebuilt that could be measured")
                loss = (batch - rebuilt).square().sum(1).mean()
            elif word == FORGET:
                optimizer.zero_grad()
            elif word == SLOPES:
                if loss is None:
                    raise Diagnosis(f"Python stops at “{SLOPES}”: slopes of what? The loss was not measured yet")
                try:
                    loss.backward()
                except RuntimeError:  # weights that it goes back through are no longer as they were
                    raise Diagnosis(
                        f"PyTorch stops in the second round: “{MOVE}” has changed the weights after “{REBUILD}”, "
                        f"and “{SLOPES}” must go back through them as they were"
                    ) from None
            else:
                optimizer.step()
        path.append(nn.utils.parameters_to_vector(weights).detach().clone())
    return torch.stack(path)


def _training(answer: Callable[[], object]) -> Tensor:
    order = choices(answer(), _PLACES, _LOOP)
    if missing := [word for word in _LOOP if word not in order]:
        raise Diagnosis(f"each of the five once: “{missing[0]}” is missing")
    if order == _LOOP:
        raise Diagnosis("that is the loop's own order, and it is right; find another one that trains the same")
    weights = _weights_after(order)
    moved = (weights[1:] != weights[:-1]).any(1)
    if not moved.any():
        raise Diagnosis(
            f"nothing ever moves, and Python does not complain: “{FORGET}” has wiped out the slopes when “{MOVE}” "
            "reads them"
        )
    if not moved[0]:
        raise Diagnosis(
            f"it trains, but one batch late: “{MOVE}” follows the slopes of the batch before, and the first time none"
        )
    return weights


another_order = Exercise(
    number="90.1",
    examples=[()],
    right=lambda: (FORGET, REBUILD, MEASURE, SLOPES, MOVE),
    mistakes=[
        Mistake("that is the loop's own order, and it is right; find another", lambda: _LOOP),
        Mistake("nothing ever moves", lambda: (REBUILD, MEASURE, SLOPES, FORGET, MOVE)),
        Mistake("it trains, but one batch late", lambda: (MOVE, FORGET, REBUILD, MEASURE, SLOPES)),
        Mistake("PyTorch stops in the second round", lambda: (REBUILD, MEASURE, MOVE, FORGET, SLOPES)),
        Mistake("Python stops at “measure”", lambda: (FORGET, MEASURE, REBUILD, SLOPES, MOVE)),
        Mistake("Python stops at “find the slopes”", lambda: (FORGET, REBUILD, SLOPES, MEASURE, MOVE)),
        Mistake("“forget” is missing", lambda: (REBUILD, MEASURE, SLOPES, MOVE, MOVE)),
        Mistake("'train' is not in the list", lambda: (FORGET, REBUILD, MEASURE, SLOPES, "train")),
        Mistake("return 5 values, separated by commas", lambda: (FORGET, MOVE)),
        Mistake("is the word return missing", "def another_order(): 'forget', 'rebuild'"),
    ],
    observe=_training,
    praise="after three rounds the weights are the same. The slopes may be wiped out at any time but one: between the "
    "line that finds them and the line that follows them",
    target="Five words in another order than the loop's. The check trains a very small network in your order, and says "
    "what happens",
    minutes=5,
    level="easy",
    ask="Which of the five lines needs what another one has made, and which line only clears something away?",
)


def _error(x: Tensor, answer: Tensor) -> Tensor:
    """The squared error per image, averaged over images."""
    return (x - answer).square().flatten(1).sum(1).mean()


def _taken_away(x: Tensor, x_hat: Tensor, x_train: Tensor) -> Tensor:
    return 1 - _error(x, x_hat) / _error(x, x_train.mean(0))


def _rebuilt_well_and_badly() -> list[tuple[Tensor, Tensor, Tensor]]:
    """Images with a pattern in common: rebuilt with a little noise, and rebuilt worse than by the mean image."""
    generator = torch.Generator().manual_seed(90)
    pattern = torch.rand(1, 28, 28, generator=generator)
    x_train, x, noise = (torch.rand(n, 1, 28, 28, generator=generator) for n in (9, 4, 4))
    # Images with more ink and with less, so that an average of shares is not the share of the averages.
    x = (pattern + x * torch.tensor([0.2, 0.5, 1.0, 2.0]).reshape(4, 1, 1, 1)) / 3
    x_train = (pattern + x_train) / 3
    return [(x, x + (noise - 0.5) / 5, x_train), (x, 1 - x, x_train)]


share_taken_away = Exercise(
    number="90.2",
    examples=_rebuilt_well_and_badly,
    right=_taken_away,
    mistakes=[
        Mistake(
            "that is the share that is left; what was taken away is the rest, 1 minus it",
            lambda x, x_hat, x_train: _error(x, x_hat) / _error(x, x_train.mean(0)),
        ),
        Mistake(
            "you averaged the images that are to be rebuilt, unknown beforehand; take the training images' mean",
            lambda x, x_hat, x_train: 1 - _error(x, x_hat) / _error(x, x.mean(0)),
        ),
        Mistake(
            "you took one grey for all pixels; the mean image has a mean for every pixel: .mean(0)",
            lambda x, x_hat, x_train: 1 - _error(x, x_hat) / _error(x, x_train.mean()),
        ),
        Mistake(
            "you took a share for each image and averaged the shares; average both errors first, then divide",
            lambda x, x_hat, x_train: (
                1 - (x - x_hat).square().flatten(1).sum(1) / (x - x_train.mean(0)).square().flatten(1).sum(1)
            ).mean(),
        ),
        Mistake(
            "you divided the other way round: by the error of the mean image, please",
            lambda x, x_hat, x_train: 1 - _error(x, x_train.mean(0)) / _error(x, x_hat),
        ),
        Mistake(
            "that is how many times the answer's error goes into the mean image's; turn it round, and take it from 1",
            lambda x, x_hat, x_train: _error(x, x_train.mean(0)) / _error(x, x_hat),
        ),
        Mistake(
            "you took the notebook's mean_image; make it from the x_train that the function is given",
            lambda x, x_hat, x_train: 1 - _error(x, x_hat) / _error(x, load_mnist_5k().train.x.mean(0)),
        ),
        Mistake(
            "you divided by the notebook's 53; compute the mean image's error on the images x that are given",
            lambda x, x_hat, x_train: 1 - _error(x, x_hat) / 53.4,
        ),
        Mistake(
            "that is a difference of two errors; divide it by the mean image's error, and it is a share",
            lambda x, x_hat, x_train: _error(x, x_train.mean(0)) - _error(x, x_hat),
        ),
        Mistake(
            "you held the reconstructions against the mean image; hold both against the images x",
            lambda x, x_hat, x_train: 1 - _error(x, x_hat) / _error(x_hat, x_train.mean(0)),
        ),
        Mistake(
            "you took absolute differences; square each one",
            lambda x, x_hat, x_train: 1 - (x - x_hat).abs().sum() / (x - x_train.mean(0)).abs().sum(),
        ),
        Mistake(
            "you took the square root of the errors; the share is one of squared errors",
            lambda x, x_hat, x_train: 1 - (_error(x, x_hat) / _error(x, x_train.mean(0))).sqrt(),
        ),
        Mistake("all of it is 1, not 100", but(_taken_away, lambda share: 100 * share)),
        Mistake("return one number; yours has shape [4]", lambda x, x_hat, x_train: (x - x_hat).flatten(1).sum(1)),
    ],
    observe=one_number,
    praise="1 is a perfect answer, 0 is no better than the mean image, and below 0 is worse. For PCA on its training "
    "images this is the share of the variance that its components keep",
    target="One number, at most 1: in the check's first example about 0.88, in the second far below 0",
    minutes=8,
    level="medium",
    ask="What should come out for an answer that is the mean image itself, and what for a perfect one?",
)

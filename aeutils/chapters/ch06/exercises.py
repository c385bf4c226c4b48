"""The exercises of notebook 06."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from aeutils.lessons.exercises import Diagnosis, Exercise, Mistake, attempted, but, number, several, told
from aeutils.losses import squared_error
from aeutils.models import Autoencoder

Step = Callable[[Autoencoder, Optimizer, Tensor], Any]


def _error(model: Autoencoder, batch: Tensor) -> Tensor:
    return squared_error(model, batch)["squared_error"]


def _step(
    order: str = "zbs",
    error: Callable[[Autoencoder, Tensor], Any] = _error,
    returns: Callable[[Any, Autoencoder, Tensor], Any] = lambda error, *_: error.item(),
) -> Step:
    """The training step with its parts in this order: z(ero_grad), b(ackward), s(tep)."""

    def step(model: Autoencoder, optimizer: Optimizer, batch: Tensor) -> Any:
        loss = error(model, batch)
        for letter in order:
            {"z": optimizer.zero_grad, "b": loss.backward, "s": optimizer.step}[letter]()
        return returns(loss, model, batch)

    return step


def _uphill(model: Autoencoder, optimizer: Optimizer, batch: Tensor) -> float:
    return -_step(error=lambda *now: -_error(*now))(model, optimizer, batch)


def _with_the_encoder_cut_off(model: Autoencoder, batch: Tensor) -> Tensor:
    return (batch - model.decode(model.encode(batch).detach())).square().sum() / len(batch)


def _other_error_later(model: Autoencoder, optimizer: Optimizer, batch: Tensor) -> float:
    first = all(parameter.grad is None for parameter in model.parameters())
    return (1 if first else 2) * _step()(model, optimizer, batch)


# What PyTorch says -> what that means here.
_RAISED = {
    "'float' object has no attribute 'backward'": "item() made a Python number of the error, and a number has no "
    "gradient; go back first, then take item() for the return",
    "'dict' object has no attribute": 'the loss returns a dictionary; take its term: ["squared_error"]',
    "modified by an inplace operation": "step comes before backward: it moves the weights that backward still needs, "
    "by the gradients of the call before",
    "a second time": "backward goes back through the same error twice; once for each call is enough",
    "does not require grad": "the error does not depend on the weights any more; look for detach(), item() or no_grad",
}


def _small_model_and_batches() -> list[tuple[Autoencoder, Optimizer, Tensor]]:
    """Plain gradient descent, in which every factor shows; two batches, `[2, 4, 1, 2, 2]`."""
    generator = torch.Generator().manual_seed(6)
    batches = torch.stack([torch.rand(4, 1, 2, 2, generator=generator) for _ in range(2)])
    model = Autoencoder((4, 3, 1), activation=nn.Tanh, head=nn.Identity, shape=(1, 2, 2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
    return [(model, torch.optim.SGD(model.parameters(), lr=0.05), batches)]


def _close(found: Sequence[Any], right: Sequence[Any]) -> bool:
    return all(torch.allclose(torch.as_tensor(f), torch.as_tensor(r)) for f, r in zip(found, right, strict=True))


def _by_hand(model: Autoencoder, _: Optimizer, batch: Tensor) -> float:
    error = _error(model, batch)
    for parameter, slope in zip(model.parameters(), torch.autograd.grad(error, list(model.parameters())), strict=True):
        parameter.data -= 0.05 * slope
    return error.item()


def _two_calls(answer: Step, model: Autoencoder, optimizer: Optimizer, batches: Tensor) -> tuple[Any, ...]:
    """Both errors, and how far the encoder's and the decoder's weights have moved."""
    start = deepcopy(model)
    stepped: list[bool] = []
    optimizer.register_step_post_hook(lambda *_: stepped.append(True))
    with told(_RAISED):
        errors = [answer(model, optimizer, batch.clone()) for batch in batches]
    moved = [
        nn.utils.parameters_to_vector(now.parameters()).detach()
        - nn.utils.parameters_to_vector(was.parameters()).detach()
        for now, was in ((model.encoder, start.encoder), (model.decoder, start.decoder))
    ]
    still = not any(part.any() for part in moved)
    if any(error is None for error in errors) and not still:
        raise Diagnosis("the weights moved, but nothing was returned; return the error as a number")
    errors = [attempted(error) for error in errors]
    if still:
        if not stepped:
            raise Diagnosis("nothing moves: step is missing, and the gradients are not followed")
        if all(parameter.grad is None for parameter in model.parameters()):
            raise Diagnosis("nothing moves: zero_grad after backward wipes out what backward has found")
        raise Diagnosis("nothing moves: step comes before backward, when zero_grad has just cleared the gradients")
    if not stepped:  # also where they move as it would have moved them: with another one they would not
        raise Diagnosis("the weights move without the optimizer that you were given; step with it, not with another")
    if any(isinstance(error, dict) for error in errors):
        raise Diagnosis("you returned the dictionary of the loss; return its term as a number, with item()")
    if any(isinstance(error, Tensor) and error.numel() > 1 for error in errors):
        raise Diagnosis("return one number for the batch: sum over pixels, then average over images")
    found = (*map(number, errors), *moved)
    if any(isinstance(error, Tensor) for error in errors) and _close(found, train_step.expected[0]):
        raise Diagnosis("right, but return error.item(): a tensor keeps the whole graph alive")
    return found


train_step = Exercise(
    number="6.1",
    examples=_small_model_and_batches,
    right=_step(),
    mistakes=[
        Mistake("zero_grad is missing: the second step follows the first batch's gradients as well", _step("bs")),
        Mistake(
            "the loss is averaged over the pixels too: a factor of their number; sum over pixels",
            _step(error=lambda model, batch: (batch - model(batch)).square().mean()),
        ),
        Mistake(
            "the loss is summed over the images of the batch; average over them",
            _step(error=lambda model, batch: (batch - model(batch)).square().sum()),
        ),
        Mistake(
            "the encoder does not move: something cuts it off from the error, such as detach()",
            _step(error=_with_the_encoder_cut_off),
        ),
        Mistake(
            "the weights are right, but you returned the error after the step; return the one before",
            _step(returns=lambda _, *now: _error(*now).item()),
        ),
        Mistake("step() stands there twice: once for each call", _step("zbss")),
        Mistake("the sign is turned round: that walks uphill", _uphill),
        Mistake("by the gradients of the call before", _step("sb")),
        Mistake("has just cleared the gradients", _step("zsb")),
        Mistake("wipes out", _step("bzs")),
        Mistake("step is missing", _step("zb")),
        Mistake("made a Python number", _step(error=lambda *now: _error(*now).item())),
        Mistake("through the same error twice", _step("zbb")),
        Mistake("look for detach()", _step(error=lambda *now: _error(*now).detach())),
        Mistake("returns a dictionary", _step(error=squared_error)),
        Mistake("keeps the whole graph alive", _step(returns=lambda error, *_: error)),
        Mistake("nothing was returned", _step(returns=lambda *_: None)),
        Mistake("returned the dictionary", _step(returns=lambda _, *now: squared_error(*now))),
        Mistake(
            "one number for the batch",
            _step(returns=lambda error, model, batch: (batch - model(batch)).square().flatten(1).sum(1)),
        ),
        Mistake("the weights move without the optimizer that you were given; step with it", _by_hand),
        Mistake("the error at the first call is off", _step(returns=lambda error, *_: 2 * error.item())),
        Mistake("the error at the second call is off", _other_error_later),
    ],
    observe=_two_calls,
    parts=(
        "the error at the first call",
        "the error at the second call",
        "the way the encoder's weights moved",
        "the way the decoder's weights moved",
    ),
    returns="one number, the error before the step",
    praise="clear, go back, step: two calls agree with two steps of torch.optim.SGD",
    target="Move the weights once against the gradient, and return the error as a number",
    minutes=10,
    tolerance=1e-5,
    level="medium",
    ask="At the moment when the optimiser steps, which gradients lie beside the weights, and who put them there?",
)


def _adam(
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    old: tuple[float, float] | None = None,
    square: Callable[[Tensor], Tensor] = torch.square,
    missing: Callable[[float, int], float] = lambda beta, t: 1 - beta**t,
    size: Callable[[Tensor], Tensor] = lambda s_hat: s_hat.sqrt() + 1e-8,
    step: Callable[[Tensor, Tensor], Tensor] = lambda m_hat, g: -m_hat,
    corrected: bool = False,
) -> Callable[[Tensor, Tensor, Tensor, Tensor, int, float], tuple[Tensor, Tensor, Tensor]]:
    """Adam's step; or with other parts: `old` is the share of the old averages, `missing` what these are divided by."""
    keep_m, keep_s = old or betas

    def adam(theta: Tensor, g: Tensor, m: Tensor, s: Tensor, t: int, lr: float) -> tuple[Tensor, Tensor, Tensor]:
        m, s = keep_m * m + (1 - keep_m) * g, keep_s * s + (1 - keep_s) * square(g)
        m_hat, s_hat = m / missing(betas[0], t), s / missing(betas[1], t)
        theta = theta + lr * step(m_hat, g) / size(s_hat)
        return (theta, m_hat, s_hat) if corrected else (theta, m, s)

    return adam


def _first_and_later_step() -> list[tuple[Tensor, Tensor, Tensor, Tensor, int, float]]:
    theta, g, m, s, none = torch.tensor(
        [[0.2, -0.8, 1.3], [1e-8, 1.5, -0.3], [0.1, -0.2, 0.1], [0.8, 0.9, 0.1], [0, 0, 0]], dtype=torch.float64
    )  # a gradient of 1e-8 shows where epsilon is
    return [(theta, g, none, none, 1, 0.1), (theta, g, m, s, 3, 0.02)]


adam_step = Exercise(
    number="6.2",
    examples=_first_and_later_step,
    right=_adam(),
    mistakes=[
        Mistake(
            "the correction of the start is missing: divide m by 1 − 0.9^t and s by 1 − 0.999^t",
            _adam(missing=lambda beta, t: 1),
        ),
        Mistake(
            "m is corrected, s is not: divide s by 1 − 0.999^t",
            _adam(missing=lambda beta, t: 1 - beta**t if beta == 0.9 else 1),
        ),
        Mistake(
            "s is corrected, m is not: divide m by 1 − 0.9^t",
            _adam(missing=lambda beta, t: 1 - beta**t if beta == 0.999 else 1),
        ),
        Mistake(
            "ε stands inside the root; there it is 10,000 times as large. Add it after the root",
            _adam(size=lambda s_hat: (s_hat + 1e-8).sqrt()),
        ),
        Mistake(
            "the root is missing: divide by √s, which has the unit of the gradient",
            _adam(size=lambda s_hat: s_hat + 1e-8),
        ),
        Mistake("the sign is turned round: that walks uphill", _adam(step=lambda m_hat, g: m_hat)),
        Mistake("s averages the square of the gradient", _adam(square=torch.abs)),
        Mistake("the two β are exchanged: 0.9 belongs to m and 0.999 to s", _adam(betas=(0.999, 0.9))),
        Mistake(
            "0.9 goes to the old average, 0.1 to the gradient; so for s, with 0.999 and 0.001", _adam(old=(0.1, 0.001))
        ),
        Mistake("in m, 0.9 goes to the old average, 0.1 to the gradient", _adam(old=(0.1, 0.999))),
        Mistake("ε is missing: where the gradient is tiny, it decides the step", _adam(size=torch.sqrt)),
        Mistake(
            "the step count is one too high: the first step has t = 1",
            _adam(missing=lambda beta, t: 1 - beta ** (t + 1)),
        ),
        Mistake("you returned the corrected averages; the next step needs the plain ones", _adam(corrected=True)),
        Mistake("the gradient itself is on top; it should be its running average m", _adam(step=lambda m_hat, g: -g)),
        Mistake(
            "a root of a negative number at a later step. 0.9**t is a power, not a product: 1 − 0.9·t falls below 0",
            _adam(missing=lambda beta, t: 1 - beta * t),
        ),
        Mistake("return 3 values", lambda *start: _adam()(*start)[0]),
    ],
    parts=("the new theta", "m", "s"),
    returns="three tensors of theta's shape",
    praise="the same as torch.optim.Adam. At the first step the gradient's size cancels",
    target="New parameters, m and s, for the first step and for later ones",
    minutes=15,
    tolerance=1e-7,
    level="hard",
    ask="In the first step with gradient g: what is m, what is √s, and by what must each be divided to be g and |g|?",
)


def _stops(
    patience_off: int = 0,
    *,
    by: str = "val",
    equal: bool = False,
    ever: bool = False,
    returns: Callable[[int, int, float, int], Any] = lambda e, kept, *_: (e, kept),
) -> Callable[[list[float], list[float], int], Any]:
    """Patience, or with a mistake: later or earlier, `by` other errors, `equal` counts as better, bad epochs in all."""

    def stops(train: list[float], val: list[float], patience: int) -> Any:
        best, kept, bad = math.inf, 0, 0
        for epoch, error in enumerate(train if by == "train" else val, 1):
            if error < best or (equal and error == best):
                best, kept, bad = error, epoch, bad if ever else 0
            else:
                bad += 1
                if bad >= max(patience + patience_off, 1):
                    break
        return returns(epoch, kept, best, patience)

    return stops


def _against_last(train: list[float], val: list[float], patience: int) -> tuple[int, int]:
    """Patience that compares with the epoch before, and keeps the last that fell."""
    last, kept, bad = math.inf, 0, 0
    for epoch, error in enumerate(val, 1):
        kept, bad = (epoch, 0) if error < last else (kept, bad + 1)
        last = error
        if bad >= patience:
            break
    return epoch, kept


def _against_long_ago(train: list[float], val: list[float], patience: int) -> tuple[int, int]:
    risen = (e for e in range(patience + 1, len(val) + 1) if val[e - 1] >= val[e - 1 - patience])
    epoch = next(risen, len(val))
    return epoch, val.index(min(val[:epoch])) + 1


def _two_epochs(answer: Callable[..., Any], *run: Any) -> tuple[float, ...]:
    given = answer(*run)
    if given is None and patience_stops.right(*run)[0] == len(run[1]):
        raise Diagnosis("your function returns nothing when patience never stops the run; return after the loop, too")
    found = tuple(map(number, several(given, patience_stops.parts)))
    if not all(epoch.is_integer() for epoch in found):
        raise Diagnosis("return the epoch's number, not its error")
    return found


patience_stops = Exercise(
    number="6.3",
    examples=[
        ([9.0, 7.0, 5.0, 4.0, 3.0, 2.0], [5.0, 4.0, 4.5, 4.2, 3.0, 2.0], 2),
        ([9.0, 8.0, 7.5, 7.6, 7.7, 7.8, 7.9, 8.0, 8.1, 7.0], [8.0, 8.5, 7.0, 7.2, 6.9, 6.9, 7.1, 7.4, 7.5, 6.0], 3),
        ([5.0, 4.0, 3.0, 2.0], [6.0, 5.0, 4.0, 3.0], 1),
        ([5.0, 4.0, 3.0, 2.0], [3.0, 3.5, 2.0, 2.5], 1),
        ([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0], [6.0, 4.0, 7.0, 3.0, 5.0, 4.0, 2.0], 2),
    ],
    right=_stops(),
    mistakes=[
        Mistake(
            "one epoch too late: stop when `patience` epochs have brought nothing new, not after one more", _stops(1)
        ),
        Mistake("one epoch too early: count only the epochs after the best one", _stops(-1)),
        Mistake(
            "the last epoch's weights are kept; patience keeps the best epoch's", _stops(returns=lambda e, *_: (e, e))
        ),
        Mistake("you chose by the training errors; they go on falling while validation does not", _stops(by="train")),
        Mistake(
            "the count of bad epochs must start again at every new lowest error: only epochs in a row count",
            _stops(ever=True),
        ),
        Mistake("an equal error is no improvement: a new lowest must be lower", _stops(equal=True)),
        Mistake(
            "the run is not cut: you took the best of all epochs, which a stopped run never sees",
            lambda train, val, patience: (len(val), val.index(min(val)) + 1),
        ),
        Mistake(
            "the run stops where it should, but keeps an epoch that it never reached: the lowest so far, not of all",
            lambda train, val, patience: (_stops()(train, val, patience)[0], val.index(min(val)) + 1),
        ),
        Mistake("compare with the lowest so far, not with the epoch before", _against_last),
        Mistake(
            "you subtracted one: the epoch that triggers the stop has been run",
            _stops(returns=lambda e, kept, *_: (e - 1, kept)),
        ),
        Mistake(
            "you subtracted one: the epoch that triggers the stop has been run, so it counts",
            _stops(returns=lambda e, kept, best, patience: (e - (e - kept >= patience), kept)),
        ),
        Mistake("epochs count from 1", _stops(returns=lambda e, kept, *_: (e - 1, kept - 1))),
        Mistake(
            "the two numbers are exchanged: first the last epoch run, then the epoch kept",
            _stops(returns=lambda e, kept, *_: (kept, e)),
        ),
        Mistake("compare with the best error so far, not with the error `patience` epochs ago", _against_long_ago),
        Mistake("return after the loop, too", but(_stops(), lambda pair: pair if pair[1] < pair[0] else None)),
        Mistake("return 2 values", _stops(returns=lambda e, *_: e)),
        Mistake("the epoch's number, not its error", _stops(returns=lambda e, kept, best, _: (e, best))),
    ],
    observe=_two_epochs,
    parts=("the last epoch run", "the epoch kept"),
    returns="two epochs, counted from 1",
    praise="ae.fit does the same. Note what it costs: in the first example epochs 5 and 6 would have been better",
    target="In the first example the run stops after epoch 4 and keeps epoch 2",
    minutes=15,
    tolerance=1e-9,
    level="hard",
    ask="Go through 5, 4, 4.5, 4.2, 3, 2 with a finger: after each number, what is the best so far, and how "
    "long ago was it?",
)


def _total(errors: Sequence[float], sizes: Sequence[int]) -> float:
    return sum(error * size for error, size in zip(errors, sizes, strict=True))


def _average(answer: Callable[..., Any], errors: Sequence[float], sizes: Sequence[int]) -> float:
    with told({"can't multiply sequence": "errors and sizes are lists; go through both together: zip(errors, sizes)"}):
        return number(answer(errors, sizes))


epoch_average = Exercise(
    number="6.4",
    examples=[([2.0, 2.0, 4.0], [100, 80, 20]), ([30.0, 28.5, 29.0, 25.0], [100, 100, 100, 4])],
    right=lambda errors, sizes: _total(errors, sizes) / sum(sizes),
    mistakes=[
        Mistake(
            "that is the unweighted mean of the batches: the short batch's images count too much",
            lambda errors, sizes: sum(errors) / len(errors),
        ),
        Mistake(
            "that is the sum of the batches' means; it grows with the number of batches",
            lambda errors, sizes: sum(errors),
        ),
        Mistake("that is the last batch only, the mistake of the article's listing", lambda errors, sizes: errors[-1]),
        Mistake("that is the sum over all images; divide by their number", _total),
        Mistake(
            "you divided by the number of batches; the sum is over images",
            lambda errors, sizes: _total(errors, sizes) / len(sizes),
        ),
        Mistake(
            "you divided by full batches; the last one was shorter",
            lambda errors, sizes: _total(errors, sizes) / (len(sizes) * sizes[0]),
        ),
        Mistake(
            "you added up means of batches and divided by images: each mean stands for a whole batch",
            lambda errors, sizes: sum(errors) / sum(sizes),
        ),
        Mistake(
            "the short batch is left out; its images belong to the epoch",
            lambda errors, sizes: _total(errors[:-1], sizes[:-1]) / sum(sizes[:-1]),
        ),
        Mistake("errors and sizes are lists", lambda errors, sizes: sum(errors * sizes) / sum(sizes)),
    ],
    observe=_average,
    returns="one number, an error per image",
    praise="every image counts once, in whichever batch it was",
    target="2.2 for errors 2, 2, 4 in batches of 100, 80 and 20",
    minutes=6,
    level="easy",
    ask="How many images stand behind the error 4, and how many behind each error 2?",
)

"""Checks for the exercises of notebook 06."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from aeutils.lessons.grading import Diagnosis, Feedback, NotAttempted, attempted, grade, whole_number
from aeutils.losses import squared_error
from aeutils.models import Autoencoder


def train_step(answer: Callable[[nn.Module, torch.optim.Optimizer, Tensor], float]) -> Feedback:
    """Exercise 6.1: `answer(model, optimizer, batch)` takes one step and returns the error before it.

    The answer is called twice with plain gradient descent, in which every factor shows; what is compared are the two
    errors and how far the encoder's and the decoder's weights have moved.
    """
    generator = torch.Generator().manual_seed(6)
    batches = [torch.rand(4, 1, 2, 2, generator=generator) for _ in range(2)]
    start = Autoencoder((4, 3, 1), activation=nn.Tanh, head=nn.Identity, shape=(1, 2, 2))
    with torch.no_grad():
        for parameter in start.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)

    mistakes: dict[str, tuple[float, float, Tensor, Tensor]] = {}

    def run(step: Callable[[nn.Module, torch.optim.Optimizer, Tensor], float]) -> tuple[float, float, Tensor, Tensor]:
        model = deepcopy(start)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        stepped: list[bool] = []
        optimizer.register_step_post_hook(lambda *_: stepped.append(True))
        errors = [step(model, optimizer, batch.clone()) for batch in batches]
        if any(error is ... for error in errors):
            raise NotAttempted
        still = all(torch.equal(now, was) for now, was in zip(model.parameters(), start.parameters(), strict=True))
        if any(error is None for error in errors):
            if still:
                raise NotAttempted
            raise Diagnosis("the weights moved, but nothing was returned; return the error as a number")
        if still:
            if not stepped:
                raise Diagnosis("nothing moves: step is missing, and the gradients are not followed")
            if all(parameter.grad is None for parameter in model.parameters()):
                raise Diagnosis("nothing moves: zero_grad after backward wipes out what backward has found")
            raise Diagnosis("nothing moves: step comes before backward, when zero_grad has just cleared the gradients")
        moved = [
            torch.cat(
                [(now - old).detach().flatten() for now, old in zip(new.parameters(), was.parameters(), strict=True)]
            )
            for new, was in ((model.encoder, start.encoder), (model.decoder, start.decoder))
        ]
        if any(isinstance(error, dict) for error in errors):
            raise Diagnosis("you returned the dictionary of the loss; return its term as a number, with item()")
        if any(isinstance(error, Tensor) and error.numel() > 1 for error in errors):
            raise Diagnosis("return one number for the batch: sum over pixels, then average over images")
        if any(isinstance(error, Tensor) for error in errors):
            tensors.append(True)
        first, second = (float(error.detach() if isinstance(error, Tensor) else error) for error in errors)
        return first, second, *moved

    tensors: list[bool] = []  # filled if the answer is right but for its type
    named = ("the error at the first call", "the error at the second call")
    named += ("the way the encoder's weights moved", "the way the decoder's weights moved")

    def close(one: float | Tensor, other: float | Tensor) -> bool:
        one, other = torch.as_tensor(one), torch.as_tensor(other)
        return bool((one - other).abs().max() <= 1e-5 * other.abs().max())

    def step(
        order: str, error: Callable[[nn.Module, Tensor], Tensor] | None = None
    ) -> Callable[[nn.Module, torch.optim.Optimizer, Tensor], float]:
        """The training step with its parts in another order: z(ero_grad), b(ackward), s(tep)."""

        def wrong(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
            loss = error(model, batch) if error else squared_error(model, batch)["squared_error"]
            for letter in order:
                {"z": optimizer.zero_grad, "b": loss.backward, "s": optimizer.step}[letter]()
            return loss.item()

        return wrong

    def call() -> tuple[float, float, Tensor, Tensor]:
        try:
            given = run(answer)
        except (AttributeError, RuntimeError) as error:
            if "'float' object has no attribute 'backward'" in str(error):
                raise Diagnosis(
                    "item() made a Python number of the error, and a number has no gradient; go back first, "
                    "then take item() for the return"
                ) from error
            if "'dict' object has no attribute" in str(error):
                raise Diagnosis('the loss returns a dictionary; take its term: ["squared_error"]') from error
            if "modified by an inplace operation" in str(error):
                raise Diagnosis(
                    "step comes before backward: it moves the weights that backward still needs, by the gradients of "
                    "the call before"
                ) from error
            if "does not require grad" in str(error):
                raise Diagnosis(
                    "the error does not depend on the weights any more; look for detach(), item() or no_grad"
                ) from error
            raise
        off = [name for name, one, other in zip(named, given, right, strict=True) if not close(one, other)]
        if tensors and not off:
            raise Diagnosis("right, but return error.item(): a tensor keeps the whole graph alive")
        if off:  # said only if none of the mistakes above fits
            mistakes[f"{off[0]} is not the right one. For each call: clear, go back, and step once"] = given
        return given

    def errors_after(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
        step("zbs")(model, optimizer, batch)
        return squared_error(model, batch)["squared_error"].item()

    def uphill(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
        return -step("zbs", lambda model, batch: -squared_error(model, batch)["squared_error"])(model, optimizer, batch)

    def encoder_apart(model: nn.Module, batch: Tensor) -> Tensor:
        return (batch - model.decode(model.encode(batch).detach())).square().flatten(1).sum(1).mean()

    right = run(step("zbs"))
    mistakes |= {
        "zero_grad is missing: the second step follows the first batch's gradients as well": run(step("bs")),
        "the loss is averaged over the pixels too: a factor of their number; sum over pixels": run(
            step("zbs", lambda model, batch: (batch - model(batch)).square().mean())
        ),
        "the loss is summed over the images of the batch; average over them": run(
            step("zbs", lambda model, batch: (batch - model(batch)).square().sum())
        ),
        "the encoder does not move: something cuts it off from the error, such as detach()": run(
            step("zbs", encoder_apart)
        ),
        "the weights are right, but you returned the error after the step; return the one before": run(errors_after),
        "step() stands there twice: once for each call": run(step("zbss")),
        "the sign is turned round: that walks uphill": run(uphill),
    }
    return grade(
        call,
        right,
        mistakes,
        praise="clear, go back, step: two calls agree with two steps of torch.optim.SGD",
        target="Move the weights once against the gradient, and return the error as a number",
        tolerance=1e-5,
    )


# train, val, patience -> what happens is worked out in the check
_RUNS = (
    ([9.0, 7.0, 5.0, 4.0, 3.0, 2.0], [5.0, 4.0, 4.5, 4.2, 3.0, 2.0], 2),
    ([9.0, 8.0, 7.5, 7.6, 7.7, 7.8, 7.9, 8.0, 8.1, 7.0], [8.0, 8.5, 7.0, 7.2, 6.9, 6.9, 7.1, 7.4, 7.5, 6.0], 3),
    ([5.0, 4.0, 3.0, 2.0], [6.0, 5.0, 4.0, 3.0], 1),
    ([5.0, 4.0, 3.0, 2.0], [3.0, 3.5, 2.0, 2.5], 1),
)


def patience_stops(answer: Callable[[list[float], list[float], int], tuple[int, int]]) -> Feedback:
    """Exercise 6.2: `answer(train, val, patience)` is the last epoch run and the epoch whose weights are kept."""

    def stops(
        errors: Sequence[float], patience: int, *, late: int = 0, equal: bool = False, ever: bool = False
    ) -> tuple[int, int]:
        """Patience done right, or with a mistake: `late` epochs off, `equal` counts as better, bad epochs in all."""
        best, kept, bad = math.inf, 0, 0
        for epoch, error in enumerate(errors, 1):
            if error < best or (equal and error == best):
                best, kept, bad = error, epoch, bad if ever else 0
            else:
                bad += 1
                if bad >= patience + late:
                    break
        return epoch, kept

    def flat(pairs: list[tuple[int, int]]) -> tuple[int, ...]:
        return tuple(number for pair in pairs for number in pair)

    def call() -> tuple[int, ...]:
        given = [attempted(answer(list(train), list(val), patience)) for train, val, patience in _RUNS]
        if any(not isinstance(pair, tuple | list) or len(pair) != 2 for pair in given):
            raise Diagnosis("return two numbers: the last epoch run, and the epoch kept")
        for pair in given:
            if any(whole_number(number) != float(number) for number in pair):
                raise Diagnosis("return the epoch's number, not its error")
        return flat([(whole_number(a), whole_number(b)) for a, b in given])

    right = [stops(val, patience) for _, val, patience in _RUNS]

    def against_last(errors: Sequence[float], patience: int) -> tuple[int, int]:
        """Patience that compares with the epoch before, and keeps the last that fell."""
        last, kept, bad = math.inf, 0, 0
        for epoch, error in enumerate(errors, 1):
            bad = 0 if error < last else bad + 1
            if not bad:
                kept = epoch
            last = error
            if bad >= patience:
                break
        return epoch, kept

    fell = [
        next((e for e in range(patience + 1, len(val) + 1) if val[e - 1] >= val[e - 1 - patience]), len(val))
        for _, val, patience in _RUNS
    ]
    return grade(
        call,
        flat(right),
        {
            "one epoch too late: stop when `patience` epochs have brought nothing new, not after one more": flat(
                [stops(val, patience, late=1) for _, val, patience in _RUNS]
            ),
            "one epoch too early: count only the epochs after the best one": flat(
                [stops(val, max(patience - 1, 1), late=0) for _, val, patience in _RUNS]
            ),
            "the last epoch's weights are kept; patience keeps the best epoch's": flat([(a, a) for a, _ in right]),
            "you chose by the training errors; they go on falling while validation does not": flat(
                [stops(train, patience) for train, _, patience in _RUNS]
            ),
            "the count of bad epochs must start again at every new lowest error: only epochs in a row count": flat(
                [stops(val, patience, ever=True) for _, val, patience in _RUNS]
            ),
            "an equal error is no improvement: a new lowest must be lower": flat(
                [stops(val, patience, equal=True) for _, val, patience in _RUNS]
            ),
            "the run is not cut: you took the best of all epochs, which a stopped run never sees": flat(
                [(len(val), val.index(min(val)) + 1) for _, val, _ in _RUNS]
            ),
            "compare with the lowest so far, not with the epoch before": flat(
                [against_last(val, patience) for _, val, patience in _RUNS]
            ),
            "you subtracted one: the epoch that triggers the stop has been run": flat([(a - 1, b) for a, b in right]),
            "you subtracted one: the epoch that triggers the stop has been run, so it counts": flat(
                [(a - 1 if a - b >= patience else a, b) for (a, b), (_, _, patience) in zip(right, _RUNS, strict=True)]
            ),
            "epochs count from 1": flat([(a - 1, b - 1) for a, b in right]),
            "the two numbers are exchanged: first the last epoch run, then the epoch kept": flat(
                [(b, a) for a, b in right]
            ),
            "compare with the best error so far, not with the error `patience` epochs ago": flat(
                [(e, kept) for e, (_, kept) in zip(fell, right, strict=True)]
            ),
        },
        praise="ae.fit does the same. Note what it costs: in the first example epochs 5 and 6 would have been better",
        target="In the first example the run stops after epoch 4 and keeps epoch 2",
        tolerance=1e-9,
    )


def epoch_average(answer: Callable[[Sequence[float], Sequence[int]], float]) -> Feedback:
    """Exercise 6.3: `answer(errors, sizes)` is the error per image of an epoch whose batches differ in size."""
    examples = (([2.0, 2.0, 4.0], [100, 80, 20]), ([30.0, 28.0, 29.0, 45.0], [100, 100, 100, 4]))

    def each(function: Callable[[Sequence[float], Sequence[int]], float]) -> tuple[float, ...]:
        return tuple(function(errors, sizes) for errors, sizes in examples)

    def total(errors: Sequence[float], sizes: Sequence[int]) -> float:
        return sum(error * size for error, size in zip(errors, sizes, strict=True))

    return grade(
        lambda: tuple(float(attempted(answer(list(errors), list(sizes)))) for errors, sizes in examples),
        each(lambda errors, sizes: total(errors, sizes) / sum(sizes)),
        {
            "that is the unweighted mean of the batches: the short batch's images count too much": each(
                lambda errors, sizes: sum(errors) / len(errors)
            ),
            "that is the sum of the batches' means; it grows with the number of batches": each(
                lambda errors, sizes: sum(errors)
            ),
            "that is the last batch only, the mistake of the article's listing": each(lambda errors, sizes: errors[-1]),
            "that is the sum over all images; divide by their number": each(total),
            "you divided by the number of batches; the sum is over images": each(
                lambda errors, sizes: total(errors, sizes) / len(sizes)
            ),
            "you divided by full batches; the last one was shorter": each(
                lambda errors, sizes: total(errors, sizes) / (len(sizes) * sizes[0])
            ),
            "you added up means of batches and divided by images: each mean stands for a whole batch": each(
                lambda errors, sizes: sum(errors) / sum(sizes)
            ),
            "the short batch is left out; its images belong to the epoch": each(
                lambda errors, sizes: total(errors[:-1], sizes[:-1]) / sum(sizes[:-1])
            ),
        },
        praise="every image counts once, in whichever batch it was",
        target="2.2 for errors 2, 2, 4 in batches of 100, 80 and 20",
    )


def three_runs() -> dict[str, list[float]]:
    """Validation errors of three failed runs on mnist-5k, recorded once, and of the mean image: name -> 12 values."""
    return {name: list(values) for name, values in _CURVES.items()} | {"mean image": [_MEAN_IMAGE] * 12}


_MEAN_IMAGE = 52.2  # its squared error per validation image
_CURVES = {
    "run A": (70.9, 52.6, 52.1, 52.2, 317.8, 53.2, 52.3, 52.3, 52.2, 52.3, 52.3, 52.3),  # 0.05, GELU
    "run B": (90.7, 90.6, 90.6, 90.5, 90.5, 90.5, 90.5, 90.5, 90.5, 90.5, 90.5, 90.5),
    "run C": (
        39.1,
        34.8,
        34.7,
        35.7,
        36.9,
        38.2,
        39.1,
        40.1,
        40.6,
        41.3,
        41.9,
        42.1,
    ),  # 100 images, every 20th of 240 epochs
}
_CAUSES = ("rate too high", "decoder left out", "overfitting")
_OTHERS = ("not trained for long enough", "forgotten eval")


def diagnose(answer: Callable[[], tuple[str, str, str]]) -> Feedback:
    """Exercise 6.4: `answer()` names what went wrong in the runs A, B and C of `three_runs`."""
    a, b, c = _CAUSES
    slow, noisy = _OTHERS
    said = {
        (0, b): "run A does move, and leaps: a part left out of the optimiser leaves the curve flat from the start",
        (0, c): "run A gets no further than the mean image's 52, so it has learnt nothing by heart",
        (0, slow): "run A has stopped falling long before the end: more of the same would bring nothing",
        (0, noisy): "run A leaps by a factor of six; eval() forgotten shifts a curve, but does not throw it up",
        (1, a): "run B never leaps: it is flat from the first moment. What if half of the model does not move?",
        (1, c): "run B never falls, so there is nothing learnt by heart",
        (1, slow): "run B does not move at all: more time would not help",
        (1, noisy): "run B has no wobble at all; a measurement in training mode differs each time",
        (2, a): "run C is smooth; too high a rate leaps or swings",
        (2, b): "run C is far below the mean image, so both halves have learnt",
        (2, slow): "run C was better early on: it has trained too long, not too briefly",
        (
            2,
            noisy,
        ): "run C turns and rises steadily: what becomes of new images while the old ones are learnt by heart?",
    }
    mistakes: dict[str, tuple[str, ...]] = {}

    def call() -> tuple[str, ...]:
        found = attempted(answer())
        if not isinstance(found, tuple | list) or len(found) != 3:
            raise Diagnosis("return three names, one for each run")
        given = tuple(str(attempted(name)).strip().lower() for name in found)
        for run, (name, cause) in enumerate(zip(given, _CAUSES, strict=True)):
            if name not in _CAUSES + _OTHERS:
                raise Diagnosis(f"{name!r} is not in the list; choose from {', '.join(_CAUSES + _OTHERS)}")
            if name != cause and not mistakes:
                mistakes[said[run, name]] = given  # the first run that is wrong is talked about
        return given

    return grade(
        call,
        _CAUSES,
        mistakes,
        praise="the shape of a curve says more than its last value",
        target="Three different names out of the list, for A, B and C",
    )


def adam_step(
    answer: Callable[[Tensor, Tensor, Tensor, Tensor, int, float], tuple[Tensor, Tensor, Tensor]],
) -> Feedback:
    """Exercise 6.5: `answer(theta, g, m, s, t, lr)` is Adam's step; returns the new theta, m and s."""
    generator = torch.Generator().manual_seed(65)
    theta, g, m = torch.randn(3, 4, dtype=torch.float64, generator=generator)
    g[0] = 1e-8  # where the place of epsilon shows
    s = torch.rand(4, dtype=torch.float64, generator=generator)
    none = torch.zeros(4, dtype=torch.float64)
    examples = ((theta, g, none, none, 1, 0.1), (theta, g, m / 9, s, 3, 0.02))

    def step(
        start: tuple,
        betas: tuple[float, float] = (0.9, 0.999),
        late: int = 0,
        form: str = "right",
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Adam done right, or with a mistake."""
        theta, g, m, s, t, lr = start
        b1, b2 = betas
        old_m, new_m = (1 - b1, b1) if form in ("both swapped", "m swapped") else (b1, 1 - b1)
        old_s, new_s = (1 - b2, b2) if form == "both swapped" else (b2, 1 - b2)
        m = old_m * m + new_m * g
        s = old_s * s + new_s * (g.abs() if form == "not squared" else g**2)
        t = t + late
        m_hat, s_hat = (m, s) if form == "uncorrected" or t == 0 else (m / (1 - b1**t), s / (1 - b2**t))
        size = {
            "inside": (s_hat + 1e-8).sqrt(),
            "no root": s_hat + 1e-8,
            "no epsilon": s_hat.sqrt(),
        }.get(form, s_hat.sqrt() + 1e-8)
        sign = -1 if form == "uphill" else 1
        kept = (m_hat, s_hat) if form == "corrected kept" else (m, s)
        top = g if form == "gradient on top" else m_hat
        return theta - sign * lr * top / size, *kept

    def each(**how: object) -> tuple[Tensor, ...]:
        return tuple(part for start in examples for part in step(start, **how))

    def call() -> tuple[Tensor, ...]:
        given = []
        for theta, g, m, s, t, lr in examples:
            found = attempted(answer(theta.clone(), g.clone(), m.clone(), s.clone(), t, lr))
            if not isinstance(found, tuple | list) or len(found) != 3:
                raise Diagnosis("return three tensors: the new parameters, m and s")
            given.extend(attempted(part) for part in found)
        later = all(isinstance(part, Tensor) for part in given) and given[3].isnan().any()
        if later and not given[0].isnan().any():
            raise Diagnosis(
                "a root of a negative number at a later step. 0.9**t is a power, not a product: 1 − 0.9·t falls below 0"
            )
        return tuple(given)

    return grade(
        call,
        each(),
        {
            "the correction of the start is missing: divide m by 1 − 0.9^t and s by 1 − 0.999^t": each(
                form="uncorrected"
            ),
            "ε stands inside the root; there it is 10,000 times as large. Add it after the root": each(form="inside"),
            "the root is missing: divide by √s, which has the unit of the gradient": each(form="no root"),
            "the sign is turned round: that walks uphill": each(form="uphill"),
            "s averages the square of the gradient": each(form="not squared"),
            "the two β are exchanged: 0.9 belongs to m and 0.999 to s": each(betas=(0.999, 0.9)),
            "0.9 goes to the old average, 0.1 to the gradient; so for s, with 0.999 and 0.001": each(
                form="both swapped"
            ),
            "in m, 0.9 goes to the old average, 0.1 to the gradient": each(form="m swapped"),
            "ε is missing: where the gradient is tiny, it decides the step": each(form="no epsilon"),
            "the step count is one too high: the first step has t = 1": each(late=1),
            "you returned the corrected averages; the next step needs the plain ones": each(form="corrected kept"),
            "the gradient itself is on top; it should be its running average m": each(form="gradient on top"),
        },
        praise="the same as torch.optim.Adam. At the first step the gradient's size cancels",
        target="New parameters, m and s, for the first step and for later ones",
        tolerance=1e-7,
    )

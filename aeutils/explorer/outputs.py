"""What models return: tensors in tuples, dictionaries, objects, distributions; which is the code, which its spread."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal
from torch.nn import functional as F

Path = tuple[Any, ...]  # the steps from an output to a tensor in it

_MEANS = ("mean", "mu", "loc", "z_mean", "embedding", "latent_dist", "latents", "latent", "codes", "code", "z")
_PICTURES = ("mean", "reconstruction", "recon_x", "x_hat", "x_recon", "recon", "sample", "mu")
_NAMED = {
    **dict.fromkeys(("logvar", "log_var", "log_variance", "log_covariance", "z_log_var", "z_logvar"), "log σ²"),
    **dict.fromkeys(("log_std", "logstd", "log_sigma", "logsigma", "log_scale"), "log σ"),
    **dict.fromkeys(("stddev", "std", "sigma"), "σ"),
    **dict.fromkeys(("var", "variance"), "σ²"),
}
# What a number s may say about the standard deviation σ.
_MEANINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "log σ²": lambda s: (s / 2).exp(),
    "log σ": torch.exp,
    "σ": lambda s: s,
    "σ²": torch.sqrt,
    "softplus⁻¹(σ)": F.softplus,
}
# Methods (μ, s) -> a code drawn, as people call them.
_DRAWS = (
    *("reparameterize", "reparameterise", "reparametrize", "reparametrise", "reparam", "reparameterization"),
    *("_reparameterize", "sampling", "sample_z", "sample"),
)
_DRAWN = 20_000  # numbers drawn, to see their spread to within 2 %


class NotUnderstood(Exception):
    """There is no code in an output; the text says what is, and continues a sentence."""


class Reading(NamedTuple):
    """How an encoder's output is read.

    Attributes:
        mean: output -> codes `[B, ...]`.
        spread: output -> their standard deviation, or None where there is none.
        note: what was taken to be what, where that was not certain.
    """

    mean: Callable[[Any], Tensor]
    spread: Callable[[Any], Tensor] | None = None
    note: str = ""


def readings(output: Any, again: Any, source: Any) -> list[Reading]:
    """The ways in which an encoder's output may be read, the likeliest first.

    Args:
        output: of an encoder, for some images.
        again: of the same, for the same images once more: what differs was drawn at random.
        source: the model; its method that draws a code, if it has one, tells what a spread means.

    Raises:
        NotUnderstood: no codes are in there.
    """
    found, second = _tensors(output), _tensors(again)
    numbers = [path for path, tensor in found.items() if tensor.is_floating_point() and tensor.ndim and tensor.numel()]
    fixed = [path for path in numbers if torch.allclose(found[path], second[path], 1e-4, 1e-5, equal_nan=True)]
    if not fixed:
        came = " and ".join(
            f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}" for tensor in found.values()
        )
        if numbers:
            raise NotUnderstood("gives other codes each time: it draws them at random, and their mean is not in it")
        raise NotUnderstood(
            f"returns {came or f'something of type {type(output).__name__}'}, in which there are no codes"
        )
    mean = _first(fixed, _MEANS)
    read = functools.partial(_at, path=mean)
    spread = next((path for path in fixed if _is_spread(path, mean) and found[path].shape == found[mean].shape), None)
    if spread is not None:
        name = spread[-1] if isinstance(spread[-1], str) else ""
        meaning, note = (_NAMED[name], "") if name in _NAMED else meaning_of(found[spread], found[mean], source)
        return [Reading(read, lambda output: _MEANINGS[meaning](_at(output, spread)), note)]
    whole = Reading(read)
    if mean or found[mean].ndim < 2 or found[mean].shape[1] % 2:
        return [whole]
    # A lone tensor may hold the means, and behind them the spreads: 2k numbers for a decoder of k.
    means, spreads = found[mean].chunk(2, 1)
    meaning, note = meaning_of(spreads, means, source)
    halves = Reading(
        lambda output: output.chunk(2, 1)[0], lambda output: _MEANINGS[meaning](output.chunk(2, 1)[1]), note
    )
    return [whole, halves]


def meaning_of(s: Tensor, mean: Tensor, source: Any) -> tuple[str, str]:
    """What `s` says about the standard deviation of codes around `mean`; and a note, where that is not certain."""
    for name in _DRAWS:
        if (found := _meaning_drawn(getattr(source, name, None), source, mean)) is not None:
            return found, ""
    taken = "log σ²" if bool((s < 0).any()) else "σ"
    why = "has negative numbers" if taken == "log σ²" else "has no negative numbers"
    return taken, f"what the encoder gives beside the mean is taken as {taken}, because it {why}"


def _meaning_drawn(draw: Any, source: Any, mean: Tensor) -> str | None:
    """What a constant s means to the method that draws codes, seen from how widely it draws them."""
    if not callable(draw):
        return None
    rows = -(-_DRAWN // max(mean[0].numel(), 1))
    middle = mean.new_zeros(rows, *mean.shape[1:])
    was = getattr(source, "training", None)
    try:
        if isinstance(source, nn.Module):
            source.training = True  # many draw only then
        drawn = draw(middle, torch.full_like(middle, 0.5))
        seen = float(drawn.float().std()) if drawn.shape == middle.shape else 0.0
    except Exception:  # some other method of this name
        return None
    finally:
        if isinstance(source, nn.Module):
            source.training = bool(was)
    expected = {name: float(deviation(torch.tensor(0.5))) for name, deviation in _MEANINGS.items()}
    return next((name for name, value in expected.items() if abs(seen / value - 1) < 0.05), None)


def picture(output: Any, n: int, shape: Sequence[int]) -> Callable[[Any], Tensor]:
    """How to find the pictures in a decoder's output for `n` codes: output -> `[B, ...]`.

    Raises:
        NotUnderstood: nothing in there has as many pixels as pictures of this shape.
    """
    found = {path: tensor for path, tensor in _tensors(output).items() if tensor.is_floating_point()}
    pixels = n * torch.Size(shape).numel()
    fitting = [path for path, tensor in found.items() if tensor.numel() == pixels]
    if fitting:
        return functools.partial(_at, path=_first(fitting, _PICTURES))
    made = next((list(tensor.shape[1:]) for tensor in found.values() if tensor.ndim), None)
    came = f"something of type {type(output).__name__}" if made is None else made
    raise NotUnderstood(f"makes {came} of a code, and images are {list(shape)}")


def _is_spread(path: Path, mean: Path) -> bool:
    """Whether it stands where a spread stands: under a name that says so, or behind the mean in a tuple."""
    if not mean or path[:-1] != mean[:-1] or path == mean:
        return False
    return path[-1] > mean[-1] if isinstance(mean[-1], int) else path[-1] in _NAMED


def _first(paths: list[Path], names: Sequence[str]) -> Path:
    """The first path of which a step has the first of these names that any has; or the first of all."""
    return next((path for name in names for path in paths if name in path), paths[0])


def _tensors(output: Any) -> dict[Path, Tensor]:
    """Path -> tensor, of all that an output holds, in its order."""
    if isinstance(output, Tensor):
        return {(): output}
    return {(step, *path): tensor for step, child in _children(output) for path, tensor in _tensors(child).items()}


def _children(output: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(output, Distribution):
        yield "mean", output.mean
        if isinstance(output.base_dist if isinstance(output, Independent) else output, Normal):
            yield "stddev", output.stddev
    elif isinstance(output, Mapping):
        yield from output.items()
    elif isinstance(output, list | tuple):
        yield from enumerate(output)
    elif not isinstance(output, nn.Module):
        yield from getattr(output, "__dict__", {}).items()


def _at(output: Any, path: Path) -> Tensor:
    for step in path:
        output = output[step] if isinstance(output, Mapping | list | tuple) else getattr(output, step)
    return output

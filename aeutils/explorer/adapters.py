"""Any reader's model as one kind of module: `adapt` finds out once how it encodes and decodes.

A model is tried on a few images: in which shape its encoder takes them, what it gives back (codes, a mean with a
spread, a distribution, a dictionary, ...), and of which codes its decoder makes pictures of the images' shape.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from aeutils.evaluation import evaluation_mode
from aeutils.explorer.images import Scale
from aeutils.explorer.outputs import NotUnderstood, Reading, picture, readings
from aeutils.models import Autoencoder
from aeutils.runtime import kind_and_reason, own_randomness, short

Function = Callable[..., Any]

_TRIED = 61  # images on which a model is tried: a number that no other axis is likely to have

# The names that people give, the likeliest first.
_ENCODERS = ("encode", "encoder", "enc", "Encoder")
_DECODERS = ("decode", "decoder", "dec", "Decoder")
_MEAN_HEADS = ("fc_mu", "fc_mean", "mu", "mean", "to_mu", "mu_head", "mean_head", "mu_layer", "mean_layer", "z_mean")
_SPREAD_HEADS = (
    *("fc_logvar", "fc_log_var", "fc_var", "logvar", "log_var", "to_logvar", "logvar_head", "logvar_layer"),
    *("log_var_layer", "z_log_var", "fc_sigma", "fc_std", "fc_log_std", "log_std", "sigma", "std"),
)
_FROM_CODE = ("decoder_input", "fc_decode", "decoder_fc", "fc_dec", "from_code", "from_latent")


class Adapted(nn.Module):
    """A reader's model as the explorer uses it, made by `adapt`; the model is inside and not copied.

    Attributes:
        kind: the name of its class, without wrappers.
        shape: of one picture: channels, height, width.
        prior: whether it was trained with the prior N(0, 1) on its codes; None where that is not known.
        notes: what was understood and is worth saying, one sentence each.
    """

    low: Any  # what 0 is to the model, `[C, 1, 1]`, and how far 1 is from it; None where it takes [0, 1]
    span: Any

    def __init__(self, kind: str, parts: Sequence[nn.Module], shape: Sequence[int], scale: Scale | None) -> None:
        super().__init__()
        self.kind = kind
        self.parts = nn.ModuleList(parts)
        self.prior: bool | None = None
        self.notes: list[str] = []
        self.register_buffer("low", None if scale is None else scale.low)
        self.register_buffer("span", None if scale is None else scale.high - scale.low)
        self.shape = tuple(shape)
        # What `adapt` finds out:
        self._layout: Function = _as_it_is
        self._encode: Function = _as_it_is
        self._reading = Reading(_as_it_is)
        self._posterior: tuple[Function, Reading] | None = None
        self._code_shape: tuple[int, ...] = ()
        self._write: Function = _as_it_is  # codes -> pictures in any shape
        self._head: Function = _as_it_is
        self._rescaled = scale is not None  # whether pictures come in the model's range

    @property
    def has_posterior(self) -> bool:
        """Whether `posterior` is known."""
        return self._posterior is not None

    def encode(self, x: Tensor) -> Tensor:
        """Codes float32 `[B, k]` of images `[B, C, H, W]` in [0, 1]; of a variational model the posterior's means."""
        return _codes(self._own_codes(x))

    def decode(self, z: Tensor) -> Tensor:
        """Pictures float32 `[B, C, H, W]`, on the images' scale, of codes `[B, k]`."""
        made = self._write(self._at_home(z.reshape(len(z), *self._code_shape)))
        pictures = self._head(_in_shape(made, self.shape)).float()
        return self._from_own_range(pictures) if self._rescaled else pictures

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions of images, both `[B, C, H, W]`."""
        return self.decode(self.encode(x))

    def posterior(self, x: Tensor) -> Normal:
        """q(z|x) for images `[B, C, H, W]`: independent normal distributions of batch shape `[B, k]`.

        Raises:
            ValueError: it is not known.
        """
        if self._posterior is None:
            raise ValueError("this model's posterior is not known; encode= may return (μ, log σ²) or a Normal")
        encode, reading = self._posterior
        output = encode(self._fed(x))
        assert reading.spread is not None
        return Normal(_codes(reading.mean(output)), _codes(reading.spread(output)), validate_args=False)

    def _own_codes(self, x: Tensor) -> Tensor:
        """Codes `[B, ...]` in the model's own shape and precision."""
        return self._reading.mean(self._encode(self._fed(x)))

    def _fed(self, x: Tensor) -> Tensor:
        """Images as the encoder takes them."""
        return self._at_home(self._layout(self._in_own_range(x)))

    def _in_own_range(self, x: Tensor) -> Tensor:
        return x if self.low is None else self.low.to(x.device) + self.span.to(x.device) * x

    def _from_own_range(self, pictures: Tensor) -> Tensor:
        return (pictures - self.low.to(pictures.device)) / self.span.to(pictures.device)

    def _at_home(self, x: Tensor) -> Tensor:
        """Where the model is, and in its precision."""
        weight = next((weight for weight in self.parameters() if weight.is_floating_point()), None)
        return x.cpu() if weight is None else x.to(weight.device, weight.dtype)


def adapt(
    model: Any,
    x: Tensor,
    *,
    encode: Function | None = None,
    decode: Function | None = None,
    head: Function | None = None,
    prior: bool | None = None,
    scale: Scale | None = None,
) -> Adapted:
    """Find out how a model encodes and decodes.

    Args:
        model: a module; or anything, also None, where `encode` and `decode` are given.
        x: some images, float32 `[N, C, H, W]` in [0, 1].
        encode: images to codes, in place of what the model has; it may return whatever a model's own may.
        decode: codes to pictures, likewise.
        head: applied to what the decoder puts out.
        prior: whether the model was trained with the prior N(0, 1) on its codes; None finds out, where that can be.
        scale: the range in which the model takes images; None for [0, 1].

    Raises:
        ValueError: a model that is not understood; one line says what was found and what to give.
    """
    _check_options(model, encode, decode, head, prior)
    source = _inside(model, *(names for names, given in ((_ENCODERS, encode), (_DECODERS, decode)) if given is None))
    kind = "model" if source is None else type(source).__name__
    encoders = _encoders(source, kind) if encode is None else {"encode=": encode}
    decoders = _decoders(source, kind) if decode is None else {"decode=": decode}
    missing = [name for name, ways in (("encode", encoders), ("decode", decoders)) if not ways]
    if missing:
        split = ", such as encode=model[:3] and decode=model[3:]" if isinstance(source, nn.Sequential) else ""
        raise ValueError(
            f"{kind} has no {' and no '.join(missing)}, nor modules encoder and decoder; give the functions "
            f"encode= (images to codes) and decode= (codes to pictures){split}"
        )
    adapted = Adapted(kind, _modules(source, encode, decode, head), x.shape[1:], scale)
    few = x[torch.arange(_TRIED) % len(x)]
    with _undisturbed(adapted):
        decoder = _find(adapted, source, encoders, decoders, few)
        if encode is None and not adapted.has_posterior:
            _find_posterior(adapted, source, few)
        if head is not None:
            _set_head(adapted, head, few)
        elif decode is None and decoder != f"{kind}.decode":
            _compare_with_forward(adapted, source, few)
        _find_scale(adapted, few, headed=head is not None)
    known = True if adapted.has_posterior else False if isinstance(source, Autoencoder) else None
    adapted.prior = known if prior is None else prior
    return adapted


# --- what there is ---


def _check_options(model: Any, encode: Any, decode: Any, head: Any, prior: Any) -> None:
    for name, given, wanted in (
        ("encode", encode, "a function of images"),
        ("decode", decode, "a function of codes"),
        ("head", head, "a function of pictures, such as torch.nn.Sigmoid()"),
    ):
        if given is not None and (isinstance(given, type) or not callable(given)):
            raise ValueError(f"{name}={short(given)}; expected {wanted}")
    if not (prior is None or isinstance(prior, bool)):
        raise ValueError(f"prior={short(prior)}; expected True or False, or None where it is not known")
    if isinstance(model, type):
        raise ValueError(f"model is the class {model.__name__}; write {model.__name__}()")
    if model is None and (encode is None or decode is None):
        raise ValueError("model is None; give a model, or both encode= (images to codes) and decode= (back)")


def _inside(model: Any, *wanted: Sequence[str]) -> Any:
    """The model inside of wrappers (`DataParallel`, `torch.compile`, a module that trains it), found by its parts."""

    def found(module: Any) -> Any:
        compiled = getattr(module, "_orig_mod", None)  # asked first: it answers for the model inside
        if isinstance(compiled, nn.Module):
            return found(compiled)
        if all(any(callable(getattr(module, name, None)) for name in names) for names in wanted):
            return module
        children = module.children() if isinstance(module, nn.Module) else ()
        return next((inner for inner in map(found, children) if inner is not None), None)

    inner = found(model)
    return model if inner is None else inner


def _encoders(source: Any, kind: str) -> dict[str, Function]:
    """Name -> what gives codes, or a mean with its spread, or a distribution; the likeliest first."""
    ways = {name: way for name in ("encode", "posterior") if callable(way := getattr(source, name, None))}
    trunk = next((name for name in _ENCODERS[1:] if callable(_way(source, name))), None)
    if trunk is not None:
        mean, spread = _part(source, _MEAN_HEADS), _part(source, _SPREAD_HEADS)
        if mean is not None:
            heads = [mean] if spread is None else [mean, spread]
            ways[f"{trunk} and mean"] = functools.partial(_heads_after, _way(source, trunk), heads)
        if "encode" not in ways:
            ways[trunk] = _way(source, trunk)
    return {f"{kind}.{name}": way for name, way in ways.items()} or _pair(source, 0)


def _decoders(source: Any, kind: str) -> dict[str, Function]:
    """Name -> what gives pictures; the likeliest first."""
    name = next((name for name in _DECODERS if callable(_way(source, name))), None)
    if name is None:
        return _pair(source, 1)
    ways, decoder = {}, _way(source, name)
    if name != "decode" and (first := _part(source, _FROM_CODE)) is not None:
        ways[f"{kind}.{name} behind another layer"] = _chain(first, decoder)
    return {**ways, f"{kind}.{name}": decoder}


def _way(source: Any, name: str) -> Any:
    """A method or a part, without what `torch.compile` has put around it."""
    way = getattr(source, name, None)
    return getattr(way, "_orig_mod", way)


def _pair(source: Any, index: int) -> dict[str, Function]:
    """A part of `nn.Sequential(encoder, decoder)`."""
    return {f"Sequential[{index}]": source[index]} if isinstance(source, nn.Sequential) and len(source) == 2 else {}


def _part(source: Any, names: Sequence[str]) -> nn.Module | None:
    return next((part for name in names if isinstance(part := getattr(source, name, None), nn.Module)), None)


def _heads_after(trunk: Function, heads: Sequence[nn.Module], x: Tensor) -> tuple[Tensor, ...]:
    h = trunk(x)
    return tuple(head(h.flatten(1) if isinstance(head, nn.Linear) else h) for head in heads)


def _modules(*values: Any) -> list[nn.Module]:
    """The modules behind models and functions, each once: they are set to evaluation mode, and moved to a device."""
    found: dict[nn.Module, None] = {}

    def look(value: Any, depth: int) -> None:
        if isinstance(value, nn.Module):
            found[value] = None
        elif depth == 0 or isinstance(value, type):
            return
        elif isinstance(value, MethodType):
            look(value.__self__, depth - 1)
        elif isinstance(value, functools.partial):
            for part in (value.func, *value.args, *value.keywords.values()):
                look(part, depth - 1)
        elif isinstance(value, FunctionType):
            with suppress(ValueError):  # a name that is not bound yet
                used = inspect.getclosurevars(value)
                for part in (*used.nonlocals.values(), *used.globals.values()):
                    look(part, depth - 1)
        else:
            for part in getattr(value, "__dict__", {}).values():
                look(part, depth - 1)

    for value in values:
        look(value, 2)
    return list(found)


# --- what it does ---


@contextmanager
def _undisturbed(adapted: Adapted) -> Iterator[None]:
    """In evaluation mode, without gradients, in silence; modes and random numbers are as before afterwards."""
    with evaluation_mode(adapted), torch.no_grad(), own_randomness(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _find(
    adapted: Adapted, source: Any, encoders: dict[str, Function], decoders: dict[str, Function], few: Tensor
) -> str:
    """Set the first way from images to codes and on to pictures that fits, and return the decoder's name.

    Raises:
        ValueError: none does; of all failures, the first of those that came farthest is told.
    """
    failures: list[tuple[int, str]] = []
    for encoder, encode in encoders.items():
        for layout in _layouts(few):
            adapted._layout = layout
            fed = adapted._fed(few)
            try:
                outputs = encode(fed), encode(fed)
                ways = readings(*outputs, source)
            except NotUnderstood as problem:
                failures.append((1, f"{encoder} {problem}; encode= may be a function that returns the mean code"))
                continue
            except Exception as error:  # a reader's own model may raise anything
                told = f"{encoder} fails on images {_sizes(few)} ({kind_and_reason(error)})"
                failures.append((0, f"{told}; encode= may be a function that takes them"))
                continue
            for reading in ways:
                for decoder, decode in decoders.items():
                    try:
                        _set(adapted, encode, reading, decode, few)
                        return decoder
                    except NotUnderstood as problem:
                        failures.append((3, f"{decoder} {problem}; decode= may be a function that returns pictures"))
                    except Exception as error:
                        told = f"{decoder} fails on the codes that {encoder} gives ({kind_and_reason(error)})"
                        failures.append((2, f"{told}; decode= may be a function that takes them"))
    raise ValueError(max(failures, key=lambda failure: failure[0])[1])


def _set(adapted: Adapted, encode: Function, reading: Reading, decode: Function, few: Tensor) -> None:
    adapted._encode, adapted._reading = encode, reading
    adapted._posterior = None if reading.spread is None else (encode, reading)
    adapted.notes = [reading.note] if reading.note else []
    codes = adapted._own_codes(few)
    adapted._code_shape = codes.shape[1:]
    adapted._write = _chain(decode, picture(decode(codes), len(few), few.shape[1:]))
    if not _close(adapted._write(codes), adapted._write(codes)):
        adapted.notes.append("the decoder draws at random, so that one code has many pictures")


def _set_head(adapted: Adapted, head: Function, few: Tensor) -> None:
    pictures = _in_shape(adapted._write(adapted._own_codes(few)), adapted.shape)
    try:
        made = head(pictures)
    except Exception as error:  # a reader's own function may raise anything
        raise ValueError(f"head= fails on pictures {_sizes(few)} ({kind_and_reason(error)})") from error
    if not isinstance(made, Tensor) or made.shape != pictures.shape:
        raise ValueError(f"head= makes {short(made)} of pictures {list(pictures.shape)}; expected the same shape")
    adapted._head = head


def _find_posterior(adapted: Adapted, source: Any, few: Tensor) -> None:
    """The spread that the model's own `posterior` gives, where `encode` gives none."""
    posterior, fed = getattr(source, "posterior", None), adapted._fed(few)
    if callable(posterior):
        with suppress(Exception):  # a method of another kind
            output = posterior(fed)
            reading = readings(output, posterior(fed), source)[0]
            if reading.spread is not None and reading.spread(output).shape == adapted._own_codes(few).shape:
                adapted._posterior = posterior, reading


def _compare_with_forward(adapted: Adapted, source: Any, few: Tensor) -> None:
    """Where only modules are known, `forward` may do more than they: put a sigmoid behind them, say."""
    decoded = adapted._write(adapted._own_codes(few)).float()
    for given in (adapted._at_home(adapted._in_own_range(few)), adapted._fed(few)):
        with suppress(Exception):  # no forward, or one that takes something else
            results = [picture(output := source(given), len(few), few.shape[1:])(output).float() for _ in range(2)]
            if not _close(*results):
                return  # it draws its codes
            for name, head in (("", _as_it_is), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh)):
                if _close(results[0], head(decoded)):
                    adapted._head = head
                    if name:
                        adapted.notes.append(f"its forward puts a {name} behind the decoder, and so does the explorer")
                    return
            adapted.notes.append("its forward does something else than decoder(encoder(x)), which is shown here")
            return


def _find_scale(adapted: Adapted, few: Tensor, *, headed: bool) -> None:
    """Whether pictures come in the model's own range, in [0, 1], or as logits."""
    raw = adapted._head(_in_shape(adapted._write(adapted._own_codes(few)), adapted.shape)).float()
    pictures = adapted._from_own_range(raw) if adapted._rescaled else raw
    if adapted._rescaled and _in_unit_range(raw) and _error(raw, few) < _error(pictures, few):
        adapted._rescaled = False
        return
    outside = float(((pictures < -1) | (pictures > 2)).float().mean())
    if not headed and outside > 0.1 and _error(raw.sigmoid(), few) < _error(pictures, few) / 4:
        adapted._head, adapted._rescaled = _chain(adapted._head, torch.sigmoid), False
        adapted.notes.append(
            f"its decoder puts out numbers from {float(raw.min()):.3g} to {float(raw.max()):.3g}, which look like "
            "logits and are shown through a sigmoid; head=torch.nn.Identity() shows them as they are"
        )


# --- small things ---


def _layouts(x: Tensor) -> list[Function]:
    """The shapes in which encoders may take images `[B, C, H, W]`, the likeliest first."""
    others = [_squeezed] if x.shape[1] == 1 else [_channels_last]
    return [_as_it_is, _flat, *others]


def _as_it_is(x: Tensor) -> Tensor:
    return x


def _flat(x: Tensor) -> Tensor:
    return x.flatten(1)


def _squeezed(x: Tensor) -> Tensor:
    return x.squeeze(1)


def _channels_last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


def _in_shape(made: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Pictures `[B, C, H, W]` of pixels in whatever shape."""
    channels, height, width = shape
    if channels > 1 and made.shape[1:] == (height, width, channels):
        return made.permute(0, 3, 1, 2)
    return made.reshape(-1, *shape)


def _codes(own: Tensor) -> Tensor:
    """Codes float32 `[B, k]` of codes in any shape."""
    return own.float().flatten(1) if own.ndim > 1 else own.float()[:, None]


def _chain(first: Function, second: Function) -> Function:
    return lambda x: second(first(x))


def _close(a: Tensor, b: Tensor) -> bool:
    """Whether they are alike but for rounding."""
    return a.numel() == b.numel() and torch.allclose(a.flatten(), b.flatten(), 1e-3, 1e-3, equal_nan=True)


def _error(pictures: Tensor, x: Tensor) -> float:
    return float((pictures.cpu() - x).square().mean())


def _in_unit_range(pictures: Tensor) -> bool:
    return bool((pictures >= 0).all() and (pictures <= 1).all())


def _sizes(x: Tensor) -> str:
    return f"[B, {', '.join(map(str, x.shape[1:]))}]"

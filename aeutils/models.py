"""The models: an autoencoder of fully connected layers and its kin: convolutional, variational, and the article's.

Every model maps images to codes and back with the same four methods:
`encode(x) -> z`, `decode(z) -> x_hat`, `decode_logits(z)` (the decoder without its head), and
`model(x) == model.decode(model.encode(x))`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from aeutils.runtime import short, whole_number


def mlp(sizes: Sequence[int], activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Linear layers from `sizes[0]` to `sizes[-1]`, an activation after each but the last.

    Args:
        sizes: the width of every layer, input first; at least two.
        activation: called once per hidden layer, for example `nn.ReLU`.

    Raises:
        ValueError: fewer than two sizes, a size that is no whole number of 1 or more, an activation that makes none.
    """
    sizes = _check_sizes(sizes)
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), _make(activation, "activation")]
    return nn.Sequential(*layers[:-1])


def check_model(model: nn.Module, *methods: str) -> None:
    """Nothing, if `model` can be called and has these methods; costs next to nothing.

    Args:
        model: a module such as `ae.Autoencoder`.
        methods: names, such as `"encode"`.

    Raises:
        ValueError: it has not; one line that names what is missing.
    """
    if not callable(model) or isinstance(model, type):
        made = f"the class {model.__name__}; write {model.__name__}()" if isinstance(model, type) else short(model)
        raise ValueError(f"model is {made}; expected a torch module, such as ae.Autoencoder()")
    for method in methods:
        if not callable(getattr(model, method, None)):
            raise ValueError(
                f"a {type(model).__name__} has no method {method}; expected a model with {' and '.join(methods)}, "
                "such as " + ("ae.VariationalAutoencoder()" if "posterior" in methods else "ae.Autoencoder()")
            )


def _make(maker: Callable[[], nn.Module], name: str) -> nn.Module:
    """The layer that `maker()` makes; `name` is what the error calls it."""
    if isinstance(maker, nn.Module):
        made = type(maker).__name__
        raise ValueError(f"{name}=nn.{made}() is a finished layer; give what makes one, {name}=nn.{made}")
    wanted = f"expected what makes a layer when called without arguments, such as {name}=nn.ReLU"
    try:
        layer = maker()
    except TypeError as error:
        raise ValueError(f"{name}={short(maker)} cannot be called; {wanted}") from error
    if not isinstance(layer, nn.Module):
        raise ValueError(f"{name}={short(maker)} makes {short(layer)}; {wanted}")
    return layer


def _check_sizes(sizes: Sequence[int], name: str = "sizes") -> tuple[int, ...]:
    try:
        return _whole_numbers(sizes, name, at_least=2)
    except ValueError:
        given = tuple(sizes) if isinstance(sizes, Sequence) and not isinstance(sizes, str) else short(sizes)
        raise ValueError(
            f"{name}={given}: give at least two widths, whole numbers of 1 or more, image first and code last, such as "
            "(784, 256, 2)"
        ) from None


def _check_shape(shape: Sequence[int], axes: int | None = None) -> tuple[int, ...]:
    try:
        found = _whole_numbers(shape, "shape", at_least=axes or 1)
    except ValueError:
        found = ()
    if not found or axes not in (None, len(found)):
        wanted = "(channels, height, width), " if axes == 3 else ""
        raise ValueError(f"shape={short(shape)}; expected the shape of one image, {wanted}such as (1, 28, 28)")
    return found


def _whole_numbers(values: Sequence[int], name: str, at_least: int) -> tuple[int, ...]:
    try:
        given = () if isinstance(values, str | bytes) else tuple(values)
    except TypeError:  # nothing to go through
        given = ()
    found = tuple(whole_number(value, name) for value in given)
    if len(found) < at_least:
        raise ValueError(f"{name}={found}; expected at least {at_least}")
    return found


def _check_given(model: nn.Module, x: Tensor, shape: tuple[int | None, ...], what: str) -> None:
    """Refuse what the layers could not take, before PyTorch does so in words of its own.

    Args:
        model: whose weights say where and in which precision its inputs must be.
        x: what came, `[B, *shape]`.
        shape: of one example; None for any length.
        what: the word for several of them.
    """
    wanted = ", ".join(["B", *("k" if n is None else str(n) for n in shape)])
    if not isinstance(x, Tensor):
        raise ValueError(f"{what} are {short(x)}; this model takes a tensor [{wanted}] of them")
    if x.ndim != len(shape) + 1 or any(n not in (None, came) for n, came in zip(shape, x.shape[1:], strict=True)):
        raise ValueError(f"the {what} have shape {list(x.shape)}, but this model takes [{wanted}]; make them agree")
    weight = next(model.parameters(), None)
    if weight is None or (x.dtype == weight.dtype and x.device == weight.device):
        return
    if x.device != weight.device:
        raise ValueError(f"the {what} are on {x.device} and the model on {weight.device}; .to(...) moves either")
    if not torch.is_autocast_enabled(x.device.type) or not x.is_floating_point():
        numbers, own = (str(tensor.dtype).removeprefix("torch.") for tensor in (x, weight))
        raise ValueError(f"the {what} are {numbers} and the model's weights {own}; {what}.to(torch.{own}) converts")


class Autoencoder(nn.Module):
    """Fully connected encoder and decoder, mirror images of one another (Hinton & Salakhutdinov, Science 2006).

    Args:
        sizes: layer widths from the image to the code; the decoder has them in reverse. `(784, 256, 64, 2)` has two
            hidden layers on each side and 2 code units.
        activation: after every hidden layer; not after the code (it stays a linear map) nor after the last layer.
        head: turns the decoder's last layer into the reconstruction: `nn.Sigmoid` for values in (0, 1),
            `nn.Identity` for any real number.
        shape: shape of one image; its product is `sizes[0]`.

    Raises:
        ValueError: fewer than two sizes, a size below 1, or a `shape` that does not hold `sizes[0]` pixels; later,
            images or codes of another shape, kind of number or device.
    """

    shape: tuple[int, ...]
    encoder: nn.Module
    decoder: nn.Module
    head: nn.Module

    def __init__(
        self,
        sizes: Sequence[int] = (784, 256, 64, 2),
        activation: Callable[[], nn.Module] = nn.ReLU,
        head: Callable[[], nn.Module] = nn.Sigmoid,
        shape: Sequence[int] = (1, 28, 28),
    ) -> None:
        super().__init__()
        sizes, shape = _check_sizes(sizes), _check_shape(shape)
        if math.prod(shape) != sizes[0]:
            raise ValueError(
                f"sizes starts with {sizes[0]}, but an image of shape {shape} has {math.prod(shape)} numbers; "
                "make them agree"
            )
        self.shape = shape
        self.encoder = mlp(sizes, activation)
        self.decoder = mlp(sizes[::-1], activation)
        self.head = _make(head, "head")

    def encode(self, x: Tensor) -> Tensor:
        """Codes `[B, k]` of images `[B, *shape]`."""
        _check_given(self, x, self.shape, "images")
        return self.encoder(x.flatten(1))

    def decode_logits(self, z: Tensor) -> Tensor:
        """The decoder's output `[B, *shape]` before the head: logits when the head is a sigmoid."""
        first = next((layer for layer in self.decoder.modules() if isinstance(layer, nn.Linear)), None)
        _check_given(self, z, (first.in_features if first else None,), "codes")
        return self.decoder(z).view(-1, *self.shape)

    def decode(self, z: Tensor) -> Tensor:
        """Reconstructions `[B, *shape]` of codes `[B, k]`."""
        return self.head(self.decode_logits(z))

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions `[B, *shape]` of images `[B, *shape]`."""
        return self.decode(self.encode(x))


def he_start(model: Autoencoder) -> Autoencoder:
    """Draw the weights that an activation follows anew, with variance 2 / n for n inputs and biases of 0.

    So a layer before a ReLU hands on as much of the signal as it gets (He et al., *Delving deep into rectifiers*, ICCV
    2015). The code and the decoder's last layer, which no activation follows, keep the start that they have.

    Args:
        model: a fully connected autoencoder; its weights are changed.

    Returns:
        The same model.

    Raises:
        ValueError: a model whose encoder and decoder are no linear layers with an activation after each but the last.
    """
    for stack in (getattr(model, "encoder", None), getattr(model, "decoder", None)):
        every_other = list(stack)[::2] if isinstance(stack, nn.Sequential) else []
        layers = [layer for layer in every_other if isinstance(layer, nn.Linear)]
        if not layers or len(layers) < len(every_other):
            raise ValueError(f"model is {short(model)}; expected fully connected layers, such as ae.Autoencoder()")
        for layer in layers[:-1]:
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return model


class ConvAutoencoder(Autoencoder):
    """Convolutional encoder and decoder (Masci et al., ICANN 2011, with strides instead of pooling).

    Each side has two convolutions of stride 2, for example 28 x 28 -> 14 x 14 -> 7 x 7 and back, and one linear layer
    to or from the code. Kernels of 4 pixels overlap evenly at stride 2, which avoids checkerboard patterns (Odena et
    al., Distill 2016). An odd size is rounded down on the way in, and the way out adds the missing row or column
    (`output_padding`).

    Args:
        code_size: code units.
        channels: channels after the first and the second convolution.
        activation: after every hidden layer.
        head: as in `Autoencoder`.
        shape: of one image, `(channels, height, width)`; 4 pixels or more each way.

    Raises:
        ValueError: counts below 1, another number of channels than two, or an image too small for two halvings.
    """

    def __init__(
        self,
        code_size: int = 2,
        channels: tuple[int, int] = (16, 32),
        activation: Callable[[], nn.Module] = nn.ReLU,
        head: Callable[[], nn.Module] = nn.Sigmoid,
        shape: Sequence[int] = (1, 28, 28),
    ) -> None:
        nn.Module.__init__(self)
        code_size = whole_number(code_size, "code_size")
        try:
            first, second = _whole_numbers(channels, "channels", at_least=2)
        except ValueError:
            raise ValueError(
                f"channels={short(channels)}: give two channel counts of 1 or more, such as (16, 32)"
            ) from None
        n_in, height, width = self.shape = _check_shape(shape, axes=3)
        if min(height, width) < 4:
            raise ValueError(f"shape={self.shape}: two halvings need images of 4 x 4 pixels or more")
        half = height // 2, width // 2  # a kernel of 4 with stride 2 and a margin of 1 makes n // 2 of n pixels
        quarter = half[0] // 2, half[1] // 2
        n_last = second * quarter[0] * quarter[1]
        self.encoder = nn.Sequential(
            nn.Conv2d(n_in, first, 4, stride=2, padding=1),  # [B, 1, 28, 28] -> [B, first, 14, 14]
            _make(activation, "activation"),
            nn.Conv2d(first, second, 4, stride=2, padding=1),  # -> [B, second, 7, 7]
            _make(activation, "activation"),
            nn.Flatten(),
            nn.Linear(n_last, code_size),  # -> [B, k]
        )
        self.decoder = nn.Sequential(
            nn.Linear(code_size, n_last),
            _make(activation, "activation"),
            nn.Unflatten(1, (second, *quarter)),
            # [B, second, 7, 7] -> [B, first, 14, 14]; 2 n pixels of n, and one more where the encoder dropped one
            nn.ConvTranspose2d(second, first, 4, stride=2, padding=1, output_padding=(half[0] % 2, half[1] % 2)),
            _make(activation, "activation"),
            nn.ConvTranspose2d(first, n_in, 4, stride=2, padding=1, output_padding=(height % 2, width % 2)),
        )
        self.head = _make(head, "head")

    def encode(self, x: Tensor) -> Tensor:
        """Codes `[B, k]` of images `[B, *shape]`."""
        _check_given(self, x, self.shape, "images")
        return self.encoder(x)


class VariationalAutoencoder(Autoencoder):
    """An autoencoder whose encoder puts out a distribution of codes (Kingma & Welling, *Auto-encoding variational
    Bayes*, ICLR 2014).

    The encoder's last layer has two numbers for each code unit: the mean of its normal distribution and the logarithm
    of its variance, which may be any real number. `encode` is the mean, so that `model(x)` is the reconstruction from
    the posterior mean; the losses in `aeutils.losses` draw codes from `posterior(x)` instead.

    Args and errors as in `Autoencoder`; `sizes` ends with the code size, `(784, 256, 64, 2)` for 2 code units.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 256, 64, 2),
        activation: Callable[[], nn.Module] = nn.ReLU,
        head: Callable[[], nn.Module] = nn.Sigmoid,
        shape: Sequence[int] = (1, 28, 28),
    ) -> None:
        super().__init__(sizes, activation, head, shape)
        self.encoder = mlp((*sizes[:-1], 2 * sizes[-1]), activation)

    def posterior(self, x: Tensor) -> Normal:
        """q(z|x) for images `[B, *shape]`: independent normal distributions of batch shape `[B, k]`."""
        _check_given(self, x, self.shape, "images")
        mean, log_variance = self.encoder(x.flatten(1)).chunk(2, dim=1)  # [B, 2k] -> [B, k], [B, k]
        # unchecked, so that a training run gone wrong ends in a loss of NaN, which `fit` explains
        return Normal(mean, (log_variance / 2).exp(), validate_args=False)

    def encode(self, x: Tensor) -> Tensor:
        """The posterior means `[B, k]` of images `[B, *shape]`."""
        return self.posterior(x).mean


class ArticleDecoder(nn.Module):
    """The decoder that the article describes: its hidden layers' outputs are added up before the last of them.

    With hidden layers `h_1 ... h_L`, the last one does not see `h_{L-1}` alone but `activation(h_1 + ... + h_{L-1})`
    (the article's A18). `summed=False` makes it a plain stack; both have the same parameters.

    Args:
        sizes: code size, the hidden layers' common width once for each of them (three or more), pixels.
        activation: after the hidden layers that `activation_after` names, and on the sum.
        summed: whether the hidden layers' outputs are added up.
        activation_after: the hidden layers that have their activation: `"every layer"`, `"all but the first"` or
            `"no layer"` (the last two are the readings of A19). The sum keeps its own.
    """

    def __init__(
        self, sizes: Sequence[int], activation: Callable[[], nn.Module], summed: bool, activation_after: str
    ) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes[:-1]))
        self.last = nn.Linear(sizes[-2], sizes[-1])
        without = {"every layer": 0, "all but the first": 1, "no layer": len(self.hidden)}[activation_after]
        self.activations = nn.ModuleList(
            nn.Identity() if i < without else _make(activation, "activation") for i in range(len(self.hidden))
        )
        self.on_sum = _make(activation, "activation")
        self.summed = summed

    def before_last(self, z: Tensor) -> Tensor:
        """What the last hidden layer is given, `[B, width]`, for codes `[B, k]`."""
        h, total = z, 0
        for layer, activation in zip(self.hidden[:-1], self.activations[:-1], strict=True):
            h = activation(layer(h))
            total = total + h
        return self.on_sum(total) if self.summed else h

    def forward(self, z: Tensor) -> Tensor:
        """The decoder's output before the head, `[B, pixels]`, for codes `[B, k]`."""
        return self.last(self.activations[-1](self.hidden[-1](self.before_last(z))))


class ArticleAutoencoder(Autoencoder):
    """The autoencoder as the article describes it: an ordinary encoder, and an `ArticleDecoder`.

    Args:
        sizes: as in `Autoencoder`, with three or more hidden layers of one width: `(784, 128, 128, 128, 128, 16)`.
        activation: after every hidden layer of the encoder, and in the decoder as `activation_after` says.
        head: as in `Autoencoder`.
        shape: as in `Autoencoder`.
        summed: whether the decoder sums its hidden layers (A18).
        activation_after: the hidden layers of the decoder that have their activation: `"every layer"`,
            `"all but the first"` or `"no layer"` (A19).

    Raises:
        ValueError: what `Autoencoder` refuses, fewer than three hidden layers, hidden layers of different widths (they
            could not be added up), or another `activation_after`.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 128, 128, 128, 128, 16),
        activation: Callable[[], nn.Module] = nn.ReLU,
        head: Callable[[], nn.Module] = nn.Sigmoid,
        shape: Sequence[int] = (1, 28, 28),
        *,
        summed: bool = True,
        activation_after: str = "all but the first",
    ) -> None:
        super().__init__(sizes, activation, head, shape)
        if len(sizes) < 5 or len(set(sizes[1:-1])) > 1:
            raise ValueError(
                f"sizes={tuple(sizes)}: the hidden layers are added up, so give three or more of one width, "
                "such as (784, 128, 128, 128, 16)"
            )
        known = ("every layer", "all but the first", "no layer")
        if not isinstance(activation_after, str) or activation_after not in known:
            raise ValueError(
                f"activation_after={short(activation_after)}; expected 'every layer', 'all but the first' or 'no layer'"
            )
        self.decoder = ArticleDecoder(sizes[::-1], activation, summed, activation_after)


def parameter_count(model: nn.Module) -> int:
    """Number of trainable parameters (weights and biases).

    Raises:
        ValueError: what is no torch module.
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"model is {short(model)}; expected a torch module, such as ae.Autoencoder()")
    return sum(p.numel() for p in model.parameters() if p.requires_grad)

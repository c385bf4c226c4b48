"""The models: an autoencoder of fully connected layers and its kin: convolutional, variational, and the article's.

Every model maps images to codes and back with the same four methods:
`encode(x) -> z`, `decode(z) -> x_hat`, `decode_logits(z)` (the decoder without its head), and
`model(x) == model.decode(model.encode(x))`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.distributions import Normal


def mlp(sizes: Sequence[int], activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Linear layers from `sizes[0]` to `sizes[-1]`, an activation after each but the last.

    Args:
        sizes: the width of every layer, input first; at least two.
        activation: called once per hidden layer, for example `nn.ReLU`.
    """
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*layers[:-1])


def _check_classes(**given: Callable[[], nn.Module]) -> None:
    for name, value in given.items():
        if isinstance(value, nn.Module):
            made = type(value).__name__
            raise ValueError(f"{name}=nn.{made}() is a finished layer; give what makes one, {name}=nn.{made}")


def _check_shape(x: Tensor, shape: tuple[int, ...]) -> None:
    if x.shape[1:] != shape:
        wanted = ", ".join(["B", *map(str, shape)])
        raise ValueError(f"the images have shape {list(x.shape)}, but this model takes [{wanted}]; make them agree")


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
        ValueError: fewer than two sizes, a size below 1, or a `shape` that does not hold `sizes[0]` pixels.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 256, 64, 2),
        activation: Callable[[], nn.Module] = nn.ReLU,
        head: Callable[[], nn.Module] = nn.Sigmoid,
        shape: Sequence[int] = (1, 28, 28),
    ) -> None:
        super().__init__()
        _check_classes(activation=activation, head=head)
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(
                f"sizes={tuple(sizes)}: give at least two widths of 1 or more, "
                "image first and code last, such as (784, 256, 2)"
            )
        if math.prod(shape) != sizes[0]:
            raise ValueError(
                f"sizes starts with {sizes[0]}, but an image of shape {tuple(shape)} has {math.prod(shape)} pixels; "
                "make them agree"
            )
        self.shape = tuple(shape)
        self.encoder = mlp(sizes, activation)
        self.decoder = mlp(sizes[::-1], activation)
        self.head = head()

    def encode(self, x: Tensor) -> Tensor:
        """Codes `[B, k]` of images `[B, 1, 28, 28]`."""
        _check_shape(x, self.shape)
        return self.encoder(x.flatten(1))

    def decode_logits(self, z: Tensor) -> Tensor:
        """The decoder's output `[B, 1, 28, 28]` before the head: logits when the head is a sigmoid."""
        return self.decoder(z).view(-1, *self.shape)

    def decode(self, z: Tensor) -> Tensor:
        """Reconstructions `[B, 1, 28, 28]` of codes `[B, k]`."""
        return self.head(self.decode_logits(z))

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions `[B, 1, 28, 28]` of images `[B, 1, 28, 28]`."""
        return self.decode(self.encode(x))


class ConvAutoencoder(Autoencoder):
    """Convolutional encoder and decoder for 28 x 28 images (Masci et al., ICANN 2011, with strides instead of pooling).

    Each side has two convolutions of stride 2, 28 x 28 -> 14 x 14 -> 7 x 7 and back, and one linear layer to or from
    the code. Kernels of 4 pixels overlap evenly at stride 2, which avoids checkerboard patterns
    (Odena et al., Distill 2016).

    Args:
        code_size: code units.
        channels: channels after the first and the second convolution.
        activation: after every hidden layer.
        head: as in `Autoencoder`.
    """

    def __init__(
        self,
        code_size: int = 2,
        channels: tuple[int, int] = (16, 32),
        activation: Callable[[], nn.Module] = nn.ReLU,
        head: Callable[[], nn.Module] = nn.Sigmoid,
    ) -> None:
        nn.Module.__init__(self)
        _check_classes(activation=activation, head=head)
        if code_size < 1 or len(channels) != 2 or min(channels) < 1:
            raise ValueError(
                f"code_size={code_size}, channels={channels}: "
                "give a code size of 1 or more and two channel counts, such as (16, 32)"
            )
        first, second = channels
        self.shape = (1, 28, 28)
        self.encoder = nn.Sequential(
            nn.Conv2d(1, first, 4, stride=2, padding=1),  # [B, 1, 28, 28] -> [B, first, 14, 14]
            activation(),
            nn.Conv2d(first, second, 4, stride=2, padding=1),  # -> [B, second, 7, 7]
            activation(),
            nn.Flatten(),
            nn.Linear(second * 7 * 7, code_size),  # -> [B, k]
        )
        self.decoder = nn.Sequential(
            nn.Linear(code_size, second * 7 * 7),
            activation(),
            nn.Unflatten(1, (second, 7, 7)),
            nn.ConvTranspose2d(second, first, 4, stride=2, padding=1),  # [B, second, 7, 7] -> [B, first, 14, 14]
            activation(),
            nn.ConvTranspose2d(first, 1, 4, stride=2, padding=1),  # -> [B, 1, 28, 28]
        )
        self.head = head()

    def encode(self, x: Tensor) -> Tensor:
        """Codes `[B, k]` of images `[B, 1, 28, 28]`."""
        _check_shape(x, self.shape)
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
        """q(z|x) for images `[B, 1, 28, 28]`: independent normal distributions of batch shape `[B, k]`."""
        _check_shape(x, self.shape)
        mean, log_variance = self.encoder(x.flatten(1)).chunk(2, dim=1)  # [B, 2k] -> [B, k], [B, k]
        # unchecked, so that a training run gone wrong ends in a loss of NaN, which `fit` explains
        return Normal(mean, (log_variance / 2).exp(), validate_args=False)

    def encode(self, x: Tensor) -> Tensor:
        """The posterior means `[B, k]` of images `[B, 1, 28, 28]`."""
        return self.posterior(x).mean


class ArticleDecoder(nn.Module):
    """The decoder that the article describes: its hidden layers' outputs are added up before the last of them.

    With hidden layers `h_1 ... h_L`, the last one does not see `h_{L-1}` alone but `activation(h_1 + ... + h_{L-1})`
    (the article's A18). `summed=False` makes it a plain stack; both have the same parameters.

    Args:
        sizes: code size, the hidden layers' common width once for each of them (three or more), pixels.
        activation: after every hidden layer that is not linear, and on the sum.
        summed: whether the hidden layers' outputs are added up.
        linear: which hidden layers have no activation: `"none"`, `"first"`, or `"all"` (the two readings of A19). The
            sum keeps its own.
    """

    def __init__(self, sizes: Sequence[int], activation: Callable[[], nn.Module], summed: bool, linear: str) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairwise(sizes[:-1]))
        self.last = nn.Linear(sizes[-2], sizes[-1])
        without = {"none": 0, "first": 1, "all": len(self.hidden)}[linear]
        self.activations = nn.ModuleList(
            nn.Identity() if i < without else activation() for i in range(len(self.hidden))
        )
        self.on_sum = activation()
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
        activation: after every hidden layer of the encoder, and in the decoder as `linear` says.
        head: as in `Autoencoder`.
        shape: as in `Autoencoder`.
        summed: whether the decoder sums its hidden layers (A18).
        linear: which of the decoder's hidden layers have no activation: `"none"`, `"first"` or `"all"` (A19).

    Raises:
        ValueError: what `Autoencoder` refuses, fewer than three hidden layers, hidden layers of different widths (they
            could not be added up), or another `linear`.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 128, 128, 128, 128, 16),
        activation: Callable[[], nn.Module] = nn.ReLU,
        head: Callable[[], nn.Module] = nn.Sigmoid,
        shape: Sequence[int] = (1, 28, 28),
        *,
        summed: bool = True,
        linear: str = "first",
    ) -> None:
        super().__init__(sizes, activation, head, shape)
        if len(sizes) < 5 or len(set(sizes[1:-1])) > 1:
            raise ValueError(
                f"sizes={tuple(sizes)}: the hidden layers are added up, so give three or more of one width, "
                "such as (784, 128, 128, 128, 16)"
            )
        if linear not in ("none", "first", "all"):
            raise ValueError(f"linear={linear!r}; expected 'none', 'first' or 'all' of the decoder's hidden layers")
        self.decoder = ArticleDecoder(sizes[::-1], activation, summed, linear)


def parameter_count(model: nn.Module) -> int:
    """Number of trainable parameters (weights and biases)."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)

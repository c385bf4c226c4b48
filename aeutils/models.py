"""The models: an autoencoder of fully connected layers, and a convolutional one.

Every model maps images to codes and back with the same four methods:
`encode(x) -> z`, `decode(z) -> x_hat`, `decode_logits(z)` (the decoder without its head), and
`model(x) == model.decode(model.encode(x))`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn


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


def parameter_count(model: nn.Module) -> int:
    """Number of trainable parameters (weights and biases)."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)

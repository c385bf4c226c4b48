"""Models as people write them, tiny and untrained: what the explorer's adapters and compiler are tested on.

`MODELS` maps a name to a function that makes a `Case`; `HOPELESS` maps a name to one that makes a model, images,
options for `adapt` and the words that its refusal must contain. Every model is seeded by the caller.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Independent, Normal
from torch.nn import functional as F

import aeutils as ae


@dataclass(frozen=True)
class Case:
    """A model and what is expected of it.

    Attributes:
        model: what a reader would give to `ae.explore`.
        x: images `[N, C, H, W]` in [0, 1].
        size: code units.
        codes: the model's own computation, images to codes of any shape.
        pictures: the model's own computation, codes `[B, k]` to pixels of any shape.
        options: for `adapt`.
        prior: what is known of it.
        deviation: the posterior's standard deviation, images to `[B, k]`, where it is known.
        told: a word that some note must contain; without one there must be no note.
    """

    model: Any
    x: Tensor
    size: int
    codes: Callable[[Tensor], Tensor]
    pictures: Callable[[Tensor], Tensor]
    options: Mapping[str, Any] = field(default_factory=dict)
    prior: bool | None = None
    deviation: Callable[[Tensor], Tensor] | None = None
    told: str = ""


MODELS: dict[str, Callable[[], Case]] = {}
HOPELESS: dict[str, Callable[[], tuple[Any, Tensor, dict[str, Any], tuple[str, ...]]]] = {}


def listed(name, table=MODELS):
    def keep(make):
        assert name not in table
        table[name] = make
        return make

    return keep


def images(channels=1, side=8, n=12):
    """Soft blobs."""
    return F.interpolate(torch.rand(n, channels, 4, 4), size=side, mode="bilinear").clamp(0, 1)


def plain(model, x, size, **more):
    """A case of a model whose `encode` and `decode` are all there is to it."""
    return Case(model, x, size, model.encode, model.decode, **more)


def modules(model, x, size, **more):
    """A case of a model whose `encoder` and `decoder` are all there is to it."""
    return Case(model, x, size, model.encoder, model.decoder, **more)


class Base(nn.Module):
    """`forward` as most people write it."""

    def forward(self, x):
        return self.decode(self.encode(x))


# --- dense ---


class Dense(Base):
    def __init__(self, size=2, activation=nn.ReLU):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 16), activation(), nn.Linear(16, size))
        self.dec = nn.Sequential(nn.Linear(size, 16), activation(), nn.Linear(16, 64), nn.Sigmoid())

    def encode(self, x):
        return self.enc(x.view(x.size(0), -1))

    def decode(self, z):
        return self.dec(z).view(-1, 1, 8, 8)


@listed("dense with methods")
def _():
    return plain(Dense(), images(), 2)


@listed("our Autoencoder")
def _():
    return plain(ae.Autoencoder((64, 16, 3), shape=(1, 8, 8)), images(), 3, prior=False)


@listed("our ConvAutoencoder, colour")
def _():
    return plain(ae.ConvAutoencoder(3, (4, 6), shape=(3, 16, 16)), images(3, 16), 3, prior=False)


@listed("our VariationalAutoencoder")
def _():
    model = ae.VariationalAutoencoder((64, 16, 2), shape=(1, 8, 8))
    return plain(model, images(), 2, prior=True, deviation=lambda x: model.posterior(x).stddev)


class Parts(nn.Module):
    """`encoder` and `decoder`, and nothing else."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x):
        return self.decoder(self.encoder(x))


@listed("modules with Flatten and Unflatten")
def _():
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ELU(), nn.Linear(16, 4))
    decoder = nn.Sequential(nn.Linear(4, 16), nn.ELU(), nn.Linear(16, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8)))
    return modules(Parts(encoder, decoder), images(), 4)


class FlatParts(Parts):
    def forward(self, x):
        x = x.view(-1, 64)
        return super().forward(x)


@listed("modules, flat in and out")
def _():
    encoder = nn.Sequential(nn.Linear(64, 16), nn.SiLU(), nn.Linear(16, 2))
    decoder = nn.Sequential(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 64), nn.Sigmoid())
    model = FlatParts(encoder, decoder)
    return Case(model, images(), 2, lambda x: encoder(x.flatten(1)), decoder)


class SigmoidOutside(Parts):
    def forward(self, x):
        z = self.encoder(x.flatten(1))
        return torch.sigmoid(self.decoder(z)).view_as(x), z


@listed("a sigmoid that only forward knows, and a tuple")
def _():
    model = SigmoidOutside(nn.Linear(64, 3), nn.Linear(3, 64))
    return Case(
        model,
        images(),
        3,
        lambda x: model.encoder(x.flatten(1)),
        lambda z: torch.sigmoid(model.decoder(z)),
        told="sigmoid",
    )


@listed("a Sequential of two")
def _():
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 9), nn.PReLU(), nn.Linear(9, 2))
    decoder = nn.Sequential(nn.Linear(2, 9), nn.PReLU(), nn.Linear(9, 64), nn.Sigmoid())
    return Case(nn.Sequential(encoder, decoder), images(), 2, encoder, decoder)


class Tied(Base):
    """The decoder is the encoder's weights, transposed."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(64, 16), nn.Linear(16, 3)
        self.bias_1, self.bias_2 = nn.Parameter(torch.zeros(16)), nn.Parameter(torch.zeros(64))

    def encode(self, x):
        return self.second(torch.tanh(self.first(x.flatten(1))))

    def decode(self, z):
        h = torch.tanh(F.linear(z, self.second.weight.t(), self.bias_1))
        return torch.sigmoid(F.linear(h, self.first.weight.t(), self.bias_2)).view(-1, 1, 8, 8)


@listed("tied weights by F.linear")
def _():
    return plain(Tied(), images(), 3)


class Matrix(Base):
    def __init__(self):
        super().__init__()
        self.W = nn.Parameter(torch.randn(64, 2) / 8)
        self.b = nn.Parameter(torch.zeros(64))

    def encode(self, x):
        return (x.reshape(len(x), 64) - self.b) @ self.W

    def decode(self, z):
        return (torch.einsum("bk,pk->bp", z, self.W) + self.b).unflatten(1, (1, 8, 8))


@listed("one matrix, there and back")
def _():
    return plain(Matrix(), images(), 2)


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.layer = nn.LayerNorm(width), nn.Linear(width, width)

    def forward(self, x):
        return x + self.layer(F.gelu(self.norm(x)))


@listed("dense residual blocks, layer norm")
def _():
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), Residual(16), Residual(16), nn.Linear(16, 2))
    decoder = nn.Sequential(nn.Linear(2, 16), Residual(16), Residual(16), nn.Linear(16, 64), nn.Sigmoid())
    return modules(Parts(encoder, decoder), images(), 2)


class Loops(Base):
    """Layers in lists, with the input given again to each."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([nn.Linear(64, 16), nn.Linear(16 + 64, 8), nn.Linear(8 + 64, 2)])
        self.up = nn.ModuleList([nn.Linear(2, 8), nn.Linear(8 + 2, 16), nn.Linear(16 + 2, 64)])

    def encode(self, x):
        x = x.flatten(1)
        h = F.leaky_relu(self.down[0](x), 0.2)
        for layer in self.down[1:]:
            h = layer(torch.cat([F.leaky_relu(h, 0.2), x], dim=1))
        return h

    def decode(self, z):
        h = self.up[0](z)
        for layer in self.up[1:]:
            h = layer(torch.cat([F.softplus(h), z], dim=1))
        return h.sigmoid().view(-1, 1, 8, 8)


@listed("lists of layers with skips")
def _():
    return plain(Loops(), images(), 2)


@listed("dropout, still in training mode")
def _():
    encoder = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 16), nn.ReLU6(), nn.Linear(16, 2))
    decoder = nn.Sequential(nn.Linear(2, 16), nn.Hardswish(), nn.Dropout(0.5), nn.Linear(16, 64), nn.Hardsigmoid())
    return modules(Parts(encoder, decoder).train(), images(), 2)


class Sphere(Dense):
    def encode(self, x):
        return F.normalize(super().encode(x), dim=-1)


@listed("codes on a sphere")
def _():
    return plain(Sphere(3, nn.Mish), images(), 3)


class Sparse(Dense):
    def encode(self, x):
        h = super().encode(x)
        least = h.topk(3, dim=1).values[:, -1:]
        return torch.where(h >= least, h, torch.zeros_like(h))


@listed("k-sparse code")
def _():
    return plain(Sparse(8, nn.Softplus), images(), 8)


class Squeezed(Dense):
    def encode(self, x):
        return super().encode(x).squeeze(1)

    def decode(self, z):
        return super().decode(z.view(-1, 1))


@listed("one code unit, squeezed away")
def _():
    return plain(Squeezed(1), images(), 1)


class Pairs(Dense):
    """Both methods return more than what is looked for."""

    def encode(self, x):
        z = super().encode(x)
        return z, z.abs().mean()

    def decode(self, z):
        return super().decode(z), z.square().sum()


@listed("methods that return tuples")
def _():
    model = Pairs()
    return Case(model, images(), 2, lambda x: model.encode(x)[0], lambda z: model.decode(z)[0])


class Tokens(Dense):
    def decode(self, z):
        return Independent(Bernoulli(logits=self.dec[:-1](z).view(-1, 1, 8, 8)), 3)


@listed("a decoder that returns a distribution")
def _():
    model = Tokens()
    return Case(model, images(), 2, model.encode, model.dec)


# --- convolutional ---


def strided(norm, activation, channels=1):
    """Encoder and decoder for 16 x 16, three code units."""
    encoder = nn.Sequential(
        nn.Conv2d(channels, 4, 4, stride=2, padding=1),
        norm(4),
        activation(),
        nn.Conv2d(4, 8, 4, stride=2, padding=1),
        norm(8),
        activation(),
        nn.Flatten(),
        nn.Linear(8 * 4 * 4, 3),
    )
    decoder = nn.Sequential(
        nn.Linear(3, 8 * 4 * 4),
        nn.Unflatten(1, (8, 4, 4)),
        nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1),
        norm(4),
        activation(),
        nn.ConvTranspose2d(4, channels, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )
    return Parts(encoder, decoder)


@listed("batch norm")
def _():
    model = strided(nn.BatchNorm2d, nn.ReLU)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -1, 1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    return modules(model, images(1, 16), 3)


@listed("group norm and SiLU, colour")
def _():
    return modules(strided(lambda n: nn.GroupNorm(2, n), nn.SiLU, 3), images(3, 16), 3)


@listed("instance norm and PReLU")
def _():
    return modules(strided(nn.InstanceNorm2d, nn.PReLU), images(1, 16), 3)


@listed("spectral and weight norm")
def _():
    encoder = nn.Sequential(
        nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 4, 3, stride=2, padding=1)),
        nn.ELU(),
        nn.Flatten(),
        nn.Linear(64, 2),
    )
    decoder = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 64)), nn.Unflatten(1, (1, 8, 8)))
    return modules(Parts(encoder, decoder), images(), 2)


class Block(nn.Module):
    def __init__(self, n_in, n_out, stride=1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        self.shortcut = nn.Conv2d(n_in, n_out, 1, stride) if stride > 1 or n_in != n_out else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


class ResNet(Base):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(Block(3, 4), Block(4, 8, 2), Block(8, 8, 2), nn.AdaptiveAvgPool2d(1))
        self.to_code, self.from_code = nn.Linear(8, 5), nn.Linear(5, 8 * 16)
        self.up = nn.Sequential(nn.Upsample(scale_factor=2), Block(8, 4), nn.Upsample(scale_factor=2), Block(4, 4))
        self.last = nn.Conv2d(4, 3, 1)

    def encode(self, x):
        return self.to_code(torch.flatten(self.down(x), 1))

    def decode(self, z):
        return torch.sigmoid(self.last(self.up(self.from_code(z).view(-1, 8, 4, 4))))


@listed("a small ResNet, colour")
def _():
    return plain(ResNet(), images(3, 16), 5)


@listed("pooling, bilinear upsampling")
def _():
    encoder = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 2, 3, padding=1), nn.AvgPool2d(2)
    )
    decoder = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.ReLU(),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.ReLU(),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
        nn.Conv2d(4, 1, 3, padding=1),
        nn.Sigmoid(),
    )
    return Case(Parts(encoder, decoder), images(), 8, encoder, lambda z: decoder(z.view(-1, 2, 2, 2)))


@listed("pixel shuffle")
def _():
    encoder = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(16, 8, 1), nn.GELU(), nn.Flatten(), nn.Linear(32, 4))
    decoder = nn.Sequential(
        nn.Linear(4, 32), nn.Unflatten(1, (8, 2, 2)), nn.GELU(), nn.Conv2d(8, 16, 3, 1, 1), nn.PixelShuffle(4)
    )
    return modules(Parts(encoder, decoder), images(), 4)


@listed("grouped and dilated convolutions")
def _():
    encoder = nn.Sequential(
        nn.Conv2d(3, 6, 3, groups=3, padding=2, dilation=2),
        nn.Conv2d(6, 4, 1),
        nn.Hardtanh(),
        nn.Conv2d(4, 4, 4, stride=4, groups=2),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Unflatten(1, (4, 4, 4)), nn.ConvTranspose2d(4, 6, 4, stride=4, groups=2), nn.CELU(), nn.Conv2d(6, 3, 1)
    )
    return modules(Parts(encoder, decoder), images(3, 16), 64)


class Quantised(Base):
    """VQ-VAE: `encode` gives vectors on a grid, which are exchanged for those of the codebook."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Conv2d(1, 3, 4, stride=4), nn.ConvTranspose2d(3, 1, 4, stride=4)
        self.codebook = nn.Embedding(5, 3)

    def quantise(self, z):
        flat = z.permute(0, 2, 3, 1)
        nearest = torch.cdist(flat.reshape(-1, 3), self.codebook.weight).argmin(1)
        return self.codebook(nearest).view_as(flat).permute(0, 3, 1, 2), nearest.view(len(z), -1)

    def encode(self, x):
        quantised, indices = self.quantise(self.encoder(x))
        return quantised, indices

    def decode(self, z):
        return self.decoder(z)


@listed("vector quantised")
def _():
    model = Quantised()
    return Case(model, images(), 12, lambda x: model.encode(x)[0], lambda z: model.decoder(z.view(-1, 3, 2, 2)))


# --- attention and recurrence ---


class Attention(Base):
    """Patches of 4 x 4 as tokens."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 8, 4, stride=4)
        self.position = nn.Parameter(torch.randn(1, 4, 8) * 0.1)
        self.attention, self.attention_back = (nn.MultiheadAttention(8, 2, batch_first=True) for _ in range(2))
        self.to_code, self.from_code, self.to_pixels = nn.Linear(8, 2), nn.Linear(2, 32), nn.Linear(8, 16)

    def encode(self, x):
        h = self.patches(x).flatten(2).transpose(1, 2) + self.position
        h = h + self.attention(h, h, h, need_weights=False)[0]
        return self.to_code(h.mean(1))

    def decode(self, z):
        h = self.from_code(z).view(-1, 4, 8) + self.position
        h = h + self.attention_back(h, h, h)[0]
        return self.to_pixels(h).view(-1, 1, 2, 2, 4, 4).permute(0, 1, 2, 4, 3, 5).reshape(-1, 1, 8, 8).sigmoid()


@listed("attention over patches")
def _():
    return plain(Attention(), images(), 2)


class Scaled(Attention):
    """Attention written by hand, and a transformer layer of PyTorch."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(8, 24)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)

    def encode(self, x):
        h = self.patches(x).flatten(2).mT + self.position
        q, k, v = self.qkv(h).chunk(3, dim=-1)
        return self.to_code((h + F.scaled_dot_product_attention(q, k, v)).mean(1))

    def decode(self, z):
        return torch.sigmoid(self.to_pixels(self.layer(self.from_code(z).view(-1, 4, 8))).view(-1, 1, 8, 8))


@listed("transformer layer")
def _():
    return plain(Scaled(), images(), 2)


class Rows(Base):
    """Rows as a sequence."""

    def __init__(self):
        super().__init__()
        self.reads, self.writes = nn.GRU(8, 6, batch_first=True), nn.GRU(2, 6, batch_first=True)
        self.to_code, self.to_row = nn.Linear(6, 2), nn.Linear(6, 8)

    def encode(self, x):
        _, h = self.reads(x)  # [B, 8, 8]
        return self.to_code(h[-1])

    def decode(self, z):
        h, _ = self.writes(z[:, None].repeat(1, 8, 1))
        return torch.sigmoid(self.to_row(h))


@listed("GRU over rows, [B, H, W] in and out")
def _():
    model = Rows()
    return Case(model, images(), 2, lambda x: model.encode(x.squeeze(1)), model.decode)


class Coordinates(Base):
    """A picture as a function of places."""

    def __init__(self):
        super().__init__()
        self.reads = nn.Linear(64, 2)
        self.paints = nn.Sequential(nn.Linear(4, 12), nn.Tanh(), nn.Linear(12, 1), nn.Sigmoid())
        v, u = torch.meshgrid(torch.linspace(-1, 1, 8), torch.linspace(-1, 1, 8), indexing="ij")
        self.register_buffer("places", torch.stack([u, v], -1).view(64, 2))

    def encode(self, x):
        return self.reads(x.flatten(1))

    def decode(self, z):
        places = self.places.expand(z.shape[0], -1, -1)
        return self.paints(torch.cat([places, z[:, None].expand(-1, 64, -1)], -1)).view(-1, 1, 8, 8)


@listed("a decoder of coordinates")
def _():
    return plain(Coordinates(), images(), 2)


# --- variational ---


class Example(nn.Module):
    """PyTorch's own example."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(64, 16), nn.Linear(16, 3), nn.Linear(16, 3)
        self.fc3, self.fc4 = nn.Linear(3, 16), nn.Linear(16, 64)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 64))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def example(model, deviation=lambda s: (s / 2).exp(), **more):
    return Case(
        model,
        images(),
        3,
        lambda x: model.encode(x.flatten(1))[0],
        model.decode,
        prior=True,
        deviation=lambda x: deviation(model.encode(x.flatten(1))[1]),
        **more,
    )


@listed("PyTorch's example of a VAE")
def _():
    return example(Example())


class OnlyInTraining(Example):
    def reparameterize(self, mu, logvar):
        if self.training:
            return mu + torch.randn_like(mu) * logvar.mul(0.5).exp_()
        return mu


@listed("VAE that draws only in training")
def _():
    return example(OnlyInTraining())


class LogDeviation(Example):
    def reparameterize(self, mu, log_sigma):
        return mu + log_sigma.exp() * torch.randn_like(mu)


@listed("VAE with log σ")
def _():
    return example(LogDeviation(), torch.exp)


class Deviation(Example):
    reparameterize = None

    def encode(self, x):
        mu, s = super().encode(x)
        return [mu, F.softplus(s)]

    def sample(self, mu, sigma):
        return torch.normal(mu, sigma)


@listed("VAE with σ, a list")
def _():
    return example(Deviation(), lambda s: s)


class Softplus(Example):
    def reparameterise(self, mu, s):
        return Normal(mu, F.softplus(s)).rsample()

    reparameterize = None


@listed("VAE with softplus⁻¹(σ)")
def _():
    return example(Softplus(), F.softplus)


class Unsaid(Example):
    reparameterize = None


@listed("VAE that does not say what it draws")
def _():
    return example(Unsaid(), told="log σ²")


class Triple(Example):
    def encode(self, x):
        mu, logvar = super().encode(x)
        return self.reparameterize(mu, logvar), mu, logvar


@listed("VAE whose encode draws: (z, μ, log σ²)")
def _():
    model = Triple()
    return Case(
        model,
        images(),
        3,
        lambda x: model.encode(x.flatten(1))[1],
        model.decode,
        prior=True,
        deviation=lambda x: (model.encode(x.flatten(1))[2] / 2).exp(),
    )


def distributed(model, posterior):
    """A case of a model that gives its posterior as a distribution."""
    means, deviations = (lambda x: posterior(x).mean), (lambda x: posterior(x).stddev)
    return Case(model, images(), 3, means, model.decode, prior=True, deviation=deviations)


class Distributed(Example):
    def encode(self, x):
        mu, s = super().encode(x.flatten(1))
        return Normal(mu, F.softplus(s))


@listed("VAE whose encode returns a Normal")
def _():
    model = Distributed()
    return distributed(model, model.encode)


class Joint(Distributed):
    def encode(self, x):
        return Independent(super().encode(x), 1)


@listed("VAE whose encode returns an Independent")
def _():
    model = Joint()
    return distributed(model, model.encode)


class WithPosterior(Example):
    """`encode` draws; the mean is the posterior's."""

    def encode(self, x):
        return self.posterior(x).rsample()

    def posterior(self, x):
        mu, logvar = super().encode(x.flatten(1))
        return Normal(mu, (logvar / 2).exp())


@listed("VAE with a posterior")
def _():
    model = WithPosterior()
    return distributed(model, model.posterior)


class Named(Example):
    def encode(self, x):
        mu, logvar = super().encode(x.flatten(1))
        return {"logvar": logvar, "mu": mu}

    def decode(self, z):
        return {"x_hat": super().decode(z)}


@listed("VAE whose encode returns a dictionary")
def _():
    model = Named()
    return Case(
        model,
        images(),
        3,
        lambda x: model.encode(x)["mu"],
        lambda z: model.decode(z)["x_hat"],
        prior=True,
        deviation=lambda x: (model.encode(x)["logvar"] / 2).exp(),
    )


class DoubleWidth(Parts):
    def forward(self, x):
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        return self.decoder(mu + torch.randn_like(mu) * (logvar / 2).exp()), mu, logvar


@listed("VAE of modules, 2k numbers out and k in")
def _():
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 4))
    decoder = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8)))
    return Case(
        DoubleWidth(encoder, decoder),
        images(),
        2,
        lambda x: encoder(x)[:, :2],
        decoder,
        prior=True,
        deviation=lambda x: (encoder(x)[:, 2:] / 2).exp(),
        told="log σ²",
    )


class Trunk(nn.Module):
    """A trunk with two heads; what is between trunk and heads is written in `forward`."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 4, 4, stride=2, padding=1), nn.BatchNorm2d(4), nn.LeakyReLU())
        self.fc_mu, self.fc_logvar = nn.Linear(64, 2), nn.Linear(64, 2)
        self.decoder_input = nn.Linear(2, 64)
        self.decoder = nn.Sequential(
            nn.Unflatten(1, (4, 4, 4)), nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1), nn.Sigmoid()
        )

    def reparametrize(self, mu, logvar):
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

    def forward(self, x):
        h = self.encoder(x).flatten(1)
        mu, logvar = self.fc_mu(h), self.fc_logvar(h)
        return self.decoder(self.decoder_input(self.reparametrize(mu, logvar))), mu, logvar


@listed("VAE of a trunk and two heads")
def _():
    model = Trunk()
    return Case(
        model,
        images(),
        2,
        lambda x: model.fc_mu(model.encoder(x).flatten(1)),
        lambda z: model.decoder(model.decoder_input(z)),
        prior=True,
        deviation=lambda x: (model.fc_logvar(model.encoder(x).flatten(1)) / 2).exp(),
    )


class ModelOutput(OrderedDict):
    """As in pythae: a dictionary with its entries as attributes."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class PythaeEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers, self.embedding, self.log_var = nn.Linear(64, 16), nn.Linear(16, 2), nn.Linear(16, 2)

    def forward(self, x):
        h = F.relu(self.layers(x.reshape(-1, 64)))
        return ModelOutput(embedding=self.embedding(h), log_covariance=self.log_var(h))


class PythaeDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 64), nn.Sigmoid())

    def forward(self, z):
        return ModelOutput(reconstruction=self.layers(z).reshape(-1, 1, 8, 8))


class Pythae(Parts):
    def forward(self, inputs, **options):
        out = self.encoder(inputs["data"])
        return ModelOutput(recon_x=self.decoder(out.embedding).reconstruction, z=out.embedding)


@listed("VAE in pythae's form")
def _():
    model = Pythae(PythaeEncoder(), PythaeDecoder())
    return Case(
        model,
        images(),
        2,
        lambda x: model.encoder(x).embedding,
        lambda z: model.decoder(z).reconstruction,
        prior=True,
        deviation=lambda x: (model.encoder(x).log_covariance / 2).exp(),
    )


class DiagonalGaussian:
    """As in diffusers."""

    def __init__(self, parameters):
        self.mean, self.logvar = torch.chunk(parameters, 2, dim=1)
        self.std = torch.exp(0.5 * torch.clamp(self.logvar, -30.0, 20.0))

    def sample(self, generator=None):
        return self.mean + self.std * torch.randn_like(self.mean)

    def mode(self):
        return self.mean


class Diffusers(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.GroupNorm(4, 8), nn.SiLU(), nn.Conv2d(8, 4, 3, 2, 1))
        self.decoder = nn.Sequential(
            nn.Conv2d(2, 8, 3, 1, 1), nn.SiLU(), nn.Upsample(scale_factor=4.0, mode="nearest"), nn.Conv2d(8, 3, 3, 1, 1)
        )
        self.quant_conv, self.post_quant_conv = nn.Conv2d(4, 4, 1), nn.Conv2d(2, 2, 1)

    def encode(self, x, return_dict=True):
        return SimpleNamespace(latent_dist=DiagonalGaussian(self.quant_conv(self.encoder(x))))

    def decode(self, z, return_dict=True):
        return SimpleNamespace(sample=self.decoder(self.post_quant_conv(z)))

    def forward(self, sample):
        return self.decode(self.encode(sample).latent_dist.mode())


@listed("VAE in diffusers' form, codes as maps, colour")
def _():
    model = Diffusers()
    return Case(
        model,
        images(3, 16),
        32,
        lambda x: model.encode(x).latent_dist.mean,
        lambda z: model.decode(z.view(-1, 2, 4, 4)).sample,
        prior=True,
        deviation=lambda x: model.encode(x).latent_dist.std.flatten(1),
    )


# --- wrapped, odd, and given by functions ---


@listed("DataParallel")
def _():
    model = Dense()
    return Case(nn.DataParallel(model).cpu(), images(), 2, model.encode, model.decode)


class Lightning(nn.Module):
    """A module for training, with the model inside."""

    def __init__(self, model):
        super().__init__()
        self.net = model
        self.loss = nn.MSELoss()

    def training_step(self, batch, index):
        return self.loss(self.net(batch[0]), batch[0])


@listed("Lightning's form")
def _():
    model = Dense()
    return Case(Lightning(model), images(), 2, model.encode, model.decode)


@listed("torch.compile")
def _():
    model = Dense()
    return Case(torch.compile(model), images(), 2, model.encode, model.decode)


class NoForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(64, 2), nn.Linear(2, 64)

    def encode(self, x):
        return self.a(x.flatten(1))

    def decode(self, z):
        return self.b(z).view(-1, 1, 8, 8)


@listed("no forward")
def _():
    return plain(NoForward(), images(), 2)


class Locked(Dense):
    """Neither can be copied: a lock, a tensor that is part of a graph, a generator."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.last = self.enc[0].weight * 2
        self.batches = (i for i in range(3))


@listed("a model that cannot be copied")
def _():
    return plain(Locked(), images(), 2)


@listed("double precision")
def _():
    model = Dense().double()
    return Case(model, images(), 2, lambda x: model.encode(x.double()), lambda z: model.decode(z.double()))


@listed("half precision")
def _():
    model = Dense().half()
    return Case(model, images(), 2, lambda x: model.encode(x.half()), lambda z: model.decode(z.half()))


@listed("bfloat16")
def _():
    model = strided(nn.BatchNorm2d, nn.ReLU).bfloat16()
    return Case(model, images(1, 16), 3, lambda x: model.encoder(x.bfloat16()), lambda z: model.decoder(z.bfloat16()))


@listed("two functions, no model")
def _():
    mean, axes = torch.rand(64), torch.linalg.qr(torch.randn(64, 4)).Q
    encode, decode = (lambda x: (x.flatten(1) - mean) @ axes), (lambda z: z @ axes.T + mean)
    return Case(None, images(), 4, encode, decode, {"encode": encode, "decode": decode})


@listed("two modules, no model")
def _():
    encoder, decoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), nn.Linear(2, 64)
    return Case(None, images(), 2, encoder, decoder, {"encode": encoder, "decode": decoder})


class Anything:
    """Not a module."""

    def __init__(self):
        self.net = Dense()

    def encode(self, x):
        return self.net.encode(x)

    def decode(self, z):
        return self.net.decode(z)


@listed("an object that is no module")
def _():
    return plain(Anything(), images(), 2)


@listed("encode given for a model that only draws")
def _():
    model = WithPosterior()
    return Case(
        model,
        images(),
        3,
        lambda x: Example.encode(model, x.flatten(1))[0],
        model.decode,
        {"encode": lambda x: Example.encode(model, x.flatten(1))[0], "prior": True},
        prior=True,
    )


class Logits(Dense):
    def decode(self, z):
        return 40 * self.dec[:-1](z).view(-1, 1, 8, 8) - 30


@listed("a decoder that puts out logits")
def _():
    model = Logits()
    return Case(model, images() * 0.2, 2, model.encode, lambda z: model.decode(z).sigmoid(), told="head=")


@listed("logits, with a head")
def _():
    model = Logits()
    options = {"head": nn.Sigmoid(), "prior": False}
    return Case(model, images(), 2, model.encode, lambda z: model.decode(z).sigmoid(), options, prior=False)


# --- what cannot be explored ---


@listed("only forward", HOPELESS)
def _():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2), nn.ReLU(), nn.Linear(2, 64))
    return model, images(), {}, ("Sequential", "no encode", "encode=", "decode=", "model[")


class Random(Dense):
    def encode(self, x):
        z = super().encode(x)
        return z + torch.randn_like(z)


@listed("encode only draws", HOPELESS)
def _():
    return Random(), images(), {}, ("Random", "each time", "encode=")


class Small(Dense):
    def decode(self, z):
        return super().decode(z)[:, :, :4, :4]


@listed("pictures of another shape", HOPELESS)
def _():
    return Small(), images(), {}, ("Small", "[1, 4, 4]", "[1, 8, 8]", "decode=")


@listed("images of another shape", HOPELESS)
def _():
    return Dense(), images(1, 16), {}, ("Dense", "1, 16, 16]", "64")


class Indices(Quantised):
    def encode(self, x):
        return super().encode(x)[1]


@listed("encode returns whole numbers", HOPELESS)
def _():
    return Indices(), images(), {}, ("Indices", "int64", "encode=")


@listed("a loss for a model", HOPELESS)
def _():
    return nn.MSELoss(), images(), {}, ("MSELoss", "no encode", "encode=")


@listed("no model, and no functions", HOPELESS)
def _():
    return None, images(), {}, ("encode=", "decode=")


@listed("a head that is none", HOPELESS)
def _():
    return Dense(), images(), {"head": "sigmoid"}, ("head=", "'sigmoid'", "torch.nn.Sigmoid()")


@listed("a prior that is none", HOPELESS)
def _():
    return Dense(), images(), {"prior": "normal"}, ("prior=", "'normal'", "True")


@listed("a text for encode", HOPELESS)
def _():
    return Dense(), images(), {"encode": "embed"}, ("encode=", "'embed'", "function")


@listed("the class for the model", HOPELESS)
def _():
    return Dense, images(), {}, ("class", "Dense()")

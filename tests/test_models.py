"""The models compute what their layers say."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch import nn

import aeutils as ae
from aeutils.models import mlp, parameter_count

MODELS = {
    "default": ae.Autoencoder,
    "linear": lambda: ae.Autoencoder((784, 8), head=nn.Identity),
    "tanh": lambda: ae.Autoencoder((784, 30, 5), activation=nn.Tanh),
    "conv": ae.ConvAutoencoder,
    "conv wide": lambda: ae.ConvAutoencoder(7, (3, 5), activation=nn.GELU, head=nn.Identity),
}
CODE_SIZES = {"default": 2, "linear": 8, "tanh": 5, "conv": 2, "conv wide": 7}


@pytest.fixture(params=MODELS)
def named_model(request):
    torch.manual_seed(0)
    return request.param, MODELS[request.param]()


def test_encode_decode_and_forward_agree(named_model, digits):
    name, model = named_model
    x = digits.test.x[:6]
    z = model.encode(x)
    assert z.shape == (6, CODE_SIZES[name])
    assert model.decode(z).shape == model.decode_logits(z).shape == x.shape
    assert torch.equal(model(x), model.decode(model.encode(x)))
    assert torch.equal(model.decode(z), model.head(model.decode_logits(z)))


def test_encoder_and_decoder_end_in_linear_layers(named_model):
    _, model = named_model
    for part in (model.encoder, model.decoder):
        assert type(part) is nn.Sequential
        assert isinstance(part[-1], nn.Linear | nn.ConvTranspose2d)
    assert isinstance(model.encoder[-1], nn.Linear)


def test_the_gradient_reaches_every_parameter(named_model, digits):
    _, model = named_model
    (model(digits.train.x[:50]) - digits.train.x[:50]).square().sum().backward()
    unreached = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert unreached == []


def test_an_autoencoder_is_these_matrix_products(digits):
    torch.manual_seed(1)
    model = ae.Autoencoder((784, 20, 3))
    weights = {name: value.double().numpy() for name, value in model.state_dict().items()}
    layers = ["encoder.0", "encoder.2", "decoder.0", "decoder.2"]
    assert list(weights) == [f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]

    def layer(name, inputs):
        return inputs @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    x = digits.test.x[:4]
    z = layer("encoder.2", np.maximum(layer("encoder.0", x.double().numpy().reshape(4, 784)), 0))
    logits = layer("decoder.2", np.maximum(layer("decoder.0", z), 0)).reshape(4, 1, 28, 28)
    np.testing.assert_allclose(model.encode(x).detach(), z, atol=1e-5)
    np.testing.assert_allclose(model.decode_logits(model.encode(x)).detach(), logits, atol=1e-5)
    np.testing.assert_allclose(model(x).detach(), expit(logits), atol=1e-5)


# Counted by hand: (inputs + 1) x outputs for each linear layer, (inputs x 16 + 1) x outputs for each convolution.
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (ae.Autoencoder((784, 2)), 785 * 2 + 3 * 784),
        (ae.Autoencoder(), (785 * 256 + 257 * 64 + 65 * 2) + (3 * 64 + 65 * 256 + 257 * 784)),
        (ae.ConvAutoencoder(), (17 * 16 + 257 * 32 + 1569 * 2) + (3 * 1568 + 513 * 16 + 257 * 1)),
    ],
)
def test_parameter_counts(model, expected):
    assert parameter_count(model) == expected


def test_frozen_parameters_are_not_counted():
    model = ae.Autoencoder((784, 2))
    model.decoder.requires_grad_(False)
    assert parameter_count(model) == 785 * 2


def test_other_image_shapes(digits):
    x = digits.test.x[:3, :, :10, 5:25]
    assert ae.Autoencoder((200, 4), shape=(1, 10, 20))(x).shape == x.shape


def test_mlp_has_an_activation_after_each_layer_but_the_last():
    kinds = [type(layer) for layer in mlp((5, 4, 3, 2), nn.ELU)]
    assert kinds == [nn.Linear, nn.ELU, nn.Linear, nn.ELU, nn.Linear]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ae.Autoencoder((784,)), ["(784,)", "at least two"]),
        (lambda: ae.Autoencoder(()), ["()", "at least two"]),
        (lambda: ae.Autoencoder((784, 0)), ["(784, 0)", "1 or more"]),
        (lambda: ae.Autoencoder((100, 2)), ["100", "(1, 28, 28)", "784"]),
        (lambda: ae.Autoencoder(activation=nn.ReLU()), ["nn.ReLU()", "activation=nn.ReLU"]),
        (lambda: ae.Autoencoder(head=nn.Sigmoid()), ["nn.Sigmoid()", "head=nn.Sigmoid"]),
        (lambda: ae.ConvAutoencoder(0), ["code_size=0"]),
        (lambda: ae.ConvAutoencoder(2, (16,)), ["(16,)", "two channel counts"]),
        (lambda: ae.ConvAutoencoder(2, (16, 0)), ["(16, 0)"]),
        (lambda: ae.ConvAutoencoder(activation=nn.GELU()), ["activation=nn.GELU"]),
    ],
)
def test_settings_that_cannot_work_are_refused(refused, make, words):
    with refused(ValueError, *words):
        make()


@pytest.mark.parametrize("shape", [(3, 1, 32, 32), (3, 28, 28), (3, 784), (1, 28, 28), (3, 3, 28, 28)])
@pytest.mark.parametrize("kind", [ae.Autoencoder, ae.ConvAutoencoder])
def test_images_of_another_shape_are_refused(refused, kind, shape):
    with refused(ValueError, str(list(shape)), "[B, 1, 28, 28]"):
        kind()(torch.rand(shape))

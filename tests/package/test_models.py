"""The models compute what their layers say."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch import nn

import aeutils as ae
from aeutils.models import he_start, mlp, parameter_count

MODELS = {
    "default": ae.Autoencoder,
    "linear": lambda: ae.Autoencoder((784, 8), head=nn.Identity),
    "tanh": lambda: ae.Autoencoder((784, 30, 5), activation=nn.Tanh),
    "conv": ae.ConvAutoencoder,
    "conv wide": lambda: ae.ConvAutoencoder(7, (3, 5), activation=nn.GELU, head=nn.Identity),
    "variational": lambda: ae.VariationalAutoencoder((784, 20, 3)),
    "article": ae.ArticleAutoencoder,
    "article plain": lambda: ae.ArticleAutoencoder(
        (784, 30, 30, 30, 4), nn.Tanh, summed=False, activation_after="no layer"
    ),
}
CODE_SIZES = {"default": 2, "linear": 8, "tanh": 5, "conv": 2, "conv wide": 7}
CODE_SIZES |= {"variational": 3, "article": 16, "article plain": 4}


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
    name, model = named_model
    if name.startswith("article"):
        assert isinstance(model.decoder.last, nn.Linear)
    for part in (model.encoder,) if name.startswith("article") else (model.encoder, model.decoder):
        assert type(part) is nn.Sequential
        assert isinstance(part[-1], nn.Linear | nn.ConvTranspose2d)
    assert isinstance(model.encoder[-1], nn.Linear)


def test_the_gradient_reaches_every_parameter(named_model, digits):
    name, model = named_model
    x = digits.train.x[:50]
    x_hat = model.decode(model.posterior(x).rsample()) if name == "variational" else model(x)
    (x_hat - x).square().sum().backward()
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


def test_the_posterior_is_a_mean_and_a_logarithm_of_the_variance_for_each_unit(digits):
    torch.manual_seed(1)
    model, x = ae.VariationalAutoencoder((784, 20, 3)), digits.test.x[:5]
    posterior = model.posterior(x)
    both = model.encoder(x.flatten(1)).detach().double().numpy()  # [5, 6]
    assert posterior.batch_shape == (5, 3)
    np.testing.assert_allclose(posterior.mean.detach(), both[:, :3], atol=1e-6)
    np.testing.assert_allclose(posterior.variance.detach(), np.exp(both[:, 3:]), rtol=1e-5)
    assert torch.equal(model.encode(x), posterior.mean)
    assert not torch.equal(posterior.rsample(), posterior.rsample())


@pytest.mark.parametrize("after", ["every layer", "all but the first", "no layer"])
@pytest.mark.parametrize("summed", [False, True])
def test_the_articles_decoder_is_these_matrix_products(summed, after):
    torch.manual_seed(1)
    model = ae.ArticleAutoencoder((784, 30, 30, 30, 30, 4), summed=summed, activation_after=after)
    weights = {name: value.double().numpy() for name, value in model.decoder.state_dict().items()}

    def layer(name, inputs):
        return inputs @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def bent(index, values):
        straight = after == "no layer" or (after == "all but the first" and index == 0)
        return values if straight else np.maximum(values, 0)

    z = torch.randn(6, 4)
    h1 = bent(0, layer("hidden.0", z.double().numpy()))
    h2 = bent(1, layer("hidden.1", h1))
    h3 = bent(2, layer("hidden.2", h2))
    given = np.maximum(h1 + h2 + h3, 0) if summed else h3
    logits = layer("last", bent(3, layer("hidden.3", given)))
    np.testing.assert_allclose(model.decoder.before_last(z).detach(), given, atol=1e-5)
    np.testing.assert_allclose(model.decode_logits(z).detach().flatten(1), logits, atol=1e-5)


def test_the_articles_decoder_without_sum_and_with_every_activation_is_the_plain_one():
    sizes = (784, 30, 30, 30, 4)
    article, plain = ae.ArticleAutoencoder(sizes, summed=False, activation_after="every layer"), ae.Autoencoder(sizes)
    assert parameter_count(article) == parameter_count(plain) == parameter_count(ae.ArticleAutoencoder(sizes))
    for ours, theirs in zip(article.parameters(), plain.parameters(), strict=True):
        ours.data.copy_(theirs)
    z = torch.randn(5, 4)
    assert torch.equal(article.decode(z), plain.decode(z))


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
        (lambda: ae.VariationalAutoencoder((784, 0)), ["(784, 0)", "1 or more"]),
        (lambda: ae.ArticleAutoencoder((784, 30, 30, 4)), ["(784, 30, 30, 4)", "three or more"]),
        (lambda: ae.ArticleAutoencoder((784, 30, 20, 30, 4)), ["(784, 30, 20, 30, 4)", "one width"]),
        (lambda: ae.ArticleAutoencoder(activation_after="last"), ["'last'", "'all but the first'"]),
        (lambda: ae.ConvAutoencoder(0), ["code_size=0"]),
        (lambda: ae.ConvAutoencoder(2, (16,)), ["(16,)", "two channel counts"]),
        (lambda: ae.ConvAutoencoder(2, (16, 0)), ["(16, 0)"]),
        (lambda: ae.ConvAutoencoder(activation=nn.GELU()), ["activation=nn.GELU"]),
        (lambda: ae.ConvAutoencoder(2.5), ["code_size=2.5", "whole number"]),
        (lambda: ae.ConvAutoencoder("2"), ["code_size='2'"]),
        (lambda: ae.ConvAutoencoder(shape=(28, 28)), ["shape=(28, 28)", "(channels, height, width)"]),
        (lambda: ae.ConvAutoencoder(shape=(1, 3, 28)), ["(1, 3, 28)", "4 x 4"]),
        (lambda: ae.Autoencoder(None), ["sizes=None", "at least two"]),
        (lambda: ae.Autoencoder("784"), ["sizes='784'"]),
        (lambda: ae.Autoencoder((784, 2.5)), ["(784, 2.5)", "whole numbers"]),
        (lambda: ae.Autoencoder((784, "2")), ["(784, '2')"]),
        (lambda: ae.Autoencoder(shape=None), ["shape=None", "(1, 28, 28)"]),
        (lambda: ae.Autoencoder(activation="relu"), ["activation='relu'", "activation=nn.ReLU"]),
        (lambda: ae.Autoencoder(head=None), ["head=None", "head=nn.ReLU"]),
        (lambda: ae.Autoencoder(activation=dict), ["activation=", "makes {}"]),
        (lambda: mlp((5,), nn.ReLU), ["sizes=(5,)"]),
        (lambda: parameter_count(None), ["None", "torch module"]),
    ],
)
def test_settings_that_cannot_work_are_refused(refused, make, words):
    with refused(ValueError, *words):
        make()


@pytest.mark.parametrize("shape", [(3, 1, 32, 32), (3, 28, 28), (3, 784), (1, 28, 28), (3, 3, 28, 28)])
@pytest.mark.parametrize("kind", [ae.Autoencoder, ae.ConvAutoencoder, ae.VariationalAutoencoder, ae.ArticleAutoencoder])
def test_images_of_another_shape_are_refused(refused, kind, shape):
    with refused(ValueError, str(list(shape)), "[B, 1, 28, 28]"):
        kind()(torch.rand(shape))


# --- other shapes ---


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 29, 31), (1, 4, 5), (2, 27, 30), (1, 7, 64)])
def test_convolutions_take_any_number_of_channels_and_any_size(shape):
    model = ae.ConvAutoencoder(3, shape=shape)
    x = torch.rand(2, *shape)
    assert model.encode(x).shape == (2, 3)
    assert model(x).shape == x.shape
    assert model.encoder[2](model.encoder[:2](x)).shape[2:] == (shape[1] // 4, shape[2] // 4)
    model(x).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_convolutions_of_28_pixels_are_as_they_always_were():
    """The same layers and the same draws: a seed gives the same model as before there was `shape`."""
    torch.manual_seed(3)
    expected = [
        nn.Conv2d(1, 16, 4, stride=2, padding=1),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.Linear(32 * 7 * 7, 2),
        nn.Linear(2, 32 * 7 * 7),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
        nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1),
    ]
    torch.manual_seed(3)
    model = ae.ConvAutoencoder()
    layers = [layer for layer in model.modules() if hasattr(layer, "weight")]
    assert [repr(layer) for layer in layers] == [repr(layer) for layer in expected]
    for ours, theirs in zip(layers, expected, strict=True):
        assert torch.equal(ours.weight, theirs.weight) and torch.equal(ours.bias, theirs.bias)


@pytest.mark.parametrize(
    "model",
    [
        lambda: ae.Autoencoder((300, 10, 2), shape=(3, 10, 10)),
        lambda: ae.VariationalAutoencoder((300, 10, 2), shape=(3, 10, 10)),
        lambda: ae.ArticleAutoencoder((300, 9, 9, 9, 2), shape=(3, 10, 10)),
    ],
)
def test_models_take_colour(model):
    x = torch.rand(4, 3, 10, 10)
    assert model()(x).shape == x.shape


# --- what no layer could take ---


@pytest.mark.parametrize(
    ("z", "words"),
    [
        (torch.rand(4, 3), ["codes", "[4, 3]", "[B, {k}]"]),
        (torch.rand(2, 2, 2), ["codes", "[2, 2, 2]"]),
        (None, ["codes", "None"]),
        ([[0.0, 0.0]], ["codes", "[[0.0, 0.0]]"]),
        (np.zeros((4, 2), np.float32), ["codes", "ndarray"]),
        (torch.zeros(4, 2, dtype=torch.int64), ["codes", "int64", "float32"]),
        (torch.zeros(4, 2, dtype=torch.float64), ["codes", "float64", ".to(torch.float32)"]),
        (torch.zeros(4, 2, device="meta"), ["codes", "meta", "cpu"]),
    ],
)
@pytest.mark.parametrize("method", ["decode", "decode_logits"])
def test_what_is_no_code_of_the_models_size_is_refused(refused, named_model, z, words, method):
    name, model = named_model
    if isinstance(z, torch.Tensor) and z.ndim == 2 and z.shape[1] == 2:
        z = z[:, :1].expand(4, CODE_SIZES[name])
    elif CODE_SIZES[name] == 3 and isinstance(z, torch.Tensor):
        z = z.repeat(*[1] * (z.ndim - 1), 2)
        words = [word.replace("[4, 3]", "[4, 6]").replace("[2, 2, 2]", "[2, 2, 4]") for word in words]
    with refused(ValueError, *(word.format(k=CODE_SIZES[name]) for word in words)):
        getattr(model, method)(z)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (None, ["None"]),
        (b"bytes", ["b'bytes'"]),
        (np.zeros((4, 1, 28, 28), np.float32), ["ndarray of shape [4, 1, 28, 28]"]),
        (torch.zeros(4, 1, 28, 28, dtype=torch.uint8), ["uint8", ".to(torch.float32)"]),
        (torch.zeros(4, 1, 28, 28, dtype=torch.float64), ["float64"]),
        (torch.zeros(4, 1, 28, 28, device="meta"), ["on meta", "on cpu"]),
    ],
)
def test_what_is_no_image_is_refused(refused, named_model, x, words):
    with refused(ValueError, "images", *words):
        named_model[1].encode(x)


def test_a_model_of_other_numbers_takes_those():
    model = ae.Autoencoder((784, 3, 2)).double()
    assert model(torch.rand(2, 1, 28, 28, dtype=torch.float64)).dtype == torch.float64
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert ae.Autoencoder((784, 2))(torch.rand(2, 1, 28, 28)).shape == (2, 1, 28, 28)
        assert ae.Autoencoder((784, 2)).decode(torch.rand(2, 2, dtype=torch.bfloat16)).shape == (2, 1, 28, 28)


def test_layers_that_are_replaced_say_how_large_a_code_is():
    model = ae.Autoencoder((784, 20, 2))
    model.decoder = mlp((12, 20, 784), nn.ReLU)  # a code of 2 and a label of 10, say
    assert model.decode(torch.rand(3, 12)).shape == (3, 1, 28, 28)


def test_layers_are_made_as_often_as_ever():
    """What makes a layer may draw random numbers: making one more, to look at it, would change every seed."""
    made = []

    def activation():
        made.append(nn.ReLU())
        return made[-1]

    ae.Autoencoder((784, 5, 4, 2), activation=activation, head=activation)
    assert len(made) == 3 + 3 + 1  # one for each linear layer, of which the last on each side goes unused, and the head


def test_hes_start_is_pytorchs_before_a_relu_and_leaves_code_and_last_layer():
    torch.manual_seed(0)
    model = ae.Autoencoder((784, 300, 200, 8))
    kept = [model.encoder[-1].weight.clone(), model.decoder[-1].weight.clone()]
    assert he_start(model) is model
    assert torch.equal(model.encoder[-1].weight, kept[0]) and torch.equal(model.decoder[-1].weight, kept[1])
    for layer in (*model.encoder[:-1:2], *model.decoder[:-1:2]):
        assert layer.weight.var().item() == pytest.approx(2 / layer.in_features, rel=0.1)
        assert layer.bias.abs().max() == 0


@pytest.mark.parametrize("model", [ae.ConvAutoencoder(), nn.Linear(3, 3), None])
def test_hes_start_is_for_fully_connected_layers(model, refused):
    with refused(ValueError, "expected fully connected layers"):
        he_start(model)

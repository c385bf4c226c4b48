"""What a notebook defines as the lesson is what the package offers: lifted out of the notebook and held equal."""

from __future__ import annotations

import functools
import inspect
from copy import deepcopy

import pytest
import torch
from notebook_cells import NOTEBOOKS, setup_namespace, tagged
from torch import nn

from aeutils import evaluation, losses, models, training
from aeutils.chapters.ch08 import clusters, listing, probes
from aeutils.chapters.ch09 import denoisers
from aeutils.data import Images, Split
from aeutils.training import loop

BY_NUMBER = {path.name.split("_")[0]: path for path in NOTEBOOKS}


@functools.cache
def lifted(number: str) -> dict:
    namespace = setup_namespace(BY_NUMBER[number])
    for cell in tagged(BY_NUMBER[number], "definition"):
        exec(cell.source, namespace)
    return namespace


@pytest.fixture(scope="module")
def notebook_01():
    return lifted("01")


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh])
@pytest.mark.parametrize("head", [nn.Sigmoid, nn.Identity])
@pytest.mark.parametrize("sizes", [(784, 256, 64, 2), (784, 8), (784, 30, 20, 10, 5)])
def test_autoencoder_of_notebook_01(notebook_01, sizes, activation, head):
    ours, taught = models.Autoencoder(sizes, activation, head), notebook_01["Autoencoder"](sizes, activation, head)
    assert [(name, p.shape) for name, p in ours.state_dict().items()] == [
        (name, p.shape) for name, p in taught.state_dict().items()
    ]
    assert [type(layer) for layer in ours.modules()][1:] == [type(layer) for layer in taught.modules()][1:]
    taught.load_state_dict(ours.state_dict())
    x = torch.rand(7, 1, 28, 28)
    z = ours.encode(x)
    for left, right in (
        (z, taught.encode(x)),
        (ours.decode_logits(z), taught.decode_logits(z)),
        (ours.decode(z), taught.decode(z)),
        (ours(x), taught(x)),
    ):
        assert left.shape == right.shape
        assert torch.equal(left, right)


@pytest.mark.parametrize(
    ("number", "name"),
    [("01", "Autoencoder"), ("02b", "ArticleAutoencoder"), ("02b", "ArticleDecoder"), ("04", "VariationalAutoencoder")],
)
def test_defaults_of_a_model(number, name):
    ours = inspect.signature(getattr(models, name)).parameters
    taught = inspect.signature(lifted(number)[name]).parameters
    given = {name: p.default for name, p in taught.items() if p.default is not p.empty}
    assert given == {name: ours[name].default for name in given}


def test_mlp_of_notebook_01(notebook_01):
    for sizes in ((5, 3), (9, 7, 5, 3)):
        ours, taught = models.mlp(sizes, nn.GELU), notebook_01["mlp"](sizes, nn.GELU)
        assert str(ours) == str(taught)


@pytest.fixture(scope="module")
def notebook_03():
    return lifted("03")


@pytest.mark.parametrize("name", ["squared_error", "cross_entropy"])
def test_loss_of_notebook_03(notebook_03, name):
    torch.manual_seed(0)
    model = models.Autoencoder((784, 20, 3))
    x = torch.rand(7, 1, 28, 28)
    (ours,), (taught,) = (function(model, x).items() for function in (getattr(losses, name), notebook_03[name]))
    assert ours[0] == taught[0] == name
    assert torch.equal(ours[1], taught[1])
    gradients = [torch.autograd.grad(term, list(model.parameters())) for _, term in (ours, taught)]
    assert all(torch.equal(left, right) for left, right in zip(*gradients, strict=True))


@pytest.fixture(scope="module")
def notebook_04():
    return lifted("04")


@pytest.mark.parametrize("head", [nn.Sigmoid, nn.Identity])
@pytest.mark.parametrize("sizes", [(784, 30, 20, 4), (784, 8)])
def test_variational_autoencoder_of_notebook_04(notebook_04, sizes, head):
    models_made = []
    for made in (models.VariationalAutoencoder, notebook_04["VariationalAutoencoder"]):
        torch.manual_seed(3)
        models_made.append(made(sizes, nn.Tanh, head))
    ours, taught = models_made
    assert ours.state_dict().keys() == taught.state_dict().keys()
    assert all(torch.equal(value, taught.state_dict()[name]) for name, value in ours.state_dict().items())
    x = torch.rand(7, 1, 28, 28)
    left, right = ours.posterior(x), taught.posterior(x)
    assert torch.equal(left.mean, right.mean) and torch.equal(left.stddev, right.stddev)
    assert torch.equal(ours.encode(x), taught.encode(x)) and torch.equal(ours(x), taught(x))
    assert torch.equal(losses.kl_to_prior(left), notebook_04["kl_to_prior"](right))
    for name in ("variational_squared_error", "variational_cross_entropy"):
        found = []
        for model, loss in ((ours, getattr(losses, name)), (taught, notebook_04[name])):
            torch.manual_seed(4)
            terms = loss(model, x)
            found.append((terms, torch.autograd.grad(sum(terms.values()), list(model.parameters()))))
        (our_terms, our_gradients), (their_terms, their_gradients) = found
        assert list(our_terms) == list(their_terms)
        assert all(torch.equal(value, their_terms[term]) for term, value in our_terms.items())
        assert all(torch.equal(a, b) for a, b in zip(our_gradients, their_gradients, strict=True))


@pytest.mark.parametrize("sizes", [(784, 20, 10, 5), (784, 8)])
def test_he_start_of_notebook_02(sizes):
    started = []
    for start in (models.he_start, lifted("02")["he_start"]):
        torch.manual_seed(2)
        started.append(start(models.Autoencoder(sizes)).state_dict())
    assert all(torch.equal(ours, taught) for ours, taught in zip(*(s.values() for s in started), strict=True))


def test_nearest_distance_of_notebook_07():
    pictures, others = torch.rand(5, 1, 28, 28), torch.rand(9, 1, 28, 28)
    taught = lifted("07")["nearest_distance"]
    assert torch.equal(evaluation.nearest_distance(pictures, others), taught(pictures, others))


@pytest.fixture(scope="module")
def notebook_02b():
    return lifted("02b")


@pytest.mark.parametrize("head", [nn.Sigmoid, nn.Identity])
@pytest.mark.parametrize("after", ["every layer", "all but the first", "no layer"])
@pytest.mark.parametrize("summed", [False, True])
def test_article_autoencoder_of_notebook_02b(notebook_02b, summed, after, head):
    sizes = (784, 20, 20, 20, 20, 5)
    ours, taught = (
        kind(sizes, nn.Tanh, head, summed=summed, activation_after=after)
        for kind in (models.ArticleAutoencoder, notebook_02b["ArticleAutoencoder"])
    )
    assert [(name, p.shape) for name, p in ours.state_dict().items()] == [
        (name, p.shape) for name, p in taught.state_dict().items()
    ]
    taught.load_state_dict(ours.state_dict())
    x = torch.rand(7, 1, 28, 28)
    z = ours.encode(x)
    for left, right in (
        (z, taught.encode(x)),
        (ours.decoder.before_last(z), taught.decoder.before_last(z)),
        (ours.decoder(z), taught.decoder(z)),
        (ours.decode(z), taught.decode(z)),
        (ours(x), taught(x)),
    ):
        assert torch.equal(left, right)


@pytest.fixture(scope="module")
def notebook_06():
    return lifted("06")


@pytest.fixture(scope="module")
def few_images():
    generator = torch.Generator().manual_seed(6)
    return Images("few", *(Split(torch.rand(n, 1, 28, 28, generator=generator)) for n in (130, 40, 10)), ())


@pytest.mark.parametrize("patience", [None, 2])
@pytest.mark.parametrize("loss", [losses.squared_error, losses.cross_entropy, losses.variational_squared_error])
def test_fit_of_notebook_06(notebook_06, few_images, loss, patience):
    start = models.VariationalAutoencoder((784, 20, 3))
    settings = {"epochs": 8, "batch_size": 50, "lr": 0.05, "patience": patience, "seed": 3}  # a short last batch
    ours, taught = deepcopy(start), deepcopy(start)
    by_package = training.fit(ours, few_images, loss, **settings)
    by_notebook = notebook_06["fit"](taught, few_images, loss, **settings)
    by_package.seconds = by_notebook.seconds = 0
    by_notebook.measured = len(few_images.train)  # it measures all, and does not say so
    assert by_package == by_notebook
    assert all(torch.equal(left, right) for left, right in zip(ours.parameters(), taught.parameters(), strict=True))
    assert not taught.training


def test_measure_of_notebook_06(notebook_06):
    model, x = models.VariationalAutoencoder((784, 20, 3)), torch.rand(1300, 1, 28, 28)
    measured = []
    for function in (loop._measure, notebook_06["measure"]):
        torch.manual_seed(6)
        measured.append(function(model, losses.variational_squared_error, x))
    assert measured[0] == measured[1]


def test_defaults_of_notebook_06(notebook_06):
    ours = inspect.signature(training.fit).parameters
    taught = inspect.signature(notebook_06["fit"]).parameters
    for name, parameter in taught.items():
        expected = 20 if name == "epochs" else ours[name].default  # fit has None there: 20 unless steps is given
        assert parameter.default == expected, name


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 27, 30), (1, 13, 7)])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.GELU])
def test_conv_autoencoder_of_notebook_02(activation, shape):
    taught_class = lifted("02")["ConvAutoencoder"]
    defaults = inspect.signature(models.ConvAutoencoder).parameters
    given = inspect.signature(taught_class).parameters
    assert {name: p.default for name, p in given.items()} == {name: defaults[name].default for name in given}
    ours, taught = (kind(5, (3, 4), activation, nn.Identity, shape) for kind in (models.ConvAutoencoder, taught_class))
    assert [type(layer) for layer in ours.modules()][1:] == [type(layer) for layer in taught.modules()][1:]
    taught.load_state_dict(ours.state_dict())
    x = torch.rand(3, *shape)
    z = ours.encode(x)
    assert torch.equal(z, taught.encode(x))
    assert (
        ours(x).shape == x.shape and torch.equal(ours(x), taught(x)) and torch.equal(ours.decode(z), taught.decode(z))
    )


@pytest.fixture(scope="module")
def notebook_08():
    return lifted("08")


def test_listing_of_notebook_08(notebook_08):
    generator = torch.Generator().manual_seed(8)
    x, y = torch.rand(230, 1, 28, 28, generator=generator), torch.randint(10, (230,), generator=generator)
    found = []
    for train in (listing.train_listing, notebook_08["train_listing"]):
        torch.manual_seed(8)
        model, printed = train(x, y, epochs=2)
        found.append((printed, list(model.cpu().state_dict().items())))
    (ours, our_weights), (theirs, their_weights) = found
    assert ours == theirs
    assert all(a == b and torch.equal(v, w) for (a, v), (b, w) in zip(our_weights, their_weights, strict=True))


def test_readers_and_clusters_of_notebook_08(notebook_08):
    images = notebook_08["images"]
    codes = {part: getattr(images, part).x.flatten(1)[:, 300:330:5] for part in ("train", "val", "test")}
    ours, taught = (function(codes) for function in (probes.scaled, notebook_08["scaled"]))
    assert all((ours[part] == taught[part]).all() for part in codes)
    chosen = probes.few_labels(images.train.y, 100, seed=8)
    assert sorted(images.train.y[chosen].tolist()) == [digit for digit in range(10) for _ in range(10)]
    for reader in probes.READERS:
        assert probes.probe(reader, ours, images, chosen) == notebook_08["probe"](reader, ours, chosen)
    few = {part: z[:200] for part, z in ours.items()}
    for method in clusters.METHODS:
        found = clusters.cluster(method, few, 8)
        assert found.shape == (200,) and (found == notebook_08["cluster"](method, few, 8)).all()


@pytest.mark.parametrize("name", list(denoisers.CORRUPTIONS))
def test_noise_and_loss_of_notebook_09(name):
    taught = lifted("09")
    x, model, found = torch.rand(6, 1, 28, 28), models.Autoencoder((784, 8)), []
    for corrupt, denoising in (
        (denoisers.CORRUPTIONS[name], denoisers.denoising),
        (taught["corruptions"][name], taught["denoising"]),
    ):
        torch.manual_seed(3)
        noisy = corrupt(x)
        found.append((noisy, denoising(corrupt)(model, x)["squared_error"]))
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(*found, strict=True))


def test_network_without_a_code_of_notebook_09():
    torch.manual_seed(4)
    ours = denoisers.convolutional()
    torch.manual_seed(4)
    taught = lifted("09")["convolutional"]()
    x = torch.rand(3, 1, 20, 24)
    assert ours(x).shape == x.shape and torch.equal(ours(x), taught(x))
    assert sum(p.numel() for p in ours.parameters()) == 7233

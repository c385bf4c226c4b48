"""Every model of the table, understood; and what is said of those that are not."""

import pytest
import torch
from model_zoo import HOPELESS, MODELS
from torch import nn

import aeutils as ae
from aeutils.explorer.adapters import adapt
from aeutils.explorer.images import shown_images


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_understood(name):
    torch.manual_seed(0)
    case = MODELS[name]()
    found = adapt(case.model, case.x, **case.options).eval()
    with torch.no_grad():
        z, pictures = found.encode(case.x), found(case.x)
        wanted = case.codes(case.x).float().reshape(len(case.x), -1)
        assert z.shape == (len(case.x), case.size) and z.dtype == torch.float32
        assert torch.allclose(z, wanted, atol=1e-5)
        z = torch.randn_like(z)
        own = case.pictures(z)
        assert found.decode(z).shape == case.x.shape == pictures.shape and pictures.dtype == torch.float32
        assert torch.allclose(found.decode(z), own.float().reshape(case.x.shape), atol=1e-5)
        assert torch.equal(found.encode(case.x), found.encode(case.x)), "a mean, no sample"
        assert found.prior is case.prior
        assert found.has_posterior is (case.deviation is not None)
        if case.deviation:
            assert torch.allclose(found.posterior(case.x).stddev, case.deviation(case.x).float(), rtol=1e-4)
    assert case.told in " ".join(found.notes) and bool(found.notes) is bool(case.told), found.notes


@pytest.mark.parametrize("name", HOPELESS)
def test_what_is_not_understood_is_told_in_one_line(name, refused):
    torch.manual_seed(0)
    model, x, options, words = HOPELESS[name]()
    with refused(ValueError, *words):
        adapt(model, x, **options)


def state(model):
    modes = [module.training for module in model.modules()]
    gradients = [(weight.requires_grad, weight.grad) for weight in model.parameters()]
    return modes, gradients, [tensor.clone() for tensor in model.state_dict().values()], set(vars(model))


@pytest.mark.parametrize("name", ["batch norm", "a model that cannot be copied", "VAE that draws only in training"])
def test_a_model_is_neither_copied_nor_changed(name):
    torch.manual_seed(0)
    case = MODELS[name]()
    case.model.train()
    next(iter(case.model.children())).eval()  # a frozen part
    before = state(case.model)
    torch.manual_seed(1)
    found = adapt(case.model, case.x, **case.options)
    drawn, after = torch.rand(3), state(case.model)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(3)), "random numbers go on as if nothing had been"
    assert found.parts[0] is case.model
    assert before[:2] == after[:2] and before[3] == after[3]
    assert all(map(torch.equal, before[2], after[2]))


def described(model, images, **options):
    return ae.explore(model, images, **options).meta["models"]


def test_what_is_known_of_the_prior_is_told_and_not_guessed(few):
    torch.manual_seed(0)
    plain, variational = ae.Autoencoder((784, 8, 2)), ae.VariationalAutoencoder((784, 8, 2))
    own = SomeonesOwn()
    for model, options, prior in (
        (plain, {}, False),
        (variational, {}, True),
        (own, {}, None),
        (own, {"prior": True}, True),
        (variational, {"prior": False}, False),
    ):
        assert [each["prior"] for each in described(model, few, **options)] == [prior]
    both = described({"a": own, "b": own}, few, prior={"b": True})
    assert [each["prior"] for each in both] == [None, True]


class SomeonesOwn(nn.Module):
    """Nothing of ours."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 2))
        self.decoder = nn.Sequential(nn.Linear(2, 784), nn.Unflatten(1, (1, 28, 28)))

    def forward(self, x):
        return self.decoder(self.encoder(x))


def test_logits_are_seen_shown_through_a_sigmoid_and_said(few):
    torch.manual_seed(0)
    model = SomeonesOwn()
    with torch.no_grad():  # what training by cross-entropy comes to
        model.decoder[0].weight.mul_(0.1)
        model.decoder[0].bias.copy_(few.train.x.mean(0).flatten().clamp(0.001, 0.999).logit())
    (found,) = described(model, few)
    wanted = ae.evaluation.squared_errors(few.test.x, model(few.test.x).sigmoid()).mean().item()
    assert found["measures"]["squared error"] == pytest.approx(wanted, rel=1e-4) and wanted < 70
    assert "logits" in found["notes"][-1] and "head=torch.nn.Identity()" in found["notes"][-1]
    (raw,) = described(model, few, head=nn.Identity())
    assert raw["measures"]["squared error"] > 5000 and not raw["notes"]


def test_a_model_is_given_its_own_range(few):
    torch.manual_seed(0)
    model = SomeonesOwn()
    x = few.test.x * 2 - 1
    found = adapt(model, few.test.x, scale=shown_images(x, "test").scale)
    with torch.no_grad():
        assert torch.allclose(found.encode(few.test.x), model.encoder(x), atol=1e-5)
        assert torch.allclose(found(few.test.x), (model(x) + 1) / 2, atol=1e-5) and not found.notes
    explorer = ae.explore(model, x)
    assert "[-1, 1]" in explorer.meta["points"]["note"]
    assert explorer.meta["models"][0]["measures"]["squared error"] == pytest.approx(
        ae.reconstruction_error(model, x) / 4, rel=1e-3
    )


def test_pictures_in_0_to_1_of_a_model_that_takes_another_range(few):
    torch.manual_seed(0)
    model = SomeonesOwn()
    model.decoder.append(nn.Sigmoid())
    x = few.test.x * 2 - 1
    with torch.no_grad():
        assert torch.allclose(adapt(model, few.test.x, scale=shown_images(x, "test").scale)(few.test.x), model(x))


def test_functions_and_options_by_name(few, refused):
    torch.manual_seed(0)
    model = SomeonesOwn()
    functions = {"encode": lambda x: x.flatten(1) @ model.encoder[1].weight.T, "decode": model.decoder}
    explorer = ae.explore(None, few, **functions)
    assert explorer.model == "model" and "Latent space of model:" in explorer.picture.title
    a, b = described({"a": None, "b": model}, few, encode={"a": functions["encode"]}, decode={"a": functions["decode"]})
    assert a["measures"]["squared error"] != b["measures"]["squared error"]
    with refused(ValueError, "a: model is None"):
        ae.explore({"a": None, "b": model}, few, encode={"a": functions["encode"]})
    with refused(ValueError, "prior=", "'c'", "'a', 'b'"):
        ae.explore({"a": model, "b": model}, few, prior={"c": True})
    with refused(ValueError, "head= fails", "not today"):
        ae.explore(model, few, head=fails)
    with refused(ValueError, "head= makes", "[61, 784]"):
        ae.explore(model, few, head=nn.Flatten())


def fails(pictures):
    raise RuntimeError("not today")


def test_a_wrapped_model_goes_by_its_own_name(few):
    explorer = ae.explore(nn.DataParallel(SomeonesOwn()), few)
    assert explorer.model == "SomeonesOwn"


def test_a_compiled_part_is_taken_as_it_was(few):
    model = SomeonesOwn()
    encoder, model.encoder = model.encoder, torch.compile(model.encoder)
    with torch.no_grad():
        assert torch.equal(adapt(model, few.test.x).encode(few.test.x), encoder(few.test.x))


def test_a_models_own_range_on_a_gpu(cuda, few):
    model = SomeonesOwn().to(cuda)
    (found,) = described(model, few.test.x * 2 - 1)
    assert found["measures"]["squared error"] > 0 and next(model.parameters()).is_cuda

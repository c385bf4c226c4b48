"""Every model of the table, understood; and what is said of those that are not."""

import pytest
import torch
from model_zoo import HOPELESS, MODELS

from aeutils.explorer.adapters import adapt


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

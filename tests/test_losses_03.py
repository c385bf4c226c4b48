"""The losses that notebook 03 defines are the package's: lifted out of the notebook and held equal."""

import pytest
import torch
from notebook_cells import NOTEBOOKS, setup_namespace, tagged

import aeutils as ae
from aeutils import losses

NOTEBOOK = next((path for path in NOTEBOOKS if path.name.startswith("03")), None)
pytestmark = pytest.mark.skipif(NOTEBOOK is None, reason="notebook 03 is not here")


@pytest.fixture(scope="module")
def notebook_03():
    namespace = setup_namespace(NOTEBOOK)
    for cell in tagged(NOTEBOOK, "definition"):
        exec(cell.source, namespace)
    return namespace


@pytest.mark.parametrize("name", ["squared_error", "cross_entropy"])
def test_loss_of_notebook_03(notebook_03, name):
    torch.manual_seed(0)
    model = ae.Autoencoder((784, 20, 3))
    x = torch.rand(7, 1, 28, 28)
    (ours,), (taught,) = (function(model, x).items() for function in (getattr(losses, name), notebook_03[name]))
    assert ours[0] == taught[0] == name
    assert torch.equal(ours[1], taught[1])
    gradients = [torch.autograd.grad(term, list(model.parameters())) for _, term in (ours, taught)]
    assert all(torch.equal(left, right) for left, right in zip(*gradients, strict=True))

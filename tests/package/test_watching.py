"""A watched loss is the same loss, and it keeps its terms at training steps only."""

import torch

import aeutils as ae
from aeutils.data import Images, Split
from aeutils.losses import variational_cross_entropy
from aeutils.training import watched


def test_terms_of_each_training_step_are_kept_and_training_is_the_same():
    generator = torch.Generator().manual_seed(4)
    few = Images("few", *(Split(torch.rand(n, 1, 28, 28, generator=generator)) for n in (60, 20, 10)), ())
    kept, models = [], []
    for loss in (variational_cross_entropy, watched(variational_cross_entropy, kept)):
        torch.manual_seed(0)
        models.append(ae.VariationalAutoencoder((784, 20, 3)))
        ae.fit(models[-1], few, loss, steps=5, batch_size=20, seed=1)
    plain, seen = (model.state_dict() for model in models)
    assert all(torch.equal(value, seen[name]) for name, value in plain.items())
    assert len(kept) == 5
    assert [set(terms) for terms in kept] == [{"cross_entropy", "kl"}] * 5
    assert all(isinstance(value, float) for terms in kept for value in terms.values())

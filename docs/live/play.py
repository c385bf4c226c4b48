"""The models of the page to play on, made as those of the notebooks are: plain and variational, two numbers and ten."""

import aeutils as ae
from aeutils.losses import cross_entropy, variational_cross_entropy

images = ae.load("mnist-5k")
kinds = {
    "two numbers": (ae.Autoencoder, cross_entropy, 2),
    "two, variational": (ae.VariationalAutoencoder, variational_cross_entropy, 2),
    "ten, variational": (ae.VariationalAutoencoder, variational_cross_entropy, 10),
}
models = {}
for name, (kind, loss, code_size) in kinds.items():
    ae.seed_everything()
    models[name] = kind((784, 128, 64, code_size))
    ae.fit(models[name], images, loss, steps=1200, lr=2e-3, measure=100)
ae.explore(models, images, title="A latent space to play with", state="view=traversal")

"""`import aeutils` is light, and offers what it lists."""

import pytest

import aeutils as ae

HEAVY = {"torchvision", "sklearn", "pandas", "matplotlib", "IPython"}

STAGES = """
import json, sys, time
import torch
def heavy(): return sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1:]))
result = {"torch": heavy()}
# Processor time, not wall time: the machine may be busy with other things.
start = time.process_time()
import aeutils
result["import_seconds"] = time.process_time() - start
result["import"] = heavy()
start = time.process_time()
aeutils.load, aeutils.fit, aeutils.Autoencoder, aeutils.losses, aeutils.evaluation, aeutils.seed_everything
result["names_seconds"] = time.process_time() - start
result["load_seconds"] = []
for _ in range(3):
    aeutils.data._load_mnist_5k.cache_clear()
    start = time.process_time()
    images = aeutils.load("mnist-5k")
    result["load_seconds"].append(time.process_time() - start)
result["load"] = heavy()
model = aeutils.Autoencoder((784, 2))
aeutils.fit(model, images, aeutils.losses.squared_error, steps=1)
aeutils.reconstruction_error(model, images.test)
result["fit"] = heavy()
print(json.dumps(result))
"""


@pytest.fixture(scope="module")
def stages(fresh_python):
    return fresh_python(STAGES, *HEAVY)


@pytest.mark.parametrize("stage", ["import", "load", "fit"])
def test_nothing_heavy_is_imported_before_it_is_used(stages, stage):
    assert stages[stage] == stages["torch"] == []


def test_import_costs_at_most_0_3_seconds_over_torch(stages):
    assert stages["import_seconds"] <= 0.3


def test_the_names_a_notebook_starts_with_cost_at_most_0_3_seconds_more(stages):
    assert stages["names_seconds"] <= 0.3


def test_mnist_5k_loads_in_0_3_seconds(stages):
    assert min(stages["load_seconds"]) <= 0.3


@pytest.mark.parametrize("name", ae.__all__)
def test_every_public_name_resolves(name):
    assert getattr(ae, name) is not None
    assert name in dir(ae)


def test_all_is_sorted_and_complete():
    assert list(ae.__all__) == sorted(set(ae.__all__))
    assert set(ae._HOME) | set(ae._MODULES) == set(ae.__all__)


def test_an_unknown_name_is_answered_with_the_known_ones(refused):
    with refused(AttributeError, "autoencodr", *ae.__all__):
        ae.autoencodr

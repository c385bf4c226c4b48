"""`import aeutils` is light, and offers what it lists."""

import os
import subprocess
import sys
from pathlib import Path

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
    aeutils.data.mnist_5k._read.cache_clear()
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


QUIET = """
import logging, json, os
import aeutils
from aeutils import figures
figures.bars({"a": 1.0}, "y", "t").png()
logging.getLogger("matplotlib.font_manager").warning("Matplotlib is building the font cache; this may take a moment.")
logging.getLogger("matplotlib.font_manager").warning("another matter")
print(os.environ.get("MPLCONFIGDIR"))
"""


def run(home, **env):
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MPL"))}
    return subprocess.run(
        [sys.executable, "-c", QUIET],
        capture_output=True,
        text=True,
        check=True,
        env={**keep, "HOME": str(home), "USERPROFILE": str(home), **env},
    )


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["HOME", "MPLCONFIGDIR"])
def test_a_home_that_cannot_be_written_is_no_business_of_a_notebook(tmp_path, variable):
    (tmp_path / "file").touch()  # nothing can be made below a file, not even by root
    nowhere = tmp_path / "file" / "home"
    done = run(nowhere) if variable == "HOME" else run(tmp_path, MPLCONFIGDIR=str(nowhere))
    assert done.stderr == "another matter\n"
    assert not Path(done.stdout.strip()).exists()  # gone with the process


@pytest.mark.slow
def test_a_home_that_can_be_written_is_matplotlibs_own(tmp_path):
    assert run(tmp_path).stdout == "None\n"

"""`fit` in two processes is `fit` in one: same global batch, same seed, equal up to rounding."""

import os
import subprocess
import sys
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import aeutils as ae
from aeutils.data import Images, Split
from aeutils.losses import squared_error, variational_squared_error
from aeutils.training import processes

# Errors of one process and of two: sums are added up in another order, and Adam carries that on. Measured: 1e-6.
TOLERANCE = 1e-4

pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="this PyTorch has no torch.distributed")


class Normed(nn.Module):
    """With buffers, and a parameter that no loss depends on."""

    def __init__(self):
        super().__init__()
        self.norm, self.layer, self.spare = nn.BatchNorm1d(20), nn.Linear(20, 20), nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(self.norm(x))


def images(n):
    x = torch.rand(n + 41, 20, generator=torch.Generator().manual_seed(3))
    return Images("random", Split(x[:n], x[:n, 0]), Split(x[n:], x[n:, 0]), Split(x[:0]), ())


def with_targets(model, x, y):
    return {"error": (model(x)[:, 0] - y).square().mean(), "size": model(x).square().sum(1).mean()}


def autoencoder():
    return ae.Autoencoder((20, 8, 2), shape=(20,))


def variational():
    return ae.VariationalAutoencoder((20, 8, 2), shape=(20,))


RUNS = {
    # 103 images: batches of 25, uneven for two, and a last one of 3
    "plain": (autoencoder, 103, squared_error, {"epochs": 4, "batch_size": 25}),
    # the last batch, of one image, leaves the second process without any
    "a last image": (autoencoder, 101, squared_error, {"epochs": 3, "batch_size": 25}),
    "by steps, sampled": (autoencoder, 103, squared_error, {"steps": 7, "batch_size": 25, "measure": 30}),
    "patience": (autoencoder, 103, squared_error, {"epochs": 9, "batch_size": 25, "patience": 1, "lr": 0.5}),
    "targets": (autoencoder, 103, with_targets, {"epochs": 3, "batch_size": 25, "targets": True}),
    "sgd": (autoencoder, 103, squared_error, {"epochs": 3, "batch_size": 25, "optimizer": torch.optim.SGD}),
    # these draw or average in each process for its share: not the run of one process, but alike in both
    "variational": (variational, 103, variational_squared_error, {"epochs": 3, "batch_size": 25}),
    "normed": (Normed, 100, squared_error, {"epochs": 3, "batch_size": 25}),
}
OWN = ("variational", "normed")


def run(name, **more):
    """A run of the table: what it gives, and the parameters and buffers."""
    make, n, loss, settings = RUNS[name]
    torch.manual_seed(0)
    model = make()
    history = ae.fit(model, images(n), loss, seed=5, device="cpu", **{"lr": 0.01, **settings, **more})
    return {**asdict(history), "seconds": 0}, model.state_dict()


def main(folder):
    """What each of the processes does."""
    torch.distributed.init_process_group("gloo")
    rank = processes.rank()
    found = {name: run(name) for name in RUNS}
    torch.manual_seed(rank)  # nobody gave a seed, and the processes disagree
    unseeded = autoencoder()
    ae.fit(unseeded, images(103), squared_error, epochs=1, device="cpu")
    found["unseeded"] = {}, unseeded.state_dict()
    for name in ("plain", "variational"):
        file = f"{folder}/{name}.pt"
        run(name, epochs=2, checkpoint=file)
        torch.rand(rank + 1)
        torch.distributed.barrier()
        found[f"{name}, resumed"] = run(name, checkpoint=file)
    try:
        ae.fit(autoencoder(), Images("loader", [images(9).train.x], images(9).val, None, ()), squared_error)
    except ValueError as error:
        found["loader"] = str(error)
    try:
        run("plain", checkpoint=f"{folder}/{'plain' if rank else 'another'}.pt", epochs=6)
    except ValueError as error:
        found["checkpoints"] = str(error)
    found["noise"] = torch.rand(1)
    torch.save(found, f"{folder}/rank{rank}.pt")
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def torchrun(*command, folder):
    """Start two processes; what they printed."""
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *command],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=folder,
        env={
            **os.environ,
            "AEUTILS_DEVICE": "cpu",
            "CUDA_VISIBLE_DEVICES": "",  # two processes, and perhaps one GPU
            "AEUTILS_PROGRESS": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What each of two processes found."""
    folder = tmp_path_factory.mktemp("two")
    said = torchrun(__file__, str(folder), folder=folder).stderr
    found = [torch.load(folder / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)]
    return SimpleNamespace(found=found, folder=folder, said=said)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RUNS if name not in OWN])
def test_two_processes_are_one_up_to_rounding(two, name):
    history, state = two.found[0][name]
    one, expected = run(name)
    for part in ("train", "val"):
        assert history[part].keys() == one[part].keys()
        for term, curve in one[part].items():
            assert history[part][term] == pytest.approx(curve, rel=TOLERANCE)
    curves = {"train": None, "val": None}
    assert {**history, **curves} == {**one, **curves}  # steps, best epoch, why it stopped, how many were measured
    torch.testing.assert_close(state, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*RUNS, "unseeded"])
def test_both_end_with_the_same_weights_and_the_same_history(two, name):
    (left, left_state), (right, right_state) = (found[name] for found in two.found)
    torch.testing.assert_close(left_state, right_state, rtol=0, atol=0)
    assert left == right


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "variational"])
def test_a_resumed_run_is_the_uninterrupted_run(two, name):
    for found in two.found:
        (history, state), (resumed, resumed_state) = found[name], found[f"{name}, resumed"]
        torch.testing.assert_close(state, resumed_state, rtol=0, atol=0)
        assert history == resumed


@pytest.mark.slow
def test_the_first_process_alone_writes_and_shows_progress(two):
    assert sorted(file.name for file in two.folder.iterdir()) == ["plain.pt", "rank0.pt", "rank1.pt", "variational.pt"]
    assert two.said.count("0/4 [00:00<?, ?epoch/s]") == 1, two.said  # how the bar of the one run of 4 epochs begins


@pytest.mark.slow
def test_each_draws_its_own_noise(two):
    assert not torch.equal(two.found[0]["noise"], two.found[1]["noise"])


@pytest.mark.slow
def test_processes_that_go_on_from_different_steps_are_refused(two):
    for found in two.found:
        assert found["checkpoints"].startswith("the 2 processes go on from steps 0 to 20; all must")


@pytest.mark.slow
def test_a_loader_is_refused(two):
    for found in two.found:
        assert found["loader"] == "images.train is a loader, and there are 2 processes; use a Split"


@pytest.mark.slow
def test_the_example_of_the_documentation(digits, tmp_path):
    code = processes.__doc__.split("```python\n")[1].split("```")[0]
    (tmp_path / "train.py").write_text(code, encoding="utf-8")
    printed = torchrun("train.py", folder=tmp_path).stdout
    assert printed.count("History(20 epochs, 140 steps, finished:") == 1
    model = ae.Autoencoder()
    model.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    ae.seed_everything()
    alone = ae.Autoencoder()
    ae.fit(alone, digits, squared_error, batch_size=512, seed=0, device="cpu")
    errors = [ae.reconstruction_error(each, digits.val) for each in (model, alone)]
    assert errors[0] == pytest.approx(errors[1], rel=TOLERANCE)


def test_one_process_needs_no_group():
    batch = (torch.rand(5, 2), torch.rand(5))
    part, n = processes.share(batch)
    assert (processes.count(), processes.rank(), n) == (1, 0, 5) and part is batch


def test_more_processes_than_examples(monkeypatch):
    """Every example once, whatever the sizes; who has none gets one that counts as none."""
    monkeypatch.setattr(processes, "count", lambda: 4)
    for size in (1, 3, 4, 7, 100):
        batch, shares = (torch.arange(size)[:, None], torch.arange(size)), []
        for rank in range(4):
            monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
            (x, y), n = processes.share(batch)
            assert len(x) == len(y) == max(n, 1) and torch.equal(x[:, 0], y)
            shares += y[:n].tolist()
        assert shares == list(range(size))


if __name__ == "__main__":
    main(sys.argv[1])

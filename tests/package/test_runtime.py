"""Device, seeds and progress bars."""

import random

import numpy as np
import pytest
import torch

import aeutils as ae
from aeutils import runtime


def draws():
    return random.random(), np.random.rand(), torch.rand(1).item()


def test_every_generator_repeats_after_seeding():
    ae.seed_everything(3)
    first = draws()
    assert draws() != first
    ae.seed_everything(3)
    assert draws() == first
    ae.seed_everything(4)
    assert all(a != b for a, b in zip(draws(), first, strict=True))


@pytest.mark.parametrize(("text", "seed"), [(None, 0), ("", 0), ("7", 7), (" 12 ", 12), ("4294967295", 2**32 - 1)])
def test_the_seed_comes_from_the_environment(monkeypatch, text, seed):
    monkeypatch.delenv("AEUTILS_SEED", raising=False)
    if text is not None:
        monkeypatch.setenv("AEUTILS_SEED", text)
    assert ae.seed_everything() == seed
    found = draws()
    ae.seed_everything(seed)
    assert draws() == found


@pytest.mark.parametrize("text", ["-1", "one", "1.5", "4294967296"])
def test_a_seed_that_is_none_is_refused(monkeypatch, refused, text):
    monkeypatch.setenv("AEUTILS_SEED", text)
    with refused(ValueError, "AEUTILS_SEED", text, "2**32 - 1"):
        ae.seed_everything()


def test_an_explicit_seed_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEED", "9")
    assert ae.seed_everything(2) == 2


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_cuda_then_mps_then_cpu(monkeypatch, cuda, mps, expected):
    monkeypatch.delenv("AEUTILS_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert ae.device() == torch.device(expected)


def test_the_environment_overrides_the_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("AEUTILS_DEVICE", "cpu")
    assert ae.device() == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "meta"])
def test_a_device_that_is_not_here_is_refused(monkeypatch, refused, name):
    monkeypatch.setenv("AEUTILS_DEVICE", name)
    with refused(ValueError, f"AEUTILS_DEVICE='{name}'", "'cpu', 'cuda' or 'mps'"):
        ae.device()
    with refused(ValueError, f"device='{name}'"):
        runtime.check_device(name)


@pytest.mark.parametrize(("setting", "shown"), [("0", False), ("1", True), (None, True)])
def test_progress_bars_can_be_silenced(monkeypatch, capfd, setting, shown):
    monkeypatch.delenv("AEUTILS_PROGRESS")
    if setting is not None:
        monkeypatch.setenv("AEUTILS_PROGRESS", setting)
    assert list(ae.progress(range(3), desc="counting")) == [0, 1, 2]
    out, err = capfd.readouterr()
    assert out == ""
    assert ("counting" in err) == shown == (err != "")


def test_silent_hides_bars_inside_only(monkeypatch):
    monkeypatch.setenv("AEUTILS_PROGRESS", "1")
    with runtime.silent():
        assert runtime.progress(range(2)).disable
    assert not runtime.progress(range(2)).disable

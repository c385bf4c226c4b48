"""Device, seeds and progress bars."""

import random
import warnings

import numpy as np
import pytest
import torch

import aeutils as ae
from aeutils import runtime, sweeps
from aeutils.lessons import environment


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


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "1", True, [1], torch.tensor(1)])
def test_what_is_no_seed_is_refused(refused, seed):
    with refused(ValueError, "seed=", "a whole number from 0 to 4,294,967,295"):
        ae.seed_everything(seed)


def test_a_seed_may_be_numpys():
    assert ae.seed_everything(np.int64(7)) == 7


# --- devices ---

BROKEN = {
    "no memory": "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 8.00 GiB",
    "capability": "CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might be",
    "driver": "The NVIDIA driver on your system is too old (found version 9010). Please update your GPU driver",
}


@pytest.fixture
def machine(monkeypatch):
    """`machine(cuda=True, mps=False, broken=...)`: GPUs are there, and the broken ones fail when they are used."""
    monkeypatch.delenv("AEUTILS_DEVICE", raising=False)
    real = torch.ones

    def pretend(cuda=False, mps=False, broken=(), reason="no such thing"):
        def ones(*size, device="cpu", **options):
            if torch.device(device).type in broken:
                raise RuntimeError(reason)
            return real(*size, **options)

        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch, "ones", ones)
        runtime.best_device.cache_clear()
        runtime._warn_once.cache_clear()

    yield pretend
    runtime.best_device.cache_clear()
    runtime._warn_once.cache_clear()


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
@pytest.mark.filterwarnings("error")
def test_cuda_then_mps_then_cpu(machine, cuda, mps, expected):
    machine(cuda, mps)
    assert ae.device() == torch.device(expected)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_gpu_that_cannot_be_used_is_passed_over_with_one_line(machine, kind):
    machine(cuda=True, broken=["cuda"], reason=BROKEN[kind])
    with pytest.warns(RuntimeWarning) as said:
        assert [ae.device() for _ in range(3)] == [torch.device("cpu")] * 3
    (line,) = [str(warning.message) for warning in said]  # once
    assert "\n" not in line
    for words in ("NVIDIA GPU cannot be used", BROKEN[kind].splitlines()[0].split(". ")[0], "AEUTILS_DEVICE=cpu"):
        assert words in line


def test_behind_a_broken_gpu_the_next_one_is_tried(machine):
    machine(cuda=True, mps=True, broken=["cuda"])
    assert ae.device() == torch.device("mps")
    machine(cuda=True, mps=True, broken=["cuda", "mps"])
    with pytest.warns(RuntimeWarning, match=r"NVIDIA GPU .* Apple GPU"):
        assert ae.device() == torch.device("cpu")


def test_what_pytorch_says_of_an_old_driver_becomes_the_one_line(machine, monkeypatch):
    machine()

    def old_driver():
        warnings.warn("CUDA initialization: The NVIDIA driver on your system is too old.\nUpdate it", stacklevel=2)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", old_driver)
    with pytest.warns(RuntimeWarning, match="driver on your system is too old") as said:
        assert ae.device() == torch.device("cpu")
    assert len(said) == 1 and "\n" not in str(said[0].message)


def test_a_device_asked_for_by_name_is_tried_too(machine, monkeypatch, refused):
    machine(cuda=True, broken=["cuda"], reason=BROKEN["capability"])
    with refused(ValueError, "device='cuda'", "no kernel image is available"):
        runtime.check_device("cuda")
    monkeypatch.setenv("AEUTILS_DEVICE", "cuda")
    with refused(ValueError, "AEUTILS_DEVICE='cuda'", "no kernel image is available"):
        ae.device()


def test_check_environment_says_what_happened_to_the_gpu(machine, capsys):
    machine(cuda=True, broken=["cuda"], reason=BROKEN["capability"])
    environment.check_environment()
    out, err = capsys.readouterr()
    device, matrices = out.splitlines()[-2:]
    assert device.startswith("OK    training on cpu: the NVIDIA GPU cannot be used (CUDA error: no kernel image")
    assert "AEUTILS_DEVICE=cpu" in device
    assert matrices.startswith("OK    multiplies matrices")
    assert err == ""


def test_check_environment_says_in_words_that_a_gpu_fails_later(machine, capsys, monkeypatch):
    machine(cuda=True)

    def eye(*size, device="cpu"):
        raise RuntimeError("CUDA out of memory. Tried to allocate\nand more lines")

    monkeypatch.setattr(torch, "eye", eye)
    environment.check_environment()
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("FAIL")
    assert "cuda cannot multiply matrices (CUDA out of memory" in line and "AEUTILS_DEVICE=cpu" in line


@pytest.mark.filterwarnings("error")
def test_several_gpus_are_no_reason_to_warn(monkeypatch):
    """`torch.random.fork_rng()` warns there; ours saves every generator that is in use."""
    monkeypatch.setenv("AEUTILS_DEVICE", "cpu")
    states = [torch.zeros(1), torch.ones(1)]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: list(states))
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", lambda new: states.__setitem__(slice(None), new))
    monkeypatch.setattr(torch, "manual_seed", lambda seed: states.reverse())
    monkeypatch.setattr(sweeps, "fit", lambda *args, **settings: (torch.rand(1), ae.History())[1])
    before = torch.get_rng_state()
    sweeps.trial(n_images=100, hidden="", code_size=2, steps=1)
    assert [state.item() for state in states] == [0, 1]
    assert torch.equal(torch.get_rng_state(), before)


def test_the_random_state_of_mps_comes_back_too(monkeypatch):
    state = [torch.tensor([1.0])]
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: state[0].clone())
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda new: state.__setitem__(0, new))
    with runtime.own_randomness():
        state[0] = torch.tensor([2.0])
    assert state[0].item() == 1


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


@pytest.mark.parametrize("value", [None, 3, 2.5])
def test_what_cannot_be_gone_through_has_no_progress(refused, value):
    with refused(ValueError, repr(value), "range(10)"):
        ae.progress(value)


# --- what every door checks ---


@pytest.mark.parametrize("value", [1, np.int64(3), np.uint8(200), 10**9])
def test_whole_numbers_become_pythons(value):
    found = runtime.whole_number(value, "n")
    assert (type(found), found) == (int, value)


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True, np.bool_(True), 10**30, float("nan"), [1]])
def test_what_is_no_whole_number_is_refused(refused, value):
    with refused(ValueError, "n=", "a whole number of 1 or more"):
        runtime.whole_number(value, "n")


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), torch.tensor(2.0), torch.tensor([3])])
def test_real_numbers_become_pythons(value):
    found = runtime.real_number(value, "a")
    assert (type(found), found) == (float, float(value))


@pytest.mark.parametrize("value", ["1", None, True, float("nan"), float("inf"), 10**400, 1j, torch.ones(2), {}])
def test_what_is_no_real_number_is_refused(refused, value):
    with refused(ValueError, "a=", "expected a finite number"):
        runtime.real_number(value, "a")


class Unspeakable:
    def __repr__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "None"),
        ("text", "'text'"),
        ("long " * 50, "a str"),
        ("a\nb", "'a\\nb'"),
        (torch.ones(2, 3), "a Tensor of shape [2, 3]"),
        (np.ones(4), "a ndarray of shape [4]"),
        (Unspeakable(), "a Unspeakable"),
    ],
)
def test_what_came_is_told_shortly(value, told):
    assert runtime.short(value) == told

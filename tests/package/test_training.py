"""`fit` is Adam in a loop, and nothing that interrupts it loses anything."""

import functools
import os
import pathlib
import pickle
import re
import signal
import subprocess
import sys
import time
import warnings
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from torch import nn

import aeutils as ae
from aeutils.data import Images, Split
from aeutils.losses import cross_entropy, squared_error, variational_cross_entropy
from aeutils.training import TrainingDiverged, loop
from aeutils.training import checkpoint as checkpoints

CPU = {"device": "cpu"}  # where two runs must agree bit for bit


def make_model(seed=0, **options):
    torch.manual_seed(seed)
    return ae.Autoencoder((784, 16, 2), **options)


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def assert_same(a, b, **tolerance):
    torch.testing.assert_close(a, b, **(tolerance or {"rtol": 0, "atol": 0}))


def error_by_hand(model, x):
    """Squared error per image, one image at a time, in NumPy."""
    with torch.no_grad():
        return np.mean([((x[i] - model(x[i : i + 1])[0]).double().numpy() ** 2).sum() for i in range(len(x))])


# --- it is the loop that it stands for ---


@pytest.mark.parametrize("length", [{"epochs": 3}, {"steps": 7}, {"steps": 2}])
def test_fit_is_adam_in_a_loop(few, length):
    x, n_steps = few.train.x, length.get("steps", 9)
    expected = make_model()
    optimizer = torch.optim.Adam(expected.parameters(), lr=3e-3, fused=False, foreach=False)
    torch.manual_seed(5)
    for step in range(n_steps):
        if step % 3 == 0:  # 250 images: batches of 100, 100 and 50
            order = torch.randperm(250)
        batch = x[order[100 * (step % 3) : 100 * (step % 3) + 100]]
        loss = ((expected(batch) - batch) ** 2).sum() / len(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model = make_model()
    history = ae.fit(model, few, squared_error, lr=3e-3, seed=5, **length, **CPU)
    assert_same(state(model), state(expected), rtol=1e-4, atol=1e-5)
    assert (history.steps, history.epochs, history.stopped) == (n_steps, -(-n_steps // 3), "finished")


def test_each_epoch_takes_every_image_once_in_a_new_order(few):
    seen = []

    def loss(model, x):
        if model.training:
            seen.append(x.cpu())
        return squared_error(model, x)

    ae.fit(make_model(), few, loss, epochs=2, batch_size=60)
    assert [len(batch) for batch in seen] == [60, 60, 60, 60, 10] * 2
    orders = []
    for epoch in (seen[:5], seen[5:]):
        equal = (torch.cat(epoch).flatten(1)[:, None] == few.train.x.flatten(1)[None]).all(2)
        orders.append(equal.int().argmax(1).tolist())
        assert sorted(orders[-1]) == list(range(250))
    assert orders[0] != orders[1] != list(range(250)) != orders[0]


def test_twenty_epochs_of_a_hundred_images_unless_told(few):
    history = ae.fit(make_model(), few, squared_error)
    assert (history.epochs, history.steps) == (20, 60)


def test_labels_are_never_read(few):
    class Poisoned:
        def __init__(self, x):
            self.x = x

        def __len__(self):
            return len(self.x)

        @property
        def y(self):
            raise AssertionError("the labels were read")

    results = []
    for kind in (Split, Poisoned):
        parts = [kind(part.x) for part in (few.train, few.val, few.test)]
        model = make_model()
        ae.fit(model, Images("unlabelled", *parts, few.classes), squared_error, epochs=1, seed=0, patience=1, **CPU)
        results.append(state(model))
    assert_same(*results)


def test_the_test_images_are_never_read(few):
    ae.fit(make_model(), replace(few, test=None), squared_error, epochs=1)


@pytest.mark.parametrize("kind", [ae.Autoencoder, ae.ConvAutoencoder])
@pytest.mark.parametrize("loss", [squared_error, cross_entropy])
def test_both_models_learn_with_both_losses(few, kind, loss):
    torch.manual_seed(0)
    history = ae.fit(kind(), few, loss, epochs=4, seed=0)
    (curve,) = history.val.values()
    assert curve[-1] < 0.9 * curve[0]


# --- the history ---


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_the_history_is_measured_with_the_weights_at_the_end_of_each_epoch(few, monkeypatch, epochs):
    monkeypatch.setattr(loop, "_MEASURE_BATCH", 90)  # 250 = 90 + 90 + 70: each part must count by its images
    model = make_model()
    history = ae.fit(model, few, squared_error, epochs=epochs, lr=0.01, seed=1, **CPU)
    assert history.train["squared_error"][epochs - 1] == pytest.approx(error_by_hand(model, few.train.x), rel=1e-5)
    assert history.val["squared_error"][epochs - 1] == pytest.approx(error_by_hand(model, few.val.x), rel=1e-5)
    assert len(history.train["squared_error"]) == len(history.val["squared_error"]) == history.epochs == epochs
    assert history.last() == {
        "train squared_error": history.train["squared_error"][-1],
        "val squared_error": history.val["squared_error"][-1],
    }


def test_the_history_is_measured_in_evaluation_mode(few):
    torch.manual_seed(0)
    model = ae.Autoencoder((784, 16, 2), activation=nn.Dropout)
    history = ae.fit(model, few, squared_error, epochs=1)
    assert history.val["squared_error"][-1] == pytest.approx(error_by_hand(model, few.val.x), rel=1e-4)


def test_seconds_are_those_on_the_clock(few):
    start = time.perf_counter()
    history = ae.fit(make_model(), few, squared_error, epochs=2)
    assert 0 < history.seconds <= time.perf_counter() - start


def test_no_validation_images(few):
    images = replace(few, val=Split(few.val.x[:0]))
    history = ae.fit(make_model(), images, squared_error, epochs=2)
    assert history.val == {}
    assert len(history.train["squared_error"]) == 2
    assert "2 epochs, 6 steps, finished: train squared_error" in repr(history)


def two_terms(model, x):
    z = model.encode(x)
    return {"fit": (model.decode(z) - x).square().sum((1, 2, 3)).mean(), "code": z.square().sum(1).mean()}


def test_weights_steer_the_training_but_not_the_history(few):
    x = few.train.x[:100]
    images = replace(few, train=Split(x))
    expected = make_model()
    optimizer = torch.optim.Adam(expected.parameters(), lr=0.01)
    for _ in range(5):  # one batch is all the images: their order does not matter
        z = expected.encode(x)
        loss = ((expected.decode(z) - x) ** 2).sum() / 100 + 7 * (z**2).sum() / 100
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model = make_model()
    history = ae.fit(model, images, two_terms, epochs=5, lr=0.01, weights={"code": 7})
    assert_same(state(model), state(expected), rtol=1e-3, atol=1e-4)
    code = model.encode(x).detach().double().numpy()
    assert history.train["code"][-1] == pytest.approx((code**2).sum(1).mean(), rel=1e-4)
    assert history.train["fit"][-1] == pytest.approx(error_by_hand(model, x), rel=1e-4)


# --- early stopping ---


@pytest.fixture(scope="module")
def overfit(digits):
    """30 training images: soon the validation error rises."""
    return Images("30", Split(digits.train.x[:30]), Split(digits.val.x[:60]), digits.test, digits.classes)


def make_overfitting_model():
    torch.manual_seed(0)
    return ae.Autoencoder((784, 32, 8), head=nn.Identity)


def test_patience_keeps_the_weights_that_were_best_on_validation(overfit):
    model = make_overfitting_model()
    history = ae.fit(model, overfit, squared_error, epochs=500, batch_size=10, lr=0.02, patience=3, seed=0)
    curve = history.val["squared_error"]
    best = int(np.argmin(curve))
    assert history.stopped == "converged"
    assert history.best_epoch == best + 1
    assert history.epochs == best + 1 + 3 < 500
    assert error_by_hand(model, overfit.val.x) == pytest.approx(curve[best], rel=1e-5)
    assert curve[-1] > curve[best] * 1.001


def test_the_last_weights_are_kept_by_default(overfit):
    model = make_overfitting_model()
    history = ae.fit(model, overfit, squared_error, epochs=40, batch_size=10, lr=0.02, seed=0)
    curve = history.val["squared_error"]
    assert history.best_epoch is None
    assert curve[-1] > min(curve) * 1.001
    assert error_by_hand(model, overfit.val.x) == pytest.approx(curve[-1], rel=1e-5)


@pytest.mark.parametrize(
    ("a", "patience", "weights", "best", "epochs"),
    [
        ([5, 4, 3, 2, 1], 1, {"b": 0}, 5, 5),  # never worse: runs to the end
        ([5, 4, 4, 3, 9], 1, {"b": 0}, 2, 3),  # no change is no progress
        ([5, 4, 4, 3, 9], 2, {"b": 0}, 4, 5),
        ([5, 6, 7, 4, 3], 2, {"b": 0}, 1, 3),
        ([5, 4, 3, 2, 1], 2, {}, 1, 3),  # b rises by 2 an epoch, and counts as much as a
        ([5, 4, 3, 2, 1], 2, {"b": 0.4}, 5, 5),
    ],
)
def test_patience_counts_epochs_without_a_lower_weighted_validation_loss(few, a, patience, weights, best, epochs):
    """The validation losses are dictated; b is 0, 2, 4, ..."""
    measured = iter(range(100))

    def loss(model, x):
        real = squared_error(model, x)["squared_error"]
        if model.training or len(x) != len(few.val):
            return {"a": real, "b": real}
        epoch = next(measured)
        return {"a": torch.tensor(float(a[epoch])), "b": torch.tensor(2.0 * epoch)}

    history = ae.fit(make_model(), few, loss, epochs=5, patience=patience, weights=weights, device="cpu")
    assert (history.best_epoch, history.epochs) == (best, epochs)
    assert history.stopped == ("finished" if epochs == 5 and best >= 5 - patience + 1 else "converged")
    assert history.val["a"] == a[:epochs]


# --- things that go wrong ---


def poison(epoch, value, where):
    """Squared error that turns into `value` in the given epoch, in training or only when measured."""
    calls = {"training": 0}

    def loss(model, x):
        calls["training"] += model.training
        terms = squared_error(model, x)
        now = calls["training"] > 3 * (epoch - 1)  # 3 steps an epoch
        return {name: term * value if now and model.training == where else term for name, term in terms.items()}

    return loss


@pytest.mark.parametrize("where", [True, False], ids=["training", "measuring"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("epoch", [1, 3])
def test_divergence_names_the_epoch_and_what_to_try(few, refused, epoch, value, where):
    model = make_model()
    with refused(TrainingDiverged, f"in epoch {epoch}:", "squared_error", "learning rate ten times smaller"):
        try:
            ae.fit(model, few, poison(epoch, value, where), epochs=5)
        except TrainingDiverged as error:
            assert error.history.epochs == epoch - 1
            raise
    assert not model.training
    assert next(model.parameters()).device.type == "cpu"


@pytest.mark.parametrize(
    ("term", "words"),
    [("kl", "clamp the log-variance"), ("cross_entropy", "from logits"), ("penalty", "a division that can meet 0")],
)
@pytest.mark.parametrize("step", [1, 2, 5])
def test_divergence_names_the_term_that_was_the_first_and_what_to_try_for_it(few, refused, step, term, words):
    """One term overflows in one step; from the next one on every weight is NaN, and so is every term."""
    calls = {"training": 0}

    def loss(model, x):
        calls["training"] += model.training
        terms = {"other": squared_error(model, x)["squared_error"], term: model(x).square().mean()}
        if model.training and calls["training"] == step:
            terms[term] = terms[term] * torch.tensor(1e30) ** 2
        return terms

    said = [f"in epoch {(step + 2) // 3}: {term} was inf in step {step}", words]  # 3 steps an epoch
    with refused(TrainingDiverged, *said, *(["in the step before"] if step > 1 else [])):
        ae.fit(make_model(), few, loss, epochs=5)


def test_a_log_variance_that_overflows_is_named_though_both_terms_end_as_nan(few):
    model = ae.VariationalAutoencoder((784, 30, 4))
    with torch.no_grad():
        model.encoder[-1].bias[4:] = 89.0  # exp(89) is beyond float32
    with pytest.raises(TrainingDiverged, match=r"kl was inf in step 1\. .*clamp the log-variance"):
        ae.fit(model, few, variational_cross_entropy, epochs=1)


def test_divergence_in_a_long_epoch_is_found(few):
    """The terms are put together 1,000 steps at a time."""
    steps = iter(range(10_000))

    def loss(model, x):
        error = squared_error(model, x)["squared_error"]
        return {"squared_error": error * float("nan") if model.training and next(steps) == 1200 else error}

    x = few.train.x[:1].expand(1500, 1, 28, 28)
    with pytest.raises(TrainingDiverged, match="in step 1201 "):
        ae.fit(make_model(), ae.Images("long", ae.Split(x), few.val, few.test, ()), loss, epochs=1, batch_size=1)


def test_an_absurd_learning_rate_diverges(few):
    with pytest.raises(TrainingDiverged, match="epoch 1"):
        ae.fit(make_model(head=nn.Identity), few, squared_error, epochs=3, lr=1e30)


def interrupt_at(call, where=True, loss=squared_error):
    """`loss`, but Ctrl-C is pressed in its `call`-th call in training (or while measuring), counted from 0."""
    calls = iter(range(10_000))

    def interrupted(model, x):
        if model.training == where and next(calls) == call:
            signal.raise_signal(signal.SIGINT)
        return loss(model, x)

    interrupted.__qualname__ = loss.__qualname__
    return interrupted


@pytest.mark.parametrize(
    ("call", "where", "epochs", "steps"),
    [(0, True, 0, 0), (4, True, 1, 4), (6, True, 2, 6), (2, False, 1, 6)],
    ids=["first step", "mid-epoch", "new epoch", "measuring"],
)
@pytest.mark.parametrize("patience", [None, 3])
def test_ctrl_c_returns_the_history_and_a_usable_model(few, call, where, epochs, steps, patience):
    model = make_model()
    history = ae.fit(model, few, interrupt_at(call, where), epochs=5, lr=0.01, seed=0, patience=patience, **CPU)
    assert (history.stopped, history.epochs, history.steps) == ("interrupted", epochs, steps)
    assert len(history.train.get("squared_error", [])) == len(history.val.get("squared_error", [])) == epochs
    assert not model.training
    expected = make_model()  # the same run, ended there on purpose
    if patience and epochs:
        steps = 3 * epochs  # falls in every epoch: the best are those of the last whole one
    if steps:
        ae.fit(expected, few, squared_error, steps=steps, lr=0.01, seed=0, **CPU)
    assert_same(state(model), state(expected))


def test_training_goes_on_after_ctrl_c(few):
    model = make_model()
    before = ae.fit(model, few, interrupt_at(4), epochs=5)
    after = ae.fit(model, few, squared_error, epochs=5)
    assert after.stopped == "finished"
    assert after.val["squared_error"][-1] < before.val["squared_error"][-1]


def test_another_error_passes_and_leaves_the_model_usable(few):
    class Mine(Exception):
        pass

    def loss(model, x):
        raise Mine

    model = make_model()
    with pytest.raises(Mine):
        ae.fit(model, few, loss, epochs=1)
    assert not model.training
    assert np.isfinite(error_by_hand(model, few.val.x))


BAD_SETTINGS = [
    ({"epochs": 0}, ["epochs=0", "1 or more"]),
    ({"epochs": 1.5}, ["epochs=1.5"]),
    ({"epochs": "3"}, ["epochs='3'"]),
    ({"steps": 0}, ["steps=0", "1 or more"]),
    ({"steps": -4}, ["steps=-4"]),
    ({"epochs": 1, "steps": 1}, ["epochs=1", "steps=1", "not both"]),
    ({"batch_size": 0}, ["batch_size=0"]),
    ({"batch_size": 10.0}, ["batch_size=10.0"]),
    ({"lr": 0}, ["lr=0", "above 0"]),
    ({"lr": -1e-3}, ["lr=-0.001"]),
    ({"lr": float("nan")}, ["lr=nan"]),
    ({"lr": float("inf")}, ["lr=inf"]),
    ({"patience": 0}, ["patience=0"]),
    ({"patience": 1.5}, ["patience=1.5"]),
    ({"precision": "float16"}, ["'float16'", "'float32'", "'bfloat16'"]),
    ({"device": "gpu"}, ["device='gpu'", "'cpu'"]),
    ({"device": "cuda:99"}, ["device='cuda:99'"]),
    ({"weights": {"kl": 1}}, ["'kl'", "'squared_error'"]),
    ({"checkpoint": "no/such/folder/run.pt"}, ["no/such/folder", "make it first"]),
    ({"checkpoint": "."}, ["checkpoint='.'", "is a folder", "'run.pt'"]),
    ({"checkpoint": 3}, ["checkpoint=3", "the name of a file"]),
    ({"checkpoint": b"run.pt"}, ["checkpoint=b'run.pt'"]),
    ({"checkpoint": "a\0b"}, ["checkpoint="]),
    ({"checkpoint": "n" * 5000}, ["checkpoint=a str", "cannot be used"]),
    ({"seed": -1}, ["seed=-1", "0 to 4,294,967,295"]),
    ({"seed": "1"}, ["seed='1'"]),
    ({"lr": "fast"}, ["lr='fast'", "above 0"]),
    ({"epochs": True}, ["epochs=True"]),
    ({"epochs": 10**30}, ["epochs=1000000000000000000000000000000"]),
    ({"optimizer": "Adam"}, ["optimizer is 'Adam'", "expected a function"]),
    ({"after_epoch": 3}, ["after_epoch is 3"]),
    ({"device": 2.5}, ["device='2.5'"]),
    ({"weights": ["kl"]}, ["weights=['kl']", "factors"]),
    ({"weights": {"squared_error": "1"}}, ["weights['squared_error']='1'", "function of the step"]),
    ({"weights": {"squared_error": float("nan")}}, ["weights['squared_error']=nan", "finite"]),
    ({"weights": {"squared_error": lambda step: None}}, ["weights['squared_error'](0)=None", "finite"]),
    ({"weights": {"squared_error": lambda: 1.0}}, ["weights['squared_error'](0) failed", "TypeError"]),
    ({"weights": {"squared_error": lambda step: 1 / (step - 59)}, "epochs": 20}, ["(59) failed", "ZeroDivisionError"]),
    ({"targets": True}, ["targets=True", "images.train.y", "None"]),
]


def named(settings):
    """Settings as a test's name: without addresses, since every worker must call a test the same."""
    return re.sub(r" at 0x\w+", "", str(settings))


@pytest.mark.parametrize(("settings", "words"), BAD_SETTINGS, ids=[named(settings) for settings, _ in BAD_SETTINGS])
def test_settings_that_cannot_work_are_refused(few, refused, settings, words):
    model = make_model()
    before = state(model)
    unlabelled = replace(few, train=Split(few.train.x))
    with refused(ValueError, *words):
        ae.fit(model, unlabelled, squared_error, **settings)
    assert_same(state(model), before)


BAD_IMAGES = {
    "a split": (lambda few: few.train, ["Split", "expected Images"]),
    "a tensor": (lambda few: few.train.x, ["Tensor", "expected Images"]),
    "none": (lambda few: replace(few, train=Split(few.train.x[:0])), ["images.train.x", "[0, 1, 28, 28]"]),
    "bytes": (lambda few: replace(few, train=Split((few.train.x * 255).byte())), ["images.train.x", "uint8", "/ 255"]),
    "flat": (lambda few: replace(few, val=Split(few.val.x.flatten(1))), ["images.val.x", "[60, 784]"]),
    "infinite": (lambda few: replace(few, val=Split(few.val.x / 0)), ["images.val.x", "NaN or infinite"]),
    "not finite": (lambda few: replace(few, train=Split(few.train.x.log())), ["images.train.x", "NaN or infinite"]),
    "too small": (
        lambda few: replace(few, train=Split(few.train.x[..., :20, :20])),
        ["[100, 1, 20, 20]", "[B, 1, 28, 28]"],
    ),
}


@pytest.mark.parametrize("length", [{"epochs": 1}, {"steps": 1}], ids=["epochs", "steps"])
@pytest.mark.parametrize("case", BAD_IMAGES)
def test_images_that_cannot_work_are_refused(few, refused, case, length):
    make, words = BAD_IMAGES[case]
    with refused(ValueError, *words):
        ae.fit(make_model(), make(few), squared_error, **length)


def test_patience_needs_validation_images(few, refused):
    with refused(ValueError, "patience", "validation"):
        ae.fit(make_model(), replace(few, val=Split(few.val.x[:0])), squared_error, patience=2)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda model, x: (model(x) - x).square().mean(), ["Tensor", "dict"]),
        (lambda model, x: {}, ["dict"]),
        (lambda model, x: {"mine": (model(x) - x).square().flatten(1).sum(1)}, ["'mine'", "[100]", "scalar"]),
        (lambda model, x: {"mine": 3.0}, ["'mine'", "float", "scalar"]),
        (lambda model, x: {"mine": (model(x) - x).square().mean().detach()}, ["depend", ".detach()"]),
    ],
    ids=["tensor", "empty", "vector", "float", "detached"],
)
def test_a_loss_that_is_none_is_refused(few, refused, loss, words):
    with refused(ValueError, *words):
        ae.fit(make_model(), few, loss, epochs=1)


@pytest.mark.parametrize("model", [None, "model", ae.Autoencoder])
def test_what_is_no_model_is_refused(few, refused, model):
    with refused(ValueError, "model is", "torch module"):
        ae.fit(model, few, squared_error, epochs=1)


@pytest.mark.parametrize("loss", [None, "squared_error", {"squared_error": 1}])
def test_what_is_no_loss_is_refused(few, refused, loss):
    with refused(ValueError, "loss is", "ae.losses.squared_error"):
        ae.fit(make_model(), few, loss, epochs=1)


@pytest.mark.parametrize("model", [nn.Identity(), make_model().requires_grad_(False)], ids=["none", "frozen"])
def test_a_model_with_nothing_to_train_is_refused(few, refused, model):
    with refused(ValueError, type(model).__name__, "no parameters to train"):
        ae.fit(model, few, squared_error, epochs=1)


def test_frozen_parts_stay(few):
    model = make_model()
    model.encoder.requires_grad_(False)
    before = state(model)
    ae.fit(model, few, squared_error, epochs=1)
    after = state(model)
    assert {name for name in before if torch.equal(before[name], after[name])} == {
        name for name in before if name.startswith("encoder")
    }


# --- seeds, devices, precision ---


def noisy(model, x):
    """A loss with randomness of its own."""
    return {"noisy": (model(x + 0.1 * torch.randn_like(x)) - x).square().sum((1, 2, 3)).mean()}


def test_a_seed_repeats_the_run_exactly(few):
    runs = {}
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        model = make_model()
        torch.rand(len(name))  # what came before does not matter
        history = ae.fit(model, few, noisy, epochs=2, seed=seed, **CPU)
        runs[name] = (history.train, history.val, state(model))
    assert_same(runs["first"][2], runs["again"][2])
    assert runs["first"][:2] == runs["again"][:2] != runs["other"][:2]


def test_without_a_seed_pytorchs_generator_decides(few):
    results = []
    for seed in (3, 3, 4):
        model = make_model()
        ae.seed_everything(seed)
        results.append(ae.fit(model, few, squared_error, epochs=1, **CPU).train)
    assert results[0] == results[1] != results[2]


@pytest.mark.parametrize("loss", [squared_error, cross_entropy])
def test_bfloat16_stays_near_float32(few, loss):
    last = {}
    for precision in ("float32", "bfloat16"):
        model = make_model()
        history = ae.fit(model, few, loss, epochs=5, seed=0, lr=3e-3, precision=precision)
        (last[precision],) = (curve[-1] for curve in history.val.values())
        assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert last["bfloat16"] == pytest.approx(last["float32"], rel=0.02)
    assert last["bfloat16"] != last["float32"]


def test_a_model_is_trained_on_the_gpu_and_comes_back(cuda, few):
    results = []
    for device in ("cpu", "cuda"):
        model = make_model()
        devices = set()

        def loss(model, x, devices=devices):
            devices.update({x.device.type, *(p.device.type for p in model.parameters())})
            return squared_error(model, x)

        history = ae.fit(model, few, loss, epochs=3, seed=0, device=device, patience=2)
        assert devices == {device}
        assert {p.device.type for p in model.parameters()} == {"cpu"}
        results.append(history.val["squared_error"])
    assert results[1] == pytest.approx(results[0], rel=1e-3)


def test_a_model_that_lives_on_the_gpu_returns_there(cuda, few):
    model = make_model().to(cuda)
    ae.fit(model, few, squared_error, epochs=1, device="cpu")
    assert {p.device.type for p in model.parameters()} == {"cuda"}
    with pytest.raises(ValueError):
        ae.fit(model, few, lambda model, x: None, epochs=1, device="cpu")
    assert {p.device.type for p in model.parameters()} == {"cuda"}


# --- other examples, and targets ---


@pytest.mark.parametrize("shape", [(3, 8, 10), (1, 9, 7), (2, 30), (12,)])
def test_examples_of_any_shape_and_range(shape):
    x = torch.randn(130, *shape, generator=torch.Generator().manual_seed(0)) * 10 - 5
    images = Images("other", Split(x[:100]), Split(x[100:]), Split(x[:1]), ())
    torch.manual_seed(0)
    model = ae.Autoencoder((x[0].numel(), 20, 4), head=nn.Identity, shape=shape)
    history = ae.fit(model, images, squared_error, epochs=5, lr=0.01, seed=0)
    assert history.val["squared_error"][-1] < history.val["squared_error"][0]
    assert history.train["squared_error"][-1] == pytest.approx(error_by_hand(model, images.train.x), rel=1e-5)


def test_colour_through_convolutions_learns():
    x = torch.rand(100, 3, 1, 1, generator=torch.Generator().manual_seed(0)).expand(100, 3, 9, 11).contiguous()
    images = Images("one colour each", Split(x[:80]), Split(x[80:]), Split(x[:1]), ())
    torch.manual_seed(0)
    history = ae.fit(ae.ConvAutoencoder(3, shape=(3, 9, 11)), images, cross_entropy, epochs=20, lr=0.01, seed=0)
    assert history.val["cross_entropy"][-1] < history.val["cross_entropy"][0]


class Reader(nn.Module):
    """Tokens in, scores of each token out."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Embedding(5, 4), nn.Flatten(), nn.Linear(24, 30), nn.Unflatten(1, (6, 5)))

    def forward(self, x):
        return self.layers(x)


def test_tokens_may_be_trained_on():
    x = torch.randint(5, (60, 6), generator=torch.Generator().manual_seed(0))
    images = Images("tokens", Split(x[:50]), Split(x[50:]), Split(x[:1]), ())

    def loss(model, x):
        assert x.dtype == torch.int64
        return {"nats": nn.functional.cross_entropy(model(x).flatten(0, 1), x.flatten(), reduction="sum") / len(x)}

    torch.manual_seed(0)
    history = ae.fit(Reader(), images, loss, epochs=5, batch_size=10, lr=0.05)
    assert history.train["nats"][-1] < history.train["nats"][0]


@pytest.mark.parametrize("loss", [cross_entropy, ae.losses.variational_cross_entropy])
def test_cross_entropy_of_standardised_images_is_refused_with_what_to_do(few, refused, loss):
    images = replace(few, train=Split(few.train.x * 2 - 1))
    with refused(ValueError, "[0, 1]", "-1", "squared error", "rescale"):
        ae.fit(ae.VariationalAutoencoder(), images, loss, epochs=1, **CPU)


def classify(model, x, y):
    return {"nats": nn.functional.cross_entropy(model(x), y)}


def make_classifier():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def test_with_targets_a_loss_gets_the_labels_of_its_own_images(few):
    seen = []

    def loss(model, x, y):
        place = (x.flatten(1)[:, None] == few_x[None]).all(2).int().argmax(1)
        assert torch.equal(y, few_y[place])
        seen.append(len(x))
        return classify(model, x, y)

    few_x = torch.cat([few.train.x, few.val.x]).flatten(1)
    few_y = torch.cat([few.train.y, few.val.y])
    history = ae.fit(make_classifier(), few, loss, epochs=3, targets=True, seed=0, lr=0.01, **CPU)
    assert seen == 3 * [100, 100, 50, 250, 60]
    assert history.val["nats"][-1] < history.val["nats"][0]


def test_targets_do_not_change_what_is_drawn(few):
    results = []
    for targets, loss in ((False, squared_error), (True, lambda model, x, y: squared_error(model, x))):
        model = make_model()
        history = ae.fit(model, few, loss, epochs=2, seed=3, targets=targets, patience=1, **CPU)
        results.append((state(model), history.val))
    assert_same(*results)


def test_a_resumed_run_with_targets_is_the_uninterrupted_run(few, tmp_path):
    settings = dict(seed=1, targets=True, **CPU)
    expected, model = make_classifier(), make_classifier()
    whole = ae.fit(expected, few, classify, epochs=4, **settings)
    for epochs in (2, 4):
        history = ae.fit(model, few, classify, epochs=epochs, checkpoint=tmp_path / "run.pt", **settings)
    assert_same_outcome(outcome(history, model), outcome(whole, expected))


@pytest.mark.parametrize("part", ["train", "val"])
@pytest.mark.parametrize("y", [None, torch.zeros(3), [0] * 250, torch.tensor(1)], ids=["none", "short", "list", "one"])
def test_targets_that_are_missing_or_do_not_fit_are_refused(few, refused, part, y):
    images = replace(few, **{part: Split(getattr(few, part).x, y)})
    with refused(ValueError, "targets=True", f"images.{part}.y", "leave targets out"):
        ae.fit(make_classifier(), images, classify, targets=True)


# --- weights that move ---


def test_a_weight_may_be_a_function_of_the_steps_taken(few):
    """Three steps an epoch; the history stays unweighted; the reference is the loop by hand."""
    asked = []

    def warm_up(step):
        asked.append(step)
        return min(1.0, step / 4)

    expected = make_model()
    optimizer = torch.optim.Adam(expected.parameters(), lr=0.01, fused=True)
    torch.manual_seed(5)
    for step in range(7):
        if step % 3 == 0:
            order = torch.randperm(250)
        batch = few.train.x[order.split(100)[step % 3]]
        terms = two_terms(expected, batch)
        optimizer.zero_grad()
        (1.0 * terms["fit"] + min(1.0, step / 4) * terms["code"]).backward()
        optimizer.step()
    model = make_model()
    history = ae.fit(model, few, two_terms, steps=7, lr=0.01, seed=5, weights={"code": warm_up}, **CPU)
    assert_same(state(model), state(expected))
    assert set(asked) <= set(range(7))  # never beyond the run
    code = model.encode(few.train.x).detach().double().numpy()
    assert history.train["code"][-1] == pytest.approx((code**2).sum(1).mean(), rel=1e-4)


def test_a_constant_function_is_a_number(few):
    results = []
    for factor in (0.3, lambda step: 0.3, lambda step: torch.tensor(0.3, dtype=torch.float64)):
        model = make_model()
        history = ae.fit(model, few, two_terms, epochs=4, seed=0, weights={"code": factor}, patience=2, **CPU)
        results.append(outcome(history, model))
    assert_same_outcome(results[1], results[0])
    assert_same_outcome(results[2], results[0])


@pytest.mark.parametrize(
    ("a", "weight", "patience", "best", "epochs"),
    [
        # While the weight rises, the sum rises as well: that is no reason to stop, and no such epoch is the best one.
        ([5, 6, 7, 8, 7, 6], [0, 1, 2, 3, 3, 3], 1, 6, 6),
        ([1, 6, 7, 8, 9, 9], [0, 1, 2, 3, 3, 3], 1, 4, 5),  # then patience counts as ever
        ([9, 9, 9, 9, 9, 1], [0, 0, 0, 0, 3, 3], 1, 6, 6),  # a rest before the rise does not end the run either
        ([5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5], 1, 6, 6),  # still moving at the end: the last epoch counts alone
        ([5, 4, 4, 4, 1, 1], [1, 1, 1, 1, 1, 1], 2, 2, 4),
    ],
)
def test_patience_compares_sums_of_equal_weights_only(few, a, weight, patience, best, epochs):
    """The validation losses are dictated; `b` is 1 throughout; three steps an epoch."""
    measured = iter(range(100))

    def loss(model, x):
        real = squared_error(model, x)["squared_error"]
        if model.training or len(x) != len(few.val):
            return {"a": real, "b": real}
        return {"a": torch.tensor(float(a[next(measured)])), "b": torch.tensor(1.0)}

    weights = {"b": lambda step: float(weight[step // 3])}
    still = max((n for n, value in enumerate(weight, 1) if value != weight[-1]), default=0)
    warned = "still moved" if still > 0 and epochs - still <= patience else None
    with pytest.warns(RuntimeWarning, match=warned) if warned else nullcontext():
        history = ae.fit(make_model(), few, loss, epochs=6, patience=patience, weights=weights, device="cpu")
    assert (history.best_epoch, history.epochs) == (best, epochs)


@pytest.mark.parametrize(("steps_to_one", "warned"), [(3, False), (6, False), (7, True), (100, True)])
def test_a_warm_up_that_leaves_patience_no_time_is_said(few, steps_to_one, warned):
    """Four epochs of three steps: patience 2 needs three of them with the weight at rest."""
    weights = {"code": lambda step: min(1.0, (step + 1) / steps_to_one)}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        ae.fit(make_model(), few, two_terms, epochs=4, patience=2, weights=weights, seed=0, **CPU)
    assert [True for warning in said if "patience=2 could not end this run" in str(warning.message)] == [True] * warned


def rising(step):
    return min(1.0, step / 9)


@pytest.mark.parametrize("stop_in_epoch", [2, 4, 6])
def test_a_run_with_a_moving_weight_resumes_exactly(few, tmp_path, stop_in_epoch):
    settings = dict(epochs=7, lr=0.02, patience=2, seed=1, weights={"code": rising}, **CPU)
    expected = make_model()
    whole = ae.fit(expected, few, two_terms, **settings)
    model, path = make_model(), tmp_path / "run.pt"
    ae.fit(model, few, interrupt_at(3 * stop_in_epoch - 1, loss=two_terms), checkpoint=path, **settings)
    model = make_model(9)
    resumed = ae.fit(model, few, two_terms, checkpoint=path, **settings)
    assert_same_outcome(outcome(resumed, model), outcome(whole, expected))


@pytest.mark.filterwarnings("ignore:patience=2 could not end this run")
def test_a_run_with_a_moving_weight_can_be_made_longer(few, tmp_path):
    """The shorter run ends, and chooses, with another weight than the longer one."""
    settings = dict(lr=0.02, patience=2, seed=1, weights={"code": rising}, **CPU)
    expected, model = make_model(), make_model()
    whole = ae.fit(expected, few, two_terms, epochs=5, **settings)
    for epochs in (2, 5):
        history = ae.fit(model, few, two_terms, epochs=epochs, checkpoint=tmp_path / "run.pt", **settings)
    assert_same_outcome(outcome(history, model), outcome(whole, expected))


def test_a_checkpoint_remembers_what_a_function_gave(few, tmp_path, refused):
    settings = dict(seed=1, checkpoint=tmp_path / "run.pt", **CPU)
    ae.fit(make_model(), few, two_terms, epochs=2, weights={"code": lambda step: step / 10}, **settings)
    with refused(ValueError, "weights={'code': [0.2, 0.5]}", "[0.4, 1.0]", "another file"):
        ae.fit(make_model(), few, two_terms, epochs=3, weights={"code": lambda step: step / 5}, **settings)
    again = ae.fit(make_model(), few, two_terms, epochs=3, weights={"code": lambda step: step * 0.1}, **settings)
    assert again.epochs == 3  # another function with the same values


def test_a_function_that_fails_on_the_way_hands_the_history_over(few, refused):
    def bad(step):
        return float("nan") if step == 7 else 1.0

    with refused(TrainingDiverged, "weights['code'](7)=nan"):
        try:
            ae.fit(make_model(), few, two_terms, epochs=5, weights={"code": bad})
        except TrainingDiverged as error:
            assert (error.history.epochs, error.history.steps) == (2, 7)
            raise


# --- checkpoints ---


def outcome(history, model):
    return {**asdict(history), "seconds": None}, state(model)


def assert_same_outcome(found, expected):
    assert found[0] == expected[0]
    assert_same(found[1], expected[1])


@pytest.mark.parametrize("stop_in_epoch", [1, 2, 4, 5])
@pytest.mark.parametrize("patience", [None, 2])
@pytest.mark.parametrize("loss", [squared_error, noisy])
@pytest.mark.parametrize("seed", [None, 7])
def test_a_resumed_run_is_the_uninterrupted_run(few, tmp_path, stop_in_epoch, patience, loss, seed):
    settings = dict(epochs=5, lr=0.02, patience=patience, seed=seed, **CPU)
    expected = make_model()
    whole = ae.fit(expected, few, loss, **settings)
    assert whole.epochs >= 4  # or there would be less to stop and resume than this test is about

    model = make_model()
    path = tmp_path / "run.pt"
    stopped = ae.fit(model, few, interrupt_at(3 * stop_in_epoch - 1, loss=loss), checkpoint=path, **settings)
    assert stopped.epochs == min(stop_in_epoch - 1, whole.epochs)
    assert path.exists() == (stop_in_epoch > 1)
    # A later session: another model, another state of the generator. Until there is a checkpoint, it starts anew.
    model = make_model(0 if stop_in_epoch == 1 else 99)
    resumed = ae.fit(model, few, loss, checkpoint=path, **settings)
    assert_same_outcome(outcome(resumed, model), outcome(whole, expected))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.pt"]


def test_a_finished_run_is_returned_without_training(few, tmp_path):
    settings = dict(epochs=50, lr=0.05, patience=1, seed=0, checkpoint=tmp_path / "run.pt", **CPU)
    expected = make_model()
    whole = ae.fit(expected, few, squared_error, **settings)
    assert whole.stopped == "converged"
    model = make_model(99)
    calls = []

    def loss(model, x):
        calls.append(model.training)
        return squared_error(model, x)

    loss.__qualname__ = squared_error.__qualname__
    again = ae.fit(model, few, loss, **settings)
    assert True not in calls
    assert_same_outcome(outcome(again, model), outcome(whole, expected))


@pytest.mark.parametrize("unit", ["epochs", "steps"])
def test_a_run_can_be_made_longer(few, tmp_path, unit):
    per_epoch = {"epochs": 1, "steps": 3}[unit]
    settings = dict(seed=0, **CPU)
    expected = make_model()
    whole = ae.fit(expected, few, noisy, **{unit: 4 * per_epoch}, **settings)
    for epochs in (2, 4):
        model = make_model()
        history = ae.fit(model, few, noisy, **{unit: epochs * per_epoch}, checkpoint=tmp_path / "run.pt", **settings)
    assert_same_outcome(outcome(history, model), outcome(whole, expected))


def test_the_seconds_of_a_resumed_run_add_up(few, tmp_path):
    def slow(model, x):
        time.sleep(0.1)
        return squared_error(model, x)

    slow.__qualname__ = squared_error.__qualname__
    first = ae.fit(make_model(), few, slow, epochs=1, checkpoint=tmp_path / "run.pt")
    start = time.perf_counter()
    both = ae.fit(make_model(), few, squared_error, epochs=2, checkpoint=tmp_path / "run.pt")
    assert first.seconds > 0.3
    assert first.seconds - 0.1 < both.seconds < first.seconds + time.perf_counter() - start


KILLED = """
import os, signal, sys, io
import torch
import aeutils as ae
from aeutils.data import Images, Split
path, epoch = sys.argv[1], int(sys.argv[2])
digits = ae.load()
few = Images("few", Split(digits.train.x[:250]), Split(digits.val.x[:60]), Split(digits.test.x[:50]), digits.classes)
save, calls = torch.save, iter(range(1, 100))
def dying(contents, file):
    if next(calls) < epoch:
        return save(contents, file)
    whole = io.BytesIO()
    save(contents, whole)
    file.write(whole.getvalue()[: len(whole.getvalue()) // 2])
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
torch.save = dying
torch.manual_seed(0)
model = ae.Autoencoder((784, 16, 2))
ae.fit(model, few, ae.losses.squared_error, epochs=4, seed=7, device="cpu", checkpoint=path)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no kill -9")
def test_kill_9_while_writing_leaves_the_last_good_checkpoint(few, tmp_path):
    path = tmp_path / "run.pt"
    child = subprocess.run([sys.executable, "-c", KILLED, str(path), "3"], capture_output=True, text=True, timeout=120)
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert torch.load(path, weights_only=True)["history"]["steps"] == 6  # two epochs of three steps
    results = []
    for checkpoint in (path, None):
        model = make_model()
        history = ae.fit(model, few, squared_error, epochs=4, seed=7, checkpoint=checkpoint, **CPU)
        results.append(outcome(history, model))
    assert_same(results[0][1], results[1][1], rtol=1e-4, atol=1e-5)  # two processes may add up in another order
    assert results[0][0]["steps"] == results[1][0]["steps"] == 12
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.pt"]


def test_a_checkpoint_is_written_elsewhere_and_renamed(few, tmp_path, monkeypatch):
    path, save, written = tmp_path / "run.pt", torch.save, []

    def spy(contents, file):
        save(contents, file)
        written.append(os.fstat(file.fileno()).st_ino)
        assert not path.exists() or path.stat().st_ino != written[-1]

    monkeypatch.setattr(torch, "save", spy)
    ae.fit(make_model(), few, squared_error, epochs=2, checkpoint=path)
    assert len(written) == 2
    assert path.stat().st_ino == written[-1]


def test_ctrl_c_while_writing_leaves_the_last_good_checkpoint(few, tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    settings = dict(seed=0, checkpoint=path, **CPU)
    ae.fit(make_model(), few, squared_error, epochs=1, **settings)
    good = path.read_bytes()

    def interrupted(contents, file):
        file.write(good[:1000])
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", interrupted)
    assert ae.fit(make_model(), few, squared_error, epochs=3, **settings).stopped == "interrupted"
    assert path.read_bytes() == good
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.pt"]


# --- checkpoints that cannot be written ---


def full_disk(contents, file):
    file.write(b"some bytes")
    raise OSError(28, "No space left on device")


def as_pytorch_says_it(contents, file):
    raise RuntimeError("PytorchStreamWriter failed writing file data/4: file write failed\nand more")


@pytest.mark.parametrize("failing", [full_disk, as_pytorch_says_it])
def test_a_full_disk_does_not_cost_the_run(few, tmp_path, monkeypatch, failing):
    settings = dict(epochs=5, lr=0.02, seed=0, **CPU)
    expected = make_model()
    whole = ae.fit(expected, few, squared_error, **settings)
    path, save, calls = tmp_path / "run.pt", torch.save, iter(range(1, 100))
    monkeypatch.setattr(torch, "save", lambda *args: (failing if next(calls) >= 3 else save)(*args))
    model = make_model()
    with pytest.warns(RuntimeWarning) as said:
        history = ae.fit(model, few, squared_error, checkpoint=path, **settings)
    assert_same_outcome(outcome(history, model), outcome(whole, expected))
    first, last = (str(warning.message) for warning in said)  # one when it begins, one at the end
    assert "after epoch 3" in first and "training goes on" in first
    assert "holds 2 of 5 epochs" in last and "torch.save" in last
    assert all(str(path) in line and "\n" not in line for line in (first, last))
    assert [warning.filename for warning in said] == [__file__] * 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.pt"]
    monkeypatch.setattr(torch, "save", save)  # the last good epochs are there to go on from
    model = make_model(9)
    assert_same_outcome(
        outcome(ae.fit(model, few, squared_error, checkpoint=path, **settings), model), outcome(whole, expected)
    )


def test_a_disk_that_has_room_again_is_written_again(few, tmp_path, monkeypatch):
    path, save, calls = tmp_path / "run.pt", torch.save, iter(range(1, 100))
    monkeypatch.setattr(torch, "save", lambda *args: (full_disk if next(calls) == 3 else save)(*args))
    with pytest.warns(RuntimeWarning) as said:
        ae.fit(make_model(), few, squared_error, epochs=5, checkpoint=path, **CPU)
    assert len(said) == 1
    assert torch.load(path, weights_only=True)["history"]["steps"] == 15


@pytest.mark.filterwarnings("error")
def test_a_file_that_is_held_for_a_moment_is_renamed_a_moment_later(few, tmp_path, monkeypatch):
    path, replace_, calls = tmp_path / "run.pt", os.replace, iter(range(100))
    monkeypatch.setattr(checkpoints, "_RENAMES", (0.0, 0.0, 0.0))

    def held(source, target):
        if next(calls) % 3 < 2:  # a synchronising folder, a virus scanner
            raise PermissionError(13, "Access is denied")
        replace_(source, target)

    monkeypatch.setattr(os, "replace", held)
    assert ae.fit(make_model(), few, squared_error, epochs=2, checkpoint=path, **CPU).epochs == 2
    assert torch.load(path, weights_only=True)["history"]["steps"] == 6


def test_a_file_that_is_held_for_good_does_not_cost_the_run(few, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "_RENAMES", (0.0, 0.0))

    def held(source, target):
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(os, "replace", held)
    with pytest.warns(RuntimeWarning, match="Access is denied") as said:
        history = ae.fit(make_model(), few, squared_error, epochs=2, checkpoint=tmp_path / "run.pt", **CPU)
    assert history.epochs == 2
    assert "run.pt was not written" in str(said[-1].message)
    assert list(tmp_path.iterdir()) == []


NO_ROOM = """
import json, resource, signal, sys, warnings
import torch
import aeutils as ae
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # as if the disk were full after 20 kB
warnings.simplefilter("always")
images = ae.load()
with warnings.catch_warnings(record=True) as said:
    history = ae.fit(ae.Autoencoder((784, 16, 2)), images, ae.losses.squared_error, epochs=2, checkpoint=sys.argv[1])
print(json.dumps([history.epochs, [str(warning.message) for warning in said]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_disk_that_is_really_full(fresh_python, tmp_path):
    epochs, said = fresh_python(NO_ROOM, tmp_path / "run.pt")
    assert epochs == 2
    assert len(said) == 2 and all("run.pt" in line and "\n" not in line for line in said), said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_that_cannot_be_written_is_found_out_before_training(few, tmp_path, monkeypatch, refused, there):
    path, model = tmp_path / "run.pt", make_model()
    if there:
        ae.fit(make_model(), few, squared_error, epochs=1, checkpoint=path, **CPU)
    before, real = state(model), pathlib.Path.open

    def deny(self, mode="r", **options):  # root may write everywhere, so the refusal is made up
        if "w" in mode:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, mode, **options)

    monkeypatch.setattr(pathlib.Path, "open", deny)
    calls = []

    def loss(model, x):
        calls.append(len(x))
        return squared_error(model, x)

    loss.__qualname__ = squared_error.__qualname__
    with refused(ValueError, str(path), "Permission denied", "another folder"):
        ae.fit(model, few, loss, epochs=2, checkpoint=path, **CPU)
    assert calls == []
    assert_same(state(model), before)
    if there:  # what is finished needs no writing
        assert ae.fit(model, few, loss, epochs=1, checkpoint=path, **CPU).epochs == 1


def test_a_checkpoint_that_cannot_be_read_is_one_line(saved, refused, monkeypatch):
    path, resume = saved
    real = pathlib.Path.read_bytes
    asked = []

    def deny(self):
        asked.append(self)
        if len(asked) == 2:  # `resume` itself looks before and after
            raise PermissionError(13, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(pathlib.Path, "read_bytes", deny)
    with refused(ValueError, str(path), "cannot be read", "Permission denied"):
        resume()


def test_a_checkpoint_of_version_0_1_0_is_read(few, tmp_path):
    settings = dict(lr=0.02, patience=2, seed=1, **CPU)
    expected, model, path = make_model(), make_model(), tmp_path / "run.pt"
    whole = ae.fit(expected, few, noisy, epochs=4, **settings)
    ae.fit(model, few, noisy, epochs=2, checkpoint=path, **settings)
    contents = torch.load(path, weights_only=True)
    contents.update(random=contents["random"]["cpu"], random_cuda=[])
    del contents["best_weights"]
    torch.save(contents, path)
    history = ae.fit(model, few, noisy, epochs=4, checkpoint=path, **settings)
    assert_same_outcome(outcome(history, model), outcome(whole, expected))


def test_the_random_state_of_mps_is_saved_and_restored(few, tmp_path, monkeypatch):
    state_, restored = torch.arange(3, dtype=torch.uint8), []
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: state_)
    monkeypatch.setattr(torch.mps, "set_rng_state", restored.append)
    for epochs in (1, 2):
        ae.fit(make_model(), few, squared_error, epochs=epochs, seed=0, checkpoint=tmp_path / "run.pt", **CPU)
    assert [state.tolist() for state in restored] == [[0, 1, 2]]


@pytest.fixture
def saved(few, tmp_path):
    """A checkpoint of one epoch, its settings, and `resume(**changes)`, which must leave model and file alone."""
    path = tmp_path / "run.pt"
    settings = dict(epochs=2, seed=0, checkpoint=path, **CPU)
    ae.fit(make_model(), few, squared_error, **{**settings, "epochs": 1})

    def resume(model=None, images=few, loss=squared_error, **changes):
        model = make_model(3) if model is None else model
        weights, content = state(model), path.read_bytes()
        try:
            ae.fit(model, images, loss, **{**settings, **changes})
        finally:
            assert_same(state(model), weights)
            assert path.read_bytes() == content

    return path, resume


class Evil:
    """A pickle that runs a command when it is loaded the unsafe way."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("form", ["plain pickle", "torch file", "torch file in our format"])
def test_a_malicious_file_is_refused_and_nothing_in_it_is_executed(saved, refused, tmp_path, form):
    path, resume = saved
    trace = tmp_path / "executed"
    if form == "plain pickle":
        path.write_bytes(pickle.dumps(Evil(trace)))
        pickle.loads(path.read_bytes()).close()
    else:
        ours = torch.load(path, weights_only=True) if "our format" in form else {}
        torch.save({**ours, "extra": Evil(trace)}, path)
        torch.load(path, weights_only=False)["extra"].close()
    assert trace.exists()  # the file is as dangerous as this test believes
    trace.unlink()
    with refused(ValueError, str(path), "nothing in it was executed"):
        resume()
    assert not trace.exists()


@pytest.mark.parametrize("kept", [0, 1, 10, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(saved, refused, kept):
    path, resume = saved
    content = path.read_bytes()
    path.write_bytes(content[: int(kept if kept >= 1 else kept * len(content))])
    with refused(ValueError, str(path), "damaged"):
        resume()


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.9])
def test_an_altered_checkpoint_is_refused(saved, refused, place):
    path, resume = saved
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)
    with refused(ValueError, str(path), "damaged"):
        resume()


@pytest.mark.parametrize("content", [b"hello", bytes(3000), "weights", "list"])
def test_a_foreign_file_is_refused(saved, refused, content):
    path, resume = saved
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(make_model().state_dict() if content == "weights" else [1, 2], path)
    with refused(ValueError, str(path), "not a checkpoint"):
        resume()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lr": 2e-3}, ["lr=0.001", "lr=0.002"]),
        ({"batch_size": 50}, ["batch_size=100", "batch_size=50"]),
        ({"patience": 3}, ["patience=None", "patience=3"]),
        ({"weights": {"squared_error": 2}}, ["weights={}", "2.0"]),
        ({"precision": "bfloat16"}, ["'float32'", "'bfloat16'"]),
        ({"seed": 1}, ["seed=0", "seed=1"]),
        ({"loss": cross_entropy}, ["squared_error", "cross_entropy"]),
    ],
    ids=lambda value: named(value) if isinstance(value, dict) else "",
)
def test_a_checkpoint_of_other_settings_is_refused(saved, refused, change, words):
    path, resume = saved
    with refused(ValueError, str(path), "another file", *words):
        resume(**change)


def test_a_checkpoint_of_other_images_is_refused(saved, refused, few):
    path, resume = saved
    for images in (replace(few, name="others"), replace(few, train=Split(few.train.x[:249]))):
        with refused(ValueError, str(path), "another file"):
            resume(images=images)


@pytest.mark.parametrize(
    "model",
    [
        lambda: ae.Autoencoder((784, 16, 3)),
        lambda: ae.Autoencoder((784, 16, 8, 2)),
        lambda: ae.Autoencoder((784, 16, 2), activation=nn.GELU),  # the same shapes
        lambda: ae.Autoencoder((784, 16, 2), head=nn.Identity),
        ae.ConvAutoencoder,
    ],
    ids=["code", "depth", "activation", "head", "kind"],
)
def test_a_checkpoint_of_another_model_is_refused(saved, refused, model):
    path, resume = saved
    with refused(ValueError, str(path), "other layers"):
        resume(model())


def test_a_checkpoint_of_a_longer_run_is_refused(few, tmp_path, refused):
    path = tmp_path / "run.pt"
    ae.fit(make_model(), few, squared_error, epochs=2, checkpoint=path)
    with refused(ValueError, str(path), "6 steps", "3"):
        ae.fit(make_model(), few, squared_error, epochs=1, checkpoint=path)


def test_a_run_that_ended_inside_an_epoch_cannot_be_made_longer(few, tmp_path, refused):
    path = tmp_path / "run.pt"
    ae.fit(make_model(), few, squared_error, steps=4, checkpoint=path)
    with refused(ValueError, str(path), "4 steps", "cut short"):
        ae.fit(make_model(), few, squared_error, steps=6, checkpoint=path)
    assert ae.fit(make_model(), few, squared_error, steps=4, checkpoint=path).steps == 4


def test_numpy_numbers_do_for_settings_and_survive_a_checkpoint(few, tmp_path):
    for epochs in (1, 2):
        history = ae.fit(
            make_model(),
            few,
            squared_error,
            epochs=np.int64(epochs),
            batch_size=np.int64(100),
            lr=np.float64(1e-3),
            weights={"squared_error": np.float32(1)},
            seed=np.int64(1),
            patience=np.int64(2),
            checkpoint=tmp_path / "run.pt",
        )
    assert history.epochs == 2


# --- other optimisers, and a look after every epoch ---


def test_another_optimiser_takes_its_own_steps(few):
    plain = functools.partial(torch.optim.SGD, momentum=0.0)
    torch.manual_seed(0)
    model = ae.Autoencoder((784, 5))
    by_hand = deepcopy(model)
    ae.fit(model, few, squared_error, steps=2, batch_size=250, lr=0.01, seed=3, optimizer=plain)
    for _ in range(2):  # one batch holds all images, so that their order does not matter
        gradients = torch.autograd.grad(
            squared_error(by_hand, few.train.x)["squared_error"], list(by_hand.parameters())
        )
        with torch.no_grad():
            for parameter, gradient in zip(by_hand.parameters(), gradients, strict=True):
                parameter -= 0.01 * gradient
    for ours, theirs in zip(model.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_checkpoint_belongs_to_its_optimiser(few, tmp_path, refused):
    model, file = ae.Autoencoder((784, 5)), tmp_path / "run.pt"
    ae.fit(model, few, squared_error, epochs=1, checkpoint=file)
    with refused(ValueError, "optimizer='Adam'", "optimizer='SGD'"):
        ae.fit(model, few, squared_error, epochs=2, checkpoint=file, optimizer=torch.optim.SGD)


def test_after_epoch_sees_the_history_grow_and_can_end_the_run(few):
    seen = []

    def look(history):
        seen.append((history.epochs, history.steps))
        if history.epochs == 3:
            raise KeyboardInterrupt

    history = ae.fit(ae.Autoencoder((784, 5)), few, squared_error, epochs=10, after_epoch=look)
    assert seen == [(1, 3), (2, 6), (3, 9)]
    assert (history.stopped, history.epochs) == ("interrupted", 3)


def test_the_training_curve_of_a_large_set_is_of_a_fixed_sample(few):
    def run(measure):
        model = make_model()
        return model, ae.fit(model, few, squared_error, epochs=2, seed=3, measure=measure, **CPU)

    (model, sampled), (other, full) = run(40), run("all")
    assert (sampled.measured, full.measured) == (40, 250)
    assert sampled.val == full.val and all(map(torch.equal, model.parameters(), other.parameters()))
    chosen = torch.linspace(0, 249, 40, dtype=torch.float64).round().long()
    error = ae.reconstruction_error(model, few.train.x[chosen])
    assert sampled.train["squared_error"][-1] == pytest.approx(error, rel=1e-5)
    assert full.train["squared_error"][-1] == pytest.approx(ae.reconstruction_error(model, few.train), rel=1e-5)
    assert run(250)[1].train == run(5000)[1].train == full.train


@pytest.mark.parametrize("measure", [0, 2.5, "some", None, True])
def test_what_is_no_size_of_a_sample_is_refused(few, refused, measure):
    with refused(ValueError, "measure"):
        ae.fit(make_model(), few, squared_error, epochs=1, measure=measure, **CPU)

"""`fit` on data larger than memory: a loader in place of the training images."""

import itertools
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, TensorDataset

import aeutils as ae
from aeutils.data import Images, Split
from aeutils.losses import squared_error
from aeutils.training import TrainingDiverged, feed

CPU = {"device": "cpu"}


def make_model():
    torch.manual_seed(0)
    return ae.Autoencoder((784, 16, 2))


def assert_same(a, b):
    for left, right in zip(a.parameters(), b.parameters(), strict=True):
        assert torch.equal(left, right)


def streamed(few, loader):
    return replace(few, train=loader)


class Batches:
    """An iterable that can be gone through again and does not know its length."""

    def __init__(self, *batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


@pytest.mark.parametrize("length", [{"epochs": 3}, {"steps": 7}, {"steps": 2}])
@pytest.mark.parametrize("kind", ["loader", "iterable", "list"])
def test_fit_on_a_loader_is_adam_in_a_loop(few, kind, length):
    x, n_steps = few.train.x, length.get("steps", 9)
    expected = make_model()
    optimizer = torch.optim.Adam(expected.parameters(), lr=3e-3, fused=True)
    for step in range(n_steps):  # 250 images, in their order: batches of 100, 100 and 50
        batch = x[100 * (step % 3) : 100 * (step % 3) + 100]
        optimizer.zero_grad()
        squared_error(expected, batch)["squared_error"].backward()
        optimizer.step()
    made = {
        "loader": lambda: DataLoader(TensorDataset(x, few.train.y), batch_size=100),
        "iterable": lambda: Batches(*x.split(100)),
        "list": lambda: [[part] for part in x.split(100)],
    }
    model = make_model()
    history = ae.fit(model, streamed(few, made[kind]()), squared_error, lr=3e-3, **length, **CPU)
    assert_same(model, expected)
    assert (history.steps, history.epochs, history.stopped) == (n_steps, -(-n_steps // 3), "finished")
    seen = x if n_steps > 2 else x[:200]  # less than an epoch
    assert history.measured == len(seen)
    assert history.train["squared_error"][-1] == pytest.approx(ae.reconstruction_error(model, seen), rel=1e-5)
    assert history.val["squared_error"][-1] == pytest.approx(ae.reconstruction_error(model, few.val), rel=1e-5)


def test_a_generator_makes_one_epoch_or_as_many_steps_as_it_has(few, refused):
    def once():
        return streamed(few, (part for part in few.train.x.split(100)))

    assert ae.fit(make_model(), once(), squared_error, epochs=1).steps == 3
    assert ae.fit(make_model(), once(), squared_error, steps=2).stopped == "finished"
    assert ae.fit(make_model(), once(), squared_error, steps=3).stopped == "finished"
    history = ae.fit(make_model(), once(), squared_error, steps=5)
    assert (history.stopped, history.steps, history.epochs) == ("exhausted", 3, 1)
    for length, n in (({"epochs": 2}, 2), ({}, 20)):
        with refused(ValueError, "images.train is a generator", f"{n} epochs", "epochs=1", "DataLoader"):
            ae.fit(make_model(), once(), squared_error, **length)


def test_no_batch_more_than_the_steps_is_asked_for(few):
    endless = itertools.cycle([few.train.x])
    asked = []
    source = (asked.append(1) or batch for batch in endless)
    history = ae.fit(make_model(), streamed(few, source), squared_error, steps=4)
    assert (history.steps, history.epochs, len(asked)) == (4, 1, 4)


def test_an_iterable_that_only_seems_to_start_again_is_refused(few, refused):
    class Exhausted:
        batches = iter([few.train.x])

        def __iter__(self):
            return self.batches

    with refused(ValueError, "Exhausted, gave no batch in epoch 2", "once only"):
        ae.fit(make_model(), streamed(few, Exhausted()), squared_error, epochs=2)


@pytest.mark.parametrize("n_images", [30, 50, 1000])
def test_the_sample_is_even(n_images):
    """Every example has the same chance, wherever it comes by; nothing else is drawn from."""
    counts = torch.zeros(n_images)
    state = torch.get_rng_state()
    for seed in range(400):
        sample = feed._Reservoir(50)
        sample.generator.manual_seed(seed)
        for part in torch.arange(n_images)[:, None].split(70):
            sample.add((part, part + 1))
        x, y = sample.parts()
        assert len(set(x.flatten().tolist())) == len(x) == min(50, n_images)
        assert torch.equal(x + 1, y)
        counts[x.flatten()] += 1
    assert torch.equal(torch.get_rng_state(), state)
    mean = 400 * min(1, 50 / n_images)
    assert (counts.view(10, -1).mean(1) - mean).abs().max() <= 4 * (mean / (n_images / 10)) ** 0.5 * (n_images > 50)


def test_the_curve_is_of_a_fixed_sample(few):
    seen = []

    def loss(model, x):
        if not model.training and len(x) == 40:
            seen.append(x.clone())
        return squared_error(model, x)

    loader = DataLoader(few.train.x, batch_size=100, shuffle=True)
    history = ae.fit(make_model(), streamed(few, loader), loss, epochs=3, measure=40, seed=1, **CPU)
    assert history.measured == 40
    assert torch.equal(seen[0], seen[1]) and torch.equal(seen[0], seen[2])
    other = ae.fit(make_model(), streamed(few, loader), squared_error, epochs=3, measure=200, seed=1, **CPU)
    assert (other.measured, other.val) == (200, history.val)  # how much is measured changes no step


def test_targets_come_with_their_images(few, refused):
    def loss(model, x, y):
        for image, label in zip(x, y, strict=True):
            where = (few_x == image.flatten()).all(1).nonzero()
            if len(where):
                assert label in labels[where[:, 0]]
        return squared_error(model, x)

    few_x, labels = few.train.x.flatten(1), few.train.y
    loader = DataLoader(TensorDataset(few.train.x, labels), batch_size=100, shuffle=True)
    ae.fit(make_model(), streamed(few, loader), loss, epochs=2, measure=30, targets=True, **CPU)
    with refused(ValueError, "targets=True needs batch 1 of images.train.y"):
        ae.fit(make_model(), streamed(few, [few.train.x]), loss, epochs=1, targets=True, **CPU)


X = torch.rand(10, 1, 28, 28)
BAD_BATCHES = {
    "nothing": ([], ["images.train, a list, gave no batch"]),
    "a number": ([3], ["batch 1 of images.train is 3", "(x, y)"]),
    "a dictionary": ([X, {"image": X}], ["batch 2 of images.train is a dict", "(x, y)"]),
    "three": ([(X, X, X)], ["batch 1 of images.train is a tuple of 3"]),
    "an array": ([X.numpy()], ["batch 1 of images.train is a ndarray"]),
    "bytes": ([(X * 255).byte()], ["batch 1 of images.train.x is uint8", "/ 255"]),
    "not finite": ([X, X, X / 0], ["batch 3 of images.train.x has", "NaN or infinite"]),
    "no example": ([X[:0]], ["batch 1 of images.train.x has shape [0, 1, 28, 28]"]),
    "of two sizes": ([X, X[..., :20]], ["batch 2 of images.train has x of shape [10, 1, 28, 20]", "alike"]),
    "of two types": ([X, X.double()], ["batch 2", "torch.float64", "torch.float32"]),
    "not as in validation": ([X.flatten(1)], ["images.val.x is [60, 1, 28, 28]", "[10, 784]"]),
}


@pytest.mark.parametrize("case", BAD_BATCHES)
def test_batches_that_cannot_work_are_refused(few, refused, case):
    batches, words = BAD_BATCHES[case]
    model = make_model()
    with refused(ValueError, *words):
        ae.fit(model, streamed(few, batches), squared_error, epochs=1)
    assert not model.training


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"batch_size": 64}, ["batch_size=64", "loader"]),
        ({"measure": "all"}, ["measure='all'", "whole number"]),
        ({"patience": 1, "weights": {"squared_error": lambda step: 1.0}}, ["patience", "steps"]),
    ],
)
def test_settings_that_a_loader_cannot_have_are_refused(few, refused, settings, words):
    with refused(ValueError, *words):
        ae.fit(make_model(), streamed(few, Batches(few.train.x)), squared_error, **settings)


@pytest.mark.parametrize("train", [None, 3, "mnist", TensorDataset(X)])
def test_what_is_neither_a_split_nor_batches_is_refused(few, refused, train):
    with refused(ValueError, "images.train is", "DataLoader"):
        ae.fit(make_model(), streamed(few, train), squared_error, epochs=1)


def test_patience_and_moving_weights(few):
    """A loader that knows its length is as good as a split."""
    loader = DataLoader(few.train.x, batch_size=100)
    weights = {"squared_error": lambda step: min(1.0, (step + 1) / 4)}
    history = ae.fit(make_model(), streamed(few, loader), squared_error, epochs=4, patience=2, weights=weights)
    assert history.best_epoch is not None and history.epochs == 4


def test_divergence_names_the_epoch(few):
    with pytest.raises(TrainingDiverged, match="epoch 1"):
        model = ae.Autoencoder((784, 2), head=nn.Identity)
        ae.fit(model, streamed(few, list(few.train.x.split(50))), squared_error, lr=1e30, epochs=3)


# --- checkpoints ---


def own_generator(x, **how):
    generator = torch.Generator().manual_seed(4)
    if how.get("sampler"):
        sampler = RandomSampler(range(len(x)), generator=generator)
        return DataLoader(TensorDataset(x), batch_size=100, sampler=sampler)
    return DataLoader(TensorDataset(x), batch_size=100, shuffle=True, generator=generator)


LOADERS = {
    "shuffled": lambda x: DataLoader(TensorDataset(x), batch_size=100, shuffle=True),
    "own generator": own_generator,
    "sampler's generator": lambda x: own_generator(x, sampler=True),
    "workers": lambda x: DataLoader(TensorDataset(x), batch_size=100, shuffle=True, num_workers=1),
    "fixed": lambda x: Batches(*x.split(100)),
}


@pytest.mark.parametrize("n_images", [250, 200])  # with a short last batch, and without
@pytest.mark.parametrize("kind", LOADERS)
def test_a_resumed_run_is_the_uninterrupted_run(few, tmp_path, kind, n_images):
    def run(epochs, model, **more):
        images = streamed(few, LOADERS[kind](few.train.x[:n_images]))  # made anew, as in a new session
        history = ae.fit(model, images, squared_error, epochs=epochs, seed=2, measure=60, lr=0.01, **more, **CPU)
        history.seconds = 0
        return history

    whole, resumed = make_model(), make_model()
    expected = run(4, whole)
    run(2, resumed, checkpoint=tmp_path / "run.pt")
    torch.rand(3)
    resumed = make_model()
    assert run(4, resumed, checkpoint=tmp_path / "run.pt") == expected
    assert_same(resumed, whole)
    again = deepcopy(whole)
    assert run(4, again, checkpoint=tmp_path / "run.pt") == expected  # finished: read from the file


def test_a_checkpoint_of_a_loader_belongs_to_it(few, tmp_path, refused):
    file = tmp_path / "run.pt"
    ae.fit(make_model(), streamed(few, DataLoader(few.train.x, 100)), squared_error, epochs=2, checkpoint=file)
    others = {
        "batch_size=100": DataLoader(few.train.x, 90),
        "DataLoader of 3 batches'": DataLoader(few.train.x, 100, shuffle=True, generator=torch.Generator()),
        "images='DataLoader": Split(few.train.x),
        "images=": Batches(*few.train.x.split(100)),
    }
    for words, other in others.items():
        with refused(ValueError, words, "use the same"):
            ae.fit(make_model(), streamed(few, other), squared_error, epochs=4, checkpoint=file)
    with refused(ValueError, "a run of 6 steps", "one of 3"):
        ae.fit(make_model(), streamed(few, DataLoader(few.train.x, 100)), squared_error, epochs=1, checkpoint=file)


def test_a_run_of_a_loader_can_be_made_longer_at_the_end_of_an_epoch_only(few, tmp_path, refused):
    def run(name, loader, **length):
        return ae.fit(make_model(), streamed(few, loader), squared_error, checkpoint=tmp_path / name, **length)

    parts = few.train.x.split(100)
    run("a", Batches(*parts), epochs=2)
    with refused(ValueError, "6 steps", "1 epochs"):
        run("a", Batches(*parts), epochs=1)
    assert run("a", Batches(*parts), steps=8).steps == 8
    with refused(ValueError, "8 steps", "cut short", "one of 9"):
        run("a", Batches(*parts), steps=9)
    run("b", DataLoader(few.train.x, 100), steps=3)  # whose length is known
    assert run("b", DataLoader(few.train.x, 100), steps=4).steps == 4


# --- as large as you like ---


@pytest.mark.slow
def test_memory_does_not_grow_with_the_data(fresh_python):
    pytest.importorskip("resource")  # not on Windows
    code = """
import json, resource, sys, torch, aeutils as ae
from aeutils.data import Images, Split

class Gigabytes:  # batches of 4 MB: 2 GB
    def __iter__(self):
        for i in range(500):
            yield torch.full((1000, 1000), i / 500)

model = ae.Autoencoder((1000, 2), shape=(1000,))
none = Split(torch.zeros(0, 1000))
unit = 2**20 if sys.platform == "darwin" else 2**10
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
small = Images("small", [torch.rand(1000, 1000)], none, none, ())
ae.fit(model, small, ae.losses.squared_error, epochs=1, device="cpu")
before = peak()
history = ae.fit(model, Images("large", Gigabytes(), none, none, ()), ae.losses.squared_error, epochs=1, device="cpu")
print(json.dumps([peak() - before, history.steps, history.measured]))
"""
    grown, steps, measured = fresh_python(code, AEUTILS_PROGRESS="0")
    assert (steps, measured) == (500, 5000)
    assert grown < 100  # MB: the sample, 20, and what a step or a measurement needs


class Endless(IterableDataset):
    def __iter__(self):
        return itertools.repeat(torch.rand(1, 28, 28))


def test_a_stream_without_an_end(few):
    history = ae.fit(make_model(), streamed(few, DataLoader(Endless(), 50)), squared_error, steps=6, measure=100)
    assert (history.steps, history.epochs, history.measured) == (6, 1, 100)


# --- what looks at single training examples ---


def test_others_refuse_a_loader(few, refused):
    loader = DataLoader(TensorDataset(few.train.x), batch_size=100)
    images, model = streamed(few, loader), make_model()
    assert repr(images) == "Images('few': a DataLoader of training, 60 validation, 50 test images)"
    for call in (
        lambda: ae.pca_autoencoder(images, 2),
        lambda: ae.pca_error(images, 2),
        lambda: ae.reconstruction_error(model, loader),
        lambda: ae.evaluation.encode(model, loader),
        lambda: ae.sweeps.trial(data=images, steps=1),
        lambda: ae.fit(model, Images("val", few.train, loader, few.test, ()), squared_error),
    ):
        with refused(ValueError, "is a DataLoader, a loader", "Split"):
            call()

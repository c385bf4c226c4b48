"""Junk to every public function: an error is one line of ours that says what came and what was expected."""

from __future__ import annotations

import collections
import dis
import importlib
import inspect
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import aeutils as ae

CALLS = 700
SHARE = (
    0.02  # of the calls may end in an error of PyTorch or Python: a reader's own model may still fail in its own way
)

PACKAGE = str(Path(ae.__file__).parent)
OURS = (ValueError, TypeError, FileNotFoundError, ae.training.TrainingDiverged)


class NoCode(nn.Module):
    """A model that only reconstructs."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 784), nn.Unflatten(1, (1, 28, 28)))

    def forward(self, x):
        return self.layers(x)


def junk(folder: Path) -> list:
    nan = float("nan")
    images = torch.rand(4, 1, 28, 28)
    return [
        *(None, "", "text", b"bytes", 0, -1, -2.5, 2.5, nan, float("inf"), True, 10**30, 1j, object(), ...),
        *([], {}, (), set(), range(3), [1, 2, 3], [None], ["a", "b"], {"a": 1}, {"a": None}, {1: "b"}, (0, nan)),
        *(np.zeros((3, 2)), np.array([nan]), np.zeros((4, 1, 28, 28)), np.array("text"), np.float64(0.5), np.int64(3)),
        *(torch.tensor(1.0), torch.zeros(0), torch.zeros(3), torch.zeros(3, 2), torch.zeros(3, 7), torch.arange(5)),
        *(torch.full((4, 1, 28, 28), nan), (images * 255).byte(), images - 1, images.double(), images[:, 0], images[0]),
        *(torch.rand(4, 3, 5, 5), torch.rand(4, 1, 9, 9), torch.zeros(2, 2, device="meta"), torch.rand(2, 2) > 0.5),
        *(nn.Identity(), nn.Linear(4, 4), NoCode(), NoCode, ae.Autoencoder, ae.Autoencoder((81, 2), shape=(1, 9, 9))),
        *(lambda: None, lambda *given: None, lambda model, x: {}, nn.ReLU, nn.ReLU(), torch.float32, len, dict),
        *(folder, str(folder), folder / "no" / "such", "~", Exception, Exception("text")),
        *(ae.Split(torch.zeros(2, 2)), ae.Split(torch.zeros(0, 1, 28, 28)), ae.Split(images, torch.zeros(3))),
        ae.Images("junk", *(ae.Split(torch.zeros(n, 3)) for n in (2, 0, 1)), ()),
    ]


def good(digits: ae.Images, folder: Path) -> list[tuple[str, dict]]:
    """Every public function that takes something, with arguments that it accepts; after a model's name, a method."""
    few = ae.Images(
        "few", *(ae.Split(part.x[:20], part.y[:20]) for part in (digits.train, digits.val, digits.test)), ()
    )
    few = ae.Images("few", few.train, few.val, few.test, digits.classes)
    x, y, z = few.test.x, few.test.y, torch.randn(20, 2)
    model, variational = ae.Autoencoder((784, 8, 2)), ae.VariationalAutoencoder((784, 8, 2))
    layers = {"activation": nn.ReLU, "head": nn.Sigmoid}
    text = {"title": "t", "alt": ""}
    labels = {"xlabel": "x", "ylabel": "y"}
    curve = [3.0, 2.0, 1.0]
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    for i in range(4):
        Image.new("RGB", (9, 8), (i, 0, 0)).save(pictures / f"{i}.png")
    run = {"epochs": 1, "batch_size": 10, "lr": 1e-3, "patience": 1, "weights": {}, "precision": "float32"}
    run |= {"device": "cpu", "seed": 1, "checkpoint": None, "optimizer": torch.optim.Adam, "after_epoch": None}
    short = {"n_images": 20, "hidden": "4", "code_size": 2, "steps": 1, "lr": 1e-3, "batch_size": 10, "seed": 0}
    table = [
        ("runtime.check_device", {"wanted": "cpu"}),
        ("seed_everything", {"seed": 1}),
        ("progress", {"iterable": [1]}),
        ("load", {"name": "mnist-5k", "validation": None}),
        ("load_folder", {"path": pictures, "size": 4, "colour": True, "validation": 0.3, "test": 0.3}),
        ("data.check_images", {"x": x}),
        ("Autoencoder", {"sizes": (784, 3, 2), **layers, "shape": (1, 28, 28)}),
        ("VariationalAutoencoder", {"sizes": (784, 3, 2), **layers, "shape": (1, 28, 28)}),
        ("ArticleAutoencoder", {"sizes": (784, 3, 3, 3, 2), **layers, "summed": True, "activation_after": "no layer"}),
        ("ConvAutoencoder", {"code_size": 2, "channels": (3, 4), **layers, "shape": (1, 28, 28)}),
        ("models.mlp", {"sizes": (4, 3), "activation": nn.ReLU}),
        ("models.parameter_count", {"model": model}),
        *((f"{kind}.{name}", {"x": x}) for kind in ("plain", "variational") for name in ("encode", "forward")),
        *((f"{kind}.{name}", {"z": z}) for kind in ("plain", "variational") for name in ("decode", "decode_logits")),
        ("variational.posterior", {"x": x}),
        *((f"losses.{name}", {"model": model, "x": x}) for name in ("squared_error", "cross_entropy")),
        *(
            (f"losses.{name}", {"model": variational, "x": x})
            for name in ("variational_squared_error", "variational_cross_entropy")
        ),
        ("losses.kl_to_prior", {"posterior": variational.posterior(x)}),
        ("evaluation.squared_errors", {"x": x, "x_hat": x}),
        ("evaluation.bernoulli_nats", {"x": x, "p": x}),
        *((f"evaluation.{name}", {"model": model, "images": few.test}) for name in ("encode", "reconstruct")),
        ("evaluation.decode", {"model": model, "z": z}),
        ("evaluation.apply", {"function": model.encode, "model": model, "x": x}),
        ("evaluation.active_units", {"model": model, "images": x, "threshold": 0.01}),
        ("reconstruction_error", {"model": model, "images": x}),
        ("pca_autoencoder", {"images": few, "code_size": 2}),
        ("pca_error", {"images": few, "code_size": 2, "on": "val"}),
        ("evaluation.nearest_distance", {"pictures": x, "others": x}),
        ("evaluation.linear_map", {"z": z, "other": z, "z_new": z}),
        ("linear_probe", {"train_z": z, "train_y": y, "z": z, "y": y}),
        ("knn", {"train_z": z, "train_y": y, "z": z, "y": y, "neighbours": 3}),
        ("fit", {"model": ae.Autoencoder((784, 2)), "images": few, "loss": ae.losses.squared_error, **run}),
        ("fit", {"model": ae.Autoencoder((784, 2)), "images": few, "loss": ae.losses.cross_entropy, **run}),
        ("sweeps.trial", {"model": None, "loss": ae.losses.squared_error, "data": "mnist-5k", **short}),
        ("sweeps.sweep", {"settings": [short], "n_jobs": 1}),
        ("figures.digits", {"rows": {"a": x, "b": x}, "columns": None, **text}),
        ("figures.lines", {"x": [1, 2, 3], "curves": {"a": curve}, "spread": None, "log_x": False, **labels, **text}),
        ("figures.series", {"x": [1, 2, 3], "values": curve, "parts": {"a": [1, 0, 1]}, **labels, **text}),
        ("figures.trade_off", {"x": curve, "y": curve, "labels": "abc", "baseline": None, **labels, **text}),
        ("figures.training_curves", {"training": curve, "validation": curve, "ylabel": "y", **text}),
        ("figures.bars", {"values": {"a": 1.0}, "baseline": None, "spread": None, "ylabel": "y", **text}),
        ("figures.heat_map", {"values": [[1.0, 2]], "rows": "a", "columns": "ab", "label": "v", **labels, **text}),
        ("figures.pixel_maps", {"maps": {"a": x[0]}, "label": "v", "diverging": False, **text}),
        ("figures.code_map", {"z": z, "y": y, "classes": few.classes, **text}),
        ("figures.code_maps", {"maps": {"a": z}, "y": y, "classes": few.classes, **text}),
        ("figures.layer_widths", {"sizes": (4, 2, 4), "parameters": (8, 8), "code": 1, **text}),
        ("explore", {"model": model, "images": few, "on": "test", "title": ""}),
        ("explore", {"model": model, "images": x, "encode": None, "decode": None, "head": None, "prior": None}),
        ("lessons.claim", {"sentence": "It holds", "holds": True, "error": 1.0}),
        ("lessons.predict", {"question": "Which?", "options": ["a", "b"]}),
        ("chapters.ch00.exercises.squared_error_per_image", {"answer": lambda x, x_hat: x}),
        ("chapters.ch04.loss_anatomy.anatomy", {"model": variational, "x": x, "beta": 1.0, "noise": None}),
        ("chapters.ch05.sweep_tables.sweep_table", {"name": "learning rate"}),
    ]
    objects = {"plain": model, "variational": variational}
    return [(name, find(name, objects), arguments) for name, arguments in table]


def find(name: str, objects: dict):
    first, _, rest = name.partition(".")
    if first in objects:
        return getattr(objects[first], rest)
    found, path = ae, ["aeutils"]
    for part in name.split("."):
        path.append(part)
        try:
            found = getattr(found, part)
        except AttributeError:
            found = importlib.import_module(".".join(path))
    return found


def is_ours(error: BaseException) -> bool:
    """Whether a `raise` in the package made it, and in one line."""
    last = error.__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code
    raised = dis.opname[code.co_code[last.tb_lasti]] == "RAISE_VARARGS"
    lines = str(error).count("\n") + 1
    return isinstance(error, OURS) and code.co_filename.startswith(PACKAGE) and raised and lines == 1


def play(digits: ae.Images, folder: Path, seed: int, calls: int) -> list[tuple[str, str]]:
    """What `calls` calls with junk came to: the call in words, and "fine", "ours" or the raw error."""
    chance = random.Random(seed)
    functions, pool = good(digits, folder), junk(folder)
    outcomes = []
    for _ in range(calls):
        name, function, arguments = chance.choice(functions)
        known = inspect.signature(function).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in known.values())
        arguments = {key: value for key, value in arguments.items() if takes_all or key in known}
        changed = chance.sample(list(arguments), k=min(len(arguments), chance.choice([1, 1, 1, 2])))
        given = {key: chance.choice(pool) for key in changed}
        torch.manual_seed(0)
        try:
            function(**{**arguments, **given})
            outcome = "fine"
        except Exception as error:
            outcome = "ours" if is_ours(error) else f"{type(error).__name__}: {error}".splitlines()[0][:160]
        words = ", ".join(f"{key}={type(value).__name__} {str(value)[:40]!r}" for key, value in given.items())
        outcomes.append((f"{name}({words})", outcome))
    return outcomes


@pytest.mark.filterwarnings("ignore")
def test_junk_is_answered_in_one_line_of_ours(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a text makes a good name for a checkpoint
    outcomes = play(digits, tmp_path, seed=0, calls=CALLS)
    counts = collections.Counter(outcome if outcome in ("fine", "ours") else "raw" for _, outcome in outcomes)
    raw = [f"{call}: {outcome}" for call, outcome in outcomes if outcome not in ("fine", "ours")]
    assert counts["raw"] <= SHARE * CALLS, "\n".join([str(dict(counts)), *raw])
    assert counts["ours"] > CALLS / 3  # or this would be a test of nothing


def test_every_public_function_is_played_with(digits, tmp_path):
    played = {name for name, _, _ in good(digits, tmp_path)}
    public = {name for name in ae.__all__ if callable(getattr(ae, name))}
    without_arguments, keep_what_they_are_given = (
        {"device", "my_progress", "forget_progress"},
        {"Images", "Split", "History"},
    )
    assert public - played == without_arguments | keep_what_they_are_given


def test_errors_of_python_and_of_ours_are_told_apart():
    images = ae.Images("none of them", 1, 2, 3, 4)
    for call, expected in ((lambda: ae.Autoencoder(None), True), (lambda: repr(images), False)):
        with pytest.raises(Exception) as caught:
            call()
        assert is_ours(caught.value) == expected

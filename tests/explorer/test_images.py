"""The images and labels that a reader may give to the explorer."""

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset, IterableDataset, Subset, TensorDataset

from aeutils.data import Images, Split
from aeutils.explorer import images as rooms
from aeutils.explorer.images import shown_images


@pytest.fixture
def x():
    """Nine grey pictures, every value of which is a byte's."""
    return torch.randint(0, 256, (9, 1, 8, 6), generator=torch.Generator().manual_seed(0)).float() / 255


@pytest.fixture
def y():
    return torch.tensor([0, 1, 2, 0, 1, 2, 2, 1, 0])


class Pictures(Dataset):
    """As torchvision's: one picture and its label at a time, names of classes."""

    classes = ("nought", "one", "two")

    def __init__(self, x, y, give=lambda picture: picture):
        self.x, self.y, self.give = x, y, give

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.give(self.x[i]), int(self.y[i])


class Stream(IterableDataset):
    def __init__(self, x):
        self.x = x

    def __iter__(self):
        while True:
            yield from self.x


class Rows(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"image": self.x[i], "label": self.y[i]}


def bytes_of(x):
    return (x * 255).round().to(torch.uint8)


FORMS = {
    "Split": Split,
    "pair": lambda x, y: (x, y),
    "arrays": lambda x, y: (x.numpy(), y.numpy()),
    "[N, H, W]": lambda x, y: (x.squeeze(1).numpy(), y),
    "[N, H, W, C]": lambda x, y: (x.permute(0, 2, 3, 1).numpy(), y),
    "big-endian, float64": lambda x, y: (x.numpy().astype(">f8"), y),
    "double": lambda x, y: (x.double(), y),
    "TensorDataset": TensorDataset,
    "Dataset": Pictures,
    "Dataset of arrays [H, W] of bytes": lambda x, y: Pictures(x, y, lambda picture: bytes_of(picture)[0].numpy()),
    "Subset": lambda x, y: Subset(Pictures(x, y), range(9)),
    "ConcatDataset": lambda x, y: ConcatDataset([Pictures(x[:4], y[:4]), Pictures(x[4:], y[4:])]),
    "dictionaries": Rows,
    "DataLoader": lambda x, y: DataLoader(Pictures(x, y), batch_size=4),
    "DataLoader of dictionaries": lambda x, y: DataLoader(Rows(x, y), batch_size=4),
    "batches": lambda x, y: (pair for pair in zip(x.split(4), y.split(4), strict=True)),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_images(form, x, y):
    found = shown_images(FORMS[form](x, y), "test")
    assert found.x.dtype == torch.float32 and torch.allclose(found.x, x) and found.itself
    assert torch.equal(found.y, y) and found.y.dtype == torch.int64 and found.scale is None
    named = form in ("Dataset", "Dataset of arrays [H, W] of bytes", "Subset", "DataLoader")
    assert found.classes == (("nought", "one", "two") if named else ("0", "1", "2"))


def test_images_without_labels(x):
    for form in (x, x.numpy(), (x,), TensorDataset(x), DataLoader(TensorDataset(x), batch_size=4), x.squeeze(1)):
        found = shown_images(form, "test")
        assert torch.equal(found.x, x) and found.y is None and found.classes == ()


def test_parts_of_a_data_set_and_a_loader_to_train_on(x, y):
    loader = DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True)
    images = Images("mine", loader, Split(x[:2], y[:2]), Split(x[2:5], y[2:5]), ("a", "b", "c"))
    state = torch.get_rng_state()
    found = shown_images(images, "val")
    assert torch.equal(torch.get_rng_state(), state)
    assert (found.name, found.train_name, found.classes) == ("validation image", "training image", ("a", "b", "c"))
    assert torch.equal(found.x, x[:2]) and torch.equal(found.y, y[:2])
    assert len(found.train_x) == 9 and torch.equal(found.train_x.sum((1, 2, 3)).sort()[0], x.sum((1, 2, 3)).sort()[0])
    assert shown_images(images, "train").itself


def test_a_stream_without_end_is_read_for_a_while(x, monkeypatch):
    monkeypatch.setattr(rooms, "_MOST_READ", 20)
    found = shown_images(Stream(x), "test")
    assert len(found.x) == 20 and torch.equal(found.x[9:18], x) and "first 20" in found.notes[0]


def test_colour_and_its_ambiguities(x, refused):
    colour = x.expand(-1, 3, -1, -1)
    for form in (colour, colour.permute(0, 2, 3, 1).numpy(), bytes_of(colour).permute(0, 2, 3, 1)):
        assert torch.allclose(shown_images(form, "test").x, colour)
    assert shown_images((x[:3, 0], [0, 1, 2]), "test").x.shape == (3, 1, 8, 6), "labels say that these are three"
    with refused(ValueError, "[3, 8, 6]", "x[None]"):
        shown_images(colour[0], "test")
    for channels in (2, 4, 5):
        with refused(ValueError, f"[9, {channels}, 8, 6]", "1 channel (grey) or 3"):
            shown_images(x.expand(-1, channels, -1, -1), "test")


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(-1, 1, "[-1, 1]"), (-0.5, 0.5, "[-0.5, 0.5]"), (0, 255, "[0, 255]"), (-2, 3, "from -2 to 3")],
)
def test_other_ranges_are_shown_in_0_to_1_and_said(x, low, high, told):
    x[0, 0, 0, :2] = torch.tensor([0.0, 1.0])
    own = low + (high - low) * x
    own = own.round() if high == 255 else own
    found = shown_images(own, "test")
    assert torch.allclose(found.x, x, atol=1e-6) and any(told in note for note in found.notes)
    assert torch.allclose(found.scale.low + (found.scale.high - found.scale.low) * found.x, own, atol=1e-4)


def test_standardised_colour_is_mapped_channel_by_channel(x):
    colour = torch.cat([x, x.flip(0), x.flip(2)], 1)
    colour[0, :, 0, 0], colour[0, :, 0, 1] = 0, 1
    mean, deviation = (torch.tensor(values)[:, None, None] for values in ((0.49, 0.48, 0.41), (0.23, 0.22, 0.27)))
    found = shown_images((colour - mean) / deviation, "test")
    assert torch.allclose(found.x, colour, atol=1e-6)


def test_one_range_for_both_parts(x):
    part = Split(x[:3] - 1)
    found = shown_images(Images("mine", Split(x * 2 - 1), part, part, ()), "test")
    assert torch.allclose(found.x, x[:3] / 2) and torch.allclose(found.train_x, x)


def test_bytes_are_given_to_the_model_in_0_to_1(x):
    for form in (bytes_of(x), bytes_of(x).numpy(), bytes_of(x).long()):
        found = shown_images(form, "test")
        assert torch.allclose(found.x, x) and found.scale is None and "bytes" in found.notes[0]
    ones = (x > 0.5).long()
    assert torch.equal(shown_images(ones, "test").x, ones.float()), "black and white, no bytes"


LABELS = {
    "list": lambda y: y.tolist(),
    "array": lambda y: y.numpy(),
    "floats": lambda y: y.double(),
    "bytes": lambda y: y.to(torch.uint8),
    "column": lambda y: y[:, None],
    "one-hot": lambda y: torch.nn.functional.one_hot(y),
    "one-hot floats": lambda y: torch.nn.functional.one_hot(y).numpy().astype(np.float32),
}


@pytest.mark.parametrize("form", LABELS)
def test_forms_of_labels(form, x, y):
    found = shown_images((x, LABELS[form](y)), "test")
    assert torch.equal(found.y, y) and found.classes == ("0", "1", "2")


def test_texts_as_labels(x, y):
    texts = np.array(["cat", "dog", "eel"])[y.numpy()]
    for form in (texts, texts.tolist(), texts.astype(object)):
        found = shown_images((x, form), "test")
        assert torch.equal(found.y, y) and found.classes == ("cat", "dog", "eel")
    shorter = Images("mine", Split(x, texts), Split(x[:0]), Split(x[1:3], texts[1:3]), ("eel", "dog", "cat"))
    found = shown_images(shorter, "test")
    assert (
        found.classes == ("eel", "dog", "cat")
        and found.y.tolist() == [1, 0]
        and found.train_y[:3].tolist() == [2, 1, 0]
    )


def test_images_without_a_label_among_others(x, y):
    without = y.clone()
    without[[0, 4]] = -1
    texts = [None if label < 0 else "abc"[label] for label in without.tolist()]
    gaps = [float("nan") if label < 0 else float(label) for label in without.tolist()]
    hot = torch.nn.functional.one_hot(y) * (without >= 0)[:, None]
    for form in (without, texts, gaps, np.array(gaps), hot):
        assert torch.equal(shown_images((x, form), "test").y, without)
    assert shown_images((x, torch.full((9,), -1)), "test").classes == ()


def test_many_classes_and_too_many(x, y, refused):
    assert len(shown_images((x, y + 65_532), "test").classes) == 65_535
    with refused(ValueError, "65,536 classes", "up to 65,535"):
        shown_images((x, y + 65_533), "test")
    with refused(ValueError, "9,000,000,003 classes"):
        shown_images((x, y + 9_000_000_000), "test")


def test_what_is_no_image_and_no_label(x, y, refused):
    for junk in (None, 3, "mnist-5k", [1], [x], {"x": x}, x[0, 0], x[:, 0, :, 0], x[:0], np.array(["a"]), x + 1j, ()):
        with refused(ValueError, "images", "expected pictures"):
            shown_images(junk, "test")
    for junk in (Pictures(["a", "b"], y), DataLoader(TensorDataset(y)), Stream([None]), (n for n in [])):
        with refused(ValueError, "images", "expected pictures"):
            shown_images(junk, "test")
    with refused(ValueError, "2 values that are NaN"):
        shown_images(nan_in(x), "test")
    with refused(ValueError, "whole numbers from 0 to 300", "0 to 255"):
        shown_images(torch.linspace(0, 300, 9 * 48).round().long().view(9, 1, 8, 6), "test")
    for labels, told in (
        (y[:3], "[3]"),
        (y + 0.5, "float32"),
        (y - 2, "lowest label is -2"),
        (y.expand(2, -1), "[2, 9]"),
        ([[0], [1, 2]], "list"),
        ([object()] * 9, "list"),
        (3, "int"),
        ({0: 1}, "dict"),
    ):
        with refused(ValueError, "label", told):
            shown_images((x, labels), "test")
    with refused(ValueError, "label 2", "2 classes"):
        shown_images(Images("mine", Split(x, y), Split(x, y), Split(x, y), ("a", "b")), "test")


def nan_in(x):
    x = x.clone()
    x[1, 0, 2, 3:5] = float("nan")
    return x

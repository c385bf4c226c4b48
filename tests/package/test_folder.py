"""`load_folder`: the reader's own pictures, whatever their kind, size and orientation."""

import numpy as np
import pytest
import torch
from PIL import Image

import aeutils as ae
from aeutils.losses import squared_error


def write(path, height=12, width=16, mode="RGB", **options):
    """A picture file: red on the left, black on the right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = 255
    Image.fromarray(pixels).convert(mode).save(path, **options)


@pytest.fixture
def pictures(tmp_path):
    for name, n in (("cat", 20), ("ant", 10)):
        for i in range(n):
            write(tmp_path / "mine" / name / f"{i}.png", 12 + i)
    return tmp_path / "mine"


def test_subfolders_are_classes_and_each_is_shared_out_alike(pictures):
    images = ae.load_folder(pictures, (8, 10))
    assert (images.name, images.classes) == ("mine", ("ant", "cat"))
    for part, ants, cats in ((images.train, 7, 14), (images.val, 1, 2), (images.test, 2, 4)):
        assert part.y.bincount().tolist() == [ants, cats]
        assert (part.x.shape, part.x.dtype, part.y.dtype) == ((ants + cats, 3, 8, 10), torch.float32, torch.int64)
        assert (part.x.min(), part.x.max()) == (0, 1)
    again = ae.load_folder(str(pictures), (8, 10))
    assert torch.equal(images.train.x, again.train.x) and torch.equal(images.train.y, again.train.y)


def test_it_is_what_fit_takes(pictures):
    images = ae.load_folder(pictures, 8, colour=False)
    model = ae.Autoencoder((64, 4), shape=(1, 8, 8))
    history = ae.fit(model, images, squared_error, epochs=60, lr=1e-2)
    assert history.val["squared_error"][-1] < 0.1 * history.val["squared_error"][0]


def test_pictures_without_subfolders_have_no_labels(tmp_path):
    for i in range(10):
        write(tmp_path / f"{i}.jpg")
    images = ae.load_folder(tmp_path, 4, validation=0, test=0)
    assert (len(images.train), len(images.val), len(images.test)) == (10, 0, 0)
    assert images.classes == () and images.train.y is None


def test_the_home_folder_has_a_short_name(pictures, monkeypatch):
    monkeypatch.setenv("HOME", str(pictures.parent))
    monkeypatch.setenv("USERPROFILE", str(pictures.parent))  # Windows
    assert len(ae.load_folder("~/mine", 8).train) == 21


def test_every_picture_is_in_one_part(tmp_path):
    for i in range(50):
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.new("L", (4, 4), i).save(tmp_path / "a" / f"{i}.png")
    images = ae.load_folder(tmp_path, 4, colour=False)
    grey = torch.cat([images.train.x, images.val.x, images.test.x])[:, 0, 0, 0] * 255
    assert sorted(grey.round().int().tolist()) == list(range(50))


def test_hidden_files_and_other_kinds_are_passed_over(tmp_path):
    write(tmp_path / "a" / "b" / "deep.PNG")
    write(tmp_path / "a" / "._deep.png")
    write(tmp_path / ".cache" / "thumbnail.png")
    (tmp_path / "notes.txt").write_text("no picture")
    assert len(ae.load_folder(tmp_path, 4).train) == 1


def test_the_middle_is_kept(tmp_path):
    write(tmp_path / "wide.png", 10, 40)  # the middle 10 x 10 pixels: half red, half black
    x = ae.load_folder(tmp_path, 10).train.x[0]
    assert torch.allclose(x[:, :, :4], torch.tensor([1.0, 0, 0])[:, None, None]) and (x[:, :, 6:] == 0).all()


def test_a_picture_is_turned_as_the_camera_was_held(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned by 90 degrees clockwise: red comes to the top
    write(tmp_path / "held.jpg", 16, 16, exif=turned)
    x = ae.load_folder(tmp_path, 16, colour=False).train.x[0, 0]
    assert x[2].min() > 0.2 and x[-3].max() < 0.1


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1"])
@pytest.mark.parametrize("colour", [True, False])
def test_every_kind_of_picture_is_read(tmp_path, mode, colour):
    write(tmp_path / ("a.jpg" if mode == "CMYK" else "a.png"), mode=mode)
    x = ae.load_folder(tmp_path, 6, colour=colour).train.x
    assert x.shape == (1, 3 if colour else 1, 6, 6)
    assert x[..., :2].mean() > x[..., 4:].mean() + 0.2 or mode == "1"  # red is dark grey, and stippled in 1 bit


def test_what_is_transparent_is_white_and_sixteen_bits_are_scaled(tmp_path):
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert (ae.load_folder(tmp_path, 4).train.x == 1).all()
    Image.fromarray(np.full((4, 4), 32768, np.uint16)).save(tmp_path / "a.png")
    assert ae.load_folder(tmp_path, 4, colour=False).train.x.mean() == pytest.approx(0.5, abs=0.01)


def test_what_cannot_work_is_said_in_one_line(tmp_path, refused):
    with refused(FileNotFoundError, "nowhere"):
        ae.load_folder(tmp_path / "nowhere")
    with refused(ValueError, "no pictures", ".jpg"):
        ae.load_folder(tmp_path)
    write(tmp_path / "a.png")
    for size in (0, 2.5, (4, 4, 4), "64"):
        with refused(ValueError, "size="):
            ae.load_folder(tmp_path, size)
    for shares in ({"validation": 0.5, "test": 0.5}, {"test": -0.1}, {"test": "a"}):
        with refused(ValueError, "test="):
            ae.load_folder(tmp_path, **shares)
    write(tmp_path / "cat" / "b.png")
    with refused(ValueError, "1 pictures beside subfolders with 1", "'a.png'"):
        ae.load_folder(tmp_path)
    (tmp_path / "a.png").unlink()
    (tmp_path / "cat" / "b.png").write_bytes(b"\x89PNG no more")
    with refused(ValueError, "b.png cannot be read"):
        ae.load_folder(tmp_path)
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "cat" / "b.tiff")
    (tmp_path / "cat" / "b.png").unlink()
    with refused(ValueError, "b.tiff", "kind F"):
        ae.load_folder(tmp_path)

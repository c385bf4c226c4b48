"""`load(name)`, from one table of sources. A new data set is a file beside this one, and a line in the table."""

from __future__ import annotations

import functools
from collections.abc import Callable

from aeutils.data.kinds import Images
from aeutils.data.mnist import load_full
from aeutils.data.mnist_5k import load_mnist_5k
from aeutils.runtime import short

# name -> what loads it, given how many training images are to be held out, or None
SOURCES: dict[str, Callable[[int | None], Images]] = {
    "mnist-5k": load_mnist_5k,
    "mnist": functools.partial(load_full, "mnist"),
    "fashion-mnist": functools.partial(load_full, "fashion-mnist"),
}
NAMES = tuple(SOURCES)


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
        ValueError: an unknown name, an impossible `validation`, or a file that cannot be read or whose contents are
            not the published ones.
        FileNotFoundError: the files of a full set are not there and could not be fetched.
    """
    if not isinstance(name, str) or name not in SOURCES:
        raise ValueError(f"unknown data set {short(name)}; the known ones are {', '.join(map(repr, SOURCES))}")
    return SOURCES[name](validation)

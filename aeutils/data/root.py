"""Where data sets live."""

from __future__ import annotations

import os
from pathlib import Path


def data_root() -> Path:
    """The folder of the data sets: `AEUTILS_DATA`, else the checkout's `data/`, else the user's cache folder.

    A relative `AEUTILS_DATA` is meant from the checkout (without one, from the current folder), so that a notebook's
    kernel and the tests, which run elsewhere, find the same one.

    Raises:
        ValueError: `AEUTILS_DATA` begins with the home folder of a user who has none.
    """
    checkout = Path(__file__).resolve().parents[2]
    in_checkout = (checkout / "pyproject.toml").is_file() and (checkout / "data" / "README.md").is_file()
    if chosen := os.environ.get("AEUTILS_DATA", "").strip():
        try:
            folder = Path(chosen).expanduser()
        except RuntimeError as error:
            raise ValueError(f"AEUTILS_DATA={chosen!r}: {error}; give the folder's full path") from None
        return checkout / folder if in_checkout else folder.absolute()  # an absolute one stays what it is
    if in_checkout:
        return checkout / "data"
    from platformdirs import user_cache_path

    return user_cache_path("aeutils")

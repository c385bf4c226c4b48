"""Everything big that the browser needs, as one compressed run of bytes with a table of contents."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

_NAMES = {"float16", "float32", "int32", "uint8", "uint16"}


class Payload:
    """Arrays packed one behind the other. `add` returns the entry that `body/payload.js` finds an array by."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}  # where each run of bytes starts, in order
        self._length = 0

    def add(self, array: np.ndarray) -> dict[str, Any]:
        """Append an array of float16, float32, int32, uint8 or uint16; its entry names dtype, place and length.

        The same bytes travel once, however often they are added.
        """
        if array.dtype.name not in _NAMES:
            raise TypeError(f"{array.dtype.name} does not travel; use one of {', '.join(sorted(_NAMES))}")
        raw = np.ascontiguousarray(array).tobytes()
        raw += b"\0" * (-len(raw) % 8)  # typed arrays start at multiples of their element's size
        start = self._places.setdefault(raw, self._length)
        if start == self._length:
            self._length += len(raw)
        return {"dtype": array.dtype.name, "start": start, "length": int(array.size)}

    def compressed(self) -> bytes:
        """All of it, in zlib's format, which browsers unpack by themselves."""
        return zlib.compress(b"".join(self._places), 6)


def as_bytes(x: np.ndarray) -> np.ndarray:
    """Pixels in [0, 1] as bytes; exact for images that came as bytes, such as MNIST."""
    return np.clip(np.rint(x * 255), 0, 255).astype(np.uint8)

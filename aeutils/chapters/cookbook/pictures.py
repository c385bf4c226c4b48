"""Picture files that stand for the reader's own."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

_HEIGHT, _WIDTH = 48, 60  # pixels of a picture


def write_pictures(folder: str | os.PathLike) -> Path:
    """160 JPEG files in two subfolders, `temple` and `dahlia`: tiles, 60 pixels wide and 48 high, that share no pixel.

    They are cut from the two photographs that scikit-learn carries (china.jpg, flower.jpg).

    Args:
        folder: made if it is not there.

    Returns:
        The folder.
    """
    from sklearn.datasets import load_sample_images  # reads two files that are installed with scikit-learn

    for name, pixels in zip(("temple", "dahlia"), load_sample_images().images, strict=True):  # bytes [427, 640, 3]
        place = Path(folder) / name
        place.mkdir(parents=True, exist_ok=True)
        rows, columns = pixels.shape[0] // _HEIGHT, pixels.shape[1] // _WIDTH
        for n in range(rows * columns):
            top, left = n // columns * _HEIGHT, n % columns * _WIDTH
            tile = Image.fromarray(pixels[top : top + _HEIGHT, left : left + _WIDTH])
            tile.save(place / f"{n:03}.jpg", quality=95)
    return Path(folder)

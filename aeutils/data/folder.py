"""The reader's own pictures: files in a folder, as `Images`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from aeutils.data.kinds import Images, Split
from aeutils.runtime import real_number, reason, short, whole_number


def load_folder(
    path: str | os.PathLike,
    size: int | tuple[int, int] = 64,
    *,
    colour: bool = True,
    validation: float = 0.1,
    test: float = 0.2,
) -> Images:
    """The pictures in a folder: turned upright, cut to one shape round their middle, resized, and split.

    Pictures that lie in subfolders have the subfolder's name as their class; those that lie in the folder itself have
    no labels. Every class is shared out alike. The same files are always split in the same way. Hidden files, and files
    of other kinds, are passed over.

    All are held in memory, at 4 bytes a number: 20,000 of 64 x 64 in colour take 1 GB. For more, give `fit` a loader.

    Args:
        path: the folder; `~` is your home folder.
        size: height and width in pixels, or one number for both.
        colour: three channels, otherwise one (grey). What is transparent becomes white.
        validation: the share of the pictures that is kept for choosing, from 0 to 1.
        test: the share that is kept for the number that is reported.

    Returns:
        float32 `[N, 3, height, width]` in [0, 1] (grey: `[N, 1, height, width]`), with int64 labels or None.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: no pictures in it, or some in subfolders and some not; a picture that cannot be read; a size below
            1; shares that leave nothing to train on.
    """
    if not isinstance(path, str | os.PathLike) or not Path(path).expanduser().is_dir():
        given = repr(os.fspath(path)) if isinstance(path, str | os.PathLike) else short(path)
        raise FileNotFoundError(f"there is no folder {given}; give the one that your pictures are in")
    height, width = _check_size(size)
    shares = [real_number(share, name) for name, share in (("validation", validation), ("test", test))]
    if min(shares) < 0 or sum(shares) >= 1:
        raise ValueError(f"validation={validation} and test={test}; expected two shares that leave some to train on")
    folder = Path(path).expanduser().resolve()
    files, labels, classes = _find(folder)
    pixels = torch.from_numpy(np.stack([_read(file, height, width, colour) for file in files]))  # bytes [N, H, W, C]

    def split(rows: np.ndarray) -> Split:
        x = pixels[rows].permute(0, 3, 1, 2).float().div_(255)
        return Split(x, torch.from_numpy(labels[rows]) if classes else None)

    train, val, kept = map(split, _shared_out(labels, shares))
    return Images(folder.name, train, val, kept, classes)


def _check_size(size: int | Sequence[int]) -> tuple[int, int]:
    given = (size, size) if not isinstance(size, Sequence) else tuple(size)
    if len(given) != 2:
        raise ValueError(f"size={short(size)}; expected pixels, such as 64, or (height, width)")
    return whole_number(given[0], "size"), whole_number(given[1], "size")


def _find(folder: Path) -> tuple[list[Path], np.ndarray, tuple[str, ...]]:
    """The pictures in order, the number of each one's class, and the classes' names, none without subfolders."""
    read = {ending for ending, kind in Image.registered_extensions().items() if kind in Image.OPEN}
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in read
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and file.is_file()
    )
    if not files:
        raise ValueError(
            f"{folder} holds no pictures; expected files such as .jpg or .png, in it or in a folder a class"
        )
    inside = [file.relative_to(folder).parts for file in files]
    loose = [parts[0] for parts in inside if len(parts) == 1]
    if not loose:
        classes, labels = np.unique([parts[0] for parts in inside], return_inverse=True)
        return files, labels.astype(np.int64), tuple(map(str, classes))
    if len(loose) < len(files):
        raise ValueError(
            f"{folder} holds {len(loose)} pictures beside subfolders with {len(files) - len(loose)}, the first "
            f"{loose[0]!r}; put each into the subfolder of its class, or all into one folder"
        )
    return files, np.zeros(len(files), np.int64), ()


def _shared_out(labels: np.ndarray, shares: Sequence[float]) -> list[np.ndarray]:
    """Which pictures train, choose and test; of every class the same shares, each part in a random order."""
    random = np.random.RandomState(0)  # its stream is frozen by NumPy
    parts: list[list[np.ndarray]] = [[], [], []]
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        n_val, n_test = (round(share * len(rows)) for share in shares)
        n_train = len(rows) - n_val - n_test
        for part, chosen in zip(parts, np.split(rows, [n_train, n_train + n_val]), strict=True):
            part.append(chosen)
    return [random.permutation(np.concatenate(part)) for part in parts]


def _read(file: Path, height: int, width: int, colour: bool) -> np.ndarray:
    """A picture as bytes `[height, width, channels]`."""
    try:
        with Image.open(file) as opened:
            opened.draft(None, (2 * width, 2 * height))  # a large JPEG is decoded at a fraction of its size
            picture = ImageOps.exif_transpose(opened)  # as the camera was held
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file} cannot be read ({reason(error)}); mend it or take it away") from error
    if picture.mode == "I;16":  # two bytes a pixel, of which Pillow would keep what is below 256
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode[0] in "IF":
        raise ValueError(f"{file} has pixels of kind {picture.mode}; save it with 8 or 16 bits a pixel")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    picture = ImageOps.fit(picture.convert("RGB" if colour else "L"), (width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture).reshape(height, width, -1)

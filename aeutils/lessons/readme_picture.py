"""Draws the picture at the top of the README: `make picture`."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.image import imread
from torch import nn

import aeutils as ae
from aeutils import figures
from aeutils.evaluation import encode, reconstruct


def readme_picture() -> figures.Picture:
    """Test digits in the plane of a two-unit code, beside digits and what is rebuilt from their two numbers."""
    ae.seed_everything()
    images = ae.load("mnist-5k")
    model = ae.Autoencoder((784, 256, 64, 2), head=nn.Identity)
    ae.fit(model, images, ae.losses.squared_error, steps=2000)
    x, y = images.test.x, images.test.y
    code_map = figures.code_map(encode(model, x), y, images.classes, "1,000 unseen digits, two numbers each")
    some = x[:20]
    rebuilt = reconstruct(model, some)
    rows = {"digits": some[:10], "rebuilt": rebuilt[:10], "digits ": some[10:], "rebuilt ": rebuilt[10:]}
    digits = figures.digits(rows, "Rebuilt from the two numbers alone")

    picture = figures.Picture(figsize=(12, 4.2), layout="constrained")
    left, right = picture.subplots(1, 2, width_ratios=(1, 1.8))
    for axes, part in ((left, code_map), (right, digits)):
        axes.imshow(imread(io.BytesIO(part.png(dpi=200))))
        axes.set_axis_off()
    return picture


if __name__ == "__main__":
    path = Path("data/readme_picture.png")
    path.write_bytes(readme_picture().png(dpi=110))
    print(f"wrote {path}")

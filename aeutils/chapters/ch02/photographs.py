"""Patches of two photographs in colour, for the section on larger and coloured images."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from aeutils.data import Images, Split
from aeutils.runtime import whole_number

_SIDE = 32  # pixels of a patch
# Columns of the halved photographs, 320 wide. Patches never cross a border, so that no test pixel is trained on.
_COLUMNS = {"train": ((0, 64), (96, 128), (160, 320)), "val": ((64, 96),), "test": ((128, 160),)}


def photographs(stride: int = 4) -> Images:
    """Square patches of 32 x 32 pixels, `[N, 3, 32, 32]` in [0, 1], of the two photographs that scikit-learn carries.

    A temple (china.jpg) and a dahlia (flower.jpg), each halved to 320 x 213 pixels. Training, validation and test
    patches come from different columns of the same two pictures: they share no pixel, and much of their contents.

    Args:
        stride: pixels from one patch to the next, each way.
    """
    from sklearn.datasets import load_sample_images  # reads two files that are installed with scikit-learn

    stride = whole_number(stride, "stride")
    pictures = [torch.tensor(picture).permute(2, 0, 1) / 255 for picture in load_sample_images().images]
    halved = [F.avg_pool2d(picture, 2) for picture in pictures]  # [3, 427, 640] -> [3, 213, 320]
    parts = {
        name: Split(torch.cat([_patches(picture[:, :, a:b], stride) for picture in halved for a, b in columns]))
        for name, columns in _COLUMNS.items()
    }
    return Images("photographs", parts["train"], parts["val"], parts["test"], classes=())


def _patches(picture: Tensor, stride: int) -> Tensor:
    """All patches `[N, 3, 32, 32]` of a picture `[3, H, W]`."""
    found = picture.unfold(1, _SIDE, stride).unfold(2, _SIDE, stride)  # [3, rows, columns, 32, 32]
    return found.permute(1, 2, 0, 3, 4).reshape(-1, 3, _SIDE, _SIDE)


def block_pca_error(images: Images, channels: int) -> float:
    """Squared error per test image of PCA on blocks of 4 x 4 pixels, `channels` numbers for each block.

    The best linear code with as many numbers whose windows do not overlap; fitted on the training images.

    Args:
        images: whose height and width 4 divides.
        channels: components, from 1 to the numbers of a block (48 in colour).
    """
    from sklearn.decomposition import PCA

    train, test = (F.unfold(part.x, 4, stride=4).transpose(1, 2) for part in (images.train, images.test))
    pca = PCA(whole_number(channels, "channels"), random_state=0).fit(train.flatten(0, 1).numpy())
    blocks = test.flatten(0, 1).numpy()  # [N * blocks, 48]
    off = blocks - pca.inverse_transform(pca.transform(blocks))
    return float((off**2).sum() / len(test))

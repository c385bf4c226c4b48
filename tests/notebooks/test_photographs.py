"""The coloured patches of notebook 02: what they are, and that no test pixel is trained on."""

import pytest
import torch

from aeutils.chapters.ch02.photographs import block_pca_error, photographs
from aeutils.data import Images, Split, check_images


@pytest.fixture(scope="module")
def patches():
    return photographs()


def test_parts_are_coloured_pictures(patches):
    for part, n in ((patches.train, 2 * 46 * (9 + 1 + 33)), (patches.val, 92), (patches.test, 92)):
        assert check_images(part.x).shape == (n, 3, 32, 32)
        assert part.y is None


def test_a_patch_is_what_the_photograph_shows_there(patches):
    from sklearn.datasets import load_sample_images

    picture = torch.tensor(load_sample_images().images[0]).permute(2, 0, 1).float() / 255
    corner = picture[:, :64, :64].reshape(3, 32, 2, 32, 2).mean((2, 4))
    assert torch.allclose(patches.train.x[0], corner, atol=1e-6)


def test_no_pixel_of_the_test_patches_is_trained_on(patches):
    columns = {
        name: {column.numpy().tobytes() for column in part.x.movedim(3, 1).flatten(0, 1)}
        for name, part in (("train", patches.train), ("val", patches.val), ("test", patches.test))
    }
    sky = 0.02  # a column of nothing but even sky may well occur twice
    for one, other in (("train", "test"), ("val", "test"), ("train", "val")):
        shared = columns[one] & columns[other]
        assert len(shared) <= sky * len(columns[other]), (one, other)


def test_fewer_patches_with_a_larger_stride():
    assert len(photographs(stride=32).test) == 12
    with pytest.raises(ValueError, match="stride"):
        photographs(stride=0)


def test_blocks_of_all_components_are_exact_and_fewer_are_not(patches):
    errors = [block_pca_error(patches, channels) for channels in (48, 12, 4)]
    assert errors[0] < 1e-3 < errors[1] < errors[2]


def test_one_component_of_blocks_of_one_colour_is_their_mean_shade():
    shade = torch.rand(6, 1, 1, 1).expand(-1, 3, 8, 8).contiguous()
    assert block_pca_error(Images("even", Split(shade), Split(shade), Split(shade), ()), 1) < 1e-5

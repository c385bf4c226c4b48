"""What notebook 02 compares with."""

import pytest
import torch
from torch import nn

from aeutils.chapters.ch02.comparing import best, shuffle_pixels, signal
from aeutils.data import Images, Split
from aeutils.models import Autoencoder


@pytest.fixture
def images():
    x = torch.rand(60, 1, 4, 4, generator=torch.Generator().manual_seed(3))
    y = torch.arange(60) % 2
    return Images("small", Split(x[:40], y[:40]), Split(x[40:50], y[40:50]), Split(x[50:], y[50:]), classes=("0", "1"))


def test_the_signal_is_the_variance_before_each_activation(images):
    model, x = Autoencoder((16, 6, 2), shape=(1, 4, 4)), images.train.x
    found = signal(model, x)
    with torch.no_grad():
        first = model.encoder[0](x.flatten(1))
        code = model.encoder[2](first.relu())
    assert len(found) == 5
    assert found[:3] == pytest.approx([h.var(0).mean().item() for h in (x.flatten(1), first, code)])


def test_the_best_rate_is_chosen_on_validation_images(images):
    built = []

    def build():
        built.append(Autoencoder((16, 6, 2), head=nn.Identity, shape=(1, 4, 4)))
        return built[-1]

    slow, fast = (best(build, images, 30, [lr]) for lr in (1e-5, 1e-2))
    assert fast < slow
    assert best(build, images, 30, [1e-5, 1e-2]) == pytest.approx(fast)
    assert len(built) == 4


def test_all_images_are_shuffled_alike(images):
    order = torch.randperm(16, generator=torch.Generator().manual_seed(4))
    shuffled = shuffle_pixels(images, order)
    for part, own in ((shuffled.train, images.train), (shuffled.val, images.val), (shuffled.test, images.test)):
        assert part.x.shape == own.x.shape
        assert torch.equal(part.x.flatten(1)[:, order.argsort()], own.x.flatten(1))
        assert torch.equal(part.y, own.y)

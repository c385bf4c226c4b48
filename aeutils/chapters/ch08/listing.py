"""The article's listing: its network, and its training loop on any device."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from aeutils import evaluation, runtime
from aeutils.data import Images
from aeutils.training.loop import has_fused_adam


class Listing(nn.Module):
    """The network that the listing calls an autoencoder: 784-256-10, with a ReLU between.

    Args:
        input_size: pixels of an image.
        hidden_size: units of the hidden layer.
        num_classes: outputs.
    """

    def __init__(self, input_size: int = 784, hidden_size: int = 256, num_classes: int = 10) -> None:
        super().__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(hidden_size, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """`[B, input_size]` -> `[B, num_classes]`."""
        return self.fc2(self.relu(self.fc1(x)))


def train_listing(
    x: Tensor,
    y: Tensor,
    epochs: int = 10,
    after_epoch: Callable[[Listing], None] | None = None,
    fused: bool | None = None,
) -> tuple[Listing, list[float]]:
    """Train as the listing does: cross-entropy, Adam at 0.01, batches of 100 in an order drawn for each epoch.

    The first weights and the order come from PyTorch's generator; it trains on `ae.device()`.

    Args:
        x: images `[N, 1, 28, 28]`.
        y: labels `[N]`, 0 to 9.
        epochs: passes over them.
        after_epoch: called with the network after each.
        fused: as in PyTorch's Adam; left to it, as in the listing, unless given.

    Returns:
        The network, there; and what the listing prints: for each epoch the loss of its last batch.
    """
    device = runtime.device()
    model, criterion = Listing().to(device), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=fused)
    x, y, printed = x.to(device), y.to(device), []
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).to(device).split(100):
            images, labels = x[chosen].view(-1, 784), y[chosen]
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
        printed.append(loss.item())
        if after_epoch:
            after_epoch(model)
    return model, printed


def trained_on(images: Images, chosen: np.ndarray, seed: int) -> float:
    """Accuracy on test images, in percent, of the listing trained on some of the training images alone.

    It makes 350 steps of 100 images (of fewer, where fewer have a label), however many times that passes over them.

    Args:
        images: with labels.
        chosen: places of training images `[n]`.
        seed: of the first weights and the order.
    """
    y_train, y_test = images.train.y, images.test.y
    assert y_train is not None and y_test is not None  # for the type checker
    torch.manual_seed(seed)
    epochs = 350 // max(1, len(chosen) // 100)
    fused = has_fused_adam(runtime.device())
    model, _ = train_listing(images.train.x[chosen], y_train[chosen], epochs, fused=fused)
    return 100 * (evaluation.apply(model, model, images.test.x.flatten(1)).argmax(1) == y_test).double().mean().item()

"""The article's listing: its network, and its training loop on any device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils import runtime


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
    x: Tensor, y: Tensor, epochs: int = 10, after_epoch: Callable[[Listing], None] | None = None
) -> tuple[Listing, list[float]]:
    """Train as the listing does: cross-entropy, Adam at 0.01, batches of 100 in an order drawn for each epoch.

    The first weights and the order come from PyTorch's generator; it trains on `ae.device()`.

    Args:
        x: images `[N, 1, 28, 28]`.
        y: labels `[N]`, 0 to 9.
        epochs: passes over them.
        after_epoch: called with the network after each.

    Returns:
        The network, there; and what the listing prints: for each epoch the loss of its last batch.
    """
    device = runtime.device()
    model, criterion = Listing().to(device), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
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

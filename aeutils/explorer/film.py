"""A training film: copies of a model's weights from one run, for `explore` to play."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from torch import Tensor, nn

from aeutils.runtime import kind_and_reason, short, whole_number


class _Run(Protocol):
    """What `fit` tells after an epoch, as far as a film needs it."""

    @property
    def epochs(self) -> int: ...


class Film(Mapping[str, nn.Module]):
    """The checkpoints of one run, which `explore` shows as a film: a slider and a play button above the map.

    A mapping of names, "epoch 0" (before training), "epoch 2", … to models on the CPU, each made anew when it is asked
    for. The film holds copies of the weights, so that whatever happens to the model later does not change it. It ends
    with the last epoch that it saw, also where that is between two others (with `patience`, the model that `fit` leaves
    is that of the best). Trained once more with the same film, the model's epochs are counted on.

    >>> film = ae.explorer.Film(model, every=2)
    >>> history = ae.fit(model, images, ae.losses.squared_error, epochs=5, after_epoch=film)
    >>> list(film)
    ['epoch 0', 'epoch 2', 'epoch 4', 'epoch 5']
    >>> explorer = ae.explore(film, images)

    Args:
        model: the model that will be trained, as it is now: make the film before you call `fit`.
        every: epochs from one checkpoint to the next.
        most: how many checkpoints are kept, 2 or more. One more, and every second of them is forgotten, and `every` is
            twice as long from then on: a long run fits as well as a short one. Each holds all the model's weights, in
            memory and, in half precision, in the explorer: 0.9 MB for `ae.Autoencoder()`.

    Raises:
        ValueError: no module, one that cannot be copied, or numbers that are too small or not whole.
    """

    def __init__(self, model: nn.Module, every: int = 1, most: int = 12) -> None:
        if not isinstance(model, nn.Module):
            raise ValueError(f"model is {short(model)}; expected the torch module that will be trained")
        self.every = whole_number(every, "every")
        self.most = whole_number(most, "most", least=2)
        self._model = model
        try:
            self._empty = copy.deepcopy(model).cpu().eval()  # to be filled with weights
            self._weights = {0: _copied(model)}  # epoch -> weights
        except Exception as error:  # a reader's own model may raise anything
            raise ValueError(
                f"this {type(model).__name__} cannot be copied ({kind_and_reason(error)}); a film is made of copies"
            ) from error
        self._run: _Run | None = None
        self._before = 0  # epochs of earlier runs

    def __call__(self, history: _Run) -> None:
        """Keep the weights as they are now; `fit(…, after_epoch=film)` calls this."""
        last = max(self._weights)
        if history is not self._run:
            self._run, self._before = history, 0 if history.epochs > last else last  # resumed, or trained once more
        epoch = self._before + history.epochs
        self._keep()
        self._weights[epoch] = _copied(self._model)
        while len(self._weights) > self.most:
            self.every *= 2
            self._keep(epoch)

    def _keep(self, newest: int = 0) -> None:
        """Forget what is between two checkpoints, but not the newest."""
        self._weights = {
            epoch: weights for epoch, weights in self._weights.items() if epoch % self.every == 0 or epoch == newest
        }

    def __getitem__(self, name: str) -> nn.Module:
        weights = {f"epoch {epoch}": weights for epoch, weights in self._weights.items()}[name]
        model = copy.deepcopy(self._empty)
        model.load_state_dict(weights)
        return model

    def __iter__(self) -> Iterator[str]:
        return (f"epoch {epoch}" for epoch in self._weights)

    def __len__(self) -> int:
        return len(self._weights)

    def __repr__(self) -> str:
        return f"Film({', '.join(self)})"


def _copied(model: nn.Module) -> dict[str, Any]:
    """The model's state, on the CPU and in memory of its own."""
    return {
        name: value.detach().to("cpu", copy=True) if isinstance(value, Tensor) else copy.deepcopy(value)
        for name, value in model.state_dict().items()
    }

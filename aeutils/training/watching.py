"""A loss whose terms are kept at every training step: `fit` keeps those of every epoch."""

from __future__ import annotations

from torch import Tensor, nn

from aeutils.training.loop import Loss


def watched(loss: Loss, kept: list[dict[str, float]]) -> Loss:
    """The same loss; each time that a model in training mode asks for it, its terms are appended to `kept`.

    Args:
        loss: `(model, x) -> {term: scalar tensor}`, as in `aeutils.losses`; or one that takes targets, too.
        kept: changed in place: one `{term: number}` for each step, of that step's batch.
    """

    def and_kept(model: nn.Module, *batch: Tensor) -> dict[str, Tensor]:
        terms = loss(model, *batch)
        if model.training:
            kept.append({name: value.item() for name, value in terms.items()})
        return terms

    return and_kept

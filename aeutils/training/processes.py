"""More than one device: the same `fit` in several processes, each with its share of every batch.

A program for as many processes as one likes, on processors (`gloo`) or on NVIDIA GPUs (`nccl`), one for each process:

```python
# train.py
import os
import torch
from torch import distributed
import aeutils as ae

if torch.cuda.is_available():
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
distributed.init_process_group("nccl" if ae.device().type == "cuda" else "gloo")
ae.seed_everything()
model = ae.Autoencoder()
history = ae.fit(model, ae.load("mnist-5k"), ae.losses.squared_error, batch_size=512, seed=0, checkpoint="run.pt")
if distributed.get_rank() == 0:
    torch.save(model.state_dict(), "model.pt")
    print(history)
distributed.barrier()  # nobody leaves while another still works
distributed.destroy_process_group()
```

    torchrun --nproc-per-node=2 train.py

Every process calls `fit` with the same settings and the same data; `fit` sees that there are several. `batch_size` is
that of all together. The gradients are averaged over the examples of the whole batch, so the run is that of one process
up to rounding; what is drawn inside a model or loss (the codes of a variational autoencoder, dropout) is drawn by each
process for its share, and batch normalisation sees the share alone. All get the same weights and the same history
(`seconds` apart); process 0 shows progress and writes the checkpoint, which all must be able to read. `after_epoch` is
called in all, and must end the run in all or in none. Data must be in memory: a loader is refused.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, distributed, nn


def count() -> int:
    """How many processes train together: 1, unless `torch.distributed` was initialised."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """Which of them this one is, counted from 0."""
    return distributed.get_rank() if count() > 1 else 0


def share(batch: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], int]:
    """This process's part of a batch, and of how many examples it is.

    Where there are fewer examples than processes some get the first example, which counts as none: a loss of nothing
    would be no number, and all processes must have gradients to add up.
    """
    if count() == 1:
        return batch, len(batch[0])
    part = tuple(each.tensor_split(count())[rank()] for each in batch)
    n = len(part[0])
    return (part, n) if n else (tuple(each[:1] for each in batch), 0)


@torch.no_grad()
def average_gradients(model: nn.Module, n: int) -> None:
    """Replace gradients of an average over this process's `n` examples by those over the examples of all."""
    if count() == 1:
        return
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    weighted = [gradient.flatten() * n for gradient in gradients]
    summed = total(torch.cat([*weighted, weighted[0].new_tensor([n])]))  # all in one message
    parts = (summed[:-1] / summed[-1]).split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


def total(values: Tensor) -> Tensor:
    """`values` summed over the processes, with the same digits in each."""
    if count() > 1:
        distributed.all_reduce(values)
    return values


@torch.no_grad()
def take_from_first(tensors: Iterable[Tensor]) -> None:
    """Give `tensors` the values that they have in process 0."""
    if count() > 1:
        for tensor in tensors:
            values = tensor.detach().contiguous()
            distributed.broadcast(values, src=0)
            tensor.copy_(values)


def start_epoch(epoch: int, n_steps: int, device: torch.device) -> None:
    """Let every process draw numbers of its own, which follow from the seed of process 0, as that does alone.

    Raises:
        ValueError: they have not taken the same `n_steps`: they read different checkpoints, or some read none.
    """
    if count() == 1:
        return
    seed = torch.tensor(torch.initial_seed() % 2**62, device=device)
    steps = torch.tensor([n_steps, -n_steps], device=device)
    take_from_first([seed])
    distributed.all_reduce(steps, op=distributed.ReduceOp.MAX)  # the most, and the least with a minus
    most, least = int(steps[0]), -int(steps[1])
    if most > least:
        raise ValueError(
            f"the {count()} processes go on from steps {least} to {most}; all must be able to read the same checkpoint"
        )
    if rank() > 0:
        torch.manual_seed(int(seed) + epoch * count() + rank())

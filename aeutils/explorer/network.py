"""Networks as data: layers as a JSON description, weights as one array. `body/network.js` evaluates them."""

from __future__ import annotations

import copy
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

# The most that a pixel in the browser may differ from PyTorch's because of the weights' rounding; 2/255 is promised.
_TOLERANCE = 1 / 255


class NotPlain(Exception):
    """The network is no plain stack of layers that the browser knows; the text says what stands in the way."""


class Weights:
    """Collects tensors one behind the other; `add` returns where a tensor starts, or -1 for none."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self._length = 0

    def add(self, tensor: Tensor | None) -> int:
        """Append a tensor, flattened; -1 stands for a bias that is not there."""
        if tensor is None:
            return -1
        start = self._length
        self._parts.append(tensor.detach().cpu().float().numpy().ravel())
        self._length += tensor.numel()
        return start

    def array(self, dtype: str) -> np.ndarray:
        """Everything added so far, as one array."""
        return np.concatenate([np.zeros(0, np.float32), *self._parts]).astype(dtype)


def describe(module: nn.Module, weights: Weights) -> list[dict[str, Any]]:
    """The layers of a plain stack, first to last; their weights are added to `weights`.

    Raises:
        NotPlain: a layer, or a setting of one, that the browser does not know.
    """
    if isinstance(module, nn.Sequential):
        return [layer for part in module for layer in describe(part, weights)]
    if isinstance(module, nn.Linear):
        sizes = {"inputs": module.in_features, "outputs": module.out_features}
        return [{"kind": "linear", **sizes, **_weights(module, weights)}]
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return [_describe_convolution(module, weights)]
    if isinstance(module, nn.GELU):
        return [{"kind": "gelu" if module.approximate == "none" else "gelu_tanh"}]
    for kind, name in ((nn.ReLU, "relu"), (nn.Sigmoid, "sigmoid"), (nn.Tanh, "tanh")):
        if isinstance(module, kind):
            return [{"kind": name}]
    if isinstance(module, nn.Identity | nn.Dropout):  # dropout does nothing to a trained network
        return []
    if isinstance(module, nn.Flatten) and module.start_dim == 1 and module.end_dim == -1:
        return [{"kind": "flatten"}]
    if isinstance(module, nn.Unflatten) and module.dim == 1:
        return [{"kind": "unflatten", "shape": list(module.unflattened_size)}]
    raise NotPlain(f"the browser does not know {type(module).__name__}")


def _weights(module: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, weights: Weights) -> dict[str, int]:
    return {"weight": weights.add(module.weight), "bias": weights.add(module.bias)}


def _describe_convolution(module: nn.Conv2d | nn.ConvTranspose2d, weights: Weights) -> dict[str, Any]:
    one = (1, 1)
    plain = module.dilation == one and module.groups == 1 and module.padding_mode == "zeros"
    if not plain or isinstance(module.padding, str):
        raise NotPlain(f"the browser knows no {type(module).__name__} with dilation, groups or such padding")
    transposed = isinstance(module, nn.ConvTranspose2d)
    return {
        "kind": "convolution_transposed" if transposed else "convolution",
        "inputs": module.in_channels,
        "outputs": module.out_channels,
        "kernel": list(module.kernel_size),
        "stride": list(module.stride),
        "padding": list(module.padding),
        "output_padding": list(module.output_padding) if transposed else [0, 0],
        **_weights(module, weights),
    }


@torch.no_grad()
def travel(model: nn.Module, x: Tensor, z: Tensor) -> dict[str, Any]:
    """What the browser needs to evaluate `model` by itself, and what it cannot.

    Before a part is sent, its layers are run here with the weights as they will be sent, and compared with what
    `model.encode` and `model.decode` really do. So a method that does more than its layers is noticed, and weights
    that do not bear rounding to half precision are sent in single precision.

    Args:
        model: on the CPU, in evaluation mode.
        x: some images `[B, 1, H, W]`.
        z: their codes `[B, k]`.

    Returns:
        `encoder` and `decoder`: lists of layers, or None where the kernel has to be asked; `reasons`: why, for each
        of those; `spread`: whether the encoder's layers put out the posterior's log-variances behind its means;
        `weights`: one array, float16 or float32.
    """
    wanted: dict[str, Tensor] = {"encoder": z, "decoder": cast(Any, model).decode(z)}
    weights = Weights()
    parts: dict[str, list[dict[str, Any]] | None] = {}
    reasons: dict[str, str] = {}
    for name in ("encoder", "decoder"):
        try:
            parts[name] = describe(_stack(model, name), weights)
            if not _agrees(model, name, x, z, wanted[name], torch.float32):
                raise NotPlain(f"its {name[:-1]} does more than its layers")
        except NotPlain as reason:
            parts[name], reasons[name] = None, str(reason)
    sent = [name for name in parts if parts[name] is not None]
    half = all(_agrees(model, name, x, z, wanted[name], torch.float16) for name in sent)
    spread = parts["encoder"] is not None and _puts_out_log_variances(model, x)
    return {**parts, "reasons": reasons, "spread": spread, "weights": weights.array("float16" if half else "float32")}


def _stack(model: nn.Module, name: str) -> nn.Sequential:
    part = getattr(model, name, None)
    if not isinstance(part, nn.Sequential):
        raise NotPlain(f"its {name} is {'missing' if part is None else type(part).__name__}, not a plain nn.Sequential")
    head = getattr(model, "head", nn.Identity()) if name == "decoder" else nn.Identity()
    return nn.Sequential(part, head)


def _given(stack: nn.Sequential, x: Tensor) -> Tensor:
    """Images as the encoder's first layer wants them."""
    encoder = cast(nn.Sequential, stack[0])
    return x if isinstance(encoder[0], nn.Conv2d | nn.Flatten) else x.flatten(1)


def _puts_out_log_variances(model: nn.Module, x: Tensor) -> bool:
    if not hasattr(model, "posterior"):
        return False
    stack, wanted = _stack(model, "encoder"), cast(Any, model).posterior(x).stddev
    found = (stack(_given(stack, x))[:, wanted.shape[1] :] / 2).exp()
    return found.shape == wanted.shape and torch.allclose(found, wanted, rtol=1e-3)


def _agrees(model: nn.Module, name: str, x: Tensor, z: Tensor, wanted: Tensor, dtype: torch.dtype) -> bool:
    """Whether the part's layers, with weights rounded to `dtype`, do what the model's method does."""
    stack = copy.deepcopy(_stack(model, name))
    for weight in stack.parameters():
        weight.copy_(weight.to(dtype).float())
    given = z if name == "decoder" else _given(stack, x)
    try:
        found = stack(given)
    except RuntimeError:  # the shapes do not fit: the method does something in between
        return False
    if name == "encoder":
        found = found[:, : wanted.shape[1]]  # a variational encoder puts out the means first
        spread, largest = float(wanted.std(correction=0)), float(wanted.abs().max())
        tolerance = 0.01 * spread + 1e-4 if dtype == torch.float16 else 1e-3 * largest
    else:
        tolerance = _TOLERANCE
    return found.numel() == wanted.numel() and bool((found.view_as(wanted) - wanted).abs().max() <= tolerance)

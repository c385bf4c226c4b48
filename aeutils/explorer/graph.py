"""Networks as data: a list of operations and their constants. `body/network.js` evaluates them; so does `run` here.

A network works on one image or one code at a time, and every number is a float: truth values are 0 and 1. The batch
axis of the model's own tensors stays in the shapes, as an axis of length one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

# Of one number each; a few take more. Their namesakes in `body/operators.js` do the same.
UNARY: Mapping[str, Callable[..., Tensor]] = {
    "abs": torch.abs,
    "ceil": torch.ceil,
    "clamp": torch.clamp,  # low, high
    "cos": torch.cos,
    # factors: of what is above 0, of what is below, and inside the exponential
    "elu": lambda x, above, below, inner: torch.where(x > 0, x * above, below * torch.expm1(x * inner)),
    "erf": torch.erf,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "floor": torch.floor,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "leaky_relu": F.leaky_relu,  # slope
    "log": torch.log,
    "log1p": torch.log1p,
    "logical_not": lambda x: (x == 0).float(),
    "neg": torch.neg,
    "reciprocal": torch.reciprocal,
    "relu": torch.relu,
    "round": torch.round,
    "rsqrt": torch.rsqrt,
    "sigmoid": torch.sigmoid,
    "sign": torch.sign,
    "sin": torch.sin,
    "sqrt": torch.sqrt,
    "tanh": torch.tanh,
}
# Of two numbers each; the shapes are equal, or one of them is a single number.
BINARY: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "div": torch.div,
    "eq": lambda a, b: (a == b).float(),
    "ge": lambda a, b: (a >= b).float(),
    "gt": lambda a, b: (a > b).float(),
    "le": lambda a, b: (a <= b).float(),
    "logical_and": lambda a, b: ((a != 0) & (b != 0)).float(),
    "logical_or": lambda a, b: ((a != 0) | (b != 0)).float(),
    "lt": lambda a, b: (a < b).float(),
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "mul": torch.mul,
    "ne": lambda a, b: (a != b).float(),
    "pow": torch.pow,
    "sub": torch.sub,
}
# Of rows of `length` numbers, one after the other.
REDUCE: Mapping[str, Callable[[Tensor], Tensor]] = {
    "amax": lambda rows: rows.amax(1),
    "amin": lambda rows: rows.amin(1),
    "mean": lambda rows: rows.mean(1),
    "sum": lambda rows: rows.sum(1),
}


@dataclass(eq=False)
class Node:
    """One operation: `op` names it, `of` are the nodes that it works on, `shape` is what comes out.

    Attributes:
        settings: what else it needs; see `Operator` in `body/network.js`.
        value: of a constant.
        index: of a `gather` whose order is no nest of loops: for each number that comes out, where it comes from.
    """

    op: str
    of: tuple[Node, ...]
    shape: tuple[int, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    value: Tensor | None = None
    index: np.ndarray | None = None

    @functools.cached_property
    def places(self) -> np.ndarray:
        """For each number that a `gather` puts out, where it comes from; -1 stands for its `fill`."""
        if self.index is not None:
            return self.index
        index = np.array([self.settings["start"]])
        for count, stride in self.settings["loops"]:
            index = (index[:, None] + stride * np.arange(count)).ravel()
        return index


class Constants:
    """Collects the numbers and the indices of networks one behind the other; equal ones are kept once."""

    def __init__(self) -> None:
        self._parts: dict[str, list[np.ndarray]] = {"numbers": [], "indices": []}
        self._starts: dict[tuple[str, bytes], int] = {}
        self._lengths = {"numbers": 0, "indices": 0}

    def add(self, kind: str, array: np.ndarray) -> int:
        """Append an array to the `numbers` or the `indices`, flattened; returns where it starts."""
        known = (kind, array.tobytes())
        if known not in self._starts:
            self._starts[known] = self._lengths[kind]
            self._parts[kind].append(array.ravel())
            self._lengths[kind] += array.size
        return self._starts[known]

    def numbers(self, dtype: str) -> np.ndarray:
        """All numbers, as one array."""
        return np.concatenate([np.zeros(0, np.float32), *self._parts["numbers"]]).astype(dtype)

    def indices(self) -> np.ndarray:
        """All indices, as one array."""
        return np.concatenate([np.zeros(0, np.int32), *self._parts["indices"]])


def ordered(output: Node) -> list[Node]:
    """The nodes that the output needs, each behind those that it works on; the input is among them or not."""
    done: dict[Node, None] = {}
    waiting = [output]
    while waiting:
        node = waiting[-1]
        missing = [part for part in node.of if part not in done]
        waiting += missing
        if not missing:
            done[waiting.pop()] = None
    return list(done)


def described(output: Node, constants: Constants) -> list[dict[str, Any]]:
    """The network as data: a list of operations, the last of them the output. What they keep goes to `constants`."""
    nodes = ordered(output)
    places = {node: place for place, node in enumerate(nodes)}
    return [_described(node, [places[part] for part in node.of], constants) for node in nodes]


def _described(node: Node, of: list[int], constants: Constants) -> dict[str, Any]:
    entry = {"op": node.op, "of": of, "shape": list(node.shape), **node.settings}
    if node.value is not None:
        entry["at"] = constants.add("numbers", node.value.numpy())
    if node.index is not None:
        entry["at"] = constants.add("indices", node.index.astype(np.int32))
    return entry


def run(output: Node, given: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """What the network makes of one input, with its constants rounded to `dtype`.

    Args:
        given: of the input's shape, float32.
    """
    values: dict[Node, Tensor] = {}
    for node in ordered(output):
        if node.op == "input":
            values[node] = given.reshape(node.shape)
        elif node.value is not None:
            values[node] = node.value.to(dtype).float()
        else:
            values[node] = _OPERATIONS[node.op](node, *(values[part] for part in node.of)).reshape(node.shape)
    return values[output]


def _gather(node: Node, x: Tensor) -> Tensor:
    index = torch.from_numpy(node.places)
    fill = x.new_tensor([node.settings.get("fill", 0.0)])
    return torch.cat([x.flatten(), fill])[torch.where(index < 0, x.numel(), index)]


def _convolution(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    settings = {name: node.settings[name] for name in ("stride", "padding", "dilation", "groups")}
    return F.conv2d(x, weight, bias, **settings)


def _convolution_transposed(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    settings = {name: node.settings[name] for name in ("stride", "padding", "dilation", "groups")}
    kernel, sizes = weight.shape[2:], zip(node.shape[2:], x.shape[2:], strict=True)
    missing = [
        out - ((size - 1) * stride - 2 * padding + dilation * (taps - 1) + 1)
        for (out, size), stride, padding, dilation, taps in zip(
            sizes, settings["stride"], settings["padding"], settings["dilation"], kernel, strict=True
        )
    ]
    return F.conv_transpose2d(x, weight, bias, output_padding=missing, **settings)


def _normalize(node: Node, x: Tensor) -> Tensor:
    rows = x.reshape(-1, node.settings["length"])
    return F.layer_norm(rows, rows.shape[1:], eps=node.settings["eps"])


def _max_pool(node: Node, x: Tensor) -> Tensor:
    """Windows that end beyond the padded edge are cut off there, as with ceil_mode."""
    kernel, stride, padding, dilation = (node.settings[name] for name in ("kernel", "stride", "padding", "dilation"))
    (height, width), (rows, columns) = x.shape[2:], node.shape[2:]
    needed = [
        (out - 1) * step + reach * (taps - 1) + 1 - size - pad
        for out, step, reach, taps, size, pad in zip(
            (rows, columns), stride, dilation, kernel, (height, width), padding, strict=True
        )
    ]
    edges = (padding[1], max(needed[1], 0), padding[0], max(needed[0], 0))
    return F.max_pool2d(F.pad(x, edges, value=-math.inf), kernel, stride, 0, dilation)[:, :, :rows, :columns]


_OPERATIONS: Mapping[str, Callable[..., Tensor]] = {
    "same": lambda node, x: x,
    "gather": _gather,
    "cat": lambda node, *parts: torch.cat([part.reshape(node.settings["outer"], -1) for part in parts], 1),
    "unary": lambda node, x: UNARY[node.settings["f"]](x, *node.settings["p"]),
    "binary": lambda node, a, b: BINARY[node.settings["f"]](a, b),
    "where": lambda node, c, a, b: torch.where(c != 0, a, b),
    "linear": lambda node, x, rows, bias=None: F.linear(x, rows, bias),
    "matmul": lambda node, a, b: a @ b,
    "convolution": _convolution,
    "convolution_transposed": _convolution_transposed,
    "max_pool": _max_pool,
    "resample": lambda node, x, rows, columns: rows @ x @ columns.T,
    "normalize": _normalize,
    "softmax": lambda node, x: x.reshape(-1, node.settings["length"]).softmax(1),
    "log_softmax": lambda node, x: x.reshape(-1, node.settings["length"]).log_softmax(1),
    "reduce": lambda node, x: REDUCE[node.settings["f"]](x.reshape(-1, node.settings["length"])),
}


def is_constant(nodes: Sequence[Node]) -> bool:
    """Whether all of them are constants."""
    return all(node.value is not None for node in nodes)

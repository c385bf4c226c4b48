"""Compiles what a model computes, by `torch.export`, into a network that the browser can evaluate by itself."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch._decomp import core_aten_decompositions, get_decompositions
from torch._dispatch.python import enable_python_dispatcher
from torch.fx.experimental.proxy_tensor import make_fx

from aeutils.explorer.adapters import Adapted
from aeutils.explorer.graph import BINARY, UNARY, Constants, Node, described, is_constant, ordered, run
from aeutils.runtime import reason

_LONGEST = 160  # characters of what an exception says


class NotCompiled(Exception):
    """The browser cannot evaluate this; the text says why, as the rest of a sentence that begins with "because"."""


class _Function(nn.Module):
    """A method of a model, as the module that torch.export wants."""

    def __init__(self, model: nn.Module, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.model = model
        self.function = function

    def forward(self, given: Tensor) -> Tensor:
        return self.function(given)


def compiled(model: nn.Module, function: Callable[[Tensor], Tensor], given: Tensor) -> Node:
    """What `function`, a method of `model`, computes of one example, as a network.

    Args:
        model: in evaluation mode; it stays as it is.
        function: a tensor to a tensor.
        given: one example, with its batch axis of length one.

    Raises:
        NotCompiled: it cannot be exported, or does something that the browser does not know.
    """
    with _plain_distributions(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the exporter's own parts; what matters is checked by numbers
        try:
            graph = _in_core_operators(_Function(model, function), given)
        except Exception as error:  # whatever a reader's own model may meet there
            raise NotCompiled(f"torch.export cannot follow it ({reason(error)[:_LONGEST]})") from error
        try:
            return _Lowering(graph).output
        except NotCompiled:
            raise
        except Exception as error:  # an operator in a form not thought of: the kernel knows it
            raise NotCompiled(f"it is put together in an unusual way ({reason(error)[:_LONGEST]})") from error


def _in_core_operators(module: nn.Module, given: Tensor) -> torch.fx.GraphModule:
    """What a module does with one example, in PyTorch's core operators and with nothing done in place.

    `torch.export` refuses what depends on the values. Its `run_decompositions` would make the same of it in five times
    as long: it lists all of PyTorch's operators each time.
    """
    graph = torch.export.export(module, (given,), strict=False).module()  # as PyTorch does itself since 2.7
    with torch.backends.mkldnn.flags(enabled=False), enable_python_dispatcher():
        graph = make_fx(graph, _decompositions())(given)
        graph = make_fx(torch.func.functionalize(graph, remove="mutations"), _decompositions())(given)
    for node in reversed(graph.graph.nodes):  # what is drawn at random and not used, too
        if node.op == "call_function" and not node.users:
            graph.graph.erase_node(node)
    return graph


@cache
def _decompositions() -> dict[Any, Callable[..., Any]]:
    norm = torch.ops.aten.linalg_vector_norm.default  # in the list of core operators' parts since PyTorch 2.12
    return {**get_decompositions([norm]), **dict(core_aten_decompositions().items())}


@contextmanager
def _plain_distributions() -> Any:
    """Distributions that do not look at their parameters' values, which no graph could."""
    before = torch.distributions.Distribution._validate_args
    torch.distributions.Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        torch.distributions.Distribution.set_default_validate_args(before)


# What changes nothing but the shape.
_SAME = {"view", "reshape", "_unsafe_view", "unsqueeze", "squeeze", "clone", "alias", "detach", "lift_fresh_copy"}
# What only puts numbers in other places: where they go is found by sending their places through.
_MOVES = {"permute", "transpose", "t", "expand", "slice", "select", "split_with_sizes", "split", "unbind", "index"}
_MOVES |= {"flip", "roll", "repeat", "pixel_shuffle", "pixel_unshuffle", "constant_pad_nd", "diagonal", "as_strided"}
_MOVES |= {"index_select", "unfold", "upsample_nearest1d", "upsample_nearest2d", "_upsample_nearest_exact2d"}
_MOVES |= {"reflection_pad1d", "reflection_pad2d", "replication_pad1d", "replication_pad2d", "im2col", "gather"}
# What is one matrix along the rows of each channel and one along its columns: found by sending unit vectors through.
_RESAMPLED = {"upsample_bilinear2d", "upsample_bicubic2d", "upsample_linear1d", "avg_pool1d", "avg_pool2d"}
_RESAMPLED |= {"_adaptive_avg_pool2d", "adaptive_avg_pool1d"}
_NORMALIZATIONS = {"native_layer_norm", "native_group_norm"}
_KNOWN_ONLY_BY_SHAPE = {"zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full"}
_REDUCTIONS = {"sum": "sum", "mean": "mean", "amax": "amax", "amin": "amin"}
_REDUCTIONS |= {"max": "amax", "min": "amin", "any": "amax", "all": "amin"}
# Truth values are numbers here.
_LOGICAL = {"bitwise_not": "logical_not", "bitwise_and": "logical_and", "bitwise_or": "logical_or"}
_LARGE = 3e38  # hardly any float32 is beyond


class _Lowering:
    """Takes a graph's nodes one by one and makes of each a `Node`, or a constant where no input goes in."""

    def __init__(self, graph: torch.fx.GraphModule) -> None:
        self._values: dict[torch.fx.Node, Any] = {}
        with torch.no_grad():
            for node in graph.graph.nodes:
                if node.op == "placeholder":
                    self._values[node] = _input(node)
                elif node.op == "get_attr":
                    self._values[node] = _plain(getattr(graph, node.target))
                elif node.op == "call_function":
                    self._values[node] = self._called(node)
                elif node.op == "output":
                    self.output = _node(self._values.get(node.args[0], node.args[0]))

    def _called(self, node: torch.fx.Node) -> Any:
        target: Any = node.target
        args, keywords = torch.fx.node.map_arg((node.args, node.kwargs), lambda given: self._values[given])
        if not isinstance(target, torch._ops.OpOverload):  # getitem, and arithmetic on sizes
            return target(*args, **keywords)
        name = target.overloadpacket.__name__
        if name.startswith("_assert"):
            return None
        name = _LOGICAL.get(name, name)
        if torch.Tag.nondeterministic_seeded in target.tags:
            raise NotCompiled(f"it draws random numbers ({name})")
        if name in _KNOWN_ONLY_BY_SHAPE:
            args = [torch.zeros(args[0].shape), *args[1:]] if isinstance(args[0], Node) else args
        if not _nodes_in((args, keywords)):
            return _of_constants(target, args, keywords)
        return self._lowered(node, target, name, list(args), dict(keywords))

    def _lowered(self, node: torch.fx.Node, target: Any, name: str, args: list[Any], keywords: dict[str, Any]) -> Any:
        """A node, or several where PyTorch's operator puts out several."""
        out = node.meta["val"]
        shape = tuple(out.shape) if isinstance(out, Tensor) else ()
        x = args[0]
        if name in _SAME:
            return _same(x, shape)
        if name == "_to_copy":
            if out.is_floating_point() or out.dtype == torch.bool:
                return _same(x, shape)
            raise NotCompiled("it rounds to whole numbers")
        if name in _MOVES:
            return _moved(target, args, keywords)
        if name in _RESAMPLED:
            return _resampled(target, args, keywords, shape)
        if name == "cat":
            return _concatenated(x, args[1] if len(args) > 1 else keywords.get("dim", 0), shape)
        if name in ("addmm", "mm", "bmm"):
            return _multiplied(name, args, keywords, shape)
        if name == "convolution":
            return _convolution(args, shape)
        if name == "native_batch_norm":
            trained = args.pop(5)
            name = "_native_batch_norm_legit" if trained else "_native_batch_norm_legit_no_training"
        if name == "_native_batch_norm_legit_no_training":
            single = len(cast(Any, node.args[0]).users) == 1
            return [_batch_normalized(args, single)]
        if name in _NORMALIZATIONS or name == "_native_batch_norm_legit":
            return [_normalized(name, args)]
        if name in ("_softmax", "_log_softmax"):
            return _along(x, [args[1]], lambda rows, length: Node(name[1:], (rows,), rows.shape, {"length": length}))
        if name in _REDUCTIONS:
            dims = [args[1]] if len(args) > 1 and isinstance(args[1], int) else args[1] if len(args) > 1 else None
            if isinstance(out, tuple):  # of `max` along an axis, the values; where they are from is not known here
                return [_reduced(_REDUCTIONS[name], x, dims, tuple(out[0].shape)), None]
            return _reduced(_REDUCTIONS[name], x, dims, shape)
        if name == "var":
            return _variance(x, args[1] if len(args) > 1 else None, keywords.get("correction", 1), shape)
        if name == "max_pool2d_with_indices":
            return [_max_pooled(args, tuple(out[0].shape)), None]
        if name == "where":
            return Node("where", tuple(_spread(_node(part), shape) for part in args), shape)
        if name in BINARY or name == "rsub":
            return _binary(name, args, keywords, shape)
        return _unary(name, args, keywords, shape)


def _input(node: torch.fx.Node) -> Node:
    return Node("input", (), tuple(node.meta["val"].shape))


def _plain(kept: Any) -> Any:
    """Parameters on the CPU, and in single precision where they are floats."""
    if not isinstance(kept, Tensor):
        return kept
    kept = kept.detach().cpu()
    return kept.float() if kept.is_floating_point() else kept


def _of_constants(target: Any, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """An operator of constants alone is one: it is computed now."""
    keywords = {name: value for name, value in keywords.items() if name not in ("device", "pin_memory", "layout")}
    value = target(*args, **keywords)
    return _plain(value) if isinstance(value, Tensor) else value


def _multiplied(name: str, args: list[Any], keywords: dict[str, Any], shape: tuple[int, ...]) -> Node:
    bias, (a, b) = (args[0] if name == "addmm" else None), args[-2:]
    if keywords.get("alpha", 1) != 1 or keywords.get("beta", 1) != 1:
        raise NotCompiled("its addmm has a factor")
    if name == "bmm" or isinstance(b, Node):
        product = Node("matmul", (_node(a), _node(b)), shape)
        return product if bias is None else _two("add", product, _node(bias), shape)
    rows = b.T.contiguous()
    if isinstance(bias, Tensor) and bias.shape == rows.shape[:1]:
        return Node("linear", (a, _constant(rows), _constant(bias)), shape)
    product = Node("linear", (a, _constant(rows)), shape)
    return product if bias is None else _two("add", product, _node(bias), shape)


def _nodes_in(given: Any) -> list[Node]:
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, list | tuple):
        return [node for part in given for node in _nodes_in(part)]
    return [given] if isinstance(given, Node) else []


def _constant(value: Tensor) -> Node:
    """What is infinite, such as a mask before a softmax, becomes as large as a float32 can be."""
    if value.isnan().any():
        raise NotCompiled("some of its weights are not numbers")
    return Node("constant", (), tuple(value.shape), value=value.float().clamp(-_LARGE, _LARGE).contiguous())


def _node(given: Any) -> Node:
    """Numbers and tensors become constants."""
    if isinstance(given, Node):
        return given
    if isinstance(given, Tensor | int | float | bool):
        return _constant(torch.as_tensor(given))
    raise NotCompiled(f"it puts out something of type {type(given).__name__}")


def _same(x: Node, shape: tuple[int, ...]) -> Node:
    while x.op == "same":
        x = x.of[0]
    return x if x.shape == shape else Node("same", (x,), shape)


def _moved(target: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
    """Sends the places of its numbers through an operator, which tells where each number that comes out is from."""
    x = args[0]
    if len(_nodes_in((args, keywords))) > 1:
        raise NotCompiled("where its numbers go depends on the input")
    places = torch.arange(math.prod(x.shape), dtype=torch.float64).view(x.shape)
    fill = 0.0
    if target.overloadpacket.__name__ == "constant_pad_nd":
        fill = float(args[2]) if len(args) > 2 else 0.0
        args = [x, args[1], -1.0]
    found = target(places, *args[1:], **keywords)
    if isinstance(found, Tensor):
        return _gathering(x, found, fill)
    return [_gathering(x, part, fill) for part in found]


def _gathering(x: Node, places: Tensor, fill: float) -> Node:
    index, shape = places.flatten().long().numpy(), tuple(places.shape)
    while x.op == "same":
        x = x.of[0]
    earlier = x.settings.get("fill", fill) if x.op == "gather" else None
    if earlier == fill or (earlier is not None and not (index < 0).any()):  # one walk in place of two
        index, fill, x = np.where(index < 0, -1, x.places[index]), float(earlier), x.of[0]
    if len(index) == math.prod(x.shape) and (index == np.arange(len(index))).all():
        return _same(x, shape)
    loops = _loops(index)
    if loops is None:
        return Node("gather", (x,), shape, {"fill": fill}, index=index)
    return Node("gather", (x,), shape, {"start": int(index[0]), "loops": loops})


def _loops(index: np.ndarray) -> list[list[int]] | None:
    """The nest of loops, outermost first as [count, stride], that visits these places; None where there is none."""
    loops: list[list[int]] = []
    if (index < 0).any():
        return None
    while len(index) > 1:
        stride = int(index[1] - index[0])
        breaks = np.flatnonzero(np.diff(index) != stride)
        count = int(breaks[0]) + 1 if len(breaks) else len(index)
        count = math.gcd(count, len(index))
        blocks = index.reshape(-1, count)
        if count == 1 or (np.diff(blocks, axis=1) != stride).any():
            return None
        loops.insert(0, [count, stride])
        index = blocks[:, 0]
    return loops


def _spread(x: Node, shape: tuple[int, ...]) -> Node:
    """Repeated along the axes that it lacks, or has once; a single number stays one."""
    if x.shape == shape or math.prod(x.shape) == 1:
        return x
    places = torch.arange(math.prod(x.shape), dtype=torch.float64).view(x.shape)
    return _gathering(x, places.expand(shape), 0.0)


def _two(f: str, a: Node, b: Node, shape: tuple[int, ...]) -> Node:
    a, b = (_spread(part, shape) for part in (a, b))
    if math.prod(a.shape) == 1 and math.prod(b.shape) == 1 and math.prod(shape) > 1:
        raise NotCompiled("its shapes are unusual")
    return Node("binary", (a, b), shape, {"f": f})


def _binary(name: str, args: list[Any], keywords: dict[str, Any], shape: tuple[int, ...]) -> Node:
    if keywords.get("rounding_mode") is not None:
        raise NotCompiled("it rounds a division")
    a, b = _node(args[0]), _node(args[1])
    if (factor := keywords.get("alpha", args[2] if len(args) > 2 else 1)) != 1:
        b = _two("mul", b, _node(factor), b.shape)
    return _two("sub", b, a, shape) if name == "rsub" else _two(name, a, b, shape)


def _unary(name: str, args: list[Any], keywords: dict[str, Any], shape: tuple[int, ...]) -> Node:
    x, settings = args[0], [*args[1:], *keywords.values()]
    if name == "gelu" and (keywords.get("approximate") or "none") != "none":
        name, settings = "gelu_tanh", []
    elif name == "gelu":
        settings = []
    elif name == "elu":  # alpha, scale, input_scale
        alpha, scale, inner = (float(value) for value in [*settings, 1, 1, 1][:3])
        if len(settings) < 2:
            scale = 1.0
        settings = [scale, alpha * scale, inner]
    elif name in ("clamp", "hardtanh"):
        low, high = [*settings, None, None][:2] if name == "clamp" else [*settings, -1, 1][:2]
        name, settings = "clamp", [_bound(low, -math.inf), _bound(high, math.inf)]
    elif name == "leaky_relu":
        settings = [*settings, 0.01][:1]
    if name not in UNARY or not isinstance(x, Node):
        raise NotCompiled(f"the browser does not know {name}")
    return Node("unary", (x,), shape, {"f": name, "p": [float(value) for value in settings]})


def _bound(value: float | None, otherwise: float) -> float:
    """An end of a clamp; JSON has no infinity."""
    return float(max(min(otherwise if value is None else value, _LARGE), -_LARGE))


def _concatenated(parts: list[Any], dim: int, shape: tuple[int, ...]) -> Node:
    outer = math.prod(shape[: dim % len(shape)])
    return Node("cat", tuple(_node(part) for part in parts if 0 not in part.shape), shape, {"outer": outer})


def _along(x: Node, dims: Sequence[int] | None, make: Callable[[Node, int], Node]) -> Node:
    """Applies what works on rows of `length` numbers along these axes; the result has x's shape again."""
    order, back = _last(x, dims)
    return _permuted(make(_permuted(x, order), _length(x, dims)), back)


def _axes(x: Node, dims: Sequence[int] | None) -> list[int]:
    return sorted(dim % len(x.shape) for dim in dims) if dims else list(range(len(x.shape)))


def _length(x: Node, dims: Sequence[int] | None) -> int:
    """How many numbers these axes hold together."""
    return math.prod(x.shape[axis] for axis in _axes(x, dims))


def _last(x: Node, dims: Sequence[int] | None) -> tuple[list[int], list[int]]:
    """The order that brings these axes to the end, and the order that brings them back."""
    axes = _axes(x, dims)
    order = [axis for axis in range(len(x.shape)) if axis not in axes] + axes
    return order, [order.index(axis) for axis in range(len(order))]


def _permuted(x: Node, order: list[int]) -> Node:
    places = torch.arange(math.prod(x.shape), dtype=torch.float64).view(x.shape)
    return _gathering(x, places.permute(order), 0.0)


def _reduced(f: str, x: Node, dims: Sequence[int] | None, shape: tuple[int, ...]) -> Node:
    rows = _permuted(x, _last(x, dims)[0])
    return Node("reduce", (rows,), shape, {"f": f, "length": _length(x, dims)})


def _variance(x: Node, dims: Sequence[int] | None, correction: float | None, shape: tuple[int, ...]) -> Node:
    axes = _axes(x, dims)
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    length = _length(x, dims)
    centred = _two("sub", x, _reduced("mean", x, dims, kept), x.shape)
    squares = _reduced("sum", _two("mul", centred, centred, x.shape), dims, shape)
    return _two("div", squares, _node(float(length - (1 if correction is None else correction))), shape)


def _channels(of: Tensor, shape: tuple[int, ...]) -> Node:
    """A number for each channel, spread over everything that the channel holds."""
    return _spread(_constant(of.reshape(1, -1, *[1] * (len(shape) - 2))), shape)


def _scaled(x: Node, scale: Tensor | None, shift: Tensor | None, spread: Callable[[Tensor], Node]) -> Node:
    if scale is not None:
        x = _two("mul", x, spread(scale), x.shape)
    return x if shift is None else _two("add", x, spread(shift), x.shape)


def _batch_normalized(args: list[Any], single: bool) -> Node:
    """Without training it is a factor and a summand for each channel; the layer before it takes them where it can."""
    x, weight, bias, mean, variance, _, eps = args
    if _nodes_in((weight, bias)):
        raise NotCompiled("its batch norm depends on the input")
    scale = (variance + eps).rsqrt() * (1 if weight is None else weight)
    shift = (0 if bias is None else bias) - mean * scale
    if single and x.op in ("linear", "convolution", "convolution_transposed") and is_constant(x.of[1:]):
        kernels = cast(Tensor, x.of[1].value)
        before = cast(Tensor, x.of[2].value) if len(x.of) > 2 else torch.zeros(())
        if x.op != "convolution_transposed":
            kernels = kernels * scale.view(-1, *[1] * (kernels.ndim - 1))
        elif x.settings["groups"] == 1:
            kernels = kernels * scale.view(1, -1, 1, 1)
        else:  # [in, out of a group, y, x]: a group's inputs meet that group's outputs alone
            groups = x.settings["groups"]
            per_group = scale.view(groups, 1, -1, 1, 1)
            kernels = (kernels.view(groups, -1, *kernels.shape[1:]) * per_group).view(kernels.shape)
        return Node(x.op, (x.of[0], _constant(kernels), _constant(before * scale + shift)), x.shape, x.settings)
    return _scaled(x, scale, shift, lambda each: _channels(each, x.shape))


def _normalized(name: str, args: list[Any]) -> Node:
    x = args[0]
    if name == "native_layer_norm":
        _, size, weight, bias, eps = args
        length = math.prod(size)
    elif name == "native_group_norm":
        _, weight, bias, _, channels, inner, groups, eps = args
        length = channels // groups * inner
    else:  # batch norm by the input's own statistics: of one example, as instance norm uses it
        if len(args) != 6:
            raise NotCompiled("its batch norm changes while it is used")
        _, weight, bias, _, _, eps = args
        length = math.prod(x.shape[2:])
    if _nodes_in((weight, bias)):
        raise NotCompiled("its normalization depends on the input")
    rows = Node("normalize", (x,), x.shape, {"length": length, "eps": float(eps)})
    if name == "native_layer_norm":
        return _scaled(rows, weight, bias, lambda each: _spread(_constant(each), x.shape))
    return _scaled(rows, weight, bias, lambda each: _channels(each, x.shape))


def _convolution(args: list[Any], shape: tuple[int, ...]) -> Node:
    x, weight, bias, stride, padding, dilation, transposed, _, groups = args
    if _nodes_in((weight, bias)) or not isinstance(x, Node):
        raise NotCompiled("its convolution's weights depend on the input")
    if weight.ndim == 5:
        raise NotCompiled("the browser knows no convolution in three dimensions")
    if weight.ndim == 3:  # along one axis: an image of one row
        row = _same(x, (*x.shape[:2], 1, x.shape[2]))
        stride, padding, dilation = [1, *stride], [0, *padding], [1, *dilation]
        in_two = [row, weight[:, :, None], bias, stride, padding, dilation, transposed, None, groups]
        return _same(_convolution(in_two, (*shape[:2], 1, shape[2])), shape)
    settings = {"stride": list(stride), "padding": list(padding), "dilation": list(dilation), "groups": groups}
    parts = (x, _constant(weight)) if bias is None else (x, _constant(weight), _constant(bias))
    return Node("convolution_transposed" if transposed else "convolution", parts, shape, settings)


def _max_pooled(args: list[Any], shape: tuple[int, ...]) -> Node:
    x, kernel, stride, padding, dilation = [*args, *[[], 0, 1][len(args) - 2 :]][:5]
    pairs = [value if isinstance(value, list) else [value] for value in (kernel, stride or kernel, padding, dilation)]
    both = [value * (2 // len(value)) for value in pairs]
    settings = dict(zip(("kernel", "stride", "padding", "dilation"), both, strict=True))
    x = _same(x, (1, *x.shape)) if len(x.shape) == 3 else x
    return _same(Node("max_pool", (x,), (1, *shape)[-4:], settings), shape)


def _resampled(target: Any, args: list[Any], keywords: dict[str, Any], shape: tuple[int, ...]) -> Node:
    """Finds the two matrices of an operator that is one along the rows of each channel and one along its columns."""
    x = args[0]
    flat = len(x.shape) == 3  # along one axis: the other one has length one
    height, width = (1, x.shape[2]) if flat else x.shape[2:]

    def through(images: Tensor) -> Tensor:
        """`[n, H, W]` to `[n, H', W']`, by the operator."""
        given = images[:, 0, :][:, None] if flat else images[:, None]
        found = target(given, *args[1:], **keywords)[:, 0]
        return found[:, None] if flat else found

    total = through(torch.ones(1, height, width))[0]
    rows = through(torch.eye(height)[:, :, None].expand(height, height, width))[:, :, 0].T
    columns = through(torch.eye(width)[:, None, :].expand(width, height, width))[:, 0, :].T / total[0, 0]
    noise = torch.randn(2, height, width, generator=torch.Generator().manual_seed(0))
    if not torch.allclose(rows @ noise @ columns.T, through(noise), atol=1e-4):
        raise NotCompiled(f"the browser does not know {target.overloadpacket.__name__} with these settings")
    out = (*shape[:2], 1, shape[2]) if flat else shape
    parts = (_same(x, (*x.shape[:2], height, width)), _constant(rows), _constant(columns))
    return _same(Node("resample", parts, out), shape)


# The most that a pixel in the browser may differ from PyTorch's because of the weights' rounding; 2/255 is promised.
_TOLERANCE = 1 / 255


@torch.no_grad()
def travel(model: Adapted, x: Tensor, z: Tensor) -> dict[str, Any]:
    """What the browser needs to evaluate `model` by itself, and what it cannot.

    Before a part is sent, the network is run here with the numbers as they will be sent, and compared with what the
    model's own method does. So weights that do not bear rounding to half precision are sent in single precision.

    Args:
        model: in evaluation mode.
        x: some images `[B, C, H, W]`.
        z: some codes `[B, k]`: of images, and of places between them.

    Returns:
        `encoder` and `decoder`: lists of operations, or None where the kernel has to be asked; `reasons`: why, for each
        of those; `spread`: whether the encoder puts out the posterior's standard deviations behind its means;
        `numbers`: one array, float16 or float32; `indices`: one array, int32.
    """
    precision = next((part.dtype for part in model.parameters() if part.is_floating_point()), torch.float32)
    networks: dict[str, Node] = {}
    reasons: dict[str, str] = {}
    wanted: dict[str, Tensor] = {}
    spread = model.has_posterior
    parts = {"encoder": (_with_spread(model) if spread else model.encode, x), "decoder": (model.decode, z)}
    for name, (function, given) in parts.items():
        try:
            network = compiled(model, function, given[:1])
            wanted[name] = function(given).float()
            if not _agrees(name, network, given, wanted[name], torch.float32, precision):
                raise NotCompiled("of one image alone it makes something else than of several")
            networks[name] = network
        except NotCompiled as error:
            reasons[name] = str(error)
    half = all(
        _agrees(name, networks[name], parts[name][1], wanted[name], torch.float16, precision) for name in networks
    )
    constants = Constants()
    data = {name: described(networks[name], constants) if name in networks else None for name in parts}
    return {
        **data,
        "reasons": reasons,
        "spread": spread and "encoder" in networks,
        "numbers": constants.numbers("float16" if half else "float32"),
        "indices": constants.indices(),
    }


def _with_spread(model: Adapted) -> Callable[[Tensor], Tensor]:
    """The posterior's means, and behind them its standard deviations."""

    def function(x: Tensor) -> Tensor:
        posterior = model.posterior(x)
        return torch.cat([posterior.mean, posterior.stddev], 1)

    return function


def _agrees(name: str, network: Node, given: Tensor, wanted: Tensor, dtype: torch.dtype, own: torch.dtype) -> bool:
    """Whether the network, with its numbers rounded to `dtype`, does what the model does, which computes in `own`."""
    if any(node.value is not None and not node.value.to(dtype).isfinite().all() for node in ordered(network)):
        return False
    found = torch.cat([run(network, each[None], dtype).reshape(1, -1) for each in given])
    wanted = wanted.flatten(1)
    # What the model rounds itself, and what a weight's rounding may add.
    tolerance = 4 * torch.finfo(own).eps * float(wanted.abs().max())
    if name == "decoder":
        tolerance += _TOLERANCE if dtype == torch.float16 else 1e-4
    else:
        tolerance += 0.01 * float(wanted.std(0, correction=0).max()) + 1e-4
    return found.shape == wanted.shape and bool((found - wanted).abs().max() <= tolerance)

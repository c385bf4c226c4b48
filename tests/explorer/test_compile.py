"""Models compiled into networks: by PyTorch's own numbers, here and in Node, operator by operator."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from browser import NO_NODE, NODE, in_node
from model_zoo import MODELS
from torch import nn

import aeutils as ae
from aeutils.explorer import compile
from aeutils.explorer.adapters import adapt
from aeutils.explorer.compile import NotCompiled, compiled, travel
from aeutils.explorer.graph import Constants, described, ordered, run


class Function(nn.Module):
    """A function as a module; what it keeps may be given along."""

    def __init__(self, function, **kept):
        super().__init__()
        self.function = function
        for name, value in kept.items():
            setattr(self, name, value if isinstance(value, nn.Module) else nn.Parameter(value))

    def forward(self, x):
        return self.function(self, x) if self._parameters or self._modules else self.function(x)


def used(module):
    """With batch norms that have seen something."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
            nn.init.normal_(part.weight)
            nn.init.normal_(part.bias)
    return module.eval()


UNARY = {
    **{repr(kind()): kind() for kind in (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.ELU, nn.SELU, nn.CELU, nn.SiLU, nn.Mish)},
    **{repr(kind()): kind() for kind in (nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.ReLU6, nn.GELU, nn.Softplus)},
    **{repr(kind): kind for kind in (nn.GELU("tanh"), nn.LeakyReLU(0.3), nn.ELU(0.5), nn.PReLU(), nn.Softsign())},
    **{repr(kind()): kind() for kind in (nn.LogSigmoid, nn.Tanhshrink, nn.Softshrink, nn.Hardshrink, nn.Identity)},
    "dropout": nn.Dropout(),
    "threshold": nn.Threshold(0.1, -2),
    "clamp": Function(lambda x: x.clamp(-0.3, 0.8)),
    "clamp at one end": Function(lambda x: x.clamp(min=0.2) + x.clamp(max=0.1)),
    "exp, expm1": Function(lambda x: x.exp() + torch.expm1(x)),
    "log, log1p": Function(lambda x: (x.abs() + 0.1).log() + torch.log1p(x.abs())),
    "roots": Function(lambda x: x.abs().sqrt() + (x.abs() + 0.5).rsqrt() + (x.abs() + 1).reciprocal()),
    "sine": Function(lambda x: torch.sin(x) * torch.cos(3 * x) - x.neg()),
    "steps": Function(lambda x: (3 * x).round() + (2 * x).floor() - (5 * x).ceil() + x.sign()),
    "halves": Function(lambda x: (torch.sign(x) * 2.5).round() + (torch.sign(x) * 1.5).round()),
    "erf": Function(torch.erf),
    "power": Function(lambda x: x.abs() ** 1.7 + x**2 + 2**x),
}
BINARY = {
    "sums": Function(lambda x: torch.add(x, x.flip(1), alpha=0.5) - 3 * x + (1 - x)),
    "quotients": Function(lambda x: x / (2 + x.square()) + 1 / (3 + x.abs())),
    "extremes": Function(lambda x: torch.maximum(x, -x) + torch.minimum(x, x.flip(1))),
    "comparisons": Function(lambda x: (x > 0).float() + 2 * (x <= 0.3).float() + 4 * (x != x.flip(1)).float()),
    "more comparisons": Function(lambda x: (x < 0).float() + 2.0 * (x >= x.flip(1)) + 4.0 * (x == x.abs())),
    "logic": Function(lambda x: ((x > 0) & ~(x > 1) | (x < -1)).float()),
    "where": Function(lambda x: torch.where(x > 0, x * 2, x.new_zeros(()))),
    "masked": Function(lambda x: x.masked_fill(x < 0, -1.0)),
    "spread": Function(lambda m, x: x * m.a + m.b, a=torch.randn(6, 1, 1), b=torch.randn(5, 4)),
}
MOVES = {
    "permute": Function(lambda x: x.permute(0, 3, 1, 2)),
    "transpose twice": Function(lambda x: x.transpose(1, 3).flip(2).transpose(2, 3)),
    "slices": Function(lambda x: x[:, 1:5:2, :, 1:]),
    "select": Function(lambda x: x[:, 2] + x.select(1, -1)),
    "split": Function(lambda x: (lambda a, b: a * b)(*x.chunk(2, 1))),
    "unequal split": Function(lambda x: x.split([1, 5], 1)[1]),
    "unbind": Function(lambda x: x.unbind(1)[3]),
    "stack": Function(lambda x: torch.stack([x, 2 * x], 2)),
    "cat": Function(lambda x: torch.cat([x, x[:, :2], -x], 1)),
    "cat of columns": Function(lambda x: torch.cat([x, x[..., :1]], -1)),
    "index": Function(lambda x: x[:, [4, 0, 0, 3]]),
    "expand": Function(lambda x: x[:, :1].expand(-1, 3, -1, -1)),
    "repeat": Function(lambda x: x.repeat(1, 2, 1, 3)),
    "roll": Function(lambda x: x.roll(2, 1)),
    "pixel shuffle": Function(lambda x: F.pixel_shuffle(x[:, :4], 2)),
    "pixel unshuffle": Function(lambda x: F.pixel_unshuffle(x[:, :, :4], 2)),
    "zeros around": Function(lambda x: F.pad(x, (1, 2, 0, 1))),
    "numbers around, twice": Function(lambda x: F.pad(F.pad(x, (1, 0), value=3.0), (0, 1, 1, 1), value=-2.0)),
    "cut off what was put around": Function(lambda x: F.pad(x, (2, 2), value=5.0)[..., 2:-2]),
    "reflected": Function(lambda x: F.pad(x, (2, 1, 1, 1), mode="reflect")),
    "repeated edge": Function(lambda x: F.pad(x, (2, 1, 1, 1), mode="replicate")),
    "nearest": Function(lambda x: F.interpolate(x, scale_factor=2)),
    "nearest, uneven": Function(lambda x: F.interpolate(x, size=(7, 9))),
    "flatten": nn.Flatten(),
    "triangle": Function(lambda x: x * torch.ones(5, 4).tril()),
}
SUMS = {
    "mean": Function(lambda x: x.mean(1, keepdim=True) + x.mean((2, 3), keepdim=True)),
    "sum": Function(lambda x: x.sum(2)),
    "sum of all": Function(lambda x: x * x.sum()),
    "extremes of a row": Function(lambda x: x.amax(3) - x.amin(3)),
    "largest": Function(lambda x: x.max(1).values),
    "variance": Function(lambda x: x.var(1) + x.std(1, correction=0)),
    "softmax": Function(lambda x: x.softmax(1)),
    "log softmax": Function(lambda x: x.log_softmax(-1)),
    "unit length": Function(lambda x: F.normalize(x, dim=1)),
    "layer norm": nn.LayerNorm((5, 4)),
    "layer norm without weights": nn.LayerNorm(4, elementwise_affine=False),
    "group norm": nn.GroupNorm(3, 6),
    "instance norm": nn.InstanceNorm2d(6, affine=True),
    "batch norm alone": nn.BatchNorm2d(6),
    "RMS norm": nn.RMSNorm(4),
}
WINDOWS = {
    "convolution": nn.Conv2d(6, 4, (3, 2), stride=(2, 1), padding=(1, 2)),
    "dilated": nn.Conv2d(6, 4, 3, padding=2, dilation=2, bias=False),
    "grouped": nn.Conv2d(6, 9, 3, groups=3),
    "each channel by itself": nn.Conv2d(6, 6, 3, padding="same", groups=6),
    "reflecting": nn.Conv2d(6, 2, 3, padding=1, padding_mode="reflect"),
    "transposed": nn.ConvTranspose2d(6, 3, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 0)),
    "transposed, grouped, dilated": nn.ConvTranspose2d(6, 4, 3, stride=2, dilation=2, groups=2, bias=False),
    "convolution and batch norm": nn.Sequential(nn.Conv2d(6, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU()),
    "transposed and batch norm": nn.Sequential(nn.ConvTranspose2d(6, 4, 3), nn.BatchNorm2d(4)),
    "transposed, grouped, batch norm": nn.Sequential(nn.ConvTranspose2d(6, 4, 3, groups=2), nn.BatchNorm2d(4)),
    "spectral norm": nn.utils.parametrizations.spectral_norm(nn.Conv2d(6, 4, 3)),
    "weight norm": nn.utils.parametrizations.weight_norm(nn.Conv2d(6, 4, 3)),
    "max pool": nn.MaxPool2d(2),
    "max pool, uneven": nn.MaxPool2d((3, 2), stride=(1, 2), padding=(1, 1), ceil_mode=True),
    "average pool": nn.AvgPool2d(2, padding=1),
    "average pool of what is there": nn.AvgPool2d((3, 2), stride=1, padding=1, count_include_pad=False),
    "average of all": nn.AdaptiveAvgPool2d(1),
    "adaptive average": nn.AdaptiveAvgPool2d((3, 2)),
    "bilinear": nn.Upsample(scale_factor=2, mode="bilinear"),
    "bilinear, corners": nn.Upsample(size=(9, 7), mode="bilinear", align_corners=True),
    "bicubic": nn.Upsample(scale_factor=2, mode="bicubic"),
}
ROWS = {
    "linear": nn.Linear(8, 5),
    "linear without bias": nn.Linear(8, 5, bias=False),
    "linear and batch norm": nn.Sequential(nn.Linear(8, 5), nn.BatchNorm1d(5), nn.ReLU()),
    "batch norm of blocks": nn.Sequential(nn.Linear(8, 12), nn.Unflatten(1, (3, 2, 2)), nn.BatchNorm2d(3)),
    "tied": Function(lambda m, x: F.linear(F.linear(x, m.w).relu(), m.w.T), w=torch.randn(3, 8)),
    "bilinear form": Function(lambda m, x: (x @ m.w) * x, w=torch.randn(8, 8)),
    "outer product": Function(lambda x: torch.einsum("bi,bj->bij", x, x)),
    "attention": nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True),
    "constants": Function(lambda x: x + torch.arange(8) * torch.linspace(0, 1, 8) + torch.zeros_like(x)),
    "in one row": nn.Sequential(nn.Unflatten(1, (2, 4)), nn.Conv1d(2, 3, 3, padding=1), nn.Upsample(scale_factor=2)),
    "transposed in one row": nn.Sequential(nn.Unflatten(1, (2, 4)), nn.ConvTranspose1d(2, 3, 4, stride=2, padding=1)),
    "pools in one row": nn.Sequential(nn.Unflatten(1, (2, 4)), nn.MaxPool1d(2), nn.AvgPool1d(2)),
    "linear in one row": nn.Sequential(nn.Unflatten(1, (2, 4)), nn.Upsample(scale_factor=2, mode="linear")),
    "recurrent": Function(lambda m, x: m.gru(x.view(1, 4, 2))[0], gru=nn.GRU(2, 3, batch_first=True)),
    "long short-term": Function(lambda m, x: m.lstm(x.view(1, 4, 2))[0], lstm=nn.LSTM(2, 3, batch_first=True)),
    "a second factor": Function(lambda m, x: torch.addmm(m.b, x, m.w), w=torch.randn(8, 3), b=torch.randn(1, 3)),
    "matrix first": Function(lambda m, x: m.w @ x.view(8, 1), w=torch.randn(3, 8)),
}
IMAGE, ROW = (6, 5, 4), (8,)
CASES = {name: (module, IMAGE) for table in (UNARY, BINARY, MOVES, SUMS, WINDOWS) for name, module in table.items()}
CASES |= {name: (module, ROW) for name, module in ROWS.items()}


@pytest.fixture(scope="module")
def networks():
    """Name -> network, input and what PyTorch makes of it; each operator in more than one setting."""
    torch.manual_seed(0)
    found = {}
    with torch.no_grad():
        for name, (module, shape) in CASES.items():
            x, module = torch.randn(1, *shape), used(module)
            found[name] = compiled(module, module.forward, torch.randn(1, *shape)), x, module(x).float()
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_network_computes_what_pytorch_does(networks, name):
    network, x, expected = networks[name]
    assert torch.allclose(run(network, x).reshape(expected.shape), expected, atol=1e-5, rtol=1e-5)


@pytest.fixture(scope="module")
def fixture_file(networks, tmp_path_factory):
    cases = []
    for name, (network, x, expected) in networks.items():
        constants = Constants()
        case = {"name": name, "operations": described(network, constants)}
        numbers = {"numbers": constants.numbers("float32"), "indices": constants.indices()}
        numbers |= {"input": x.numpy().ravel(), "expected": expected.numpy().ravel()}
        cases.append(case | {key: array.tolist() for key, array in numbers.items()})
    path = tmp_path_factory.mktemp("compile") / "fixture.json"
    path.write_text(json.dumps(cases))
    return path


@pytest.mark.skipif(NODE is None, reason=NO_NODE)
def test_the_browser_computes_it_too(fixture_file):
    test = str(Path(__file__).parent / "network.test.mjs")
    done = in_node("--test", "--test-reporter=tap", test, EXPLORER_FIXTURE=str(fixture_file))
    failed = [line for line in done.stdout.splitlines() if "not ok" in line or "number" in line]
    assert done.returncode == 0, "\n".join(failed)
    assert int(re.search(r"# pass (\d+)", done.stdout)[1]) > len(CASES)


def operations(network):
    return [node.op for node in ordered(network)]


def test_batch_norm_goes_into_the_layer_before_it(networks):
    for name in ("convolution and batch norm", "transposed and batch norm", "linear and batch norm"):
        found = operations(networks[name][0])
        assert found.count("constant") == 2 and "binary" not in found, name
    assert operations(networks["batch norm alone"][0]).count("binary") == 2


def test_a_layer_whose_output_is_used_twice_keeps_it():
    torch.manual_seed(0)
    parts = nn.ModuleList([nn.Linear(3, 3), nn.BatchNorm1d(3)])
    module = used(Function(lambda m, x: (lambda h: m.parts[1](h) + h)(m.parts[0](x)), parts=parts))
    x = torch.randn(1, 3)
    assert torch.allclose(run(compiled(module, module, x), x), module(x), atol=1e-6)


def test_moves_are_loops_or_lists_and_one_walk_where_they_follow_each_other(networks):
    listed = {name: False for name in ("permute", "transpose twice", "nearest", "expand", "repeat", "pixel shuffle")}
    listed |= {name: True for name in ("index", "reflected", "zeros around", "numbers around, twice")}
    for name, by_index in listed.items():
        moves = [node for node in ordered(networks[name][0]) if node.op == "gather"]
        assert [node.index is not None for node in moves] == [by_index] * (2 if "numbers" in name else 1), name
    assert "gather" not in operations(networks["cut off what was put around"][0])


def test_equal_constants_are_kept_once():
    weight = nn.Linear(4, 4)
    module = Function(lambda m, x: m.w(m.w(x)), w=weight).eval()
    constants = Constants()
    described(compiled(module, module, torch.randn(1, 4)), constants)
    assert len(constants.numbers("float32")) == 4 * 4 + 4


@pytest.mark.parametrize(
    "function, told",
    [
        (lambda x: x + torch.randn_like(x), "draws random numbers"),
        (lambda x: x if x.sum() > 0 else -x, "torch.export cannot follow it"),
        (lambda x: x.sort(1).values, "does not know sort"),
        (lambda x: x.cumsum(1), "does not know cumsum"),
        (lambda x: x.long().float(), "whole numbers"),
        (lambda x: torch.from_numpy(x.detach().numpy() * 2), "torch.export cannot follow it"),
        (lambda x: torch.gather(x, 1, x.argsort(1)), "does not know"),
    ],
)
def test_what_cannot_be_compiled_says_why_in_one_line(function, told):
    module = Function(function)
    with pytest.raises(NotCompiled, match=told) as caught:
        compiled(module, module, torch.rand(1, 5))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


def test_distributions_inside_do_not_stand_in_the_way():
    before = torch.distributions.Distribution._validate_args
    module = Function(lambda x: torch.distributions.Normal(x, x.exp()).mean)
    x = torch.randn(1, 3)
    assert torch.equal(run(compiled(module, module, x), x), x)
    assert torch.distributions.Distribution._validate_args is before


def test_a_model_keeps_its_weights_mode_and_gradients():
    torch.manual_seed(0)
    model = ae.ConvAutoencoder(2).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x = torch.rand(3, 1, 28, 28)
    parts = travel(adapt(model, x), x, model.encode(x).detach())
    assert parts["encoder"] and parts["decoder"] and not parts["reasons"]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(weight.requires_grad and weight.grad is None for weight in model.parameters())


def test_weights_that_do_not_bear_rounding_travel_in_single_precision():
    torch.manual_seed(0)
    x = torch.rand(4, 1, 28, 28)
    for factor, precision in ((1, "float16"), (1000, "float32"), (1e6, "float32")):
        model = ae.Autoencoder((784, 32, 2)).eval()
        with torch.no_grad():
            model.decoder[-1].weight.mul_(factor)
        assert travel(adapt(model, x), x, torch.randn(4, 2))["numbers"].dtype == precision, factor


def test_rounding_changes_no_pixel_by_more_than_is_promised():
    assert compile._TOLERANCE <= 2 / 255


def test_of_the_models_that_people_write_nearly_all_run_in_the_browser():
    told = {}
    for name, make in MODELS.items():
        torch.manual_seed(0)
        case = make()
        model = adapt(case.model, case.x, **case.options).eval()
        with torch.no_grad():
            codes = model.encode(case.x)
        parts = travel(model, case.x[:4], torch.cat([codes[:4], torch.randn_like(codes)[:4]]))
        told |= {f"{name}, {part}": reason for part, reason in parts["reasons"].items()}
        assert all(parts[part] or part in parts["reasons"] for part in ("encoder", "decoder"))
    assert len(MODELS) >= 40 and len(told) <= 0.1 * len(MODELS), told
    assert all("does not know" in reason for reason in told.values()), told


class Crowded(ae.Autoencoder):
    """What it makes of an image depends on how many it is given."""

    def decode(self, z):
        return super().decode(z) / len(z)


def test_what_is_sent_was_compared_with_what_the_model_does():
    torch.manual_seed(0)
    model = Crowded((784, 16, 2)).eval()
    x = torch.rand(4, 1, 28, 28)
    parts = travel(adapt(model, x).eval(), x, torch.randn(4, 2))
    assert parts["decoder"] is None and "of one image alone" in parts["reasons"]["decoder"]
    assert parts["encoder"]


def test_what_was_not_thought_of_is_a_reason_too(monkeypatch):
    def unusual(*_):
        raise IndexError("list index out of range")

    monkeypatch.setattr(compile, "_concatenated", unusual)
    module = Function(lambda x: torch.cat([x, x], 1))
    with pytest.raises(NotCompiled, match=r"unusual way \(.*index out of range\)"):
        compiled(module, module, torch.rand(1, 3))

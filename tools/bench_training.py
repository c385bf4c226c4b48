"""`make bench`: how near training comes to the limit, in `benchmarks/RESULTS.md` (a GPU's in `RESULTS_cuda.md`).

The **floor** is what cannot be saved: only the matrix products (and convolutions) of the forward and the backward pass,
with the same shapes, into memory that is there already. All loops of a round run one after the other in this process,
and rounds are repeated, so that a busy moment hits them alike; what counts are ratios within a round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from bench_sweeps import table_of_sweeps
from torch import Tensor, nn
from torch.nn import functional as F

import aeutils as ae
from aeutils.data import Images, Split, data_root
from aeutils.losses import squared_error, variational_squared_error

RESULTS = Path(__file__).parents[1] / "benchmarks"
COUNT = 60_000
MEASURED = 12  # of so many training images one is measured after the epoch, and as many validation images
Loop = Callable[[], object]


def model_named(name: str) -> nn.Module:
    """One of the four models that are measured."""
    if name == "convolutional, 16 units":
        return ae.ConvAutoencoder(16)
    sizes = tuple(map(int, name.split(",")[0].split("-")))
    return ae.VariationalAutoencoder(sizes) if name.endswith("variational") else ae.Autoencoder(sizes)


# name -> training images of an epoch; fewer where an epoch would take a minute (time per image does not depend on it)
MODELS = {
    "784-256-64-16": COUNT,
    "784-1000-500-250-30": COUNT // 4,
    "784-256-64-16, variational": COUNT // 4,
    "convolutional, 16 units": COUNT // 10,
}
FIRST = "784-256-64-16"


def images_of(count: int = COUNT) -> tuple[Images, str]:
    """Full MNIST, repeated or cut to `count` training images, or noise of the same shape; and what it is."""
    try:
        full = ae.load("mnist", validation=0)
        x, val, what = full.train.x, full.test.x, "MNIST"
    except FileNotFoundError:
        generator = torch.Generator().manual_seed(0)
        x, val = torch.rand(COUNT + 5000, 1, 28, 28, generator=generator).split([COUNT, 5000])
        what = "noise of MNIST's shape (the files are not here)"
    x = x.repeat(-(-count // len(x)), 1, 1, 1)[:count]
    measured = Split(val[: count // MEASURED])
    return Images("bench", Split(x), measured, measured, ()), what


def floor(model: nn.Module, batch_size: int, count: int, device: torch.device) -> Loop:
    """The products of every linear and convolutional layer, forward and backward, over `count` images."""
    layers: list[tuple[nn.Module, Tensor]] = []

    def note(layer: nn.Module, given: tuple[Tensor, ...], _: Tensor) -> None:
        layers.append((layer, given[0].detach()))

    hooks = [m.register_forward_hook(note) for m in model.modules() if hasattr(m, "weight")]
    model.to(device)(torch.rand(batch_size, 1, 28, 28, device=device))
    for hook in hooks:
        hook.remove()
    passes = [_products(layer, given, first=i == 0) for i, (layer, given) in enumerate(layers)]

    def epoch() -> None:
        with torch.no_grad():
            for _ in range(-(-count // batch_size)):
                for forward, _ in passes:
                    forward()
                for _, backward in reversed(passes):
                    backward()

    return epoch


def _products(layer: Any, x: Tensor, first: bool) -> tuple[Loop, Loop]:
    """Forward and backward of one layer; the first layer's input needs no gradient."""
    weight = layer.weight.detach()
    if isinstance(layer, nn.Linear):
        out = torch.randn(len(x), layer.out_features, device=x.device)
        into, by_weight, by_input = torch.empty_like(out), torch.empty_like(weight), torch.empty_like(x)

        def backward() -> None:
            torch.mm(out.t(), x, out=by_weight)
            if not first:
                torch.mm(out, weight, out=by_input)

        return lambda: torch.mm(x, weight.t(), out=into), backward
    transposed = isinstance(layer, nn.ConvTranspose2d)
    convolve = F.conv_transpose2d if transposed else F.conv2d
    out = torch.randn_like(convolve(x, weight, stride=layer.stride, padding=layer.padding))
    settings = (None, layer.stride, layer.padding, layer.dilation, transposed, [0, 0], 1, [not first, True, False])
    return (
        lambda: convolve(x, weight, stride=layer.stride, padding=layer.padding),
        lambda: torch.ops.aten.convolution_backward(out, x, weight, *settings),
    )


def plain(model: nn.Module, images: Images, batch_size: int, device: torch.device) -> Loop:
    """A loop over one tensor with PyTorch's Adam as it comes; nothing is measured."""
    optimizer = torch.optim.Adam(model.to(device).parameters(), lr=1e-3)
    x = images.train.x.to(device)

    def epoch() -> None:
        for chosen in torch.randperm(len(x), device=device).split(batch_size):
            optimizer.zero_grad()
            squared_error(model, x[chosen])["squared_error"].backward()
            optimizer.step()

    return epoch


def article(model: nn.Module, batch_size: int, device: torch.device) -> Loop | None:
    """The article's way: torchvision's MNIST, `ToTensor` image by image, a `DataLoader`; None without the files."""
    from torch.utils.data import DataLoader
    from torchvision.datasets import MNIST
    from torchvision.transforms import ToTensor

    files = data_root() / "MNIST" / "raw"
    if not files.is_dir():
        return None
    with TemporaryDirectory() as folder:  # torchvision unpacks the files; with all of them there nothing is downloaded
        shutil.copytree(files, Path(folder) / "MNIST" / "raw")
        pictures = MNIST(folder, train=True, transform=ToTensor(), download=True)
    loader = DataLoader(pictures, batch_size, shuffle=True)
    optimizer = torch.optim.Adam(model.to(device).parameters(), lr=1e-3)

    def epoch() -> None:
        for batch, _ in loader:
            optimizer.zero_grad()
            squared_error(model, batch.to(device))["squared_error"].backward()
            optimizer.step()

    return epoch


def fitted(model: nn.Module, images: Images, batch_size: int, **more: object) -> Loop:
    """`ae.fit` as the notebooks use it, progress and the measurement after every epoch included: one epoch."""
    loss = variational_squared_error if isinstance(model, ae.VariationalAutoencoder) else squared_error
    settings = {"measure": len(images.val), **more}
    return lambda: ae.fit(model, images, loss, epochs=1, batch_size=batch_size, **settings)  # type: ignore[arg-type]


def seconds_of(loops: dict[str, Loop], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """Seconds of each loop in every round; one round before them warms up."""
    taken: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(rounds + 1):
        for name, loop in loops.items():
            started = time.perf_counter()
            loop()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if turn:
                taken[name].append(time.perf_counter() - started)
    return taken


def table_of_loops(device: torch.device, rounds: int) -> list[str]:
    """Rows: model, threads, batch, loop; seconds (median) and the ratio to the floor of the same round."""
    rows = ["| model | images | threads | batch | loop | seconds an epoch | times the floor |"]
    rows.append("|---|---|---|---|---|---|---|")
    before, cores = torch.get_num_threads(), os.cpu_count() or 1
    for name, count in MODELS.items():
        images, _ = images_of(count)
        for threads in sorted({1, cores}) if name == FIRST and device.type == "cpu" else [cores]:
            torch.set_num_threads(threads)
            for batch_size in (100, 512):
                loops = loops_of(name, images, batch_size, device)
                taken = seconds_of(loops, rounds if name == FIRST else max(rounds - 2, 1), device)
                for loop, seconds in taken.items():
                    ratios = [one / low for one, low in zip(seconds, taken["floor"], strict=True)]
                    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
                    cells = (name, f"{count:,}", threads, batch_size, loop, f"{statistics.median(seconds):.2f}", spread)
                    rows.append(f"| {' | '.join(map(str, cells))} |")
                    print(rows[-1], flush=True)
    torch.set_num_threads(before)
    return rows


def loops_of(name: str, images: Images, batch_size: int, device: torch.device) -> dict[str, Loop]:
    """The loops that are measured beside one another, each with a model of its own."""
    loops: dict[str, Loop] = {"floor": floor(model_named(name), batch_size, len(images.train), device)}
    if name == FIRST and batch_size == 100 and (pipeline := article(model_named(name), batch_size, device)):
        loops["the article's pipeline"] = pipeline
    loops["plain tensor loop"] = plain(model_named(name), images, batch_size, device)
    loops["ae.fit"] = fitted(model_named(name), images, batch_size, device=device)
    loops["ae.fit, bfloat16"] = fitted(model_named(name), images, batch_size, device=device, precision="bfloat16")
    loops['ae.fit, measure="all"'] = fitted(model_named(name), images, batch_size, device=device, measure="all")
    return loops


def table_of_sizes() -> list[str]:
    """Time and memory of one epoch for three sizes of the data, each in a process of its own."""
    rows = ["| images | seconds an epoch | µs an image | data, MB | peak memory beyond data and start, MB |"]
    rows.append("|---|---|---|---|---|")
    for count in (5_000, 60_000, 240_000):
        done = subprocess.run(
            [sys.executable, __file__, "--one-size", str(count)], stdout=subprocess.PIPE, text=True, check=True
        )
        found = json.loads(done.stdout.splitlines()[-1])
        per_image = 1e6 * found["seconds"] / count
        rows.append(
            f"| {count:,} | {found['seconds']:.2f} | {per_image:.1f} | {found['data']:.0f} | {found['beyond']:.0f} |"
        )
        print(rows[-1], flush=True)
    return rows


def one_size(count: int) -> None:
    """The figures of one size, as JSON on the last line."""

    def peak() -> float:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

    small, _ = images_of(1000)
    loop = fitted(model_named(FIRST), small, 100)
    loop()
    images, _ = images_of(count)
    data, before = images.train.x.numel() * 4 / 1e6, peak()
    loop = fitted(model_named(FIRST), images, 100)
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        loop()
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"seconds": statistics.median(seconds), "data": data, "beyond": peak() - before}))


def table_of_errors(seeds: int) -> list[str]:
    """What bfloat16 does to the error, and how long an error of 15 on new images takes to reach."""
    images, _ = images_of()
    rows = ["| precision | error per new image after 4 epochs, mean ± sd over seeds | seconds to an error of 15 |"]
    rows.append("|---|---|---|")
    for precision in ("float32", "bfloat16"):
        errors, reached = [], []
        for seed in range(seeds):
            torch.manual_seed(seed)
            model, started = model_named(FIRST), time.perf_counter()
            times: list[float] = []

            def note(history: ae.History, times: list[float] = times, started: float = started) -> None:
                if not times and history.val["squared_error"][-1] <= 15:
                    times.append(time.perf_counter() - started)

            history = ae.fit(
                model, images, squared_error, epochs=4, batch_size=100, seed=seed, precision=precision, after_epoch=note
            )
            errors.append(history.val["squared_error"][-1])
            reached += times or [float("nan")]
        spread = f"{statistics.mean(errors):.2f} ± {statistics.stdev(errors):.2f}"
        rows.append(f"| {precision} | {spread} | {statistics.median(reached):.1f} |")
        print(rows[-1], flush=True)
    return rows


def machine(device: torch.device, what: str) -> str:
    """What it was measured on, in a sentence."""
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor() or platform.machine()
    threads, version = torch.get_num_threads(), torch.__version__.split("+")[0]
    return (
        f"{what}, {COUNT:,} training images; {device.type} ({name}), {os.cpu_count()} cores, "
        f"{threads} thread(s) where no other number is given, PyTorch {version}, "
        f"Python {platform.python_version()}, {platform.system()}"
    )


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--one-size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_size:
        return one_size(options.one_size)
    device = ae.device()
    parts = [
        "# How near training comes to the machine's limit",
        "Made by `make bench`. " + machine(device, images_of(1000)[1]) + ".",
        "The floor is only the matrix products (and convolutions) of the forward and the backward pass, same shapes. "
        f"`ae.fit` shows progress and measures training and validation images after the epoch, a {MEASURED}th of the "
        "number that it trains on of each: 5,000 for 60,000, as the notebooks do.",
        "\n".join(table_of_loops(device, options.rounds)),
        "## More images",
        "\n".join(table_of_sizes()),
        "## Half precision",
        "\n".join(table_of_errors(options.seeds)),
        "## Sweeps",
        "\n".join(table_of_sweeps()),
    ]
    file = RESULTS / ("RESULTS.md" if device.type == "cpu" else f"RESULTS_{device.type}.md")
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"written to {file}")


if __name__ == "__main__":
    main()

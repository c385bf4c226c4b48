"""How long a sweep of 16 runs takes on two cores, beside the same runs one after the other.

The ways to do it are measured in turn, round after round, so that a busy moment hits them alike; what counts are ratios
within a round. The goal is at most 0.6 times the serial time.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import nn

import aeutils as ae
from aeutils import sweeps
from aeutils.sweeps import sweep

CORES = 2
RUNS: list[dict[str, Any]] = [{"lr": rate, "seed": seed} for rate in (5e-4, 1e-3, 2e-3, 4e-3) for seed in range(4)]
SERIAL = "one after the other"


def end_processes() -> None:
    """End the processes that wait for the next sweep."""
    while sweeps._idle:
        sweeps._idle.pop().shutdown()


def with_a_kill(mark: Path) -> list[dict[str, Any]]:
    """The same runs; the eighth kills its process, once."""

    def model(settings: dict[str, Any], shape: tuple[int, ...]) -> nn.Module:
        if (settings["lr"], settings["seed"]) == (1e-3, 3) and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return ae.Autoencoder((784, 128, 64, settings["code_size"]), head=nn.Identity)

    return [{**each, "model": model} for each in RUNS]


def seconds_of_sweeps(rounds: int = 3) -> dict[str, list[float]]:
    """Seconds of every round, for each way to make the same table."""
    taken: dict[str, list[float]] = {}

    def measure(name: str, runs: list[dict[str, Any]], n_jobs: int) -> None:
        started = time.perf_counter()
        table = sweep(runs, n_jobs=n_jobs)
        taken.setdefault(name, []).append(time.perf_counter() - started)
        errors.setdefault("val_error", list(table.val_error))
        if list(table.val_error) != errors["val_error"]:
            raise AssertionError(f"{name}: another table")

    errors: dict[str, list[float]] = {}
    for _ in range(rounds):
        measure(SERIAL, RUNS, 1)
        end_processes()
        measure(f"{CORES} at a time, processes started first", RUNS, CORES)
        measure(f"{CORES} at a time, in the processes of the sweep before", RUNS, CORES)
        with TemporaryDirectory() as folder:
            measure("the same, one process killed halfway", with_a_kill(Path(folder) / "killed"), CORES)
    return taken


def table_of_sweeps(rounds: int = 3) -> list[str]:
    """Rows of Markdown: the way, its seconds (median), its share of the serial time of the same round."""
    taken = seconds_of_sweeps(rounds)
    rows = [f"| {len(RUNS)} runs of {sweeps.DEFAULTS['steps']} steps | seconds | times serial |", "|---|---|---|"]
    for name, seconds in taken.items():
        ratios = [one / serial for one, serial in zip(seconds, taken[SERIAL], strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        rows.append(f"| {name} | {statistics.median(seconds):.1f} | {spread} |")
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    print("\n".join(table_of_sweeps(parser.parse_args().rounds)))

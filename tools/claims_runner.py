"""Runs notebooks from fresh kernels with several seeds and counts how often each claim holds: `make claims`."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_CLAIM = re.compile(r"^(?P<verdict>[✓✗]) (?P<sentence>.*?)(?: \| (?P<evidence>\w+=\S.*))?$")
_NUMBER = re.compile(r"(\w+)=(\S+)")


@dataclass
class Tally:
    """How one claim fared: the seeds it failed with, how often it was made, and the range of each number shown."""

    made: int = 0
    failed: list[int] = field(default_factory=list)
    numbers: dict[str, list[float]] = field(default_factory=dict)

    def __str__(self) -> str:
        ranges = []
        for name, values in self.numbers.items():
            low, high = min(values), max(values)
            ranges.append(f"{name} {low:.4g}" + ("" if low == high else f" to {high:.4g}"))
        held = f"{self.made - len(self.failed)}/{self.made}"
        seeds = f"  fails with seed {', '.join(map(str, self.failed))}" if self.failed else ""
        return f"{held}{seeds}  {'; '.join(ranges)}"


def collect(tallies: dict[str, Tally], texts: Iterable[str], seed: int) -> None:
    """Add the claims found in a run's outputs to `tallies`, sentence by sentence.

    Args:
        tallies: changed in place.
        texts: the text/plain of every output, as in `✓ sentence | name=1.5`.
        seed: which seed the run had.
    """
    for text in texts:
        if not (found := _CLAIM.match(text)):
            continue
        tally = tallies.setdefault(found["sentence"], Tally())
        tally.made += 1
        if found["verdict"] == "✗":
            tally.failed.append(seed)
        for name, value in _NUMBER.findall(found["evidence"] or ""):
            try:
                number = float(value)
            except ValueError:  # evidence may be a word
                continue
            tally.numbers.setdefault(name, []).append(number)


def outputs_of(path: Path, seed: int) -> list[str]:
    """Run a notebook in a fresh kernel with `AEUTILS_SEED=seed`; the text/plain of every output.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    import nbformat
    from nbclient import NotebookClient

    os.environ["AEUTILS_SEED"] = str(seed)  # the kernel inherits it
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output["data"]["text/plain"] for output in outputs if "text/plain" in output.get("data", {})]


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each claim; the exit status is 1 if any failed with any seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=5, help="run with the seeds 0 to SEEDS - 1")
    options = parser.parse_args(arguments)
    failures = 0
    for path in options.notebooks:
        tallies: dict[str, Tally] = {}
        for seed in range(options.seeds):
            print(f"{path.name}, seed {seed} …", file=sys.stderr)
            collect(tallies, outputs_of(path, seed), seed)
        print(f"\n{path.name}")
        for sentence, tally in tallies.items():
            failures += bool(tally.failed)
            print(f"  {'✗' if tally.failed else '✓'} {sentence}\n      {tally}")
    print(f"\n{failures} claims failed with some seed" if failures else "\nevery claim held with every seed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

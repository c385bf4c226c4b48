"""Runs notebooks from fresh kernels with several seeds and counts how often each claim holds: `make claims`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbclient.exceptions import CellExecutionError
from notebook_runs import run, side_by_side
from suite import workers

from aeutils.lessons.claims import FAILS, HOLDS, Claim, claims_in


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


def collect(tallies: dict[str, Tally], claims: Iterable[Claim], seed: int) -> None:
    """Add the claims of a run to `tallies`, sentence by sentence.

    Args:
        tallies: changed in place.
        claims: as `claims_in` finds them.
        seed: which seed the run had.
    """
    for claim in claims:
        tally = tallies.setdefault(claim.sentence, Tally())
        tally.made += 1
        if not claim.holds:
            tally.failed.append(seed)
        for name, value in claim.evidence.items():
            if isinstance(value, int | float) and not isinstance(value, bool):  # evidence may be a word
                tally.numbers.setdefault(name, []).append(float(value))


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each claim; the exit status is 1 if any failed with any seed, or a cell raised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds each notebook is run with")
    parser.add_argument("--first", type=int, default=0, help="the first of them; the others follow it")
    parser.add_argument("--jobs", type=int, default=workers(), help="how many run at the same time")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)

    def claims_of(path: Path, seed: int) -> list[Claim]:
        print(f"{path.name}, seed {seed} …", file=sys.stderr)
        try:
            return claims_in(run(path, AEUTILS_SEED=str(seed), OMP_NUM_THREADS="1"))
        except CellExecutionError as error:  # counts against this seed; the others are still worth knowing
            return [Claim(f"Every cell runs ({error.ename}: {error.evalue})", False, {})]

    failures = 0
    with side_by_side(options.jobs) as pool:
        runs = {(path, seed): pool.submit(claims_of, path, seed) for path in options.notebooks for seed in seeds}
        for path in options.notebooks:
            tallies: dict[str, Tally] = {}
            for seed in seeds:
                collect(tallies, runs[path, seed].result(), seed)
            failures += _report(path, tallies)
    print(f"\n{failures} claims failed with some seed" if failures else "\nevery claim held with every seed")
    return 1 if failures else 0


def _report(path: Path, tallies: dict[str, Tally]) -> int:
    print(f"\n{path.name}")
    for sentence, tally in tallies.items():
        print(f"  {FAILS if tally.failed else HOLDS} {sentence}\n      {tally}")
    return sum(bool(tally.failed) for tally in tallies.values())


if __name__ == "__main__":
    sys.exit(main())

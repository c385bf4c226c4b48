"""Runs notebooks with every change that they propose or invite, and says what came of it: `make tries`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from notebook_runs import execute, side_by_side
from suite import workers

from aeutils.lessons.claims import FAILS, Claim, claims_in
from aeutils.lessons.tries import Change, settings_in, tries_in
from aeutils.runtime import reason


@dataclass(frozen=True)
class Outcome:
    """What came of one change: the values measured, the claims, or the error that ended the run."""

    change: Change
    values: Sequence[float] = ()
    claims: Sequence[Claim] = ()  # all of the notebook's
    touched: Sequence[Claim] = ()  # those of the cells that the change reaches
    error: str = ""

    def lines(self) -> list[str]:
        """A line for the change, and below it one for each value, each claim that fails and each suspicious one."""
        lines = [f"{_mark(self.well)} {self.change}"]
        if self.error:
            lines.append(f"   {self.error}")
        for value, (expression, (low, high)) in zip(self.values, self.change.measured.items(), strict=False):
            lines.append(f"   {_mark(low <= value <= high)} {expression} = {value:.4g}, expected {low:g} to {high:g}")
        lines += [f"   {FAILS} {claim.sentence}" for claim in self.claims if not claim.holds]
        return lines + [f"   suspicious: {claim!r}" for claim in self.suspicious]

    @property
    def suspicious(self) -> list[Claim]:
        return [claim for claim in self.touched if self.change.makes_suspicious(claim)]

    @property
    def well(self) -> bool:
        bounds = self.change.measured.values()
        within = all(low <= value <= high for value, (low, high) in zip(self.values, bounds, strict=False))
        return within and not self.error and not self.suspicious


def tried(notebook: nbformat.NotebookNode, change: Change, folder: Path) -> Outcome:
    """Run a notebook with a change in it, in a fresh kernel in `folder`; then measure."""
    changed = change.applied(notebook)
    terms = ", ".join(f"float({expression})" for expression in change.measured)
    changed.cells.append(nbformat.v4.new_code_cell(f"print(__import__('json').dumps([{terms}]))"))
    try:
        execute(changed, folder, AEUTILS_SEED="0", OMP_NUM_THREADS="1")
    except (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    ) as error:  # a cell raised, or took too long, or its kernel died
        said = f"{error.ename}: {error.evalue}" if isinstance(error, CellExecutionError) else reason(error)
        return Outcome(change, error=said)
    touched = [claim for place in sorted(change.reaches(notebook.cells)) for claim in claims_in(changed.cells[place])]
    return Outcome(change, json.loads(changed.cells[-1].outputs[0].text), claims_in(changed), touched)


def main(arguments: list[str] | None = None) -> int:
    """Print what came of each change; the exit status is 1 if anything is amiss.

    That is an error, a value out of its bounds, or a claim that holds although its sentence states the old setting.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--only", default="", metavar="TEXT", help="only changes in which this text occurs")
    parser.add_argument("--jobs", type=int, default=workers(), help="how many run at the same time")
    options = parser.parse_args(arguments)

    amiss = runs = 0
    with side_by_side(options.jobs) as pool:
        waiting = []
        for path in options.notebooks:
            notebook = nbformat.read(path, as_version=4)
            changes = [*tries_in(notebook.cells), *settings_in(notebook.cells)]
            chosen = [change for change in changes if options.only in str(change)]
            waiting.append((path, [pool.submit(tried, notebook, change, path.parent) for change in chosen]))
        for path, outcomes in waiting:
            print(f"\n{path.name}: {len(outcomes)} changes", flush=True)
            for outcome in outcomes:
                print(*outcome.result().lines(), sep="\n", flush=True)
                runs += 1
                amiss += not outcome.result().well
    print(f"\n{amiss} of {runs} changes are amiss" if amiss else f"\n{runs} changes, all well")
    return 1 if amiss else 0


def _mark(well: bool) -> str:
    return "ok   " if well else "AMISS"


if __name__ == "__main__":
    sys.exit(main())

"""Runs every code cell of a notebook twice in a row, and says where that makes a difference: `make twice`."""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from compared import difference, first_line, is_compared, shown
from notebook_runs import execute_as_stored, side_by_side
from suite import workers


def doubled(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy in which every code cell stands twice, but for exercises and cells whose output is ignored."""
    twice = copy.deepcopy(notebook)
    twice.cells = []
    for cell in notebook.cells:
        twice.cells.append(copy.deepcopy(cell))
        if is_compared(cell):
            twice.cells.append(nbformat.v4.new_code_cell(cell.source, metadata=cell.metadata))
    return twice


def differences(plain: nbformat.NotebookNode, twice: nbformat.NotebookNode) -> Iterator[str]:
    """What differs: a cell's second run from its first, or from a run in which nothing was repeated.

    Args:
        plain: a notebook that was run.
        twice: the same one, `doubled` and then run.
    """
    runs = iter(twice.cells)
    for number, cell in enumerate(plain.cells):
        first = next(runs)
        if not is_compared(cell):
            continue
        second = shown(next(runs))
        for other, name in ((shown(first), "first run"), (shown(cell), "run without repeats")):
            if second != other:
                said = f"cell {number}, {first_line(cell)!r}: its second run differs from its {name}"
                yield f"{said}\n{difference(other, second)}"
                break


def main(arguments: list[str] | None = None) -> int:
    """Print each cell that cannot be run twice; the exit status is 1 if there is one.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised, perhaps in its second run.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--jobs", type=int, default=workers(), help="how many run at the same time")
    options = parser.parse_args(arguments)

    found = 0
    with side_by_side(options.jobs) as pool:
        waiting = []
        for path in options.notebooks:
            notebook = nbformat.read(path, as_version=4)
            runs = [pool.submit(execute_as_stored, each, path.parent) for each in (doubled(notebook), notebook)]
            waiting.append((path, runs))
        for path, (twice, plain) in waiting:
            differing = list(differences(plain.result(), twice.result()))
            print(f"{path.name}: {len(differing)} cells differ", *differing, sep="\n", flush=True)
            found += len(differing)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

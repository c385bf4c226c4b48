"""Runs every code cell of a notebook twice in a row, and says where that makes a difference: `make twice`."""

from __future__ import annotations

import argparse
import copy
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from notebook_runs import execute, side_by_side
from suite import workers

from aeutils.lessons.claims import claim_data
from aeutils.stills import VIEW

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+\b")
_NOT_TWICE = {"exercise", "nbval-ignore-output"}


def doubled(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy in which every code cell stands twice, but for exercises and cells whose output is ignored."""
    twice = copy.deepcopy(notebook)
    twice.cells = []
    for cell in notebook.cells:
        twice.cells.append(copy.deepcopy(cell))
        if _is_compared(cell):
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
        if not _is_compared(cell):
            continue
        second = _shown(next(runs))
        for other, name in ((_shown(first), "first run"), (_shown(cell), "run without repeats")):
            if second != other:
                line = next((line for line in cell.source.splitlines() if line.strip()), "")
                yield f"cell {number}, {line!r}: its second run differs from its {name}\n{_difference(other, second)}"
                break


def _is_compared(cell: Mapping[str, Any]) -> bool:
    return cell["cell_type"] == "code" and not _NOT_TWICE & set(cell["metadata"].get("tags", []))


def _shown(cell: Mapping[str, Any]) -> list[str]:
    """What a cell's outputs show, as texts that can be compared; widgets are left out."""
    shown = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        if VIEW not in data:
            shown += [f"{kind}: {_ADDRESS.sub('ADDRESS', str(content))}" for kind, content in sorted(data.items())]
        if (claim := claim_data(output)) is not None:
            shown.append(f"claim: {claim}")
    streams = [output for output in cell["outputs"] if output["output_type"] == "stream"]
    for name in sorted({output["name"] for output in streams}):
        text = "".join(output["text"] for output in streams if output["name"] == name)
        shown += [f"{name}: {_ADDRESS.sub('ADDRESS', line)}" for line in text.splitlines()]
    return shown


def _difference(before: list[str], after: list[str]) -> str:
    """The first thing that differs, in two short lines."""
    length = max(len(before), len(after))
    padded = ([*shown, *["nothing"] * (length - len(shown))] for shown in (before, after))
    one, other = next((one, other) for one, other in zip(*padded, strict=True) if one != other)
    start = max(next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0) - 60, 0)
    kind = one.split(":")[0]
    return "\n".join(f"    {sign} {kind} …{text[start : start + 120]!r}" for sign, text in (("-", one), ("+", other)))


def main(arguments: list[str] | None = None) -> int:
    """Print each cell that cannot be run twice; the exit status is 1 if there is one.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised, perhaps in its second run.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--jobs", type=int, default=workers(), help="how many run at the same time")
    options = parser.parse_args(arguments)

    def ran(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
        return execute(notebook, folder, AEUTILS_SEED="0", OMP_NUM_THREADS="1")

    found = 0
    with side_by_side(options.jobs) as pool:
        waiting = []
        for path in options.notebooks:
            notebook = nbformat.read(path, as_version=4)
            runs = [pool.submit(ran, each, path.parent) for each in (doubled(notebook), notebook)]
            waiting.append((path, runs))
        for path, (twice, plain) in waiting:
            differing = list(differences(plain.result(), twice.result()))
            print(f"{path.name}: {len(differing)} cells differ", *differing, sep="\n", flush=True)
            found += len(differing)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

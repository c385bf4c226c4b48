"""Says what happens where a code cell is skipped: `make skips`.

A skipped cell is harmless where the cells that need it say so. They need its names, which only this cell binds
(tests/notebooks/test_hidden_state.py): a NameError. Whatever else a cell leaves behind would be missed in silence, so
this looks for it in two runs of the notebook, an ordinary one, and one that is watched (tools/cell_effects.py): objects
of other cells and settings of the process that it changes; random numbers drawn before a cell that relies on them.
With `--really` every code cell is left out in a run of its own, for as long as that takes.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from compared import difference, first_line, is_compared, shown
from notebook_runs import execute_as_stored, side_by_side
from suite import workers

TOOLS = Path(__file__).resolve().parent


def watched(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy whose kernel watches what each cell does, and says so in a last cell."""
    made = copy.deepcopy(notebook)
    place = f"import sys; sys.path.insert(0, {str(TOOLS)!r})"
    first = f"{place}\nimport cell_effects\n_effects = cell_effects.watch(get_ipython())"
    made.cells.insert(0, nbformat.v4.new_code_cell(first))
    made.cells.append(nbformat.v4.new_code_cell("print(cell_effects.report(_effects))"))
    return made


def effects(plain: nbformat.NotebookNode, seen: nbformat.NotebookNode) -> Iterator[str]:
    """What cells leave behind beside their names.

    Args:
        plain: a notebook that was run.
        seen: the same one, `watched` and then run.
    """
    code = [cell for cell in plain.cells if cell.cell_type == "code"]
    for number, names in json.loads(seen.cells[-1].outputs[-1].text):
        if number < len(code):
            yield f"code cell {number}, {first_line(code[number])!r}, changes {', '.join(names)}"
    again = [cell for cell in seen.cells[1:-1] if cell.cell_type == "code"]
    for number, (cell, other) in enumerate(zip(code, again, strict=True)):
        if is_compared(cell) and (one := shown(cell)) != (two := shown(other)):
            said = f"code cell {number}, {first_line(cell)!r}, relies on random numbers drawn before it"
            yield f"{said}\n{difference(one, two)}"


def without(notebook: nbformat.NotebookNode, number: int) -> nbformat.NotebookNode:
    """A copy in which a code cell, by its number among these, does nothing, and errors do not end the run."""
    made = copy.deepcopy(notebook)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    code[number].source = ""
    for cell in code:
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]  # nbclient goes on
    return made


def silently(plain: nbformat.NotebookNode, less: nbformat.NotebookNode, number: int) -> Iterator[str]:
    """The cells that show something else without code cell `number`, where neither they nor a cell before raised."""
    pairs = zip(*([c for c in n.cells if c.cell_type == "code"] for n in (plain, less)), strict=True)
    for i, (cell, other) in enumerate(pairs):
        here, less_here = (any(output.output_type == "error" for output in each.outputs) for each in (cell, other))
        if less_here and not here:
            return  # it has been said
        if i != number and is_compared(cell) and (one := shown(cell)) != (two := shown(other)):
            yield f"without code cell {number}, code cell {i}, {first_line(cell)!r}, differs\n{difference(one, two)}"


def main(arguments: list[str] | None = None) -> int:
    """Print what would be missed in silence; the exit status is 1 if there is anything.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised in a run of the whole notebook.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--really", action="store_true", help="leave each cell out in a run of its own")
    parser.add_argument("--jobs", type=int, default=workers(), help="how many run at the same time")
    options = parser.parse_args(arguments)

    total = 0
    with side_by_side(options.jobs) as pool:
        for path in options.notebooks:
            notebook = nbformat.read(path, as_version=4)
            count = sum(cell.cell_type == "code" for cell in notebook.cells)
            plain = pool.submit(execute_as_stored, copy.deepcopy(notebook), path.parent)
            if options.really:
                runs = [
                    pool.submit(execute_as_stored, without(notebook, number), path.parent) for number in range(count)
                ]
                found = [
                    line for number, run in enumerate(runs) for line in silently(plain.result(), run.result(), number)
                ]
            else:
                found = list(
                    effects(plain.result(), pool.submit(execute_as_stored, watched(notebook), path.parent).result())
                )
            print(
                f"{path.name}: {count} code cells, {len(found)} would be missed in silence",
                *found,
                sep="\n",
                flush=True,
            )
            total += len(found)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs notebooks from top to bottom in fresh kernels; as a program it keeps their outputs: `make outputs`."""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import nbformat
from jupyter_settings import KERNELS
from nbclient import NotebookClient
from traitlets.config import Config

from aeutils.stills import VIEW, stands_at_rest


def run(path: Path, **environment: str) -> nbformat.NotebookNode:
    """The notebook with the outputs of a run in a fresh kernel, beside its file; the file is left as it is.

    Args:
        path: the notebook's file.
        **environment: variables for the kernel, beside those that this process has.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    return execute(nbformat.read(path, as_version=4), path.parent, **environment)


def execute(notebook: nbformat.NotebookNode, folder: Path, **environment: str) -> nbformat.NotebookNode:
    """The notebook itself, with the outputs of a run in a fresh kernel in `folder`; otherwise as `run`."""
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources=place,
        config=Config(KERNELS),
    )
    client.execute(env={**os.environ, "AEUTILS_RECORD": "0", **environment})
    return notebook


def execute_as_stored(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """As `execute`, with the seed of the stored outputs, and one thread for each of several that run side by side."""
    return execute(notebook, folder, AEUTILS_SEED="0", OMP_NUM_THREADS="1")


@contextmanager
def side_by_side(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """A pool in which so many notebooks run at the same time; after an error nothing further is started."""
    with ThreadPoolExecutor(jobs) as pool:  # threads do: the work is done in the kernels
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def leave_stills(notebook: nbformat.NotebookNode) -> None:
    """Take the widgets out of the outputs and of the notebook's metadata; what stands at rest before each stays.

    Raises:
        ValueError: nothing stands before one: where nothing runs, its reader would see an error, or not even that.
    """
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for before, output in pairwise([{}, *outputs]):
            if VIEW in output.get("data", {}) and not (stands_at_rest(before) and len(output["data"]) == 1):
                first = cell.source.partition("\n")[0]
                raise ValueError(f"the cell {first!r} shows a widget, and no still; show it with aeutils.stills.show")
        if outputs:
            cell.outputs = [output for output in outputs if VIEW not in output.get("data", {})]


def refresh(path: Path) -> None:
    """Run a notebook at the default settings; keep its outputs in its file, without widgets, and how long it took.

    The time is rounded up to ten seconds, so that the file changes no more often than a reader would notice.
    """
    started = time.perf_counter()
    notebook = run(path, AEUTILS_SEED="0", AEUTILS_DEVICE="cpu", AEUTILS_PROGRESS="0")
    seconds = time.perf_counter() - started
    leave_stills(notebook)
    notebook.metadata.setdefault("aeutils", {})["seconds"] = 10 * math.ceil(seconds / 10)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    for file in parser.parse_args().notebooks:
        print(f"{file.name} …", flush=True)
        refresh(file)

"""The reader's own copies of the notebooks and of the pages beside them, in `work/`, which git ignores.

Each is copied there once, a notebook without outputs: what is predicted is not given away, nothing that a reader does
is in the way of `git pull`, and the stored results stay for reading. A newer edition takes the place of a copy that was
never changed; of any other it is put beside it. Standard library only, so that it is done at once.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "work"
FIRST = "00_start_here.ipynb"  # what opens first, unless another is named
_RECORD = ".editions.json"  # edition: notebook -> hash of the last edition copied; written: file -> its hash then


def bring_up_to_date(root: Path = ROOT, work: Path | None = None) -> list[str]:
    """Copy what is new in `notebooks/` to `work/`, with the drawings; say in lines what a reader should know of it.

    Args:
        root: the checkout.
        work: another folder to copy to, which is called `work` as well: on a shared machine each student has one.

    Raises:
        OSError: the folder cannot be written.
    """
    work = root / FOLDER if work is None else work
    work.mkdir(exist_ok=True)
    _copy_drawings(root / "notebooks" / "drawings", work / "drawings")
    before = _record(work)
    edition, written = dict(before["edition"]), dict(before["written"])
    told = []
    by_hand: set[str] | None = None
    for path in sorted(path for kind in ("*.ipynb", "*.md") for path in (root / "notebooks").glob(kind)):
        try:
            text = path.read_text(encoding="utf-8")
            text = without_outputs(text) if path.suffix == ".ipynb" else text
        except (ValueError, KeyError, TypeError):  # such as the marks of a merge that failed
            told.append(f"notebooks/{path.name} is damaged and was left out; git checkout -- notebooks restores it.")
            continue
        there = work / path.name
        if there.exists() and edition.get(path.name) == _hash(text):
            continue
        if there.exists() and _hash(there.read_bytes()) == _hash(text):
            target = there
        else:
            target = next(file for file in _names(there) if not file.exists() or _unchanged(file, written))
            if target != there:
                told.append(f"{path.name} is out in a new edition: yours stays; the new one is {FOLDER}/{target.name}.")
            elif there.exists():
                told.append(f"{FOLDER}/{path.name}, which you had not changed, is the new edition now.")
            target.write_text(text, encoding="utf-8", newline="\n")
        by_hand = _changed_by_hand(root) if by_hand is None else by_hand
        edition[path.name] = _hash(text)
        # What the reader once wrote into notebooks/ came along with the copy: it may never be replaced.
        written[target.name] = "" if path.name in by_hand else _hash(text)
    if before != {"edition": edition, "written": written}:
        record = json.dumps({"edition": edition, "written": written}, indent=1)
        (work / _RECORD).write_text(record, encoding="utf-8")
    return told


def notebook_named(name: str, folder: Path | None = None) -> str:
    """The file of a notebook that is to open first: `lesson_90` and `lesson_90.ipynb` mean the same.

    Args:
        folder: where it lies; the checkout's `notebooks`, if not given.

    Raises:
        SystemExit: there is none of this name.
    """
    folder = ROOT / "notebooks" if folder is None else folder
    file = name if name.endswith(".ipynb") else f"{name}.ipynb"
    if file != Path(file).name or not (folder / file).is_file():
        raise SystemExit(f"{file} is not in {folder}: name a notebook to begin with, such as {FIRST}")
    return file


def without_outputs(text: str) -> str:
    """A notebook's text as nobody has run it yet.

    Raises:
        ValueError: that is no notebook.
    """
    notebook: dict[str, Any] = json.loads(text)
    notebook["metadata"].pop("widgets", None)
    notebook["metadata"].get("aeutils", {}).pop("seconds", None)  # it varies, and makes no new edition
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _names(there: Path) -> Iterator[Path]:
    """Where an edition may go: the copy's own name, then names beside it."""
    yield there
    yield there.with_stem(f"{there.stem}_new_edition")
    yield from (there.with_stem(f"{there.stem}_new_edition_{number}") for number in count(2))


def _unchanged(file: Path, written: dict[str, str]) -> bool:
    return _hash(file.read_bytes()) == written.get(file.name)


def _hash(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _record(work: Path) -> dict[str, dict[str, str]]:
    """What was copied so far; nothing, if that is not known: then every copy counts as changed."""
    try:
        found = json.loads((work / _RECORD).read_text(encoding="utf-8"))
        return {"edition": dict(found["edition"]), "written": dict(found["written"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"edition": {}, "written": {}}


def _changed_by_hand(root: Path) -> set[str]:
    """The notebooks in `notebooks/` that somebody changed there; none where git cannot tell."""
    command = ["git", "diff", "--name-only", "HEAD", "--", "notebooks"]
    try:
        found = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return set()
    return {Path(line).name for line in found.stdout.splitlines()}


def _copy_drawings(source: Path, target: Path) -> None:
    """Bring copies of the drawings up to date: a link would need rights on Windows."""
    for file in source.glob("*.svg"):
        copy = target / file.name
        if not copy.exists() or copy.read_bytes() != file.read_bytes():
            target.mkdir(exist_ok=True)
            shutil.copyfile(file, copy)

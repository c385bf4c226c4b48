"""What a learner has done, in one file of their own: exercises solved, claims seen. It never leaves the machine.

Written only where somebody works: in a notebook's kernel, and not where `AEUTILS_RECORD` says otherwise, as it does in
tests and in all commands but `make lab` (tools/isolated.py). SQLite sees to it that a change is written whole or not at
all, however many kernels write at once. A lesson never fails because of this: what cannot be written is not kept.
"""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from aeutils import runtime

_TABLES = (
    "CREATE TABLE IF NOT EXISTS solved (exercise TEXT PRIMARY KEY, day TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS seen (notebook TEXT, sentence TEXT, holds INT, PRIMARY KEY (notebook, sentence))",
    "CREATE TABLE IF NOT EXISTS nobody (id TEXT NOT NULL)",
)
# The file may be well: somebody else writes, or the disk is full or read-only. Everything else means damage.
_NOT_DAMAGED = {
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN),
    *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH),
}
_PATIENCE = 5.0  # seconds to wait while another kernel writes
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Record:
    """What the file says.

    Attributes:
        solved: number of an exercise -> the day on which it was first solved, such as "2026-11-26".
        seen: notebook ("01", "cookbook", or empty where that is not known) and sentence of a claim -> whether it held
            when it was last seen.
    """

    solved: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[tuple[str, str], bool] = field(default_factory=dict)


def enabled() -> bool:
    """Whether anything is written here: in a notebook's kernel, unless `AEUTILS_RECORD` is set to something but 1."""
    shell = runtime.running_shell()
    return (
        os.environ.get("AEUTILS_RECORD", "").strip() in ("", "1")
        and shell is not None
        and "IPKernelApp" in shell.config
    )


def file() -> Path:
    """Where it lies: in the user's own folder for the data of programs.

    Raises:
        RuntimeError: there is no home folder.
    """
    from platformdirs import user_data_path

    return user_data_path("aeutils", appauthor=False) / "progress.sqlite3"


def solved(number: str) -> None:
    """Note that an exercise was solved; the first time counts."""
    if enabled():
        values = (number, date.today().isoformat())
        _in_file(lambda db: db.execute("INSERT OR IGNORE INTO solved VALUES (?, ?)", values), None)


def seen(sentence: str, holds: bool) -> None:
    """Note that a claim was seen in the notebook that runs; the last time counts."""
    if enabled():
        values = (_notebook(), sentence, holds)
        _in_file(lambda db: db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", values), None)


def read() -> Record:
    """All that has been noted; nothing, where there is no file."""
    with suppress(OSError, RuntimeError):
        if file().exists():
            return _in_file(_all, Record())
    return Record()


def forget() -> bool:
    """Delete the file, and what was set aside as damaged. Returns whether there was one.

    Raises:
        OSError: it is there and cannot be deleted.
    """
    path = file()
    there = [each for each in path.parent.glob(f"{path.name}*") if each.is_file()]
    for each in there:
        each.unlink(missing_ok=True)
    return bool(there)


def nobody() -> str:
    """A random name for whoever learns here, always the same; empty where nothing can be kept."""

    def name(db: sqlite3.Connection) -> str:
        db.execute("INSERT INTO nobody SELECT ? WHERE NOT EXISTS (SELECT * FROM nobody)", (uuid.uuid4().hex[:12],))
        return str(db.execute("SELECT id FROM nobody").fetchone()[0])

    return _in_file(name, "") if enabled() else ""


def _all(db: sqlite3.Connection) -> Record:
    claims = db.execute("SELECT notebook, sentence, holds FROM seen").fetchall()
    return Record(
        dict(db.execute("SELECT exercise, day FROM solved").fetchall()),
        {(notebook, sentence): bool(holds) for notebook, sentence, holds in claims},
    )


def _in_file(work: Callable[[sqlite3.Connection], _Result], otherwise: _Result) -> _Result:
    """What `work` returns, done in one transaction; `otherwise`, where the file cannot be used.

    A damaged file is set aside, and a new one begun.
    """
    for _ in range(2):
        try:
            path = file()
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path, timeout=_PATIENCE)) as db, db:
                db.execute("BEGIN IMMEDIATE")
                for table in _TABLES:
                    db.execute(table)
                return work(db)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_DAMAGED:
                return otherwise
            with suppress(OSError):
                os.replace(path, path.with_name(f"{path.name}.damaged"))
        except (OSError, RuntimeError):
            return otherwise
    return otherwise


def _notebook() -> str:
    """The number of the notebook that runs, from the exercises that it has imported; else its file's name."""
    shell = runtime.running_shell()
    chapter = getattr(shell.user_ns.get("check"), "__name__", "").split(".")
    if chapter[:2] == ["aeutils", "chapters"]:
        return chapter[2].removeprefix("ch")
    return Path(os.environ.get("JPY_SESSION_NAME", "")).stem

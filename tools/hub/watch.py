"""Limits the memory of a student's processes together, where no systemd does it: a service of the hub, as root.

    python tools/hub/watch.py 3G student01 student02

Each second it adds up what each student's processes have of their own (not what they share, such as PyTorch's code).
Beyond the limit it ends the largest that is not the student's server: a notebook's kernel, which the server then starts
afresh. One process alone is limited before that, by RLIMIT_DATA (docs/hub/jupyterhub_config.py). Standard library only.
"""

from __future__ import annotations

import os
import pwd
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

EVERY = 1.0  # seconds
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}  # as JupyterHub reads them


class Process(NamedTuple):
    """A process, the memory that is its own (bytes), and the process that it belongs to."""

    pid: int
    own: int
    parent: int


def size(text: str) -> int:
    """Bytes of "3G" or "800M".

    Raises:
        ValueError: that is no size.
    """
    number, unit = (text[:-1], _UNITS[text[-1]]) if text[-1:] in _UNITS else (text, 1)
    return int(float(number) * unit)


def processes(users: Iterable[int]) -> dict[int, list[Process]]:
    """The processes of these users, by user id."""
    wanted, found = set(users), defaultdict(list)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            user = folder.stat().st_uid
            if user in wanted:
                status = (folder / "status").read_text(encoding="utf-8", errors="replace")
                lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
                kilobytes = sum(int(lines[name].split()[0]) for name in ("RssAnon", "RssShmem") if name in lines)
                found[user].append(Process(int(folder.name), 1024 * kilobytes, int(lines["PPid"])))
        except (OSError, ValueError):  # it has ended meanwhile
            continue
    return found


def too_large(of_a_student: list[Process], limit: int, hub: int) -> Process | None:
    """Which of a student's processes has to end; None, if all is well.

    The server, which the hub has started, stays if it can.
    """
    if sum(process.own for process in of_a_student) <= limit:
        return None
    candidates = [process for process in of_a_student if process.parent != hub or process.own > limit]
    return max(candidates, key=lambda process: process.own, default=None)


def main(arguments: list[str]) -> None:
    limit, names = size(arguments[0]), {pwd.getpwnam(name).pw_uid: name for name in arguments[1:]}
    hub = os.getppid()
    while True:
        for user, of_a_student in processes(names).items():
            if process := too_large(of_a_student, limit, hub):
                together = sum(each.own for each in of_a_student)
                print(f"{names[user]}: {together / 2**30:.1f} GB, limit {arguments[0]}: ends {process.pid}", flush=True)
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
        time.sleep(EVERY)


if __name__ == "__main__":
    main(sys.argv[1:])

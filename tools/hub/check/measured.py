"""What is measured from outside: ports, processor time, and the memory of each part of a hub."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from hub.watch import processes as by_user

# In the command of a process, a student's server, and what runs this.
SERVER, CHECK = "class_hub.py server", "class_hub.py check"


def listening(user: int) -> set[int]:
    """The ports on which a user's processes listen."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            place, state, owner = (line.split()[index] for index in (1, 3, 7))
            if state == "0A" and int(owner) == user:
                found.add(int(place.split(":")[1], 16))
    return found


def seconds_of(pid: int) -> float:
    """Processor time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """A process's memory in MB: resident (`Rss`), its share of it (`Pss`), its own (`own`)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = {name: int(value) / 1024 for name, value in re.findall(r"^(Rss|Pss|Pss_Anon): +(\d+) kB", text, re.M)}
    return {"Rss": found["Rss"], "Pss": found["Pss"], "own": found["Pss_Anon"]}


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def of_students(users: Iterable[int]) -> dict[str, list[dict[str, float]]]:
    """The memory and the processor time of all servers and of all kernels."""
    found: dict[str, list[dict[str, float]]] = {"server": [], "kernel": []}
    for processes in by_user(users).values():
        for process in processes:
            command = command_of(process.pid)
            kind = "kernel" if "ipykernel" in command else "server" if SERVER in command else ""
            if kind:
                found[kind].append(memory(process.pid) | {"seconds": seconds_of(process.pid)})
    return found


def of_root() -> dict[str, float]:
    """The memory, in MB of its share, of each part of the hub."""
    parts = {
        "hub": "-m jupyterhub ",
        "proxy": "configurable-http-proxy",
        "idle culler": "jupyterhub_idle_culler",
        "memory watch": "hub/watch.py",
    }
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            command = command_of(int(folder.name))
            for name, mark in parts.items():
                if mark in command and CHECK not in command:
                    found[name] = memory(int(folder.name))["Pss"]
    return found

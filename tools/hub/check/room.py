"""A room of its own, by namespaces (files, processes, network), in which a hub is started as `make hub` does."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from hub.accounts import ROOT, closed, read_slips

PORT = 8000
ADDRESS = f"http://127.0.0.1:{PORT}"
FOLDER = Path("/srv/autoencoders")
LOG = Path("/srv/hub.log")


def enter_room(arguments: list[str]) -> int:
    """Run this program again where its accounts, processes and ports are nobody else's; its exit status."""
    room = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return subprocess.run([*room, sys.executable, *sys.argv[:2], "--inside", *arguments]).returncode


def furnish_room() -> None:
    """Accounts that are copies, an empty /srv, a network of one, and a Python that students may run."""
    mount("tmpfs", Path("/srv"), "tmpfs", "mode=755")
    shutil.copytree("/etc", "/srv/etc", symlinks=True)
    mount("/srv/etc", Path("/etc"))
    open_ways([ROOT, Path(sys.prefix), Path(sys.base_prefix)])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def open_ways(paths: list[Path]) -> None:
    """Where a folder on the way to these is closed to others, put one in its place that holds nothing but the ways."""
    while shut := next(filter(None, (closed(path / "any") for path in paths)), None):
        behind = Path("/srv/behind")
        behind.mkdir(exist_ok=True)
        mount(str(shut), behind)
        mount("tmpfs", shut, "tmpfs", "mode=711")
        for path in paths:
            if shut in path.parents:
                path.mkdir(parents=True, exist_ok=True)
                mount(str(behind / path.relative_to(shut)), path)
        subprocess.run(["umount", str(behind)], check=True)


def mount(what: str, where: Path, kind: str = "", options: str = "") -> None:
    how = ["-t", kind, "-o", options] if kind else ["--bind"]
    subprocess.run(["mount", *how, what, str(where)], check=True)


@contextmanager
def running_hub(students: int, *options: str) -> Iterator[dict[str, str]]:
    """`make hub` for so many; name -> password, once it answers.

    Raises:
        SystemExit: it ended.
    """
    tools = ROOT / "tools"
    command = [sys.executable, "-I", str(tools / "isolated.py"), str(tools / "class_hub.py"), "start", "--votes"]
    command += ["--students", str(students)]
    command += ["--listen", "127.0.0.1", "--port", str(PORT), "--address", ADDRESS, "--folder", str(FOLDER), *options]
    with LOG.open("w") as log:
        started = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        until(lambda: started.poll() is not None or answers(), 120)
        if started.poll() is not None:
            raise SystemExit(LOG.read_text(encoding="utf-8"))
        yield read_slips(FOLDER / "slips.txt")
    finally:
        started.terminate()
        started.wait()


def answers() -> bool:
    try:
        return requests.get(f"{ADDRESS}/hub/api/", timeout=10).ok
    except requests.RequestException:
        return False


def until(there: Callable[[], Any], patience: float) -> Any:
    """Wait for it; what it was at last."""
    end = time.monotonic() + patience
    while not (found := there()) and time.monotonic() < end:
        time.sleep(0.25)
    return found

"""One server for a class, on Linux, as root: `make hub STUDENTS=30`. docs/hub/index.md says all about it.

Makes an account for each student and one for the teacher, with slips of names and passwords, and starts JupyterHub with
docs/hub/jupyterhub_config.py. Run again, it goes on with the accounts and the work that are there; more students get
accounts and slips of their own.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import npm_packages
import reader_copies

from hub.accounts import ROOT, accounts, make_votes_folder, show_fonts, trouble, without_password, write_slips
from hub.watch import size

CONFIG = ROOT / "docs" / "hub" / "jupyterhub_config.py"
NUMBERS = ROOT / "docs" / "hub" / "numbers.toml"
PROXY = npm_packages.MODULES / "configurable-http-proxy" / "bin" / "configurable-http-proxy"


def numbers() -> dict[str, dict[str, Any]]:
    """What numbers.toml says."""
    return tomllib.loads(NUMBERS.read_text(encoding="utf-8"))


def missing() -> str:
    """What this machine lacks to run a hub, in one line; empty if nothing."""
    if sys.platform != "linux":
        return "A hub needs a Linux server: each student is an account of the machine."
    if os.getuid() != 0:
        return "A hub is started by root, who alone may make accounts and run each student's server as that student."
    if len(Path("/proc/self/uid_map").read_text(encoding="utf-8").splitlines()) == 1 and not _may_be("65534"):
        return "Here root may not become another user (a container without rights), so students cannot be kept apart."
    for package in ("jupyterhub", "jupyterhub_idle_culler"):
        if importlib.util.find_spec(package) is None:
            return (
                f"{package} is not installed: pip install -c constraints.txt -e '.[hub]' into .venv, as make hub does."
            )
    if shutil.which("node") is None:
        return "JupyterHub's proxy needs Node 20 or newer; on Debian and Ubuntu: apt-get install nodejs npm."
    if lacking := [each for each in ("useradd", "chpasswd") if shutil.which(each) is None]:
        return f"{' and '.join(lacking)} not found; on Debian and Ubuntu: apt-get install passwd."
    return ""


def _may_be(user: str) -> bool:
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import os; os.setgroups([]); os.setuid({user})"], stderr=subprocess.DEVNULL
    )
    return done.returncode == 0


def proxy() -> list[str]:
    """The command of JupyterHub's proxy, which is fetched first where it is not there yet."""
    npm_packages.fetch("configurable-http-proxy@5", PROXY, "JupyterHub's proxy comes from npm")
    return [shutil.which("node") or "node", str(PROXY)]


def systemd() -> bool:
    """Whether systemd runs this machine, and limits can be left to it."""
    return Path("/run/systemd/system").is_dir() and importlib.util.find_spec("systemdspawner") is not None


def advice(students: int, plan: Mapping[str, Any]) -> list[str]:
    """What this machine is too small for, in lines."""
    lines = []
    needed, there = students * size(str(plan["memory"])), _memory()
    if needed > there:
        lines.append(
            f"Memory: {students} students at work need about {needed / 2**30:.0f} GB, {there / 2**30:.0f} GB are free: "
            f"enough for about {there // size(str(plan['memory']))} at the same time."
        )
    if (cores := students * float(plan["cores"])) > (here := len(os.sched_getaffinity(0))):
        lines.append(
            f"Cores: {cores:.0f} are wanted, {here} are here: cells that train will take longer than they say."
        )
    return lines


def _memory() -> int:
    found = re.search(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(encoding="utf-8"), re.MULTILINE)
    return 1024 * int(found[1]) if found else 0


def own_address() -> str:
    """This machine's address in its network, as far as it can be told; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody uses."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def settings(options: argparse.Namespace, proxy_command: Sequence[str], with_systemd: bool) -> dict[str, Any]:
    """What docs/hub/jupyterhub_config.py reads: the numbers, those who take part, how the hub is reached."""
    made: dict[str, Any] = numbers()
    made["limit"]["memory"] = options.memory or made["limit"]["memory"]
    for name, seconds in (("kernel", options.idle_kernel), ("server", options.idle_server)):
        made["idle"][name] = seconds or made["idle"][name]
    made["idle"]["look"] = min(made["idle"].values())
    environment = {"AEUTILS_DEVICE": os.environ.get("AEUTILS_DEVICE", "cpu"), "AEUTILS_FIRST": options.first}
    environment |= {"AEUTILS_COURSE": str(options.edition.resolve())} if options.edition else {}
    environment |= {"AEUTILS_VOTES": str(options.folder.resolve() / "votes")} if options.votes else {}
    return made | {
        "students": [f"{options.prefix}{number:02}" for number in range(1, options.students + 1)],
        "teacher": options.teacher,
        "address": f"{'https' if options.certificate else 'http'}://{options.listen}:{options.port}",
        "certificate": str(options.certificate.resolve()) if options.certificate else "",
        "key": str(options.key.resolve()) if options.key else "",
        "ports": free_ports(2),
        "proxy": list(proxy_command),
        "environment": environment,
        "systemd": with_systemd,
    }


def prepare(options: argparse.Namespace) -> list[str]:
    """Accounts, slips and the class's settings; what the teacher is told.

    Raises:
        SystemExit: something is missing; it is said in one line.
    """
    if lacking := missing():
        raise SystemExit(lacking)
    options.first = reader_copies.notebook_named(options.first, (options.edition or ROOT) / "notebooks")
    made = settings(options, proxy(), systemd() and not options.plain)
    folder, everybody = options.folder.resolve(), [*made["students"], options.teacher]
    accounts(folder, everybody)
    show_fonts()
    if reason := trouble(everybody[0]):
        raise SystemExit(reason)
    address = options.address or made["address"].replace("://:", f"://{own_address()}:")
    slips = folder / "slips.txt"
    if renewed := everybody if options.renew else without_password(everybody):
        write_slips(slips, address, renewed)
    if options.votes:
        make_votes_folder(folder / "votes", options.teacher)
    (folder / "hub" / "class.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    told = [*advice(len(made["students"]), made["plan"]), f"Students open {address}"]
    if slips.exists():
        told.append(f"Slips with names and passwords: {slips} (for root's eyes; print it, cut it, delete it)")
    else:
        told.append("All have their slips already; HUB=--renew makes others.")
    if not options.certificate and options.listen not in ("127.0.0.1", "localhost"):
        told.append("Without a certificate passwords cross the network as they are: docs/hub/index.md, Encryption.")
    kind = "systemd" if made["systemd"] else "limits of each process, and a watch over their sum"
    return [*told, f"At most {made['limit']['memory']} of memory for each student, by {kind}."]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--fetch", action="store_true", help="only fetch what is needed from the network")
    made.add_argument("--students", type=int, default=30)
    made.add_argument(
        "--folder", type=Path, default=Path("/srv/autoencoders"), help="homes, slips, the hub's own files"
    )
    made.add_argument("--prefix", default="student", help="what their names begin with")
    made.add_argument("--teacher", default="teacher", help="the name of the teacher's account")
    made.add_argument("--listen", default="", help="an address of this machine; all of them, if not given")
    made.add_argument("--port", type=int, default=8000)
    made.add_argument(
        "--address", default="", help="what students type, where that is another: https://hub.example.org"
    )
    made.add_argument("--certificate", type=Path, help="for https, with --key")
    made.add_argument("--key", type=Path)
    made.add_argument("--first", default=reader_copies.FIRST, help="the notebook to begin with: lesson_90")
    made.add_argument("--edition", type=Path, help="a folder of make student, for notebooks without solutions")
    made.add_argument("--votes", action="store_true", help="collect what is chosen at predictions")
    made.add_argument("--renew", action="store_true", help="new passwords and slips for all")
    made.add_argument("--plain", action="store_true", help="plain processes also where systemd runs")
    made.add_argument("--memory", default="", help="of one student at most, such as 4G (docs/hub/numbers.toml)")
    made.add_argument("--idle-kernel", type=int, help="seconds after which an idle kernel is stopped")
    made.add_argument("--idle-server", type=int, help="seconds after which an idle server is stopped")
    return made


def main(arguments: list[str]) -> None:
    options = parser().parse_args(arguments)
    if options.fetch:
        proxy()
        return
    if not 1 <= options.students <= 999:
        raise SystemExit(f"STUDENTS={options.students}: expected 1 to 999")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,20}", options.prefix):
        raise SystemExit(f"--prefix {options.prefix}: expected small letters and digits, as in the name of an account")
    if bool(options.certificate) != bool(options.key):
        raise SystemExit("--certificate and --key belong together: https needs both")
    print(*prepare(options), sep="\n", flush=True)
    os.chdir(options.folder / "hub")
    command = [sys.executable, "-I", "-m", "jupyterhub", "--config", str(CONFIG)]
    os.execve(command[0], command, {**os.environ, "AEUTILS_HUB": str(options.folder.resolve())})

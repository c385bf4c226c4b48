r"""Sets up the course from an offline kit, then opens the notebooks: `start.bat` and its like run this.

    .\start.bat                 into the folder `ae` of your home folder; once that is done it only opens the notebooks
    .\start.bat D:/lessons/ae   into another folder
    .\start.bat --edition full  the notebooks with solutions and results, where the kit has the student's edition
    .\start.bat --check         compares every file of the kit with SHA256SUMS

All other options are JupyterLab's.

The kit may lie on a stick: it is only read, and not needed any more afterwards. No network, no administrator, nothing
to activate. Standard library only, and to be read by old Pythons too, which are then told what is needed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

KIT = Path(os.path.abspath(__file__)).parents[3]  # not resolved: a drive of Windows stays a drive
SUMS = "SHA256SUMS"
COLLECTION = "collection"  # the folder of the repository's files
STUDENT = "student"  # the folder of what the student's edition has in their place: the notebooks
EDITIONS = ("student", "full")
INSTALLED = ".from-kit"  # in `.venv`: the list of what was installed
RECORD = ".offline-kit"  # in the folder that is set up: the edition and the sums of what was copied there
WINDOWS_PATH = 259  # the longest path on Windows, unless long paths were allowed
_LAB = '#!/bin/sh\ncd "$(dirname "$0")" && exec .venv/bin/python -I tools/isolated.py tools/lab.py --first FIRST "$@"\n'
_LAB_BAT = (
    '@echo off\r\ncd /d "%~dp0"\r\n.venv\\Scripts\\python -I tools\\isolated.py tools\\lab.py --first FIRST %*\r\n'
)
# What opens the notebooks on another day, for each system: name -> text.
START = {"windows": ("start.bat", _LAB_BAT), "macos": ("start.command", _LAB), "linux": ("start.sh", _LAB)}


def this_system() -> str:
    """What a kit calls the system that this Python was made for; "" where there is no kit for it."""
    machine = platform.machine()
    if sys.platform == "win32" and sysconfig.get_platform() == "win-amd64":
        return "windows"
    if sys.platform == "darwin" and machine == "arm64":
        return "macos"
    return "linux" if sys.platform == "linux" and machine == "x86_64" and sys.maxsize > 2**32 else ""


def this_python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def unfit(kit: dict) -> str:
    """Why this Python cannot use the kit, in one line; "" if it can."""
    system = this_system()
    if system not in kit["systems"]:
        here = sysconfig.get_platform() + (f" on {platform.machine()}" if sys.platform == "darwin" else "")
        return (
            f"This kit has packages for {', '.join(kit['systems'].values())}, and this Python is made for {here}. "
            "Reading needs no Python: open site/index.html."
        )
    if this_python() not in kit["pythons"]:
        return f"This kit has packages for Python {' and '.join(kit['pythons'])}, and this is Python {this_python()}."
    return ""


def damaged(kit: Path, begins: tuple = ("",)) -> list:
    """The files that are not what SHA256SUMS says or not there, of those whose names begin so."""
    found = []
    for line in (kit / SUMS).read_text(encoding="utf-8").splitlines():
        wanted, name = line.split("  ", 1)
        if name.startswith(begins) and digest(kit / name) != wanted:
            found.append(name)
    return found


def digest(path: Path) -> str:
    """A file's sum; "" if it cannot be read."""
    found = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                found.update(block)
    except OSError:
        return ""
    return found.hexdigest()


def sums(kit: Path, edition: str) -> dict:
    """What an edition copies from the kit, with its sums: path within the collection -> [path within the kit, sum]."""
    lines = [line.split("  ", 1) for line in (kit / SUMS).read_text(encoding="utf-8").splitlines()]
    found = {}
    for folder in (COLLECTION, STUDENT)[: 2 if edition == "student" else 1]:
        begins = folder + "/"
        found.update({name[len(begins) :]: [name, said] for said, name in lines if name.startswith(begins)})
    return found


def as_recorded(edition: str, found: dict) -> dict:
    """What is noted of an edition's sums once all of it was copied."""
    return {"edition": edition, "files": {name: wanted for name, (_, wanted) in found.items()}}


def copied(target: Path) -> dict:
    """What was copied there so far: {"edition": …, "files": {path: sum}}."""
    try:
        return json.loads((target / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"edition": "", "files": {}}


def hindrance(target: Path, kit: dict, system: str) -> str:
    """Why the course cannot be set up in this folder, in one line; "" if it can."""
    example = r".\start.bat C:/ae" if system == "windows" else "sh start.sh ~/course"
    again = f"name another folder, for example: {example}"
    if system == "windows":
        room = {target: WINDOWS_PATH - 1 - kit["longest"]["installed"], KIT: WINDOWS_PATH - 1 - kit["longest"]["kit"]}
        for folder, most in room.items():
            if len(str(folder)) > most:
                what = again if folder == target else "move the kit to a shorter one, such as C:/kit"
                return f"The path {folder} has {len(str(folder))} characters, at most {most} are possible here: {what}"
    if target.exists() and not target.is_dir():
        return f"{target} is a file: {again}"
    if target.exists() and any(target.iterdir()) and not (target / RECORD).exists():
        return f"{target} holds something else than this course set up from a kit, and is left as it is: {again}"
    there = next(folder for folder in (target, *target.parents) if folder.exists())
    free, needed = shutil.disk_usage(there).free, kit["installed"][system]
    if free < needed and not (target / ".venv").exists():
        return f"{there} has {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB are needed: make room, or {again}"
    return ""


def copy_collection(kit: Path, target: Path, edition: str) -> list:
    """Bring the repository's files to the target; say in lines what somebody had changed there and is kept aside."""
    record, new = target / RECORD, sums(kit, edition)
    target.mkdir(parents=True, exist_ok=True)
    old = copied(target).get("files", {})
    record.touch()  # from here on the folder is known as ours
    told = []
    for name, (source, wanted) in new.items():
        path = target / name
        there = digest(path)
        if there == wanted:
            continue
        if name in old and there not in ("", old[name]):
            aside = path.with_name(path.stem + "_yours" + path.suffix)
            os.replace(path, aside)
            told.append(f"You had changed {name}; yours is {aside.name} beside it now.")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kit / source, path)
    record.write_text(json.dumps(as_recorded(edition, new)), encoding="utf-8")
    return told


def ready(kit: Path, target: Path, edition: str) -> bool:
    """Whether the folder was set up, to the end, from this very kit, with this edition."""
    return installed(kit, target) and copied(target) == as_recorded(edition, sums(kit, edition))


def installed(kit: Path, target: Path) -> bool:
    """Whether the packages that the kit lists are installed there, for a folder that still has this name."""
    try:
        stamp = (target / ".venv" / ".ready").read_text(encoding="utf-8").strip()
        return stamp == str(target) and listed(kit).read_bytes() == (target / ".venv" / INSTALLED).read_bytes()
    except OSError:
        return False


def listed(kit: Path) -> Path:
    """The list of packages for this system and this Python."""
    return kit / "wheels" / f"{this_system()}-{this_python()}.txt"


def set_up(kit: Path, target: Path, system: str, edition: str, first: str) -> None:
    """Bring the collection there, and where its packages are not installed yet, install them from the kit alone.

    Args:
        edition: "student", the notebooks without solutions and results, or "full".
        first: the file of the notebook to begin with.

    Raises:
        SystemExit: in one line, what went wrong.
    """
    print(f"Bringing the course to {target}. First a look whether this copy of the kit is whole.", flush=True)
    wrong = damaged(kit, (COLLECTION + "/", STUDENT + "/", "wheels/any/", f"wheels/{system}"))
    if wrong:
        raise SystemExit(
            f"The kit is damaged, in {len(wrong)} of its files: {', '.join(wrong[:5])}. Copy the kit again."
        )
    for line in copy_collection(kit, target, edition):
        print(line)
    if not installed(kit, target):
        install(kit, target, system)
    name, text = START[system]
    (target / name).write_bytes(text.replace("FIRST", first).encode())
    os.chmod(str(target / name), 0o755)


def install(kit: Path, target: Path, system: str) -> None:
    """Make `.venv` afresh, with the packages from the kit's wheels and from nowhere else."""
    shutil.rmtree(str(target / ".venv"), ignore_errors=True)
    # No pip yet: Debian's Python has none to give, and so everybody works with the kit's.
    run(target, sys.executable, "-I", "-m", "venv", "--without-pip", ".venv")
    python = str(python_of(target))
    wheels = [kit / "wheels" / "any", kit / "wheels" / system]
    pip = max(wheels[0].glob("pip-*.whl"))
    options = ["install", "--no-index", "--disable-pip-version-check", "--no-warn-script-location"]
    options += [part for folder in wheels for part in ("--find-links", str(folder))]
    run(target, python, "-I", str(pip / "pip"), *options, "--no-compile", "pip")
    print("Installing the packages, once. It takes some minutes and no network; PyTorch takes longest.", flush=True)
    run(target, python, "-I", "-m", "pip", *options, "-r", str(listed(kit)), shown=True)
    run(target, python, "-I", "-m", "pip", *options, "--no-deps", "-e", ".")
    run(target, python, "-I", "tools/isolated.py", "tools/jupyter_settings.py")
    shutil.copyfile(str(listed(kit)), str(target / ".venv" / INSTALLED))
    (target / ".venv" / ".ready").write_text(f"{target}\n", encoding="utf-8")  # make, too, takes it as set up


def python_of(target: Path) -> Path:
    """The Python that was set up there."""
    return target / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(target: Path, *command: str, shown: bool = False) -> None:
    """Run a command in the folder, without the user's settings for Python and pip.

    Args:
        shown: whether what it says is shown at once; otherwise only where it fails.

    Raises:
        SystemExit: it failed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    said = None if shown else subprocess.PIPE
    done = subprocess.run(
        command, cwd=str(target), env={**kept, "PIP_CONFIG_FILE": os.devnull}, stdout=said, stderr=subprocess.STDOUT
    )
    if done.returncode:
        print((done.stdout or b"").decode(errors="replace"), end="")
        raise SystemExit("Set-up stopped: see above. The next start begins anew.")


def main(arguments: list) -> int:
    """Set up where that has not been done, and open the notebooks; 1 where the kit or this Python will not do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="where to set up")
    parser.add_argument("--check", action="store_true", help="only compare the kit's files with their sums")
    parser.add_argument(
        "--edition", choices=EDITIONS, help="student: no solutions and results; full: as they are stored"
    )
    parser.add_argument("--no-open", action="store_true", help="only set up")
    parser.add_argument("--fits", action="store_true", help="only say, by the exit status, whether this Python will do")
    options, for_lab = parser.parse_known_args(arguments)
    if not (KIT / "kit.json").exists():
        print(f"{KIT} is no offline kit; `make offline-kit` makes one, and its start scripts run this.")
        return 1
    kit = json.loads((KIT / "kit.json").read_text(encoding="utf-8"))
    if options.check:
        wrong = damaged(KIT)
        for name in wrong:
            print(f"{name}: not what it was, or not there")
        print("Copy the kit again." if wrong else "All files of the kit are as they were made.")
        return int(bool(wrong))
    target = Path(options.folder or Path.home() / "ae").expanduser()
    target = Path(os.path.abspath(str(target)) if os.name == "nt" else target.resolve())
    offered, before = (kit["edition"], "full"), copied(target).get("edition")
    edition = options.edition or (before if before in offered else kit["edition"])
    if edition not in offered:
        print("This kit was made without the student's edition.")
        return 1
    there = options.fits or ready(KIT, target, edition)
    problem = unfit(kit) or ("" if there else hindrance(target, kit, this_system()))
    if problem:
        print(problem)
        return 1
    if options.fits:
        return 0
    if not there:
        set_up(KIT, target, this_system(), edition, kit["first"])
    print(f"Ready in {target}; to open it on another day: {START[this_system()][0]} in that folder.", flush=True)
    if options.no_open:
        return 0
    lab = [str(python_of(target)), "-I", "tools/isolated.py", "tools/lab.py", "--first", kit["first"], *for_lab]
    return subprocess.run(lab, cwd=str(target)).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A class's accounts on the machine that serves it: homes that nobody else may enter, slips with passwords."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_NO_SHELL = "/usr/sbin/nologin"  # the password opens the hub and nothing else
_SYLLABLES = [a + b for a in "bdfghkmnprstvz" for b in "aeiou"]  # read aloud and typed without a doubt


def accounts(folder: Path, names: Sequence[str]) -> None:
    """Make the accounts that are not there yet, each with a home that nobody else may enter.

    Raises:
        SystemExit: a name is an account of this machine for something else.
    """
    students = folder / "students"
    for each, mode in ((folder, 0o711), (students, 0o711), (folder / "hub", 0o700)):
        each.mkdir(parents=True, exist_ok=True)
        each.chmod(mode)
    there = {account.pw_name: Path(account.pw_dir) for account in pwd.getpwall()}
    if taken := next((name for name in names if there.get(name, students / name) != students / name), None):
        raise SystemExit(f"{taken} is an account already; choose other names: HUB='--prefix ae --teacher ae-teacher'")
    for name in names:
        home = students / name
        if name not in there:
            command = ["useradd", "--create-home", "--home-dir", str(home), "--shell", _NO_SHELL, "--user-group", name]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        account = pwd.getpwnam(name)
        if home.stat().st_uid != account.pw_uid:  # kept from an earlier account of that name
            subprocess.run(["chown", "-hR", f"{account.pw_uid}:{account.pw_gid}", str(home)], check=True)
        home.chmod(0o700)


def without_password(names: Sequence[str]) -> list[str]:
    """Those of these accounts that nobody can log in to yet."""
    lines = Path("/etc/shadow").read_text(encoding="utf-8").splitlines()
    kept = {name: word for name, word, *_ in (line.split(":") for line in lines if line.count(":") > 1)}
    return [name for name in names if kept.get(name, "!")[:1] in ("", "!", "*")]


def show_fonts() -> None:
    """Let students copy matplotlib's list of fonts from this environment, and nothing else of what is kept there."""
    kept = Path(sys.prefix) / "var" / "aeutils"
    for folder in kept.iterdir() if kept.is_dir() else ():
        folder.chmod(0o755 if folder.name == "matplotlib" else 0o700)
    if kept.is_dir():
        kept.chmod(0o711)


def password() -> str:
    """Four words of two syllables: about 49 bits."""
    return "-".join("".join(secrets.choice(_SYLLABLES) for _ in range(2)) for _ in range(4))


def write_slips(file: Path, address: str, names: Sequence[str]) -> None:
    """Give new passwords to these accounts, and add their slips to a file that root alone can read."""
    given = {name: password() for name in names}
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as slips:
        os.fchmod(handle, 0o600)
        for name, word in given.items():
            slips.write(f"{'- ' * 30}\n\n  {address}\n  name      {name}\n  password  {word}\n\n")
    told = "".join(f"{name}:{word}\n" for name, word in given.items())
    subprocess.run(["chpasswd"], input=told, text=True, check=True)


def read_slips(file: Path) -> dict[str, str]:
    """Name -> password; where there are several slips, the last one counts."""
    return dict(re.findall(r"^ +name +(\S+)\n +password +(\S+)$", file.read_text(encoding="utf-8"), re.MULTILINE))


def make_votes_folder(votes: Path, teacher: str) -> None:
    """A folder in which everybody may put votes, and only the teacher may look."""
    votes.mkdir(exist_ok=True)
    os.chown(votes, 0, pwd.getpwnam(teacher).pw_gid)
    votes.chmod(0o3773)


def trouble(student: str) -> str:
    """Why a student's server could not start from this checkout, in one line; empty if it can."""
    account = pwd.getpwnam(student)
    command = [
        sys.executable,
        "-I",
        str(ROOT / "tools" / "isolated.py"),
        "-c",
        "import jupyterhub, jupyterlab, aeutils",
    ]
    try:
        done = subprocess.run(
            command,
            cwd="/",
            env={"HOME": account.pw_dir, "PATH": os.environ.get("PATH", os.defpath)},
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode == 0:
            return ""
        said = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
    except OSError as error:
        said = str(error)
    shut = next(filter(None, map(closed, (ROOT, Path(sys.executable), Path(sys.executable).resolve()))), None)
    where = f"{shut} is closed to them" if shut else said
    return f"Students cannot run this checkout's Python: {where}. Put both where all may read, such as below /opt."


def closed(path: Path) -> Path | None:
    """The first folder on the way to a file that others may not enter."""
    return next((each for each in reversed(path.parents) if not each.stat().st_mode & stat.S_IXOTH), None)

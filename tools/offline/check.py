"""Whether a kit is whole, complete for each of its systems, and can be installed from on this one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement

from offline import start
from offline.packing import files_in, longest, too_long
from offline.wheels import Target, roots, wheels

TRIED = """
import contextlib, io
import aeutils as ae
from aeutils.lessons import check_environment
from aeutils.losses import squared_error
with contextlib.redirect_stdout(io.StringIO()) as said:
    check_environment()
print(said.getvalue(), end="")
images = ae.load("mnist-5k")
model = ae.Autoencoder((784, 64, 2))
errors = ae.fit(model, images, squared_error, steps=200, seed=0).val["squared_error"]
print(f"200 training steps: squared error per image {errors[0]:.1f}, then {errors[-1]:.1f}")
raise SystemExit("FAIL" in said.getvalue() or not 0 < errors[-1] < 52)  # the mean image has 52.7
"""


def incomplete(kit: Path) -> list[str]:
    """A line for each wheel that a kit lacks, on any of its systems, by the metadata of those that it has."""
    about = json.loads((kit / "kit.json").read_text(encoding="utf-8"))
    root = kit / start.COLLECTION
    missing = []
    for system in about["systems"]:
        folders = [kit / "wheels" / "any", kit / "wheels" / system]
        for python in about["pythons"]:
            listed = (kit / "wheels" / f"{system}-{python}.txt").read_text(encoding="utf-8").split()
            exact = {(asked := Requirement(line)).name: asked.specifier for line in listed}
            missing += wheels(Target(system, python), folders, roots(root), exact, fetch=None)[1]
    return missing


def python_for(pythons: Iterable[str]) -> str | None:
    """A Python of one of these versions on this machine."""
    for python in pythons:
        for command in (sys.executable, shutil.which(f"python{python}")):
            asked = [command or "", "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            try:
                found = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
            except OSError:
                continue
            if found.strip() == python:
                return command
    return None


def cut_off() -> list[str]:
    """What to put before a command so that it has no network; nothing where this system does not let us."""
    command = ["unshare", "-rn"]
    try:
        return command if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode == 0 else []
    except OSError:
        return []


def install_and_try(kit: Path, python: str, folder: Path) -> bool:
    """Set up from a kit in an empty folder with the network cut off, check the environment, and train a little."""
    before = cut_off()
    how = "the network cut off" if before else "proxies that nobody answers (unshare -rn cannot be used here)"
    print(f"Installing from it, with {how}. It takes minutes.", flush=True)
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "all_proxy")}
    inside = {**os.environ, **nowhere, "AEUTILS_DEVICE": "cpu", "AEUTILS_PROGRESS": "0"}
    inside["PYTHON"] = python  # the script's first choice; that of Windows waits for a key at its end
    program = str(kit / start.COLLECTION / "tools" / "offline" / "start.py")
    script = [python, program] if os.name == "nt" else ["sh", str(kit / start.START[start.this_system()][0])]
    set_up = [*before, *script, "--no-open", str(folder)]
    tried = [*before, str(start.python_of(folder)), "-I", "tools/isolated.py", "-c", TRIED]
    done = subprocess.run(set_up, env=inside, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, end="")
        return False
    return subprocess.run(tried, env=inside, cwd=folder).returncode == 0


def check(kit: Path) -> int:
    """Check a kit's sums, that no wheel is missing on any of its systems, and that this machine can install from it."""
    if not (kit / "kit.json").exists():
        print(f"There is no kit at {kit}; make offline-kit makes one.")
        return 2
    about = json.loads((kit / "kit.json").read_text(encoding="utf-8"))
    wrong = [f"{name} is not what it was" for name in start.damaged(kit)] + incomplete(kit)
    if "windows" in about["systems"]:
        wrong += too_long("x" * about["longest"]["installed"], longest(files_in(kit)))
    for line in wrong:
        print(line)
    if wrong:
        return 1
    print(f"Whole, and complete for {', '.join(about['systems'].values())}.", flush=True)
    python = python_for(about["pythons"])
    if start.this_system() not in about["systems"]:
        print("Not tried to install: this machine's system is not in the kit.")
    elif python is None:
        print(f"Not tried to install: no Python {' or '.join(about['pythons'])} is here (python3.12, on the PATH).")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            begin = time.monotonic()
            if not install_and_try(kit, python, Path(scratch).resolve() / "ae"):
                print("Installing from the kit failed: see above.")
                return 1
            print(
                f"Installed from the kit with {python}, checked, and trained: {time.monotonic() - begin:.0f} seconds."
            )
    return 0

"""Runs this environment's Python where the user's own settings do not reach: `python -I tools/isolated.py -m pytest`.

The one place that keeps the user's machine outside: every command in the Makefile goes through it, and the tests enter
it when they are started without make. Standard library only, since it comes before everything else; with `-I` not even
`PYTHONPATH` has been looked at.

What stays the user's: the proxies, certificates and package index that `pip` needs, the locale, and the settings made
inside JupyterLab (theme, shortcuts).
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

# Variables that change what Python, Jupyter, IPython, matplotlib and the tools of the tests find or do.
_DROPPED = (
    *("PYTHON", "JUPYTER", "JPY_", "IPYTHON", "MPL", "MATPLOTLIB", "DASK_", "PYTEST_", "RUFF_", "MYPY"),
    *("NODE_OPTIONS", "NODE_PATH", "VIRTUAL_ENV"),
)
_KEPT = {
    *("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONFAULTHANDLER"),
    *("JUPYTER_IP", "JUPYTER_PORT", "JUPYTER_PORT_RETRIES", "JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE"),  # how it is reached
}
_OF_A_HUB = "JUPYTERHUB_"  # what a hub tells the server that it starts for a student (tools/hub/server.py)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_LOOPBACK = "127.0.0.1,localhost,::1"
# pip's options that say where packages come from and how they are fetched; all others could send them elsewhere.
_PIP_KEPT = {
    *("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "prefer-binary", "keyring-provider"),
    *("cert", "client-cert", "proxy", "timeout", "default-timeout", "retries", "resume-retries", "use-feature"),
    *("cache-dir", "no-cache-dir", "use-deprecated", "no-input", "progress-bar", "disable-pip-version-check"),
}


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The variables for a process that runs this Python: those given, less what would reach into it.

    Doing it twice changes nothing more. Creates the folder in which our own settings and caches lie.
    """
    kept = {
        name: value
        for name, value in given.items()
        if name in _KEPT or name.startswith(_OF_A_HUB) or not name.startswith(_DROPPED)
    }
    own = _own_folder(given)
    # These networks are small: a second thread gains little, and where several processes run, their threads wait for
    # one another for most of the time (the training tests: 18 seconds with one, minutes with more).
    kept.setdefault("OMP_NUM_THREADS", "1")
    kept |= {
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "MPLCONFIGDIR": str(own / "matplotlib"),
        "IPYTHONDIR": str(own / "ipython"),
        "JUPYTER_CONFIG_DIR": str(own / "jupyter" / "config"),
        "JUPYTER_DATA_DIR": str(own / "jupyter" / "data"),
        "JUPYTER_PREFER_ENV_PATH": "1",  # our kernel before any other of the same name, whoever owns this environment
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "jupyter" / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": _lab_settings(given, own),
    }
    # What a learner has solved is noted in what `make lab` opens (tools/lab.py), and nowhere else.
    kept["AEUTILS_RECORD"] = "0" if given.get("AEUTILS_RECORD") == "0" else "only in lab"
    if sys.prefix != sys.base_prefix:  # as if it had been activated, in place of whatever else was
        scripts = str(Path(sys.executable).parent)
        folders = [folder for folder in kept.get("PATH", os.defpath).split(os.pathsep) if folder != scripts]
        kept |= {"VIRTUAL_ENV": sys.prefix, "PATH": os.pathsep.join([scripts, *folders])}
    # Only where there are proxies: with the variable set, Windows and macOS no longer ask the system for theirs.
    if any(kept.get(name) or kept.get(name.upper()) for name in _PROXIES):
        around = kept.get("no_proxy") or kept.get("NO_PROXY") or ""
        if around != "*" and not around.endswith(_LOOPBACK):
            around = f"{around},{_LOOPBACK}".lstrip(",")
        kept |= {"no_proxy": around, "NO_PROXY": around}
    return kept


def enter() -> None:
    """Let this very process, and all that it starts, go on in such an environment."""
    inside = environment(os.environ)
    os.environ.clear()
    os.environ.update(inside)


def _own_folder(given: Mapping[str, str]) -> Path:
    """A folder that can be written, for what is remembered from one run to the next."""
    try:
        cache = Path(given.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aeutils"
    except RuntimeError:  # no home folder at all
        cache = Path(os.devnull)
    first = Path(sys.prefix) / "var" / "aeutils"
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    for folder in (first, cache / "settings", Path(tempfile.gettempdir()) / f"aeutils-{user}"):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):  # os.access tells root that everything can be written
                pass
            if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():  # somebody else prepared it
                continue
        except OSError:
            continue
        with suppress(OSError):  # there is none, or its owner shows it to nobody
            if folder != first:  # listing the fonts again takes seconds
                shutil.copytree(first / "matplotlib", folder / "matplotlib", dirs_exist_ok=True)
        return folder
    raise SystemExit(f"No folder can be written, not even a temporary one; set TMPDIR to one that can. Tried: {folder}")


def _lab_settings(given: Mapping[str, str], own: Path) -> str:
    """Where JupyterLab keeps what its user has set: the user's own place, if that can be written."""
    if "JUPYTERLAB_SETTINGS_DIR" in given:
        return given["JUPYTERLAB_SETTINGS_DIR"]
    config = Path(given.get("JUPYTER_CONFIG_DIR") or os.path.expanduser("~/.jupyter"))
    there = next((folder for folder in (config, *config.parents) if folder.exists()), config)
    return str((config if os.access(there, os.W_OK) else own / "jupyter") / "lab" / "user-settings")


def _pip_settings(inside: Mapping[str, str]) -> dict[str, str]:
    """`inside` for pip: of what its configuration files and `PIP_` variables say, only where packages come from."""
    command = [sys.executable, "-I", "-m", "pip", "config", "list"]
    # All of its files, even where the user's default for other commands, `user = true`, would mean one of them here.
    everything = {**inside, "PIP_USER": "0", "PIP_GLOBAL": "0", "PIP_SITE": "0"}
    listing = subprocess.run(command, env=everything, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    if listing.returncode:
        raise SystemExit(listing.returncode)  # pip has said what is wrong with its configuration
    kept = {name: value for name, value in inside.items() if not name.startswith("PIP_")}
    for name, value in _pip_kept(listing.stdout.splitlines()):
        kept["PIP_" + name.replace("-", "_").upper()] = value
    return kept | {"PIP_CONFIG_FILE": os.devnull}


def _pip_kept(listed: Iterable[str]) -> list[tuple[str, str]]:
    """From lines such as `global.index-url='https://…'`, in pip's own order of precedence, those that are kept."""
    order = ["global", "install", ":env:"]
    found = []
    for line in listed:
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in order and name in _PIP_KEPT:
            found.append((order.index(section), name, str(ast.literal_eval(value))))
    return [(name, value) for _, name, value in sorted(found)]


def main(arguments: list[str]) -> int:
    """Run this Python with these arguments; its exit status."""
    inside = environment(os.environ)
    if arguments[:2] == ["-m", "pip"]:
        inside = _pip_settings(inside)
    command = [sys.executable, *arguments]
    if os.name != "nt":
        os.execve(sys.executable, command, inside)  # signals reach the program itself
    child = subprocess.Popen(command, env=inside)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child was told as well, and ends in its own way
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

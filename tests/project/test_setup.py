"""The Makefile's set-up, with a stub in place of Python: no network, nothing installed."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    shutil.which("make") is None or os.name == "nt", reason="no make here: the README has two plain commands instead"
)

# Stands for the user's Python and, copied by its own `-m venv`, for the one in .venv.
STUB = """#!/bin/sh
printf '%s\n' "$*" | tr '\n' ' ' >> "$STUB_LOG"; echo >> "$STUB_LOG"
case "$*" in
  *version_info*) echo "$STUB_VERSION $STUB_SYSTEM" ;;
  *ensurepip*) exit "$STUB_NO_VENV" ;;
  "-I -m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *isolated.py" -m pip"*) if [ "$STUB_PIP_FAILS" = 1 ]; then echo "ERROR: no network" >&2; exit 1; fi ;;
  *check_setup.py) exit "$STUB_NOT_USABLE" ;;
  *tools/lab.py*) echo "serving" ;;
esac
"""


class Checkout:
    def __init__(self, folder):
        self.folder = folder
        self.python = folder.parent / "python stub"
        self.python.write_text(STUB)
        self.python.chmod(0o755)
        self.log = folder.parent / "log"
        folder.mkdir()
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder)

    @property
    def stamp(self):
        return self.folder / ".venv" / ".ready"

    def make(self, *targets, version="3.11", system="linux x86_64", no_venv=0, pip_fails=0, python=None, **more):
        """Run make; return its exit status, its output's lines, and the calls of Python."""
        self.log.write_text("")
        stub = {"STUB_LOG": self.log, "STUB_VERSION": version, "STUB_SYSTEM": system, "STUB_NOT_USABLE": 0}
        stub |= {"STUB_NO_VENV": no_venv, "STUB_PIP_FAILS": pip_fails}
        unset = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "NB", "SINCE", "CONSTRAINTS")
        unset += ("DISPLAY", "WAYLAND_DISPLAY")
        env = {name: value for name, value in os.environ.items() if name not in unset}
        env |= {"PYTHON": str(python or self.python)} | {name: str(value) for name, value in (stub | more).items()}
        done = subprocess.run(
            ["make", *targets],
            cwd=self.folder,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        return done.returncode, done.stdout.splitlines(), self.log.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "a folder with spaces")


def venv_calls(calls):
    return [call.strip() for call in calls if call.startswith("-I -m venv")]


def test_make_alone_lists_every_target(checkout):
    status, lines, calls = checkout.make()
    assert status == 0 and calls == []
    phony = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(".PHONY:"))
    assert sorted(line.split()[1] for line in lines) == sorted(phony.split()[1:])
    assert all(len(line.split()) > 3 for line in lines)


def test_first_run_sets_up_and_the_second_does_not(checkout):
    status, lines, calls = checkout.make("lab")
    assert status == 0 and lines[-1] == "serving"
    assert any("PyTorch is big" in line for line in lines)
    assert venv_calls(calls) == ["-I -m venv --clear .venv"]
    assert any("pip install" in call and "-c constraints.txt -e .[test]" in call for call in calls)
    assert "tools/check_setup.py" in calls[-3] and "tools/jupyter_settings.py" in calls[-2]
    assert "tools/lab.py" in calls[-1] and "--stored" not in calls[-1]

    status, lines, calls = checkout.make("lab")
    assert (status, lines) == (0, ["serving"])
    assert len(calls) == 1


def test_stored_notebooks_are_opened_on_request(checkout):
    checkout.make("lab")
    assert "tools/lab.py --stored" in checkout.make("read")[2][-1]


def test_clean_leaves_the_readers_own(checkout):
    checkout.make("lab")
    mine = checkout.folder / "work" / "00_start_here.ipynb"
    mine.parent.mkdir()
    mine.write_text("mine")
    for name in ("aeutils", "tests", "tools", "notebooks"):
        (checkout.folder / name).mkdir()
    assert checkout.make("clean")[0] == 0
    assert not (checkout.folder / ".venv").exists() and mine.read_text() == "mine"


def test_nothing_runs_but_where_the_users_settings_do_not_reach(checkout):
    checkout.make("lab")
    for target in (
        "read",
        "test",
        "check",
        "lint",
        "outputs",
        "claims",
        "maps",
        "sweeps",
        "tables",
        "picture",
        "offline-kit",
        "offline-check",
        "bench-explorer",
    ):
        status, _, calls = checkout.make(target)
        assert status == 0 and calls
        assert [call for call in calls if not call.startswith("-I tools/isolated.py ")] == []


def test_notebooks_may_be_named(checkout):
    checkout.make("lab")
    for more, wanted in [
        ([], ["test"]),
        (["NB=notebooks/07.ipynb"], ["test", "notebooks/07.ipynb"]),
        (["SINCE=main"], ["test", "--since", "main"]),
    ]:
        assert checkout.make("test", *more)[2][-1].split()[2:] == ["tools/suite.py", *wanted]
    assert "notebooks/*.ipynb" in checkout.make("claims")[2][-1]  # none is here, so the pattern stays


def test_a_part_of_the_offline_kit_may_be_asked_for(checkout):
    checkout.make("lab")
    call = checkout.make("offline-kit", "SYSTEMS=windows linux", "PYTHONS=3.13", "ZIP=no")[2][-1]
    assert call.split()[2:] == [
        "tools/offline_kit.py",
        "--systems",
        "windows",
        "linux",
        "--pythons",
        "3.13",
        "--no-zip",
    ]
    assert checkout.make("offline-check", "KIT=/media/stick")[2][-1].split()[3:] == ["--check", "/media/stick"]


def test_newest_versions_on_request(checkout):
    pip = next(call for call in checkout.make("lab", "CONSTRAINTS=")[2] if " -m pip install " in call)
    assert "constraints" not in pip and "-e .[test]" in pip


@pytest.mark.skipif(platform.system() != "Linux", reason="a Mac always has a screen")
def test_no_screen_no_browser(checkout):
    assert "--no-browser" in checkout.make("lab")[2][-1]
    assert "--no-browser" not in checkout.make("lab", DISPLAY=":0")[2][-1]
    assert "--no-browser" not in checkout.make("lab", WAYLAND_DISPLAY="wayland-0")[2][-1]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no users here")
def test_root_may(checkout):
    assert ("--allow-root" in checkout.make("lab")[2][-1]) == (os.getuid() == 0)


def test_interrupted_first_run_starts_from_nothing(checkout):
    status, lines, _ = checkout.make("lab", pip_fails=1)
    assert status != 0 and not checkout.stamp.exists()
    assert "ERROR: no network" in lines and any("run make again" in line for line in lines)

    status, _, calls = checkout.make("lab")
    assert status == 0 and checkout.stamp.exists()
    assert venv_calls(calls) == ["-I -m venv --clear .venv"]


def test_what_cannot_be_imported_is_not_ready(checkout):
    status, lines, _ = checkout.make("lab", STUB_NOT_USABLE=1)
    assert status != 0 and not checkout.stamp.exists()
    assert any("Set-up stopped" in line for line in lines)


def test_new_dependencies_install_over_what_is_there(checkout):
    checkout.make("lab")
    later = checkout.stamp.stat().st_mtime + 10
    os.utime(checkout.folder / "pyproject.toml", (later, later))

    status, _, calls = checkout.make("lab", pip_fails=1)
    assert status != 0 and not checkout.stamp.exists()
    assert venv_calls(calls) == []


def test_moved_folder_installs_again(checkout):
    checkout.make("lab")
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("moved"))
    status, _, calls = checkout.make("lab")
    assert status == 0 and venv_calls(calls) == []
    assert any("pip install" in call for call in calls)
    assert len(checkout.make("lab")[2]) == 1


def test_venv_whose_python_is_gone_is_made_again(checkout):
    checkout.make("lab")
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    status, _, calls = checkout.make("lab")
    assert status == 0 and venv_calls(calls) == ["-I -m venv --clear .venv"]


@pytest.mark.parametrize(
    "trouble, remedy",
    [
        ({"no_venv": 1}, "sudo apt-get install python3-venv"),
        ({"version": "3.9"}, "PYTHON=python3.12 make test"),
        ({"version": "2.7"}, "PYTHON=python3.12 make test"),
        ({"version": "3.14"}, "PYTHON=python3.12 make test"),
        ({"python": "no-such-python"}, "PYTHON=python3.12 make test"),
        ({"system": "darwin x86_64"}, "no PyTorch for Intel Macs after 2.2"),
    ],
    ids=["no venv module", "too old", "ancient", "too new", "no Python", "Intel Mac"],
)
def test_unusable_python_is_one_line_with_the_remedy(checkout, trouble, remedy):
    status, lines, calls = checkout.make("test", **trouble)
    assert status != 0 and len(lines) == 1 and remedy in lines[0]
    assert not any("-m " in call for call in calls)
    assert not (checkout.folder / ".venv").exists()

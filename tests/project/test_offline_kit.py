"""The offline kit: the right wheels for each system, whole or not at all, and a set-up from it without a network.

With small wheels made here; `make offline-kit` and `make offline-check` do it with the real ones.
"""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.resources import as_file, files
from pathlib import Path

import offline_kit
import pytest
from offline import check, packing, start, wheels
from offline.wheels import SYSTEMS, Target
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
HERE = start.this_python()
ALL = [Target(system, "3.12") for system in SYSTEMS]
# A project that pip builds with nothing at hand.
BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name, info = "aeutils-0.1-py3-none-any.whl", "aeutils-0.1.dist-info/"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("aeutils.pth", str(pathlib.Path.cwd()))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: aeutils\\nVersion: 0.1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "aeutils"
dependencies = ["demo-all>=1"]
"""


def wheel(folder, name, version="1.0", tag="py3-none-any", requires=(), more=()):
    """A wheel with one module, and what it requires."""
    folder.mkdir(exist_ok=True)
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(folder / f"{stem}-{tag}.whl", "w") as made:
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        made.writestr(f"{name.replace('-', '_')}.py", "answer = 42\n")
        for path in more:
            made.writestr(path, "")
        made.writestr(
            f"{stem}.dist-info/METADATA", "\n".join([*lines, *(f"Requires-Dist: {each}" for each in requires), ""])
        )
        made.writestr(
            f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: {tag}\n"
        )
        made.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture
def shelf(tmp_path):
    """A folder of wheels that stands for the network: one for all systems, which needs another one on each."""
    folder = tmp_path / "shelf"
    conditions = {
        "win": "sys_platform == 'win32'",
        "mac": "platform_system == 'Darwin' and platform_machine == 'arm64'",
    }
    conditions |= {"lin": "sys_platform == 'linux'", "new": "python_version >= '3.13'"}
    needed = [f"demo-{name}>=1; {condition}" for name, condition in conditions.items()]
    wheel(folder, "demo-all", requires=[*needed, "demo-extra; extra == 'more'", "demo-more[some]"])
    wheel(folder, "demo-more", requires=["demo-some; extra == 'some'", "demo-other; extra == 'other'"])
    wheel(folder, "demo-some", version="2.0")
    wheel(folder, "demo-some", version="1.0")
    wheel(folder, "demo-win", tag="cp312-cp312-win_amd64")
    wheel(folder, "demo-mac", tag="cp312-abi3-macosx_11_0_arm64")
    wheel(folder, "demo-lin", tag="cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64")
    wheel(folder, "demo-lin", version="3.0", tag="cp312-cp312-manylinux_2_34_x86_64")  # for a newer C library
    with as_file(files("ensurepip") / "_bundled") as bundled:
        for path in bundled.glob("pip-*.whl"):
            shutil.copy(path, folder)
    return folder


@pytest.fixture
def index(shelf, monkeypatch):
    """The shelf, for pip."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


def from_shelf(shelf, asked):
    """Stands for `wheels.pip_download`, and notes what it was asked for."""

    def fetch(wanted, target, folder):
        asked.append(list(wanted))
        chosen = [(each, Requirement(each)) for each in wanted]
        found = {each: wheels.best([shelf], target, one.name, one.specifier) for each, one in chosen}
        if absent := [each for each, path in found.items() if path is None]:
            return f"nothing matches {absent[0]}"
        folder.mkdir(exist_ok=True)
        for path in found.values():
            shutil.copy(path, folder)
        return ""

    return fetch


def names(found):
    return sorted(path.name for path in found.values())


START = [Requirement("demo-all>=1")]
PINNED = {"demo-some": SpecifierSet("==1.0")}


# --- which wheels ---


@pytest.mark.parametrize("target, own", [*zip(ALL, ("win", "mac", "lin"), strict=True)], ids=SYSTEMS)
def test_each_system_gets_its_own_wheels_and_each_is_fetched_once(target, own, shelf, tmp_path):
    asked = []
    found, missing = wheels.wheels(target, [tmp_path / "pool"], START, PINNED, from_shelf(shelf, asked))
    assert missing == [] and sorted(found) == sorted(["demo-all", "demo-more", "demo-some", f"demo-{own}"])
    assert all(path.name.startswith(f"demo_{own}-1.0") for name, path in found.items() if name == f"demo-{own}")
    assert found["demo-some"].name == "demo_some-1.0-py3-none-any.whl"
    assert asked == [["demo-all>=1"], [f"demo-{own}>=1", "demo-more"], ["demo-some==1.0"]]
    again = wheels.wheels(target, [tmp_path / "pool"], START, PINNED, from_shelf(shelf, asked))
    assert again == (found, []) and len(asked) == 3
    assert wheels.wheels(target, [tmp_path / "pool"], START, PINNED, fetch=None) == (found, [])


def test_what_is_missing_is_named_line_by_line(shelf, tmp_path):
    for path in [*shelf.glob("demo_win*"), *shelf.glob("demo_more*")]:
        path.unlink()
    found, missing = wheels.wheels(ALL[0], [tmp_path / "pool"], START, PINNED, from_shelf(shelf, []))
    assert names(found) == ["demo_all-1.0-py3-none-any.whl"]
    title = "Windows (x86-64), Python 3.12"
    assert missing == [
        f"{title}: no wheel of demo-win>=1 (nothing matches demo-win>=1)",
        f"{title}: no wheel of demo-more (nothing matches demo-more)",
    ]


def test_without_a_network_nothing_is_tried_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    start = [*START, Requirement("demo-other")]
    assert wheels.wheels(ALL[0], [tmp_path / "pool"], start, {})[1] == [
        "Windows (x86-64), Python 3.12: the package index cannot be reached, and these are not here: "
        "demo-all>=1, demo-other"
    ]


def test_two_that_ask_for_different_versions_are_found(shelf, tmp_path):
    wheel(shelf, "demo-more", requires=["demo-some==1.0"])
    start = [*START, Requirement("demo-some")]
    _, missing = wheels.wheels(ALL[0], [tmp_path / "pool"], start, {}, from_shelf(shelf, []))
    (line,) = missing
    assert "demo_some-2.0-py3-none-any.whl was chosen, and demo-some==1.0 is asked for" in line


def test_a_pin_holds_where_its_condition_does():
    old, new = (wheels.pins(Target("linux", python)) for python in ("3.11", "3.12"))
    assert str(new["torch"]).startswith("==") and set(new) - set(old) == {"soupsieve"}
    wanted = {requirement.name for requirement in wheels.roots()}
    assert {"torch", "jupyterlab", "setuptools", "pip"} <= wanted and "pytest" not in wanted


def test_on_linux_pytorch_without_gpu_libraries_comes_first(tmp_path, capsys):
    pinned = {name: SpecifierSet("==1.5") for name in ("torch", "torchvision", "numpy")}
    asked = []

    def fetch(wanted, target, folder):
        asked.append(list(wanted))
        return answer

    answer = ""
    chosen = wheels.without_gpu(ALL[2], tmp_path, pinned, fetch)
    assert asked == [["torch==1.5+cpu", "torchvision==1.5+cpu"]] and str(chosen["torch"]) == "==1.5+cpu"
    assert str(chosen["numpy"]) == "==1.5" and capsys.readouterr().out == ""
    answer = "nothing"
    assert wheels.without_gpu(ALL[2], tmp_path, pinned, fetch) == pinned
    assert "about 3 GB" in capsys.readouterr().out
    for name in pinned:
        wheel(tmp_path, name, version="1.5+cpu", tag="cp312-cp312-linux_x86_64")
    assert str(wheels.without_gpu(ALL[2], tmp_path, pinned, None)["torch"]) == "==1.5+cpu"
    assert wheels.without_gpu(ALL[0], tmp_path, pinned, None) == pinned


def test_pip_fetches_for_another_system_and_says_what_it_has_not(index, tmp_path):
    pool = tmp_path / "pool"
    assert wheels.pip_download(["demo-win", "demo-all"], ALL[0], pool) == ""
    assert sorted(path.name for path in pool.iterdir()) == [
        "demo_all-1.0-py3-none-any.whl",
        "demo_win-1.0-cp312-cp312-win_amd64.whl",
    ]
    assert "No matching distribution found for demo-win" in wheels.pip_download(["demo-win"], ALL[2], pool)
    assert wheels.pip_download(["demo-lin", "demo-mac"], ALL[2], pool).startswith("ERROR")
    assert len([*pool.iterdir()]) == 2  # all or none


# --- the command ---


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--systems", "windows amiga"], 'SYSTEMS is "windows amiga"; expected some of: windows macos linux'),
        (["--systems", ""], "expected some of: windows macos linux"),
        (["--pythons", "3.9"], 'PYTHONS is "3.9"; expected some of: 3.11 3.12 3.13'),
    ],
)
def test_what_is_asked_for_is_known(arguments, said, capsys):
    assert offline_kit.main(arguments) == 2
    assert said in capsys.readouterr().out


def test_nothing_is_written_where_something_is_missing(shelf, tmp_path, monkeypatch, capsys):
    (shelf / "demo_mac-1.0-cp312-abi3-macosx_11_0_arm64.whl").unlink()
    monkeypatch.setattr(offline_kit, "KIT", tmp_path / "kit")
    monkeypatch.setattr(offline_kit, "WHEELS", offline_kit.BUILD / "no such folder")
    monkeypatch.setattr(offline_kit, "roots", lambda: START)
    monkeypatch.setattr(offline_kit, "site", lambda: tmp_path)
    monkeypatch.setattr(offline_kit, "pins", lambda target: PINNED)
    monkeypatch.setattr(
        offline_kit,
        "wheels",
        lambda target, folders, *rest, real=wheels.wheels: real(target, [shelf], *rest, fetch=lambda *_: "no network"),
    )
    assert offline_kit.main(["--no-zip"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].endswith("Python 3.12: no wheel of demo-mac>=1 (no network)")
    assert lines[-1].startswith("Nothing was written.") and lines[-1].endswith(
        'make offline-kit SYSTEMS="windows linux"'
    )
    assert not (tmp_path / "kit").exists()


# --- what Windows can open ---


def test_a_path_that_is_too_long_for_windows_stops_it(tmp_path):
    page = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")
    assert f"may have up to {packing.FOLDER_ROOM} characters" in page
    long = "p/" + "x" * 132 + ".py"
    wheel(
        tmp_path, "demo-long", more=[long, "demo_long-1.0.data/data/share/lab.json", "demo_long-1.0.data/scripts/run"]
    )
    paths = [*packing.installed_paths(tmp_path / "demo_long-1.0-py3-none-any.whl")]
    assert {".venv/share/lab.json", ".venv/Scripts/run", f".venv/Lib/site-packages/{long}"} <= set(paths)
    longest = packing.longest(paths)
    # The folder, a stroke, the path, and the zero at the end: 260.
    assert packing.FOLDER_ROOM + 1 + len(longest) + 1 == 260 and packing.too_long(longest, "a") == []
    (line,) = packing.too_long(longest + "x", "a")
    assert "has 162 characters, at most 161 are possible" in line
    assert "In the kit," in packing.too_long("a", "x" * 162)[0]


def test_the_kits_longest_path_is_checked_before_anything_is_replaced(tmp_path):
    wheel(tmp_path, "demo-long", more=["x" * 150])
    chosen = {ALL[0]: {"demo-long": tmp_path / "demo_long-1.0-py3-none-any.whl"}}
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "old").touch()
    with pytest.raises(SystemExit, match="at most 161 are possible on Windows"):
        packing.write(tmp_path / "kit", chosen, None, repository(tmp_path / "repository"))
    assert [path.name for path in (tmp_path / "kit").iterdir()] == ["old"]
    assert not (tmp_path / "kit.part").exists()


# --- a kit, and what is set up from it ---


def repository(folder):
    """A small one, with what is needed to set up."""
    (folder / "tools" / "offline").mkdir(parents=True)
    for name in ("offline/start.py", "isolated.py", "jupyter_settings.py"):
        shutil.copy(ROOT / "tools" / name, folder / "tools" / name)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "constraints.txt").write_text("demo-some==1.0\n")
    (folder / "backend.py").write_text(BACKEND)
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "00.ipynb").write_text("{}")
    (folder / "aeutils").mkdir()
    (folder / "aeutils" / "__init__.py").touch()
    commit(folder)
    return folder


def commit(folder):
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *command], check=True)


def make_kit(folder, shelf, systems, python, **edition):
    chosen = {}
    for target in [Target(system, python) for system in systems]:
        pinned = wheels.pins(target, folder / "repository")
        found, missing = wheels.wheels(target, [shelf], wheels.roots(folder / "repository"), pinned, fetch=None)
        assert missing == []
        chosen[target] = found
    (folder / "site").mkdir(exist_ok=True)
    (folder / "site" / "index.html").write_text("the site")
    packing.write(folder / "kit", chosen, folder / "site", folder / "repository", **edition)
    return folder / "kit"


def test_a_kit_has_a_script_for_each_system_and_sums_that_others_can_check(shelf, tmp_path):
    repository(tmp_path / "repository")
    kit = make_kit(tmp_path, shelf, SYSTEMS, "3.12")
    assert (kit / "site" / "index.html").read_text() == "the site"
    assert (kit / "collection" / "notebooks" / "00.ipynb").exists() and not (kit / "collection" / ".git").exists()
    folders = {path.name: path.parent.name for path in kit.rglob("*.whl") if path.name.startswith("demo")}
    assert folders["demo_all-1.0-py3-none-any.whl"] == folders["demo_some-1.0-py3-none-any.whl"] == "any"
    assert folders["demo_win-1.0-cp312-cp312-win_amd64.whl"] == "windows"
    assert len(folders) == 6 and check.incomplete(kit) == []

    batch, shell = (kit / "start.bat").read_bytes(), (kit / "start.sh").read_bytes()
    assert batch.count(b"\r\n") == batch.count(b"\n") and b"in (3.12)" in batch
    assert b"\r" not in shell and b"python3.12 python3;" in shell and shell == (kit / "start.command").read_bytes()
    page = (kit / "START.html").read_text(encoding="utf-8")
    assert "start.bat" in page and not re.search(
        "WORDS|NAMES|PYTHONS|ROOM|<!-- (windows|end)", page + batch.decode() + shell.decode()
    )

    lines = [line.split("  ", 1) for line in (kit / "SHA256SUMS").read_text().splitlines()]
    assert [name for _, name in lines] == [name for name in packing.files_in(kit) if name != "SHA256SUMS"]
    assert all(hashlib.sha256((kit / name).read_bytes()).hexdigest() == found for found, name in lines)
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=kit, check=True)
    command = [sys.executable, str(kit / "collection" / "tools" / "offline" / "start.py"), "--check"]
    assert subprocess.run(command, stdout=subprocess.PIPE).returncode == 0
    with (kit / "wheels" / "any" / "demo_all-1.0-py3-none-any.whl").open("ab") as file:
        file.write(b"x")
    (kit / "site" / "index.html").unlink()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stdout.splitlines() == [
        "site/index.html: not what it was, or not there",
        "wheels/any/demo_all-1.0-py3-none-any.whl: not what it was, or not there",
        "Copy the kit again.",
    ]
    (kit / "wheels" / "windows" / "demo_win-1.0-cp312-cp312-win_amd64.whl").unlink()
    (line,) = check.incomplete(kit)
    assert "Windows (x86-64), Python 3.12: no wheel of demo-win" in line


def test_a_part_of_it_has_no_other_systems_scripts(shelf, tmp_path):
    repository(tmp_path / "repository")
    kit = make_kit(tmp_path, shelf, ["macos"], "3.12")
    assert (kit / "start.command").exists() and not (kit / "start.bat").exists() and not (kit / "start.sh").exists()
    page = (kit / "START.html").read_text(encoding="utf-8")
    assert "<b>macOS" in page and "<b>Windows" not in page
    archive = zipfile.ZipFile(packing.write_zip(kit))
    assert {*archive.namelist()} == {f"kit/{name}" for name in packing.files_in(kit)}
    assert archive.getinfo("kit/start.command").external_attr >> 16 & 0o111 == 0o111
    lines = [*packing.report(kit)]
    assert " MB  wheels/macos, only for macOS" in lines[1] and not any("windows" in line for line in lines)


@pytest.fixture
def kit_for_here(shelf, tmp_path):
    """A kit for this machine and this Python, in a folder whose name has a space."""
    if start.this_system() != "linux":
        pytest.skip("sets up from a small kit with the network cut off: only on Linux, x86-64")
    (shelf / "demo_lin-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl").unlink()
    wheel(shelf, "demo-lin", tag="py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64")
    wheel(shelf, "demo-new")
    place = tmp_path / "on a stick"
    place.mkdir()
    repository(place / "repository")
    return make_kit(place, shelf, ["linux"], HERE)


def begin(kit, *arguments, **settings):
    """Run the kit's script with the network cut off; its status, and what it said."""
    done = subprocess.run(
        [*check.cut_off(), "sh", str(kit / "start.sh"), *map(str, arguments)],
        env={**os.environ, "PYTHON": sys.executable, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout


@pytest.mark.slow
def test_a_script_sets_up_without_a_network_and_the_next_start_only_opens(kit_for_here, shelf, tmp_path):
    kit, folder = kit_for_here, tmp_path / "set up here"
    elsewhere = {"PIP_TARGET": str(tmp_path / "elsewhere"), "PIP_NO_DEPS": "1", "PYTHONPATH": str(shelf)}
    status, said = begin(kit, "--no-open", folder, **elsewhere)
    assert status == 0, said
    python = start.python_of(folder)
    asked = "import aeutils, demo_all, demo_lin, demo_some; print(aeutils.__file__, demo_some.__file__)"
    done = subprocess.run([python, "-I", "-c", asked], stdout=subprocess.PIPE, text=True, check=True)
    assert f"{folder}/aeutils/" in done.stdout and f"{folder}/.venv/" in done.stdout
    assert not (tmp_path / "elsewhere").exists()
    assert (folder / ".venv" / ".ready").read_text() == f"{folder}\n"  # make, too, takes it as set up
    assert os.access(folder / "start.sh", os.X_OK)

    status, said = begin(kit, "--no-open", folder)
    assert status == 0 and said.splitlines() == [
        f"Ready in {folder}; to open it on another day: start.sh in that folder."
    ]

    # A newer kit with the same packages: what a reader changed stays, beside what is new; nothing is installed again.
    (folder / "notebooks" / "00.ipynb").write_text("mine")
    (folder / ".venv" / "still here").touch()
    source = kit.parent / "repository"
    (source / "notebooks" / "00.ipynb").write_text("new")
    commit(source)
    make_kit(kit.parent, shelf, ["linux"], HERE)
    status, said = begin(kit, "--no-open", folder)
    assert status == 0 and "yours is 00_yours.ipynb beside it now" in said
    assert (folder / "notebooks" / "00_yours.ipynb").read_text() == "mine"
    assert (folder / "notebooks" / "00.ipynb").read_text() == "new"
    assert (folder / ".venv" / "still here").exists()
    (kit / "wheels" / f"linux-{HERE}.txt").write_text("")
    assert not start.installed(kit, folder)


@pytest.mark.slow
def test_a_class_gets_the_students_notebooks_and_a_teacher_the_stored_ones(kit_for_here, shelf, tmp_path):
    student = tmp_path / "autoencoders-student.zip"
    with zipfile.ZipFile(student, "w") as made:
        made.writestr("autoencoders-student/notebooks/00.ipynb", '{"for": "students"}')
        made.writestr("autoencoders-student/notebooks/questions.md", "asked")
        made.writestr("autoencoders-student/notebooks/drawings/a.svg", "drawn")
        made.writestr("autoencoders-student/README.md", "read")
    kit = make_kit(kit_for_here.parent, shelf, ["linux"], HERE, student=student, first="lesson_90.ipynb")
    assert packing.files_in(kit / "student") == ["notebooks/00.ipynb", "notebooks/questions.md"]
    assert "--edition full" in (kit / "START.html").read_text(encoding="utf-8")
    folder = tmp_path / "of a student"
    assert begin(kit, "--no-open", folder)[0] == 0
    notebook = folder / "notebooks" / "00.ipynb"
    assert notebook.read_text() == '{"for": "students"}' and (folder / "notebooks" / "questions.md").exists()
    assert "tools/lab.py --first lesson_90.ipynb" in (folder / "start.sh").read_text()
    assert begin(kit, "--no-open", folder)[1].count("\n") == 1  # nothing is copied again
    assert begin(kit, "--no-open", "--edition", "full", folder)[0] == 0 and notebook.read_text() == "{}"
    assert begin(kit, "--no-open", folder)[1].count("\n") == 1 and notebook.read_text() == "{}"  # as it was chosen

    without = make_kit(kit_for_here.parent, shelf, ["linux"], HERE)
    assert "student" not in (without / "START.html").read_text(encoding="utf-8")
    status, said = begin(without, "--no-open", "--edition", "student", folder)
    assert status == 1 and said == "This kit was made without the student's edition.\n"


@pytest.mark.slow
def test_what_stands_in_the_way_is_one_line(kit_for_here, tmp_path):
    kit, folder = kit_for_here, tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.txt").touch()
    status, said = begin(kit, "--no-open", folder)
    assert status == 1 and "holds something else" in said and "name another folder" in said and said.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]
    status, said = begin(kit, "--no-open", folder / "letter.txt")
    assert status == 1 and "is a file" in said

    about = json.loads((kit / "kit.json").read_text())
    (kit / "kit.json").write_text(json.dumps({**about, "pythons": ["3.8"]}))
    assert begin(kit)[0] == 1 and "needs Python" in begin(kit)[1]
    (kit / "kit.json").write_text(json.dumps({**about, "installed": {"linux": 10**18}}))
    status, said = begin(kit, "--no-open", tmp_path / "new")
    assert status == 1 and "1000000000.0 GB are needed" in said
    (kit / "kit.json").write_text(json.dumps(about))
    with (kit / "collection" / "aeutils" / "__init__.py").open("a") as file:
        file.write("x")
    status, said = begin(kit, "--no-open", tmp_path / "new")
    assert status == 1 and "The kit is damaged, in 1 of its files: collection/aeutils/__init__.py. " in said
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_kit_is_checked_by_installing_from_it(kit_for_here, monkeypatch, capfd):
    monkeypatch.setattr(check, "TRIED", "import demo_all; print('tried', demo_all.answer)")
    assert check.check(kit_for_here) == 0
    said = capfd.readouterr().out
    assert "Whole, and complete for Linux (x86-64)." in said and "tried 42" in said and "Installed from the kit" in said
    monkeypatch.setattr(check, "install_and_try", lambda *_: False)
    assert check.check(kit_for_here) == 1
    assert "Installing from the kit failed: see above." in capfd.readouterr().out
    next((kit_for_here / "wheels" / "linux").glob("demo_lin*")).unlink()
    assert check.check(kit_for_here) == 1
    lines = capfd.readouterr().out.splitlines()
    assert any(line.startswith("Linux (x86-64), Python") and "no wheel of demo-lin" in line for line in lines)
    assert any("demo_lin" in line and line.endswith("is not what it was") for line in lines)


def test_a_python_that_will_not_do_is_told_so(monkeypatch):
    kit = {"systems": {"windows": "Windows (x86-64)"}, "pythons": ["3.9"]}
    monkeypatch.setattr(start, "this_system", lambda: "windows")
    assert start.unfit(kit) == f"This kit has packages for Python 3.9, and this is Python {HERE}."
    monkeypatch.setattr(start, "this_system", lambda: "")
    assert "packages for Windows (x86-64), and this Python is made for" in start.unfit(kit)
    # An older Python can read the file: it is to say this, and not SyntaxError.
    ast.parse(Path(start.__file__).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_on_windows_a_folder_has_a_short_path(tmp_path):
    kit = {"longest": {"installed": 161, "kit": 90}, "installed": {"windows": 1}}
    folder = Path("/" + "x" * 97)
    line = start.hindrance(folder, kit, "windows")
    assert (
        "has 98 characters, at most 97 are possible here: name another folder, for example: .\\start.bat C:/ae" in line
    )
    assert start.hindrance(Path("/" + "x" * 96), kit, "windows") == ""


def test_outside_a_kit_it_says_so(capsys):
    assert start.main([]) == 1
    assert "make offline-kit" in capsys.readouterr().out
    assert check.check(ROOT) == 2
    assert "make offline-kit makes one" in capsys.readouterr().out


def test_the_kit_that_is_there_lacks_nothing():
    if not (offline_kit.KIT / "kit.json").exists():
        pytest.skip("no kit is here; make offline-kit makes one, and make offline-check also installs from it")
    about = json.loads((offline_kit.KIT / "kit.json").read_text(encoding="utf-8"))
    assert check.incomplete(offline_kit.KIT) == []
    assert about["longest"]["kit"] == len(packing.longest(packing.files_in(offline_kit.KIT)))
    if "windows" in about["systems"]:
        assert about["longest"]["installed"] <= 161 and about["longest"]["kit"] <= 161

"""The user's machine stays outside: what is set against us there, all at once, changes nothing here.

The commands of the Makefile run for real, in a small checkout whose `.venv` is the environment of these tests.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import isolated
import labs
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE_PACKAGES = Path("lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
NOWHERE = "http://127.0.0.1:9"

needs_make = pytest.mark.skipif(
    shutil.which("make") is None or os.name == "nt", reason="no make here: the README has two plain commands instead"
)

LESSON = [
    "import json, sys, warnings\nimport matplotlib, numpy, torch\nfrom aeutils.lessons import claim\n"
    "import_of_a_user = 'of_a_user' in globals()",
    "claim('The kernel is ours', sys.prefix.endswith('.venv') and not import_of_a_user)",
    "claim('Figures look as they do everywhere', matplotlib.rcParams['image.origin'] == 'upper')",
    "claim('Only what was installed is imported', '.venv' in torch.__file__ and '.venv' in numpy.__file__)",
]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def foreign_kernel(share: Path) -> None:
    """A kernel by the name of ours that is another Python's: here none at all."""
    spec = {"argv": [shutil.which("false") or "false"], "display_name": "Python 3", "language": "python"}
    write(share / "kernels" / "python3" / "kernel.json", json.dumps(spec))


def contrary_machine(folder: Path) -> dict[str, str]:
    """Variables and files of a user who has configured everything that can be configured, mostly against us."""
    home, path, other = folder / "home", folder / "path", folder / "another environment"
    write(home / ".jupyter" / "jupyter_server_config.py", f"c.ServerApp.root_dir = {str(folder / 'empty')!r}\n")
    (folder / "empty").mkdir()
    shutil.copytree(home / ".jupyter", folder / "jupyter config")
    for share in (home / ".local" / "share" / "jupyter", home / "Library" / "Jupyter", folder / "jupyter path"):
        foreign_kernel(share)
    for profile in (home / ".ipython" / "profile_default", folder / "ipython" / "profile_default"):
        write(profile / "startup" / "mine.py", "of_a_user = True\nprint('a greeting')\n")
    for place in (home / ".config" / "matplotlib", home / ".matplotlib", folder / "matplotlib"):
        write(place / "matplotlibrc", "image.origin: lower\nfigure.facecolor: black\n")
    # Packages beside ours, and a pytest plug-in that does not import.
    for name in ("torch", "numpy"):
        write(path / f"{name}.py", "raise ImportError('not this one')\n")
        write(other / SITE_PACKAGES / f"{name}.py", "raise ImportError('not this one either')\n")
    info = path / "broken_plugin-1.0.dist-info"
    write(info / "METADATA", "Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    write(info / "entry_points.txt", "[pytest11]\nbroken = broken_plugin\n")
    write(path / "broken_plugin.py", "raise ImportError('of another pytest')\n")
    return {
        "HOME": str(home),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter config"),
        "JUPYTER_PATH": str(folder / "jupyter path"),
        "JUPYTER_PREFER_ENV_PATH": "0",  # as where the environment belongs to somebody else
        "MPLBACKEND": "no_such_backend",
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "NODE_OPTIONS": "--no-such-option",
        "PYTEST_ADDOPTS": "--no-such-option",
        "PYTHONPATH": str(path),
        "PYTHONSTARTUP": str(write(folder / "startup.py", "of_a_user = True\n")),
        "PYTHONWARNINGS": "error",
        "VIRTUAL_ENV": str(other),
        "LC_ALL": "C",
        "http_proxy": NOWHERE,
        "https_proxy": NOWHERE,
        "all_proxy": NOWHERE,
    }


def no_home(folder: Path) -> dict[str, str]:
    """A home folder in which nothing can be written, not even by root."""
    home = str(write(folder / "a file", ""))
    return {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "XDG_DATA_HOME": home}


MACHINES = {"everything configured": contrary_machine, "home cannot be written": no_home}


class Checkout:
    """The Makefile and the tools, one small notebook, and an environment that is ready."""

    def __init__(self, folder: Path, machine: Callable[[Path], dict[str, str]]) -> None:
        self.folder, self.machine = folder, machine
        for name in ("Makefile", "pyproject.toml", "constraints.txt", "tools", "tests/nbval_sanitize.cfg"):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
        cells = [nbformat.v4.new_code_cell(source, id=f"cell-{index}") for index, source in enumerate(LESSON)]
        write(folder / "tools" / "generated_text.py", "")  # writes into texts that are not here
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        self.notebook = folder / "notebooks" / "00_start_here.ipynb"
        write(self.notebook, nbformat.writes(notebook))
        (folder / ".venv").mkdir()
        for part in Path(sys.prefix).iterdir():
            if part.name not in ("var", ".ready"):
                (folder / ".venv" / part.name).symlink_to(part)
        write(folder / ".venv" / ".ready", f"{folder.resolve()}\n")
        unset = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "DISPLAY", "WAYLAND_DISPLAY", "LC_ALL")
        ours = isolated.environment({})  # a user comes without these
        given = {name: value for name, value in os.environ.items() if name not in unset and name not in ours}
        self.environment = given | {"PATH": os.environ["PATH"], "BROWSER": "true"} | machine(folder.parent)

    def make(self, *targets: str) -> str:
        """What a target prints; it must end well."""
        done = subprocess.run(
            ["make", *targets],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(params=MACHINES.values(), ids=list(MACHINES))
def checkout(request, tmp_path):
    return Checkout(tmp_path / "checkout", request.param)


@needs_make
def test_notebooks_run_in_our_python_under_our_settings(checkout):
    checkout.make("outputs", "NB=notebooks/00_start_here.ipynb")
    outputs = [output for cell in nbformat.read(checkout.notebook, as_version=4).cells for output in cell.outputs]
    assert [output["data"]["text/plain"][0] for output in outputs] == ["✓"] * 3, outputs  # and no stderr
    if checkout.machine is no_home:
        return  # the others would meet nothing else
    assert "every claim held" in checkout.make("claims", "SEEDS=1")
    assert "4 passed" in checkout.make("test", "NB=notebooks/00_start_here.ipynb")


@needs_make
def test_lab_opens_the_notebooks_and_offers_our_kernel(checkout, tmp_path):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    log = tmp_path / "log"
    with log.open("w") as told:
        lab = subprocess.Popen(
            ["make", "lab"],
            cwd=checkout.folder,
            env=checkout.environment,
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + 60
        while not (address := re.search(r"(http://127\.0\.0\.1:\d+)/\S*\?token=(\w+)", log.read_text())):
            assert time.monotonic() < end and lab.poll() is None, log.read_text()
            time.sleep(0.2)

        def ask(path, method="GET"):
            request = urllib.request.Request(f"{address[1]}/api/{path}token={address[2]}", method=method)
            while True:
                try:
                    with direct.open(request, timeout=20) as answer:
                        return json.loads(answer.read() or "null")
                except urllib.error.HTTPError:
                    raise
                except OSError:  # the address is told a moment before somebody answers there
                    assert time.monotonic() < end, log.read_text()
                    time.sleep(0.2)

        assert ask("contents/notebooks/00_start_here.ipynb?content=0&")["name"] == "00_start_here.ipynb"
        spec = ask("kernelspecs?")["kernelspecs"]["python3"]["spec"]
        assert "ipykernel_launcher" in spec["argv"]
        ask("shutdown?", method="POST")
        assert lab.wait(timeout=30) == 0
    finally:
        if lab.poll() is None:
            os.killpg(lab.pid, signal.SIGTERM)  # make and what it has started
            lab.wait()


def test_a_proxy_does_not_stand_before_our_own_servers(tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", NOWHERE)
    started = time.monotonic()
    with labs.jupyterlab(tmp_path):
        assert time.monotonic() - started < 50  # it used to wait for a minute, and fail


def test_environment_is_the_same_when_made_twice_and_keeps_what_is_not_ours():
    given = {"PATH": "/bin", "HOME": "/home/jane", "http_proxy": NOWHERE, "NO_PROXY": "intranet", "LANG": "de_DE.UTF-8"}
    given |= {"AEUTILS_SEED": "3", "PIP_INDEX_URL": "https://mirror", "OMP_NUM_THREADS": "2", "JUPYTER_TOKEN": "secret"}
    inside = isolated.environment(given)
    assert isolated.environment(inside) == inside
    for name in ("HOME", "http_proxy", "LANG", "AEUTILS_SEED", "PIP_INDEX_URL", "OMP_NUM_THREADS", "JUPYTER_TOKEN"):
        assert inside[name] == given[name]
    assert inside["no_proxy"] == inside["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"
    assert inside["PATH"].endswith("/bin")


def test_one_thread_unless_asked_for_more():
    assert isolated.environment({})["OMP_NUM_THREADS"] == "1"


def test_proxies_that_are_not_there_or_never_used_stay_so():
    assert not {"no_proxy", "NO_PROXY"} & set(isolated.environment({}))  # the system's own are still asked for
    assert isolated.environment({"http_proxy": NOWHERE, "no_proxy": "*"})["NO_PROXY"] == "*"


def test_what_was_set_inside_jupyterlab_stays_set(tmp_path):
    theirs = isolated.environment({"JUPYTER_CONFIG_DIR": str(tmp_path)})["JUPYTERLAB_SETTINGS_DIR"]
    assert theirs == str(tmp_path / "lab" / "user-settings")


def test_an_environment_that_cannot_be_written_is_no_hindrance(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(write(tmp_path / "a file", "")))
    folder = Path(isolated.environment({"XDG_CACHE_HOME": str(tmp_path / "cache")})["MPLCONFIGDIR"])
    assert tmp_path / "cache" in folder.parents
    monkeypatch.setattr(isolated.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    folder = Path(isolated.environment({"XDG_CACHE_HOME": sys.prefix})["MPLCONFIGDIR"])
    assert tmp_path / "temporary" in folder.parents


# A project that pip can build with nothing at hand: the wheel only says where the package is.
BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name, info = "aeutils-0.1-py3-none-any.whl", "aeutils-0.1.dist-info/"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("aeutils.pth", str(pathlib.Path.cwd()))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: aeutils\\nVersion: 0.1\\n"
                       "Requires-Dist: demo-needed\\nProvides-Extra: test\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: us\\nRoot-Is-Purelib: true\\n"
                       "Tag: py3-none-any\\n")
        wheel.writestr(info + "top_level.txt", "aeutils\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
PROJECT = (
    '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "aeutils"\n'
)
METADATA = "Metadata-Version: 2.1\nName: demo-needed\nVersion: 1.0\n"


def wheel_of_what_is_needed(folder: Path, code: str) -> None:
    """`demo_needed-1.0-py3-none-any.whl`, whose only module has this code."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "demo_needed-1.0-py3-none-any.whl", "w") as wheel:
        info = "demo_needed-1.0.dist-info/"
        wheel.writestr("demo_needed.py", code)
        wheel.writestr(info + "METADATA", METADATA)
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "demo_needed.py,,\n")


@pytest.fixture
def set_up(tmp_path):
    """`set_up(code of the module that is needed)`: make's status, what it said, and the folder with `.venv`."""

    def run(code: str) -> tuple[int, str, Path]:
        folder = tmp_path / "checkout"
        for name in ("isolated.py", "check_setup.py", "jupyter_settings.py"):
            (folder / "tools").mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "tools" / name, folder / "tools")
        shutil.copy(ROOT / "Makefile", folder)
        write(folder / "pyproject.toml", PROJECT)
        write(folder / "constraints.txt", "")
        write(folder / "backend.py", BACKEND)
        write(folder / "aeutils" / "__init__.py", "")
        wheel_of_what_is_needed(tmp_path / "wheels", code)
        # What is installed elsewhere, and settings that send packages elsewhere, beside those that say where they are.
        path, elsewhere = tmp_path / "path", tmp_path / "elsewhere"
        write(path / "demo_needed.py", "")
        write(
            path / "demo_needed-1.0.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: demo-needed\nVersion: 1.0\n"
        )
        config = f"[global]\nuser = true\nno-index = true\nfind-links = {tmp_path / 'wheels'}\n"
        config += f"[install]\ntarget = {elsewhere}\n"
        machine = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path / "home"),
            "PYTHON": sys.executable,
            "PYTHONPATH": str(path),
            "PIP_CONFIG_FILE": str(write(tmp_path / "pip.conf", config)),
            "PIP_PREFIX": str(elsewhere),
            "PIP_DRY_RUN": "1",
            "PIP_NO_DEPS": "1",
        }
        done = subprocess.run(
            ["make", ".venv/.ready"],
            cwd=folder,
            env=machine,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
        )
        return done.returncode, done.stdout, folder

    return run


@needs_make
def test_set_up_installs_here_whatever_pip_is_told(set_up):
    status, told, folder = set_up("")
    assert status == 0, told
    command = "import aeutils, demo_needed; print(demo_needed.__file__)"
    done = subprocess.run(
        [folder / ".venv/bin/python", "-I", "-c", command], capture_output=True, text=True, check=True
    )
    assert str(folder / ".venv") in done.stdout
    assert not (folder.parent / "elsewhere").exists()
    assert (folder / ".venv" / ".ready").exists()


@needs_make
def test_set_up_is_not_called_ready_when_something_cannot_be_imported(set_up):
    status, told, folder = set_up("raise OSError('libexample.so is missing')")
    assert status != 0
    assert "it cannot be used: demo-needed: OSError: libexample.so is missing" in told
    assert "Set-up stopped" in told and not (folder / ".venv" / ".ready").exists()

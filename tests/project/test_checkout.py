"""A checkout has the same bytes whatever git is told about line ends."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_line_ends_are_the_same_where_git_would_change_them(tmp_path):
    def git(*arguments):
        contrary = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf", "-c", "core.safecrlf=false")
        subprocess.run(["git", *contrary, *arguments], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)

    files = [".ci/run", ".gitattributes", "LICENSE", "Makefile", "pyproject.toml"]
    for folder in ("aeutils", "data", "notebooks", "tests", "tools"):
        found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
        files += [str(path) for path in found if not {"MNIST", "FashionMNIST", "__pycache__"} & set(path.parts)]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    git("init", "--quiet")
    git("add", "--all")
    for name in files:
        if name != ".gitattributes":
            (tmp_path / name).unlink()
    git("checkout", "--", ".")
    changed = [name for name in files if (tmp_path / name).read_bytes() != (ROOT / name).read_bytes()]
    assert changed == []

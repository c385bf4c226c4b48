"""The checks, for `make lint`, `make check` and `make test`, and for machines without make.

    python tools/isolated.py tools/suite.py test                     # everything
    python tools/isolated.py tools/suite.py test notebooks/01*.ipynb # these notebooks alone
    python tools/isolated.py tools/suite.py test --since main        # all tests, and the notebooks changed since then

Notebooks and tests run on all cores. Tests marked `alone` measure how fast something answers: they run by themselves
once the others are done. Types are checked while the others run.
"""

from __future__ import annotations

import argparse
import glob
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import browser
import joblib

ROOT = Path(__file__).resolve().parents[1]
CHECKED = ["aeutils", "docs", "tests", "tools", "notebooks"]
# What takes longest comes first: else one worker would be left with it when the others are done.
TESTS = ["tests/explorer", "tests/project", "tests/package", "tests/notebooks"]
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
WORKER_BYTES = 1.5e9  # a test process with PyTorch, and the kernel of its notebook


def workers() -> int:
    """How many run at the same time: one more than there are cores, since some wait, if the memory suffices."""
    count = min(joblib.cpu_count() + 1, 16)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        count = min(count, int(memory / WORKER_BYTES))
    return max(count, 1)


def run(*command: str) -> int:
    """The exit status of a command. Ctrl-C reaches it too, and it is given the time to clean up."""
    child = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"AEUTILS_PROGRESS": "0"})
    interrupted = False
    while True:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            interrupted = True
        else:
            if interrupted:
                raise SystemExit(130)
            return status


def python(*arguments: str) -> int:
    return run(sys.executable, "-m", *arguments)


def pytest(*arguments: str, at_most: int = 1000) -> int:
    """Run pytest, in at most so many processes; where no test is left over, all is well."""
    count = min(workers(), at_most)
    # One file stays with one worker: a notebook's cells need one another.
    spread = [f"--numprocesses={count}", "--dist=loadfile", "--no-loadscope-reorder"] if count > 1 else []
    status = python("pytest", *spread, *arguments)
    return 0 if status == 5 else status


def style() -> int:
    """Style and format; the first that fails ends it."""
    return python("ruff", "check", *CHECKED) or python("ruff", "format", "--check", *CHECKED)


def types() -> int:
    """The types of the package and the tools, and those of the explorer's browser side."""
    if status := python("mypy"):
        return status
    if browser.NODE and browser.TSC:
        explorer, site = (f"{folder}/jsconfig.json" for folder in ("aeutils/explorer/body", "docs/live"))
        return run(browser.TSC, "--project", explorer) or run(browser.TSC, "--project", site)
    print(f"Skipped, the types of what runs in the browser: {browser.NO_TYPESCRIPT}")
    return 0


def measuring() -> list[str]:
    """The files with tests marked `alone`; no other need be imported for them."""
    files = [path for folder in TESTS for path in sorted((ROOT / folder).rglob("test_*.py"))]
    return [path.relative_to(ROOT).as_posix() for path in files if "@pytest.mark.alone" in path.read_text("utf-8")]


def changed_notebooks(since: str) -> list[str]:
    """Notebooks that differ from those where this branch left `since`."""
    command = ["git", "diff", "--name-only", "--diff-filter=d", f"{since}...HEAD", "--", "notebooks/*.ipynb"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def main(arguments: list[str]) -> int:
    """Run what was asked for; 0 when all of it is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["lint", "check", "test"])
    parser.add_argument("notebooks", nargs="*", help="only these, and no other tests")
    parser.add_argument("--since", metavar="BRANCH", help="all tests, but of the notebooks only those changed since")
    options = parser.parse_args(arguments)
    if options.notebooks:
        files = [path for pattern in options.notebooks for path in sorted(glob.glob(pattern)) or [pattern]]
        return pytest(*NBVAL, *files, at_most=len(files))
    if (status := style()) or options.what != "test":
        status = status or types()
        return pytest("-m", "not slow", "tests/package") if options.what == "check" and not status else status
    notebooks = ["notebooks"] if options.since is None else changed_notebooks(options.since)
    first, *others = TESTS
    with ThreadPoolExecutor(1) as beside:
        checked = beside.submit(types)
        status = pytest("-m", "not alone", *NBVAL, first, *notebooks, *others)
    if checked.result():
        print("The types do not check: see above, or make lint.")
    return pytest("-m", "alone", *measuring(), at_most=1) or status or checked.result()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What `make test` and its kin run, without running it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import suite

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def commands(monkeypatch):
    """The commands that would run, with two cores; each ends well, unless `statuses` has one for words in it."""
    ran = []

    def run(*command):
        ran.append(list(command[2:]) if command[0] == sys.executable else ["tsc"])
        return next((status for words, status in statuses.items() if words in " ".join(ran[-1])), 0)

    statuses = run.statuses = {}
    monkeypatch.setattr(suite, "run", run)
    monkeypatch.setattr(suite, "workers", lambda: 2)
    monkeypatch.setattr(suite.browser, "TSC", None)
    return ran


STYLE_AND_TYPES = [["ruff", "check"], ["ruff", "format"], ["mypy"]]
MEASURING = ["tests/explorer/test_sheet.py", "tests/notebooks/test_panels_in_lab.py"]
SPREAD = ["--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder"]


def first_words(commands):
    return [command[:2] for command in commands[:3]]


def test_everything_runs_side_by_side_except_what_measures_time(commands):
    assert suite.main(["test"]) == 0
    assert first_words(commands)[:2] == STYLE_AND_TYPES[:2]
    types, tests = sorted(commands[2:4], key=len)  # side by side
    assert types == ["mypy"]
    assert tests == ["pytest", *SPREAD, "-m", "not alone", *suite.NBVAL, suite.TESTS[0], "notebooks", *suite.TESTS[1:]]
    assert commands[4:] == [["pytest", "-m", "alone", *MEASURING]]
    everywhere = {path.relative_to(ROOT).parts[:2] for path in (ROOT / "tests").rglob("test_*.py")}
    assert everywhere == {tuple(folder.split("/")) for folder in suite.TESTS}


def test_between_edits_the_package_is_tested(commands):
    assert suite.main(["check"]) == 0
    assert first_words(commands) == STYLE_AND_TYPES
    assert commands[3:] == [["pytest", *SPREAD, "-m", "not slow", "tests/package"]]


def test_named_notebooks_are_all_that_is_run(commands):
    pattern = "notebooks/0[01]*.ipynb"  # as where no shell has looked at it
    assert suite.main(["test", pattern]) == 0
    names = ["notebooks/00_start_here.ipynb", "notebooks/01_model_structure.ipynb"]
    assert commands == [["pytest", *SPREAD, *suite.NBVAL, *names]]
    suite.main(["test", names[0]])
    assert commands[1] == ["pytest", *suite.NBVAL, names[0]]


def test_a_failure_counts_and_no_test_left_over_does_not(commands, monkeypatch):
    suite.run.statuses |= {"not alone": 1, "-m alone": 5}
    assert suite.main(["test"]) == 1 and len(commands) == 5, "what measures time runs all the same"
    commands.clear()
    suite.run.statuses.clear()
    suite.run.statuses |= {"mypy": 1}
    assert suite.main(["test"]) == 1 and len(commands) == 5, "types count, too"
    assert suite.main(["lint"]) == suite.main(["check"]) == 1 and len(commands) == 11, "and no test is run"
    commands.clear()
    suite.run.statuses |= {"ruff format": 1}
    assert suite.main(["test"]) == 1 and len(commands) == 2, "style first"


def test_of_the_notebooks_those_that_were_changed(commands, monkeypatch, tmp_path):
    def git(*arguments):
        name = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
        subprocess.run(["git", *name, *arguments], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)

    def write(name, text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        git("add", name)

    git("init", "--quiet", "--initial-branch=main")
    for name in ("notebooks/00.ipynb", "notebooks/01.ipynb", "notebooks/02.ipynb", "aeutils/x.py"):
        write(name, "before")
    git("commit", "--quiet", "--message=before")
    git("checkout", "--quiet", "-b", "branch")
    write("notebooks/01.ipynb", "after")
    write("notebooks/03.ipynb", "new")
    write("aeutils/x.py", "after")
    git("rm", "--quiet", "notebooks/02.ipynb")
    git("commit", "--quiet", "--message=after")
    monkeypatch.setattr(suite, "ROOT", tmp_path)
    assert suite.main(["test", "--since", "main"]) == 0
    tests = max(commands, key=len)
    assert tests[-5:] == ["notebooks/01.ipynb", "notebooks/03.ipynb", *suite.TESTS[1:]]


def test_there_is_at_least_one_worker(monkeypatch):
    assert 1 <= suite.workers() <= (os.cpu_count() or 1) + 1
    monkeypatch.setattr(suite, "WORKER_BYTES", 1e15)
    assert suite.workers() == 1


TIDY = """
import pathlib, sys, time
place = pathlib.Path(sys.argv[1])
(place / "started").touch()
try:
    time.sleep(60)
finally:
    time.sleep(1)  # longer than subprocess.run would wait
    (place / "tidied").touch()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of process groups are Unix's")
def test_ctrl_c_leaves_time_to_tidy_up(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, 'tools'); import suite; suite.run(sys.executable, '-c', {TIDY!r}, sys.argv[1])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not (tmp_path / "started").exists():
        assert time.monotonic() < end and running.poll() is None
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(timeout=30) == 130
    assert (tmp_path / "tidied").exists()

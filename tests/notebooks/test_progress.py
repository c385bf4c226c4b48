"""What is noted of a learner stays whole, stays here, and is noted only where somebody works; votes are counted."""

import json
import multiprocessing
import os
import signal
import sqlite3
import sys
import types

import isolated
import nbformat
import notebook_runs
import pytest

import aeutils as ae
from aeutils import runtime
from aeutils.chapters.ch00 import exercises
from aeutils.lessons import claim, predict, record, votes

ANSWERS = {"three_rates": lambda: (0.5, 1.0, 1.5), "numbers_to_store": lambda n, k: n * k + 257 * 784 + 256 * (k + 1)}
needs_fork = pytest.mark.skipif(os.name == "nt", reason="Windows has no fork")


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Where it is noted, in this test."""
    monkeypatch.setattr(record, "file", lambda: tmp_path / "data" / "progress.sqlite3")
    return record.file()


@pytest.fixture
def kernel(file, monkeypatch):
    """As if this ran in a notebook, notebook 00, that somebody works in."""
    shell = types.SimpleNamespace(config={"IPKernelApp": {}}, user_ns={"check": exercises})
    monkeypatch.setattr(runtime, "running_shell", lambda: shell)
    monkeypatch.delenv("AEUTILS_RECORD")
    monkeypatch.delenv("AEUTILS_VOTES", raising=False)
    return shell


def test_what_is_solved_and_seen_is_noted(kernel, capsys):
    assert "Nothing solved" in repr(ae.my_progress())
    for name, answer in ANSWERS.items():
        assert getattr(exercises, name)(answer).status == "Correct"
    exercises.components_for(lambda variances, share: 1)
    claim("A sentence", True)
    claim("Another one", True)
    claim("Another one", False)
    found = record.read()
    assert set(found.solved) == {"0.1", "0.3"}
    assert found.seen == {("00", "A sentence"): True, ("00", "Another one"): False}
    shown = ae.my_progress()
    assert "Exercises solved: 2. Claims seen: 2." in repr(shown)
    assert "0 · Start here: 2 of 4 exercises solved (left: 0.2, 0.4), 2 claims seen" in repr(shown)
    assert "2 of 4 exercises solved (left: 0.2, 0.4)</td>" in shown._repr_html_() and str(record.file()) in repr(shown)
    assert ae.forget_progress() == "Forgotten." and ae.forget_progress() == "There was nothing to forget."
    assert record.read() == record.Record() and not record.file().exists()


def test_a_notebook_without_exercises_is_known_by_its_file(kernel, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/somewhere/work/cookbook.ipynb")
    kernel.user_ns.clear()
    record.seen("A recipe", True)
    assert "Cookbook" in repr(ae.my_progress()) and ("cookbook", "A recipe") in record.read().seen


@pytest.mark.parametrize("where", ["no notebook", "off", "isolated", "a program of ours"])
def test_nothing_is_noted_where_nobody_works(kernel, file, monkeypatch, tmp_path, where):
    monkeypatch.setenv("AEUTILS_VOTES", str(tmp_path))
    if where == "no notebook":
        monkeypatch.setattr(runtime, "running_shell", lambda: None)
    elif where == "off":
        monkeypatch.setenv("AEUTILS_RECORD", "0")
    elif where == "isolated":
        monkeypatch.setenv("AEUTILS_RECORD", isolated.environment({"AEUTILS_RECORD": "1"})["AEUTILS_RECORD"])
    else:
        monkeypatch.setenv("AEUTILS_RECORD", "only in lab")
    record.solved("0.1")
    record.seen("A sentence", True)
    votes.cast("Which?", ["a", "b"], "a")
    assert record.nobody() == "" and not file.parent.exists() and list(tmp_path.iterdir()) == []
    assert "Nothing is being noted here" in repr(ae.my_progress())


def test_who_switched_it_off_has_it_off_in_the_lab_too():
    assert isolated.environment({"AEUTILS_RECORD": "0"})["AEUTILS_RECORD"] == "0"
    assert isolated.environment(isolated.environment({}))["AEUTILS_RECORD"] == "only in lab"


def damaged(kind, file):
    record.solved("0.1")
    whole = file.read_bytes()
    file.write_bytes({"empty": b"", "text": b"no data base\n" * 900, "half": whole[: len(whole) // 2]}.get(kind, whole))
    if kind == "overwritten":
        file.write_bytes(whole[:100] + b"\xa5" * (len(whole) - 100))
    if kind == "other tables":
        file.unlink()
        with sqlite3.connect(file) as db:
            db.execute("CREATE TABLE solved (other TEXT)")


@pytest.mark.parametrize("kind", ["empty", "text", "half", "overwritten", "other tables"])
def test_a_damaged_file_is_set_aside_and_the_lesson_goes_on(kernel, file, kind):
    damaged(kind, file)
    repr(ae.my_progress())
    record.solved("0.2")
    record.seen("A sentence", True)
    assert "0.2" in record.read().solved and len(record.read().seen) == 1
    if kind != "empty":
        assert [path.name for path in file.parent.glob("*.damaged")] == ["progress.sqlite3.damaged"]
    record.forget()
    assert list(file.parent.iterdir()) == []


def test_where_nothing_can_be_written_nothing_is_raised(kernel, file):
    file.parent.write_text("a file in the place of the folder", encoding="utf-8")
    record.solved("0.1")
    claim("A sentence", True)
    assert record.read() == record.Record() and record.nobody() == ""


@needs_fork
def test_many_kernels_at_once_lose_nothing(kernel):
    def work(i):
        for j in range(10):
            record.solved(f"{i}.{j}")
            record.seen(f"sentence {j}", i % 2 == 0)

    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=work, args=(i,)) for i in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 6
    assert len(record.read().solved) == 60 and len(record.read().seen) == 10


@needs_fork
def test_a_kernel_that_is_killed_while_it_writes_leaves_the_file_whole(kernel):
    record.solved("0.1")

    def work():
        def half(db):
            db.execute("INSERT INTO solved VALUES ('0.2', 'today')")
            os.kill(os.getpid(), signal.SIGKILL)

        record._in_file(half, None)

    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    assert set(record.read().solved) == {"0.1"}
    record.solved("0.3")
    assert set(record.read().solved) == {"0.1", "0.3"}


def test_votes_are_collected_where_a_folder_is_named_and_counted(kernel, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "votes"
    folder.mkdir()
    guess = predict("Which of 12?", ["one", "two"])
    guess.guess = "one"
    assert list(folder.iterdir()) == []  # off
    monkeypatch.setenv("AEUTILS_VOTES", str(folder))
    for student, choices in {"ann": ["one", "two"], "../bob": ["two"], "": ["one"]}.items():
        monkeypatch.setenv("JUPYTERHUB_USER", student)
        for choice in choices:
            guess = predict(f"Which of {12 + len(student)}?", ["one", "two"])
            guess.guess = choice
    named = {path.name for path in folder.iterdir()}
    assert len(named) == 3 and {"ann.jsonl", "..%2Fbob.jsonl", f"{record.nobody()}.jsonl"} == named
    assert set(json.loads((folder / "ann.jsonl").read_text().splitlines()[0])) == {"question", "options", "guess", "at"}
    (folder / "broken.jsonl").write_text('{"question": 1}\n[]\nno json\n{"question": "Which of 1?", "opt')
    (folder / "link.jsonl").symlink_to(folder / "ann.jsonl")
    capsys.readouterr()
    votes.main([str(folder), "--last"])
    shown = capsys.readouterr().out
    assert shown.splitlines()[0].endswith("(3 votes)") and "ann" not in shown and "bob" not in shown
    assert [line.split()[:2] for line in shown.splitlines()[1:]] == [["one", "1"], ["two", "2"]]


def test_no_link_is_followed_and_a_missing_folder_is_told(kernel, tmp_path, monkeypatch, capsys):
    if not hasattr(os, "O_NOFOLLOW"):
        pytest.skip("this system's links cannot be told from files when they are opened")
    monkeypatch.setenv("AEUTILS_VOTES", str(tmp_path))
    monkeypatch.setenv("JUPYTERHUB_USER", "ann")
    (tmp_path / "other").write_text("", encoding="utf-8")
    (tmp_path / "ann.jsonl").symlink_to(tmp_path / "other")
    votes.cast("Which?", ["a", "b"], "a")
    assert (tmp_path / "other").read_text(encoding="utf-8") == ""
    with pytest.raises(SystemExit):
        votes.main([str(tmp_path / "nowhere")])
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="where a program's data lie is set by a variable on Linux alone")
def test_a_real_kernel_notes_it_in_a_lab_and_not_in_our_own_runs(tmp_path):
    code = [
        "import os\nfrom aeutils.chapters.ch00 import exercises as check\nfrom aeutils.lessons import claim, record\n"
        "claim('In our own runs', True)\nprint(record.file().exists())",
        "del os.environ['AEUTILS_RECORD']  # as tools/lab.py does\nclaim('In a lab', True)\n"
        "print(record.file(), record.read())",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in code])
    notebook_runs.execute(notebook, tmp_path, XDG_DATA_HOME=str(tmp_path / "home"))
    ours, lab = (cell.outputs[-1].text for cell in notebook.cells)
    assert ours == "False\n"
    assert str(tmp_path / "home" / "aeutils") in lab and "{('00', 'In a lab'): True}" in lab

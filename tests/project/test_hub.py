"""The shared machine: its parts, its numbers, and two pretend students on a hub that really runs."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml
from hub import accounts, server, start, watch
from page_links import fault, links, text_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "hub" / "index.md"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a hub needs Linux: each student is an account of it")


def test_kubernetes_has_the_numbers_of_the_one_machine():
    values = yaml.safe_load((ROOT / "docs" / "hub" / "values.yaml").read_text(encoding="utf-8"))
    limit, plan, idle = (start.numbers()[name] for name in ("limit", "plan", "idle"))
    student = values["singleuser"]
    assert student["memory"] == {"guarantee": plan["memory"], "limit": limit["memory"]}
    assert student["cpu"] == {"guarantee": plan["cores"], "limit": limit["cores"]}
    assert (values["cull"]["timeout"], values["cull"]["every"]) == (idle["server"], idle["look"])
    kernels = student["extraFiles"]["kernels"]["data"]["MappingKernelManager"]
    assert kernels == {"cull_idle_timeout": idle["kernel"], "cull_interval": idle["look"], "cull_connected": True}
    assert [name for name in student["cmd"] if name.startswith("tools/") and not (ROOT / name).is_file()] == []


def test_the_page_has_the_same_numbers_and_its_links_lead_somewhere():
    text = text_of(PAGE)
    limit, plan, idle = (start.numbers()[name] for name in ("limit", "plan", "idle"))
    for wanted in (
        f"{limit['memory'].rstrip('G')} GB of memory",
        f"{plan['memory'].rstrip('G')} GB for each",
        f"{idle['kernel'] // 60} minutes",
        f"{idle['server'] // 60} minutes",
    ):
        assert wanted in text, wanted
    assert list(filter(None, (fault(PAGE, link) for link in links(text)))) == []


def test_a_student_has_copies_of_their_own_and_links_to_the_rest(tmp_path, monkeypatch):
    assert server.prepare(tmp_path) == "work/00_start_here.ipynb"
    course = tmp_path / server.COURSE
    mine = course / "work" / "00_start_here.ipynb"
    assert mine.is_file() and not mine.is_symlink()
    assert (course / "notebooks").resolve() == ROOT / "notebooks" and (course / "README.md").is_file()
    mine.write_text("mine")
    (course / "data").unlink()
    (course / "data").mkdir()
    (course / "notebooks").unlink()
    (course / "notebooks").symlink_to(tmp_path / "where it was before")
    assert server.prepare(tmp_path) == "work/00_start_here.ipynb"
    assert mine.read_text() == "mine" and not (course / "data").is_symlink()
    assert (course / "notebooks").resolve() == ROOT / "notebooks"


def test_a_students_edition_takes_the_place_of_the_checkout(tmp_path):
    edition, home = tmp_path / "edition", tmp_path / "home"
    (edition / "notebooks").mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "lesson_90.ipynb", edition / "notebooks")
    home.mkdir()
    assert server.prepare(home, edition, "lesson_90.ipynb") == "work/lesson_90.ipynb"
    course = home / server.COURSE
    assert [path.name for path in (course / "work").glob("*.ipynb")] == ["lesson_90.ipynb"]
    assert (course / "notebooks").resolve() == edition / "notebooks" and not (course / "README.md").exists()


def test_where_nothing_can_be_written_the_stored_notebooks_open(tmp_path, capsys):
    (tmp_path / server.COURSE).write_text("in the way")
    assert server.prepare(tmp_path) == "notebooks/00_start_here.ipynb"
    assert "nothing that is done stays" in capsys.readouterr().out


def test_sockets_and_temporary_files_stay_in_the_home(tmp_path):
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        home = Path(short)
        (home / ".tmp").mkdir()
        (home / ".tmp" / "old").write_text("")
        places = [Path(place) for place in server.private_folders(home).values()]
        assert [stat.S_IMODE(place.stat().st_mode) for place in places] == [0o700, 0o700]
        assert all(place.parent == home and list(place.iterdir()) == [] for place in places)
    with pytest.raises(SystemExit, match="too long"):
        server.private_folders(tmp_path / ("long" * 30))


def test_the_largest_ends_and_the_server_stays():
    size = watch.size
    assert (size("3G"), size("1.5M"), size("7")) == (3 * 2**30, 3 * 2**19, 7)
    first, small, large = (watch.Process(*each) for each in ((10, 90, 1), (11, 20, 10), (12, 60, 10)))
    assert watch.too_large([first, small, large], 170, hub=1) is None
    assert watch.too_large([first, small, large], 169, hub=1) == large
    assert watch.too_large([first], 80, hub=1) == first  # it alone is too large
    assert watch.too_large([first._replace(own=50), first._replace(pid=13, own=50)], 80, hub=1) is None
    here = watch.processes([os.getuid()])[os.getuid()]
    (this,) = (process for process in here if process.pid == os.getpid())
    assert this.own > 10e6 and this.parent == os.getppid()


def test_slips_are_for_roots_eyes_and_the_last_one_counts(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(subprocess, "run", lambda command, input, **more: told.append((command, input)))
    file = tmp_path / "slips.txt"
    accounts.write_slips(file, "http://hub.example:8000", ["student01", "student02"])
    accounts.write_slips(file, "http://hub.example:8000", ["student02"])
    given = accounts.read_slips(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and sorted(given) == ["student01", "student02"]
    assert file.read_text().count("http://hub.example:8000") == 3
    assert [command for command, _ in told] == [["chpasswd"]] * 2
    assert told[1][1] == f"student02:{given['student02']}\n"
    assert re.fullmatch(r"([a-z]{4}-){3}[a-z]{4}", given["student01"]) and len(set(given.values())) == 2
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        accounts.write_slips(tmp_path / "link", "", ["student01"])


@pytest.mark.parametrize(
    "options, said",
    [
        (["--students", "0"], "expected 1 to 999"),
        (["--prefix", "Ä b"], "expected small letters"),
        (["--certificate", "c.pem"], "belong together"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(options, said):
    with pytest.raises(SystemExit, match=said):
        start.main(options)


def test_a_small_machine_is_told_before_the_lesson(monkeypatch):
    monkeypatch.setattr(start, "_memory", lambda: 12 * 2**30)
    memory, cores = start.advice(1000, {"memory": "1.2G", "cores": 0.5})
    assert "about 1200 GB" in memory and "about 10 at the same time" in memory and "500 are wanted" in cores
    assert start.advice(1, {"memory": "1.2G", "cores": 0.5}) == []


def test_closed_folders_are_named(tmp_path):
    tmp_path.chmod(0o755)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a").chmod(0o700)
    assert accounts.closed(inner) in (tmp_path / "a", *tmp_path.parents)


@pytest.mark.parametrize("with_systemd", [True, False])
def test_the_configuration_says_what_the_page_says(tmp_path, monkeypatch, with_systemd):
    pytest.importorskip("jupyterhub", reason="jupyterhub is not here: pip install -e '.[hub]'")
    from traitlets.config.loader import PyFileConfigLoader

    options = start.parser().parse_args(["--students", "100", "--folder", str(tmp_path), "--votes", "--memory", "4G"])
    made = start.settings(options, ["node", "proxy"], with_systemd)
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "class.json").write_text(json.dumps(made))
    monkeypatch.setenv("AEUTILS_HUB", str(tmp_path))
    loaded = PyFileConfigLoader(str(start.CONFIG)).load_config()
    assert loaded.Authenticator.allowed_users == {*made["students"], "teacher"} and len(made["students"]) == 100
    assert {"student01", "student99", "student100"} < loaded.Authenticator.allowed_users
    assert (loaded.Spawner.mem_limit, loaded.Spawner.cpu_limit) == ("4G", start.numbers()["limit"]["cores"])
    assert loaded.Spawner.environment["AEUTILS_VOTES"] == str(tmp_path / "votes")
    assert all(Path(name).is_file() for name in loaded.Spawner.cmd if name.endswith(".py"))
    scopes = {scope for role in loaded.JupyterHub.load_roles for scope in role["scopes"]}
    assert not any(scope.startswith(("access:", "admin:")) for scope in scopes)
    services = {service["name"]: service["command"] for service in loaded.JupyterHub.services}
    if with_systemd:
        assert loaded.JupyterHub.spawner_class == "systemdspawner.SystemdSpawner" and set(services) == {"idle-culler"}
        assert loaded.SystemdSpawner.unit_extra_properties["LimitDATA"] == "4G"
    else:
        assert services["memory"][-102:-99] == ["4G", "student01", "student02"]


@pytest.mark.slow
def test_two_students_on_a_hub_that_runs():
    if lacking := start.missing():
        pytest.skip(lacking)
    if not start.PROXY.exists():
        pytest.skip("JupyterHub's proxy is not here: make .venv/.hub fetches it")
    command = [sys.executable, "-I", str(ROOT / "tools" / "isolated.py"), str(ROOT / "tools" / "class_hub.py"), "check"]
    done = subprocess.run([*command, "--students", "2", "--small"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "led there" in done.stdout and "MemoryError" in done.stdout

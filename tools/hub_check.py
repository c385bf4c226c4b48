"""Tries the shared machine with pretend students: `make hub-check STUDENTS=8`. On Linux, as root; nothing of it stays.

In a room of its own (namespaces: files, processes, network) the hub is started as `make hub` starts it. Each student
logs in, runs all of notebook 01 and an explorer in their own kernel, and tries to read another's files. One takes too
much memory; one sits at a real browser; then all rest, until kernels and servers are stopped. Figures are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import re
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import browser
import hub
import hub_watch
import requests
from hub_server import COURSE
from hub_student import PATIENCE, Student

PORT = 8000
ADDRESS = f"http://127.0.0.1:{PORT}"
FOLDER = Path("/srv/autoencoders")
LOG = Path("/srv/hub.log")
NOTEBOOK = "work/01_model_structure.ipynb"
SECRET = "for no other eyes than those of "
CULLING = {"kernel": 240, "server": 360}  # seconds; students of the check may wait that long for one another
MEMORY = "2G"
TOKEN = "JUPYTERHUB_API_TOKEN"
EXPLORER = "import aeutils as ae\nseen = ae.load('mnist-5k')\nae.explore(ae.pca_autoencoder(seen, 2), seen)"


# ---- the room


def enter_room(arguments: list[str]) -> int:
    """Run this program again where its accounts, processes and ports are nobody else's; its exit status."""
    room = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return subprocess.run([*room, sys.executable, *sys.argv[:1], "--inside", *arguments]).returncode


def furnish_room() -> None:
    """Accounts that are copies, an empty /srv, a network of one, and a Python that students may run."""
    mount("tmpfs", Path("/srv"), "tmpfs", "mode=755")
    shutil.copytree("/etc", "/srv/etc", symlinks=True)
    mount("/srv/etc", Path("/etc"))
    open_ways([hub.ROOT, Path(sys.prefix), Path(sys.base_prefix)])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def open_ways(paths: list[Path]) -> None:
    """Where a folder on the way to these is closed to others, put one in its place that holds nothing but the ways."""
    while shut := next(filter(None, (hub.closed(path / "any") for path in paths)), None):
        behind = Path("/srv/behind")
        behind.mkdir(exist_ok=True)
        mount(str(shut), behind)
        mount("tmpfs", shut, "tmpfs", "mode=711")
        for path in paths:
            if shut in path.parents:
                path.mkdir(parents=True, exist_ok=True)
                mount(str(behind / path.relative_to(shut)), path)
        subprocess.run(["umount", str(behind)], check=True)


def mount(what: str, where: Path, kind: str = "", options: str = "") -> None:
    how = ["-t", kind, "-o", options] if kind else ["--bind"]
    subprocess.run(["mount", *how, what, str(where)], check=True)


@contextmanager
def running_hub(students: int, *options: str) -> Iterator[dict[str, str]]:
    """`make hub` for so many; name -> password, once it answers.

    Raises:
        SystemExit: it ended.
    """
    tools = hub.ROOT / "tools"
    command = [sys.executable, "-I", str(tools / "isolated.py"), str(tools / "hub.py"), "--votes"]
    command += ["--students", str(students)]
    command += ["--listen", "127.0.0.1", "--port", str(PORT), "--address", ADDRESS, "--folder", str(FOLDER), *options]
    with LOG.open("w") as log:
        started = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        until(lambda: started.poll() is not None or answers(), 120)
        if started.poll() is not None:
            raise SystemExit(LOG.read_text(encoding="utf-8"))
        yield hub.read_slips(FOLDER / "slips.txt")
    finally:
        started.terminate()
        started.wait()


def answers() -> bool:
    try:
        return requests.get(f"{ADDRESS}/hub/api/", timeout=10).ok
    except requests.RequestException:
        return False


def until(there: Callable[[], Any], patience: float) -> Any:
    """Wait for it; what it was at last."""
    end = time.monotonic() + patience
    while not (found := there()) and time.monotonic() < end:
        time.sleep(0.25)
    return found


# ---- what each student does


class Pretend(Student):
    """A student of the check, and what was found with them.

    Attributes:
        seconds: what took how long: "server" (from the slip to JupyterLab), "first cell" (from opening the notebook),
            "notebook" (all of its code cells).
        tried: in how many ways another's files were aimed at.
        leaks: which of these led there, in words; there should be none.
    """

    def __init__(self, name: str, password: str) -> None:
        super().__init__(ADDRESS, name, password)
        self.seconds: dict[str, float] = {}
        self.tried = 0
        self.leaks: list[str] = []
        self.account = pwd.getpwnam(name)
        self.home = Path(self.account.pw_dir)

    def arrive(self) -> None:
        begin = time.monotonic()
        self.log_in()
        self.seconds["server"] = time.monotonic() - begin
        self.save("work/secret.txt", SECRET + self.name)

    def run_notebook(self, cells: int | None) -> None:
        """Open their copy of notebook 01, run its code cells from the top, and save it with a line of their own."""
        begin = time.monotonic()
        notebook, self.at = self.open(NOTEBOOK)
        sources = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
        for number, source in enumerate(sources[:cells]):
            reply = self.at.run(source)
            if reply["status"] != "ok":
                raise RuntimeError(f"{self.name}: cell {number}: {reply}")
            self.seconds.setdefault("first cell", time.monotonic() - begin)
        self.seconds["notebook"] = time.monotonic() - begin
        notebook["cells"][0]["source"] += f"\n\nRead by {self.name}."
        self.told("PUT", f"contents/{NOTEBOOK}", {"type": "notebook", "format": "json", "content": notebook})

    def explore(self) -> None:
        """Show an explorer; ask it for a picture as its page does, and get one."""
        opened: list[dict[str, Any]] = []

        def seen(message: dict[str, Any]) -> None:
            if message["header"]["msg_type"] == "comm_open" and "payload" in str(message["content"]):
                opened.append(message["content"])

        reply = self.at.run(EXPLORER, seen)
        if reply["status"] != "ok" or not opened:
            raise RuntimeError(f"{self.name}: no explorer: {reply}")
        question = {"operation": "decode", "model": 0, "id": 1}
        content = {"comm_id": opened[-1]["comm_id"], "data": {"method": "custom", "content": question}}
        begin = time.monotonic()
        self.at.send("comm_msg", content, [struct.pack("<2f", 0.5, -0.5)])
        while (message := self.at.receive())["header"]["msg_type"] != "comm_msg":
            pass
        self.seconds["picture"] = time.monotonic() - begin
        pixels = sum(map(len, message["buffers"])) / 4
        if message["content"]["data"].get("content") != {"id": 1} or pixels != 784:
            raise RuntimeError(f"{self.name}: the explorer answered {pixels} pixels: {message['content']}")

    def vote(self) -> None:
        """Choose at a prediction, and look at the own progress."""
        code = "from aeutils.lessons import claim, predict\nchoice = predict('Which of the two?', ['one', 'two'])\n"
        reply = self.at.run(f"{code}choice.guess = 'one'\nclaim('One is one', 1 == 1)\nprint(ae.my_progress())")
        if "Claims seen: 0" in reply["text"] or str(self.home) not in reply["text"]:
            raise RuntimeError(f"{self.name}: nothing is noted: {reply}")

    def browse(self) -> None:
        """Sit at a real browser: type the slip, open a notebook, run its cell, drag the explorer's point."""
        path = "work/explorer.ipynb"
        cell: dict[str, Any] = {"cell_type": "code", "source": EXPLORER, "metadata": {}}
        cell |= {"outputs": [], "execution_count": None}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
        self.told("PUT", f"contents/{path}", {"type": "notebook", "format": "json", "content": notebook})
        with browser.chromium() as chromium:
            page = chromium.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(1000 * PATIENCE)
            page.goto(f"{ADDRESS}/hub/login?next=" + quote(f"/user/{self.name}/lab/tree/{path}"))
            page.get_by_label("Username").fill(self.name)
            page.get_by_label("Password").fill(self.password)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("button", name="| Idle").wait_for()
            begin = time.monotonic()
            page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
            page.keyboard.press("Shift+Enter")
            pad, picture = page.locator(".aex-pad").first, page.locator("[data-role=decoded][data-code]").first
            pad.wait_for()
            picture.wait_for()
            self.seconds["explorer"] = time.monotonic() - begin
            pad.scroll_into_view_if_needed()
            if page.locator(".jp-DebuggerBugButton, .jp-debugger").count():
                raise RuntimeError("JupyterLab's debugger is offered, whose port is open to every student")
            box, before = pad.bounding_box(), picture.get_attribute("data-code")
            assert box
            page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
            page.mouse.down()
            page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=8)
            page.mouse.up()
            if not until(lambda: picture.get_attribute("data-code") != before, 60):
                raise RuntimeError(f"{self.name}: the explorer in the browser does not follow the mouse")
            page.screenshot(path="/srv/browser.png")

    def attack(self, other: Pretend) -> None:
        """Try to read what is another's, in every way that comes to mind; what worked is in `leaks`."""
        secret = SECRET + other.name
        for path in ways_up(other):
            for place in ("api/contents", "api/contents/work", "files", "lab/tree"):
                self.note(f"{place}/{path}", secret in self.raw(f"/user/{self.name}/{place}/{path}"))
        other.at.start(SPEAK.format(secret))
        reply = self.at.run(f"ATTACK = {json.dumps(aims(other))}\n{ATTACK}")
        if reply["status"] != "ok":
            raise RuntimeError(f"{self.name}: {reply}")
        for what, led in json.loads(reply["text"].splitlines()[-1]):
            self.note(what, led)
        # Their server, with our cookies; a link of ours that leads into their home; the hub, with our server's token.
        for path in ("api/contents/work/secret.txt", "files/work/secret.txt", "api/kernels", "lab"):
            answer = self.raw(f"/user/{other.name}/{path}")
            self.note(f"/user/{other.name}/{path}", secret in answer or answer.startswith("HTTP 200"))
        link = {"from": str(other.home / COURSE / "work"), "to": f"a_way_in_{self.tried}"}
        token = self.at.run(f"import os\nos.symlink({link['from']!r}, {link['to']!r})\nprint(os.environ['{TOKEN}'])")
        self.note("through a link", self.ask("GET", f"contents/work/{link['to']}/secret.txt").ok)
        as_server = {"Authorization": f"token {token['text'].strip()}"}
        for method, path in (("GET", ""), ("GET", f"/{other.name}"), ("DELETE", f"/{other.name}/server")):
            there = f"{ADDRESS}/hub/api/users{path}"
            self.note(f"{method} {there}", requests.request(method, there, headers=as_server, timeout=60).ok)
        file = {"type": "file", "format": "text", "content": "changed"}
        self.note("writes into the shared notebooks", self.ask("PUT", "contents/notebooks/mine.txt", file).ok)

    def note(self, what: str, led: bool) -> None:
        """Something was tried, and led there or not."""
        self.tried += 1
        self.leaks += [what] if led else []

    def raw(self, path: str) -> str:
        """The answer to a path that is sent as it is, with the own cookies."""
        wanted = (each for each in self.browser.cookies if path.startswith(each.path))
        with closing(HTTPConnection("127.0.0.1", PORT, timeout=60)) as connection:
            connection.putrequest("GET", path, skip_accept_encoding=True)
            connection.putheader("Cookie", "; ".join(f"{each.name}={each.value}" for each in wanted))
            connection.endheaders()
            answer = connection.getresponse()
            return f"HTTP {answer.status}\n{answer.read().decode(errors='replace')}"


def ways_up(other: Pretend) -> list[str]:
    """Paths that would lead from a folder of a student's to another's secret, if nobody looked."""
    target = f"{other.name}/{COURSE}/work/secret.txt"
    ups = ["../../", "../../../", "work/../../../", "%2e%2e/%2e%2e/", "..%2f..%2f", "..%252f..%252f"]
    ups += ["....//....//", "..\\..\\"]
    return [*(f"{up}{target}" for up in ups), quote(f"{other.home}/{COURSE}/work/secret.txt"), f"/{other.home}"]


def aims(other: Pretend) -> dict[str, Any]:
    """For ATTACK, what is another's or root's."""
    user = other.account.pw_uid
    theirs = [each.pid for each in hub_watch.processes([user])[user]]
    of_root = [FOLDER / "slips.txt", *(FOLDER / "hub" / name for name in ("class.json", "jupyterhub.sqlite"))]
    of_root += [FOLDER / "hub" / "cookie_secret", Path("/etc/shadow")]
    own = [other.home / COURSE / "work" / name for name in ("secret.txt", Path(NOTEBOOK).name)]
    own += [FOLDER / "votes" / f"{other.name}.jsonl"]
    own += [Path(f"/proc/{pid}/{name}") for pid in theirs for name in ("environ", "mem", "maps", "root/etc/hostname")]
    closed = [other.home, other.home / ".run", other.home / ".tmp", *(Path(f"/proc/{pid}/fd") for pid in theirs)]
    closed += [FOLDER / name for name in ("votes", "students", "hub")]
    return {
        "files": list(map(str, own + of_root)),
        "folders": list(map(str, closed)),
        "written": [str(other.home / "mine"), str(hub.ROOT / "notebooks" / "mine"), str(hub.ROOT / "mine")],
        "processes": theirs,
        "ports": sorted(listening(user)),
        "sockets": [str(file) for file in (other.home / ".run").glob("*-ipc-2")],  # where a kernel tells what it prints
        "page": f"/user/{other.name}/api/contents/work/secret.txt",
        "secret": SECRET + other.name,
    }


SPEAK = "import time\nfor _ in range(50):\n    print({!r}, flush=True)\n    time.sleep(0.1)"  # five seconds

# Runs in a kernel. Prints what was tried, and whether it could be done.
ATTACK = """
import json, os, urllib.request, zmq
tried = []
def attempt(what, action):
    try:
        action()
        tried.append((what, True))
    except (OSError, ValueError):
        tried.append((what, False))
def listen(places):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.linger = 0
        socket.subscribe(b"")
        for place in places:
            socket.connect(place)
        if not socket.poll(2500):
            raise ValueError
attempt("listens to their kernel's ports", lambda: listen(f"tcp://127.0.0.1:{port}" for port in ATTACK["ports"]))
attempt("listens to their kernel's sockets", lambda: listen(f"ipc://{file}" for file in ATTACK["sockets"]))
for file in ATTACK["files"]:
    attempt("reads " + file, lambda: open(file, "rb").read(1))
for folder in ATTACK["folders"]:
    attempt("lists " + folder, lambda: os.listdir(folder))
for file in ATTACK["written"]:
    attempt("writes " + file, lambda: open(file, "w"))
for process in ATTACK["processes"]:
    attempt(f"signals {process}", lambda: os.kill(process, 0))
attempt("becomes root", lambda: os.setuid(0))
def page(port):
    token = {"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{ATTACK['page']}", headers=token)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
        if ATTACK["secret"] not in answer.read().decode():
            raise ValueError
for port in ATTACK["ports"]:
    attempt(f"opens a page at port {port}", lambda: page(port))
print(json.dumps(tried))
"""


# ---- what is measured, from outside


def listening(user: int) -> set[int]:
    """The ports on which a user's processes listen."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            place, state, owner = (line.split()[index] for index in (1, 3, 7))
            if state == "0A" and int(owner) == user:
                found.add(int(place.split(":")[1], 16))
    return found


def seconds_of(pid: int) -> float:
    """Processor time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """A process's memory in MB: resident (`Rss`), its share of it (`Pss`), its own (`own`)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = {name: int(value) / 1024 for name, value in re.findall(r"^(Rss|Pss|Pss_Anon): +(\d+) kB", text, re.M)}
    return {"Rss": found["Rss"], "Pss": found["Pss"], "own": found["Pss_Anon"]}


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def of_students(students: list[Pretend]) -> dict[str, list[dict[str, float]]]:
    """The memory and the processor time of all servers and of all kernels."""
    found: dict[str, list[dict[str, float]]] = {"server": [], "kernel": []}
    for processes in hub_watch.processes(student.account.pw_uid for student in students).values():
        for process in processes:
            command = command_of(process.pid)
            kind = "kernel" if "ipykernel" in command else "server" if "hub_server.py" in command else ""
            if kind:
                found[kind].append(memory(process.pid) | {"seconds": seconds_of(process.pid)})
    return found


def of_root() -> dict[str, float]:
    """The memory, in MB of its share, of each part of the hub."""
    parts = {
        "hub": "-m jupyterhub ",
        "proxy": "configurable-http-proxy",
        "idle culler": "jupyterhub_idle_culler",
        "memory watch": "hub_watch.py",
    }
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            command = command_of(int(folder.name))
            for name, mark in parts.items():
                if mark in command and "hub_check" not in command:
                    found[name] = memory(int(folder.name))["Pss"]
    return found


# ---- the lesson


class Lesson:
    """The check itself: everybody does a thing, then the next."""

    def __init__(self, students: list[Pretend]) -> None:
        self.students = students

    def all(self, action: Callable[[Pretend], Any]) -> float:
        """Let all do it at the same time; seconds until the last one is done. An error of one ends the check."""
        begin = time.monotonic()
        with ThreadPoolExecutor(len(self.students)) as together:
            for done in [together.submit(action, student) for student in self.students]:
                done.result()
        return time.monotonic() - begin

    def say(self, line: str) -> None:
        print(line, flush=True)

    def range(self, name: str) -> str:
        values = sorted(student.seconds[name] for student in self.students)
        return f"{values[len(values) // 2]:.1f} ({values[0]:.1f} to {values[-1]:.1f})"

    def arrive(self) -> None:
        self.all(Pretend.arrive)
        self.say(f"seconds from the slip to JupyterLab: {self.range('server')}")

    def work(self, cells: int | None) -> None:
        self.all(lambda student: student.run_notebook(cells))
        self.say(f"seconds from opening notebook 01 to its first cell's end: {self.range('first cell')}")
        if cells is None:
            self.say(f"seconds for all of notebook 01, all at once: {self.range('notebook')}")
        found = of_students(self.students)
        for kind, processes in found.items():
            if len(processes) != len(self.students):
                raise SystemExit(f"{len(processes)} processes of kind {kind}; expected {len(self.students)}")
            mean = {name: sum(each[name] for each in processes) / len(processes) for name in processes[0]}
            seconds = mean.pop("seconds")
            shown = ", ".join(f"{name} {value:.0f}" for name, value in mean.items())
            self.say(f"MB of a {kind}, mean of {len(processes)}: {shown}; processor time so far: {seconds:.1f} s")
        together = sum(each["Pss"] for processes in found.values() for each in processes)
        self.say(f"MB of all students together (Pss): {together:.0f}, {together / len(self.students):.0f} each")
        self.say(f"MB of the hub (Pss): {', '.join(f'{name} {mb:.0f}' for name, mb in of_root().items())}")

    def explore(self) -> None:
        self.all(Pretend.explore)
        self.say(f"explorers that opened and answered: {len(self.students)}, in seconds: {self.range('picture')}")

    def browse(self) -> None:
        student = self.students[-1]
        if browser.CHROMIUM is None:
            self.say(f"no browser: {browser.NO_CHROMIUM}")
            return
        student.browse()
        self.say(f"Chromium: an explorer, dragged, {student.seconds['explorer']:.1f} seconds after its cell was run")

    def vote(self) -> None:
        self.all(Pretend.vote)
        teacher = pwd.getpwnam("teacher")
        tally = subprocess.run(
            [sys.executable, "-I", "-m", "aeutils.lessons.votes", str(FOLDER / "votes"), "--last"],
            stdout=subprocess.PIPE,
            text=True,
            user=teacher.pw_uid,
            group=teacher.pw_gid,
            extra_groups=[],
            env={"PATH": os.environ["PATH"]},
        ).stdout
        if f"({len(self.students)} votes)" not in tally:
            raise SystemExit(f"The teacher sees other votes: {tally}")
        self.say(f"votes that the teacher saw: {len(self.students)}")

    def attack(self) -> None:
        others = [*self.students[1:], self.students[0]]
        for student, other in zip(self.students, others, strict=True):
            student.attack(other)
        leaks = [f"{student.name}: {leak}" for student in self.students for leak in student.leaks]
        if leaks:
            raise SystemExit("Not kept apart:\n" + "\n".join(leaks))
        self.say(f"ways to another's files that led there, of {sum(student.tried for student in self.students)}: 0")

    def open_a_door(self) -> None:
        """Would it have been noticed? With a home that all may enter the same attack gets in."""
        student, other = self.students[:2]
        other.home.chmod(0o755)
        (other.home / COURSE).chmod(0o755)
        student.leaks = []
        student.attack(other)
        other.home.chmod(0o700)
        if not any(leak.startswith("lists") for leak in student.leaks):
            raise SystemExit(f"A home was left open, and the attack did not get in: {student.leaks}")
        self.say(f"with a home left open on purpose: {len(student.leaks)} ways led there")

    def overflow(self) -> None:
        """One takes too much: at once, and bit by bit in two kernels. The others go on."""
        greedy, *others = self.students
        reply = greedy.at.run(f"too_much = bytearray({2 * hub_watch.size(MEMORY)})")
        if reply.get("ename") != "MemoryError" or greedy.at.run("print('on')")["text"] != "on\n":
            raise SystemExit(f"Too much memory at once: {reply}")
        self.say("too much memory in one cell: MemoryError, and the kernel goes on")
        part, kernels = hub_watch.size(MEMORY) * 6 // 10, []
        for _ in range(2):
            kernels.append(greedy.kernel(greedy.told("POST", "kernels", {"name": "python3"})["id"]))
            kernels[-1].start(f"much = b'1' * {part}")
        begin = time.monotonic()
        ended = until(lambda: re.findall(r"^(\w+): .* GB, limit", LOG.read_text(encoding="utf-8"), re.M), 60)
        if set(ended) != {greedy.name}:
            raise SystemExit(f"Two kernels with too much memory together: those of {ended or 'nobody'} were ended")
        self.say(f"too much memory in two kernels: the larger was ended after {time.monotonic() - begin:.1f} seconds")
        for kernel in kernels:
            kernel.close()
        for student in others:
            if student.at.run("print('on')")["text"] != "on\n":
                raise SystemExit(f"{student.name} could not go on")
        self.say(f"students who went on meanwhile: {len(others)}")

    def rest(self) -> None:
        """Nobody does anything: kernels are stopped, then servers; what was written is there the next time."""
        uids = [student.account.pw_uid for student in self.students]

        def running(mark: str) -> int:
            found = (each for processes in hub_watch.processes(uids).values() for each in processes)
            return sum(mark in command_of(each.pid) for each in found)

        begin, before = time.monotonic(), running("ipykernel")
        if until(lambda: running("ipykernel") == 0, CULLING["kernel"] + 240) is not True:
            raise SystemExit(f"{running('ipykernel')} of {before} idle kernels still run")
        self.say(f"idle kernels stopped: {before} of {before}, with pages open, after {time.monotonic() - begin:.0f} s")
        for student in self.students:
            student.at.close()
        if until(lambda: running("hub_server.py") == 0, CULLING["server"] + 240) is not True:
            raise SystemExit(f"{running('hub_server.py')} idle servers still run")
        self.say(f"idle servers stopped: {len(self.students)}, after {time.monotonic() - begin:.0f} s")
        self.come_back(self.students[0])

    def come_back(self, student: Pretend) -> None:
        """The next day, at another computer: what was written is there."""
        back = Pretend(student.name, student.password)
        back.log_in()
        if f"Read by {back.name}." not in back.told("GET", f"contents/{NOTEBOOK}")["content"]["cells"][0]["source"]:
            raise SystemExit(f"What {back.name} had written is gone")
        self.say(f"{back.name} came back, and found their own work")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--small", action="store_true", help="the first cell alone, no browser, no rest: for the tests")
    parser.add_argument("--cells", type=int, help="so many of notebook 01's code cells; all, if not given")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if lacking := hub.missing():
        print(lacking)
        return 1
    if not options.inside:
        hub.proxy()
        return enter_room(arguments)
    furnish_room()
    idle = ["--idle-kernel", str(CULLING["kernel"]), "--idle-server", str(CULLING["server"]), "--memory", MEMORY]
    with running_hub(options.students, *idle) as slips:
        lesson = Lesson([Pretend(name, slips[name]) for name in sorted(slips) if name != "teacher"])
        lesson.arrive()
        lesson.work(1 if options.small else options.cells)
        if not options.small:
            lesson.explore()
            lesson.browse()
        lesson.vote()
        lesson.attack()
        if not options.small:
            lesson.open_a_door()
        lesson.overflow()
        if not options.small:
            lesson.rest()
    if not options.small:
        with running_hub(options.students + 1, *idle) as more:
            if {name: more.get(name) for name in slips} != slips or len(more) != len(slips) + 1:
                raise SystemExit("A hub with one student more gave others new passwords")
            lesson.come_back(lesson.students[-1])
            newcomer = Pretend(max(set(more) - set(slips)), more[max(set(more) - set(slips))])
            newcomer.arrive()
        lesson.say(f"started again with one student more: the old slips open it, and {newcomer.name}'s does")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

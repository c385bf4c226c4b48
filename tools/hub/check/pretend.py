"""What each student of the check does: they work, vote, sit at a browser, and try to read what is another's."""

from __future__ import annotations

import json
import pwd
import struct
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import browser
import requests

from hub.accounts import ROOT
from hub.check.measured import listening
from hub.check.room import ADDRESS, FOLDER, PORT, until
from hub.check.student import PATIENCE, Student
from hub.server import COURSE
from hub.watch import processes

NOTEBOOK = "work/01_model_structure.ipynb"
SECRET = "for no other eyes than those of "
TOKEN = "JUPYTERHUB_API_TOKEN"
EXPLORER = "import aeutils as ae\nseen = ae.load('mnist-5k')\nae.explore(ae.pca_autoencoder(seen, 2), seen)"
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
    theirs = [each.pid for each in processes([user])[user]]
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
        "written": [str(other.home / "mine"), str(ROOT / "notebooks" / "mine"), str(ROOT / "mine")],
        "processes": theirs,
        "ports": sorted(listening(user)),
        "sockets": [str(file) for file in (other.home / ".run").glob("*-ipc-2")],  # where a kernel tells what it prints
        "page": f"/user/{other.name}/api/contents/work/secret.txt",
        "secret": SECRET + other.name,
    }

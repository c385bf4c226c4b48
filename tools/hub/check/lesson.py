"""Tries the shared machine with pretend students: `make hub-check STUDENTS=8`. On Linux, as root; nothing of it stays.

In a room of its own (namespaces: files, processes, network) the hub is started as `make hub` starts it. Each student
logs in, runs all of notebook 01 and an explorer in their own kernel, and tries to read another's files. One takes too
much memory; one sits at a real browser; then all rest, until kernels and servers are stopped. Figures are printed.
"""

from __future__ import annotations

import argparse
import os
import pwd
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import browser

from hub import start
from hub.check.measured import SERVER, command_of, of_root, of_students
from hub.check.pretend import NOTEBOOK, Pretend
from hub.check.room import FOLDER, LOG, enter_room, furnish_room, running_hub, until
from hub.server import COURSE
from hub.watch import processes, size

CULLING = {"kernel": 240, "server": 360}  # seconds; students of the check may wait that long for one another
MEMORY = "2G"


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
        found = of_students(student.account.pw_uid for student in self.students)
        for kind, those in found.items():
            if len(those) != len(self.students):
                raise SystemExit(f"{len(those)} processes of kind {kind}; expected {len(self.students)}")
            mean = {name: sum(each[name] for each in those) / len(those) for name in those[0]}
            seconds = mean.pop("seconds")
            shown = ", ".join(f"{name} {value:.0f}" for name, value in mean.items())
            self.say(f"MB of a {kind}, mean of {len(those)}: {shown}; processor time so far: {seconds:.1f} s")
        together = sum(each["Pss"] for those in found.values() for each in those)
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
        reply = greedy.at.run(f"too_much = bytearray({2 * size(MEMORY)})")
        if reply.get("ename") != "MemoryError" or greedy.at.run("print('on')")["text"] != "on\n":
            raise SystemExit(f"Too much memory at once: {reply}")
        self.say("too much memory in one cell: MemoryError, and the kernel goes on")
        part, kernels = size(MEMORY) * 6 // 10, []
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
            found = (each for processes in processes(uids).values() for each in processes)
            return sum(mark in command_of(each.pid) for each in found)

        begin, before = time.monotonic(), running("ipykernel")
        if until(lambda: running("ipykernel") == 0, CULLING["kernel"] + 240) is not True:
            raise SystemExit(f"{running('ipykernel')} of {before} idle kernels still run")
        self.say(f"idle kernels stopped: {before} of {before}, with pages open, after {time.monotonic() - begin:.0f} s")
        for student in self.students:
            student.at.close()
        if until(lambda: running(SERVER) == 0, CULLING["server"] + 240) is not True:
            raise SystemExit(f"{running(SERVER)} idle servers still run")
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
    if lacking := start.missing():
        print(lacking)
        return 1
    if not options.inside:
        start.proxy()
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

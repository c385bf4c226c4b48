"""Votes of a class: where a teacher asks for them, what is chosen at a prediction is collected in a folder.

Off unless the variable `AEUTILS_VOTES` names a folder, as a teacher sets it who runs the hub. There each student has
one file, called as the hub calls the student (`JUPYTERHUB_USER`), or by a random name where there is no hub. The tally
counts, and names nobody:

    python -m aeutils.lessons.votes FOLDER          # every question, as often as anybody has voted on it
    python -m aeutils.lessons.votes FOLDER --last   # the question that was voted on last
"""

from __future__ import annotations

import argparse
import json
import os
import re
import stat
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aeutils.lessons import record
from aeutils.lessons.numbers import NUMERAL

_MOST = 1_000_000  # bytes of a student's file that are read
_WIDTH = 30  # letters of the longest bar


@dataclass
class Question:
    """A question, its options, and the guess that each file holds for it last."""

    text: str
    options: tuple[str, ...]
    guesses: dict[str, str]
    last: float

    def __str__(self) -> str:
        counts = Counter(self.guesses.values())
        most = max(counts.values())
        width = max(map(len, self.options))
        bars = (
            f"  {o:{width}}  {counts[o]:3}  {'█' * round(_WIDTH * counts[o] / most)}".rstrip() for o in self.options
        )
        return "\n".join([f"{self.text}  ({len(self.guesses)} votes)", *bars])


def cast(question: str, options: Sequence[str], guess: str | None) -> None:
    """Add a guess to this student's file, if votes are collected here. Never raises: the lesson goes on."""
    folder = os.environ.get("AEUTILS_VOTES", "").strip()
    if not folder or guess is None or not record.enabled():
        return
    if not (name := os.environ.get("JUPYTERHUB_USER", "").strip() or record.nobody()):
        return
    line = json.dumps({"question": question, "options": list(options), "guess": guess, "at": time.time()}) + "\n"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # follow no link somebody put there
    with suppress(OSError):
        handle = os.open(Path(folder) / f"{quote(name, safe='')}.jsonl", flags, 0o640)
        try:
            os.write(handle, line.encode())  # in one piece, whatever other kernels of the same student write
        finally:
            os.close(handle)


def tally(folder: Path) -> list[Question]:
    """The questions in the order in which they were last voted on; of each file the last guess at each counts.

    Raises:
        OSError: the folder cannot be read.
    """
    found: dict[tuple[str, ...], Question] = {}
    for path in sorted(folder.iterdir()):
        for vote in _votes(path):
            key = (_without_numbers(vote["question"]), *vote["options"])
            question = found.setdefault(key, Question(vote["question"], tuple(vote["options"]), {}, 0.0))
            question.guesses[path.name] = vote["guess"]
            question.last = max(question.last, vote["at"])
    return sorted(found.values(), key=lambda question: question.last)


def _votes(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a student's file, from the first to the last; what is no vote is passed over."""
    with suppress(OSError):
        if path.suffix != ".jsonl" or not stat.S_ISREG(path.lstat().st_mode):
            return
        with path.open("rb") as lines:
            for line in lines.read(_MOST).splitlines():
                with suppress(ValueError):
                    vote = json.loads(line)
                    if _is_vote(vote):
                        yield vote


def _is_vote(vote: Any) -> bool:
    if not isinstance(vote, dict):
        return False
    options: Any = vote.get("options")
    well = isinstance(options, list) and 2 <= len(options) <= 6 and all(isinstance(option, str) for option in options)
    number = isinstance(vote.get("at"), int | float)
    return well and number and isinstance(vote.get("question"), str) and vote.get("guess") in options


def _without_numbers(question: str) -> str:
    """Some questions quote what was measured, which differs a little from machine to machine."""
    return re.sub(NUMERAL, "#", question)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tally of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--last", action="store_true", help="only the question that was voted on last")
    given = parser.parse_args(arguments)
    try:
        questions = tally(given.folder)
    except OSError as error:
        parser.error(f"{given.folder} cannot be read ({error.strerror}); name the folder that AEUTILS_VOTES names")
    print("\n\n".join(map(str, questions[-1:] if given.last else questions)) or "No votes yet.")


if __name__ == "__main__":
    main()

"""The browser's body as one ES module: the files in `body/`, dependencies first, without their imports and exports.

Each file is a plain module that Node tests by itself. In a notebook or a saved page modules cannot import one another
by file name, so they are put one behind the other; that is all, and a test has Node check the outcome.
"""

from __future__ import annotations

import functools
import posixpath
import re
from pathlib import Path

BODY = Path(__file__).parent / "body"
_IMPORT = re.compile(r'^import [^;]*? from "(\.{1,2}/[\w/-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|class|const)", re.MULTILINE)


@functools.cache
def script() -> str:
    """All modules that `widget.js` needs, and itself; it ends in `export default { render }`."""
    done: dict[str, str] = {}

    def add(name: str) -> None:
        if name in done:
            return
        text = (BODY / name).read_text(encoding="utf-8")
        for needed in _IMPORT.findall(text):
            add(posixpath.normpath(posixpath.join(posixpath.dirname(name), needed)))
        done[name] = f"// ---- {name}\n" + _EXPORT.sub("", _IMPORT.sub("", text))

    add("widget.js")
    return "\n".join(done.values())


@functools.cache
def stylesheet() -> str:
    """The explorer's style sheet."""
    return (BODY / "explorer.css").read_text(encoding="utf-8")

"""The browser's body as one ES module: the files in `body/`, dependencies first, each in a scope of its own.

Each file is a plain module that Node tests and TypeScript checks by itself. In a notebook or a saved page modules
cannot import one another by file name, so each becomes a function that is called once and returns what the file
exports; what a file keeps for itself, no other file can meet. A test has Node run the outcome.
"""

from __future__ import annotations

import functools
import posixpath
import re
from pathlib import Path

BODY = Path(__file__).parent / "body"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "((?:\./|(?:\.\./)+)[\w/-]+\.js)";\n', re.MULTILINE)
_TYPES = re.compile(r"^ *(?:/\*\*(?:[^*]|\*(?!/))*\*/|// @ts-check)\n", re.MULTILINE)  # for those who read the files
_EXPORT = re.compile(r"^export ((?:async )?function\*?|class|const) (\w+)", re.MULTILINE)


def bundled(folder: Path, name: str) -> str:
    """The module `name` in `folder` and all that it needs, as one module that exports by default what `name` exports.

    Args:
        folder: holds the modules. They import only one another, by names in braces, and export functions, classes and
            constants where they define them.
        name: of a file, relative to the folder.

    Raises:
        ValueError: an import or export of another form, or modules that import one another in a circle.
    """
    done: dict[str, str] = {}

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules that import one another in a circle: {' -> '.join([*above, name])}")
        if name in done:
            return
        text = _TYPES.sub("", (folder / name).read_text(encoding="utf-8"))

        def imported(found: re.Match[str]) -> str:
            needed = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2]))
            add(needed, (*above, name))
            return f'const {found[1].replace(" as ", ": ")} = modules["{needed}"];\n'

        text = _IMPORT.sub(imported, text)
        exports = ", ".join(found[2] for found in _EXPORT.finditer(text))
        text = _EXPORT.sub(r"\1 \2", text)
        other = re.search(r"^(?:import|export)\b.*", text, re.MULTILINE)
        if other:
            raise ValueError(f"{name}: the bundle does not know how to take {other[0]!r}")
        done[name] = f'modules["{name}"] = (() => {{\n{text}return {{ {exports} }};\n}})();\n'

    add(name, ())
    return "\n".join(["const modules = {};", *done.values(), f'export default modules["{name}"];\n'])


@functools.cache
def script() -> str:
    """All modules that `widget.js` needs, and itself, as one that ends in `export default { render }`.

    They stand in a function, whose text `render` is given too: a worker is made of it.
    """
    text, _, _ = bundled(BODY, "widget.js").rpartition("export default")
    return (
        f"const bundle = () => {{\n{text}return modules;\n}};\n"
        'const widget = bundle()["widget.js"];\n'
        "const render = (given) => widget.render({ ...given, source: String(bundle) });\n"
        "export default { render };\n"
    )


@functools.cache
def loader() -> str:
    """The module that takes what `script` returns from a widget's `_body`, once a page, and lets it show the views."""
    return _TYPES.sub("", (BODY / "loader.js").read_text(encoding="utf-8"))


@functools.cache
def stylesheet() -> str:
    """The explorer's style sheet."""
    return (BODY / "explorer.css").read_text(encoding="utf-8")

"""The scripts and style sheets that bring a page to life, and the page to play on; no model is in them.

Scripts are plain ones, no modules: only such are let in where the site is opened from a disk.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from aeutils.explorer import bundle

SOURCES = Path(__file__).resolve().parents[2] / "docs" / "live"


def write(folder: Path) -> None:
    """Write what pages load into this folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    explorer = bundle.script().rpartition("export default")[0]
    programs = {
        "live.js": f"(() => {{\n{bundle.bundled(SOURCES, 'live.js').rpartition('export default')[0]}}})();\n",
        "explorer.js": f'(() => {{\n{explorer}aeLive.take("explorer", render);\n}})();\n',
        "explorer.css": bundle.stylesheet(),
    }
    for name, text in programs.items():
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copy(SOURCES / "live.css", folder)

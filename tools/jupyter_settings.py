"""Writes, at set-up, what Jupyter in this environment should know: no news from the network, and pages with alt text.

nbconvert's usual page leaves out the alt text that a figure's output carries; ours, in `templates/described`, is the
same page with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# For every program that exports pages: nbconvert, and JupyterLab's menu.
PAGES = {
    "HTMLExporter": {"template_name": "described"},
    "TemplateExporter": {"extra_template_basedirs": [str(Path(__file__).resolve().parent / "templates")]},
}
_NOTIFICATION = {"fetchNews": "false", "checkForUpdates": False}


def write(prefix: Path) -> None:
    """Write the settings files of the environment in this folder."""
    files: dict[str, Any] = {
        "share/jupyter/lab/settings/overrides.json": {"@jupyterlab/apputils-extension:notification": _NOTIFICATION},
        "etc/jupyter/jupyter_nbconvert_config.json": PAGES,
        "etc/jupyter/jupyter_server_config.d/aeutils.json": PAGES,
    }
    for name, settings in files.items():
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.prefix))

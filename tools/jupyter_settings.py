"""Writes, at set-up, what Jupyter in this environment should know: no news from the network, kernels that nobody else
on the machine can overhear, and pages with alt text.

nbconvert's usual page leaves out the alt text that a figure's output carries; ours, in `templates/described`, is the
same page with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).resolve().parent / "templates" / "described"  # `lab.py` tells JupyterLab's menu of it
# Encrypted where the kernel can; otherwise each one warns in the terminal, in five lines, of eavesdropping.
KERNELS = {"KernelManager": {"transport_encryption": "auto"}}
_NOTIFICATION = {"fetchNews": "false", "checkForUpdates": False}


def write(prefix: Path) -> None:
    """Write the settings files of the environment in this folder."""
    files: dict[str, Any] = {
        "share/jupyter/lab/settings/overrides.json": {"@jupyterlab/apputils-extension:notification": _NOTIFICATION},
        "etc/jupyter/jupyter_config.json": KERNELS,
        "etc/jupyter/jupyter_nbconvert_config.json": {
            "HTMLExporter": {"template_name": TEMPLATE.name},
            "TemplateExporter": {"extra_template_basedirs": [str(TEMPLATE.parent)]},
        },
    }
    for name, settings in files.items():
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.prefix))

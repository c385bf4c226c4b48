"""Opens the notebooks in JupyterLab: `make lab`, or anywhere else

    python -I tools/isolated.py tools/lab.py

opens the reader's own copies, in `work/`; with `--stored` the notebooks as they are stored, with their results, which
only change when they are saved by hand. `--first lesson_90` opens that notebook first. All other options are
JupyterLab's.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import jupyter_settings
import reader_copies


def main(arguments: list[str]) -> None:
    """Bring the copies up to date, then be JupyterLab, until it is stopped.

    Raises:
        SystemExit: there is no notebook of the name given.
    """
    parser = argparse.ArgumentParser("lab.py", add_help=False, allow_abbrev=False)
    parser.add_argument("--stored", action="store_true")
    parser.add_argument("--first", default=reader_copies.FIRST)
    options, rest = parser.parse_known_args(arguments)
    notebook = reader_copies.notebook_named(options.first)
    folder = "notebooks" if options.stored else reader_copies.FOLDER
    if not options.stored:
        try:
            for line in reader_copies.bring_up_to_date():
                print(line)
        except OSError as error:
            print(
                f"Your own copies cannot be made ({error}): these are the stored notebooks, and nothing you do stays."
            )
            folder = "notebooks"
    first = f"--LabApp.default_url=/lab/tree/{folder}/{notebook}"
    rest += settings()
    if folder == "notebooks":
        rest.append(f"--LabApp.app_settings_dir={Path(__file__).resolve().parent / 'stored_settings'}")
    sys.argv = ["jupyter-lab", *rest, f"--ServerApp.root_dir={reader_copies.ROOT}", first]
    become_a_lab()
    from jupyterlab.labapp import main as jupyterlab

    jupyterlab()


def settings() -> list[str]:
    """JupyterLab's options, however it is started."""
    return [
        f"--HTMLExporter.template_name={jupyter_settings.TEMPLATE.name}",
        f"--TemplateExporter.extra_template_basedirs={jupyter_settings.TEMPLATE.parent}",
    ]


def become_a_lab() -> None:
    """From here on this process is a reader's JupyterLab: what is solved is noted, these files cannot be imported."""
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [place for place in sys.path if place != here]
    if os.environ.get("AEUTILS_RECORD") == "only in lab":
        del os.environ["AEUTILS_RECORD"]


if __name__ == "__main__":
    main(sys.argv[1:])

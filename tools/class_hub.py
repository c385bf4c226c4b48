"""One machine that serves a class: what `make hub` and `make hub-check` run. docs/hub/index.md says all about it.

    python -I tools/isolated.py tools/class_hub.py start --students 30    # make hub: accounts, slips, and JupyterHub
    python -I tools/isolated.py tools/class_hub.py check --students 8     # make hub-check: pretend students try it
    python -I tools/isolated.py tools/class_hub.py server                 # a student's JupyterLab: the hub starts it

Each has options of its own: `... start --help`.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Run what is asked for; the exit status."""
    asked, options = arguments[:1], arguments[1:]
    if asked == ["start"]:
        from hub.start import main as start

        start(options)
    elif asked == ["check"]:
        from hub.check.lesson import main as check

        return check(options)
    elif asked == ["server"]:
        from hub.server import main as server

        server(options)
    else:
        print(__doc__)
        return 0 if asked in (["--help"], ["-h"]) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

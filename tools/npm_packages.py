"""What npm brings for the site and the slides, into `build/npm`: fetched once, then no network is needed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "npm"
MODULES = FOLDER / "node_modules"


def fetch(package: str, wanted: Path, use: str) -> None:
    """Let npm fetch a package, where it is not there yet.

    Args:
        package: with its version, "mathjax@3.2.2".
        wanted: a file of it that is there afterwards, below `MODULES`.
        use: what it is for, as the beginning of a sentence: "MathJax draws the formulas of the site".

    Raises:
        SystemExit: there is no npm, or it could not fetch the package.
    """
    if wanted.exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        there = (MODULES / package.partition("@")[0]).relative_to(ROOT)
        raise SystemExit(
            f"{use}. It needs Node, and npm to fetch it once; on Debian and Ubuntu: apt-get install nodejs npm. "
            f"With Node alone: put {package} from another machine at {there}."
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--prefix", str(FOLDER), "--no-audit", "--no-fund", "--loglevel=error", package]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode or not wanted.exists():
        raise SystemExit(f"npm could not fetch {package}: see above. Is there a network? Then run it again.")

"""Builds the site from the committed notebooks: `make site`, or `python tools/isolated.py tools/website.py`.

    make site                    # into build/site: open build/site/index.html, or put the folder on any web server
    make site REPO=owner/name    # the same with the addresses of the source, Binder and Colab

It needs Node, and no network but for the first time: npm then fetches MathJax, for the formulas, and
MiniSearch into build/npm.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from web import formulas, live, search, sources
from web.lean import lean

from aeutils.collection.table import repository

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"


def fetch() -> None:
    """Let npm fetch what is not there yet.

    Raises:
        SystemExit: there is no npm, or it could not fetch something.
    """
    formulas.fetch()
    search.fetch()


def build(out: Path, repository: str = "", still: bool = False) -> None:
    """Build the site into `out`, which is emptied first.

    Args:
        repository: "owner/name" on GitHub, or "".
        still: without the explorers and panels, for which models would have to be trained.

    Raises:
        SystemExit: Sphinx warned of something; it has said of what.
    """
    from sphinx.cmd.build import build_main

    fetch()
    os.environ |= {"AEUTILS_ROOT": str(ROOT), "AEUTILS_REPOSITORY": repository}
    source, doctrees = (out.with_name(f"{out.name}-{part}") for part in ("source", "doctrees"))
    with ThreadPoolExecutor(1) as beside:  # models are trained while the pages are written: most of the time is theirs
        made = None if still else beside.submit(live.make, live.makings())
        sources.write(source, repository, still)
        for folder in (out, doctrees):
            shutil.rmtree(folder, ignore_errors=True)
        if build_main(["-b", "html", "-W", "--keep-going", "-q", "-d", str(doctrees), str(source), str(out)]):
            raise SystemExit("The site was not built: see above.")
        if made is not None:
            live.copy(made.result(), out / "_static" / "live")
    lean(out)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", default=repository(), metavar="OWNER/NAME", help="where on GitHub the collection is")
    parser.add_argument("--out", type=Path, default=BUILD / "site", help="the folder to build it in; it is emptied")
    parser.add_argument("--still", action="store_true", help="without what needs trained models: they stay stills")
    parser.add_argument("--fetch", action="store_true", help="only fetch what is needed from the network")
    options = parser.parse_args(arguments)
    if options.repo and not re.fullmatch(r"[\w.-]+/[\w.-]+", options.repo):
        parser.error(f"--repo {options.repo}: expected owner/name, as in the address of the repository on GitHub")
    if options.fetch:
        fetch()
        return 0
    begin = time.monotonic()
    build(options.out.resolve(), options.repo, options.still)
    print(f"Built in {time.monotonic() - begin:.0f} seconds: {options.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

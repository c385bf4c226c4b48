"""The course on a stick, for rooms without a network: `make offline-kit`, into `build/offline-kit` and a zip beside it.

    make offline-kit                      # for Windows, macOS with Apple silicon, and Linux, with Python 3.12
    make offline-kit SYSTEMS="windows"    # a part of it
    make offline-kit PYTHONS="3.12 3.13"  # for several Pythons
    make offline-kit FIRST=lesson_90      # the notebook that opens first
    make offline-kit EDITION=full         # starts set up the notebooks as they are stored: for teachers
    make offline-check                    # sums, and an installation from it with the network cut off
    make offline-check KIT=/media/stick/offline-kit    # of a copy

It holds the wheels of all that the package needs, the repository's files, the student's edition, the site, and scripts
that set up and start. Which wheels another system needs is worked out here: their metadata is read, their conditions
are decided for that system, and pip fetches each at the version of `constraints.txt`. What was fetched once stays in
`build/offline-wheels`. A kit is written whole or not at all.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import editions
import reader_copies
from offline.check import check
from offline.packing import git, report, write, write_zip
from offline.start import EDITIONS
from offline.wheels import ROOT, SYSTEMS, Target, pins, pip_download, roots, wheels, without_gpu

BUILD = ROOT / "build"
WHEELS = BUILD / "offline-wheels"  # what was fetched, for the next kit
KIT = BUILD / "offline-kit"
PYTHONS = ("3.12",)


def site() -> Path:
    """The site's folder; built where it is not there, or older than what it is made of.

    Raises:
        SystemExit: it was not built; what is in the way has been said.
    """
    built = BUILD / "site"
    sources = ["notebooks", "docs", "aeutils", "tools/web", "tools/website.py"]
    listed = [ROOT / name for name in git(ROOT, "ls-files", "-z", *sources).decode().split("\0") if name]
    changed = max(path.stat().st_mtime for path in listed if path.exists())
    start = built / "index.html"
    if not start.exists() or start.stat().st_mtime < changed:
        import website

        print("Building the site, some minutes.", flush=True)
        if website.main([]):
            raise SystemExit("The site was not built: see above.")
    return built


def main(arguments: list[str]) -> int:
    """Write a kit, or check one; 1 where something is missing, 2 where the request is not understood."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", default=" ".join(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    parser.add_argument("--pythons", default=" ".join(PYTHONS), help='such as "3.12 3.13"')
    parser.add_argument("--first", default=reader_copies.FIRST, help="the notebook to begin with: lesson_90")
    parser.add_argument("--edition", default="student", choices=EDITIONS, help="what a start sets up")
    parser.add_argument("--no-zip", action="store_true", help="only the folder")
    parser.add_argument("--check", nargs="?", type=Path, const=KIT, metavar="KIT", help="check the kit that is there")
    options = parser.parse_args(arguments)
    if options.check:
        return check(options.check.resolve())
    systems, pythons = options.systems.split(), options.pythons.split()
    if not systems or set(systems) - set(SYSTEMS):
        print(f'SYSTEMS is "{options.systems}"; expected some of: {" ".join(SYSTEMS)}')
        return 2
    known = ("3.11", "3.12", "3.13")
    if not pythons or set(pythons) - set(known):
        print(f'PYTHONS is "{options.pythons}"; expected some of: {" ".join(known)}')
        return 2
    first = reader_copies.notebook_named(options.first)
    built = site()  # it needs the least time, and may say that something is not installed
    chosen, missing = {}, []
    for target in [Target(system, python) for system in systems for python in pythons]:
        print(f"{target.title}: which wheels, and what of them is not in {WHEELS.relative_to(ROOT)} yet", flush=True)
        pinned = without_gpu(target, WHEELS, pins(target), pip_download)
        chosen[target], lines = wheels(target, [WHEELS], roots(), pinned)
        missing += lines
    for line in missing:
        print(line)
    if missing:
        whole = [name for name in systems if not any(SYSTEMS[name].title in line for line in missing)]
        print(
            "Nothing was written. Is there a network? What pip cannot find may be put into "
            f"{WHEELS.relative_to(ROOT)} by hand"
            + (f', or left out: make offline-kit SYSTEMS="{" ".join(whole)}"' if whole else "")
        )
        return 1
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        student = editions.write("student", Path(scratch), first=first) if options.edition == "student" else None
        write(KIT, chosen, built, student=student, first=first)
    if options.no_zip:
        KIT.with_suffix(".zip").unlink(missing_ok=True)  # it would be of another kit
    else:
        write_zip(KIT)
    print("\n".join(report(KIT)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

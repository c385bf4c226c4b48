"""A kit's folder and its zip: what is in it, how long its paths get, and the sums by which a copy is checked."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import reader_copies
from packaging.utils import parse_wheel_filename

from offline import start
from offline.wheels import ROOT, SYSTEMS, Target

PAGES = Path(__file__).with_name("pages")
FOLDER_ROOM = 97  # characters that the folder's own path may have on Windows: docs/devices.md says so
# In START.html: for this system, or this edition, alone.
_FOR_ONE = re.compile(r"<!-- (\w+) -->(.*?)<!-- end -->", re.DOTALL)


def installed_paths(wheel: Path) -> Iterator[str]:
    """Where a wheel's files come to lie on Windows, below the folder that holds `.venv`."""
    site_packages = ".venv/Lib/site-packages/"
    schemes = {"purelib": site_packages, "platlib": site_packages, "scripts": ".venv/Scripts/", "data": ".venv/"}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            first, _, rest = name.partition("/")
            scheme, _, inner = rest.partition("/")
            if first.endswith(".data"):
                yield schemes.get(scheme, ".venv/Include/") + inner
            else:
                yield site_packages + name


def longest(paths: Iterable[str]) -> str:
    return max(paths, key=len, default="")


def too_long(installed: str, in_kit: str) -> list[str]:
    """A line for each path with which a folder of `FOLDER_ROOM` characters would be too long for Windows."""
    most = start.WINDOWS_PATH - 1 - FOLDER_ROOM
    return [
        f"{what} {path} has {len(path)} characters, at most {most} are possible on Windows in a folder whose own path "
        f"has {FOLDER_ROOM}: shorten it, or change FOLDER_ROOM in tools/offline/packing.py and docs/devices.md"
        for what, path in (("Installed,", installed), ("In the kit,", in_kit))
        if len(path) > most
    ]


def git(root: Path, *arguments: str) -> bytes:
    """What a git command prints there.

    Raises:
        SystemExit: that is no git checkout.
    """
    command = ["git", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise SystemExit(f"A kit holds what git tracks, and {root} is no git checkout: clone the repository.") from None


def tracked_files(folder: Path, root: Path = ROOT) -> None:
    """Put the repository's files there, as they were last committed."""
    zipfile.ZipFile(io.BytesIO(git(root, "archive", "--format=zip", "HEAD"))).extractall(folder)
    if git(root, "status", "--porcelain"):
        print("The kit holds what is committed; you have changes that are not.", flush=True)


def student_notebooks(archive: Path, folder: Path) -> None:
    """Put the notebooks and pages of the student's edition, a zip, into a folder; drawings are the collection's."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            path = PurePosixPath(name)
            if path.parent.name == "notebooks" and path.suffix in (".ipynb", ".md"):
                (folder / path.name).write_bytes(opened.read(name))


def start_scripts(folder: Path, sizes: Mapping[str, int], pythons: Sequence[str], student: bool) -> None:
    """A script for each system, and the page that says what to do.

    Args:
        sizes: what it takes once installed, for each system.
        student: whether the kit has the student's edition.
    """
    words = " or ".join(pythons)
    for system, (name, _) in start.START.items():
        if system in sizes:
            text = (PAGES / f"start.{'bat' if system == 'windows' else 'sh'}").read_text(encoding="utf-8")
            names = " ".join(f"python{python}" for python in pythons)
            text = text.replace("PYTHONS", " ".join(pythons)).replace("NAMES", names).replace("WORDS", words)
            (folder / name).write_text(text, encoding="utf-8", newline="\r\n" if system == "windows" else "\n")
            (folder / name).chmod(0o755)
    page = (PAGES / "START.html").read_text(encoding="utf-8").replace("WORDS", words)
    room = {system: f"{math.ceil(size / 1e9)} GB" for system, size in sizes.items()} | (
        {"student": ""} if student else {}
    )
    page = _FOR_ONE.sub(lambda part: part[2].replace("ROOM", room[part[1]]) if part[1] in room else "", page)
    (folder / "START.html").write_text(page, encoding="utf-8", newline="\n")


def files_in(folder: Path) -> list[str]:
    """Paths of the files below a folder, with /, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS, as `sha256sum -c` reads it, of all files in the folder."""
    lines = [f"{start.digest(folder / name)}  {name}\n" for name in files_in(folder) if name != start.SUMS]
    (folder / start.SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def place(wheel: Path, folder: Path) -> None:
    """Put a wheel into a folder, without a second copy on this disk where that is possible."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / wheel.name).exists():
        try:
            os.link(wheel, folder / wheel.name)
        except OSError:
            shutil.copy(wheel, folder)


def write(
    out: Path,
    chosen: Mapping[Target, Mapping[str, Path]],
    site_folder: Path | None,
    root: Path = ROOT,
    student: Path | None = None,
    first: str = reader_copies.FIRST,
) -> None:
    """Write a kit's folder; what lay there before is replaced once the new one is whole.

    Args:
        chosen: for each target its wheels, by name.
        site_folder: None for a kit without the site.
        student: the student's edition as a zip; where it comes along, it is what a start sets up.
        first: the file of the notebook to begin with.

    Raises:
        SystemExit: a path would be too long for Windows.
    """
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    tracked_files(part / start.COLLECTION, root)
    if site_folder:
        shutil.copytree(site_folder, part / "site")
    if student:
        shutil.copy(student, part)
        student_notebooks(student, part / start.STUDENT / "notebooks")
    sizes: dict[str, int] = {}
    for target, named in chosen.items():
        for wheel in named.values():
            place(wheel, part / "wheels" / ("any" if wheel.stem.endswith("-any") else target.system))
        lines = sorted(f"{name}=={parse_wheel_filename(wheel.name)[1]}\n" for name, wheel in named.items())
        (part / "wheels" / f"{target.system}-{target.python}.txt").write_text("".join(lines), encoding="utf-8")
        sizes[target.system] = max(sizes.get(target.system, 0), unpacked(named.values()))
    pythons = list(dict.fromkeys(target.python for target in chosen))
    start_scripts(part, sizes, pythons, student is not None)
    on_windows = [wheel for target, named in chosen.items() if target.system == "windows" for wheel in named.values()]
    in_collection = files_in(part / start.COLLECTION)
    installed = longest([*(path for wheel in on_windows for path in installed_paths(wheel)), *in_collection])
    in_kit = longest(files_in(part))
    if "windows" in sizes and (lines := too_long(installed, in_kit)):
        shutil.rmtree(part)
        raise SystemExit("\n".join(lines))
    about = {
        "edition": "student" if student else "full",
        "first": first,
        "systems": {system: SYSTEMS[system].title for system in sizes},
        "pythons": pythons,
        "longest": {"installed": len(installed), "kit": len(in_kit)},
        "installed": sizes,
    }
    (part / "kit.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    write_sums(part)
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def unpacked(named: Iterable[Path]) -> int:
    """Bytes that wheels take once installed, with what Python compiles: about as much again as their modules."""
    total = 0
    for wheel in named:
        with zipfile.ZipFile(wheel) as archive:
            total += sum(entry.file_size * (1 + entry.filename.endswith(".py")) for entry in archive.infolist())
    return total


def write_zip(folder: Path) -> Path:
    """The folder as a zip beside it; wheels are compressed already, and stay as they are."""
    archive = folder.with_suffix(".zip")
    part = archive.with_suffix(".zip.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as made:
        for name in files_in(folder):
            packed = PurePosixPath(name).suffix in (".whl", ".zip", ".gz", ".webp", ".png")
            kind = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            made.write(folder / name, f"{folder.name}/{name}", compress_type=kind)
    os.replace(part, archive)
    return archive


def report(kit: Path) -> Iterator[str]:
    """Lines with what each part of a kit takes, in millions of bytes."""
    about = json.loads((kit / "kit.json").read_text(encoding="utf-8"))
    names = {f"wheels/{system}": f"only for {title}" for system, title in about["systems"].items()}
    names |= {"wheels/any": "wheels for all systems", start.COLLECTION: "the repository", "site": "the site"}
    names |= {start.STUDENT: "the student's notebooks", "autoencoders-student.zip": "the student's edition"}
    names = {name: what for name, what in names.items() if (kit / name).exists()}
    total = sum((kit / name).stat().st_size for name in files_in(kit))
    yield f"{kit.relative_to(ROOT) if kit.is_relative_to(ROOT) else kit}: {total / 1e6:.0f} MB"
    for name, what in names.items():
        inside = [kit / name] if (kit / name).is_file() else [kit / name / file for file in files_in(kit / name)]
        yield f"{sum(file.stat().st_size for file in inside) / 1e6:8.1f} MB  {name}, {what}"
    for system, size in about["installed"].items():
        yield f"{size / 1e9:8.1f} GB  on disk once installed, {about['systems'][system]}"
    yield f"On the stick, in its folder: sha256sum -c --quiet {start.SUMS} (Windows: .\\start.bat --check)"

"""The course on a stick, for rooms without a network: `make offline-kit`, into `build/offline-kit` and a zip beside it.

    make offline-kit                      # for Windows, macOS with Apple silicon, and Linux, with Python 3.12
    make offline-kit SYSTEMS="windows"    # a part of it
    make offline-kit PYTHONS="3.12 3.13"  # for several Pythons
    make offline-check                    # sums, and an installation from it with the network cut off
    make offline-check KIT=/media/stick/offline-kit    # of a copy

It holds the wheels of all that the package needs, the repository's files, the student's edition, the site, and scripts
that set up and start. Which wheels another system needs is worked out here: their metadata is read, their conditions
are decided for that system, and pip fetches each at the version of `constraints.txt`. What was fetched once stays in
`build/offline-wheels`. A kit is written whole or not at all.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

import editions
import offline_start
from packaging import tags
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
WHEELS = BUILD / "offline-wheels"  # what was fetched, for the next kit
KIT = BUILD / "offline-kit"
PAGES = ROOT / "tools" / "offline_pages"
PYTHONS = ("3.12",)
FOLDER_ROOM = 97  # characters that the folder's own path may have on Windows: docs/devices.md says so
_FOR_ONE = re.compile(r"<!-- (\w+) -->(.*?)<!-- end -->", re.DOTALL)  # in START.html, for this system alone
_GLIBC = [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)]  # 2.28 is what PyTorch needs


@dataclass(frozen=True)
class System:
    """What wheels are made for.

    Attributes:
        title: as people call it.
        platforms: the wheels' tags for it, the best first.
        answers: what its Python says where a requirement depends on the system.
    """

    title: str
    platforms: tuple[str, ...]
    answers: Mapping[str, str]


def _answers(os_name: str, sys_platform: str, platform_system: str, machine: str) -> dict[str, str]:
    named = {"os_name": os_name, "sys_platform": sys_platform, "platform_system": platform_system}
    return {**named, "platform_machine": machine, "platform_release": "", "platform_version": ""}


SYSTEMS = {
    "windows": System("Windows (x86-64)", ("win_amd64",), _answers("nt", "win32", "Windows", "AMD64")),
    "macos": System(
        "macOS 14 or newer (Apple silicon)",
        tuple(tags.mac_platforms((14, 0), "arm64")),
        _answers("posix", "darwin", "Darwin", "arm64"),
    ),
    "linux": System(
        "Linux (x86-64)",
        (*_GLIBC, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"),
        _answers("posix", "linux", "Linux", "x86_64"),
    ),
}


# --- which wheels ---


@dataclass(frozen=True)
class Target:
    """A system and the Python on it, such as "3.12"; what its wheels are called, and what it answers."""

    system: str
    python: str

    @property
    def title(self) -> str:
        return f"{SYSTEMS[self.system].title}, Python {self.python}"

    @property
    def answers(self) -> dict[str, str]:
        """To what requirements ask; of a version, the first that there was."""
        full = {"python_version": self.python, "python_full_version": f"{self.python}.0"}
        full |= {"implementation_name": "cpython", "implementation_version": f"{self.python}.0"}
        return {**SYSTEMS[self.system].answers, **full, "platform_python_implementation": "CPython"}

    def tags(self) -> list[tags.Tag]:
        """Those of wheels that can be used there, the best first."""
        version = tuple(map(int, self.python.split(".")))
        own, platforms = "cp" + self.python.replace(".", ""), SYSTEMS[self.system].platforms
        return [
            *tags.cpython_tags(version, abis=[own], platforms=platforms),
            *tags.compatible_tags(version, own, platforms),
        ]


def best(folders: Sequence[Path], target: Target, name: str, wanted: SpecifierSet) -> Path | None:
    """The newest wheel in these folders that does; None if there is none."""
    rank = {tag: -place for place, tag in enumerate(target.tags())}
    found: list[tuple[Version, int, Path]] = []
    for path in [path for folder in folders for path in folder.glob("*.whl")]:
        try:
            project, version, _, made_for = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        if project == name and wanted.contains(version, prereleases=True) and (fits := made_for & set(rank)):
            found.append((version, max(rank[tag] for tag in fits), path))
    return max(found)[2] if found else None


def needs(wheel: Path, target: Target, extras: Iterable[str] = ()) -> list[Requirement]:
    """What a wheel requires on this system, by the metadata in it."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA")]
        lines = HeaderParser().parsestr(archive.read(name).decode()).get_all("Requires-Dist") or []
    return [requirement for line in lines if applies(requirement := Requirement(line), target, extras)]


def applies(requirement: Requirement, target: Target, extras: Iterable[str] = ()) -> bool:
    """Whether it is required there, for one of these extras or in any case."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**target.answers, "extra": extra}) for extra in ("", *extras))


def roots(root: Path = ROOT) -> list[Requirement]:
    """What everything else comes from: what the package needs, what it is installed by, and pip."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return [
        Requirement(line) for line in [*project["project"]["dependencies"], *project["build-system"]["requires"], "pip"]
    ]


def pins(target: Target, root: Path = ROOT) -> dict[str, SpecifierSet]:
    """Name -> the version that was tested, where it holds for this system and Python."""
    lines = (
        line.split(" #")[0].strip() for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    )
    named = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin.specifier for pin in named if applies(pin, target)}


Fetch = Callable[[Sequence[str], Target, Path], str]


def pip_download(wanted: Sequence[str], target: Target, folder: Path) -> str:
    """Let pip fetch wheels for another system into a folder: all, or none and what it says, in one line."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--dest", scratch]
        options += ["--python-version", target.python, "--implementation", "cp"]
        options += [part for platform in SYSTEMS[target.system].platforms for part in ("--platform", platform)]
        isolated = [sys.executable, "-I", str(ROOT / "tools" / "isolated.py")]  # keeps where packages come from
        command = [*isolated, "-m", "pip", "download", *options, *wanted]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            errors = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
            return (errors or done.stdout.splitlines() or ["pip stopped without a word"])[-1]
        for wheel in Path(scratch).iterdir():
            os.replace(wheel, folder / wheel.name)
    return ""


def wheels(
    target: Target,
    folders: Sequence[Path],
    start: Sequence[Requirement],
    pinned: Mapping[str, SpecifierSet],
    fetch: Fetch | None = pip_download,
) -> tuple[dict[str, Path], list[str]]:
    """All wheels that a target needs, from these folders; what is not there is fetched into the first.

    Args:
        start: what is asked for; what this requires comes along.
        pinned: versions, by name.
        fetch: None if nothing may be fetched.

    Returns:
        Name -> wheel, and a line for each wheel that cannot be had or does not fit.
    """
    found: dict[str, Path] = {}
    missing: list[str] = []
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = list(start)
    while todo:
        asked: dict[NormalizedName, SpecifierSet] = {}
        for requirement in todo:
            name = canonicalize_name(requirement.name)
            asked[name] = asked.get(name, pinned.get(name, SpecifierSet())) & requirement.specifier
        missing += _fetched({name: asked[name] for name in asked if name not in found}, target, folders, fetch)
        for name, wanted in asked.items():
            wheel = found.get(name) or best(folders, target, name, wanted)
            if wheel and not wanted.contains(parse_wheel_filename(wheel.name)[1], prereleases=True):
                missing.append(f"{target.title}: {wheel.name} was chosen, and {name}{wanted} is asked for, too: pin it")
            elif wheel:
                found[name] = wheel
        following = []
        for requirement in todo:
            name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
            if name in found and (name, extras) not in seen:
                seen.add((name, extras))
                following += needs(found[name], target, extras)
        todo = following
    return found, missing


def _fetched(
    asked: Mapping[str, SpecifierSet], target: Target, folders: Sequence[Path], fetch: Fetch | None
) -> list[str]:
    """Fetch of these wheels what is in none of the folders; a line for each that cannot be had."""
    absent = [f"{name}{wanted}" for name, wanted in asked.items() if not best(folders, target, name, wanted)]
    if not fetch:
        return [f"{target.title}: no wheel of {each}" for each in absent]
    if not absent or not fetch(absent, target, folders[0]):
        return []
    said = {each: fetch([each], target, folders[0]) for each in absent}  # at least one is missing: which?
    return [f"{target.title}: no wheel of {each} ({why})" for each, why in said.items() if why]


WITH_GPU = (
    "no PyTorch without GPU libraries was found, so these come along, about 3 GB. To leave them out, look up the "
    "address of the CPU-only packages (README, Smaller), and: PIP_EXTRA_INDEX_URL=<that address> make offline-kit"
)


def without_gpu(
    target: Target, folder: Path, pinned: Mapping[str, SpecifierSet], fetch: Fetch
) -> dict[str, SpecifierSet]:
    """For Linux the versions of PyTorch without GPU libraries, where an index has them; else those as pinned."""
    both = {name: SpecifierSet(f"{pinned[name]}+cpu") for name in ("torch", "torchvision") if name in pinned}
    if target.system != "linux" or not both:
        return dict(pinned)
    absent = [f"{name}{wanted}" for name, wanted in both.items() if not best([folder], target, name, wanted)]
    if absent and fetch(absent, target, folder):
        print(f"{target.title}: {WITH_GPU}", flush=True)
        return dict(pinned)
    return {**pinned, **both}


# --- how long paths get ---


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
    most = offline_start.WINDOWS_PATH - 1 - FOLDER_ROOM
    return [
        f"{what} {path} has {len(path)} characters, at most {most} are possible on Windows in a folder whose own path "
        f"has {FOLDER_ROOM}: shorten it, or change FOLDER_ROOM in tools/offline_kit.py and docs/devices.md"
        for what, path in (("Installed,", installed), ("In the kit,", in_kit))
        if len(path) > most
    ]


# --- the folder ---


def tracked_files(folder: Path, root: Path = ROOT) -> None:
    """The repository's files, as they were last committed.

    Raises:
        SystemExit: this is no git checkout.
    """
    git = ["git", "-C", str(root)]
    try:
        packed = subprocess.run([*git, "archive", "--format=zip", "HEAD"], stdout=subprocess.PIPE, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise SystemExit("The kit holds what git tracks, and this is no git checkout: clone the repository.") from None
    zipfile.ZipFile(io.BytesIO(packed)).extractall(folder)
    changed = subprocess.run([*git, "status", "--porcelain"], stdout=subprocess.PIPE, text=True, check=True).stdout
    if changed:
        print("The kit holds what is committed; you have changes that are not.", flush=True)


def site(root: Path = ROOT) -> Path:
    """The site's folder; built where it is not there, or older than what it is made of."""
    built = root / "build" / "site"
    sources = [path for folder in ("notebooks", "docs") for path in (root / folder).rglob("*") if path.is_file()]
    start = built / "index.html"
    if not start.exists() or start.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        import website

        print("Building the site, some minutes.", flush=True)
        website.build(built)
    return built


def start_scripts(folder: Path, systems: Sequence[str], pythons: Sequence[str]) -> None:
    """A script for each system, and the page that says what to do."""
    words = " or ".join(pythons)
    for system, (name, _) in offline_start.START.items():
        if system in systems:
            text = (PAGES / f"start.{'bat' if system == 'windows' else 'sh'}").read_text(encoding="utf-8")
            names = " ".join(f"python{python}" for python in pythons)
            text = text.replace("PYTHONS", " ".join(pythons)).replace("NAMES", names).replace("WORDS", words)
            (folder / name).write_text(text, encoding="utf-8", newline="\r\n" if system == "windows" else "\n")
            (folder / name).chmod(0o755)
    page = (PAGES / "START.html").read_text(encoding="utf-8").replace("WORDS", words)
    page = _FOR_ONE.sub(lambda part: part[2] if part[1] in systems else "", page)
    (folder / "START.html").write_text(page, encoding="utf-8", newline="\n")


def files_in(folder: Path) -> list[str]:
    """Paths of the files below a folder, with /, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS, as `sha256sum -c` reads it, of all files in the folder."""
    lines = [
        f"{offline_start.digest(folder / name)}  {name}\n" for name in files_in(folder) if name != offline_start.SUMS
    ]
    (folder / offline_start.SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


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
    student: bool = True,
) -> None:
    """Write a kit's folder; what lay there before is replaced once the new one is whole.

    Args:
        chosen: for each target its wheels, by name.
        site_folder: None for a kit without the site.
        student: whether the student's edition comes along.

    Raises:
        SystemExit: a path would be too long for Windows.
    """
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    tracked_files(part / offline_start.COLLECTION, root)
    if site_folder:
        shutil.copytree(site_folder, part / "site")
    if student:
        with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
            shutil.copy(editions.write("student", Path(scratch)), part)
    sizes: dict[str, int] = {}
    for target, named in chosen.items():
        for wheel in named.values():
            place(wheel, part / "wheels" / ("any" if wheel.stem.endswith("-any") else target.system))
        lines = sorted(f"{name}=={parse_wheel_filename(wheel.name)[1]}\n" for name, wheel in named.items())
        (part / "wheels" / f"{target.system}-{target.python}.txt").write_text("".join(lines), encoding="utf-8")
        sizes[target.system] = max(sizes.get(target.system, 0), unpacked(named.values()))
    systems = list(dict.fromkeys(target.system for target in chosen))
    pythons = list(dict.fromkeys(target.python for target in chosen))
    start_scripts(part, systems, pythons)
    on_windows = [wheel for target, named in chosen.items() if target.system == "windows" for wheel in named.values()]
    in_collection = files_in(part / offline_start.COLLECTION)
    installed = longest([*(path for wheel in on_windows for path in installed_paths(wheel)), *in_collection])
    in_kit = longest(files_in(part))
    if "windows" in systems and (lines := too_long(installed, in_kit)):
        shutil.rmtree(part)
        raise SystemExit("\n".join(lines))
    about = {
        "systems": {system: SYSTEMS[system].title for system in systems},
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
    names |= {"wheels/any": "wheels for all systems", offline_start.COLLECTION: "the repository", "site": "the site"}
    names |= {"autoencoders-student.zip": "the student's edition"}
    total = sum((kit / name).stat().st_size for name in files_in(kit))
    yield f"{kit.relative_to(ROOT) if kit.is_relative_to(ROOT) else kit}: {total / 1e6:.0f} MB"
    for name, what in names.items():
        inside = [kit / name] if (kit / name).is_file() else [kit / name / file for file in files_in(kit / name)]
        yield f"{sum(file.stat().st_size for file in inside) / 1e6:8.1f} MB  {name}, {what}"
    for system, size in about["installed"].items():
        yield f"{size / 1e9:8.1f} GB  on disk once installed, {about['systems'][system]}"
    yield f"On the stick, in its folder: sha256sum -c --quiet {offline_start.SUMS} (Windows: start.bat --check)"


# --- the check ---

TRIED = """
import contextlib, io
import aeutils as ae
from aeutils.lessons import check_environment
from aeutils.losses import squared_error
with contextlib.redirect_stdout(io.StringIO()) as said:
    check_environment()
print(said.getvalue(), end="")
images = ae.load("mnist-5k")
model = ae.Autoencoder((784, 64, 2))
errors = ae.fit(model, images, squared_error, steps=200, seed=0).val["squared_error"]
print(f"200 training steps: squared error per image {errors[0]:.1f}, then {errors[-1]:.1f}")
raise SystemExit("FAIL" in said.getvalue() or not 0 < errors[-1] < 52)  # the mean image has 52.7
"""


def incomplete(kit: Path) -> list[str]:
    """A line for each wheel that a kit lacks, on any of its systems, by the metadata of those that it has."""
    about = json.loads((kit / "kit.json").read_text(encoding="utf-8"))
    root = kit / offline_start.COLLECTION
    missing = []
    for system in about["systems"]:
        folders = [kit / "wheels" / "any", kit / "wheels" / system]
        for python in about["pythons"]:
            listed = (kit / "wheels" / f"{system}-{python}.txt").read_text(encoding="utf-8").split()
            exact = {(asked := Requirement(line)).name: asked.specifier for line in listed}
            missing += wheels(Target(system, python), folders, roots(root), exact, fetch=None)[1]
    return missing


def python_for(pythons: Iterable[str]) -> str | None:
    """A Python of one of these versions on this machine."""
    for python in pythons:
        for command in (sys.executable, shutil.which(f"python{python}")):
            asked = [command or "", "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            try:
                found = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
            except OSError:
                continue
            if found.strip() == python:
                return command
    return None


def cut_off() -> list[str]:
    """What to put before a command so that it has no network; nothing where this system does not let us."""
    command = ["unshare", "-rn"]
    try:
        return command if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode == 0 else []
    except OSError:
        return []


def install_and_try(kit: Path, python: str, folder: Path) -> bool:
    """Set up from a kit in an empty folder with the network cut off, check the environment, and train a little."""
    before = cut_off()
    how = "the network cut off" if before else "proxies that nobody answers (unshare -rn cannot be used here)"
    print(f"Installing from it, with {how}. It takes minutes.", flush=True)
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "all_proxy")}
    inside = {**os.environ, **nowhere, "AEUTILS_DEVICE": "cpu", "AEUTILS_PROGRESS": "0"}
    begin = kit / offline_start.COLLECTION / "tools" / "offline_start.py"
    set_up = [*before, python, str(begin), "--no-open", str(folder)]
    tried = [*before, str(offline_start.python_of(folder)), "-I", "tools/isolated.py", "-c", TRIED]
    if subprocess.run(set_up, env=inside, stdout=subprocess.DEVNULL).returncode:
        return False
    return subprocess.run(tried, env=inside, cwd=folder).returncode == 0


def check(kit: Path) -> int:
    """Check a kit's sums, that no wheel is missing on any of its systems, and that this machine can install from it."""
    if not (kit / "kit.json").exists():
        print(f"There is no kit at {kit}; make offline-kit makes one.")
        return 2
    about = json.loads((kit / "kit.json").read_text(encoding="utf-8"))
    wrong = [f"{name} is not what it was" for name in offline_start.damaged(kit)] + incomplete(kit)
    if "windows" in about["systems"]:
        wrong += too_long("x" * about["longest"]["installed"], longest(files_in(kit)))
    for line in wrong:
        print(line)
    if wrong:
        return 1
    print(f"Whole, and complete for {', '.join(about['systems'].values())}.", flush=True)
    python = python_for(about["pythons"])
    if offline_start.this_system() not in about["systems"]:
        print("Not tried to install: this machine's system is not in the kit.")
    elif python is None:
        print(f"Not tried to install: no Python {' or '.join(about['pythons'])} is here (python3.12, on the PATH).")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            begin = time.monotonic()
            if not install_and_try(kit, python, Path(scratch).resolve() / "ae"):
                print("Installing from the kit failed: see above.")
                return 1
            print(
                f"Installed from the kit with {python}, checked, and trained: {time.monotonic() - begin:.0f} seconds."
            )
    return 0


# --- the command ---


def main(arguments: list[str]) -> int:
    """Write a kit, or check one; 1 where something is missing, 2 where the request is not understood."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", default=" ".join(SYSTEMS), help=f"of {', '.join(SYSTEMS)}")
    parser.add_argument("--pythons", default=" ".join(PYTHONS), help='such as "3.12 3.13"')
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
    write(KIT, chosen, site())
    if not options.no_zip:
        write_zip(KIT)
    print("\n".join(report(KIT)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

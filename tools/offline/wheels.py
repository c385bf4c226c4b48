"""Which wheels another system needs: their metadata is read, their conditions are decided for that system.

pip itself decides a requirement's conditions for the system that it runs on: asked for Windows' wheels on Linux, it
wants Linux's GPU libraries. So it is asked for wheels by name alone, and what each of them requires is worked out here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging import tags
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
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


NO_NETWORK = "the package index cannot be reached"
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
            if "Retry(total=0" in done.stdout:  # pip then says that there is no such wheel; it could not ask
                return NO_NETWORK
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
    failed = fetch(absent, target, folders[0]) if absent else ""
    if not failed:
        return []
    if failed == NO_NETWORK:
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        return [f"{target.title}: {failed}, and these are not here: {', '.join(absent[:3])}{more}"]
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

"""A student's JupyterLab on a shared machine. The hub starts it as that student (docs/hub/jupyterhub_config.py):

    python -I tools/isolated.py tools/class_hub.py server

In the student's home a folder `autoencoders` holds the student's own copies, `work`, and beside them links to what is
the same for all and can only be read: the checkout's, or what lies in the folder that `AEUTILS_COURSE` names, a
student's edition. `AEUTILS_FIRST` names the notebook to begin with. All options are JupyterHub's own.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import lab
import reader_copies

COURSE = "autoencoders"
SHARED = ("notebooks", "data", "README.md", "CONTRIBUTING.md")  # what the notebooks' links lead to
# What an environment for tests brings along, and a student's server does without: it starts in half the time.
UNUSED = (
    *(f"nbgrader.server_extensions.{name}" for name in ("assignment_list", "course_list", "formgrader")),
    *("nbgrader.server_extensions.validate_assignment", "notebook", "jupyter_lsp", "jupyter_server_terminals"),
)
# Without the debugger, which listens on a port without asking who it is, and without nbgrader's menu.
SETTINGS = Path(__file__).resolve().parent / "settings"
_LONGEST = 107  # bytes of a socket's path


def prepare(home: Path, root: Path = reader_copies.ROOT, first: str = reader_copies.FIRST) -> str:
    """Bring a student's copies up to date; the notebook to begin with, as a path in the course folder.

    Args:
        root: where the notebooks are, in its folder `notebooks`.
        first: the file's name of that notebook.
    """
    course = home / COURSE
    try:
        course.mkdir(exist_ok=True)
        for name in SHARED:
            if (root / name).exists():
                _link(course / name, root / name)
        for line in reader_copies.bring_up_to_date(root, course / reader_copies.FOLDER):
            print(line)
    except OSError as error:
        print(f"Copies cannot be made ({error}): these are the stored notebooks, and nothing that is done stays.")
    copy = Path(reader_copies.FOLDER, first)
    return (copy if (course / copy).exists() else Path("notebooks", first)).as_posix()


def _link(link: Path, target: Path) -> None:
    """Let a link lead to `target`; what a student put in its place stays."""
    if link.is_symlink() and link.readlink() != target:
        link.unlink()
    if not link.exists() and not link.is_symlink():
        link.symlink_to(target)


def private_folders(home: Path) -> dict[str, str]:
    """Variables that keep a student's sockets and temporary files in the student's own home.

    Kernels talk through sockets in files, in a folder that nobody else may enter: through ports, any user of the
    machine could listen to what a kernel prints. A socket's path has at most 107 bytes, so the folder's name is short.

    Raises:
        SystemExit: the home folder's path is too long for that.
    """
    run, temporary = home / ".run", home / ".tmp"
    if len(os.fsencode(run / f"kernel-{'0' * 36}-ipc-1")) > _LONGEST:
        raise SystemExit(f"{home}: its path is too long for a kernel's sockets; choose a shorter FOLDER for the class.")
    shutil.rmtree(temporary, ignore_errors=True)
    for folder in (run, temporary):
        folder.mkdir(mode=0o700, exist_ok=True)
    return {"JUPYTER_RUNTIME_DIR": str(run), "TMPDIR": str(temporary)}


def main(arguments: list[str]) -> None:
    """Prepare the student's folder, then be their server, until it is stopped."""
    home = Path.home()
    os.umask(0o027)
    source = Path(os.environ.get("AEUTILS_COURSE") or reader_copies.ROOT)
    first = prepare(home, source, os.environ.get("AEUTILS_FIRST") or reader_copies.FIRST)
    os.environ |= private_folders(home)
    os.chdir(home)
    root = home / COURSE if (home / COURSE).is_dir() else source
    own = ["--KernelManager.transport=ipc", "--ServerApp.terminals_enabled=False"]
    own += [f"--ServerApp.root_dir={root}", f"--ServerApp.default_url=/lab/tree/{first}"]
    own += [f"--LabApp.app_settings_dir={SETTINGS}"]
    own += [f"--ServerApp.jpserver_extensions={dict.fromkeys(UNUSED, False)}"]
    sys.argv = ["jupyterhub-singleuser", *arguments, *lab.settings(), *own]
    lab.become_a_lab()
    from jupyterhub.singleuser import main as server

    server()

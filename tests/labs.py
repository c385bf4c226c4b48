"""A JupyterLab that sees none of the user's settings, and a notebook open in it, for the tests that look at them."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

# Where Jupyter and IPython read settings and leave things.
FOLDERS = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
FOLDERS += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")


class Server:
    """A JupyterLab at `address`, whose files lie in `folder` and whose settings and signatures in `home`."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.home, self.address = folder, folder / "home", address

    def ask(self, path: str, method: str = "GET"):
        """What Jupyter's own interface answers."""
        request = urllib.request.Request(f"{self.address}/api/{path}", method=method)
        request.add_header("Authorization", "token t")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def end_kernels(self) -> None:
        """Stop every kernel, as a night does."""
        for session in self.ask("sessions"):
            self.ask(f"sessions/{session['id']}", "DELETE")


@contextmanager
def jupyterlab(folder: Path):
    """A `Server` with its files in this folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(folder, f"http://127.0.0.1:{port}")
    home = dict.fromkeys(FOLDERS, str(server.home))
    command = f"-m jupyterlab --no-browser --allow-root --ip=127.0.0.1 --port={port} --IdentityProvider.token=t"
    with (folder / "lab.log").open("w") as log:
        started = subprocess.Popen(
            [sys.executable, *command.split(), f"--ServerApp.root_dir={folder}"],
            env=os.environ | home,
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(240):
            try:
                server.ask("status")
                break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail(f"JupyterLab did not start: {(folder / 'lab.log').read_text()[-2000:]}")
        yield server
    finally:
        started.terminate()
        try:
            started.wait(timeout=30)
        except subprocess.TimeoutExpired:  # seen once, after a test had restarted the kernel
            started.kill()
            started.wait()


class Notebook:
    """A notebook open in a real Chromium; `path` is its file."""

    def __init__(self, server: Server, page, notebook: nbformat.NotebookNode) -> None:
        from playwright.sync_api import expect

        self.server, self.page, self.expect = server, page, expect
        # A folder and a workspace of its own: JupyterLab opens again what a workspace had open.
        name = uuid.uuid4().hex
        (server.folder / name).mkdir()
        self.path = server.folder / name / "lesson.ipynb"
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.path)
        page.goto(f"{server.address}/lab/workspaces/{name}/tree/{name}/lesson.ipynb?token=t")
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        expect(self.cells).to_have_count(len(notebook.cells))
        expect(page.get_by_role("button", name="| Idle")).to_be_visible()  # the kernel is there

    def run(self, index: int, seconds: float = 30) -> None:
        """Run a cell with Shift+Enter and wait until it is done, for so long at most."""
        prompt = self.cells.nth(index).locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.cells.nth(index).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        self.expect(prompt).not_to_have_text(before)
        self.expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=1000 * seconds)

    def next_day(self) -> None:
        """Save the notebook and open it again, when the kernel is gone."""
        self.page.keyboard.press("Control+s")
        self.expect(self.page.locator(".jp-mod-dirty")).to_have_count(0)
        self.server.end_kernels()
        self.page.reload()
        self.page.locator(".jp-OutputArea-output").first.wait_for()
        self.page.wait_for_timeout(4000)  # JupyterLab says that it found no model only after it has looked for it

"""What the tests share: a few images, a check of error messages, a fresh Python, a JupyterLab in Chromium."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import browser
import isolated
import nbformat
import pytest
import torch

import aeutils as ae
from aeutils import data
from aeutils.data import Images, Split

isolated.enter()  # for those who start pytest without make; nothing imported so far has read a user's settings
torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))  # it has already read the variable
# A shell that puts pytest into the background has Ctrl-C ignored, in all that comes after; some tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("AEUTILS_PROGRESS", "0")


@pytest.fixture(scope="session")
def digits() -> Images:
    return ae.load("mnist-5k")


@pytest.fixture(scope="session")
def few(digits) -> Images:
    """250 / 60 / 50 images: batches of 100 leave an uneven last one."""
    parts = [(digits.train, 250), (digits.val, 60), (digits.test, 50)]
    return Images("few", *(Split(part.x[:n], part.y[:n]) for part, n in parts), digits.classes)


@pytest.fixture(scope="session")
def mnist_files():
    """The folder with the four published files of the full MNIST."""
    folder = data.data_root() / "MNIST" / "raw"
    if not all((folder / name).is_file() for name in MNIST_FILES):
        pytest.skip("the full MNIST is not here; ae.load('mnist') fetches it, or see data/README.md")
    return folder


MNIST_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@pytest.fixture(scope="session")
def mnist(mnist_files) -> Images:
    """The full MNIST, all 60,000 images in training."""
    return ae.load("mnist", validation=0)


@pytest.fixture
def refused():
    """`with refused(ValueError, "steps=0", "1 or more"):` the error has one line, and these words are in it."""

    @contextmanager
    def check(kind, *words):
        with pytest.raises(kind) as caught:
            yield
        message = str(caught.value)
        assert "\n" not in message
        assert [word for word in words if word not in message] == [], message

    return check


@pytest.fixture(scope="session")
def fresh_python():
    """`fresh_python(code, *args, **env)`: what `code`, run in a new interpreter, prints as JSON."""

    def run(code, *args, **env):
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, args)],
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "AEUTILS_PROGRESS": "0", **env},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def cuda() -> torch.device:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device, and this machine has none")
    return torch.device("cuda")


@pytest.fixture
def lab(tmp_path):
    """`lab(notebook)`: the address of a notebook in a JupyterLab of its own, which sees none of the user's settings."""
    servers = []
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def start(notebook: nbformat.NotebookNode) -> str:
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, tmp_path / "lesson.ipynb")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        folders = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")
        home = dict.fromkeys((*folders, "JUPYTERLAB_WORKSPACES_DIR"), str(tmp_path / "home"))
        command = f"-m jupyterlab --no-browser --allow-root --ip=127.0.0.1 --port={port} --IdentityProvider.token=t"
        with (tmp_path / "lab.log").open("w") as log:
            servers.append(
                subprocess.Popen(
                    [sys.executable, *command.split(), f"--ServerApp.root_dir={tmp_path}"],
                    env=os.environ | home,
                    stdout=log,
                    stderr=log,
                )
            )
        for _ in range(240):
            try:
                direct.open(f"http://127.0.0.1:{port}/api?token=t", timeout=1).close()
                return f"http://127.0.0.1:{port}/lab/tree/lesson.ipynb?token=t"
            except OSError:
                time.sleep(0.25)
        pytest.fail(f"JupyterLab did not start: {(tmp_path / 'lab.log').read_text()[-2000:]}")

    yield start
    for server in servers:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:  # seen once, after a test had restarted the kernel
            server.kill()
            server.wait()


class Notebook:
    """A notebook open in a real Chromium."""

    def __init__(self, page, cells: int) -> None:
        from playwright.sync_api import expect

        self.page, self.expect = page, expect
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        expect(self.cells).to_have_count(cells)
        expect(page.get_by_role("button", name="| Idle")).to_be_visible()  # the kernel is there

    def run(self, index: int) -> None:
        """Run a cell with Shift+Enter and wait until it is done."""
        prompt = self.cells.nth(index).locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.cells.nth(index).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        self.expect(prompt).not_to_have_text(before)
        self.expect(prompt).to_have_text(re.compile(r"\[\d+\]:"))

    def next_day(self) -> None:
        """Save the notebook and open it again, when the kernel is gone."""
        self.page.keyboard.press("Control+s")
        self.expect(self.page.locator(".jp-mod-dirty")).to_have_count(0)
        server = re.match(r"http://[^/]+", self.page.url).group()
        for session in json.load(urllib.request.urlopen(f"{server}/api/sessions?token=t")):
            gone = urllib.request.Request(
                f"{server}/api/sessions/{session['id']}", headers={"Authorization": "token t"}, method="DELETE"
            )
            urllib.request.urlopen(gone).close()
        self.page.reload()
        self.page.locator(".jp-OutputArea-output").first.wait_for()
        self.page.wait_for_timeout(4000)  # JupyterLab says that it found no model only after it has looked for it


@pytest.fixture
def chromium():
    """A real Chromium, driven by Playwright."""
    if browser.CHROMIUM is None:
        pytest.skip(browser.NO_CHROMIUM)
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    with browser.chromium() as started:
        yield started


@pytest.fixture
def opened(chromium, lab, tmp_path):
    """`opened(cells)` or `opened(notebook)`: a `Notebook` in Chromium; at the end the page's errors are looked at."""
    errors = []
    page = chromium.new_page(viewport={"width": 1200, "height": 1000})
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(30_000)

    def start(cells: list[str] | nbformat.NotebookNode) -> Notebook:
        if isinstance(cells, list):
            cells = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        page.goto(lab(cells))
        return Notebook(page, len(cells.cells))

    yield start
    page.screenshot(path=tmp_path / "lab.png")
    assert errors == []

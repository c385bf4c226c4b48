"""What the tests share: a few images, a check of error messages, a fresh Python, a Chromium, notebooks in it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import browser
import isolated
import labs
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


# Of what comes late in the order of names, that which takes long: if a worker began with it when the others were about
# to end, they would wait for it.
LONG = {"test_explorer_browser", "test_panels_in_lab", "test_sweeps", "test_wheel", "test_live", "test_site"}


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONG)  # otherwise as they were


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


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site, without explorers; built once for all tests, also where they run in several processes."""
    import website
    from web import formulas, search

    if browser.NODE is None:
        pytest.skip(browser.NO_NODE)
    if not (formulas.SCRIPT.exists() and search.SCRIPT.exists()):
        pytest.skip("MathJax or MiniSearch, for the site, was not fetched yet; with npm and a network: make site")
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # the one that all processes share
    out, report = root / "site", root / "site-report.txt"
    try:
        (root / "site-begun").mkdir()
    except FileExistsError:
        for _ in range(3000):
            if report.exists():
                break
            time.sleep(0.1)
    else:
        command = [sys.executable, website.__file__, "--still", "--out", str(out)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        (root / "site-report").write_text("" if done.returncode == 0 else done.stdout, encoding="utf-8")
        (root / "site-report").rename(report)
    said = report.read_text(encoding="utf-8")
    assert said == "", said
    return out


@pytest.fixture(scope="module")
def started_chromium():
    """A real Chromium, driven by Playwright."""
    if browser.CHROMIUM is None:
        pytest.skip(browser.NO_CHROMIUM)
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    with browser.chromium() as started:
        yield started


@pytest.fixture
def chromium(started_chromium):
    """A Chromium with nothing open; what a test opens and keeps in it is gone at its end."""
    yield started_chromium
    for context in started_chromium.contexts:
        context.close()


@pytest.fixture(scope="module")
def started_lab(tmp_path_factory):
    """A JupyterLab, as `labs.Server`."""
    with labs.jupyterlab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def opened(chromium, started_lab, tmp_path):
    """`opened(cells)` or `opened(notebook)`: a `labs.Notebook`; at the end the page's errors are looked at."""
    errors = []
    page = chromium.new_page(viewport={"width": 1200, "height": 1000})
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(30_000)

    def start(cells: list[str] | nbformat.NotebookNode) -> labs.Notebook:
        if isinstance(cells, list):
            cells = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        return labs.Notebook(started_lab, page, cells)

    yield start
    page.screenshot(path=tmp_path / "lab.png")
    page.close()
    started_lab.end_kernels()
    assert errors == []

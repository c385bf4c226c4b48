"""A prediction in a real JupyterLab, in a real Chromium, with the mouse and the keyboard."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CELLS = [
    "from aeutils.lessons import claim, predict",
    "guess = predict('Which?', ['this', 'that'])",
    "guess.reveal('that')\nclaim('One is less than two', 1 < 2, one=1)",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; on Debian and Ubuntu: apt-get install chromium")


@pytest.fixture
def lab(tmp_path):
    """The address of a notebook in a JupyterLab of its own, which sees none of the user's settings."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = {name: str(tmp_path / "home") for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    command = f"-m jupyterlab --no-browser --allow-root --ip=127.0.0.1 --port={port} --IdentityProvider.token=t".split()
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, *command, f"--ServerApp.root_dir={tmp_path}"],
            env=os.environ | home,
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token=t", timeout=1).close()
                break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail(f"JupyterLab did not start: {(tmp_path / 'lab.log').read_text()[-2000:]}")
        yield f"http://127.0.0.1:{port}/lab/tree/lesson.ipynb?token=t"
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_prediction_is_made_with_a_click_and_with_the_keyboard(lab, tmp_path):
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
        page.goto(lab)
        cells = page.locator(".jp-Notebook .jp-CodeCell")
        expect(cells).to_have_count(len(CELLS))
        expect(page.get_by_role("button", name="| Idle")).to_be_visible()  # the kernel is there

        def run(index: int) -> None:
            before = prompt(index).inner_text()
            cells.nth(index).locator(".cm-content").click()
            page.keyboard.press("Shift+Enter")
            expect(prompt(index)).not_to_have_text(before)
            expect(prompt(index)).to_have_text(re.compile(r"\[\d+\]:"))

        def prompt(index: int):
            return cells.nth(index).locator(".jp-InputPrompt")

        run(0)
        run(1)
        button = cells.nth(1).get_by_role("button", name="B", exact=True)
        expect(button).to_be_visible()
        expect(cells.nth(1)).to_contain_text("that")
        button.click()
        expect(button).to_have_class(re.compile(r"\bmod-active\b"))
        run(2)
        expect(cells.nth(2)).to_contain_text("Measured: that. You guessed “that”, and so it is.")
        expect(cells.nth(2)).to_contain_text("✓ One is less than two")

        first = cells.nth(1).get_by_role("button", name="A", exact=True)
        first.focus()
        page.keyboard.press("Space")
        run(2)
        expect(cells.nth(2)).to_contain_text("You guessed “this”.")
        page.screenshot(path=tmp_path / "lab.png")
        browser.close()

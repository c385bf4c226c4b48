"""What the tests and the programs that draw share of a browser: where Chromium and Node are, and how it is started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NODE = shutil.which("node")
NO_CHROMIUM = "no Chromium was found; on Debian and Ubuntu: apt-get install chromium"
NO_NODE = "no Node was found; on Debian and Ubuntu: apt-get install nodejs"
TSC = shutil.which("tsc", path=os.pathsep.join([f"{sys.prefix}/bin", sys.prefix, os.environ.get("PATH", os.defpath)]))
NO_TYPESCRIPT = "no TypeScript was found; with Node and npm: npm install --global --prefix .venv typescript@5"
# Two windows below the address bar that nobody sees here cost as much as a page, with every page. Of several such lists
# Chromium hears the last alone, so the others are those that Playwright switches off.
OFF = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect"]
OFF += ["AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable"]
OFF += ["HttpsUpgrades", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"]
OFF += ["PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"]
FLAGS = [
    f"--disable-features={','.join(OFF)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def in_node(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What Node prints when it is started with these arguments.

    Raises:
        FileNotFoundError: there is none; the message says how to get it.
    """
    if NODE is None:
        raise FileNotFoundError(NO_NODE)
    command = [NODE, *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=120)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real Chromium without a window, driven by Playwright.

    Raises:
        FileNotFoundError: there is none; the message says how to get it.
    """
    if CHROMIUM is None:
        raise FileNotFoundError(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()

"""`make picture`: the explorer at work, as the moving picture at the top of the README; drawn by a real Chromium."""

import io
import math
import tempfile
from pathlib import Path

import browser
from PIL import Image
from playwright.sync_api import Locator, Page

import aeutils as ae

PATH = Path("data/readme_picture.webp")
FRAMES = 80  # one round through the map
FRAME_TIME = 75  # milliseconds
ROUNDS = 3  # a picture that never rests is hard to read beside


def page_of_a_trained_model(folder: Path) -> Path:
    """The explorer of a variational autoencoder with two code units, as a file."""
    ae.seed_everything()
    images = ae.load("mnist-5k")
    model = ae.VariationalAutoencoder((784, 256, 64, 2))
    ae.fit(model, images, ae.losses.variational_cross_entropy, steps=2000)
    return ae.explore(model, images).save_html(folder / "explorer.html")


def drag(page: Page, root: Locator) -> list[Image.Image]:
    """Screenshots along one closed round over the map."""
    page.get_by_label("Background").select_option("manifold")
    page.wait_for_selector("[data-manifold]")
    box = root.locator(".aex-pad").bounding_box()
    assert box, "the map is to be seen"
    shots: list[Image.Image] = []
    for frame in range(FRAMES):
        turn = 2 * math.pi * frame / FRAMES
        x, y = 0.5 + 0.3 * math.cos(turn), 0.5 + 0.3 * math.sin(2 * turn)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if frame == 0:
            page.mouse.down()
        page.wait_for_timeout(60)  # the nearest training image comes after the decoded one
        shots.append(Image.open(io.BytesIO(root.screenshot())))
    return shots


def main() -> None:
    if browser.CHROMIUM is None:
        raise SystemExit(browser.NO_CHROMIUM)
    with tempfile.TemporaryDirectory() as folder, browser.chromium() as chromium:
        page = chromium.new_page(viewport={"width": 920, "height": 1000}, device_scale_factor=1)
        page.goto(page_of_a_trained_model(Path(folder)).as_uri())
        first, *rest = drag(page, page.locator(".aex[data-ready] .aex-body"))
    first.save(PATH, save_all=True, append_images=rest, duration=FRAME_TIME, loop=ROUNDS, quality=70, method=4)
    print(f"wrote {PATH}: {FRAMES} frames of {first.width} x {first.height}, {PATH.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

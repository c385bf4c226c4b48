"""The latent-space explorer in a real Chromium: in JupyterLab, and as a file with no network and no kernel."""

import json
import re
from urllib.parse import parse_qsl

import nbformat
import numpy as np
import pages
import pytest
import torch
from nbclient import NotebookClient
from nbformat.sign import NotebookNotary
from test_browser_data import visible

import aeutils as ae
from aeutils.data import Images, Split
from aeutils.evaluation import decode, encode
from aeutils.explorer.plane import first_plane

PIXELS = """canvas => {
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return Array.from(data).filter((_, i) => i % 4 === 0);
}"""
# In the kernel and here: the same weights, from the same seed, without training.
MODELS = """import torch, aeutils as ae
images = ae.load("mnist-5k")
class Sorting(ae.Autoencoder):
    def decode(self, z):  # the browser knows no sort
        return super().decode(z.sort(1).values)
torch.manual_seed(0)
models = {
    "variational": ae.VariationalAutoencoder((784, 48, 2)), "convolutional": ae.ConvAutoencoder(2),
    "wide": ae.Autoencoder((784, 48, 12)), "sorting": Sorting((784, 16, 2)),
}
for model in models.values():
    for weight in model.parameters():  # untrained decoders draw grey on grey: make them draw something
        weight.data.mul_(2.5)
"""


COMPARED = ["variational", "convolutional", "wide"]


@pytest.fixture(scope="module")
def models():
    names = {}
    exec(MODELS, names)
    return names["models"]


class View:
    """An explorer on a page, and the models that its pictures are compared with."""

    def __init__(self, page, root, models, images):
        from playwright.sync_api import expect

        self.page, self.root, self.models, self.images, self.expect = page, root, models, images, expect
        expect(root).to_be_visible()
        self.pad = root.locator(".aex-pad")
        self.decoded = root.locator("[data-role=decoded]")

    def settle(self):
        """Wait until two frames have passed."""
        pages.settle(self.page)

    @property
    def code(self):
        """What the decoded picture is the picture of."""
        self.settle()
        return torch.tensor([[float(value) for value in self.decoded.get_attribute("data-code").split()]])

    def agrees(self, name):
        """The picture shown is PyTorch's, to 2/255, and so is its distance to the nearest training image."""
        z = self.code
        wanted = decode(self.models[name], z)
        shown = np.array(self.decoded.evaluate(PIXELS))
        assert np.abs(shown - 255 * wanted.flatten().clamp(0, 1).numpy()).max() <= 2.5  # 2, and the byte's rounding
        nearest = (self.images.train.x - wanted).square().flatten(1).sum(1).min().item()
        near = self.root.locator("[data-told=nearest]")
        self.expect(near).to_contain_text(re.compile("nearest training image .*squared pixel distance"))
        told = float(re.search(r"distance ([\d.]+)", near.inner_text()).group(1))
        assert told == pytest.approx(nearest, rel=0.02, abs=0.02)
        return z

    def point(self, x, y):
        """A place on the pad, as parts of its width and height, in the page's coordinates."""
        self.pad.scroll_into_view_if_needed()
        box = self.pad.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def tab(self, name):
        self.root.get_by_role("tab", name=name, exact=True).click()


def drive_map(view, name):
    mouse, keyboard, root = view.page.mouse, view.page.keyboard, view.root
    start = view.agrees(name)
    mouse.click(*view.point(0.3, 0.4))
    clicked = view.agrees(name)
    assert not torch.equal(start, clicked)

    mouse.move(*view.point(0.3, 0.4))
    mouse.down()
    for step in range(1, 9):
        mouse.move(*view.point(0.3 + 0.05 * step, 0.4))
    mouse.up()
    dragged = view.agrees(name)
    assert dragged[0, 0] > clicked[0, 0] and dragged[0, 1] == pytest.approx(clicked[0, 1].item(), abs=1e-2)

    keyboard.press("ArrowUp")
    keyboard.press("Shift+ArrowLeft")
    pressed = view.agrees(name)
    assert pressed[0, 1] > dragged[0, 1] and pressed[0, 0] < dragged[0, 0]
    keyboard.press("Enter")  # the nearest image
    original = root.locator("[data-told=original]")
    view.expect(original).to_contain_text(re.compile(r"test image \[\d+\], label \d"))
    view.expect(root.locator("[data-told=difference]")).to_contain_text(re.compile(r"squared error [\d.]+"))
    index = int(re.search(r"image \[(\d+)\]", original.inner_text()).group(1))
    assert torch.allclose(
        view.agrees(name), encode(view.models[name], view.images.test.x[index : index + 1]), atol=1e-4
    )
    assert (
        root.locator("[data-role=original]").evaluate(PIXELS)
        == (255 * view.images.test.x[index]).round().int().flatten().tolist()
    )
    told = root.locator("p.aex-spoken[role=status]").first
    view.expect(told).to_contain_text(
        re.compile(r"Code of test image \[\d+\], label \d\. z = .* nearest training image")
    )

    keyboard.press("+")
    keyboard.press("-")
    keyboard.press("0")
    cursor = root.locator(".aex-cursor").bounding_box()
    mouse.move(cursor["x"], cursor["y"])
    tip = root.locator(".aex-tip")
    seen = re.compile(r"^test image \[\d+\], label \d$")
    view.expect(tip).to_have_text(seen)
    index = int(re.search(r"\[(\d+)\]", tip.inner_text()).group(1))
    pixels = (255 * view.images.test.x[index]).round().int().flatten().tolist()
    assert tip.locator("canvas").evaluate(PIXELS) == pixels
    mouse.down()
    view.expect(tip).to_be_hidden()
    mouse.up()
    keyboard.press("ArrowUp")
    mouse.move(cursor["x"] + 4, cursor["y"] + 3)
    view.expect(tip).to_have_text(seen)
    view.expect(original).to_have_text("no original")  # what is pointed at is not what the code is the code of
    mouse.move(*view.point(-0.02, 0.5))
    view.expect(tip).to_be_hidden()


def drive_undo(view, name):
    """A drag is one step, however long the hand rests in it; a text that is written in here keeps its own undo."""
    root, page, mouse = view.root, view.page, view.page.mouse
    undo, redo = (root.get_by_role("button", name=name, exact=True) for name in ("undo", "redo"))
    page.mouse.dblclick(*view.point(0.5, 0.5))
    view.expect(root.locator("[data-told=original]")).to_contain_text("test image")
    image = view.agrees(name)
    pages.rest(page, 600)
    mouse.move(*view.point(0.3, 0.6))
    mouse.down()
    for step in range(1, 5):
        mouse.move(*view.point(0.3 + 0.1 * step, 0.6))
        page.wait_for_timeout(400 if step == 2 else 20)
    mouse.up()
    dragged = view.agrees(name)
    page.keyboard.press("Control+z")
    assert torch.equal(view.agrees(name), image)
    view.expect(root.locator("[data-told=original]")).to_contain_text("test image")
    page.keyboard.press("Control+Shift+z")
    assert torch.equal(view.agrees(name), dragged)
    undo.click()
    assert torch.equal(view.agrees(name), image)
    page.keyboard.press("Control+y")  # the focus is on the button
    assert torch.equal(view.agrees(name), dragged)
    view.expect(redo).to_have_attribute("aria-disabled", "true")
    undo.click()
    page.mouse.click(*view.point(0.8, 0.3))
    pages.rest(page, 400)
    view.expect(redo).to_have_attribute("aria-disabled", "true")
    here = view.code
    root.evaluate("root => root.append(Object.assign(document.createElement('input'), { id: 'typed' }))")
    typed = root.locator("#typed")
    typed.evaluate("input => input.onbeforeinput = ({ inputType }) => input.dataset.did = inputType")
    typed.press_sequentially("ab")
    typed.press("Control+z")
    view.expect(typed).to_have_attribute("data-did", "historyUndo")
    assert torch.equal(view.code, here)
    typed.evaluate("input => input.remove()")


def drive_layers(view, name):
    root = view.root
    under = root.get_by_label("Background")
    view.expect(under).to_have_value("manifold")
    under.select_option("nothing")
    view.expect(root.locator("canvas.aex-manifold")).to_be_hidden()
    under.select_option("manifold")
    view.expect(view.pad).to_have_attribute("data-manifold", re.compile(r"\d"))
    tiles = np.array(root.locator("canvas.aex-manifold").evaluate(PIXELS))
    assert (tiles > 40).sum() > 1000
    for value in ("density", "prior"):
        root.get_by_label("Contours").select_option(value)
        view.expect(root.locator(".aex-contour")).to_have_count(3)
        assert root.locator(".aex-share").all_text_contents() == [
            "50\N{NO-BREAK SPACE}%",
            "80\N{NO-BREAK SPACE}%",
            "95\N{NO-BREAK SPACE}%",
        ]
    note = "Lines: 50, 80, 95 % of the prior N(0, I)"
    plain = ", which this model was not trained with"
    variational = isinstance(view.models[name], ae.VariationalAutoencoder)
    view.expect(root.locator(".aex-contour-note")).to_have_text(f"{note}{'' if variational else plain}.")
    beside = root.locator(".aex-side")
    zoom = root.get_by_role("button", name="Zoom in")
    zoom.hover()
    before = beside.screenshot()
    for _ in range(6):
        zoom.click()
    view.settle()
    assert beside.screenshot() == before, "what lies outside the map is cut off at its edge"
    root.get_by_role("button", name="Show the whole map").click()


def drive_traversal(view, name):
    root, keyboard = view.root, view.page.keyboard
    view.tab("Traversal")
    before = view.code
    slider = root.get_by_label("unit 1", exact=True)
    slider.focus()
    for _ in range(5):
        keyboard.press("ArrowRight")
    after = view.agrees(name)
    assert after[0, 0] > before[0, 0] and torch.equal(after[0, 1:], before[0, 1:])
    root.get_by_role("button", name="Back to the last image").press("Enter")
    assert not torch.equal(view.agrees(name), after)
    drawn = []
    for button in ("Random draw from N(0, I)", "Random draw, spread like the codes"):
        root.get_by_role("button", name=button).click()
        drawn.append(view.agrees(name))
    assert not torch.equal(*drawn)
    strip = root.get_by_role("tabpanel").locator(".aex-strip canvas")
    assert strip.first.evaluate(PIXELS) != strip.last.evaluate(PIXELS)
    before, row = view.code, strip.page.locator(".aex-slider:visible").first
    unit, value = re.fullmatch(r"unit (\d) at (.*)", row.locator("canvas").nth(6).get_attribute("title")).groups()
    row.locator("canvas").nth(6).click()
    after = view.agrees(name)
    assert after[0, int(unit) - 1] == pytest.approx(float(value.replace("−", "-")), abs=0.051)
    assert torch.equal(after[0, 2 - int(unit)], before[0, 2 - int(unit)])
    view.expect(row.locator("canvas").nth(6)).to_have_class(re.compile("aex-now"))
    assert row.locator("canvas").nth(6).evaluate(PIXELS) == view.decoded.evaluate(PIXELS)
    middle = "each => (({ left, right }) => (left + right) / 2)(each.getBoundingClientRect())"
    thumb = row.locator("input").evaluate(
        """each => {
            const { left, width } = each.getBoundingClientRect();
            return left + 8 + (each.value - each.min) / (each.max - each.min) * (width - 16);
        }"""
    )
    assert row.locator("canvas").nth(6).evaluate(middle) == pytest.approx(thumb, abs=2), "it stands over its value"


def drive_between(view, name):
    root, keyboard = view.root, view.page.keyboard
    view.page.mouse.click(*view.point(0.9, 0.1))  # from here the geodesic to B is bent
    root.get_by_role("tab", name="Traversal").focus()
    keyboard.press("ArrowRight")
    chart = root.locator(".aex-chart")
    for way in ("straight", "circle", "geodesic"):
        root.get_by_label("Way", exact=True).select_option(way)
        view.expect(chart).to_have_attribute("data-ready", "true", timeout=20_000)
        view.expect(chart).to_have_attribute(
            "aria-label", re.compile("squared pixel distance to the nearest training image")
        )
    lengths_agree(view, name)
    root.get_by_label("Way", exact=True).select_option("straight")
    slider = root.get_by_label("A", exact=True)
    slider.focus()
    keyboard.press("End")
    end = view.agrees(name)
    keyboard.press("Home")
    assert not torch.equal(end, view.agrees(name))
    strip = root.locator(".aex-between .aex-strip canvas")
    strip.nth(3).click()
    view.expect(slider).to_have_value("0.3")
    view.agrees(name)
    assert strip.nth(3).evaluate(PIXELS) == view.decoded.evaluate(PIXELS)
    strip.nth(3).hover()
    view.page.mouse.down()
    box = strip.nth(8).bounding_box()
    view.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5, steps=4)
    view.page.mouse.up()
    assert float(slider.input_value()) == pytest.approx(0.8, abs=0.01)
    view.agrees(name)
    view.page.mouse.click(*view.point(0.2, 0.2))
    here = view.code
    root.get_by_role("button", name="Set B to this point").click()
    view.expect(chart).to_have_attribute("data-ready", "true")
    slider.focus()
    keyboard.press("End")
    assert torch.allclose(view.agrees(name), here, atol=1e-4)
    root.get_by_label("Way", exact=True).select_option("geodesic")
    drag_an_end(view, name)
    lengths_agree(view, name)


def lengths_agree(view, name):
    """The lengths told of straight line and great circle are PyTorch's; the geodesic is not longer."""
    root, model = view.root, view.models[name]
    slider = root.get_by_label("A", exact=True)
    a, b = (slider.press(key) or view.code for key in ("Home", "End"))
    spans = root.locator(".aex-lengths [data-way]")
    told = dict(
        spans.evaluate_all("all => all.map(one => [one.dataset.way, Number(one.textContent.match(/[0-9.]+/)[0])])")
    )
    t = torch.linspace(0, 1, 41)[:, None]
    norms, angle = (a.norm(), b.norm()), torch.acos(torch.cosine_similarity(a, b))
    circle = (torch.sin((1 - t) * angle) * a / norms[0] + torch.sin(t * angle) * b / norms[1]) / torch.sin(angle)
    ways = {"straight": a + t * (b - a), "circle": circle * (norms[0] + t * (norms[1] - norms[0]))}
    for way, codes in ways.items():
        length = decode(model, codes).flatten(1).diff(dim=0).norm(dim=1).sum().item()
        assert told[way] == pytest.approx(length, rel=0.01, abs=0.01), way
    assert told["geodesic"] <= min(told["straight"], told["circle"])


def drag_an_end(view, name):
    """B lies where we are; drawn away it takes the picture along, and A stays."""
    mouse, root = view.page.mouse, view.root
    slider = root.get_by_label("A", exact=True)
    slider.press("Home")
    start = view.code
    slider.press("End")
    before = view.code
    mouse.move(*view.point(0.2, 0.2))
    mouse.down()
    mouse.move(*view.point(0.3, 0.35), steps=3)
    mouse.up()
    assert not torch.equal(view.agrees(name), before)
    view.expect(root.locator(".aex-chart")).to_have_attribute("data-ready", "true", timeout=20_000)
    slider.press("Home")
    assert torch.allclose(view.agrees(name), start, atol=1e-4)


def drive_arithmetic(view, name):
    """The sum is PyTorch's, by the slider and by the arrow's head; t = 0 leads back to where it began."""
    root, mouse, model, test = view.root, view.page.mouse, view.models[name], view.images.test
    view.pad.press("Enter")
    original = root.locator("[data-told=original]")
    view.expect(original).to_have_text(re.compile(r"^test image \[\d+\], label \d$"))
    began, start = original.inner_text(), view.code
    view.tab("Arithmetic")
    root.get_by_label("From class").select_option("1")
    root.get_by_label("to class").select_option("0")
    codes = encode(model, test.x)
    means = torch.stack([codes[test.y == label].mean(0) for label in range(10)])
    along = means[0] - means[1]

    def t_of(z):
        """How much was added; nothing else was."""
        t = ((z - start) @ along / along.square().sum()).item()
        assert torch.allclose(z, start + t * along, atol=1e-3 * along.norm().item())
        return t

    root.get_by_label("t =", exact=True).press("End")
    z = view.agrees(name)
    assert t_of(z) == pytest.approx(2, abs=1e-3)
    distances = (means - z).norm(dim=1)
    nearest = re.search(r"is that of (\d) \(([\d.]+) away\)", root.locator("[data-told=mean]").inner_text())
    assert int(nearest[1]) == distances.argmin() and float(nearest[2]) == pytest.approx(
        distances.min().item(), rel=0.02, abs=0.006
    )
    told = [root.locator(f"[data-told={what}]").inner_text() for what in ("nearest", "invention")]
    assert re.search(r"[\d.]+$", told[0])[0] == re.search(r"picture is ([\d.]+) \(squared", told[1])[1]
    root.get_by_role("button", name="Back to t = 0").press("Enter")
    assert torch.equal(view.agrees(name), start)
    view.expect(original).to_have_text(began)

    corner = view.pad.bounding_box()
    tip, tail = root.locator(".aex-sum-arrow polygon"), root.locator(".aex-inside > circle")
    places = [tip.get_attribute("points").split()[0].split(","), [tail.get_attribute(name) for name in ("cx", "cy")]]
    ends = np.array(places, float) + np.array([corner["x"] + 1, corner["y"] + 1])
    mouse.move(*ends[0])
    mouse.down()
    for share in (0.9, 0.7, 0.5):
        mouse.move(*(share * ends[0] + (1 - share) * ends[1]))
    mouse.up()
    assert t_of(view.agrees(name)) == pytest.approx(0.5, abs=0.05)
    for key in ("Shift+ArrowLeft", "Shift+ArrowDown"):  # to a new start
        view.pad.press(key)
    start = view.code
    view.expect(root.locator(".aex-t output")).to_have_text("0.00")
    pages.rest(view.page, 400)  # what rested can be undone
    root.get_by_label("t =", exact=True).press("Home")
    assert t_of(view.agrees(name)) == pytest.approx(-1, abs=1e-3)
    root.get_by_role("button", name="undo").press("Enter")
    root.get_by_role("button", name="redo").press("Enter")
    view.expect(root.locator(".aex-t output")).to_have_text("−1.00")
    view.tab("Between")
    view.expect(root.locator(".aex-sum-arrow")).to_have_count(0)


def drive_drawing(view, name):
    root, mouse, keyboard = view.root, view.page.mouse, view.page.keyboard
    view.tab("Draw your own")
    ink = root.locator("[data-role=ink]")
    ink.scroll_into_view_if_needed()
    box = ink.bounding_box()
    invitation, pen = root.get_by_text("draw here"), root.locator(".aex-pen")
    assert invitation.is_visible() and pen.get_attribute("hidden") is not None

    def at(x, y):
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    mouse.move(*at(0.1, 0.1))
    mouse.down()
    mouse.move(*at(0.2, 0.3), steps=4)
    mouse.move(*at(0.1, 0.4), steps=4)
    mouse.up()
    view.settle()
    view.expect(invitation).to_be_hidden()
    seen = root.locator("[data-role=original]")
    image = np.array(seen.evaluate(PIXELS)).reshape(28, 28) / 255
    assert np.flatnonzero(image.max(1) > 0.5).size in (19, 20, 21), "drawn small, seen large"
    middle = (image.sum(1) @ (np.arange(28) + 0.5)) / image.sum()
    pixels = view.images.test.x[:, 0]
    usual = ((pixels.sum(2) @ (torch.arange(28) + 0.5)) / pixels.sum((1, 2))).mean().item()
    assert middle == pytest.approx(usual, abs=0.6)  # where the data have it, moved by whole pixels
    x = torch.tensor(image, dtype=torch.float32).view(1, 1, 28, 28)
    wanted = encode(view.models[name], x)
    assert torch.allclose(view.agrees(name), wanted, atol=0.03 * wanted.abs().max().item())

    ink.focus()
    keyboard.press("Delete")
    assert pen.get_attribute("hidden") is None
    keyboard.press("Space")
    for _ in range(6):
        keyboard.press("ArrowDown")
    keyboard.press("Space")
    view.settle()
    assert max(seen.evaluate(PIXELS)) > 200
    assert not torch.equal(view.agrees(name), wanted)
    view.expect(root.locator("[data-told=original]")).to_contain_text("your drawing")


def drive_compare(view):
    """Three models, of which the last has a code of another size."""
    root = view.root
    view.page.mouse.dblclick(*view.point(0.5, 0.5))
    view.settle()
    original = root.locator("[data-told=original]")
    view.expect(original).to_contain_text("test image")
    index = int(re.search(r"image \[(\d+)\]", original.inner_text()).group(1))
    x = view.images.test.x[index : index + 1]

    def shown(name):
        return np.array(root.locator(f"[data-model={name}]").evaluate(PIXELS))

    def far(name, picture):
        return np.abs(shown(name) - 255 * picture.flatten().numpy()).max()

    view.settle()
    for name in COMPARED:
        assert far(name, decode(view.models[name], encode(view.models[name], x))) <= 2.5
    cards = root.locator(".aex-card:has([data-model])")
    for which, images in {"here": x, "mean": view.images.test.x}.items():
        wanted = {
            name: (decode(view.models[name], encode(view.models[name], images)) - images).square().sum().item()
            / len(images)
            for name in COMPARED
        }
        told = {card.locator("h2").inner_text(): card.locator(f"[data-error={which}]") for card in cards.all()}
        assert {name: float(cell.inner_text()) for name, cell in told.items()} == pytest.approx(wanted, rel=0.02)
        view.expect(root.locator(f".aex-best[data-error={which}]")).to_have_text(
            told[min(wanted, key=wanted.get)].inner_text()
        )
    assert len({card.locator("canvas").bounding_box()["y"] for card in root.locator(".aex-card").all()[:3]}) == 1
    at_image = root.get_by_label("At an image")
    wide = root.locator(".aex-card", has=view.page.locator("[data-model=wide]"))
    at_image.select_option("code")
    z = view.code
    assert far("convolutional", decode(view.models["convolutional"], z)) <= 2.5
    view.expect(wide).to_contain_text("no code of 2 units")
    at_image.select_option("image")
    view.page.mouse.click(*view.point(0.4, 0.3))  # by hand: there is no image, so the code is what is the same
    z = view.code
    for name in COMPARED[:2]:
        assert far(name, decode(view.models[name], z)) <= 2.5
    view.expect(wide).to_contain_text("no code of 2 units")
    view.page.mouse.dblclick(*view.point(0.5, 0.5))
    view.settle()
    models = root.get_by_role("radiogroup", name="Model on the map")
    models.get_by_role("radio", name="variational").focus()
    view.page.keyboard.press("ArrowRight")
    assert torch.allclose(view.agrees("convolutional"), encode(view.models["convolutional"], x), atol=1e-4)
    view.page.keyboard.press("ArrowRight")
    assert torch.allclose(view.agrees("wide"), encode(view.models["wide"], x), atol=1e-4)
    view.expect(root.locator(".aex-card.aex-now h2")).to_have_text("wide")
    view.expect(models.get_by_role("radio", checked=True)).to_have_text("wide")
    view.page.keyboard.press("ArrowDown")  # after the last comes the first
    view.expect(models.get_by_role("radio", checked=True)).to_be_focused()
    assert torch.allclose(view.agrees("variational"), encode(view.models["variational"], x), atol=1e-4)
    models.get_by_role("radio", name="wide").click()
    assert torch.allclose(view.agrees("wide"), encode(view.models["wide"], x), atol=1e-4)
    root.get_by_role("button", name="variational").click()
    assert torch.allclose(view.agrees("variational"), encode(view.models["variational"], x), atol=1e-4)
    root.get_by_role("button", name="undo", exact=True).click()
    assert torch.allclose(view.agrees("wide"), encode(view.models["wide"], x), atol=1e-4)
    view.expect(models.get_by_role("radio", checked=True)).to_have_text("wide")


def drive(view, name):
    drive_map(view, name)
    drive_undo(view, name)
    drive_layers(view, name)
    drive_traversal(view, name)
    drive_between(view, name)
    drive_arithmetic(view, name)
    drive_drawing(view, name)


@pytest.fixture
def saved(chromium, tmp_path, models, digits):
    """`saved(names, scheme)`: an explorer of these models as a file, opened with the network off."""
    noise = []

    def start(names, scheme="light"):
        chosen = {name: models[name] for name in names}
        path = ae.explore(chosen if len(names) > 1 else chosen[names[0]], digits).save_html(tmp_path / "page.html")
        context = chromium.new_context(offline=True, color_scheme=scheme, viewport={"width": 940, "height": 1000})
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("console", lambda message: noise.append(message.text))
        page.on("request", lambda request: request.url.startswith("http") and noise.append(request.url))
        page.goto(path.as_uri())
        return View(page, page.locator(".aex[data-ready]"), models, digits)

    yield start
    assert noise == []


@pytest.mark.parametrize("name", ["variational", "convolutional"])
def test_a_saved_page_by_mouse_and_keyboard(saved, name):
    drive(saved([name]), name)


def test_a_saved_page_of_a_wide_code_in_the_dark(saved):
    view = saved(["wide"], "dark")
    root = view.root
    view.expect(root).to_have_attribute("data-theme", "dark")
    root.get_by_label("Map of", exact=True).select_option("units")
    root.get_by_label("rightward axis").select_option(label="5")
    variance = np.var(encode(view.models["wide"], view.images.test.x).double().numpy(), axis=0)
    names = root.locator(".aex-overlay > text").filter(has_text="→").all_text_contents()
    shares = [100 * variance[unit] / variance.sum() for unit in (4, 1)]
    assert names == [
        f"code unit {unit} ({share:.0f} % of the variance) →" for unit, share in zip((5, 2), shares, strict=True)
    ]
    before = view.code
    view.page.mouse.click(*view.point(0.9, 0.4))
    moved = view.agrees("wide")
    assert [j for j in range(12) if moved[0, j] != before[0, j]] == [1, 4], "units 2 and 5 and no others"
    sliders = root.locator(".aex-slider")
    root.get_by_label("Show", exact=True).select_option("sliders")
    view.expect(sliders).to_have_count(12)
    codes = encode(view.models["wide"], view.images.test.x)
    usage = codes.std(0).argsort(descending=True).tolist()
    assert [int(unit) for unit in sliders.evaluate_all("all => all.map(one => one.dataset.unit)")] == usage
    root.get_by_label("Order").select_option("number")
    assert sliders.first.get_attribute("data-unit") == "0"
    root.get_by_label("Map of", exact=True).select_option("principal")
    drive_arithmetic(view, "wide")


@pytest.mark.parametrize("on", ["train", "test"])
def test_the_still_and_the_map_show_one_plane(chromium, tmp_path, digits, on):
    """The same axes with the same signs, and the same frame of them: found from the outside, by hand and by fit."""
    bare = Images("bare", *(Split(part.x) for part in (digits.train, digits.val, digits.test)), ())
    for size in (2, 3, 8, 16):
        torch.manual_seed(size)
        model = ae.Autoencoder((784, 32, size))
        explorer = ae.explore(model, bare, on=on)

        # The still: its points lie at codes @ axes + shift.
        axes = explorer.picture.subfigs[0].axes[0]
        places = np.asarray(axes.collections[0].get_offsets())
        codes = encode(model, getattr(bare, on).x[: len(places)]).double().numpy()
        fitted = np.linalg.lstsq(np.column_stack([codes, np.ones(len(codes))]), places, rcond=None)[0]
        limits = np.array([axes.get_xlim(), axes.get_ylim()])

        # The map: a click in its middle, and from there a tenth of its width to the right and of its height upwards.
        page = chromium.new_page(viewport={"width": 940, "height": 1000})
        page.goto(explorer.save_html(tmp_path / "page.html").as_uri())
        view = View(page, page.locator(".aex[data-ready]"), {"": model}, bare)
        page.mouse.click(*view.point(0.5, 0.5))
        steps = [view.code[0].double().numpy()]
        for key in ("Shift+ArrowRight", "Shift+ArrowUp"):
            view.pad.press(key)
            steps.append(view.code[0].double().numpy())
        names = view.root.locator(".aex-overlay > text").filter(has_text="→").all_text_contents()
        page.close()

        assert [f"{axes.get_xlabel()} →", f"{axes.get_ylabel()} →"] == names
        for way, axis, (low, high) in zip(np.diff(steps, axis=0), fitted[:-1].T, limits, strict=True):
            cosine = way @ axis / np.linalg.norm(way) / np.linalg.norm(axis)
            angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
            assert angle < 0.5, f"code size {size}: axes {angle:.0f} degrees apart"
            assert 10 * np.linalg.norm(way) == pytest.approx(high - low, rel=0.01), (
                f"code size {size}: the frame's size"
            )
        middle = np.append(steps[0], 1) @ fitted
        assert middle == pytest.approx(limits.mean(1), abs=0.01 * np.ptp(limits, axis=1).min())


def cell_means(places, values, frame, n):
    """The averages of the values in those of n × n cells of the frame that have any."""
    low, high = frame
    cells = np.floor((places - low) / (high - low) * n)
    inside = ((cells >= 0) & (cells < n)).all(1)
    found = {}
    for cell, value in zip(map(tuple, cells[inside]), values[inside], strict=True):
        found.setdefault(cell, []).append(value)
    return np.array([np.mean(some) for some in found.values()])


def test_what_the_decoder_does_is_measured_on_the_map(chromium, tmp_path, models, few):
    """The legend's three numbers are those of PyTorch, to 1 % of the scale, and a worker has found them."""
    path = ae.explore(models["variational"], few).save_html(tmp_path / "page.html")
    page = chromium.new_context(offline=True, viewport={"width": 940, "height": 1000}).new_page()
    page.goto(path.as_uri())
    view = View(page, page.locator(".aex[data-ready]"), models, few)
    root, model = view.root, models["variational"]
    x, train = view.images.test.x, view.images.train.x.flatten(1)
    codes = encode(model, x)
    plane = first_plane(codes)
    grid = plane.grid(30)
    pictures = decode(model, grid)
    errors = (decode(model, codes) - x).square().flatten(1).sum(1).numpy()
    wanted = {
        "distance": (torch.cdist(pictures.flatten(1), train) ** 2).min(1).values.numpy(),
        "trip": (encode(model, pictures) - grid).norm(dim=1).numpy(),
        "error": cell_means(plane.places.numpy(), errors, plane.frame, 30),
    }
    # Posteriors, of which a worker finds all but that of the image that is looked at. Half axes in pixels: the standard
    # deviations, which lie along the axes of the map.
    root.get_by_label("Posteriors").check()
    view.expect(root.locator(".aex-overlay ellipse")).to_have_count(41)
    assert len(view.page.workers) == 1
    index = int(re.search(r"image \[(\d+)\]", root.inner_text()).group(1))
    of_classes = [torch.where(view.images.test.y[:50] == label)[0] for label in range(10)]  # four images of each
    chosen = torch.stack([all_of[torch.arange(4) * len(all_of) // 4] for all_of in of_classes]).T.flatten()
    sd = model.posterior(torch.cat([x[chosen], x[index : index + 1]])).stddev.detach().numpy()
    pixels = view.pad.evaluate("pad => pad.clientWidth") / (plane.frame[1] - plane.frame[0])
    drawn = root.locator(".aex-overlay ellipse").evaluate_all(
        "all => all.map(one => [one.rx, one.ry].map(r => r.baseVal.value))"
    )
    assert np.sort(drawn) == pytest.approx(np.sort(sd * pixels), rel=0.01)
    view.expect(root.locator(".aex-looked-at")).to_have_count(1)
    root.locator(".aex-legend").get_by_role("button", name="3", exact=True).click()
    labels = view.images.test.y[chosen]
    ellipses = root.locator(".aex-posterior-of:not(.aex-looked-at)")
    view.expect(ellipses).to_have_count(int((labels == 3).sum()))
    dot = root.locator("[aria-pressed=true] .aex-dot").evaluate("dot => dot.style.backgroundColor")
    assert set(ellipses.evaluate_all("all => all.map(each => each.style.stroke)")) == {dot}
    view.pad.press("Escape")
    root.get_by_label("Posteriors").uncheck()
    scale = root.locator(".aex-scale")
    view.expect(scale).to_be_hidden()
    for quantity, values in wanted.items():
        root.get_by_label("Background").select_option(quantity)
        view.expect(scale).to_have_attribute("data-shows", quantity)
        told = [float(number) for number in scale.locator("[data-end]").all_inner_texts()]
        ends = float(values.min()), float(values.max())
        assert told == pytest.approx([ends[0], np.mean(ends), ends[1]], abs=0.01 * ends[1]), quantity
        view.expect(root.locator(".aex-said")).not_to_be_empty()
        layer = root.get_by_label("Background").locator("option:checked").inner_text()
        view.expect(scale.locator(".aex-layer-name")).to_have_text(layer)
    assert len(view.page.workers) == 1
    root.get_by_label("Arrows").check()
    path = root.locator("path.aex-arrows")
    view.expect(path).to_have_count(1)
    drawn = path.get_attribute("d")
    assert drawn.count("M") + 2 * drawn.count("h") == 3 * 15 * 15, "a line and two barbs each, or a dot"
    root.get_by_label("Background").select_option("nothing")
    view.expect(scale).to_be_hidden()


def test_models_are_compared_on_the_same_image_and_the_same_code(saved):
    drive_compare(saved(COMPARED))


@pytest.mark.parametrize(
    "damage, told",
    [
        ("traits.payload = bytes.slice(0, 5000);", "cannot be unpacked"),
        ("traits.payload = new Uint8Array();", "are missing"),
        ("traits.meta.models[0].numbers.length -= 10;", "numbers from place"),
        ("traits.meta.models[0].decoder.find(({ op }) => op === 'input').shape = [1, 3];", "is given 3"),
        ("traits.meta.models = [];", "description of the model is missing"),
        ("traits.meta.models[0].codes.length -= 1;", "codes are not complete"),
    ],
)
def test_damaged_data_give_a_message_in_place_of_the_view(chromium, tmp_path, models, few, damage, told):
    path = ae.explore(models["variational"], few).save_html(tmp_path / "page.html")
    text = path.read_text(encoding="utf-8").replace("render({ model:", damage + "\nrender({ model:")
    path.write_text(text, encoding="utf-8")
    page = chromium.new_page()
    page.goto(path.as_uri())
    alert = page.get_by_role("alert")
    alert.wait_for(timeout=15_000)
    assert "The explorer cannot be shown" in alert.inner_text() and told in alert.inner_text()


def test_jupyterlab_by_mouse_and_keyboard(opened, models, digits):
    explore = "one = ae.explore(models['variational'], images, state='image=9&view=draw')\none"
    notebook = opened(
        [MODELS, explore, "[round(v, 3) for v in one.code]", "print(one.state)", f"one.state = {PLACE!r}"]
    )
    for index in range(2):
        notebook.run(index)
    view = View(notebook.page, notebook.cells.nth(1).locator(".aex[data-ready]"), models, digits)
    assert float(view.root.get_attribute("data-ready")) < 1000
    view.expect(view.root.locator("[data-told=original]")).to_contain_text("test image [9]")
    view.expect(view.root.get_by_role("tab", name="Draw your own")).to_have_attribute("aria-selected", "true")
    drive(view, "variational")
    source = notebook.cells.nth(1).locator(".cm-content")
    source.press("Control+End")
    notebook.page.keyboard.type("  # written by hand")
    view.pad.press("Control+z")  # JupyterLab, if it heard that, would undo the writing
    view.root.get_by_role("button", name="undo", exact=True).press("Control+z")
    pages.rest(notebook.page, 300)
    view.expect(source).to_contain_text("# written by hand")
    z = view.code
    pages.rest(notebook.page, 600)
    notebook.run(2)
    told = notebook.cells.nth(2).locator(".jp-OutputArea-output").inner_text()
    assert json.loads(told) == pytest.approx(z[0].tolist(), abs=1e-3)
    drive_state(view, notebook)
    stays_in_sight(view)


PLACE = "view=between&image=7&layers=points,contours:density"


def drive_state(view, notebook):
    """What the mouse did is read in the next cell; and what a cell says, the explorer does."""
    root = view.root

    def told():
        pages.rest(notebook.page, 600)
        notebook.run(3)
        return dict(parse_qsl(notebook.cells.nth(3).locator(".jp-OutputArea-output").inner_text().strip()))

    notebook.page.mouse.click(*view.point(0.35, 0.6))
    code = view.code[0].tolist()
    assert [float(value) for value in told()["code"].split(",")] == pytest.approx(code, rel=1e-4, abs=1e-4)
    notebook.run(4)
    view.expect(root.locator("[data-told=original]")).to_contain_text("test image [7]")
    view.expect(root.get_by_role("tab", name="Between")).to_have_attribute("aria-selected", "true")
    view.expect(root.get_by_label("Background")).to_have_value("nothing")
    view.expect(root.get_by_label("Contours")).to_have_value("density")
    assert told() == dict(parse_qsl(PLACE))
    view.pad.press("ArrowRight")
    view.tab("Traversal")
    code = view.code[0].tolist()
    place = told()
    assert (place["view"], "image" in place) == ("traversal", False)
    assert [float(value) for value in place["code"].split(",")] == pytest.approx(code, rel=1e-4, abs=1e-4)


def stays_in_sight(view):
    """The decoded picture, while what stands far below it is used and the notebook scrolls."""
    page = view.page
    page.set_viewport_size({"width": 1200, "height": 620})
    strip = view.root.get_by_role("tabpanel").locator(".aex-strip canvas").last
    strip.evaluate("element => element.scrollIntoView({ block: 'center' })")
    view.settle()
    height = view.root.locator(".aex-pipeline").evaluate("element => element.offsetTop")
    for role in ("original", "decoded", "difference"):
        assert visible(page, f"[data-role={role}]"), role
    assert visible(page, "[data-unit='0'] input") and height > 0, "the notebook was scrolled"


def test_models_are_compared_in_jupyterlab(opened, models, digits):
    notebook = opened([MODELS, f"ae.explore({{name: models[name] for name in {COMPARED}}}, images)"])
    for index in range(2):
        notebook.run(index)
    drive_compare(View(notebook.page, notebook.cells.nth(1).locator(".aex[data-ready]"), models, digits))


def test_a_finger_moves_the_point(chromium, tmp_path, models, few):
    path = ae.explore(models["variational"], few).save_html(tmp_path / "page.html")
    page = chromium.new_context(has_touch=True, offline=True).new_page()
    page.goto(path.as_uri())
    view = View(page, page.locator(".aex[data-ready]"), models, few)
    before = view.code
    page.touchscreen.tap(*view.point(0.2, 0.8))
    tapped = view.agrees("variational")
    assert not torch.equal(tapped, before)
    touch = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 0.2), ("touchMove", 0.5), ("touchMove", 0.8)):
        place = dict(zip("xy", view.point(x, 0.8), strict=True))
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    swept = view.agrees("variational")
    assert swept[0, 0] > tapped[0, 0]

    # Two fingers on either side of the point draw apart: the map grows about it, and the code stays.
    x, y = view.point(0.8, 0.8)
    for kind, apart in (("touchStart", 0), ("touchStart", 20), ("touchMove", 30), ("touchMove", 40)):
        fingers = [{"x": x, "y": y, "id": 0}, {"x": x, "y": y - apart, "id": 1}][: 1 if apart == 0 else 2]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    cursor = view.root.locator(".aex-cursor")
    place = cursor.bounding_box()
    assert (place["x"], place["y"]) == pytest.approx((x, y), abs=2), "under the finger that stayed"
    page.touchscreen.tap(x, y - 40)
    assert view.agrees("variational")[0, 1] > swept[0, 1]
    page.get_by_role("button", name="Show the whole map").click()
    assert y - cursor.bounding_box()["y"] == pytest.approx(20, abs=2), "the map was twice as large"


def test_a_saved_notebook_shows_the_still_and_once_trusted_the_explorer(opened, models, digits):
    cells = [MODELS, "ae.explore(models['variational'], images)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, store_widget_state=True, kernel_name="python3").execute()
    assert len(nbformat.writes(notebook)) < 3e6
    lesson = opened(notebook)
    page = lesson.page
    still = page.locator(".jp-OutputArea img")
    still.wait_for()
    assert still.evaluate("image => image.naturalWidth") > 600
    assert "as a map" in notebook.cells[1].outputs[0].metadata["image/png"]["alt"]  # for the site; the lab drops it
    assert page.locator(".aex").count() == 0
    NotebookNotary(data_dir=str(lesson.server.home)).sign(nbformat.read(lesson.path, as_version=4))
    page.reload()
    view = View(page, page.locator(".aex[data-ready]"), models, digits)
    page.mouse.click(*view.point(0.3, 0.3))
    view.agrees("variational")


def test_a_notebook_that_a_reader_saved_shows_the_still_the_next_day(opened):
    notebook = opened([MODELS, "ae.explore(models['variational'], images)"])
    expect = notebook.expect
    for index in range(2):
        notebook.run(index)
    cell = notebook.cells.nth(1)
    still, live = cell.locator(".jp-OutputArea img"), cell.locator(".aex[data-ready]")
    hint = cell.get_by_text("Run this cell to explore")
    expect(live).to_be_visible()
    for dead in (still, hint):
        expect(dead).to_have_count(1)
        expect(dead).to_be_hidden()
    notebook.next_day()
    stored = nbformat.read(notebook.path, as_version=4)
    assert "widgets" not in stored.metadata  # JupyterLab's default
    assert NotebookNotary(data_dir=str(notebook.server.home)).check_signature(stored)

    expect(still).to_be_visible()
    expect(hint).to_be_visible()
    assert cell.locator(".jp-Cell-outputWrapper").inner_text().strip() == "Run this cell to explore."
    assert live.count() == 0

    notebook.run(0)
    notebook.run(1)
    expect(live).to_be_visible()
    expect(still).to_be_hidden()


# How a host says that it is light or dark: an element, its attribute, and the attribute's two values.
HOSTS = {
    "JupyterLab, Notebook and Voilà": ("body", "data-jp-theme-light", {"light": "true", "dark": "false"}),
    "VS Code": ("body", "data-vscode-theme-kind", {"light": "vscode-light", "dark": "vscode-dark"}),
    "VS Code's classes": ("body", "class", {"light": "vscode-light", "dark": "vscode-dark"}),
    "VS Code in high contrast": (
        "body",
        "class",
        {"light": "vscode-high-contrast-light vscode-high-contrast", "dark": "vscode-high-contrast"},
    ),
    "Colab": ("html", "theme", {"light": "light", "dark": "dark"}),
    "a page's colour scheme": ("html", "style", {"light": "color-scheme: light", "dark": "color-scheme: dark"}),
    "a page's background": (
        "body",
        "style",
        {"light": "background: #fdfdfd", "dark": "background: oklch(0.2 0.02 250)"},
    ),
    "a page that says nothing": ("body", "style", {"light": "", "dark": "background: #000"}),
}


@pytest.mark.parametrize("system, other", [("light", "dark"), ("dark", "light")])
def test_colours_are_the_hosts_also_where_the_system_has_others(chromium, tmp_path, models, few, system, other):
    from playwright.sync_api import expect

    path = ae.explore(models["variational"], few).save_html(tmp_path / "page.html")
    bare = path.read_text(encoding="utf-8")
    for ours, nothing in [
        (":root { color-scheme: light dark; }", ""),
        ("@media (prefers-color-scheme: dark)", "@media not all"),
    ]:
        assert ours in bare
        bare = bare.replace(ours, nothing)
    page = chromium.new_page(color_scheme=system)
    for host, (where, attribute, values) in HOSTS.items():
        tag = {"html": '<html lang="en"', "body": "<body"}[where]
        path.write_text(bare.replace(f"{tag}>", f'{tag} {attribute}="{values[other]}">'), encoding="utf-8")
        page.goto(path.as_uri())
        root = page.locator(".aex[data-ready]")
        expect(root, host).to_have_attribute("data-theme", other)
        for theme in (system, other):
            page.locator(where).evaluate(
                f"(element, value) => element.setAttribute({attribute!r}, value)", values[theme]
            )
            expect(root, host).to_have_attribute("data-theme", theme)
            scheme = root.evaluate("element => getComputedStyle(element).colorScheme")
            assert scheme == theme, f"{host}: sliders and boxes are drawn by the browser"


def test_a_page_of_its_own_follows_the_system(saved):
    view = saved(["variational"])
    for scheme in ("dark", "light"):
        view.page.emulate_media(color_scheme=scheme)
        view.expect(view.root).to_have_attribute("data-theme", scheme)


def test_a_cell_that_is_run_again_leaves_little_in_the_page(opened):
    """JupyterLab keeps half a megabyte for each run of any cell, so what the explorer leaves is looked for by name.

    Its view, its canvases and its arrays must go. A browser may hold the views of some runs until a later one, how many
    differs from time to time; so it is run on until only the one in sight lives. The kernel has a test of its own.
    """
    notebook = opened([MODELS, "ae.explore(models['variational'], images)", "# and no new cell at the end"])
    page, expect = notebook.page, notebook.expect
    inspector = page.context.new_cdp_session(page)

    def living(kind, selector):
        """How many such elements the page holds, be they in the document or not; what nobody holds is collected."""
        prototype = inspector.send("Runtime.evaluate", {"expression": f"{kind}.prototype"})["result"]["objectId"]
        every = inspector.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
        count = f"function () {{ return this.filter(element => element.matches('{selector}')).length; }}"
        call = {"functionDeclaration": count, "objectId": every, "returnByValue": True}
        number = inspector.send("Runtime.callFunctionOn", call)["result"]["value"]
        inspector.send("Runtime.releaseObject", {"objectId": every})
        return number

    def only_one_left(times):
        """Canvases, and bytes of arrays, when of at least so many runs one explorer is left."""
        for run in range(times + 20):
            notebook.run(1)
            expect(notebook.cells.nth(1).locator(".aex[data-ready]")).to_have_count(1)
            if run + 1 >= times and living("HTMLDivElement", ".aex") == 1:
                arrays = inspector.send("Runtime.getHeapUsage")["backingStorageSize"]
                return living("HTMLCanvasElement", "canvas"), arrays
        pytest.fail(f"of {times + 20} runs {living('HTMLDivElement', '.aex')} explorers are left")

    notebook.run(0)
    canvases, arrays = only_one_left(2)  # what is loaded once is loaded
    canvases_later, arrays_later = only_one_left(8)
    assert canvases_later == canvases
    assert arrays_later - arrays < 2e6  # of eight runs; each sends 0.9 MB, and a view makes several of it


COUNT = """from ipywidgets.widgets.widget import _instances
print(sum(isinstance(each, ae.explorer.Explorer) for each in _instances.values()), "open")"""


def test_two_explorers_a_cell_run_again_and_a_restarted_kernel(opened, models, digits):
    notebook = opened(
        [MODELS, "ae.explore(models['variational'], images)", "ae.explore(models['sorting'], images)", COUNT]
    )
    page, expect = notebook.page, notebook.expect
    for index in range(4):
        notebook.run(index)
    one = View(page, notebook.cells.nth(1).locator(".aex[data-ready]"), models, digits)
    two = View(page, notebook.cells.nth(2).locator(".aex[data-ready]"), models, digits)
    expect(two.root).to_contain_text(
        "Python is asked for every decoded picture, because the browser does not know sort"
    )
    expect(two.decoded).to_have_attribute("data-code", re.compile(r"\d"))
    page.mouse.click(*two.point(0.6, 0.3))
    pages.rest(page, 1500)
    elsewhere = two.agrees("sorting")  # decoded by the kernel
    two.tab("Between")
    expect(two.root.locator("option[value=geodesic]")).to_have_text("geodesic: not where Python decodes")
    expect(two.root.locator("option[value=geodesic]")).to_be_disabled()
    page.mouse.click(*one.point(0.3, 0.3))
    one.agrees("variational")
    assert torch.equal(two.code, elsewhere)
    assert "2 open" in notebook.cells.nth(3).inner_text()

    canvases = page.locator("canvas").count()
    for _ in range(2):
        notebook.run(1)
        expect(notebook.cells.nth(1).locator(".aex[data-ready]")).to_have_count(1)
    assert page.locator("canvas").count() == canvases
    notebook.run(3)
    assert "2 open" in notebook.cells.nth(3).inner_text()

    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    expect(one.root).to_have_attribute("data-theme", "dark")
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    expect(one.root).to_have_attribute("data-theme", "light")

    (kernel,) = notebook.server.ask("kernels")
    notebook.server.ask(f"kernels/{kernel['id']}/restart", "POST")
    page.mouse.click(*one.point(0.7, 0.6))
    one.agrees("variational")
    notebook.run(3)
    expect(notebook.cells.nth(3)).to_contain_text("0 open")  # by the new kernel, which knows nothing
    one.pad.press("ArrowLeft")
    one.agrees("variational")
    pages.rest(page, 600)  # long enough for the code to be told to a kernel that is not the one it was

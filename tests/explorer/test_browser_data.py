"""What travels to the browser, and what is drawn of it: labels, pixels, colours, limits."""

import json
import re
import zlib

import numpy as np
import pages
import pytest
import torch
from browser import NO_NODE, NODE, in_node

import aeutils as ae
from aeutils.data import Split
from aeutils.explorer import bundle, subject


def travelled(explorer, entry):
    """The array that an entry of the description names, as the browser unpacks it."""
    return np.frombuffer(zlib.decompress(explorer.payload), entry["dtype"], entry["length"], entry["start"])


def opened(chromium, tmp_path, explorer, **context):
    """The explorer's page, as `pages.opened` opens it."""
    return pages.opened(chromium, explorer.save_html(tmp_path / "page.html"), **context)


def tiny(n, side=4, channels=1):
    """A model of two code units and `n` images `[n, channels, side, side]`, all different."""
    torch.manual_seed(0)
    x = torch.rand(n, channels, side, side)
    return ae.Autoencoder((channels * side * side, 2), shape=(channels, side, side)), x


def test_labels_beyond_255_arrive_as_they_are():
    model, x = tiny(600)
    explorer = ae.explore(model, Split(x, torch.arange(600)))
    labels = travelled(explorer, explorer.meta["points"]["labels"])
    assert labels.tolist() == list(range(600))
    assert len(explorer.meta["classes"]) == 600


def test_more_classes_than_16_bits_hold_are_refused(refused):
    model, x = tiny(2)
    with refused(ValueError, "65,536 classes", "65,535"):
        ae.explore(model, Split(x, torch.tensor([0, 65_535])))
    assert ae.explore(model, Split(x, torch.tensor([0, 65_534]))).meta["points"]["labels"]["dtype"] == "uint16"


def test_label_minus_1_is_no_label(refused):
    model, x = tiny(12)
    y = torch.tensor([0, -1] * 6)
    explorer = ae.explore(model, Split(x, y))
    assert travelled(explorer, explorer.meta["points"]["labels"]).tolist() == [0, 65_535] * 6
    assert explorer.meta["classes"] == ["0"]
    usual = explorer.meta["training"]["usual"]
    assert len(usual["classes"]) == 1
    with refused(ValueError, "lowest label is -2", "-1"):
        ae.explore(model, Split(x, y - 1))


def test_an_image_without_a_label_is_drawn_grey_and_told_so(chromium, tmp_path):
    model, x = tiny(40)
    page = opened(chromium, tmp_path, ae.explore(model, Split(x, torch.full((40,), -1))))
    assert re.match(r"image \[\d+\], no label", page.locator("[data-told=original]").inner_text())
    assert "nearest image (no label)" in page.locator("[data-told=nearest]").inner_text()
    assert "undefined" not in page.locator(".aex").inner_text()
    assert hues(page) == {"grey"}


def test_among_many_dots_an_image_without_a_label_is_grey(chromium, tmp_path):
    model, x = tiny(3000)
    page = opened(chromium, tmp_path, ae.explore(model, Split(x, torch.full((3000,), -1))))
    assert hues(page) == {"grey"}
    page = opened(chromium, tmp_path, ae.explore(model, Split(x, torch.zeros(3000, dtype=torch.int64))))
    assert hues(page) == {"colour"}


def hues(page):
    """Whether the points of the map are grey or in colour, as most of their strong pixels within the dark edge are."""
    script = """canvas => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const found = { grey: 0, colour: 0 };
        for (let i = 0; i < data.length; i += 4) {
            const [low, high] = [Math.min(...data.slice(i, i + 3)), Math.max(...data.slice(i, i + 3))];
            if (data[i + 3] > 150 && low < 200 && high > 80) found[high - low > 40 ? "colour" : "grey"] += 1;
        }
        return found;
    }"""
    found = page.locator(".aex-layer:not(.aex-manifold)").first.evaluate(script)
    return {kind for kind, count in found.items() if count > 0.3 * sum(found.values())}


@pytest.mark.skipif(NODE is None, reason=NO_NODE)
def test_a_difference_in_a_pixel_beyond_65535_is_counted():
    """257 x 257 images that differ in the last pixel only were numbered in 16 bits, and said to be copies."""
    code = f"""
        import {{ Neighbours }} from {(bundle.BODY / "neighbours.js").as_uri()!r};
        const pixels = 257 * 257;
        const image = new Uint8Array(2 * pixels);
        image.fill(255, pixels - 1, pixels); // the first image's last pixel
        image.fill(255, 2 * pixels - 3);
        const found = new Neighbours(image, pixels).nearest(new Float32Array(pixels));
        console.log(found.index, found.distance);
    """
    done = in_node("--input-type=module", "-e", code)
    assert done.stdout.split() == ["0", "1"], done.stderr


class Foreign(torch.nn.Module):
    """A reader's own model, of which nobody knows what it was trained with."""

    def __init__(self):
        super().__init__()
        own = ae.Autoencoder((16, 2), shape=(1, 4, 4))
        self.encoder, self.decoder, self.head = own.encoder, own.decoder, own.head

    def encode(self, x):
        return self.encoder(x.flatten(1))

    def decode(self, z):
        return self.head(self.decoder(z)).view(-1, 1, 4, 4)

    def forward(self, x):
        return self.decode(self.encode(x))


@pytest.mark.parametrize(
    "make, prior, told",
    [
        (lambda: ae.VariationalAutoencoder((16, 2), shape=(1, 4, 4)), True, "of the prior N(0, I)."),
        (lambda: ae.Autoencoder((16, 2), shape=(1, 4, 4)), False, ", which this model was not trained with."),
        (Foreign, None, "; whether this model was trained with it is not known: prior= says so."),
    ],
)
def test_what_is_known_of_the_prior(chromium, tmp_path, make, prior, told):
    _, x = tiny(40)
    explorer = ae.explore(make(), x)
    assert explorer.meta["models"][0]["prior"] is prior
    page = opened(chromium, tmp_path, explorer)
    page.get_by_label("Contours").select_option("prior")
    assert page.locator(".aex-contour-note").inner_text().endswith(told)


COLOURS = """canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return [0, 1, 2].map(channel => Array.from(data).filter((_, i) => i % 4 === channel));
}"""


def seen(page, what):
    """The three channels `[3, H * W]`, 0 to 255, of the canvas that plays this part."""
    return np.array(page.locator(what).first.evaluate(COLOURS))


def test_colour_images_travel_channel_by_channel():
    model, x = tiny(5, 4, 3)
    explorer = ae.explore(model, x)
    assert [explorer.meta[name] for name in ("channels", "height", "width")] == [3, 4, 4]
    pixels = travelled(explorer, explorer.meta["points"]["pixels"]).reshape(5, 3, 4, 4)
    assert np.array_equal(pixels, (255 * x).round().numpy())


def test_pictures_in_colour(chromium, tmp_path):
    torch.manual_seed(0)
    x = torch.rand(60, 3, 12, 10)
    model = ae.Autoencoder((360, 2), shape=(3, 12, 10))
    explorer = ae.explore({"one": model, "two": model}, x)
    page = opened(chromium, tmp_path, explorer)
    first = x[explorer.meta["points"]["first"]]
    assert np.abs(seen(page, "[data-role=original]") - 255 * first.flatten(1).numpy()).max() <= 0.5
    code = torch.tensor([[float(value) for value in page.locator("[data-code]").get_attribute("data-code").split()]])
    decoded = model.decode(code).detach()
    wanted = 255 * decoded[0].flatten(1).numpy()
    missed = (decoded[0] - first).flatten(1).numpy()
    doubled = (127.5 + 255 * missed).clip(0, 255)
    assert np.abs(seen(page, "[data-role=difference]") - doubled).max() <= 3, "about grey"
    told = page.locator("[data-told=difference]").inner_text()
    assert float(told.rsplit(" ", 1)[1]) == pytest.approx((missed**2).sum(), rel=0.02)
    assert np.abs(seen(page, "[data-role=decoded]") - wanted).max() <= 2.5
    assert np.abs(seen(page, "[data-model=two]") - wanted).max() <= 2.5
    distances = (decoded - x).square().flatten(1).sum(1)
    nearest = int(distances.argmin())
    assert np.abs(seen(page, "[data-role=nearest]") - 255 * x[nearest].flatten(1).numpy()).max() <= 0.5
    told = page.locator("[data-told=nearest]").inner_text()
    assert float(told.rsplit(" ", 1)[1]) == pytest.approx(distances[nearest].item(), abs=0.06)
    for tab in ("Traversal", "Between"):
        page.get_by_role("tab", name=tab).click()
        pages.rest(page, 300)
        assert np.ptp(seen(page, "[role=tabpanel]:not([hidden]) .aex-strip canvas"), axis=0).max() > 20
    page.get_by_label("Background").select_option("manifold")
    page.locator(".aex-pad[data-manifold]").wait_for()
    assert np.ptp(seen(page, "canvas.aex-manifold"), axis=0).max() > 20
    page.get_by_role("tab", name="Draw your own").click()
    assert "square images" in page.get_by_role("tabpanel").inner_text()


def test_drawing_in_colour(chromium, tmp_path):
    model, x = tiny(40, 16, 3)
    page = opened(chromium, tmp_path, ae.explore(model, x))
    page.get_by_role("tab", name="Draw your own").click()
    blue = page.get_by_role("button", name="blue")
    blue.focus()
    page.keyboard.press("Enter")
    assert blue.get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Fill with this colour").click()
    page.locator("[data-told=original]", has_text="your drawing").wait_for()
    page.get_by_label("another").fill("#ff8000")
    assert blue.get_attribute("aria-pressed") == "false"
    page.locator("[data-role=ink]").focus()
    page.keyboard.press("Space")
    pages.settle(page)
    drawing = seen(page, "[data-role=original]").reshape(3, 16, 16)
    assert drawing[:, 0, 0].tolist() == pytest.approx([0, 0x72, 0xB2], abs=1)
    assert drawing[0, 8, 8] > 50 and drawing[2, 8, 8] < 150, "a quarter of this pixel is orange"
    wanted = model.encode(torch.tensor(drawing[None] / 255, dtype=torch.float32))
    code = [float(value) for value in page.locator("[data-code]").get_attribute("data-code").split()]
    assert code == pytest.approx(wanted[0].tolist(), abs=0.02)


def test_images_compared_with_themselves_travel_once(few):
    model = ae.Autoencoder((784, 2))
    for images, on in ((few.test.x, "test"), (few, "train")):
        meta = ae.explore(model, images, on=on).meta
        assert meta["points"]["pixels"] == meta["training"]["pixels"]


def test_pixels_are_limited_in_bytes():
    model, x = tiny(200, 100, 3)
    meta = ae.explore(model, x).meta
    assert meta["points"]["pictures"] == meta["training"]["count"] == 133
    assert meta["training"]["pixels"]["length"] == 133 * 30_000 <= subject.MOST_BYTES
    assert "200 images; the pixels of 133 of them" in meta["points"]["note"]


@pytest.mark.skipif(NODE is None, reason=NO_NODE)
@pytest.mark.parametrize("count, pictures", [(7, 7), (200, 133), (60_000, 5102), (9, 1)])
def test_the_browser_finds_the_pictures_that_came_along(monkeypatch, count, pictures):
    monkeypatch.setattr(subject, "MOST_BYTES", pictures)
    chosen = subject._evenly(torch.zeros(count, 1, 1, 1)).tolist()
    assert len(chosen) == pictures and chosen[0] == 0
    code = f"""
        import {{ pictureAt }} from {(bundle.BODY / "subject.js").as_uri()!r};
        const points = {{ count: {count}, pictures: {pictures} }};
        const places = Array.from({{ length: {count} }}, (_, i) => pictureAt(i, points));
        console.log(JSON.stringify(places));
    """
    done = in_node("--input-type=module", "-e", code)
    places = json.loads(done.stdout)
    assert [image for image, place in enumerate(places) if place >= 0] == chosen
    assert [place for place in places if place >= 0] == list(range(pictures))


def ink(page):
    """How strong the map's points are, in all."""
    script = """canvas => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((sum, value, i) => i % 4 === 3 ? sum + value : sum, 0);
    }"""
    return page.locator(".aex-layer:not(.aex-manifold)").first.evaluate(script)


@pytest.mark.parametrize("n", [400, 3000])
def test_the_legend_picks_out_classes(chromium, tmp_path, n):
    model, x = tiny(n)
    page = opened(chromium, tmp_path, ae.explore(model, Split(x, torch.arange(n) % 100)))
    legend = page.get_by_role("toolbar", name="classes")
    buttons = legend.locator("button:not(.aex-all)")
    assert buttons.count() == 100 and legend.bounding_box()["height"] <= 120
    everything = ink(page)
    buttons.first.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    picked = legend.get_by_role("button", name="98")
    assert picked.get_attribute("aria-pressed") == "true"
    assert ink(page) < 0.4 * everything, "the others fade"
    page.locator(".aex-pad").press("Enter")
    page.locator("[data-told=original]", has_text=", label 98").wait_for()
    picked.press("Enter")
    assert picked.get_attribute("aria-pressed") == "false" and ink(page) == everything
    for undo in (lambda: page.locator(".aex-pad").press("Escape"), legend.get_by_role("button", name="all").click):
        picked.click()
        assert ink(page) < everything
        undo()
        assert ink(page) == everything and legend.locator("[aria-pressed=true]").all_inner_texts() == ["all"]


def test_of_many_classes_those_are_coloured_that_were_found_and_picked_out(chromium, tmp_path):
    model, x = tiny(400)
    labels = [f"class {label} of a hundred" for label in range(100)]
    page = opened(chromium, tmp_path, ae.explore(model, (x, [labels[i % 100] for i in range(400)])))
    legend = page.get_by_role("toolbar", name="classes")
    colours = """canvas => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const spread = (rgb) => Math.max(...rgb) - Math.min(...rgb);
        const coloured = (i) => data[i + 3] > 200 && spread(data.slice(i, i + 3)) > 60;
        return Array.from({ length: data.length / 4 }, (_, i) => i).filter((i) => coloured(4 * i)).length;
    }"""
    points = page.locator("canvas.aex-layer:not(.aex-manifold)")
    assert points.evaluate(colours) == 0, "grey, all of them"
    page.get_by_label("Find a class").fill("CLASS 7")
    assert legend.locator("[aria-pressed]:visible .aex-class").all_inner_texts() == [
        name for name in sorted(set(labels)) if name.startswith("class 7")
    ]
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    picked = legend.locator("[aria-pressed=true]:not(.aex-all)")
    assert picked.inner_text().split("\n")[-2:] == ["class 70 of a hundred", "4"], "with how many there are"
    assert points.evaluate(colours) > 0
    swatches = []
    for name in ("class 71", "class 72"):
        legend.get_by_role("button", name=name).click()
        swatches = picked.locator(".aex-dot").evaluate_all("all => all.map(each => each.style.background)")
    assert len(set(swatches)) == 3, "a colour each"


def test_arithmetic_with_100_classes(chromium, tmp_path):
    model, x = tiny(400)
    labels = torch.arange(400) % 100
    page = opened(chromium, tmp_path, ae.explore(model, Split(x, labels), state="view=arithmetic"))
    choices = page.get_by_role("tabpanel").locator("select")
    assert [choices.nth(i).locator("option").count() for i in range(2)] == [100, 100]
    assert choices.first.input_value() == str(
        labels[int(re.search(r"image \[(\d+)\]", page.inner_text(".aex"))[1])].item()
    )
    choices.last.select_option("98")
    page.get_by_text("mean code of 98 (4 images), decoded").wait_for()


def test_arithmetic_needs_labels(chromium, tmp_path, refused):
    model, x = tiny(40)
    for images in (x, Split(x, torch.zeros(40, dtype=torch.int64))):
        with refused(ValueError, "view='arithmetic'", "traversal"):
            ae.explore(model, images, state="view=arithmetic")
    page = opened(chromium, tmp_path, ae.explore(model, x))
    assert page.get_by_role("tab").all_inner_texts() == ["Traversal", "Between", "Draw your own"]


def test_of_long_codes_no_geodesic_is_sought(chromium, tmp_path):
    _, x = tiny(40)
    page = opened(chromium, tmp_path, ae.explore(ae.Autoencoder((16, 65), shape=(1, 4, 4)), x))
    page.get_by_role("tab", name="Between").click()
    option = page.locator("option[value=geodesic]")
    assert option.is_disabled() and option.inner_text() == "geodesic: only for codes of up to 64 units"


def test_the_first_view_invites_to_drag(chromium, tmp_path, few):
    torch.manual_seed(0)
    explorer = ae.explore(ae.Autoencoder((784, 32, 2)), few)
    page = opened(chromium, tmp_path, explorer)
    first = explorer.meta["points"]["first"]
    page.locator("[data-told=original]", has_text=f"test image [{first}]").wait_for()
    page.locator(".aex-pad[data-manifold]").wait_for()
    line, box = page.get_by_text("drag me"), page.locator(".aex-pad").bounding_box()
    assert line.is_visible()
    page.mouse.click(box["x"] + 100, box["y"] + 90)  # however the point moves
    line.wait_for(state="detached")


# ---- one view: cause and effect at a glance, at a laptop's size and at a phone's


def visible(page, what):
    """Whether all of an element is on the screen, with nothing above it."""
    return page.locator(what).first.evaluate(
        """element => {
            const { left, right, top, bottom } = element.getBoundingClientRect();
            const inside = left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
            const at = share => [left + share * (right - left), top + share * (bottom - top)];
            const within = [0.1, 0.9].map(share => document.elementFromPoint(...at(share)));
            return inside && within.every(found => found && (element.contains(found) || found.contains(element)));
        }"""
    )


@pytest.mark.parametrize("width, height", [(1366, 650), (1000, 650), (683, 325), (390, 740), (320, 640)])
def test_the_decoded_picture_is_in_sight_whatever_moves_the_code(chromium, tmp_path, few, width, height):
    page = opened(chromium, tmp_path, ae.explore(ae.Autoencoder((784, 8, 6)), few), size=(width, height))
    for tab, tools in {
        "Traversal": [".aex-pad", "[data-unit='0'] input", "[data-unit='5'] input"],
        "Between": [".aex-pad", ".aex-walk-slider input", ".aex-between .aex-strip"],
        "Draw your own": [".aex-pad", ".aex-ink"],
    }.items():
        page.get_by_role("tab", name=tab).click()
        for tool in tools:
            page.locator(tool).first.evaluate("element => element.focus()")
            page.locator(tool).first.evaluate("element => element.scrollIntoView({ block: 'nearest' })")
            for role in ("original", "decoded", "difference"):
                assert visible(page, f"[data-role={role}]"), f"{tab}: {role} while {tool} is used"
            assert visible(page, tool), f"{tab}: {tool} is below the pictures"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing beside the page"


@pytest.mark.parametrize("width, height", [(1366, 650), (390, 740)])
def test_nothing_moves_under_the_hand_and_the_code_says_what_set_it(chromium, tmp_path, few, width, height):
    page = opened(chromium, tmp_path, ae.explore(ae.VariationalAutoencoder((784, 8, 2)), few))
    page.set_viewport_size({"width": width, "height": height})
    code, original = page.locator(".aex-coded figcaption"), page.locator("[data-role=original]")

    def places():
        boxes = [page.locator(what).bounding_box() for what in ("[data-role=decoded]", ".aex-pad", "[role=tablist]")]
        return [[round(box[key] + (page.evaluate("scrollY") if key == "y" else 0)) for key in box] for box in boxes]

    before, slider = places(), page.get_by_label("unit 2", exact=True)
    row, column = (page.locator(what).bounding_box() for what in (".aex-pipeline", ".aex-views"))
    assert (row["x"], row["width"]) == (column["x"], column["width"]), "nothing shows beside it as the page scrolls"
    assert code.inner_text() == "code" and original.is_visible()
    for do, cause in [
        (lambda: page.locator(".aex-pad").press("ArrowUp"), "moved by hand"),
        (lambda: page.get_by_role("button", name="Random draw from N(0, I)").click(), "random draw"),
        (lambda: [slider.press(key) for key in ("End", "Home")], "slider of unit 2"),  # wherever the draw left it
    ]:
        do()
        code.filter(has_text=f"code, {cause}").wait_for()
        assert not original.is_visible() and not page.locator("[data-role=difference]").is_visible()
        assert page.evaluate("scrollTo(0, 0)") or places() == before, cause
        pages.rest(page, 400)  # what rested can be undone
    page.get_by_role("button", name="undo", exact=True).press("Enter")
    code.filter(has_text="code, random draw").wait_for()


def test_the_first_line_says_what_to_try_and_the_button_how(chromium, tmp_path, few):
    page = opened(chromium, tmp_path, ae.explore(ae.Autoencoder((784, 8, 2)), few))
    assert page.get_by_text("Each mark is a test image at its 2-number code. Drag the pink ring").is_visible()
    told, button = page.get_by_text("double-click an image"), page.get_by_role("button", name="How to use the map")
    assert not told.is_visible()
    button.press("Enter")
    assert told.is_visible() and button.get_attribute("aria-expanded") == "true"
    legend, pad = (page.locator(what).bounding_box() for what in (".aex-legend", ".aex-pad"))
    assert legend["y"] > pad["y"] + pad["height"]


def test_a_wide_window_is_used(chromium, tmp_path, few):
    page = opened(chromium, tmp_path, ae.explore(ae.Autoencoder((784, 8, 2)), few), size=(1440, 900))
    assert page.locator(".aex").bounding_box()["width"] > 1380
    assert page.locator(".aex-pad").bounding_box()["width"] > 500


def test_the_gauge_shows_what_is_known(chromium, tmp_path, few):
    page = opened(chromium, tmp_path, ae.explore(ae.Autoencoder((784, 8, 2)), few))
    gauge, marks = page.get_by_role("img", name="Squared pixel distance"), page.locator(".aex-gauge .aex-mark")
    gauge.wait_for()
    assert "copy 0, " in gauge.get_attribute("aria-label")
    assert re.search(r"unlike any [\d.]+$", gauge.inner_text())
    assert sorted(re.sub(r" [\d.]+( →)?$", "", text) for text in marks.all_inner_texts()) == [
        "real images", "reconstructions", "this picture",
    ]  # fmt: skip
    alone = opened(
        chromium, tmp_path, ae.explore(ae.Autoencoder((784, 8, 2)), few.test.x[:1])
    )  # there is no other image
    alone.locator(".aex-gauge .aex-mark-you").wait_for()
    assert alone.locator(".aex-gauge .aex-mark-real").count() == 0


# Looks at every frame of the screen whether the points were drawn anew, for 1.2 s after a press of `what`.
WATCHED = """(canvas, what) => new Promise(done => {
    const look = () => canvas.toDataURL();
    const [looks, started] = [[look()], performance.now()];
    what.click();
    const step = () => {
        const now = look();
        if (now !== looks.at(-1)) looks.push(now);
        if (performance.now() - started < 1200) requestAnimationFrame(step);
        else done({ looks: looks.length, distinct: new Set(looks).size });
    };
    requestAnimationFrame(step);
})"""


def test_points_glide_from_model_to_model(chromium, tmp_path):
    """Through many places, and none for those who asked for less motion."""
    one, x = tiny(60)
    explorer = ae.explore({"one": one, "two": ae.Autoencoder((16, 2), shape=(1, 4, 4))}, x)
    for motion, seen in (("no-preference", range(6, 200)), ("reduce", [2])):
        page = opened(chromium, tmp_path, explorer, reduced_motion=motion)
        page.get_by_label("Background").select_option("nothing")
        pages.rest(page, 500)
        points = page.locator(".aex-layer:not(.aex-manifold)").first
        other = page.get_by_role("radio", name="two").element_handle()
        found = points.evaluate(WATCHED, other)
        assert found["looks"] in seen and found["distinct"] == found["looks"], motion
        assert points.evaluate(WATCHED, other)["looks"] == 1, "at rest nothing is drawn"
        ends = page.locator(".aex-cursor").bounding_box()
        page.locator(".aex-pad").press("0")
        assert page.locator(".aex-cursor").bounding_box() == ends


def test_of_many_models_there_is_a_slider(chromium, tmp_path):
    model, x = tiny(20)
    page = opened(chromium, tmp_path, ae.explore({f"number {i}": model for i in range(9)}, x))
    slider = page.get_by_label("Model on the map")
    slider.press("End")
    page.locator(".aex-model-slider output", has_text="number 8").wait_for()
    assert slider.get_attribute("aria-valuetext") == "number 8"
    assert page.get_by_role("radio").count() == 0
    page.get_by_role("button", name="number 3").click()
    page.locator(".aex-model-slider output", has_text="number 3").wait_for()
    assert slider.input_value() == "3"

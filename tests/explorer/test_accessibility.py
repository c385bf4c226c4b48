"""Nobody is kept out: what axe-core finds, small and enlarged pages, forced colours, the keyboard alone, a finger."""

import itertools
import time

import pytest
import torch
from pages import code, opened, settle

import aeutils as ae
from aeutils.evaluation import encode
from aeutils.explorer import Film
from aeutils.explorer.plane import first_plane
from aeutils.losses import squared_error

SIZES = [(1366, 650), (390, 844), (320, 640)]
ENLARGED = (683, 325)  # what 200 % leaves of 1366 x 650
LAYERS = "layers=points,under:distance,arrows,ellipses,contours:density"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory, few):
    """Two models, of which the second has a code of many units; so there is everything that an explorer can show."""
    torch.manual_seed(0)
    models = {"variational": ae.VariationalAutoencoder((784, 32, 2)), "wide": ae.Autoencoder((784, 32, 12))}
    return ae.explore(models, few).save_html(tmp_path_factory.mktemp("explorer") / "page.html")


def views(page):
    """Every tab, opened one after the other; of the traversal both kinds."""
    for tab in page.get_by_role("tab").all_inner_texts():
        page.get_by_role("tab", name=tab, exact=True).click()
        yield tab
        if tab == "Traversal":
            page.get_by_label("Show", exact=True).select_option("sliders")
            yield f"{tab}, sliders"


def violations(page):
    """What axe-core finds: each rule with the element that breaks it."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    found = Axe().run(page, options=options).response["violations"]
    return [(each["id"], node["target"]) for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium, page_file, scheme):
    page = opened(chromium, page_file, SIZES[0], f"model=wide&{LAYERS}", color_scheme=scheme)
    page.locator(".aex-scale[data-shows]").wait_for()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for view in views(page):
            assert violations(page) == [], (width, view)


def test_axe_finds_nothing_in_a_film(chromium, tmp_path, few):
    torch.manual_seed(0)
    model = ae.Autoencoder((784, 8, 2))
    film = Film(model)
    ae.fit(model, few, squared_error, epochs=2, seed=0, after_epoch=film)
    page = opened(chromium, ae.explore(film, few).save_html(tmp_path / "page.html"), (320, 640))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("size", [(320, 640), ENLARGED])
def test_a_narrow_or_enlarged_page_does_not_scroll_sideways(chromium, page_file, size):
    page = opened(chromium, page_file, size, f"model=wide&{LAYERS}")
    for view in views(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], view


def test_headings_leave_out_no_level(chromium, page_file):
    page = opened(chromium, page_file, SIZES[0])
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1 and len(levels) > 2
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))


# What has the focus: whether it can be seen, has a ring that differs from the page, and in which composite it is.
FOCUSED = """() => {
    const element = document.activeElement, root = element.closest('.aex');
    if (!root) return null;
    element.dataset.reached = '';
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const found = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
    const ring = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    return {
        name: [element, element.labels?.[0]].map(each => each?.ariaLabel || each?.textContent).find(Boolean)
            ?? element.querySelector('canvas')?.ariaLabel,
        seen: Boolean(found) && (element.contains(found) || element.parentElement.contains(found)),
        ring: ring && outlineColor !== getComputedStyle(root).backgroundColor,
        within: element.closest('[role=toolbar], [role=tablist], [role=grid]')?.getAttribute('role') ?? '',
    };
}"""
MISSED = """all => all
    .filter(each => each.checkVisibility() && !each.disabled && !('reached' in each.dataset))
    .filter(each => !each.matches('[aria-selected=false], [aria-checked=false]')) // which the arrow keys choose
    .map(each => each.outerHTML.slice(0, 120))"""
ARROWS = {"toolbar": ["Home", "ArrowRight"], "grid": ["Home", "ArrowRight", "ArrowDown", "ArrowLeft"]}


def walk(page):
    """What has the focus, from one press of Tab to the next, and within a toolbar or a grid of an arrow key."""
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); getSelection().removeAllRanges(); }")
    page.locator("h1").click()
    page.keyboard.press("Tab")
    while focused := page.evaluate(FOCUSED):
        yield focused
        for arrow in ARROWS.get(focused["within"], []):
            before = None
            while (focused := page.evaluate(FOCUSED)) != before:
                before = focused
                yield focused
                page.keyboard.press(arrow)
        page.keyboard.press("Tab")


@pytest.mark.parametrize(
    "size, context",
    [(SIZES[0], {}), (ENLARGED, {"forced_colors": "active"}), ((320, 640), {"color_scheme": "dark"})],
)
def test_everything_is_reached_by_keys_and_seen_to_be(chromium, page_file, size, context):
    page = opened(chromium, page_file, size, "model=wide", **context)
    page.locator(".aex-legend [aria-pressed=false]").first.click()  # now there is something to undo
    for view in views(page):
        page.locator("[data-reached]").evaluate_all("all => all.forEach(each => delete each.dataset.reached)")
        stops = list(walk(page))
        assert [stop["name"] for stop in stops if not stop["seen"]] == [], f"{view}: covered or out of sight"
        assert [stop["name"] for stop in stops if not stop["ring"]] == [], f"{view}: without a ring"
        able = page.locator(".aex :is(button, select, input, [tabindex]):not([role=grid] button)")
        assert able.evaluate_all(MISSED) == [], view
        last = page.locator("[role=grid] button:visible").last  # right and down from any picture
        assert view != "Traversal" or last.get_attribute("data-reached") == "", view


def test_forced_colours_hide_nothing(chromium, page_file):
    page = opened(chromium, page_file, SIZES[0], "model=variational&view=traversal", forced_colors="active")
    paper = page.evaluate("getComputedStyle(document.querySelector('.aex')).backgroundColor")
    for mark in (".aex-band", ".aex-gauge-line", ".aex-mark-real", ".aex-mark-you", ".aex-dot"):
        ground = page.locator(mark).first.evaluate("each => getComputedStyle(each).backgroundColor")
        assert ground not in (paper, "rgba(0, 0, 0, 0)"), mark
    rim = "each => getComputedStyle(each, '::before').borderTopColor"
    assert page.locator(".aex-cursor").evaluate(rim) == "rgb(230, 0, 122)"
    for choice in ("tab][aria-selected", "radio][aria-checked"):
        chosen, other = (
            page.locator(f"[role={choice}={state}]").first.evaluate("each => getComputedStyle(each).borderTopWidth")
            for state in ("true", "false")
        )
        assert (chosen, other) == ("3px", "1px"), choice


# ---- by hand


def swipe(page, start, end):
    """A finger from one place to another."""
    touch = page.context.new_cdp_session(page)
    (x, y), (to_x, to_y) = start, end
    for step in range(11):
        place = {"x": x + step / 10 * (to_x - x), "y": y + step / 10 * (to_y - y)}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": [place]})
        page.wait_for_timeout(16)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settle(page)


def test_a_finger_scrolls_the_page_beside_the_map_and_moves_the_point_on_it(chromium, page_file):
    page = opened(chromium, page_file, (390, 740), "model=variational", has_touch=True, is_mobile=True)
    pad = page.locator(".aex-pad")
    pad.scroll_into_view_if_needed()
    box, before, started = pad.bounding_box(), page.evaluate("scrollY"), code(page)
    middle = box["x"] + box["width"] / 2
    swipe(page, (middle, box["y"] + 0.8 * box["height"]), (middle, box["y"] + 0.2 * box["height"]))
    assert page.evaluate("scrollY") == before, "on the map"
    moved = code(page)
    assert moved[1] > started[1]
    beside = box["x"] - 20
    swipe(page, (beside, box["y"] + 0.8 * box["height"]), (beside, box["y"] + 0.2 * box["height"]))
    assert page.evaluate("scrollY") > before + 50, "beside the map"
    assert code(page) == moved
    for what in (".aex-legend", ".aex-told", ".aex-pipeline"):  # and everywhere else
        page.evaluate("scrollTo(0, 0)")
        page.locator(what).scroll_into_view_if_needed()
        before, place = page.evaluate("scrollY"), page.locator(what).bounding_box()
        x, y = place["x"] + place["width"] / 2, min(700, place["y"] + place["height"] / 2)
        swipe(page, (x, y), (x, y + 120 if what == ".aex-told" else y - 120))  # which comes last
        assert abs(page.evaluate("scrollY") - before) > 50, what


def test_what_a_finger_presses_is_large_enough(chromium, page_file):
    page = opened(chromium, page_file, (390, 740), "model=wide", has_touch=True, is_mobile=True)
    small = """all => all.filter(each => each.checkVisibility()).map(each => each.closest('.aex-tick') ?? each)
        .map(each => [each, each.getBoundingClientRect()])
        .filter(([, { width, height }]) => Math.min(width, height) < 43.9)
        .map(([each]) => each.outerHTML.slice(0, 120))"""
    for view in views(page):
        assert page.locator(".aex :is(button, select, input)").evaluate_all(small) == [], view
    told, help_ = page.get_by_text("two fingers zoom"), page.get_by_role("button", name="How to use the map")
    where = "() => scrollY + document.querySelector('.aex-legend').getBoundingClientRect().top"
    before = page.evaluate(where)
    help_.tap()
    assert told.is_visible() and not page.get_by_text("Shift + drag").is_visible()
    assert page.evaluate(where) == before, "it moves nothing"
    page.locator(".aex-pad").tap(position={"x": 40, "y": 250})
    assert told.is_hidden() and help_.get_attribute("aria-expanded") == "false"
    help_.tap()
    page.locator(".aex-pad").press("Escape")
    assert told.is_hidden()


@pytest.mark.parametrize("size", [(390, 740), (360, 640), (640, 360), (740, 360), ENLARGED])
def test_the_map_never_fills_the_screen(chromium, page_file, size):
    page = opened(chromium, page_file, size, has_touch=True, is_mobile=True)
    box = page.locator(".aex-pad").bounding_box()
    assert box["height"] <= 0.85 * size[1] and box["x"] >= 44


def test_two_taps_take_the_code_of_an_image(chromium, page_file):
    page = opened(chromium, page_file, (390, 740), "model=variational&image=7", has_touch=True, is_mobile=True)
    pad, told = page.locator(".aex-pad"), page.locator("[data-told=original]")
    pad.scroll_into_view_if_needed()
    told.filter(has_text="test image [7]").wait_for()
    before, cursor = code(page), page.locator(".aex-cursor").bounding_box()
    pad.press("ArrowDown")
    pad.press("ArrowUp")
    assert code(page) == pytest.approx(before, abs=1e-5), "beside nothing, so nothing was shifted"
    told.filter(has_text="no original").wait_for(state="attached")
    touch, now = page.context.new_cdp_session(page), time.time()
    for tap in range(2):  # a tenth of a second apart, however slow this machine is
        for kind, places in (("touchStart", [{"x": cursor["x"], "y": cursor["y"]}]), ("touchEnd", [])):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places, "timestamp": now + tap / 10})
    told.filter(has_text="test image [7]").wait_for()
    assert code(page) == pytest.approx(before, abs=1e-5)


def test_a_drag_that_leaves_the_map_stays_at_its_edge_and_ends_outside(chromium, page_file, few):
    page = opened(chromium, page_file, SIZES[0], "model=variational")
    torch.manual_seed(0)
    model = ae.VariationalAutoencoder((784, 32, 2))
    (left, bottom), (right, top) = first_plane(encode(model, few.test.x)).frame
    box, mouse = page.locator(".aex-pad").bounding_box(), page.mouse
    mouse.move(box["x"] + 100, box["y"] + 100)
    mouse.down()
    for x, y, edge in [
        (box["x"] - 40, -50, [left, top]),
        (1300, 20, [right, top]),
        (1300, 649, [right, None]),
        (2, 649, [left, None]),
    ]:
        mouse.move(x, y, steps=3)
        for seen, wanted in zip(code(page), edge, strict=True):
            assert wanted is None or seen == pytest.approx(wanted, abs=1e-4)
        assert bottom <= code(page)[1] <= top
    mouse.up()
    resting = code(page)
    mouse.move(box["x"] + 200, box["y"] + 200, steps=3)
    assert code(page) == resting, "it was let go outside"


def test_zooming_has_ends_and_a_way_back(chromium, page_file):
    page = opened(chromium, page_file, SIZES[0], "model=variational")
    ticks = page.locator(".aex-overlay > text")
    first = ticks.all_inner_texts()
    for name, key in (("Zoom in", "+"), ("Zoom out", "-")):
        button = page.get_by_role("button", name=name)
        for _ in range(20):
            button.press("Enter")
        assert button.get_attribute("aria-disabled") == "true"
        end = ticks.all_inner_texts()
        page.locator(".aex-pad").press(key)
        button.press("Enter")
        assert ticks.all_inner_texts() == end != first
        page.locator(".aex-pad").press("0")
        assert button.get_attribute("aria-disabled") == "false"
        assert ticks.all_inner_texts() == first

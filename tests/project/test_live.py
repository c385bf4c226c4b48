"""What is alive on the site with no kernel, opened from a disk in Chromium with the network off."""

import html
import json
import re
import time

import nbformat
import pages
import pytest
import torch
from notebook_cells import NOTEBOOKS
from web import guesses, live, making, programs
from web.panels import recorded

import aeutils as ae
from aeutils.chapters.ch04.loss_anatomy import loss_anatomy
from aeutils.chapters.ch05.playground import playground
from aeutils.chapters.ch05.sweep_tables import sweep_table
from aeutils.chapters.ch10.limit_panel import limit_panel
from aeutils.lessons.marks import ON_THE_SITE, reworded
from aeutils.lessons.predictions import Prediction, answered
from aeutils.losses import squared_error
from aeutils.stills import stands_at_rest

PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="../_static/site.css"><link rel="stylesheet" href="../_static/live/live.css">
<script src="../_static/live/live.js" defer></script>
<style>body {{ background: {paper}; color: {ink}; }} a {{ color: inherit; }}</style></head>
<body><main><h1>A page</h1>{body}</main></body></html>"""
FAR = '<p style="height: 3000px">Far above.</p>'
QUESTION = ("How much?", ["about 10", "about 20 &amp; more"])
GUESS = (
    f"<section><h2>A section</h2><div>{guesses.question_html('guess', QUESTION)}</div>"
    '<div id="between">This gives it away.</div>'
    f"<div>{guesses.answer_html('guess', QUESTION, 'Measured: about 10 (11.2).')}</div>"
    '<p>So it was eleven.</p><div class="box try-it">Try twelve.</div><p>And eleven it stays.</p>'
    '<div class="box exercise">An exercise.</div><p>Something else.</p></section>'
)


@pytest.fixture(scope="module")
def panels():
    images = ae.load("mnist-5k")
    torch.manual_seed(0)
    model = ae.VariationalAutoencoder((784, 8, 2))
    x = images.test.x[:40]
    anatomy = loss_anatomy({"untrained": model, "the same": model}, images)
    anatomy.beta.max, anatomy.beta.min = 0.2, -0.1
    tables = {"learning rate": ("lr", sweep_table("learning rate")), "depth": ("hidden", sweep_table("depth"))}
    limit = limit_panel(x.flatten(1).sum(1), images.test.y[:40] > 4, x, 100.2)
    limit.limit.step = 20  # fewer places than a reader has: each is computed
    return {"anatomy": anatomy, "playground": playground(tables), "limit": limit}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, few, panels):
    """A site of two pages, light and dark, with everything that can be alive; and the page to play on."""
    root = tmp_path_factory.mktemp("site")
    (root / "pages").mkdir()
    scripts_folder = root / "_static" / "live"
    programs.write(scripts_folder)
    (root / "_static" / "site.css").write_bytes((live.ROOT / "docs" / "_static" / "site.css").read_bytes())
    (root / "play.html").write_bytes((programs.SOURCES / "play.html").read_bytes())
    torch.manual_seed(0)
    model = ae.Autoencoder((784, 128, 2))
    film = ae.explorer.Film(model)
    ae.fit(model, few, squared_error, epochs=1, seed=0, after_epoch=film)
    scripts = making.explorer_scripts("film", ae.explore(film, few, title="A film"))
    scripts |= making.explorer_scripts("play", ae.explore(model, few, title="To play"))
    heavy = making.explorer_scripts("heavy", ae.explore(ae.Autoencoder((784, 128, 2)), few, title="Heavy"))
    scripts |= heavy | {"heavy.js": re.sub(r'"size":\d+,"places"', '"size":3000000,"places"', heavy["heavy.js"])}
    for name, panel in panels.items():
        scripts |= making.panel_scripts(name, panel)
    for file, text in scripts.items():
        (scripts_folder / file).write_text(text, encoding="utf-8")
    places = "".join(live._place(name, "<p>At rest.</p>", live._PANEL) for name in panels)
    still = live._place("film", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="a map">', "<p>A still.</p>")
    for theme, colours in {"light": ("#fff", "#222"), "dark": ("#121212", "#eee")}.items():
        page = PAGE.format(theme=theme, paper=colours[0], ink=colours[1], body=GUESS + places + FAR + still)
        (root / "pages" / f"{theme}.html").write_text(page, encoding="utf-8")
    as_in_theme = "<style>.output.text_html { overflow: auto; }</style>"
    cell = (
        f'<div class="cell_output"><div class="output text_html">{live._place("play", "", live._EXPLORER)}</div></div>'
    )
    body = f'{as_in_theme}<article class="bd-article">{cell}</article>{FAR}'
    page = PAGE.format(theme="light", paper="#fff", ink="#222", body=body)
    (root / "pages" / "cell.html").write_text(page, encoding="utf-8")
    first, second = (live._place(name, f"<p>{name} at rest.</p>", live._EXPLORER) for name in ("play", "heavy"))
    between = live._place("anatomy", "<p>At rest.</p>", live._PANEL)
    page = PAGE.format(theme="light", paper="#fff", ink="#222", body=first + between + second)
    (root / "pages" / "two.html").write_text(page, encoding="utf-8")
    return root


@pytest.fixture
def shown(chromium, folder):
    """`shown("pages/light.html", …)`: the page; what it complains of fails the test."""
    errors = []

    def start(name, size=(1000, 800), late=None, **context):
        path, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", name).groups()
        width, height = size
        page = chromium.new_context(offline=True, viewport={"width": width, "height": height}, **context).new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(15_000)
        if late:
            page.route(f"**/{late}", lambda route: (time.sleep(1), route.continue_()))
        page.goto(f"{(folder / path).as_uri()}{mark}{rest}")
        return page

    yield start
    assert errors == []


def loaded(page):
    """Names of the scripts that the page has fetched."""
    return page.evaluate("performance.getEntriesByType('resource').map(each => each.name.split('/').pop())")


def test_an_explorer_comes_into_sight_and_starts(shown):
    page = shown("pages/light.html#between")
    page.locator(".ae-panel").first.wait_for()
    assert "explorer.js" not in loaded(page) and page.locator(".aex").count() == 0
    page.get_by_text("A still.").scroll_into_view_if_needed()
    page.locator(".aex[data-ready]").wait_for()
    assert not page.get_by_text("A still.").is_visible()
    before = page.locator("[data-code]").get_attribute("data-code")
    pad = page.locator(".aex-pad")
    pad.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('[data-code]').dataset.code !== before", arg=before)
    pages.rest(page, 500)
    assert page.url.endswith("#between")  # the address is the page's
    assert page.locator(".aex-models, .aex-model-slider").count() == 0  # of the film, its last model
    larger = page.get_by_role("link", name="Larger, on a page of its own").get_attribute("href")
    assert larger.endswith("/play.html?of=film") and not larger.startswith("/")
    page.get_by_role("button", name="Bring the whole training as a film: 2 models").click()
    page.locator(".aex-model-slider").wait_for()
    assert page.locator(".aex").count() == 1


@pytest.mark.parametrize("late", [None, "play.js"])
def test_a_second_explorer_that_would_be_too_much_waits_until_it_is_asked_for(shown, late):
    page = shown("pages/two.html", late=late)
    page.locator(".aex[data-ready]").wait_for()
    page.get_by_text("heavy at rest.").scroll_into_view_if_needed()
    button = page.get_by_role("button", name=re.compile(r"Bring this explorer to life: \d+\.\d MB"))
    button.wait_for()
    assert page.locator(".aex").count() == 1 and page.get_by_text("when you ask for it").is_visible()
    button.focus()
    page.keyboard.press("Enter")
    page.locator('[data-live="heavy"] .aex[data-ready]').wait_for()
    assert button.count() == 0 and not page.get_by_text("heavy at rest.").is_visible()


@pytest.mark.parametrize("size", [(1280, 720), (390, 760)])
def test_while_one_draws_the_picture_stays_in_sight_below_the_pages_header(shown, size):
    page = shown("pages/cell.html", size)
    page.locator(".aex[data-ready]").wait_for()
    page.get_by_role("tab", name="Draw").click()
    drawing = page.locator(".aex-views canvas:visible").first
    drawing.evaluate("each => each.scrollIntoView({ block: 'start' })")
    row = page.locator(".aex-pipeline").bounding_box()
    assert row["y"] == pytest.approx(3.5 * 16, abs=1)
    assert drawing.bounding_box()["y"] > row["y"] + row["height"] - 1


@pytest.mark.parametrize("broken", [False, True])
def test_what_did_not_come_can_be_tried_again(shown, folder, broken):
    there, away = (folder / "_static" / "live" / name for name in ("explorer.js", "gone"))
    page = shown("pages/light.html")
    there.rename(away)
    if broken:
        there.write_text("// it brings nothing", encoding="utf-8")
    try:
        page.get_by_text("A still.").scroll_into_view_if_needed()
        again = page.get_by_role("button", name="Try again")
        again.wait_for()
        assert page.get_by_text("It did not come").is_visible()
    finally:
        away.replace(there)
    again.click()
    page.locator(".aex[data-ready]").wait_for()
    assert again.count() == 0


def test_the_page_to_play_on_is_the_explorers_and_its_address_says_where_it_stands(shown):
    page = shown("play.html", has_touch=True)
    page.locator(".aex[data-ready]").wait_for()
    assert page.title() == page.locator("h1").inner_text() == "To play"
    box = page.locator(".aex-pad").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    page.wait_for_function("location.hash.includes('code=')")
    code = page.locator("[data-code]").get_attribute("data-code")
    page.reload()
    page.locator(".aex[data-ready]").wait_for()
    again = page.locator("[data-code]").get_attribute("data-code")
    assert [float(number) for number in again.split()] == pytest.approx(
        [float(number) for number in code.split()], 1e-3
    )
    other = shown("play.html?of=film")
    other.locator(".aex[data-ready]").wait_for()
    assert other.title() == "A film"


def answer_of(page, name):
    """What a panel shows, as the browser writes HTML."""
    return page.locator(f'[data-live="{name}"] .ae-answer-page').inner_html()


def as_written(page, text):
    """HTML as the browser writes it."""
    return page.evaluate("text => Object.assign(document.createElement('div'), {innerHTML: text}).innerHTML", text)


def test_panels_say_what_python_says(shown, panels):
    page = shown("pages/light.html")
    page.locator(".ae-panel").nth(2).wait_for()
    for name, panel in panels.items():
        assert answer_of(page, name) == as_written(page, panel.shown.value), name
    anatomy, ground, limit = panels.values()
    place = page.locator('[data-live="anatomy"]')
    place.get_by_label("the same").check()
    place.get_by_label("mean").check()
    place.get_by_label("β").focus()
    page.keyboard.press("ArrowRight")
    anatomy.model.value, anatomy.reduction.value, anatomy.beta.value = "the same", "mean", 10**0.1
    assert answer_of(page, "anatomy") == as_written(page, anatomy.shown.value)
    place = page.locator('[data-live="playground"]')
    place.get_by_label("sweep").select_option("depth")
    ground.sweep.value = "depth"
    assert answer_of(page, "playground") == as_written(page, ground.looked_up.value)
    place.get_by_label("value").focus()
    page.keyboard.press("End")
    ground.value.value = ground.value.options[-1][1]
    assert answer_of(page, "playground") == as_written(page, ground.looked_up.value)
    place = page.locator('[data-live="limit"]')
    place.get_by_label("1 in 10", exact=True).check()
    place.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    limit.share.value, limit.limit.value = (
        "1 in 10",
        float(place.locator("output").inner_text()),
    )
    assert answer_of(page, "limit") == as_written(page, limit.shown.value)


def test_a_panel_is_left_as_it_was(panels):
    for panel in panels.values():
        before = [control.value for control in panel.controls], panel.shown.value
        recorded(panel)
        assert ([control.value for control in panel.controls], panel.shown.value) == before


def test_a_guess_opens_what_follows_and_is_answered(shown):
    page = shown("pages/light.html")
    between, answer = page.get_by_text("This gives it away."), page.get_by_text("Measured: about 10 (11.2).")
    after, later = page.get_by_text("So it was eleven."), page.get_by_text("And eleven it stays.")
    assert not any(each.is_visible() for each in (between, answer, after, later))
    assert all(page.get_by_text(each).is_visible() for each in ("Try twelve.", "An exercise.", "Something else."))
    page.keyboard.press("Tab")  # the first thing to reach is the first option
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="B · about 20 & more", pressed=True).count() == 1
    assert all(each.is_visible() for each in (between, answer, after, later))
    assert page.get_by_text("You guessed “about 20 & more”. What did you expect that did not happen?").is_visible()
    page.reload()
    assert answer.is_visible() and page.get_by_role("button", pressed=True).count() == 1
    page.get_by_role("button", name="A ·").click()
    assert page.get_by_text("You guessed “about 10”, and so it is.").is_visible()


def test_who_does_not_want_to_guess_need_not(shown):
    page = shown("pages/light.html")
    page.get_by_role("button", name="No guess: show it").click()
    assert page.get_by_text("This gives it away.").is_visible()
    assert page.get_by_text("Measured: about 10 (11.2).").is_visible()
    assert page.get_by_text("You guessed").count() == 0


def test_a_link_into_what_is_hidden_shows_it(shown):
    page = shown("pages/light.html")
    page.evaluate("location.hash = 'between'")
    page.get_by_text("This gives it away.").wait_for()


def test_without_scripts_everything_can_be_read(shown):
    page = shown("pages/light.html", java_script_enabled=False)
    assert page.locator("#between").is_visible() and page.get_by_text("about 20 & more").is_visible()
    answer = page.get_by_text("Measured: about 10 (11.2).")
    assert not answer.is_visible()
    page.get_by_text("The answer to “How much?”").click()
    assert answer.is_visible()
    assert page.get_by_alt_text("a map").count() == 1 and page.get_by_text("At rest.").count() == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_a_phone_does_not_scroll_sideways(shown, theme):
    from axe_playwright_python.sync_playwright import Axe

    page = shown(f"pages/{theme}.html", (390, 800), has_touch=True, color_scheme=theme)
    page.locator(".ae-panel").nth(2).wait_for()
    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    page.get_by_text("A still.").scroll_into_view_if_needed()
    page.locator(".aex[data-ready] [data-code]").wait_for()  # its pictures have their words with the first frame
    for _ in range(2):
        found = Axe().run(page, options=options).response["violations"]
        assert [(each["id"], node["target"]) for each in found for node in each["nodes"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="A ·").click()


def test_every_widget_and_every_prediction_of_a_notebook_is_alive(site):
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        at_rest = [i for i, cell in enumerate(notebook.cells) if any(map(stands_at_rest, cell.get("outputs", [])))]
        to_make = live.makings().get(path.stem)
        made = {} if to_make is None else to_make.names
        asked = guesses.questions(path.stem)
        assert len(at_rest) == len(made) + len(asked), path.name
        page = (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        for name, (_, options) in asked.items():
            assert page.count(f'class="ae-guess" data-guess="{name}"') == 1
            (_, _, after) = page.partition(f'class="ae-answer" id="answer-{name}"')
            remarks = html.unescape(after.partition('data-remarks="')[2].partition('"')[0])
            said = list(json.loads(remarks).values())
            assert len(said) == len(options) and sum("and so it is" in s or "the nearest" in s for s in said) == 1
        sources = {f"{path.stem}-{cell.id}": reworded(cell, ON_THE_SITE) for cell in notebook.cells}
        assert {name: to_make.sources[place] for name, place in made.items()} == {name: sources[name] for name in made}


def test_the_page_to_play_on_lists_every_explorer_of_a_notebook():
    explorers = [
        f"{path.stem}-{cell.id}"
        for path in NOTEBOOKS
        for cell in nbformat.read(path, as_version=4).cells
        if any(map(stands_at_rest, cell.get("outputs", []))) and "ae.explore(" in cell.source
    ]
    listed = re.findall(r"play\.html\?of=([\w-]+)\"", live.others())
    assert sorted(listed) == sorted(explorers) and listed[0].startswith("lesson_90")


@pytest.mark.parametrize(
    ("options", "given"),
    [
        (["about 10", "about 100"], {"answer": 12}),
        (["about 10", "about 100"], {"answer": 40.0}),
        (["yes", "yes, but later"], {"answer": "yes, but later"}),
        (["yes. Or so", "yes"], {"answer": "yes. Or so"}),
        (["A & B", "the same"], {"answer": "A & B"}),
        (["moved", "turned"], {"largest": {"moved": 2.0, "turned": 1.0}}),
    ],
)
def test_a_stored_answer_is_read_as_it_was_meant(options, given, capsys):
    right = []
    for guess in options:
        asked = Prediction("Which?", options)
        asked.guess = guess
        asked.reveal(**given)
        shown = capsys.readouterr().out
        measured = shown.partition(" You guessed")[0]
        right += [guess] if "What did you expect" not in shown else []
        answer, far = answered(measured, options)
        assert far == ("No option is near" in shown)
    assert right == [answer]

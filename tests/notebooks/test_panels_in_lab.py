"""The widgets in a real JupyterLab, in a real Chromium, with the mouse and the keyboard."""

import re
import time

import pytest

from aeutils.lessons.claims import HOLDS


def test_prediction_is_made_with_a_click_and_with_the_keyboard(opened):
    notebook = opened(
        [
            "from aeutils.lessons import claim, predict",
            "guess = predict('Which?', ['this', 'that'])",
            "guess.reveal('that')\nclaim('One is less than two', 1 < 2, one=1)",
        ]
    )
    cells, expect = notebook.cells, notebook.expect
    notebook.run(0)
    notebook.run(1)
    button = cells.nth(1).get_by_role("button", name="B", exact=True)
    expect(button).to_be_visible()
    expect(cells.nth(1)).to_contain_text("that")
    button.click()
    expect(button).to_have_class(re.compile(r"\bmod-active\b"))
    notebook.run(2)
    expect(cells.nth(2)).to_contain_text("Measured: that. You guessed “that”, and so it is.")
    expect(cells.nth(2)).to_contain_text(f"{HOLDS} One is less than two")

    first = cells.nth(1).get_by_role("button", name="A", exact=True)
    first.focus()
    notebook.page.keyboard.press("Space")
    notebook.run(2)
    expect(cells.nth(2)).to_contain_text("You guessed “this”.")


# Presses a key on the slider and counts the milliseconds until the panel's text is another.
LATENCY = """async ([handle, key]) => {
    const panel = handle.closest('.jp-OutputArea').querySelector('.widget-html table').closest('.widget-html');
    const before = panel.textContent, start = performance.now();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key, keyCode: 39, bubbles: true}));
    while (panel.textContent === before) {
        if (performance.now() - start > 5000) return Infinity;
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - start;
}"""
PANEL = "loss_anatomy({'untrained': model}, images)"


@pytest.mark.alone  # it takes the time
def test_loss_anatomy_answers_at_once_and_panels_do_not_disturb_one_another(opened):
    notebook = opened(
        [
            "import aeutils as ae\nfrom aeutils.chapters.ch04.loss_anatomy import loss_anatomy\n"
            "images = ae.load('mnist-5k')\nae.seed_everything()\nmodel = ae.VariationalAutoencoder((784, 128, 64, 20))",
            PANEL,
            PANEL,
        ]
    )
    page, expect = notebook.page, notebook.expect
    for index in range(3):
        notebook.run(index)
    one, two = (notebook.cells.nth(index).locator(".jp-OutputArea").first for index in (1, 2))
    table = two.locator(".widget-html-content")
    expect(one.locator(".widget-html-content table")).to_be_visible()  # the still has one, too
    expect(table).to_contain_text("β amounts to 1 ")
    untouched = table.inner_text()

    handle = one.locator(".noUi-handle")
    times = [page.evaluate(LATENCY, [handle.element_handle(), "ArrowRight"]) for _ in range(25)]
    assert sorted(times)[len(times) // 2] <= 150, times

    one.get_by_role("button", name="mean").click()
    expect(one).to_contain_text("in front of a loss summed over pixels")
    handle.focus()
    page.keyboard.press("Home")
    expect(one).to_contain_text("β amounts to 0.0784 ")  # 784 times 10⁻⁴
    page.keyboard.press("End")
    expect(one).to_contain_text("β amounts to 7,840,000 ")
    one.get_by_role("button", name=re.compile("BCE")).click()
    expect(one).to_contain_text("no σ²")
    assert table.inner_text() == untouched

    bar, rest = handle.bounding_box(), one.locator(".noUi-base").bounding_box()
    page.mouse.move(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    page.mouse.down()
    for step in range(10):
        page.mouse.move(rest["x"] + rest["width"] * (9 - step) / 10 - 30, bar["y"] + bar["height"] / 2)
    page.mouse.up()
    expect(one).to_contain_text("β amounts to 0.0784 ")

    notebook.run(1)  # once more: everything is as at the start, and the other panel still answers
    expect(one.locator(".widget-html-content")).to_have_count(1)
    assert one.locator(".widget-html-content").inner_text() == untouched
    two.locator(".noUi-handle").focus()
    page.keyboard.press("End")
    expect(two).to_contain_text("β amounts to 10,000 ")
    assert (
        page.locator(".jp-RenderedText[data-mime-type*=error], .jp-OutputArea-output[data-mime-type*=stderr]").count()
        == 0
    )


# As LATENCY, for the text of a playground.
ANSWER = LATENCY.replace(".widget-html table", ".widget-html svg")
ANSWER = ANSWER.replace("keyCode: 39", "keyCode: key === 'ArrowLeft' ? 37 : 39")
GROUND = "ground = playground(tables); ground"


@pytest.mark.alone  # it takes the time
def test_playground_answers_trains_and_stops(opened):
    notebook = opened(
        [
            "import time\nfrom aeutils.chapters.ch05.playground import playground\nfrom aeutils.sweeps import sweep\n"
            "short = {'hidden': '16', 'n_images': 200, 'steps': 40}\n"
            "rows = [{**short, 'code_size': k, 'seed': seed} for k in (2, 8) for seed in (0, 1)]\n"
            "table = sweep(rows, n_jobs=1)\n"
            "tables = {'short': ('code_size', table), 'long': ('code_size', table.assign(steps=100_000))}",
            GROUND,
            GROUND.replace("ground", "other", 1).replace("; ground", "; other"),
            "ground.running, other.running",
        ]
    )
    page, expect = notebook.page, notebook.expect
    for index in range(4):
        notebook.run(index)
    one, two = (notebook.cells.nth(index).locator(".jp-OutputArea").first for index in (1, 2))
    shown = one.locator(".widget-html-content").first
    expect(shown.locator("svg")).to_be_visible()
    expect(shown).to_contain_text("8: training")

    handle = one.locator(".noUi-handle")
    times = [
        page.evaluate(ANSWER, [handle.element_handle(), key]) for _ in range(12) for key in ("ArrowLeft", "ArrowRight")
    ]
    assert sorted(times)[len(times) // 2] <= 150, times

    one.get_by_role("combobox").select_option("long")
    live = one.locator(".widget-html-content").nth(1)
    for _ in range(10):
        started = time.monotonic()
        one.get_by_role("button", name="Train this setting").click()
        expect(live).to_contain_text("steps …")
        assert time.monotonic() - started < 1, "a live run starts within a second"
        stopped = time.monotonic()
        one.get_by_role("button", name="Stop").click()
        expect(live).to_contain_text("stopped after")
        assert time.monotonic() - stopped < 1, "and stops within a second"
    notebook.run(3)
    expect(notebook.cells.nth(3)).to_contain_text("(False, False)")

    one.get_by_role("button", name="Train this setting").click()  # both at once; the short one ends by itself
    two.get_by_role("button", name="Train this setting").click()
    expect(two.locator(".widget-html-content").nth(1)).to_contain_text("finished after 40 steps")
    expect(live).to_contain_text("steps …")
    one.get_by_role("button", name="Stop").click()
    expect(live).to_contain_text("stopped after")
    notebook.run(1)  # a fresh one, with nothing of the old
    expect(one.locator(".widget-html-content").first.locator("svg")).to_be_visible()
    expect(one).not_to_contain_text("stopped after")


def test_the_next_day_stills_stand_in_place_of_widgets(opened):
    """With JupyterLab's own settings, no kernel, and no widgets in the file."""
    first = (
        "import os\nimport aeutils as ae\nfrom aeutils import figures\nfrom aeutils.lessons import predict\n"
        "from aeutils.chapters.ch04.loss_anatomy import loss_anatomy\n"
        "from aeutils.chapters.ch05.playground import playground\n"
        "from aeutils.chapters.ch05.sweep_tables import sweep_table\n"
        "images = ae.load('mnist-5k')\nmodel = ae.VariationalAutoencoder((784, 16, 2))\n"
        "still = figures.lines([1, 2], {'a': [1, 2]}, 'x', 'y', 'A still')\n"
        "os.environ['AEUTILS_PROGRESS'] = '1'"
    )
    notebook = opened(
        [
            first,
            "guess = predict('Which?', ['this', 'that'])",
            PANEL,
            "playground({'code size': ('code_size', sweep_table('code size'))}, still=still)",
            "history = ae.fit(model, images, ae.losses.variational_squared_error, epochs=3)",
        ]
    )
    page, cells, expect = notebook.page, notebook.cells, notebook.expect
    for index in range(5):
        notebook.run(index)

    def shown(index):
        cells.nth(index).scroll_into_view_if_needed()
        return cells.nth(index).locator(".jp-Cell-outputWrapper")

    def seen(index):
        """The lines of a cell's outputs, without what stands at their left."""
        return [line.strip() for line in shown(index).inner_text().splitlines() if line.strip()]

    choices = ["Which?", "A · this", "B · that"]
    expect(shown(1).locator(".jupyter-button")).to_have_count(2)
    expect(shown(1).locator(".ae-rest")).to_be_hidden()
    assert seen(1) == [*choices, "AB"]
    expect(shown(2).locator(".noUi-handle")).to_be_visible()
    expect(shown(2).locator("table").filter(visible=True)).to_have_count(1)
    expect(shown(3).locator(".widget-html-content svg")).to_be_visible()
    expect(shown(3).locator("img")).to_be_hidden()
    bar = re.compile(r"^training: 100%.* 3/3 .*epoch/s, .*val kl=")
    assert any(map(bar.match, seen(4)))
    assert shown(4).locator("[data-mime-type*=stderr]").count() == 0

    notebook.next_day()
    assert seen(1) == [*choices, "Run this cell to choose."]
    expect(shown(2).locator("table")).to_be_visible()
    assert seen(2)[-1] == "Run this cell to move the controls."
    expect(shown(3).locator("img")).to_be_visible()
    assert seen(3) == ["Run this cell to choose and to train."]
    assert any(map(bar.match, seen(4)))
    expect(page.get_by_text("Error displaying widget").filter(visible=True)).to_have_count(0)
    expect(page.locator(".jupyter-button, .widget-html")).to_have_count(0)  # nothing lives

    notebook.run(0)
    notebook.run(1)
    expect(shown(1).locator(".jupyter-button")).to_have_count(2)
    expect(shown(1).locator(".ae-rest")).to_be_hidden()

"""The place of an explorer: in the address of a saved page, in `explore(…, state=…)` and in `explorer.state`."""

import re

import pytest
import torch
from pages import code, opened, rest
from traitlets import TraitError

import aeutils as ae
from aeutils.explorer.place import state_text


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return {"plain": ae.Autoencoder((784, 16, 2)), "wide": ae.Autoencoder((784, 16, 5))}


@pytest.fixture(scope="module")
def explorer(models, few):
    return ae.explore(models, few)


def test_a_place_goes_from_page_to_page_and_through_python(chromium, tmp_path, few, models, explorer):
    path = explorer.save_html(tmp_path / "page.html")
    page = opened(chromium, path)
    rest(page, 600)
    assert "#" not in page.url, "nobody has gone anywhere"
    page.get_by_role("tab", name="Compare").press("ArrowRight")
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="wide").click()
    page.get_by_label("Map of", exact=True).select_option("units")
    page.get_by_label("rightward axis").select_option(label="4")
    page.get_by_label("Contours").select_option("density")
    page.get_by_label("Points", exact=True).uncheck()
    page.get_by_role("tab", name="Between").click()
    page.get_by_role("button", name="Zoom in").click()
    page.locator(".aex-pad").press("ArrowUp")
    page.wait_for_url(re.compile("#model=wide.*view=between.*code=.*axes=4,2.*frame="))
    place = page.url.partition("#")[2]
    assert "contours:density" in place and "points" not in place

    there = ae.explore(models, few, state=page.url)
    assert there.state == place
    for again in (
        opened(chromium, path, place=place),
        opened(chromium, there.save_html(tmp_path / "second.html")),
    ):
        rest(again, 600)
        assert code(again) == pytest.approx(code(page), rel=1e-4, abs=1e-4)
        assert again.get_by_role("tab", name="Between").get_attribute("aria-selected") == "true"
        assert again.get_by_label("rightward axis").input_value() == "3"
        assert again.get_by_label("Contours").input_value() == "density"
        assert not again.get_by_label("Points", exact=True).is_checked()
        ticks = [where.locator(".aex-overlay > text").all_inner_texts() for where in (page, again)]
        assert ticks[0] == ticks[1]
        assert again.url.partition("#")[2] in ("", place)
        again.close()

    page.get_by_role("tab", name="Arithmetic").click()
    page.get_by_label("From class").select_option("3")
    page.get_by_label("to class").select_option("8")
    page.wait_for_url(re.compile("view=arithmetic.*classes=3,8"))
    again = opened(chromium, path, place=page.url.partition("#")[2])
    assert [again.get_by_label(name).input_value() for name in ("From class", "to class")] == ["3", "8"]
    again.get_by_role("tab", name="Traversal").click()
    again.get_by_label("Show", exact=True).select_option("sheet")
    again.wait_for_url(re.compile("view=traversal.*show=sheet"))
    assert ae.explore(models, few, state=again.url).state.count("show=sheet") == 1
    again.evaluate("location.hash = 'view=traversal&show=sliders'")
    again.locator(".aex-sliders").wait_for()

    page.evaluate("location.hash = 'model=plain&image=7&view=traversal'")  # as a reader would edit it
    page.locator("[data-told=original]", has_text="test image [7]").wait_for()
    assert len(code(page)) == 2


def test_another_model_while_its_ways_are_on_the_map(chromium, tmp_path, explorer):
    """Codes of another size: neither way nor arrow is drawn of the old ones."""
    page = opened(chromium, explorer.save_html(tmp_path / "page.html"))
    noise = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    for view, drawn in (("between", ".aex-walk"), ("arithmetic", ".aex-sum-arrow polygon")):
        for model, size in (("plain", 2), ("wide", 5), ("plain", 2)):
            page.evaluate(f"location.hash = 'model={model}&image=7&view={view}'")
            page.wait_for_function(f"document.querySelector('[data-code]').dataset.code.split(' ').length === {size}")
            page.locator(drawn).wait_for(state="attached")
            assert "NaN" not in page.locator(drawn).get_attribute("points")
    assert noise == []


def test_a_damaged_place_is_ignored_with_a_note(chromium, tmp_path, few, models):
    path = ae.explore(models["plain"], few).save_html(tmp_path / "page.html")
    page = opened(chromium, path, place="view=film&code=1,2")
    told = page.get_by_role("status").filter(has_text="is not here: there is no view “film”")
    assert told.is_visible()
    page = opened(chromium, path, place="layers=points,fog&code=1,2")
    assert page.get_by_role("status").filter(has_text="left out: fog").is_visible()
    assert code(page) == [1, 2]


@pytest.mark.parametrize(
    "state, told",
    [
        (3, "type int"),
        ("here", "not understood"),
        ("zoom=3", "'zoom'"),
        ("model=third", "'plain', 'wide'"),
        ("view=film", "traversal"),
        ("image=50", "0 to 49"),
        ("code=1,2,3", "3 numbers"),
        ("model=wide&code=1,2", "5 code units"),
        ("code=1,nan", "finite"),
        ("axes=1,3", "1 to 2"),
        ("frame=0,0,0,1", "corner"),
        ("show=film", "'sliders' or 'sheet'"),
        ("classes=1", "two labels from 0 to 9"),
    ],
)
def test_a_damaged_state_is_refused(explorer, refused, state, told):
    with refused(ValueError, "state", told):
        state_text(state, explorer.meta)


def test_a_state_that_is_set_is_checked(explorer, models, few, refused):
    assert explorer.state == ""
    explorer.state = "page.html#view=draw&image=3"
    assert explorer.state == "view=draw&image=3"
    with pytest.raises(TraitError, match="0 to 49"):
        explorer.state = "image=99"
    explorer.state = ""
    with refused(ValueError, "view='compare'", "traversal"):
        ae.explore(models["plain"], few, state="view=compare")  # there is nothing to compare


def test_what_the_browser_tells_late_does_not_undo_what_was_set_in_python(models, few):
    explorer = ae.explore(models["plain"], few)
    before = {"code": [0.0, 0.0], "model": "Autoencoder", "state": "view=traversal&code=0,0", "_heard": explorer._moves}
    explorer.state = "view=draw&image=3"
    explorer.set_state(before)  # on its way when the other was set
    assert explorer.state == "view=draw&image=3" and explorer.code == []
    explorer.set_state({**before, "_heard": explorer._moves})
    assert explorer.state == before["state"] and explorer.code == before["code"]
    moves = explorer._moves
    explorer.set_state({**before, "code": [1.0, 0.0], "_heard": moves})
    assert explorer._moves == moves  # hearing is no move

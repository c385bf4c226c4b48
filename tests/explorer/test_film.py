"""The film of a training run: which weights it keeps, and in which frame they are seen."""

import copy
import doctest
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pages import rest, settle
from test_browser_data import opened, travelled
from torch import nn

import aeutils as ae
from aeutils.evaluation import encode
from aeutils.explorer import Film
from aeutils.explorer.plane import one_plane
from aeutils.losses import squared_error


def small(size=2):
    torch.manual_seed(0)
    return ae.Autoencoder((784, 8, size))


def filmed(model, images, epochs=3, **options):
    film = Film(model, **options)
    ae.fit(model, images, squared_error, epochs=epochs, seed=0, lr=1e-2, after_epoch=film)
    return film


def alike(one, other):
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


def test_the_example_in_the_docstring(few):
    names = {"ae": ae, "model": small(), "images": few}
    (example,) = (
        each for each in doctest.DocTestFinder(recurse=False).find(Film, "Film", globs=names) if each.examples
    )
    results = doctest.DocTestRunner().run(example)
    assert results.attempted == 4 and results.failed == 0
    assert example.globs == {}, "it ran"


def test_a_film_holds_copies_of_the_weights(few):
    model = small()
    before = copy.deepcopy(model)
    film = filmed(model, few, every=2)
    assert list(film) == ["epoch 0", "epoch 2", "epoch 3"] and len(film) == 3
    assert alike(film["epoch 0"], before) and alike(film["epoch 3"], model)
    between = film["epoch 2"]
    assert not alike(between, before) and not alike(between, model) and not between.training
    nn.init.zeros_(model.encoder[0].weight)
    nn.init.zeros_(between.encoder[0].weight)
    assert film["epoch 3"].encoder[0].weight.any() and film["epoch 2"].encoder[0].weight.any()
    with pytest.raises(KeyError):
        film["epoch 1"]


def shot(model, epochs, film=None, **options):
    """The epochs that a film of a long run keeps."""
    film, history = film or Film(model, **options), SimpleNamespace(epochs=0)
    for history.epochs in epochs:
        film(history)
    return film, [int(name.removeprefix("epoch ")) for name in film]


@pytest.mark.parametrize("every, epochs, most", [(1, 7, 12), (1, 100, 12), (3, 50, 5), (2, 1000, 2), (7, 5, 3)])
def test_a_film_is_never_longer_than_it_may_be(every, epochs, most):
    film, kept = shot(nn.Linear(1, 1), range(1, epochs + 1), every=every, most=most)
    assert len(kept) <= most and kept[0] == 0 and kept[-1] == epochs
    assert kept[:-1] == [film.every * i for i in range(len(kept) - 1)], "even, up to the last"
    assert film.every == every or len(kept) > most / 2


def test_a_second_run_is_counted_on_and_a_resumed_one_is_not_counted_twice():
    model = nn.Linear(1, 1)
    film, _ = shot(model, [1, 2])
    assert shot(model, [1, 2], film)[1] == [0, 1, 2, 3, 4]
    assert shot(model, [6, 7], film)[1] == [0, 1, 2, 3, 4, 6, 7]


class Stubborn(nn.Linear):
    """Cannot be copied."""

    def __deepcopy__(self, memo):
        raise TypeError("there is one\nof me")


def test_what_cannot_be_filmed_is_refused_in_one_line(refused, few):
    for junk in (None, 3, nn.Linear, {"one": nn.Linear(1, 1)}):
        with refused(ValueError, "model is", "torch module"):
            Film(junk)
    for junk in (0, 1.5, "2", None):
        with refused(ValueError, "every=", "1 or more"):
            Film(nn.Linear(1, 1), every=junk)
    with refused(ValueError, "most=1", "2 or more"):
        Film(nn.Linear(1, 1), most=1)
    with refused(ValueError, "Stubborn cannot be copied (TypeError: there is one)"):
        Film(Stubborn(1, 1))
    film, model = shot(small(), [1])[0], small()
    with refused(ValueError, "encode= is one function for all checkpoints"):
        ae.explore(film, few, encode=model.encode)
    with refused(ValueError, "decode= is one function for all checkpoints"):
        ae.explore(film, few, decode=model.decode)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_one_frame_holds_all_checkpoints(few, size):
    film = filmed(small(size), few)
    explorer = ae.explore(film, few)
    described = explorer.meta["models"]
    assert explorer.meta["film"] is True and [each["name"] for each in described] == list(film)
    for entry in ("reach", "aside"):
        assert all(each[entry] == described[0][entry] for each in described)
    if size == 4:
        for entry in ("components", "mean", "reach"):
            assert all(each["principal"][entry] == described[0]["principal"][entry] for each in described)
    reach = travelled(explorer, described[0]["reach"]).reshape(-1, 2)
    spread = []
    for each in described:
        codes = encode(film[each["name"]], few.test.x)
        assert np.allclose(travelled(explorer, each["codes"]).reshape(-1, size), codes, atol=1e-6)
        inside = ((codes.numpy() > reach[:size, 0]) & (codes.numpy() < reach[:size, 1])).mean(0)
        assert (inside > 0.95).all()
        spread.append(codes.std(0).max().item())
    assert max(spread) > 1.5 * min(spread), "else one frame would be easy"


def test_the_plane_of_a_film_is_that_of_its_last_checkpoint():
    codes = [scale * torch.randn(200, 5) * torch.tensor([1, 3, 1, 2, 1]) + scale for scale in (0.1, 4, 1)]
    planes = one_plane(codes)
    covariance = np.cov(codes[-1].double().numpy().T)
    for axis, wanted in zip(planes[0].axes.double().numpy(), np.linalg.eigh(covariance)[1].T[::-1], strict=False):
        assert abs(axis @ wanted) == pytest.approx(1, abs=1e-4)
    low, high = planes[0].frame
    for each, plane in zip(codes, planes, strict=True):
        assert torch.equal(plane.axes, planes[-1].axes) and torch.equal(plane.reach, planes[0].reach)
        places = (each.double() - codes[-1].double().mean(0)) @ plane.axes.double().T
        assert np.allclose(plane.places, places, atol=1e-4)
        assert ((places.numpy() > low) & (places.numpy() < high)).all(1).mean() > 0.97
    assert planes[1].places.abs().max() > planes[-1].reach.abs().max() / 2, "the widest fills it"


def test_the_still_of_a_film_shows_its_end(few):
    film = filmed(small(), few, epochs=7)
    picture = ae.explore(film, few).picture
    assert picture.title == "Training of an autoencoder, epoch 0 to epoch 7: 2 code units, 50 test images"
    assert re.findall(r"by (epoch \d)", picture.alt) == [f"epoch {epoch}" for epoch in (0, 1, 3, 5, 7)]
    axes = picture.subfigs[0].axes[0]
    codes = encode(film["epoch 7"], few.test.x)
    places = np.sort(np.concatenate([each.get_offsets() for each in axes.collections]), axis=0)
    assert np.allclose(places, np.sort(codes.numpy(), axis=0), atol=1e-5)


def test_a_film_of_one_checkpoint_is_a_model(few):
    explorer = ae.explore(Film(small()), few)
    assert explorer.meta["film"] is False and explorer.picture.title.startswith("Latent space of epoch 0: ")


# Notes what is seen at every frame of the screen, until the film has ended.
SEEN = """(root) => new Promise(done => {
    const seen = { names: [], points: new Set(), axes: new Set() };
    const started = performance.now();
    const look = () => {
        const name = root.querySelector("output").textContent;
        if (name !== seen.names.at(-1)) seen.names.push(name);
        seen.points.add(root.querySelectorAll(".aex-layer")[1].toDataURL());
        const marks = [...root.querySelectorAll(".aex-overlay > text")].filter(mark => !mark.textContent.includes("→"));
        seen.axes.add(marks.map(mark => mark.textContent + mark.getAttribute("x")).join());
        const paused = root.querySelector(".aex-play").textContent.includes("Play");
        if (paused || performance.now() - started > 15000) {
            done({ ...seen, points: seen.points.size, axes: seen.axes.size });
        } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""


def test_a_film_plays_and_any_press_ends_it(chromium, tmp_path, few):
    film = filmed(small(), few)
    page = opened(chromium, tmp_path, ae.explore(film, few))
    root, play, pad = page.locator(".aex"), page.locator(".aex-play"), page.locator(".aex-pad")
    name, slider = page.locator(".aex-model-slider output"), page.get_by_label("Checkpoint")
    page.get_by_label("Background").select_option("nothing")
    marks = page.locator(".aex-overlay > text").filter(has_not_text="→")
    axes = marks.all_text_contents()
    name.filter(has_text="epoch 3").wait_for()  # it begins at its end, as the still shows it
    slider.press("Home")
    name.filter(has_text="epoch 0").wait_for()
    rest(page, 400)
    play.press("Enter")
    seen = root.evaluate(SEEN)
    assert seen["names"] == [f"epoch {epoch}" for epoch in range(4)] or seen["names"] == [
        f"epoch {epoch}" for epoch in (1, 2, 3)
    ]
    assert seen["points"] > 20, "they glide"
    assert seen["axes"] == 1 and marks.all_text_contents() == axes, "and the frame is still"
    shown = page.locator("[data-told=original]").inner_text()
    index = int(re.search(r"\[(\d+)\]", shown)[1])
    code = [float(value) for value in page.locator("[data-code]").get_attribute("data-code").split()]
    assert code == pytest.approx(encode(film["epoch 3"], few.test.x[index : index + 1])[0].tolist(), abs=1e-4)

    rest(page, 400)
    page.get_by_role("button", name="undo", exact=True).click()
    name.filter(has_text="epoch 0").wait_for()  # a film is one step

    box = pad.bounding_box()
    presses = [lambda: page.keyboard.press("x"), lambda: page.mouse.click(box["x"] + 50, box["y"] + 60), play.click]
    for press in [*presses, lambda: slider.press("Home"), lambda: root.get_by_role("tab").first.click()]:
        play.click()
        play.filter(has_text="Pause").wait_for()
        press()
        play.filter(has_text="Play").wait_for()
        settle(page)  # what is said follows within a frame
        at = name.inner_text()
        rest(page, 900)
        assert name.inner_text() == at, "it stays where it was ended"
    slider.press("End")
    play.click()  # after the last comes the first
    name.filter(has_text="epoch 0").wait_for()


def test_a_film_without_motion_goes_from_checkpoint_to_checkpoint(chromium, tmp_path, few):
    page = opened(chromium, tmp_path, ae.explore(filmed(small(4), few), few), reduced_motion="reduce")
    assert page.get_by_text("The principal axes are those of epoch 3, for all checkpoints.").is_visible()
    page.get_by_label("Background").select_option("nothing")
    page.locator(".aex-play").click()
    seen = page.locator(".aex").evaluate(SEEN)
    assert seen["names"][-1] == "epoch 3" and seen["points"] <= 4

"""The slides: every notebook has a deck, nothing on a slide is cut off, an answer comes after its question."""

from collections import Counter

import pytest
import slides

from aeutils.collection.table import CLASS, RECIPES, lessons

DECKS = [lesson for lesson in lessons() if not lesson.planned and lesson.outside != RECIPES]

BEYOND = """() => {
    const found = [];
    for (let i = 0; i < Reveal.getTotalSlides(); i++) {
        Reveal.slide(i);
        const read = ':scope *:not(mjx-assistive-mml, mjx-assistive-mml *)';
        for (const part of Reveal.getCurrentSlide().querySelectorAll(read)) {
            const {width, bottom, right, left} = part.getBoundingClientRect();
            if (width && Math.max(bottom - 720, right - 1280, -left) > 1)
                found.push(`${i}: ${part.tagName} ${part.textContent.slice(0, 40)}`);
        }
    }
    return found;
}"""


@pytest.mark.parametrize("lesson", DECKS, ids=lambda lesson: lesson.file[:3])
def test_a_deck_has_what_a_lesson_needs(lesson):
    deck = slides.deck(lesson)
    kinds = Counter(slide.kind for slide in deck)
    assert len(deck) >= 6 and deck[0].kind == "title"
    assert lesson.outside == CLASS or (len(deck) <= 14 and deck[-1].kind == "found")
    assert kinds["drawing"] >= 1 and kinds["vote"] == kinds["measured"]
    assert deck[0].title == lesson.short and lesson.short not in [slide.title for slide in deck[1:]]
    for i, slide in enumerate(deck):
        if slide.kind == "measured":
            assert slide.title in [before.title for before in deck[:i] if before.kind == "vote"]
        assert "](" not in slide.body and "**" not in slide.body, "Markdown that was not read"


@pytest.mark.parametrize(
    "lesson", [lesson for lesson in DECKS if lesson.outside == CLASS], ids=lambda lesson: lesson.file
)
def test_a_lesson_for_a_class_can_be_given_with_its_slides_alone(lesson):
    notebook = slides.nbformat.read(slides.ROOT / "notebooks" / lesson.file, as_version=4)
    deck = slides.deck(lesson)
    kinds = Counter(slide.kind for slide in deck)
    pictures = [o for cell in notebook.cells for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
    shown = "".join(slide.body for slide in deck)
    assert (
        shown.count("data:image/png") == len(pictures)
        and "Run the cell" not in shown
        and "What you should see" not in shown
    )
    tagged = [cell for cell in notebook.cells if "slide" in slides.editions.tags(cell)]
    assert kinds["code"] + kinds["text"] == len(tagged) >= 2 and "optimizer.step()" in shown
    assert deck[-1].kind == "ticket" and deck[-1].body.count("<li>") >= 3
    for slide in deck:
        assert slide.kind != "measured" or ("<img" in slide.body and "numbers" in slide.body), "with figure and claim"
        assert "minutes)" not in slide.title


def test_of_an_explorers_still_the_map_is_shown_and_not_the_rows_below():
    picture = slides.Image.new("RGB", (90, 100), "white")
    picture.paste("black", (0, 0, 90, 60))
    picture.paste("black", (0, 70, 90, 100))
    kept = slides.BytesIO()
    picture.save(kept, "png")
    assert slides.Image.open(slides.BytesIO(slides._upper_part(kept.getvalue()))).size == (90, 60)


def test_nothing_is_cut_off_or_fetched(chromium, tmp_path):
    if not slides.MATHJAX_SCRIPT.exists():
        pytest.skip("MathJax is not here: make slides fetches it")
    made = slides.build(tmp_path / "slides")
    page = chromium.new_context(offline=True, viewport={"width": 1280, "height": 720}).new_page()
    errors, asked = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    assert set(made) == {lesson.file.replace(".ipynb", ".html") for lesson in DECKS}
    for name in made:
        page.goto((tmp_path / "slides" / name).as_uri())
        page.wait_for_function("window.Reveal?.isReady() && window.MathJax?.startup?.document")
        page.evaluate("MathJax.startup.promise")
        assert page.evaluate(BEYOND) == [], name
        assert page.locator("mjx-container").count() or "$" not in page.locator(".slides").inner_text()
    assert errors == [] and all(url.startswith(("file:", "data:")) for url in asked)

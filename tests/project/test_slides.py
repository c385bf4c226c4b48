"""The slides: every notebook has a deck, nothing on a slide is cut off, an answer comes after its question."""

from collections import Counter

import pytest
import slides

from aeutils.collection.table import RECIPES, lessons

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
    assert 6 <= len(deck) <= 14 and deck[0].kind == "title" and deck[-1].kind == "found"
    assert kinds["drawing"] >= 1 and kinds["vote"] == kinds["measured"]
    assert deck[0].title == lesson.short and lesson.short not in [slide.title for slide in deck[1:]]
    for i, slide in enumerate(deck):
        if slide.kind == "measured":
            assert slide.title in [before.title for before in deck[:i] if before.kind == "vote"]
        assert "](" not in slide.body and "**" not in slide.body, "Markdown that was not read"


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

"""The built site: every link leads somewhere, nothing is loaded from elsewhere, and it reads as it should."""

import json
import re
from collections import Counter
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from notebook_cells import NOTEBOOKS, cells
from page_links import links, text_of
from site_pages import fault, page, pages
from web import sources
from web.lean import used

from aeutils.collection.reading import is_optional
from aeutils.collection.table import lessons, statements

ROOT = Path(__file__).resolve().parents[2]
# Hosts of works; other addresses that the notebooks link to are programs, documentation and data.
WORKS = re.compile(
    r"https?://(?:doi\.org|arxiv\.org|www\.jmlr\.org|proceedings\.\w+|papers\.nips\.cc|openreview\.net|distill\.pub|icml\.cc|"
    r"www\.deeplearningbook\.org|approximateinference\.org|www\.aaai\.org)/"
)


def test_every_notebook_has_its_page_and_the_rest_is_there(site):
    names = {page.path.relative_to(site).as_posix() for page in pages(site)}
    wanted = {f"notebooks/{lesson.name}.html" for lesson in lessons() if not lesson.planned}
    assert wanted | {"index.html", "questions.html", "glossary.html", "article.html", "bibliography.html"} <= names


def test_every_link_and_anchor_leads_somewhere(site):
    assert [wrong for page in pages(site) for link in page.links if (wrong := fault(page, link))] == []


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = {(page.path.name, address) for page in pages(site) for address in page.loaded}
    assert [each for each in loaded if urlsplit(each[1]).netloc] == []
    assert [wrong for page in pages(site) for address in page.loaded if (wrong := fault(page, address))] == []


def test_what_no_page_uses_is_left_out(site):
    first = page(site / "index.html").loaded
    assert sum((site / address.partition("?")[0]).stat().st_size for address in first) < 500_000
    kept = used(
        '.a,.b{x:1}.c:not(.d) .a{y:"}"}@media print{.d{z:2}.a{}}@font-face{q:3}/*.a{*/.e\\:f{g:4}', {"a", "e:f"}
    )
    assert kept == ".a{x:1}@media print{.a{}}.e\\:f{g:4}"


def test_the_repository_fills_in_where_to_run_a_notebook_and_its_source(tmp_path):
    first = sources.notebook("10b_anomalies_in_a_time_series", tmp_path, "owner/name").cells[0].source
    assert "](https://colab.research.google.com/github/owner/name/blob/" in first
    assert "](https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/notebooks/10b_" in first
    readme = sources.page("[x](../Makefile) [y](../README.md#a)", "docs/name.md", "owner/name")
    assert readme == "[x](https://github.com/owner/name/blob/main/Makefile) [y](<index.md>)"
    assert sources.page("[`x`](../Makefile)", "docs/name.md", "") == "`x`"


def test_code_is_shown_as_it_is_and_each_line_knows_how_far_it_is_indented(site):
    for path in NOTEBOOKS:
        text = (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        blocks = re.findall(r'(?s)class="cell_input.*?<pre><span></span>(.*?)</pre>', text)
        shown = [unescape(re.sub(r"<[^>]*>", "", block)) for block in blocks]
        assert shown == [cell.source for cell in cells(path) if cell.cell_type == "code"]
        for block, code in zip(blocks, shown, strict=True):
            indents = [len(line) - len(line.lstrip(" ")) for line in code.splitlines()]
            assert [int(each) for each in re.findall(r'class="line" style="--in: (\d+)"', block)] == indents


def test_every_picture_says_what_is_on_it(site):
    assert [
        (page.path.name, image["src"]) for page in pages(site) for image in page.images if not image.get("alt")
    ] == []


def html(site, name):
    return (site / name).read_text(encoding="utf-8")


def test_a_claim_stands_before_its_folded_code(site):
    text = html(site, "notebooks/00_start_here.html")
    cells = text.split('<div class="cell tag_claim')[1:]
    assert len(cells) >= 7
    for cell in cells:
        verdict, fold, code = (cell.index(part) for part in ('class="claim holds"', "How this is computed", ">claim<"))
        assert verdict < fold < code


def test_optional_parts_are_folded_and_only_those(site):
    text = html(site, "notebooks/04_mse_versus_kl.html").rpartition("<h1>4 ")[2]
    found = re.findall(
        r'<h[2-4]>(.*?)<a class="headerlink".*?</h[2-4]>\s*(<details class="optional">)?', text, re.DOTALL
    )
    assert len(found) > 10
    assert [title for title, fold in found if bool(fold) != is_optional(title)] == []


def test_boxes_folds_and_questions_are_there_without_a_kernel(site):
    text = html(site, "notebooks/07_latent_space_explorer.html")
    for part in ('<blockquote class="article', 'class="box try-it"', 'class="box exercise"', 'class="box solution"'):
        assert part in text, part
    assert len(re.findall(r'<details class="ae-answer"[^>]*>.*?Measured: .*?</details>', text, re.DOTALL)) == 2
    assert "You made no guess" not in text and "Run this cell" not in text and "widget-view" not in text
    assert "the plain one&#x27;s" in text


TO_RUN = ("Shift + Enter", "Run the cell", "Run this cell", "you</em> trained")


def test_nobody_is_asked_to_run_what_does_not_run_here(site):
    for path in NOTEBOOKS:
        text = html(site, f"notebooks/{path.stem}.html")
        assert text.count("<em>To read:</em>") == 1, path.name
        assert [words for words in TO_RUN if words in text] == [], path.name


def test_the_map_of_the_article_has_every_statement_with_its_verdict(site):
    text = html(site, "article.html")
    for statement in statements():
        assert f"<p>{statement.id}</p>" in text or f"<td>{statement.id}</td>" in text
    assert text.count('class="reference internal" href="notebooks/') > 40


def test_questions_lead_to_the_sections_that_answer_them(site):
    there = [link for link in page(site / "questions.html").links if link.startswith("notebooks/")]
    wanted = [link for link in links(text_of(ROOT / "notebooks" / "questions.md")) if ".ipynb#" in link]
    glossary = [link for link in page(site / "glossary.html").links if link.startswith("notebooks/")]
    assert sum("#" in link for link in there + glossary) == len(wanted) > 200


def test_the_bibliography_has_every_work_that_is_linked_to_and_no_other(site):
    cited = {link for path in [*NOTEBOOKS, ROOT / "notebooks" / "questions.md"] for link in links(text_of(path))}
    bib = (ROOT / "docs" / "references.bib").read_text(encoding="utf-8")
    fields = re.findall(r"^  (doi|eprint|url) = {(.*)},$", bib, re.MULTILINE)
    start = {"doi": "https://doi.org/", "eprint": "https://arxiv.org/abs/", "url": ""}
    listed = {start[kind] + value for kind, value in fields}
    assert {link for link in cited if WORKS.match(link)} - listed == set()
    assert listed - cited == set()
    assert html(site, "bibliography.html").count('<li id="id') == bib.count("\n@")


TEN = ["index", "questions", "article", "search", "bibliography"]
TEN += [f"notebooks/{name}" for name in ("00_start_here", "04_mse_versus_kl", "05_hyperparameters")]
TEN += [f"notebooks/{name}" for name in ("07_latent_space_explorer", "10b_anomalies_in_a_time_series")]


@pytest.mark.parametrize("name", TEN)
def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(chromium, site, name):
    from axe_playwright_python.sync_playwright import Axe

    def violations(**options):
        found = Axe().run(shown, options={"resultTypes": ["violations"], **options}).response["violations"]
        return [(each["id"], node["target"]) for each in found for node in each["nodes"]]

    shown = chromium.new_page(viewport={"width": 390, "height": 844})
    shown.goto((site / f"{name}.html").as_uri(), wait_until="domcontentloaded")
    shown.add_style_tag(content="* { transition: none !important; animation: none !important; }")
    shown.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    shown.set_viewport_size({"width": 1280, "height": 900})
    for alike in ("div.highlight", "mjx-container", "li.toctree-l1:not(:has(details))", ".bd-article li", "p", "tr"):
        # Nine of a kind tell, and axe takes its time.
        shown.evaluate(
            "alike => [...document.querySelectorAll(`${alike}:not(th *)`)].slice(9).forEach(each => each.remove())",
            alike,
        )
    assert violations() == []
    shown.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert violations(runOnly=["color-contrast"]) == []  # all else is as it was in light
    shown.close()


def test_it_works_from_a_file(chromium, site):
    shown = chromium.new_page()
    asked, said = [], []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    shown.goto((site / "notebooks" / "04_mse_versus_kl.html").as_uri() + "#let-the-data-choose-sigma-optional")
    shown.locator("#let-the-data-choose-sigma-optional > details[open]").wait_for()
    formula = shown.locator("mjx-container svg").first.bounding_box()
    assert formula["width"] > 10 and shown.locator("mjx-assistive-mml math").count() > 50
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == [] and said == []
    shown.close()


ASKED = {
    "why is my VAE blurry": "My reconstructions are blurry. Why, and how do I sharpen them?",
    "what is an embedding": "What is an embedding? Is it the code?",
    "sensor data": "A time series, a signal, sensor readings: how?",
    "code size": "Code size",
    "posterior collapse": "posterior collapse",
    "denosing": "denoising",
}


def test_the_search_leads_to_the_line_that_answers_from_a_file(chromium, site):
    shown = chromium.new_context(offline=True).new_page()
    said = []
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto((site / "search.html").as_uri() + "?q=no+such+thing")
    field, found = shown.locator(".bd-article-container form.bd-search input"), shown.locator("#search-results li")
    for words, place in ASKED.items():
        field.fill(words)
        shown.get_by_role("status").get_by_text("places, the best first").wait_for()
        assert place in found.locator("a").all_inner_texts()[:3], words
    field.fill("qwertzuiop")
    assert found.count() == 0 and shown.get_by_text("Nothing here has these words").is_visible()
    field.fill("why is my VAE blurry")
    shown.locator("mark", has_text="VAE").first.wait_for()
    found.locator("a").first.click()
    shown.locator("li:target", has_text="My reconstructions are blurry").wait_for()
    assert said == []
    shown.go_back()
    assert field.input_value() == "why is my VAE blurry"
    shown.close()


def test_every_place_that_the_search_finds_is_there(site):
    text = (site / "_static" / "search" / "parts.js").read_text(encoding="utf-8")
    parts = json.loads(text.removeprefix("const aeSearched = ").rstrip(";\n"))["parts"]
    wrong = [(name, anchor) for name, anchor, *_ in parts if anchor not in page(site / f"{name}.html").ids]
    assert wrong == [] and len(parts) > 600
    kinds = Counter(name for name, *_ in parts)
    assert kinds["questions"] > 150 and kinds["glossary"] > 60
    assert all(heading for _, _, heading, _ in parts)


def test_without_the_menu_the_page_stands_in_the_middle(chromium, site):
    shown = chromium.new_page(viewport={"width": 1366, "height": 768})
    shown.goto((site / "notebooks" / "00_start_here.html").as_uri(), wait_until="domcontentloaded")
    shown.add_style_tag(content="* { transition: none !important; }")
    main, text = (shown.locator(name) for name in (".bd-main", ".bd-article-container"))
    before = text.bounding_box()
    shown.locator(".primary-toggle:visible").first.click()
    shown.wait_for_function("document.querySelector('.bd-main').getBoundingClientRect().left === 0")
    box, beside = text.bounding_box(), shown.locator(".bd-sidebar-secondary").bounding_box()
    assert box["width"] > before["width"]
    assert box["x"] == pytest.approx(main.bounding_box()["width"] - beside["x"] - beside["width"], abs=2)
    shown.close()


def test_a_dark_page_is_printed_on_white(chromium, site):
    shown = chromium.new_page()
    shown.goto((site / "notebooks" / "00_start_here.html").as_uri(), wait_until="domcontentloaded")
    shown.evaluate("document.documentElement.dataset.theme = 'dark'")
    shown.emulate_media(media="print")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = shown.evaluate(ground)
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.evaluate(ground) == "rgb(255, 255, 255)" != dark
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown.evaluate(ground) == dark
    shown.close()


def test_the_page_of_questions_is_narrowed_to_what_is_typed(chromium, site):
    shown = chromium.new_page()
    shown.goto((site / "questions.html").as_uri(), wait_until="domcontentloaded")
    entries, parts = shown.locator(".bd-article li:visible"), shown.locator(".bd-article h2:visible")
    everything, all_parts = entries.count(), parts.count()
    shown.get_by_role("searchbox", name="Only those with these words").fill("Blurry why")
    assert 0 < entries.count() < 10 and parts.count() < all_parts
    assert all("blurry" in text.lower() for text in entries.all_inner_texts())
    shown.get_by_role("searchbox", name="Only those with these words").fill("")
    assert (entries.count(), parts.count()) == (everything, all_parts)
    shown.close()

"""The built site: every link leads somewhere, nothing is loaded from elsewhere, and it reads as it should."""

from urllib.parse import urlsplit

from site_pages import fault, pages

from aeutils.collection.table import lessons


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


def test_every_picture_says_what_is_on_it(site):
    assert [
        (page.path.name, image["src"]) for page in pages(site) for image in page.images if not image.get("alt")
    ] == []

"""The pages of a built site: what they name, where they lead, and what they load."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "embed": "src"}


@dataclass
class Page(HTMLParser):
    """A page as it is written: anchors, links that a reader may follow, and what it loads by itself."""

    path: Path
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        named = {name: value or "" for name, value in attrs}
        self.ids += [named["id"]] if "id" in named else []
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if tag == "link" and named.get("rel") not in ("canonical", "next", "prev", "author", "license"):
            self.loaded.append(named.get("href", ""))
        if named.get(_LOADING.get(tag, "")):
            self.loaded.append(named[_LOADING[tag]])
        if tag == "img":
            self.images.append(named)


@functools.cache
def page(path: Path) -> Page:
    return Page(path)


def pages(site: Path) -> list[Page]:
    """All pages of a site."""
    return [page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]


def fault(here: Page, link: str) -> str:
    """What is wrong with a link or an address on a page; empty for one that leads somewhere, and for other hosts."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    there = here.path.parent / unquote(parts.path) if parts.path else here.path
    if not there.is_file():
        return f"{here.path.name}: {link}: there is no such file"
    if parts.fragment and there.suffix == ".html" and unquote(parts.fragment) not in page(there.resolve()).ids:
        return f"{here.path.name}: {link}: nothing there is called so"
    return ""

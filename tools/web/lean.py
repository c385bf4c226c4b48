"""Takes out of a built site what its theme brings along and no page uses, so that the first picture is there at once.

Of the theme's style sheet nine tenths are for things that these pages do not have; a script of 1.5 megabytes draws a
dozen icons, which a style sheet can draw as well; Sphinx's search gives way to ours; and
eight style sheets are eight requests before anything is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

_ICONS_SCRIPT = re.compile(r'\s*<script[^>]* src="[^"]*fontawesome\.js[^"]*"></script>')
_SEARCH_SCRIPTS = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
_LATER = re.compile(r'<script (?=src="[^"]*(?:doctools|sphinx_highlight|sphinx-book-theme)\.js)')
_STYLES = re.compile(r'<link (?=[^>]*rel="stylesheet")[^>]*href="([^"?]*)[^"]*"[^>]*>')
_IMPORT = re.compile(r'@import "([^"]+)";')
_OPTIONS_SCRIPT = re.compile(r'<script src="[^"]*documentation_options\.js[^"]*"></script>')
_OWN = "_static/site.css"  # the one style sheet that is left
_DATA = 400_000  # bytes: what is larger holds pictures and networks, and no names of classes
_ICON_NAME = re.compile(r"\bfa-([a-z][a-z-]*)")
_WORD = re.compile(r"[\w-]+")
_NESTED = ("@media", "@supports", "@layer", "@container")
_ICONS = """
:is(.fa-solid, .fa-brands, .fa-regular, .fas, .fab, .far) {
  display: inline-block; width: 1em; height: 1em; vertical-align: -0.125em;
  background: currentColor; mask: var(--shape) center / contain no-repeat;
}
:is(.fa-solid, .fa-brands, .fa-regular, .fas, .fab, .far)::before { content: none !important; }
html[data-mode="auto"] .theme-switch-button i.theme-switch[data-mode="auto"],
html[data-mode="light"] .theme-switch-button i.theme-switch[data-mode="light"],
html[data-mode="dark"] .theme-switch-button i.theme-switch[data-mode="dark"] { display: inline-block; }
.theme-switch-button .theme-switch.fa-lg { font-size: 1em; }
.fa-lg { font-size: 1.25em; line-height: 0.05em; }
.fa-fw { width: 1.25em; }
"""


def lean(site: Path) -> None:
    """Make a built site lighter; it looks and works as before."""
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    pages = {path: text for path, text in pages.items() if _OWN in text}  # the others are not the theme's
    scripts = site / "_static" / "scripts"
    shapes = (scripts / "fontawesome.js").read_text(encoding="utf-8")
    sphinx_search = [site / "searchindex.js", site / "_static" / "searchtools.js"]
    for path in [*sphinx_search, *scripts.glob("fontawesome.*"), *(site / "_static").rglob("*.map")]:
        path.unlink(missing_ok=True)
    programs = [path for path in site.rglob("*.js") if path.stat().st_size < _DATA and path.name != "parts.js"]
    code = [path.read_text(encoding="utf-8") for path in programs]
    names = sorted({name for text in [*pages.values(), *code] for name in _ICON_NAME.findall(text)})
    words = {word for text in [*pages.values(), *code] for word in _WORD.findall(text)}
    options = (site / "_static" / "documentation_options.js").read_text(encoding="utf-8")
    merged = [unquote(name) for name in _STYLES.findall(pages[site / "index.html"]) if name != _OWN]
    theirs = [_sheet(site / name) for name in merged]
    whole = used("\n".join([*theirs, _ICONS, *_icons(names, shapes), _sheet(site / _OWN)]), words)
    (site / _OWN).write_text(whole, encoding="utf-8")
    for path, text in pages.items():
        text = _LATER.sub("<script defer ", _SEARCH_SCRIPTS.sub("", _ICONS_SCRIPT.sub("", text)))
        text = _OPTIONS_SCRIPT.sub(lambda _: f"<script>{options}</script>", text)
        for link in list(_STYLES.finditer(text)):
            if unquote(link[1]).removeprefix("../") in merged:
                text = text.replace(link[0], "")
        path.write_text(text, encoding="utf-8")


def _sheet(path: Path) -> str:
    """A style sheet with those that it imports in it."""
    return _IMPORT.sub(lambda found: _sheet(path.parent / found[1]), path.read_text(encoding="utf-8"))


def _icons(names: list[str], shapes: str) -> Iterator[str]:
    """A rule for each icon: the last of a name is the filled one."""
    for name in names:
        found = re.findall(rf'[{{,]"?{name}"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]*","([^"]*)"\]', shapes)
        if found:
            width, height, path = found[-1]
            svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><path d="{path}"/></svg>'
            yield f'.fa-{name} {{ --shape: url("data:image/svg+xml,{quote(svg)}"); }}'


def used(css: str, words: set[str]) -> str:
    """The rules of a style sheet that can apply where only these words are classes or ids."""
    kept = []
    for head, body in _rules(css):
        name = head.strip()
        if body is None:
            kept.append(f"{head};")
        elif name.startswith(_NESTED):
            if inner := used(body, words):
                kept.append(f"{head}{{{inner}}}")
        elif name == "@font-face":  # the theme's icons, which are drawn, and its fonts for formulas
            continue
        elif name.startswith("@"):
            kept.append(f"{head}{{{body}}}")
        elif selectors := [each for each in _selectors(head) if _applies(each, words)]:
            kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Head and body of each rule on the outermost level; of a statement such as @import, the head alone."""
    start = opened = depth = i = 0
    while i < len(css):
        sign = css[i]
        if css.startswith("/*", i):
            end = css.index("*/", i) + 2
            if depth == 0 and not css[start:i].strip():
                start = end
            i = end
            continue
        if sign in "\"'":
            i = _end_of_text(css, i)
        elif sign == "{":
            if depth == 0:
                opened = i
            depth += 1
        elif sign == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened], css[opened + 1 : i]
                start = i + 1
        elif sign == ";" and depth == 0:
            yield css[start:i], None
            start = i + 1
        i += 1


def _end_of_text(css: str, start: int) -> int:
    """Where the text in quotes ends that begins here."""
    i = start + 1
    while css[i] != css[start]:
        i += 2 if css[i] == "\\" else 1
    return i


def _selectors(head: str) -> list[str]:
    """The selectors of a rule; commas within brackets separate none."""
    parts, depth = [""], 0
    for sign in head:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _applies(selector: str, words: set[str]) -> bool:
    """Whether all its classes and ids are among these words; what stands in brackets is not looked at."""
    while (bare := re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", selector)) != selector:
        selector = bare
    return all(re.sub(r"\\(.)", r"\1", name) in words for name in re.findall(r"[.#]((?:\\.|[\w-])+)", selector))

"""Changes where the links of a Markdown text lead."""

from __future__ import annotations

import re
from collections.abc import Callable

_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)  # what is shown as code is no link
_LINK = re.compile(
    r"\]\(<(?P<angled>[^<>\n]+)>\)|\]\((?P<plain>(?:[^()\s<>]|\([^()\s]*\))+)\)|href=\"(?P<html>[^\"]+)\""
)


def linked(text: str, there: Callable[[str], str]) -> str:
    """The text with `there(target)` in the place of every link's target."""
    code = [found.span() for found in _CODE.finditer(text)]

    def link(found: re.Match[str]) -> str:
        if any(start <= found.start() < end for start, end in code):
            return found[0]
        target = there(found["angled"] or found["plain"] or found["html"])
        if found["html"]:
            return f'href="{target}"'
        return f"](<{target}>)" if found["angled"] else f"]({target})"

    return _LINK.sub(link, text)

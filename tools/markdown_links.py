"""What JupyterLab calls a heading in an address, and where the links of a Markdown text lead."""

from __future__ import annotations

import re
from collections.abc import Callable

_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)  # what is shown as code is no link
_LINK = re.compile(
    r"(?P<label>\[(?:[^\[\]]|\[[^\[\]]*\])*\])\((?:<(?P<angled>[^<>\n]+)>|(?P<plain>(?:[^()\s<>]|\([^()\s]*\))+))\)"
    r"|href=\"(?P<html>[^\"]+)\""
)


def anchor(heading: str) -> str:
    """What JupyterLab calls a heading in an address."""
    return heading.replace(" ", "-")


def linked(text: str, there: Callable[[str], str | None]) -> str:
    """The text with `there(target)` in the place of every link's target; where that is None, a link's words alone."""
    code = [found.span() for found in _CODE.finditer(text)]

    def link(found: re.Match[str]) -> str:
        if any(start <= found.start() < end for start, end in code):
            return found[0]
        before = found["angled"] or found["plain"] or found["html"]
        target = there(before)
        if target == before or (target is None and found["html"]):
            return found[0]
        if found["html"]:
            return f'href="{target}"'
        if target is None:
            return found["label"][1:-1]
        address = re.fullmatch(r"[a-z]+:[^()\s]+", target)  # a path, or what has brackets, stands in angles
        return f"{found['label']}({target})" if address else f"{found['label']}(<{target}>)"

    return _LINK.sub(link, text)

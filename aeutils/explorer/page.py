"""One file with everything in it: an explorer that opens from a disk, with no kernel and no network."""

from __future__ import annotations

import base64
import html
import json
from typing import Any

from aeutils.explorer import bundle
from aeutils.figures import look

# The browser is forbidden to fetch anything at all: what is not in the file is not there. A worker is made of it, too.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; worker-src blob:"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0 auto; padding: 12px; max-width: 2424px; font-family: system-ui, sans-serif; }}
@media (prefers-color-scheme: dark) {{ body {{ background: {paper}; color: {ink}; }} }}
h1 {{ font-size: 20px; line-height: 1.25; margin: 0 8px; }}
{style}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<div id="explorer"><img src="data:image/png;base64,{png}" alt="{alt}" style="max-width: 100%"></div>
</main>
<script id="meta" type="application/json">{meta}</script>
<script id="payload" type="text/plain">{payload}</script>
<script type="module">
{script}
// ---- this page: what anywidget's model is to the notebook, with nobody behind it
const text = (id) => document.getElementById(id).textContent;
const bytes = Uint8Array.from(atob(text("payload")), (character) => character.charCodeAt(0));
const traits = {{ meta: JSON.parse(text("meta")), payload: bytes, state: {state} }};
render({{ model: {{ get: (name) => traits[name] }}, el: document.getElementById("explorer") }});
</script>
</body>
</html>
"""


def page(title: str, alt: str, png: bytes, meta: dict[str, Any], payload: bytes, state: str = "") -> str:
    """The page as text.

    Args:
        title: the page's heading.
        alt: describes the still.
        png: the still, shown until the explorer is there and wherever scripts are off.
        meta: the description of what is explored.
        payload: its compressed arrays.
        state: where it begins, unless the page's address says something else.
    """
    return _PAGE.format(
        **look.PAGE["dark"],
        policy=_POLICY,
        title=html.escape(title),
        style=bundle.stylesheet(),
        png=base64.b64encode(png).decode(),
        alt=html.escape(alt),
        meta=json.dumps(meta).replace("<", "\\u003c"),  # a name must not end the script element
        payload=base64.b64encode(payload).decode(),
        script=bundle.script(),
        state=json.dumps(state).replace("<", "\\u003c"),
    )

"""How Sphinx builds the site: `make site` (tools/website.py) prepares the sources and calls it on them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["AEUTILS_ROOT"]) / "tools"))

import aeutils

REPOSITORY = os.environ.get("AEUTILS_REPOSITORY", "")  # owner/name

project = "Autoencoders, from nothing"
author = "the authors"
copyright = "the authors; text and figures under CC BY 4.0, code under the MIT licence"
version = release = aeutils.__version__

extensions = ["myst_nb", "sphinxcontrib.bibtex", "web.formulas", "web.look", "web.search"]
exclude_patterns = ["_static", "_templates"]
language = "en"

# The notebooks as they are committed, without their kernel and without a widget manager from elsewhere.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, object] = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_merge_streams = True
myst_enable_extensions = ["attrs_block", "attrs_inline", "dollarmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "markdown_links.anchor"
html_math_renderer = "drawn"  # tools/web/formulas.py

bibtex_bibfiles = ["references.bib"]

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["site.css", "live/live.css"]
html_js_files = [("site.js", {"defer": "defer"}), ("live/live.js", {"defer": "defer"})]
html_extra_path = ["play.html"]
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None
templates_path = ["_templates"]
html_sidebars = {"**": ["site-title.html", "icon-links.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
html_context = {"default_mode": "auto"}
html_theme_options: dict[str, object] = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "back_to_top_button": False,  # on a phone it would lie over what is dragged
    "navbar_persistent": [],  # the search stands in the side bar
    "home_page_in_toc": True,
}
if REPOSITORY:
    html_theme_options |= {
        "repository_url": f"https://github.com/{REPOSITORY}",
        "repository_branch": "main",
        "use_repository_button": True,
        "use_issues_button": True,
    }

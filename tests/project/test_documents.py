"""README, CONTRIBUTING, data/README and the page of questions agree with what is there."""

import re
from pathlib import Path

import nbformat
import pytest
from page_links import fault, links, text_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "data/README.md", "notebooks/questions.md"])
def test_local_links_lead_somewhere(name):
    page = ROOT / name
    assert list(filter(None, (fault(page, link) for link in links(text_of(page))))) == []


def test_a_link_that_is_not_followed_is_found(tmp_path):
    folded = nbformat.v4.new_markdown_cell("## 2. More (optional)", metadata={"jp-MarkdownHeadingCollapsed": True})
    texts = ["# 1 · One", "## 1. First, and σ", "## 1. Plain", "## Twice\n\n```\n# no heading\n```\n\n## Twice"]
    shown = [*map(nbformat.v4.new_markdown_cell, texts), folded, nbformat.v4.new_markdown_cell("### Within")]
    nbformat.write(nbformat.v4.new_notebook(cells=shown), tmp_path / "1.ipynb")
    page = tmp_path / "page.md"
    page.write_text('<a id="own"></a>\n\n## Heading\n')
    good = ["1.ipynb", "1.ipynb#1.-Plain", "1.ipynb#2.-More-(optional)", "#own", "https://example.org/#1-·"]
    bad = ["2.ipynb", "1.ipynb#1-·-One", "1.ipynb#1.-First,-and-σ", "1.ipynb#2.-More-%28optional%29", "1.ipynb#Twice"]
    assert [link for link in good if fault(page, link)] == []
    assert [link for link in [*bad, "1.ipynb#no-heading", "1.ipynb#Within", "#Heading"] if not fault(page, link)] == []
    assert links("[a](<b (c)>) [d](e(f)) `[g](h)` [`i`](j)") == ["b (c)", "e(f)", "j"]


def test_data_readme_gives_the_checksums_that_are_checked():
    from torchvision import datasets

    from aeutils.data import mnist_5k

    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert mnist_5k._SHA256 in text
    for dataset in (datasets.MNIST, datasets.FashionMNIST):
        section = text.split(f"`data/{dataset.__name__}/raw/`")[1].split("\n\n")[0]
        assert re.findall(r"`(\S+\.gz)` \| `(\w{32})`", section) == dataset.resources

"""README, CONTRIBUTING and data/README agree with what is there."""

import re
from pathlib import Path

import pytest
from notebook_cells import anchors

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "data/README.md"])
def test_local_links_lead_somewhere(name):
    page = ROOT / name
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        assert ":" in link or (page.parent / path).exists(), link
        assert not anchor or ":" in link or anchor in anchors(page.parent / path), link


def test_data_readme_gives_the_checksums_that_are_checked():
    from torchvision import datasets

    from aeutils.data import mnist_5k

    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert mnist_5k._SHA256 in text
    for dataset in (datasets.MNIST, datasets.FashionMNIST):
        section = text.split(f"`data/{dataset.__name__}/raw/`")[1].split("\n\n")[0]
        assert re.findall(r"`(\S+\.gz)` \| `(\w{32})`", section) == dataset.resources

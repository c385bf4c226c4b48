"""README, CONTRIBUTING, data/README and the page of questions agree with what is there."""

import re
from pathlib import Path

import pytest
from page_links import fault, links, text_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "data/README.md", "notebooks/questions.md"])
def test_local_links_lead_somewhere(name):
    page = ROOT / name
    assert list(filter(None, (fault(page, link) for link in links(text_of(page))))) == []


def test_data_readme_gives_the_checksums_that_are_checked():
    from torchvision import datasets

    from aeutils.data import mnist_5k

    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert mnist_5k._SHA256 in text
    for dataset in (datasets.MNIST, datasets.FashionMNIST):
        section = text.split(f"`data/{dataset.__name__}/raw/`")[1].split("\n\n")[0]
        assert re.findall(r"`(\S+\.gz)` \| `(\w{32})`", section) == dataset.resources

"""The notebooks as committed, read as files: nothing is run here."""

import json
import re

import nbformat
import pytest
from markdown_it import MarkdownIt
from notebook_cells import FIGURE, NOTEBOOKS
from page_links import fault, links, text_of

from aeutils.lessons.claims import FAILS, HOLDS, claim_data, claims_in

MARKDOWN = MarkdownIt("commonmark").enable("table")
MARKS = re.compile(r"`[^`]*`|\*\*|(?<![\w*])\*\w[^*\n]*\*|\[[^\]\n]*\]\(")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|root|tmp|var|work|opt|mnt|private)/\w|\b[A-Z]:\\\w")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def output_texts(output):
    """Everything in an output that can be read as text; pictures and widgets' state left out."""
    if output["output_type"] == "stream":
        return ["".join(output["text"])]
    if output["output_type"] == "error":
        return ["\n".join(output["traceback"])]
    return ["".join(data) for kind, data in output["data"].items() if kind.startswith("text/")]


def cell_texts(cell):
    return [text for output in cell.get("outputs", []) for text in output_texts(output)]


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_format_is_valid_and_every_cell_has_its_own_id(notebook):
    nbformat.validate(notebook)
    ids = [cell.get("id") for cell in notebook["cells"]]
    assert all(ids) and len(set(ids)) == len(ids)


def test_in_html_no_mark_of_markdown_is_left_to_be_read_as_it_stands(notebook):
    """From a line that begins with a tag to the next empty one, JupyterLab and the site show `x` with its backticks."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            blocks = [token.content for token in MARKDOWN.parse(source(cell)) if token.type == "html_block"]
            texts = [re.sub(r"<code>.*?</code>|<[^>]*>", "", block, flags=re.DOTALL) for block in blocks]
            assert not [mark for text in texts for mark in MARKS.findall(text)], source(cell)[:200]


def test_kernel_is_plain_python(notebook):
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def test_executed_once_from_top_to_bottom(notebook):
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_every_claim_holds(notebook):
    assert [claim for claim in claims_in(notebook) if not claim.holds] == []


def test_marks_mean_claims_and_nothing_else(notebook):
    outputs = [output for cell in code_cells(notebook) for output in cell["outputs"] if claim_data(output) is None]
    assert [text for output in outputs for text in output_texts(output) if HOLDS in text or FAILS in text] == []


def test_no_errors_and_no_warnings(notebook):
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            assert output["output_type"] != "error", source(cell)
            assert output.get("name") != "stderr", output["text"]
        assert not any(re.search(r"\w*Warning\b", text) for text in cell_texts(cell)), source(cell)


def test_code_cells_are_short(notebook):
    lengths = {
        source(cell): sum(bool(line.strip()) for line in source(cell).splitlines()) for cell in code_cells(notebook)
    }
    assert [text for text, length in lengths.items() if length > 25] == []


def test_nothing_is_installed_and_no_path_is_of_one_machine(notebook):
    for cell in notebook["cells"]:
        assert not re.search(r"^\s*[!%]\s*(?:pip|conda)\b", source(cell), re.MULTILINE), source(cell)
        texts = [source(cell), *cell_texts(cell)]
        found = [match.group() for text in texts for match in MACHINE_PATH.finditer(text)]
        assert found == [], source(cell)


def test_every_figure_has_a_caption_below(path, notebook):
    cells = notebook["cells"]
    for cell, below in zip(cells, [*cells[1:], None], strict=True):
        if cell["cell_type"] == "code" and any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            text = source(below) if below is not None and below["cell_type"] == "markdown" else ""
            caption = FIGURE.match(text)
            assert caption, f"a markdown cell that starts with **Figure n** must follow:\n{source(cell)}"


def test_local_links_lead_somewhere_in_jupyterlab_too(path):
    assert list(filter(None, (fault(path, link) for link in links(text_of(path))))) == []

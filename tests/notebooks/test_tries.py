"""Try-it changes and invited settings, read from cells and made."""

from __future__ import annotations

import nbformat
import pytest

from aeutils.lessons import Claim
from aeutils.lessons.tries import Change, settings_in, tries_in


def code(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def try_it(proposed):
    return nbformat.v4.new_markdown_cell("**Try it** · Change it.", metadata={"aeutils": {"try": proposed}})


STEPS = {"replace": {"steps = 1200": "steps = 4800"}, "measured": {"errors[-1]": [9.9, 11.7]}}


def test_a_try_is_read_from_its_cell_and_made():
    (change,) = tries_in([try_it([STEPS]), try_it("by hand"), nbformat.v4.new_markdown_cell("Try it")])
    assert str(change) == "steps = 1200 → steps = 4800"
    assert (change.measured, change.before, change.after) == ({"errors[-1]": (9.9, 11.7)}, (1200,), (4800,))
    notebook = code("a = 1", "steps = 1200  # many\nb = 2")
    assert change.applied(notebook).cells[1].source == "steps = 4800  # many\nb = 2"
    assert "1200" in notebook.cells[1].source
    for wrong, times in ((code("a = 1"), 0), (code("steps = 1200", "steps = 1200"), 2)):
        with pytest.raises(ValueError, match=f"'steps = 1200' occurs {times} times"):
            change.applied(wrong)


@pytest.mark.parametrize(
    "proposed",
    [
        None,
        [],
        "by mouse",
        ["steps = 4800"],
        [{"replace": {"a": "b"}}],
        [{"replace": {}, "measured": {"a": [1, 2]}}],
        [{"replace": {"a": "b"}, "measured": {}}],
        [{"replace": {"a": "b"}, "measured": {"a": [2, 1]}}],
        [{"replace": {"a": "b"}, "measured": {"a": 1}}],
        [{"replace": {"a": "b"}, "measured": {"a =": [1, 2]}}],
    ],
)
def test_a_try_that_cannot_be_read_is_refused(refused, proposed):
    with refused(ValueError, "the cell that begins '**Try it** · Change it.'", "expected"):
        tries_in([try_it(proposed)])


def test_a_change_says_in_one_line_what_it_does():
    several = Change({"nn.ReLU(),\n    nn.ReLU(),  # twice": "", "a = 1": "a = 2"})
    assert str(several) == "nn.ReLU(), nn.ReLU(), → nothing; a = 1 → a = 2"


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("k = 8  # try 2 to 64", [2, 64]),
        ("k = 8  # try 8 to 64; it takes longer", [64]),
        ("k = 300  # try 100, 300 or 1000", [100, 1000]),
        ("rate = 1e-3  # try 1e-4 to 0.1", [0.0001, 0.1]),
        ("shift = -2  # try -4, 0, or 4", [-4, 0, 4]),
        ("sizes = (2, 8)  # try (2, 4) or (8, 16, 32)", [(2, 4), (8, 16, 32)]),
        ("kind = 'ReLU'  # try 'tanh' or 'größer'", ["tanh", "größer"]),
        ("bias = True  # try False", [False]),
    ],
)
def test_settings_are_run_at_both_ends_or_with_all_values(line, values):
    notebook = code("a = 1", f"import math\n{line}")
    changes = settings_in(notebook.cells)
    assert [change.after for change in changes] == [(value,) for value in values]
    name, _, comment = line.partition("  #")
    for change, value in zip(changes, values, strict=True):
        changed = change.applied(notebook).cells[1].source
        assert changed == f"import math\n{name.split(' = ')[0]} = {value!r}  #{comment}"


@pytest.mark.parametrize(
    "source",
    [
        "k = 8  # try more",
        "k = 8  # try 100 or 1,000",
        "k = len(x)  # try 2 to 64",
        "a, b = 1, 2  # try 2 to 64",
        "if True:\n    k = 8  # try 2 to 64",
        "# try 2 to 64",
    ],
)
def test_an_invitation_that_cannot_be_read_is_refused(refused, source):
    with refused(ValueError, "cannot be read", "# try 2 to 64"):
        settings_in(code(source).cells)


@pytest.mark.parametrize(
    ("sentence", "suspicious"),
    [
        ("With 8 units it beats PCA", True),
        ("With eight units it beats PCA", True),
        ("With 2 units it beats PCA", False),
        ("With 2 units as with 8 it beats PCA", False),
        ("With 18 units, 0.8 or 8.5 it beats PCA", False),
        ("It beats PCA", False),
    ],
)
def test_a_sentence_that_states_the_old_value_alone_is_suspicious(sentence, suspicious):
    (change,) = settings_in(code("k = 8  # try 2").cells)
    assert change.makes_suspicious(Claim(sentence, True, {})) == suspicious
    assert not change.makes_suspicious(Claim(sentence, False, {}))


def test_a_share_may_be_stated_as_so_many_per_cent():
    (change,) = settings_in(code("share = 0.9  # try 0.99").cells)
    assert change.makes_suspicious(Claim("It takes few components for 90 %", True, {}))
    assert not change.makes_suspicious(Claim("It takes few components for 99%", True, {}))


def test_words_are_looked_for_as_well():
    (change,) = settings_in(code("kind = 'ReLU'  # try 'tanh'").cells)
    assert change.makes_suspicious(Claim("A ReLU bends", True, {}))
    assert not change.makes_suspicious(Claim("A tanh bends, as a ReLU does", True, {}))


@pytest.mark.parametrize(
    ("old", "reached"),
    [
        ("k = 8", {1, 2, 4, 6}),
        ("for row in x", {8}),
        ("x[10:15]", {3}),
        ("steps = 10", {1, 2, 4, 6}),
        ("shown = 5", {5}),
        ("(model,\n", {2, 4, 6}),
    ],
)
def test_a_change_reaches_the_cells_that_read_what_it_changes(old, reached):
    notebook = code(
        "import torch\nimport aeutils as ae\nx = torch.rand(20, 4)",
        "k = 8\nsteps = 10\nmodel = ae.Autoencoder((4, k))",
        "history = ae.fit(model,\n    x, steps=steps)",
        "ae.images(x[10:15])",
        "error = history.error",
        "shown = 5",
        "ae.claim(f'PCA needs 10', error < 3)",
        "ae.claim('10 of them', len(x) > 10)",
        "ae.images(torch.stack([row[10] for row in x]))",
        "for row in range(10):\n    ae.claim('10 rows', row < 10)",
    )
    assert Change({old: "1"}).reaches(notebook.cells) == reached


def test_places_in_a_slice_are_no_settings():
    replace = {"x[10:15]": "x[0:5]", "stack[:-1:2]": "stack[::2]", "k = 8": "k = 4"}
    (change,) = tries_in([try_it([{"replace": replace, "measured": {"k": [4, 4]}}])])
    assert (change.before, change.after) == ((8,), (4,))

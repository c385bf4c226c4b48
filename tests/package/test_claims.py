"""Claims in their three forms: text, HTML, and data in the output's metadata."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter

from aeutils.lessons import Claim, claim
from aeutils.lessons.claims import claims_in


def said(capsys) -> str:
    return capsys.readouterr().out.strip()


def test_claim_prints_one_line_in_the_agreed_form(capsys):
    claim("A 2-D autoencoder beats 2-D PCA", True, autoencoder=36.6412, pca=np.float32(43.8742))
    assert said(capsys) == "✓ A 2-D autoencoder beats 2-D PCA | autoencoder=36.64 pca=43.87"
    claim("It never fails", torch.tensor(False), units=torch.tensor(3))
    assert said(capsys) == "✗ It never fails | units=3"
    claim("No numbers", np.bool_(True))
    assert said(capsys) == "✓ No numbers"


def test_claim_that_fails_explains_itself_and_does_not_raise():
    failed, held = Claim("s < t", False, {"a": 1.0}), Claim("s < t", True, {"a": 1.0})
    assert "settings" in failed._repr_html_() and "settings" not in held._repr_html_()
    assert "s &lt; t" in failed._repr_html_()
    assert "<code>a=1</code>" in held._repr_html_()


def test_claim_is_data_in_its_outputs_metadata():
    evidence = {
        "error": np.float32(36.64123456),
        "worst": torch.tensor(torch.nan),
        "low": -np.inf,
        "units": torch.tensor([3, 4]),
        "best": "ReLU",
        "activation": torch.nn.ReLU,
        "all": np.bool_(True),
    }
    format_dict, metadata = DisplayFormatter().format(Claim("It bends", True, evidence))
    assert set(format_dict) == {"text/plain", "text/html"}
    assert json.loads(json.dumps(metadata, allow_nan=False)) == metadata
    assert metadata["aeutils"]["claim"]["evidence"]["worst"] == "nan"
    cell = {"cell_type": "code", "outputs": [{"data": format_dict, "metadata": metadata}, {"name": "stdout"}]}
    for source in (cell, {"cells": [{"cell_type": "markdown"}, cell]}):
        (found,) = claims_in(source)
        assert (found.sentence, found.holds) == ("It bends", True)
        assert found.evidence.pop("worst") != 0
        kind = str(torch.nn.ReLU)
        values = {"error": 36.6412, "low": -np.inf, "units": [3, 4], "best": "ReLU", "activation": kind, "all": True}
        assert found.evidence == values


def test_claim_is_shown_whatever_its_evidence_is(capsys):
    claim("s", True, several=np.array([1, 2]), nothing=None, nested={"a": 1})
    assert said(capsys).startswith("✓ s | several=[1, 2] nothing=None")


@pytest.mark.parametrize("value", [0.3, 1, "yes", None, np.array([True, False]), torch.tensor([True, True])])
def test_claim_wants_one_truth_value(value):
    with pytest.raises(TypeError, match="one comparison"):
        claim("s", value)

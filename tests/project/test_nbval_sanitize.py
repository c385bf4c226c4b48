"""What strict nbval lets differ between two runs, and what it does not."""

import math
import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

from aeutils.lessons import Claim

CONFIG = Path(__file__).parents[1] / "nbval_sanitize.cfg"


def sanitize(text):
    """As nbval does it: a dict of patterns, one after the other."""
    for regex, replacement in dict(get_sanitize_patterns(CONFIG.read_text(encoding="utf-8"))).items():
        text = re.sub(regex, replacement, text)
    return text


def test_every_pattern_is_read():
    text = CONFIG.read_text(encoding="utf-8")
    assert len(dict(get_sanitize_patterns(text))) == text.count("\nregex: ") > 0
    assert text.isascii()  # nbval opens it in the machine's own encoding


SAME = {
    "other digits": ("error 36.64 per image", "error 36.70 per image"),
    "other width": ("PCA     9.87 | 12.10", "PCA    10.02 |  8.95"),
    "left-aligned": ("9.87   at k=2", "10.02  at k=2"),
    "sign": ("change 0.20", "change -0.10"),
    "minus sign": ("change −0.20", "change 0.10"),
    "exponent": ("lr 0.001", "lr 1e-03"),
    "exponent and fraction": ("p = 3.2e-05", "p = 0.04"),
    "thousands": ("loss 1,034.5", "loss 987.6"),
    "percent": ("97.10 % right", "96.9 % right"),
    "array": ("[[ 0.51 -0.20]\n [ 1.    0.  ]]", "[[-0.11  0.20]\n [ 0.5   1.  ]]"),
    "tensor": ("tensor([ 0.5100, -0.2000])", "tensor([0.1000, 1.2000], device='cuda:0')"),
    "numbers of a claim": ("<code>errors=[52, 51.9, -1.2e-5]</code>", "<code>errors=[52.1, 51.9, inf]</code>"),
    "tensor of whole floats": ("tensor([1., 2.])", "tensor([3., -2.5])"),
    "nan": ("error nan", "error 3.2"),
    "inf": ("error -inf", "error 3.2"),
    "table cell": ("<td>9.87</td>", "<td>10.02</td>"),
    "device": ("training on cpu", "training on cuda:0"),
    "mps": ("training on mps", "training on cuda"),
    "device object": ("device(type='cpu')", "device(type='cuda', index=0)"),
    "address": ("<object at 0x7f01ab>", "<object at 0x55ffc>"),
    "rate": ("multiplies matrices (85 GFLOP/s)", "multiplies matrices (1204.5 GFLOP/s)"),
    "tqdm's rate": ("[00:01, 35.2it/s]", "[00:01, 8it/s]"),
    "version": ("OK    torch 2.15.0", "OK    torch 2.11.0+cu130"),
}


@pytest.mark.parametrize("a, b", SAME.values(), ids=SAME)
def test_may_differ(a, b):
    assert sanitize(a) == sanitize(b)


DIFFERENT = {
    "whole number": ("Images: 3500", "Images: 5000"),
    "whole number at the end of a sentence": ("There are 10.", "There are 11."),
    "whole number after =": ("Linear(in_features=784)", "Linear(in_features=256)"),
    "whole number after = on a line of its own": ("units=3", "units=4"),
    "shape": ("torch.Size([100, 784])", "torch.Size([100, 64])"),
    "integers with commas": ("235,146 parameters", "235,147 parameters"),
    "a float that became a whole number": ("error 36.64", "error 36"),
    "how many floats": ("0.5 0.5", "0.5 0.5 0.5"),
    "OK and FAIL": ("OK    torch 2.15.0", "FAIL  torch 2.15.0"),
    "words that look alike": ("nano", "info"),
}


@pytest.mark.parametrize("a, b", DIFFERENT.values(), ids=DIFFERENT)
def test_must_agree(a, b):
    assert sanitize(a) != sanitize(b)


CLAIM = ("It bends at 2 units", True, {"error": 36.64, "units": 3})
SAME_CLAIM = {
    "evidence": ("It bends at 2 units", True, {"error": 44.0, "units": 12}),
    "nan": ("It bends at 2 units", True, {"error": math.nan, "units": 3}),
    "other signs": ("It bends at 2 units", True, {"error": -1.5e-05, "units": -math.inf}),
}
OTHER_CLAIM = {
    "verdict": ("It bends at 2 units", False, {"error": 36.64, "units": 3}),
    "sentence": ("It does not bend at 2 units", True, {"error": 36.64, "units": 3}),
    "number in a sentence": ("It bends at 8 units", True, {"error": 36.64, "units": 3}),
    "evidence is gone": ("It bends at 2 units", True, {}),
}


def forms(claim):
    """A claim's text and HTML, sanitised."""
    return [sanitize(form) for form in (repr(Claim(*claim)), Claim(*claim)._repr_html_())]


@pytest.mark.parametrize("other", SAME_CLAIM.values(), ids=SAME_CLAIM)
def test_claims_may_differ_in_their_numbers(other):
    assert forms(CLAIM) == forms(other)


def test_the_names_of_numbers_may_be_words():
    one, other = ((*CLAIM[:2], {"mean image": mean, "at β = 2": 3}) for mean in (53, 54.5))
    assert forms(one) == forms(other)
    assert forms(one)[1] != forms((*CLAIM[:2], {"mean picture": 53, "at β = 2": 3}))[1]


@pytest.mark.parametrize("other", OTHER_CLAIM.values(), ids=OTHER_CLAIM)
def test_claims_must_agree_in_all_else(other):
    assert all(one != another for one, another in zip(forms(CLAIM), forms(other), strict=True))


@pytest.mark.parametrize("other", OTHER_CLAIM.values(), ids=OTHER_CLAIM)
def test_claims_without_evidence_must_agree(other):
    bare, changed = ((sentence, holds, {}) for sentence, holds, _ in (CLAIM, other))
    assert (forms(bare) == forms(changed)) == (bare == changed)


@pytest.mark.parametrize("evidence", [{"mean": 36.64, "units": 3}, {"error": 36.64, "units": "few"}])
def test_names_and_words_in_a_claims_html_must_agree(evidence):
    assert forms(CLAIM)[1] != forms((*CLAIM[:2], evidence))[1]

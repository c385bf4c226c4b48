"""What strict nbval lets differ between two runs, and what it does not."""

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

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
    "evidence": ("✓ It bends | autoencoder=36.64 pca=43.87 units=3", "✓ It bends | autoencoder=38.1 pca=44 units=4"),
    "one number": ("✗ It stops | epochs=12", "✗ It stops | epochs=9"),
    "nan as evidence": ("✓ It diverges | error=nan", "✓ It diverges | error=3.2"),
    "other signs as evidence": ("✓ It turns | a=-1.5e-05 b=inf", "✓ It turns | a=0.2 b=-0.1"),
    "evidence as HTML": ("<code>units=3</code> · <code>e=nan</code>", "<code>units=4</code> · <code>e=-2.5e+03</code>"),
}


@pytest.mark.parametrize("a, b", SAME.values(), ids=SAME)
def test_may_differ(a, b):
    assert sanitize(a) == sanitize(b)


DIFFERENT = {
    "verdict": ("✓ It bends | autoencoder=36.64", "✗ It bends | autoencoder=36.64"),
    "verdict without evidence": ("✓ It bends", "✗ It bends"),
    "verdict as HTML": ("<strong>✓</strong> It bends", "<strong>✗</strong> It bends"),
    "sentence": ("✓ It bends | a=1.0", "✓ It does not bend | a=1.0"),
    "number in a sentence": ("✓ It bends at 2 units | a=1.0", "✓ It bends at 8 units | a=1.0"),
    "evidence is gone": ("✓ It bends | a=1.0", "✓ It bends"),
    "name in HTML evidence": ("<code>pca=43.87</code>", "<code>mean=43.87</code>"),
    "word in HTML evidence": ("<code>best=relu</code>", "<code>best=elu</code>"),
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


def test_a_claim_is_sanitized_in_both_forms():
    from aeutils.lessons import Claim

    shown = [Claim("It bends at 2 units", True, {"error": error, "units": n}) for error, n in [(36.64, 3), (44.0, 12)]]
    assert sanitize(repr(shown[0])) == sanitize(repr(shown[1]))
    assert sanitize(shown[0]._repr_html_()) == sanitize(shown[1]._repr_html_())
    failed = Claim("It bends at 2 units", False, {"error": 36.64, "units": 3})
    assert sanitize(repr(shown[0])) != sanitize(repr(failed))
    assert sanitize(shown[0]._repr_html_()) != sanitize(failed._repr_html_())

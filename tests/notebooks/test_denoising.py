"""Notebook 09's filters, measures and table: against scikit-image and scikit-learn, and what the table must hold."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.linear_model import Ridge

import aeutils as ae
from aeutils.chapters.ch09 import filters
from aeutils.chapters.ch09.denoisers import CORRUPTIONS, gaussian
from aeutils.chapters.ch09.full_mnist import INPAINTED, KNOWN, LEARN, METHODS, summary, table
from aeutils.chapters.ch09.measures import quality
from aeutils.data import Images, Split


@pytest.fixture(scope="module")
def small():
    """A few digits, and noise that is drawn alike at each call."""
    images = ae.load("mnist-5k")
    return Images("small", Split(images.train.x[:150]), Split(images.val.x[:8]), Split(images.test.x[:8]), ())


def test_measures_are_scikit_images(small):
    x, noisy = small.test.x, gaussian(small.test.x)
    found, clipped = quality(x, noisy), noisy.clamp(0, 1)
    pairs = list(zip(x[:, 0].double().numpy(), clipped[:, 0].double().numpy(), strict=True))
    assert found["PSNR"] == pytest.approx(np.mean([peak_signal_noise_ratio(a, b, data_range=1.0) for a, b in pairs]))
    assert found["SSIM"] == pytest.approx(np.mean([structural_similarity(a, b, data_range=1.0) for a, b in pairs]))
    assert found["squared error"] == pytest.approx((x - clipped).square().sum().item() / len(x), rel=1e-5)
    assert quality(x, x)["SSIM"] == pytest.approx(1)


def test_the_linear_map_is_scikit_learns_ridge(small, monkeypatch):
    monkeypatch.setattr(filters, "_PAIRS", 150)
    torch.manual_seed(0)
    (mapped,) = filters._linear_maps(small, gaussian, [0.01])
    torch.manual_seed(0)
    noisy = gaussian(small.train.x).flatten(1).double().numpy()
    ridge = Ridge(alpha=0.01 * 150).fit(noisy, small.train.x.flatten(1).double().numpy())
    expected = ridge.predict(small.test.x.flatten(1).double().numpy())
    assert np.allclose(mapped(small.test.x).flatten(1).numpy(), expected, atol=1e-5)


def test_filters_give_pictures_and_beat_doing_nothing(small):
    torch.manual_seed(1)
    tuned = filters.tuned_filters(small, gaussian)
    noisy = gaussian(small.test.x)
    errors = {name: quality(small.test.x, clean(noisy))["squared error"] for name, clean in tuned.items()}
    assert next(iter(errors)) == "as it is"
    assert all(clean(noisy).shape == noisy.shape for clean in tuned.values())
    assert max(error for name, error in errors.items() if name != "as it is") < errors["as it is"]


def test_lit_pixels_stay_where_that_helps(small):
    x = small.test.x
    wanted = "median", "blur", "PCA"
    for noise, stay in (("masking", True), ("Gaussian", False), ("salt and pepper", False)):
        torch.manual_seed(3)
        tuned = filters.tuned_filters(small, CORRUPTIONS[noise], wanted)
        assert tuple(tuned) == wanted
        noisy = CORRUPTIONS[noise](x)
        lit = noisy > 0
        assert [torch.equal(clean(noisy)[lit], noisy[lit]) for clean in tuned.values()] == [stay] * 3


def test_a_known_mask_is_filled_with_means_of_known_neighbours(small):
    torch.manual_seed(2)
    fill = filters.tuned_filling(small, CORRUPTIONS["masking"])
    x = small.test.x
    known = CORRUPTIONS["masking"](torch.ones_like(x))
    filled = fill(x * known, known)
    assert torch.equal(filled[known > 0], x[known > 0])
    assert filled.min() >= 0 and filled.max() <= x.max() + 1e-6  # means of pixels, nothing beyond
    assert torch.allclose(fill(known, known), torch.ones_like(x), atol=1e-5)  # brightness is kept
    assert quality(x, filled)["PSNR"] > quality(x, x * known)["PSNR"] + 5
    smooth = filters.biharmonic(x * known, known)
    assert smooth.shape == x.shape and smooth.dtype == x.dtype and torch.equal(smooth[known > 0], x[known > 0])
    assert quality(x, smooth)["PSNR"] > quality(x, filled)["PSNR"]


def test_the_table_is_whole_and_baselines_come_first():
    found = table()
    for (data, noise, _), part in found.groupby(["data", "noise", "seed"]):
        absent = {"no narrow layer"} if data == "mnist" else set()
        absent |= {INPAINTED} if noise != KNOWN else set()
        assert list(part["method"]) == [name for name in METHODS if name not in absent]
    assert set(found["noise"]) == {*CORRUPTIONS, KNOWN} and set(found["data"]) == {"mnist-5k", "mnist"}
    assert not found.isna().any().any()
    for measured in ("PSNR", "SSIM"):
        written = summary(measured)
        assert list(written.index[: len(METHODS)]) == list(METHODS) and not written.isna().any().any()
        assert list(written.index[len(METHODS) :]) == [f"{name}, 55,000 images" for name in LEARN]

"""What the chapters 02b and 05 to 08 call right, against other people's implementations, simulation or brute force."""

from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.stats import ttest_ind, ttest_rel
from sklearn.datasets import make_circles
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NearestCentroid, NearestNeighbors

from aeutils.chapters.ch02b.walks import length
from aeutils.chapters.ch05 import exercises as ch05
from aeutils.chapters.ch05b import exercises as ch05b
from aeutils.chapters.ch06 import exercises as ch06
from aeutils.chapters.ch06b.failed_runs import three_runs
from aeutils.chapters.ch07 import exercises as ch07
from aeutils.chapters.ch07.map_cells import holes, map_cells
from aeutils.chapters.ch07b import exercises as ch07b
from aeutils.chapters.ch07b.code_pairs import best_partners
from aeutils.chapters.ch07b.properties import properties
from aeutils.chapters.ch08 import clusters, full_mnist, probes
from aeutils.chapters.ch08 import exercises as ch08
from aeutils.chapters.ch08.pictures import confusion
from aeutils.chapters.ch08.tables import mean_and_spread, means_and_spreads


def test_steps_are_those_of_a_data_loader():
    for n_images, batch_size, epochs in ch05b.steps.tried_on:
        loader = torch.utils.data.DataLoader(range(n_images), batch_size=batch_size)
        assert ch05b.steps.right(n_images, batch_size, epochs) == epochs * len(loader)


def test_standard_errors_apart_is_welchs_t():
    for a, b in ch05.standard_errors_apart.tried_on:
        t = ttest_ind(a.numpy(), b.numpy(), equal_var=False).statistic
        assert ch05.standard_errors_apart.right(a, b).item() == pytest.approx(t)


def test_paired_standard_errors_are_the_paired_t():
    for a, b in ch05b.paired_standard_errors.tried_on:
        assert ch05b.paired_standard_errors.right(a, b).item() == pytest.approx(ttest_rel(a, b).statistic)


def test_draws_needed_are_the_first_to_reach_the_probability():
    for share, probability in ch05b.draws_needed.tried_on:
        n = ch05b.draws_needed.right(share, probability)
        assert 1 - (1 - share) ** n >= probability > 1 - (1 - share) ** (n - 1)


def test_adam_step_is_torchs():
    theta, g, m, s, _, lr = ch06.adam_step.tried_on[0]
    parameter = torch.nn.Parameter(theta.clone())
    optimizer = torch.optim.Adam([parameter], lr=lr)
    for t in (1, 2, 3):
        parameter.grad = g / t
        optimizer.step()
        theta, m, s = ch06.adam_step.right(theta, g / t, m, s, t, lr)
        torch.testing.assert_close(theta, parameter.detach(), rtol=1e-12, atol=0)


def test_epoch_average_is_the_mean_over_the_images():
    for errors, sizes in ch06.epoch_average.tried_on:
        assert ch06.epoch_average.right(errors, sizes) == pytest.approx(np.repeat(errors, sizes).mean())


def test_three_runs_have_as_many_values_as_the_axis():
    assert {len(values) for values in three_runs().values()} == {12}


def test_the_walk_turns_and_lengthens_evenly():
    for a, b, _ in ch07b.great_circle.tried_on:
        way = torch.stack([ch07b.great_circle.right(a, b, t) for t in (0.0, 0.25, 0.5, 0.75, 1.0)])
        torch.testing.assert_close(way[[0, -1]], torch.stack([a, b]))
        torch.testing.assert_close(way.norm(dim=1).diff(), (b.norm() - a.norm()).expand(4) / 4, rtol=1e-4, atol=1e-6)
        cosines = torch.cosine_similarity(way[1:], way[:-1])
        torch.testing.assert_close(cosines, cosines[:1].expand(4))
    middle = ch07b.great_circle.right(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), 0.5)
    torch.testing.assert_close(middle, torch.full((2,), 2**0.5))


def test_temperature_is_the_spread_of_simulated_points():
    a, b = torch.randn(2, 200_000, generator=torch.Generator().manual_seed(0))
    for (t,) in ch07.temperature.tried_on:
        assert ((1 - t) * a + t * b).std().item() == pytest.approx(ch07.temperature.right(t), rel=0.01)


def test_translate_is_a_linear_regression():
    for z, other, z_new in ch07b.translate.tried_on:
        expected = LinearRegression().fit(z.numpy(), other.numpy()).predict(z_new.numpy())
        np.testing.assert_allclose(ch07b.translate.right(z, other, z_new).numpy(), expected)


def test_corrected_overlap_is_nought_for_unrelated_codes_and_one_for_equal_ones():
    random = np.random.default_rng(0)
    k, n = 10, 50
    overlaps = []
    for _ in range(100):
        lists = [NearestNeighbors(n_neighbors=k).fit(random.normal(size=(n, 3))).kneighbors()[1] for _ in range(2)]
        overlaps.append(np.mean([len(set(one) & set(other)) / k for one, other in zip(*lists, strict=True)]))
    assert ch07b.corrected_overlap.right(np.mean(overlaps), k, n) == pytest.approx(0, abs=0.01)
    assert ch07b.corrected_overlap.right(1.0, k, n) == pytest.approx(1)


def test_best_partners_are_the_best_of_all_pairings():
    similarity = torch.rand(5, 5, generator=torch.Generator().manual_seed(0))
    best = max(sum(similarity[i, j].item() for i, j in enumerate(pairing)) for pairing in permutations(range(5)))
    assert best_partners(similarity).sum().item() == pytest.approx(best)


def test_properties_of_drawn_strokes():
    x = torch.zeros(2, 1, 28, 28)
    rows = torch.arange(4, 24)
    x[0, 0, rows, 14] = 1.0  # upright
    x[1, 0, rows, rows] = 0.5  # a column to the right for each row down
    found = properties(x)
    assert found["ink"].flatten().tolist() == [20, 10]
    torch.testing.assert_close(found["slant"].flatten(), torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(found["width"].flatten(), torch.tensor([0.0, rows.float().std(correction=0)]))


def test_the_length_of_a_straight_walk_and_of_half_a_circle():
    z = torch.tensor([[0.0], [1.0]])
    assert length(lambda t: torch.cat([t**3, 2 * t**3], 1), z) == pytest.approx(1, abs=1e-5)
    circle = length(lambda t: torch.cat([(torch.pi * t).cos(), (torch.pi * t).sin()], 1), z, n=400)
    assert circle == pytest.approx(torch.pi / 2, abs=1e-4)


def test_codes_are_counted_in_the_cell_whose_middle_is_nearest():
    torch.manual_seed(0)
    z = torch.randn(400, 2) * torch.tensor([1.0, 2.0])
    middles, count = map_cells(z, n=8)
    side = (middles[1] - middles[0])[0]
    nearest = torch.cdist(z, middles, p=float("inf")).min(1)
    inside = nearest.values <= side / 2
    assert inside.sum() > 390
    assert torch.equal(count, torch.bincount(nearest.indices[inside], minlength=64))
    assert middles[0, 1] > middles[-1, 1] and middles[0, 0] < middles[-1, 0], "from the upper left"


def test_a_hole_has_codes_on_all_four_sides():
    drawn = ["..x..", ".xx.x", "x..x.", ".x.x.", "..x.."]
    count = torch.tensor([2 * (cell == "x") for cell in "".join(drawn)])
    expected = [".....", ".....", ".oo..", "..o..", "....."]
    found = holes(count).view(5, 5).tolist()
    assert ["".join("o" if cell else "." for cell in row) for row in found] == expected


def test_nearest_mean_is_the_nearest_centroid():
    for z_train, y_train, z in ch08.nearest_mean.tried_on:
        by_scikit_learn = NearestCentroid().fit(z_train, y_train).predict(z)
        assert ch08.nearest_mean.right(z_train, y_train, z).tolist() == by_scikit_learn.tolist()


def test_matched_share_is_the_best_of_all_matches():
    for y, found in ch08.matched_share.tried_on:
        digits, clusters = np.unique(y), np.unique(found)
        place = np.searchsorted(digits, y)
        best = max((np.array(match)[place] == found).mean() for match in permutations(clusters, len(digits)))
        assert ch08.matched_share.right(y, found) == pytest.approx(best)


def test_whitened_codes_have_the_identity_as_covariance():
    for (z,) in ch08.whitened.tried_on:
        torch.testing.assert_close(ch08.whitened.right(z).T.cov(), torch.eye(z.shape[1]), rtol=0, atol=1e-4)


def test_a_confusion_has_the_matched_clusters_on_its_diagonal():
    y, found = np.repeat([0, 1, 2], 4), np.array([7, 7, 7, 5, 5, 5, 5, 7, 6, 6, 6, 6])
    rows, above = confusion(torch.ones(12, 1, 2, 2), y, found)
    brightness = [[picture.mean().item() for picture in row] for row in rows.values()]
    assert brightness == [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]] and above == ["4", "4", "4"]


def test_the_table_on_the_full_mnist_is_whole():
    reached = full_mnist.full_table("listing").query("measure == 'accuracy' and epoch == 10").value
    assert len(reached) == 4 and reached.mean() >= 96.9
    keys = ("features", "code_size", "method", "labels", "images", "steps", "measure")
    for name in ("probe", "clustering", "budget"):
        table = full_mnist.full_table(name)
        if name == "probe":  # with all labels nothing is drawn for pixels and PCA
            table = table[table.labels < max(full_mnist.LABELS)]
        runs = table.groupby([key for key in keys if key in table]).size()
        assert len(runs) == {"probe": 7 * 2 * 4 + 5 * 2, "clustering": (7 + 5) * 2 * 3, "budget": 4 * 3}[name]
        assert set(runs) == {len(full_mnist.SEEDS)}
    with pytest.raises(ValueError, match="is no table; expected one of"):
        full_mnist.full_table("lists")


@pytest.mark.filterwarnings("ignore:Graph is not fully connected")  # it is not: the heaps lie apart
@pytest.mark.parametrize("method", clusters.METHODS)
def test_every_way_to_cluster_finds_three_heaps(method):
    draw, centres = np.random.default_rng(0), np.array([[0, 0], [9, 0], [0, 9]])
    of = {part: draw.integers(3, size=n) for part, n in (("train", 150), ("test", 40))}
    z = {part: centres[places] + draw.normal(size=(len(places), 2)) for part, places in of.items()}
    for lot in (60, 150):  # with 60 the last two get some of the training codes alone
        found = clusters.cluster(method, z, seed=0, clusters=3, lot=lot)
        assert clusters.agreement(of["test"], found)["ARI"] == 100


@pytest.mark.filterwarnings("ignore:Graph is not fully connected")  # nor here
def test_spectral_clustering_follows_rings_and_others_do_not():
    points, ring = make_circles(600, noise=0.03, factor=0.4, random_state=0)
    z = {"train": points[:450], "test": points[450:]}
    agreed = {method: clusters.agreement(ring[450:], clusters.cluster(method, z, 0, 2)) for method in clusters.METHODS}
    assert agreed["spectral"]["accuracy"] == 100
    assert max(agreed[method]["accuracy"] for method in ("k-means", "mixture", "Ward")) < 90


def test_an_unknown_way_to_read_or_to_cluster_is_refused():
    z = {part: np.zeros((4, 2)) for part in ("train", "val", "test")}
    with pytest.raises(ValueError, match="'ward' is no way to cluster; expected one of 'k-means', 'mixture'"):
        clusters.cluster("ward", z, 0)
    with pytest.raises(ValueError, match="'svc' is no reader; expected one of 'linear', 'neighbours', 'SVC'"):
        probes.probe("svc", z, None, np.arange(4))


def test_means_and_spreads_are_those_of_the_seeds():
    means, spreads = means_and_spreads({"a": [1, 3, 5, 7, 7, 7]}, seeds=3)
    assert means["a"].tolist() == [3, 7] and spreads["a"].tolist() == [2, 0]
    assert mean_and_spread({("one", 10): [1.0, 3.0], ("two", 1000): [2.5]}).splitlines() == [
        "              10        1,000",
        "one    2.0 ± 1.4             ",
        "two                       2.5",
    ]

"""Clusterings of codes, and how well they agree with labels that they never saw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import AgglomerativeClustering, KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier

from aeutils.runtime import short

DIRECT = ("k-means", "mixture")  # these say of any code where it belongs
IN_LOTS = ("spectral", "Ward")  # these only of those that they clustered, and take long for many
METHODS = DIRECT + IN_LOTS


def cluster(method: str, z: Mapping[str, np.ndarray], seed: int, clusters: int = 10, lot: int = 10_000) -> np.ndarray:
    """Cluster the training codes, and say to which cluster each test code belongs, `[N]`.

    Args:
        method: one of `METHODS`. A mixture has full covariances, but for more than 100 units diagonal ones: of 784
            pixels a full one has 307,720 numbers. Spectral clustering is k-means on coordinates made from the graph of
            the ten nearest neighbours; Ward's way joins, again and again, the two clusters that grow least in variance.
            These two have no way in for others: a test code belongs where the nearest of theirs does.
        z: codes of each part.
        seed: of the starts, the best of which is kept, and of the draw of a lot.
        clusters: how many.
        lot: how many training codes the last two get, at most.

    Raises:
        ValueError: another method.
    """
    if method not in METHODS:
        raise ValueError(f"{short(method)} is no way to cluster; expected one of {', '.join(map(repr, METHODS))}")
    if method in IN_LOTS:
        some = z["train"]
        if len(some) > lot:
            some = some[np.random.default_rng(seed).permutation(len(some))[:lot]]
        graph = SpectralClustering(clusters, affinity="nearest_neighbors", n_neighbors=10, random_state=seed)
        found = (graph if method == "spectral" else AgglomerativeClustering(clusters)).fit_predict(some)
        return KNeighborsClassifier(1).fit(some, found).predict(z["test"])
    if method == "k-means":
        return KMeans(clusters, n_init=3, random_state=seed).fit(z["train"]).predict(z["test"])
    kind = "full" if z["train"].shape[1] <= 100 else "diag"
    mixture = GaussianMixture(clusters, covariance_type=kind, reg_covar=1e-3, n_init=2, random_state=seed)
    return mixture.fit(z["train"]).predict(z["test"])


def matched_accuracy(y: np.ndarray, found: np.ndarray) -> float:
    """Share of images in the cluster of their class, under the best one-to-one match of clusters and classes: 0 to 1.

    The match is the assignment problem's (Kuhn, *The Hungarian method for the assignment problem*, 1955).

    Args:
        y: labels `[N]`.
        found: clusters `[N]`.
    """
    counts = contingency_matrix(y, found)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(y))


def agreement(y: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Three measures, in percent: matched accuracy, normalised mutual information, adjusted Rand index.

    Args:
        y: labels `[N]`.
        found: clusters `[N]`.
    """
    measures = {"accuracy": matched_accuracy, "NMI": normalized_mutual_info_score, "ARI": adjusted_rand_score}
    return {name: 100 * float(measure(y, found)) for name, measure in measures.items()}

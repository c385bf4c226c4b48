"""How unusual an image is, by ways that know nothing but normal images; and how good such scores are."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from torch import Tensor, nn

from aeutils.data import Images, Split
from aeutils.evaluation import encode, pca_autoencoder, reconstruct, squared_errors
from aeutils.losses import squared_error
from aeutils.models import Autoencoder
from aeutils.training import fit

Score = Callable[[Tensor], Tensor]  # examples [N, ...] -> one number for each [N], larger for the more unusual


def images_of(x_train: Tensor, x_val: Tensor | None = None, x_test: Tensor | None = None) -> Images:
    """Normal examples as `Images`; where there is nothing to validate or to test on, the first of them stand there."""
    val, test = (Split(x_train[:10] if part is None else part) for part in (x_val, x_test))
    return Images("normal", Split(x_train), val, test, classes=())


def baselines(x_train: Tensor, code_size: int = 32, seed: int = 0) -> dict[str, Score]:
    """Scores that need no network.

    Args:
        x_train: normal examples `[N, ...]`.
        code_size: components of PCA.
        seed: of the isolation forest (Liu, Ting & Zhou, ICDM 2008; scikit-learn's, 100 trees).

    Returns:
        Name -> score: squared distance from the mean; the forest's; PCA's squared error; distance to the nearest
        training example.
    """
    mean = x_train.mean(0)
    return {
        "mean image": lambda x: squared_errors(x, mean.expand_as(x)),
        "isolation forest": isolation_forest(x_train, seed),
        "PCA": pca_error(x_train, code_size),
        "nearest neighbour": neighbour(x_train),
    }


def pca_error(x_train: Tensor, code_size: int) -> Score:
    """The squared error of PCA with `code_size` components, fitted on `x_train` `[N, ...]`."""
    pca = pca_autoencoder(images_of(x_train), code_size)
    return lambda x: squared_errors(x, reconstruct(pca, x))


def pca_likelihood(x_train: Tensor, code_size: int) -> Score:
    """Minus the log-likelihood by scikit-learn's PCA with `code_size` components, fitted on `x_train` `[N, ...]`.

    It counts how unusual the code is as well, which PCA's error does not.
    """
    pca = PCA(code_size).fit(x_train.flatten(1).numpy())
    return lambda x: -torch.from_numpy(pca.score_samples(x.flatten(1).numpy()))


def with_code(model: Autoencoder, x_train: Tensor) -> Score:
    """A model's squared error and how far its code is from the usual, added as PCA's likelihood adds them.

    The error counts in units of the variance that the model leaves in each direction of `x_train` `[N, ...]` beyond its
    code; the code's distance is Mahalanobis's, squared, by the mean and covariance of the codes of `x_train`. For PCA's
    autoencoder this is twice minus the log-likelihood, but for a constant.
    """
    z = encode(model, x_train)
    far = mahalanobis(z)
    left_over = squared_errors(x_train, reconstruct(model, x_train)).mean() / (x_train[0].numel() - z.shape[1])

    def score(x: Tensor) -> Tensor:
        return squared_errors(x, reconstruct(model, x)) / left_over + far(encode(model, x))

    return score


def mahalanobis(x_train: Tensor) -> Score:
    """Mahalanobis's distance, squared, from the mean of `x_train` `[N, ...]`, by the covariance of these examples.

    Where they vary in every direction, it is twice PCA's minus log-likelihood with all components, but for a constant
    and N in place of N - 1. A direction in which they do not vary, to the precision of their dtype, is left out.
    """
    flat = x_train.flatten(1)
    mean, size = flat.double().mean(0), flat.shape[1]
    off = flat.double() - mean
    rounding = size * torch.finfo(flat.dtype).eps
    precision = torch.linalg.pinv(off.T @ off / len(off), rtol=rounding, hermitian=True)

    def score(x: Tensor) -> Tensor:
        off = x.flatten(1).double() - mean
        return (off @ precision * off).sum(1)

    return score


def neighbour(x_train: Tensor, k: int = 1) -> Score:
    """The distance to the k-th nearest of the training examples `[N, ...]`."""
    nearest = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(x_train.flatten(1).numpy())
    return lambda x: torch.from_numpy(nearest.kneighbors(x.flatten(1).numpy())[0][:, -1])


def local_outlier_factor(x_train: Tensor) -> Score:
    """How much emptier it is round an example than round its 20 nearest of the training examples `[N, ...]`.

    Scikit-learn's `LocalOutlierFactor(novelty=True)` as it comes.
    """
    factor = LocalOutlierFactor(novelty=True).fit(x_train.flatten(1).numpy())
    return lambda x: -torch.from_numpy(factor.score_samples(x.flatten(1).numpy()))


def isolation_forest(x_train: Tensor, seed: int = 0) -> Score:
    """The score of a forest of 100 trees, grown on `x_train` `[N, ...]` when it is first asked; `seed` draws it."""

    @functools.cache  # the slowest of them
    def forest() -> IsolationForest:
        return IsolationForest(random_state=seed).fit(x_train.flatten(1).numpy())

    return lambda x: -torch.from_numpy(forest().score_samples(x.flatten(1).numpy()))


def autoencoder_score(
    x_train: Tensor,
    code_size: int,
    steps: int,
    lr: float,
    batch_size: int,
    seed: int,
    device: str | None = None,
    width: int = 128,
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> Score:
    """The squared error of a network with one hidden layer of `width`, trained on `x_train`; `seed` draws the start.

    It is trained on `device`, by default `ae.device()`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        shape = tuple(x_train.shape[1:])
        sizes = (x_train[0].numel(), width, code_size)
        model = Autoencoder(sizes, activation=activation, head=nn.Identity, shape=shape)
        fit(
            model,
            images_of(x_train),
            squared_error,
            steps=steps,
            lr=lr,
            batch_size=batch_size,
            device=device,
            seed=seed,
            measure=50,  # no curve is shown
        )
    return lambda x: squared_errors(x, reconstruct(model, x))


def share_real(found: float, false_alarms: float, share: float) -> float:
    """Of all alarms, the share that is real; NaN where there is none.

    Args:
        found: the share of the anomalies that raise an alarm.
        false_alarms: the share of the normal examples that do.
        share: of anomalies among all examples.
    """
    hits, misfires = share * found, (1 - share) * false_alarms
    return hits / (hits + misfires) if hits + misfires else float("nan")


def areas(unusual: Tensor, normal: Tensor, share: float = 0.1) -> dict[str, float]:
    """How well scores part unusual examples `[N]` from normal ones `[M]`.

    Args:
        unusual: scores of the anomalies.
        normal: scores of the normal examples.
        share: of anomalies among all examples, to which the average precision refers; they are weighted to it.

    Returns:
        "auroc", the area under the ROC curve, and "ap", the average precision; both 0 to 1.
    """
    scores = torch.cat([normal, unusual]).numpy()
    truth = torch.cat([torch.zeros(len(normal)), torch.ones(len(unusual))]).numpy()
    weight = truth * share / len(unusual) + (1 - truth) * (1 - share) / len(normal)
    ap = average_precision_score(truth, scores, sample_weight=weight)
    return {"auroc": float(roc_auc_score(truth, scores)), "ap": float(ap)}

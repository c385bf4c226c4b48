"""aeutils: the helper package behind the autoencoder notebooks.

`import aeutils as ae` costs almost nothing: every public name is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aeutils import data, evaluation, explorer, figures, lessons, losses, models, runtime, sweeps, training
    from aeutils.data import Images, Split, load
    from aeutils.evaluation import knn, linear_probe, pca_autoencoder, pca_error, reconstruction_error
    from aeutils.explorer import explore
    from aeutils.models import ArticleAutoencoder, Autoencoder, ConvAutoencoder, VariationalAutoencoder
    from aeutils.runtime import device, progress, seed_everything
    from aeutils.training import History, fit

_HOME = {
    "Images": "data",
    "Split": "data",
    "load": "data",
    "knn": "evaluation",
    "linear_probe": "evaluation",
    "pca_autoencoder": "evaluation",
    "pca_error": "evaluation",
    "reconstruction_error": "evaluation",
    "explore": "explorer",
    "ArticleAutoencoder": "models",
    "Autoencoder": "models",
    "ConvAutoencoder": "models",
    "VariationalAutoencoder": "models",
    "device": "runtime",
    "progress": "runtime",
    "seed_everything": "runtime",
    "History": "training",
    "fit": "training",
}
_MODULES = ("data", "evaluation", "explorer", "figures", "lessons", "losses", "models", "runtime", "sweeps", "training")

__version__ = "0.1.0"
__all__ = [
    "ArticleAutoencoder",
    "Autoencoder",
    "ConvAutoencoder",
    "History",
    "Images",
    "Split",
    "VariationalAutoencoder",
    "data",
    "device",
    "evaluation",
    "explore",
    "explorer",
    "figures",
    "fit",
    "knn",
    "lessons",
    "linear_probe",
    "load",
    "losses",
    "models",
    "pca_autoencoder",
    "pca_error",
    "progress",
    "reconstruction_error",
    "runtime",
    "seed_everything",
    "sweeps",
    "training",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"aeutils.{name}")
    if name in _HOME:
        value = getattr(importlib.import_module(f"aeutils.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'aeutils' has no attribute {name!r}; it offers: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

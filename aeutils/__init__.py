"""aeutils: the helper package behind the autoencoder notebooks.

`import aeutils as ae` costs almost nothing: every public name is imported when it is first used.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aeutils import data, evaluation, explorer, figures, lessons, losses, models, runtime, sweeps, training
    from aeutils.collection.progress import forget_progress, my_progress
    from aeutils.data import Images, Split, load, load_folder
    from aeutils.evaluation import knn, linear_probe, pca_autoencoder, pca_error, reconstruction_error
    from aeutils.explorer import explore
    from aeutils.models import ArticleAutoencoder, Autoencoder, ConvAutoencoder, VariationalAutoencoder
    from aeutils.runtime import device, progress, seed_everything
    from aeutils.training import History, fit

_HOME = {
    "forget_progress": "collection.progress",
    "my_progress": "collection.progress",
    "Images": "data",
    "Split": "data",
    "load": "data",
    "load_folder": "data",
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
    "forget_progress",
    "knn",
    "lessons",
    "linear_probe",
    "load",
    "load_folder",
    "losses",
    "models",
    "my_progress",
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


def _quiet_matplotlib() -> None:
    """Keep what matplotlib says about its cache out of a notebook's first cell; call it before matplotlib is imported.

    A home folder that cannot be written to: matplotlib gets a temporary folder, as it would take one itself, with
    three lines on stderr. A first start: it says that it builds its list of fonts.
    """
    fonts = logging.getLogger("matplotlib.font_manager")
    fonts.addFilter(lambda record: "building the font cache" not in str(record.msg))
    try:
        if chosen := os.environ.get("MPLCONFIGDIR"):
            folders = [Path(chosen)]
        elif sys.platform.startswith(("linux", "freebsd")):
            folders = [
                Path(os.environ.get(name) or Path.home() / usual, "matplotlib")
                for name, usual in (("XDG_CONFIG_HOME", ".config"), ("XDG_CACHE_HOME", ".cache"))
            ]
        else:
            folders = [Path.home() / ".matplotlib"]
        if all(map(_may_be_made, folders)):
            return
    except (OSError, RuntimeError):  # no home folder at all
        pass
    import atexit
    import shutil
    import tempfile

    try:
        folder = tempfile.mkdtemp(prefix="aeutils-matplotlib-")
    except OSError:  # nothing can be written anywhere: matplotlib has the better words for it
        return
    os.environ["MPLCONFIGDIR"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _may_be_made(folder: Path) -> bool:
    """Whether `folder` is there and can be written to, or could be made."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


if "matplotlib" not in sys.modules:
    _quiet_matplotlib()

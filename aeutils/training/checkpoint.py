"""The file that a run is kept in: written whole or not at all, resumed exactly, read without executing anything."""

from __future__ import annotations

import io
import math
import os
import reprlib
import time
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from aeutils import runtime
from aeutils.runtime import reason, short
from aeutils.training import processes
from aeutils.training.factors import Factors
from aeutils.training.feed import Held, Streamed
from aeutils.training.history import History
from aeutils.training.state import Run

_FORMAT = "aeutils checkpoint 1"
_RENAMES = (0.05, 0.2, 0.5, 1.0)  # seconds to wait before the next try: whoever holds the file soon lets it go


class Checkpoint:
    """The file a run is kept in, if any: written whole or not at all, read without executing anything."""

    def __init__(
        self, path: str | os.PathLike | None, settings: dict[str, Any], factors: Factors, feed: Held | Streamed
    ) -> None:
        self.path: Path | None = None
        self.settings, self.factors, self.feed = settings, factors, feed
        self.trouble = ""  # why the newest epoch is not in the file
        self.written = 0  # epochs in the file
        if path is None:
            return
        if not isinstance(path, str | os.PathLike) or not os.fspath(path) or "\0" in str(path):
            raise ValueError(f"checkpoint={short(path)}; expected the name of a file, such as 'run.pt'")
        self.path = Path(os.fsdecode(path))
        try:
            is_folder = self.path.is_dir()
        except OSError as error:  # a name that is too long, a folder that may not be entered
            raise ValueError(f"checkpoint={short(str(path))} cannot be used ({reason(error)})") from error
        if is_folder:
            raise ValueError(f"checkpoint={short(str(path))} is a folder; expected a file in it, such as 'run.pt'")
        if not self.path.absolute().parent.is_dir():
            raise ValueError(
                f"checkpoint={short(str(path))}: there is no folder {self.path.absolute().parent}; make it first"
            )

    def save(self, run: Run) -> None:
        """Write the file; where that fails, say so and go on: the run is worth more than its file."""
        if self.path is None or processes.rank() > 0:
            return
        contents = {
            "format": _FORMAT,
            "settings": {**self.settings, "weights": self._weights(run.history.steps)},
            "architecture": repr(run.model),
            "model": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "history": asdict(run.history),
            "best_loss": run.best_loss,
            "best_state": run.best_state,
            "best_weights": self.factors.last,
            "random": runtime.random_states(),
            **self.feed.state(),
        }
        try:
            self._write(lambda file: torch.save(contents, file))
            self.trouble, self.written = "", run.history.epochs
        except (OSError, RuntimeError) as error:  # PyTorch turns some of the first into the second
            if not self.trouble:
                warnings.warn(
                    f"{self.path} could not be written after epoch {run.history.epochs} ({reason(error)}); training "
                    "goes on, and the next epoch tries again",
                    RuntimeWarning,
                    stacklevel=3,
                )
            self.trouble = reason(error)

    def say_what_is_missing(self, history: History) -> None:
        """A last warning, where the file does not hold what `fit` returns."""
        if self.trouble:
            held = f"holds {self.written} of {history.epochs} epochs" if self.written else "was not written"
            warnings.warn(
                f"{self.path} {held} ({self.trouble}); model and history are complete: keep them, for example with "
                "torch.save(model.state_dict(), ...)",
                RuntimeWarning,
                stacklevel=3,
            )

    def _write(self, write: Callable[[Any], object]) -> None:
        assert self.path is not None
        part = self.path.with_name(self.path.name + ".part")
        try:
            with part.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            for wait in (*_RENAMES, None):
                try:
                    os.replace(part, self.path)  # atomic: readers see the old file or the new one
                    return
                except PermissionError:  # on Windows, while a scanner or a synchronising folder holds the file
                    if wait is None:
                        raise
                    time.sleep(wait)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _try_folder(self) -> None:
        """Find out before training whether a file can be written where the checkpoint belongs."""
        assert self.path is not None
        if processes.rank() > 0:
            return
        trial = self.path.with_name(self.path.name + ".part")
        try:
            with trial.open("wb") as file:
                file.write(_FORMAT.encode())
            trial.unlink()
        except OSError as error:
            raise ValueError(
                f"checkpoint={str(self.path)!r} cannot be written ({reason(error)}); choose a file in another folder"
            ) from error

    def _weights(self, steps: int) -> dict[str, float | list[float]]:
        """The factors as the file remembers them; of a function, what it gave in the last step of each epoch."""
        return self.factors.in_steps([end - 1 for end in self.feed.ends(steps)])

    def restore(self, run: Run, total_steps: float, n_epochs: float) -> None:
        """Put `run` into the state the file holds; leave everything as it is when there is none or it is refused."""
        if self.path is None:
            return
        if not self.path.exists():
            self._try_folder()
            return
        saved = self._read()
        taken = saved["history"]["steps"]
        self.feed.look_at(saved)
        settings = {**self.settings, "weights": self._weights(taken)}
        if different := [key for key, value in settings.items() if saved["settings"].get(key) != value]:
            was = ", ".join(f"{key}={reprlib.repr(saved['settings'].get(key))}" for key in different)
            now = ", ".join(f"{key}={reprlib.repr(settings[key])}" for key in different)
            raise ValueError(
                f"{self.path} belongs to a run with {was}, and this one has {now}; use the same, or another file"
            )
        shapes = {name: value.shape for name, value in run.model.state_dict().items()}
        saved_shapes = {name: value.shape for name, value in saved["model"].items()}
        if (saved["architecture"], saved_shapes) != (repr(run.model), shapes):
            raise ValueError(
                f"{self.path} belongs to a model with other layers; build the same model, or use another file"
            )
        n_taken = History(**saved["history"]).epochs
        longer = taken > total_steps or n_taken > n_epochs
        if longer or (taken < total_steps and self.feed.cut_short(taken)):
            where = "" if longer else ", the last ones in an epoch cut short"
            wanted = f"{n_epochs} epochs" if total_steps == math.inf else total_steps
            raise ValueError(
                f"{self.path} holds a run of {taken} steps{where}, which cannot become one of {wanted}; "
                "ask for what it holds, or use another file"
            )
        if taken < total_steps and saved["history"]["stopped"] != "converged":
            self._try_folder()
        run.model.load_state_dict(saved["model"])
        run.optimizer.load_state_dict(saved["optimizer"])
        run.history = History(
            **{"measured": run.history.measured, **saved["history"]}
        )  # 0.1.0 measured all and did not say
        run.best_loss, run.best_state = saved["best_loss"], saved["best_state"]
        if saved.get("best_weights", self.factors.last) != self.factors.last:  # a longer run ends with other factors
            run.forget_best()
        runtime.restore_random_states(_states(saved))
        self.feed.restore_generators(saved)
        self.written = run.history.epochs

    def _read(self) -> dict[str, Any]:
        assert self.path is not None
        try:
            contents = io.BytesIO(self.path.read_bytes())
        except OSError as error:
            raise ValueError(f"{self.path} cannot be read ({reason(error)}); use another file") from error
        try:
            with zipfile.ZipFile(contents) as archive:  # torch.load does not look at the checksums inside
                if damaged := archive.testzip():
                    raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
            contents.seek(0)
            saved = torch.load(contents, map_location="cpu", weights_only=True)
        except Exception as error:  # what is damaged can fail in any way
            raise ValueError(
                f"{self.path} is damaged or not a checkpoint of ours; nothing in it was executed. "
                "Move it away to start afresh"
            ) from error
        if not isinstance(saved, dict) or saved.get("format") != _FORMAT:
            raise ValueError(f"{self.path} is not a checkpoint written by ae.fit; use another file name")
        return saved


def _states(saved: dict[str, Any]) -> dict[str, Any]:
    """The generators' states; in files of version 0.1.0 they had places of their own."""
    if isinstance(saved["random"], dict):
        return saved["random"]
    return {"cpu": saved["random"], "cuda": saved.get("random_cuda", []), "mps": None}

"""The Python face: `explore(model, images)` and the widget that it returns."""

from __future__ import annotations

import base64
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import torch
import traitlets
from IPython import get_ipython
from torch import Tensor

from aeutils import stills
from aeutils.explorer import bundle
from aeutils.explorer.adapters import Adapted
from aeutils.explorer.film import Film
from aeutils.explorer.images import shown_images
from aeutils.explorer.page import page
from aeutils.explorer.place import state_text
from aeutils.explorer.still import still
from aeutils.explorer.subject import answer, explored, gather
from aeutils.figures import Picture, look

# cell id -> the explorers that this cell shows, and the execution in which it did
_SHOWN_BY_CELL: dict[str, tuple[int, list[Explorer]]] = {}


class _Code(traitlets.List):
    """A list of finite numbers; a row of a tensor or an array becomes one."""

    def validate(self, obj: Any, value: Any) -> list[float]:
        try:
            numbers = np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value, np.float64)
        except (TypeError, ValueError):
            numbers = np.asarray(np.nan)
        if numbers.ndim != 1 or not np.isfinite(numbers).all():
            shape = f" of shape {list(value.shape)}" if isinstance(value, Tensor | np.ndarray) else ""
            raise traitlets.TraitError(
                f"code is of type {type(value).__name__}{shape}; expected finite numbers, one for each code unit"
            )
        return numbers.tolist()


class Explorer(anywidget.AnyWidget):
    """A latent-space explorer in a notebook; made by `explore`.

    Attributes:
        code: the code that is looked at, as a list of numbers; set it, and the explorer goes there. It has as many
            numbers as the code of the model that is looked at, or none before the explorer was shown.
        model: the name of the model that decodes it.
        state: where the explorer stands (model, view, image or code, axes, frame and layers of the map), as a text that
            `explore(…, state=…)` takes, and that stands after the # in the address of a saved page. Set it, and the
            explorer goes there; it is empty before the explorer was shown.
        picture: the still that stands in for the explorer where nothing runs, with its alt text; until it is closed.
    """

    _esm = bundle.loader()
    _css = bundle.stylesheet()
    _body = traitlets.Unicode(bundle.script()).tag(sync=True)
    meta = traitlets.Dict().tag(sync=True)
    payload = traitlets.Bytes().tag(sync=True)
    code = _Code().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode().tag(sync=True)
    _moves = traitlets.Int(0).tag(sync=True)  # how often code, model or state were set here
    _heard = traitlets.Int(0).tag(sync=True)  # of how many moves the browser knew when it told its place
    _hearing = False

    def __init__(
        self, models: dict[str, Adapted], meta: dict[str, Any], payload: bytes, picture: Picture, state: str = ""
    ) -> None:
        super().__init__(meta=meta, payload=payload, model=next(iter(models)), state=state)
        self.picture = picture
        self._models = models
        self.on_msg(self._answer)

    @cached_property
    def _png(self) -> bytes:
        """The still as a PNG file, drawn when the explorer is first shown or saved; empty once it was closed."""
        return look.small_png(self.picture.png(dpi=110))

    def save_html(self, path: str | Path) -> Path:
        """Write the explorer as one file that needs no kernel and no network, and return its path.

        Raises:
            ValueError: a model that only Python can evaluate, because the file has no Python; or a path that is a
                folder, lies in a folder that does not exist, or cannot be written; or an explorer that was closed.
        """
        if not self._models:
            raise ValueError("this explorer is closed, because its cell was run again; save the one that it shows now")
        for described in self.meta["models"]:
            if described["encoder"] is None or described["decoder"] is None:
                raise ValueError(f"{described['name']} cannot leave the notebook: {described['notes'][0]}")
        if not isinstance(path, str | os.PathLike):
            raise ValueError(f"path is of type {type(path).__name__}; expected a file's name, such as 'explorer.html'")
        path = Path(path)
        text = page(self.picture.title, self.picture.alt, self._png, self.meta, self.payload, self.state)
        try:
            path.write_text(text, encoding="utf-8")
        except (OSError, ValueError) as error:  # ValueError: a name with a null character
            hint = "make its folder first" if not path.parent.exists() else "give a file's name in a folder of yours"
            reason = getattr(error, "strerror", None) or error
            raise ValueError(f"{str(path)!r} cannot be written ({reason}); {hint}, such as 'explorer.html'") from None
        return path

    @traitlets.validate("code")
    def _check_code(self, proposal: dict[str, Any]) -> list[float]:
        """Of the length that the model has; checked when model and code, which may come together, are both known."""
        code = proposal["value"]
        sizes = [described["size"] for described in self.meta["models"] if described["name"] == self.model]
        if code and sizes and len(code) != sizes[0]:
            raise traitlets.TraitError(f"code has {len(code)} numbers; {self.model} has {sizes[0]} code units")
        return code

    @traitlets.validate("model")
    def _check_model(self, proposal: dict[str, Any]) -> str:
        name, names = proposal["value"], [described["name"] for described in self.meta["models"]]
        if name not in names:
            raise traitlets.TraitError(f"model={name!r} is not here; expected one of {', '.join(map(repr, names))}")
        return name

    @traitlets.validate("state")
    def _check_state(self, proposal: dict[str, Any]) -> str:
        try:
            return state_text(proposal["value"], self.meta)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """What the browser tells; but not where it stood before it heard of a place that was set here meanwhile."""
        if sync_data.get("_heard", self._moves) != self._moves:
            return
        self._hearing = True
        try:
            super().set_state(sync_data)
        finally:
            self._hearing = False

    @traitlets.observe("code", "model", "state")
    def _count_moves(self, _: Any) -> None:
        if not self._hearing:
            self._moves += 1

    def close(self) -> None:
        """Take the explorer away from every page, and let go of all that it holds: it cannot be shown or saved again.

        IPython's `Out` keeps what a cell once showed, and a notebook's page keeps a closed widget's last state, and the
        one before: so that is changed twice.
        """
        if self.comm is not None:
            self.layout.close()
            self._body, self.payload = "", b""
            self.meta = {}
            self.meta = {"models": []}
        super().close()
        self._models, self._png = {}, b""
        self.__dict__.pop("picture", None)  # a figure, and by far the largest

    def _answer(self, _: Any, question: dict[str, Any], buffers: list[memoryview]) -> None:
        """Decode or encode what the browser asks for, with the model as it is now."""
        reply: dict[str, Any] = {"id": question.get("id")}
        try:
            model, described = list(self._models.values())[question["model"]], self.meta["models"][question["model"]]
            shape = (-1, described["size"]) if question["operation"] == "decode" else (-1, *model.shape)
            values = np.frombuffer(buffers[0], np.float32)
            result = [answer(model, question["operation"], values, shape).tobytes()]
        except Exception as error:  # whatever a reader's own model may raise is told in the explorer
            reply["problem"] = f"{type(error).__name__}: {error}"
            result = []
        self.send(reply, result)

    def _ipython_display_(self) -> None:
        """Show three outputs: the still, the line below it, and the explorer, which hides both while it lives."""
        _close_earlier_runs(self)
        data = {"image/png": base64.b64encode(self._png).decode(), "text/plain": repr(self)}
        stills.show(self, "<p>Run this cell to explore.</p>", (data, self.picture.metadata))

    def __repr__(self) -> str:
        return f"{self.picture.title}. Run this cell to explore." if self._models else "An explorer that was closed."


def _close_earlier_runs(explorer: Explorer) -> None:
    """A cell that is run again shows a new explorer: close those of its earlier runs, which nothing else would."""
    shell = get_ipython()
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)() if shell else {}
    cell = parent.get("metadata", {}).get("cellId")
    if cell is None:
        return
    run, shown = _SHOWN_BY_CELL.get(cell, (shell.execution_count, []))
    if run != shell.execution_count:
        elsewhere = [other for key, (_, others) in _SHOWN_BY_CELL.items() if key != cell for other in others]
        for old in shown:
            if old is not explorer and not any(old is other for other in elsewhere):
                old.close()
        shown = []
    _SHOWN_BY_CELL[cell] = (shell.execution_count, [*shown, explorer])


def explore(
    model: Any,
    images: Any,
    *,
    encode: Any = None,
    decode: Any = None,
    head: Any = None,
    prior: Any = None,
    on: str = "test",
    title: str = "",
    state: str = "",
) -> Explorer:
    """Explore the latent space of a model by hand: in the notebook, and as a page of its own (`save_html`).

    The network is evaluated in the browser, with weights in half precision where that changes no pixel by more than
    1/255. What the browser cannot evaluate, the kernel does, and the explorer says so.

    Args:
        model: one with `encode` and `decode`, or modules `encoder` and `decoder`; or several as a dictionary of names,
            to be compared, or a `Film` of one that was trained. Codes may have any shape `[B, ...]`; of a variational
            model the posterior's means are shown, whether `encode` returns (μ, log σ²), a distribution, a dictionary,
            or the like. Images and pictures may be `[B, C, H, W]` or flat, of any precision. Wrappers are looked into.
            The model stays where it is, also on a GPU, and as it is. It may be None, or anything, where `encode` and
            `decode` are given.
        images: a data set such as `ae.load("mnist-5k")`: its test images make the map, and every decoded picture is
            held against its training images. Or images held against themselves: a `Split`, a tensor or an array
            `[N, C, H, W]`, `[N, H, W, C]` or `[N, H, W]`, a pair `(x, y)`, a `Dataset`, a `DataLoader`. 1 channel or 3.
            In another range than [0, 1] they are shown in it, and the model is given its own; bytes are given in
            [0, 1]. Labels are whole numbers (-1: none), texts, or one-hot.
        encode: images to codes, where the model has nothing of this kind, or it is not understood.
        decode: codes to pictures, likewise.
        head: applied to what the decoder puts out, such as `torch.nn.Sigmoid()` where these are logits.
        prior: whether the model was trained with the prior N(0, 1) on its codes; None finds out, where that can be.
            `encode`, `decode`, `head` and `prior` are for every model, or each a dictionary by the models' names.
        on: which part of a data set makes the map: `"test"`, `"val"` or `"train"`.
        title: what the still and the saved page are headed with.
        state: where to begin: the `state` of an explorer of the same models and images, or its saved page's address.

    Raises:
        ValueError: a model that cannot be explored (it is not understood, fails on these images, gives codes or
            pictures that are not finite, or the same code for every image), one function `encode` or `decode` for a
            whole film, images that are no pictures, labels that do not fit them, another `on`, a title that is no text,
            or a state that this explorer cannot be in.
    """
    if not isinstance(title, str):
        raise ValueError(f"title is of type {type(title).__name__}; expected text")
    shown = shown_images(images, on)
    with torch.no_grad():
        options = {"encode": encode, "decode": decode, "head": head, "prior": prior}
        subjects = explored(model, shown, options)
        film = isinstance(model, Film) and len(model) > 1
        meta, payload = gather(subjects, shown, film=film)
        state = state_text(state, meta)
        models = {each.name: each.model for each in subjects}
        circles = "contours:prior" in state
        picture = still(subjects, shown, title or _title(models, meta), film=film, prior=circles)
    return Explorer(models, meta, payload, picture, state)


# What the collection's own models are called in a title; any other by its class or by the name that it was given.
_KINDS = {
    "Autoencoder": "an autoencoder",
    "ArticleAutoencoder": "the article's autoencoder",
    "ConvAutoencoder": "a convolutional autoencoder",
    "VariationalAutoencoder": "a variational autoencoder",
}


def _title(models: dict[str, Adapted], meta: dict[str, Any]) -> str:
    sizes = sorted({described["size"] for described in meta["models"]})
    units = " and ".join(map(str, sizes)) + (" code unit" if sizes == [1] else " code units")
    count = f"{meta['points']['count']:,} {meta['points']['name']}{'s' if meta['points']['count'] != 1 else ''}"
    names = list(models)
    kind = models[names[0]].kind
    said = _KINDS.get(kind, kind)
    if meta["film"]:
        return f"Training of {said}, {names[0]} to {names[-1]}: {units}, {count}"
    if len(names) > 1:
        return f"Latent spaces of {', '.join(names[:-1])} and {names[-1]}: {units}, {count}"
    return f"Latent space of {said if names == [kind] else names[0]}: {units}, {count}"

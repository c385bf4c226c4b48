"""The loss of a variational autoencoder taken apart: each term, how hard it pulls, and what the weight amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch
from torch import Tensor, nn

from aeutils.data import Images, check_held, check_images
from aeutils.figures import look
from aeutils.losses import bernoulli_nats_of_logits, kl_to_prior, squared_errors
from aeutils.models import VariationalAutoencoder, check_model
from aeutils.runtime import short

LOSSES = {"squared error": "MSE", "cross-entropy": "BCE"}
REDUCTIONS = ("sum", "mean")
_N_IMAGES = 100
_COLOURS = {"reconstruction": look.RECONSTRUCTION, "KL": look.KL}


@dataclass(frozen=True)
class Anatomy:
    """The loss `reconstruction + beta * kl` at one place: what it is made of.

    Attributes:
        reconstruction: the first term as written: summed or averaged over pixels, averaged over images.
        kl: KL to the prior in nats per image, without `beta`.
        reconstruction_pull: norm of the first term's gradient in the encoder's parameters.
        kl_pull: norm of the gradient of `beta * kl` in the same parameters.
        effective_beta: what `beta` would have to be in front of the KL if the first term were summed over pixels.
        sigma2: the variance of the Gaussian decoder whose evidence lower bound this loss is, `effective_beta / 2`; None
            for cross-entropy, which has no variance.
    """

    reconstruction: float
    kl: float
    reconstruction_pull: float
    kl_pull: float
    effective_beta: float
    sigma2: float | None

    @property
    def ratio(self) -> float:
        """How many times as hard as the reconstruction the KL pulls; infinite where only the KL does."""
        if self.reconstruction_pull == 0:
            return float("inf") if self.kl_pull else float("nan")
        return self.kl_pull / self.reconstruction_pull


def anatomy(
    model: VariationalAutoencoder,
    x: Tensor,
    *,
    loss: str = "squared error",
    reduction: str = "sum",
    beta: float = 1.0,
    noise: Tensor | None = None,
) -> Anatomy:
    """Take `reconstruction + beta * KL` apart for the model as it is; it is not trained, and no gradient stays behind.

    Args:
        model: with a sigmoid head, so that both losses make sense.
        x: images `[B, channels, H, W]` in [0, 1], of the model's size.
        loss: `"squared error"` or `"cross-entropy"`.
        reduction: `"sum"` or `"mean"` over pixels. The KL is summed over code units in both.
        beta: factor of the KL, 0 or more.
        noise: standard normal `[B, k]` for the reparameterised codes; drawn unless given.

    Raises:
        ValueError: another loss or reduction, a `beta` that is negative or no number, a model that is no variational
            autoencoder with a sigmoid head, images that it does not take, or noise of another shape than its codes.
    """
    if loss not in list(LOSSES) or reduction not in REDUCTIONS:
        raise ValueError(
            f"loss={loss!r}, reduction={reduction!r}; expected one of {', '.join(LOSSES)} and one of sum, mean"
        )
    if not isinstance(beta, Real) or not 0 <= beta < float("inf"):
        raise ValueError(f"beta={short(beta)}; expected a factor of 0 or more")
    _check(model)
    posterior = model.posterior(check_images(x))
    noise = torch.randn_like(posterior.mean) if noise is None else noise
    if not isinstance(noise, Tensor) or noise.shape != posterior.mean.shape:
        raise ValueError(f"noise is {short(noise)}; expected a tensor of shape {list(posterior.mean.shape)}")
    logits = model.decode_logits(posterior.mean + posterior.stddev * noise)
    errors = squared_errors(x, model.head(logits)) if loss == "squared error" else bernoulli_nats_of_logits(x, logits)
    averaged = 1 if reduction == "sum" else x[0].numel()
    reconstruction = errors.mean() / averaged
    kl = kl_to_prior(posterior).sum(1).mean()
    effective_beta = beta * averaged
    return Anatomy(
        reconstruction=reconstruction.item(),
        kl=kl.item(),
        reconstruction_pull=_gradient_norm(reconstruction, model.encoder),
        kl_pull=beta * _gradient_norm(kl, model.encoder),
        effective_beta=effective_beta,
        sigma2=effective_beta / 2 if loss == "squared error" else None,
    )


class LossAnatomy:
    """The panel: choose model, loss, reduction and beta; what the loss is made of follows at once.

    Every change computes afresh from the models as they are, so that a panel never shows weights of the past, and two
    panels have nothing in common.
    """

    def __init__(self, models: Mapping[str, VariationalAutoencoder], images: Images) -> None:
        import ipywidgets as widgets

        if not isinstance(models, Mapping) or not models:
            came = "empty" if isinstance(models, Mapping) else short(models)
            raise ValueError(
                f"models is {came}; expected name -> model, at least one, such as "
                "{'untrained': ae.VariationalAutoencoder()}"
            )
        if not isinstance(images, Images):
            raise ValueError(f"images is {short(images)}; expected what ae.load gives, such as ae.load('mnist-5k')")
        for model in models.values():
            _check(model)
        self._models = dict(models)
        check_held(images.train, "images.train")
        self._x = images.train.x[:_N_IMAGES]
        pixels = images.train.x.flatten(1)
        self._spectrum = torch.linalg.eigvalsh(torch.cov(pixels.T))  # variances of PCA's components
        first = next(iter(self._models))
        wide = {"style": {"description_width": "6em", "button_width": "13em"}, "layout": {"width": "48em"}}
        self.model = widgets.ToggleButtons(options=list(self._models), value=first, description="model", **wide)
        named = [(f"{name} ({short})", name) for name, short in LOSSES.items()]
        self.loss = widgets.ToggleButtons(options=named, description="loss", **wide)
        self.reduction = widgets.ToggleButtons(options=REDUCTIONS, description="over pixels", **wide)
        self.beta = widgets.FloatLogSlider(
            value=1.0,
            base=10,
            min=-4,
            max=4,
            step=0.1,
            description="β",
            readout_format=".3g",
            style={"description_width": "6em"},
            layout=wide["layout"],
        )
        self.shown = widgets.HTML()
        self.controls = (self.model, self.loss, self.reduction, self.beta)
        for control in self.controls:
            control.observe(self._show, names="value")
        self._box = widgets.VBox([*self.controls, self.shown])
        self._show()

    def look(self) -> Anatomy:
        """The loss's anatomy at the panel's present settings."""
        model = self._models[self.model.value]
        device = next(model.encoder.parameters()).device
        same = torch.Generator().manual_seed(0)  # the same noise in every look, or the numbers would flicker
        noise = torch.randn(len(self._x), self._code_size(), generator=same)
        return anatomy(
            model,
            self._x.to(device),
            loss=self.loss.value,
            reduction=self.reduction.value,
            beta=self.beta.value,
            noise=noise.to(device),
        )

    def _code_size(self) -> int:
        model = self._models[self.model.value]
        with torch.no_grad():
            return model.posterior(self._x[:1].to(next(model.encoder.parameters()).device)).mean.shape[1]

    def _show(self, _: Any = None) -> None:
        seen, code_size = self.look(), self._code_size()
        above = None if seen.sigma2 is None else min(code_size, int((self._spectrum > seen.sigma2).sum()))
        self.shown.value = _page(seen, self.loss.value, self.reduction.value, self.beta.value, above, code_size)

    def _ipython_display_(self) -> None:
        from aeutils import stills

        page = f"{self.shown.value}<p>Run this cell to move the controls.</p>"
        stills.show(stills.hiding(self._box), page, text=repr(self))

    def __repr__(self) -> str:
        return f"Loss anatomy of: {', '.join(self._models)}. Run this cell to move the controls."


def loss_anatomy(models: Mapping[str, VariationalAutoencoder], images: Images) -> LossAnatomy:
    """A panel that takes the loss of variational autoencoders apart, on the first 100 training images.

    Args:
        models: name -> model; all with a sigmoid head.
        images: for the images looked at, and for PCA's spectrum, which predicts the number of active units.
    """
    return LossAnatomy(models, images)


def _gradient_norm(term: Tensor, part: nn.Module) -> float:
    gradients = torch.autograd.grad(term, list(part.parameters()), retain_graph=True)
    return torch.stack([gradient.norm() for gradient in gradients]).norm().item()


def _check(model: VariationalAutoencoder) -> None:
    check_model(model, "posterior", "decode_logits", "head")
    if not isinstance(model.head, nn.Sigmoid):
        raise ValueError(
            f"this model's head is {type(model.head).__name__}, and cross-entropy needs probabilities; "
            "build it with head=nn.Sigmoid"
        )


def _measured(value: float) -> str:
    """A measured number, with a point in it whatever its size, as the comparison of outputs expects."""
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:#.4g}"


def _chosen(value: float) -> str:
    """A number that follows from the settings: 1, 0.001, 784, 6310."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _page(seen: Anatomy, loss: str, reduction: str, beta: float, above: int | None, code_size: int) -> str:
    """What the panel shows, as HTML: the terms, the tug of war, the effective beta."""
    unit = {"squared error": "squared error", "cross-entropy": "nats"}[loss]
    per = "image" if reduction == "sum" else "pixel"
    rows = (
        (loss, f"{_measured(seen.reconstruction)} {unit} per {per}", "1", seen.reconstruction_pull),
        ("KL to the prior", f"{_measured(seen.kl)} nats per image", _chosen(beta), seen.kl_pull),
    )
    left = ' style="text-align:left;white-space:nowrap"'
    cells = "".join(
        f"<tr><td{left}>{name}</td><td{left}>{value}</td><td{left}>{factor}</td><td{left}>{_measured(pull)}</td></tr>"
        for name, value, factor, pull in rows
    )
    total = seen.reconstruction_pull + seen.kl_pull
    kl_share = 100 * seen.kl_pull / total if total else 0.0
    shares = {"reconstruction": 100 - kl_share, "KL": kl_share}
    bar = "".join(
        f'<div style="width:{share:.2f}%;background:{_COLOURS[name]};height:1.4em"></div>'
        for name, share in shares.items()
    )
    legend = "".join(
        f'<span><span style="color:{_COLOURS[name]}">◼</span> {name} {share:.1f} %</span>'
        for name, share in shares.items()
    )
    meaning = f"β amounts to <b>{_chosen(seen.effective_beta)}</b> in front of a loss summed over pixels"
    if seen.sigma2 is None:
        meaning += "; cross-entropy has no σ², and its evidence lower bound has β = 1."
    else:
        meaning += (
            f": the evidence lower bound at <b>σ² = {_chosen(seen.sigma2)}</b>. Of PCA's first {code_size} components "
            f"{above} have more variance than that: a linear model keeps <b>{above} active units</b>."
        )
    return (
        f'<div style="line-height:1.5;max-width:46em"><table style="margin:0.5em 0"><thead><tr><th{left}>term</th>'
        f"<th{left}>value</th><th{left}>factor</th><th{left}>pull: gradient norm in the encoder</th></tr></thead>"
        f'<tbody>{cells}</tbody></table><div role="img" style="display:flex;border:1px solid {look.GREY}" '
        f'aria-label="The KL has {kl_share:.1f} percent of the pull">{bar}</div>'
        f'<div style="display:flex;justify-content:space-between">{legend}</div>'
        f"<p>The KL pulls <b>{_measured(seen.ratio)}</b> times as hard as the reconstruction. {meaning}</p></div>"
    )

"""The sweeps of notebooks 05 and 05b: their settings, and the table they gave, `sweeps.csv`, made by `make sweeps`."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import loguniform
from sklearn.model_selection import ParameterGrid, ParameterSampler

from aeutils.chapters import stored_tables
from aeutils.runtime import short
from aeutils.sweeps import ACTIVATIONS, OPTIMIZERS, STARTS, sweep

TABLE = Path(__file__).with_name("sweeps.csv")
EQUAL_EPOCHS = 17  # 595 steps of 100 images: as long as the 600 steps of the other runs
RATES = (1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 1e-1)
BATCH_SIZES = (10, 30, 100, 300, 1000, 3500)
DATA_SIZES = (100, 200, 500, 1000, 2000, 3500)
_RATE_AND_BATCH: dict[str, Sequence[Any]] = {"lr": [3e-4, 1e-3, 3e-3, 1e-2, 3e-2], "batch_size": [30, 100, 300, 1000]}


def _grid(seeds: int, **values: Sequence[Any]) -> list[dict[str, Any]]:
    return list(ParameterGrid({**values, "seed": range(seeds)}))


def _stack(depth: int, width: int) -> str:
    return "-".join([str(width)] * depth)


_STACKS = [_stack(depth, width) for depth in (1, 2, 3, 4) for width in (32, 64, 128, 256)]
_DRAWS = [
    {**draw, "lr": float(f"{draw['lr']:.3g}"), "seed": again}
    for again in range(4)
    for draw in ParameterSampler(
        {
            "lr": loguniform(1e-4, 3e-2),
            "batch_size": [25, 50, 100, 200, 400],
            "hidden": [_stack(2, width) for width in (32, 64, 128, 256, 512)],
        },
        n_iter=16,
        random_state=again,
    )
]

SWEEPS: dict[str, list[dict[str, Any]]] = {
    "same settings": _grid(20),
    "half the rate": _grid(20, lr=[1e-3]),
    "code size": _grid(5, code_size=[1, 2, 4, 8, 16, 32, 64]),
    "code size, 2,400 steps": _grid(3, code_size=[1, 2, 4, 8, 16, 32, 64], steps=[2400]),
    "learning rate": _grid(5, lr=RATES),
    "batch size, equal steps": _grid(5, batch_size=BATCH_SIZES),
    "batch size, equal epochs": _grid(5, batch_size=BATCH_SIZES, epochs=[EQUAL_EPOCHS]),
    "depth": _grid(5, hidden=[_stack(depth, 128) for depth in range(6)]),
    "depth, He's start": _grid(5, hidden=[_stack(depth, 128) for depth in range(1, 6)], start=["He"]),
    "five layers, other rates": _grid(2, hidden=[_stack(5, 128)], start=list(STARTS), lr=[5e-4, 1e-3, 4e-3]),
    "width": _grid(5, hidden=[_stack(2, width) for width in (8, 16, 32, 64, 128, 256, 512)]),
    "activation": _grid(5, activation=list(ACTIVATIONS)),
    "activation, 2,400 steps": _grid(3, activation=list(ACTIVATIONS), steps=[2400]),
    "optimiser": _grid(3, optimizer=list(OPTIMIZERS), lr=[1e-4, 1e-3, 1e-2, 1e-1]),
    "optimiser, rates between": _grid(
        2, optimizer=[name for name in OPTIMIZERS if name != "AdamW"], lr=[3e-4, 3e-3, 3e-2]
    ),
    "images, equal steps": _grid(5, n_images=DATA_SIZES, steps=[1200]),
    "images, equal epochs": _grid(5, n_images=DATA_SIZES, epochs=[34]),  # 1,190 steps for all 3,500
    "rate and batch size, equal steps": _grid(2, **_RATE_AND_BATCH),
    "rate and batch size, equal epochs": _grid(2, **_RATE_AND_BATCH, epochs=[EQUAL_EPOCHS]),
    "depth and width": _grid(2, hidden=_STACKS),
    "depth and width, He's start": _grid(2, hidden=_STACKS, start=["He"]),
    # Sixteen runs each: all combinations of a few values, or sixteen draws from the whole range, made four times over.
    "grid search": _grid(
        4, lr=[3e-4, 1e-3, 3e-3, 1e-2], batch_size=[50, 200], hidden=[_stack(2, width) for width in (64, 256)]
    ),
    "random search": _DRAWS,
    # half of these draws, stopped earlier: what successive halving sees of them
    **{f"random search, {steps} steps": [{**draw, "steps": steps} for draw in _DRAWS[:32]] for steps in (75, 150, 300)},
}


def sweep_table(name: str) -> pd.DataFrame:
    """One sweep's rows of `sweeps.csv`: a row for each run, the settings in full and the errors.

    `depth` and `width` say what `hidden` says: how many hidden layers the encoder has, and the units in the first.

    Args:
        name: one of `SWEEPS`.

    Raises:
        ValueError: another name.
    """
    if not isinstance(name, str) or name not in SWEEPS:
        raise ValueError(f"{short(name)} is no sweep; expected one of {', '.join(map(repr, SWEEPS))}")
    table = _read()
    table = table[table.sweep == name].drop(columns="sweep").reset_index(drop=True)
    widths = table.hidden.str.findall(r"\d+")
    table["depth"], table["width"] = widths.str.len(), widths.str[0].fillna(0).astype(int)
    whole = [column for column in ("n_images", "epochs") if table[column].notna().all()]
    return table.astype(dict.fromkeys(whole, int))  # floats in the file, since other sweeps leave them out


def summary(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Mean and standard deviation over seeds for each value of the setting `key`, in the table's order.

    Returns:
        Indexed by the setting: `train_error`, `train_spread`, `val_error`, `val_spread`, over the runs that did not
        diverge; `runs`, and how many of them `diverged`.
    """
    groups = table.groupby(key, sort=False)
    return pd.DataFrame(
        {
            "train_error": groups.train_error.mean(),
            "train_spread": groups.train_error.std().fillna(0.0),
            "val_error": groups.val_error.mean(),
            "val_spread": groups.val_error.std().fillna(0.0),
            "runs": groups.size(),
            "diverged": groups.status.apply(lambda status: (status == "diverged").sum()),
        }
    )


def lowest_so_far(errors: Sequence[float] | pd.Series, orders: int = 1000) -> np.ndarray:
    """The lowest error of the first 1, 2, ... n of n trials `[n]`, averaged over so many orders of them."""
    shuffled = np.random.default_rng(0).permuted(np.tile(errors, (orders, 1)), axis=1)  # [orders, n]
    return np.minimum.accumulate(shuffled, axis=1).mean(0)


Curves = dict[str, pd.Series]


def curves_of(name: str, key: str) -> tuple[list[Any], Curves, Curves]:
    """What a line figure needs from a sweep.

    Args:
        name: one of `SWEEPS`.
        key: the column that varies, such as `"lr"` or `"depth"`.

    Returns:
        Its values; "training" and "validation" -> mean error for each value; and the standard deviations over seeds.
    """
    over_seeds = summary(sweep_table(name), key)
    parts = {"training": "train", "validation": "val"}
    means = {part: over_seeds[f"{column}_error"] for part, column in parts.items()}
    spread = {part: over_seeds[f"{column}_spread"] for part, column in parts.items()}
    return list(over_seeds.index), means, spread


def side_by_side(
    key: str, names: Mapping[str, str], parts: Sequence[str] = ("validation",)
) -> tuple[list[Any], Curves, Curves]:
    """What a line figure of several sweeps needs, in which the same setting varies.

    Args:
        key: the column that varies.
        names: what a sweep is called in the figure -> one of `SWEEPS`.
        parts: "training", "validation" or both.

    Returns:
        The values that all have; curve -> mean errors; curve -> standard deviations. A curve is called as its sweep
        is, with the part before it where there are two.
    """
    found = {name: curves_of(sweep, key) for name, sweep in names.items()}
    values = [value for value in next(iter(found.values()))[0] if all(value in has for has, _, _ in found.values())]
    means: Curves = {}
    spread: Curves = {}
    for name, (_, errors, deviations) in found.items():
        for part in parts:
            curve = f"{part}, {name}" if len(parts) > 1 else name
            means[curve], spread[curve] = errors[part].loc[values], deviations[part].loc[values]
    return values, means, spread


def make(n_jobs: int = -1) -> None:
    """Run every sweep and write the table, whole or not at all; takes about forty minutes on two cores."""
    parts = []
    for name, settings in SWEEPS.items():
        print(f"{name}: {len(settings)} runs", flush=True)
        table = sweep(settings, n_jobs=n_jobs).drop(columns="seconds")  # of this machine, and of what else it did
        table.insert(0, "sweep", name)
        parts.append(table)
    stored_tables.write(pd.concat(parts), TABLE)


@functools.cache
def _read() -> pd.DataFrame:
    return pd.read_csv(TABLE).fillna({"hidden": ""})  # no hidden layer is an empty text, not a missing one


if __name__ == "__main__":
    make()

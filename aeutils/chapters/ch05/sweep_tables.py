"""The sweeps of notebook 05: their settings, and the table they gave, `sweeps.csv`, made by `make sweeps`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import loguniform
from sklearn.model_selection import ParameterGrid, ParameterSampler

from aeutils.runtime import short
from aeutils.sweeps import ACTIVATIONS, OPTIMIZERS, sweep

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


SWEEPS: dict[str, list[dict[str, Any]]] = {
    "same settings": _grid(20),
    "code size": _grid(5, code_size=[1, 2, 4, 8, 16, 32, 64]),
    "code size, 2,400 steps": _grid(3, code_size=[1, 2, 4, 8, 16, 32, 64], steps=[2400]),
    "learning rate": _grid(5, lr=RATES),
    "batch size, equal steps": _grid(5, batch_size=BATCH_SIZES),
    "batch size, equal epochs": _grid(5, batch_size=BATCH_SIZES, epochs=[EQUAL_EPOCHS]),
    "depth": _grid(5, hidden=[_stack(depth, 128) for depth in range(6)]),
    "width": _grid(5, hidden=[_stack(2, width) for width in (8, 16, 32, 64, 128, 256, 512)]),
    "activation": _grid(5, activation=list(ACTIVATIONS)),
    "optimiser": _grid(3, optimizer=list(OPTIMIZERS), lr=[1e-4, 1e-3, 1e-2, 1e-1]),
    "images, equal steps": _grid(5, n_images=DATA_SIZES, steps=[1200]),
    "images, equal epochs": _grid(5, n_images=DATA_SIZES, epochs=[34]),  # 1,190 steps for all 3,500
    "rate and batch size, equal steps": _grid(2, **_RATE_AND_BATCH),
    "rate and batch size, equal epochs": _grid(2, **_RATE_AND_BATCH, epochs=[EQUAL_EPOCHS]),
    "depth and width": _grid(2, hidden=[_stack(d, w) for d in (1, 2, 3, 4) for w in (32, 64, 128, 256)]),
    # Sixteen runs each: all combinations of a few values, or sixteen draws from the whole range, made four times over.
    "grid search": _grid(
        4, lr=[3e-4, 1e-3, 3e-3, 1e-2], batch_size=[50, 200], hidden=[_stack(2, width) for width in (64, 256)]
    ),
    "random search": [
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
    ],
}


def sweep_table(name: str) -> pd.DataFrame:
    """One sweep's rows of `sweeps.csv`: a row for each run, the settings in full and the errors.

    Args:
        name: one of `SWEEPS`.

    Raises:
        ValueError: another name.
    """
    if not isinstance(name, str) or name not in SWEEPS:
        raise ValueError(f"{short(name)} is no sweep; expected one of {', '.join(map(repr, SWEEPS))}")
    table = _read()
    table = table[table.sweep == name].drop(columns="sweep").reset_index(drop=True)
    whole = [column for column in ("n_images", "epochs") if table[column].notna().all()]
    return table.astype(dict.fromkeys(whole, int))  # floats in the file, since other sweeps leave them out


def make(n_jobs: int = -1) -> None:
    """Run every sweep and write the table, whole or not at all; takes about half an hour on two cores."""
    parts = []
    for name, settings in SWEEPS.items():
        print(f"{name}: {len(settings)} runs", flush=True)
        table = sweep(settings, n_jobs=n_jobs).drop(columns="seconds")  # of this machine, and of what else it did
        table.insert(0, "sweep", name)
        parts.append(table)
    part = TABLE.with_suffix(".part")
    pd.concat(parts).to_csv(part, index=False, float_format="%.6g", lineterminator="\n")
    part.replace(TABLE)


@functools.cache
def _read() -> pd.DataFrame:
    return pd.read_csv(TABLE).fillna({"hidden": ""})  # no hidden layer is an empty text, not a missing one


if __name__ == "__main__":
    make()

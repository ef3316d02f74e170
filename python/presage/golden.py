"""Golden rows: inputs, and the outputs that the training framework gave for them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import BundleError

SMALLEST_COUNT = 16


@dataclass(frozen=True)
class Tolerance:
    """A served output may differ from the golden one by absolute + relative * |golden|."""

    absolute: float
    relative: float


def golden_inputs(x: np.ndarray, features: int, optional: list[int], *, whole: Sequence[int] = (), seed: int = 0) -> np.ndarray:
    """
    Rows worth checking, from rows of real data: twelve spread over them, each column at its least, at its largest, tenfold values; and where columns may be missing, rows
    without all of those, without each half of them, without random ones. `optional` and `whole`: feature indices; whole numbers, such as categories, are none but those of real
    rows. A window is flattened oldest first.
    """
    random = np.random.default_rng(seed)
    real = x[np.isfinite(x).all(axis=1)]
    if len(real) < SMALLEST_COUNT:
        raise BundleError(f"golden rows need {SMALLEST_COUNT} complete rows of real data, there are {len(real)}")
    spread = real[np.linspace(0, len(real) - 1, 12).astype(int)]
    edges = np.stack([real.min(axis=0), real.max(axis=0), np.median(real, axis=0), real[0] * 10])
    known = [at for at in range(real.shape[1]) if at % features in whole]
    edges[2:, known] = real[0, known]
    return np.concatenate([spread, edges, *_with_missing(spread, features, optional, random)])


def _with_missing(spread: np.ndarray, features: int, optional: list[int], random: np.random.Generator) -> list[np.ndarray]:
    masks = [optional, optional[::2], optional[1::2]] if optional else []
    masks += [[i for i in optional if random.random() < 0.5] for _ in range(5 if optional else 0)]
    rows = []
    for row, mask in zip(spread, masks):
        copy = row.reshape(-1, features).copy()
        copy[:, mask] = np.nan
        rows.append(copy.reshape(1, -1))
    return rows


def _number(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def golden_text(inputs: np.ndarray, outputs: np.ndarray, tolerance: Tolerance) -> str:
    """`golden.json`; raises BundleError for too few rows, and for outputs that do not fit the inputs or are not finite."""
    if len(inputs) < SMALLEST_COUNT:
        raise BundleError(f"golden.json needs at least {SMALLEST_COUNT} rows, there are {len(inputs)}")
    if outputs.ndim != 2 or len(outputs) != len(inputs):
        raise BundleError(f"golden outputs have shape {outputs.shape}, wanted ({len(inputs)}, outputs)")
    if not np.isfinite(outputs).all():
        raise BundleError("the model gave golden outputs that are not finite")
    rows = [{"input": [_number(v) for v in i], "output": o} for i, o in zip(inputs.tolist(), outputs.tolist())]
    head: dict[str, Any] = {"schema": 1, "tolerance": {"absolute": tolerance.absolute, "relative": tolerance.relative}}
    body = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    return json.dumps(head)[:-1] + ', "rows": [\n' + body + "\n]}\n"

"""Reference bins: how each feature was spread in training, for drift and novelty."""

from __future__ import annotations

import json
from typing import Any

import numpy as np


def _column(name: str, values: np.ndarray, bins: int) -> dict[str, Any]:
    present = values[np.isfinite(values)]
    row: dict[str, Any] = {"id": name, "missing": round(1 - len(present) / max(1, len(values)), 6)}
    if len(present) == 0:
        return row | {"edges": [], "share": []}
    edges = np.unique(np.quantile(present, np.linspace(0, 1, bins + 1)[1:-1]))
    counts = np.bincount(np.searchsorted(edges, present, side="left"), minlength=len(edges) + 1)
    extremes = {"min": float(present.min()), "max": float(present.max()), "mean": float(present.mean()), "sd": float(present.std())}
    return row | extremes | {"edges": edges.tolist(), "share": np.round(counts / len(present), 6).tolist()}


def reference_text(x: np.ndarray, features: list[str], bins: int = 10) -> str:
    """
    `reference.json`: per feature the inner edges of equal-mass bins and the share of training rows in each (bin i holds edges[i-1] < value <= edges[i]), share missing,
    extremes, mean and standard deviation. Of a window, the newest vector.
    """
    newest = x[:, -len(features) :]
    rows = [_column(name, newest[:, i], bins) for i, name in enumerate(features)]
    return f'{{"schema": 1, "rows": {len(x)}, "features": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]}\n"

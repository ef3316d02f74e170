"""What a text of the format `sklearn-trees` answers: a reader of its own, so that a text is proved by more than the code that wrote it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np


def sklearn_trees_answers(text: str, x: np.ndarray) -> np.ndarray:
    """Outputs of rows, n x outputs."""
    model = json.loads(text)
    given = x.astype(np.float32).astype(np.float64) if model["round_inputs"] else x
    given = np.stack([_positions(given[:, at], known) for at, known in enumerate(model["categories"])], axis=1)
    sums = np.tile(np.array(model["base"], dtype=np.float64), (len(x), 1))
    outputs, added = sums.shape[1], 0
    for tree in model["trees"]:
        leaves = _leaves(tree, given)
        for values in tree["values"]:
            sums[:, added % outputs] += np.array(values)[leaves]
            added += 1
    return _transformed(sums / (added // outputs) if model["average"] else sums, model["transform"])


def _positions(column: np.ndarray, known: list[float] | None) -> np.ndarray:
    """A value's position among the known categories; an unknown one is missing."""
    if known is None:
        return column
    at = np.searchsorted(known, column).clip(0, len(known) - 1)
    return np.where(np.array(known)[at] == column, at, np.nan)


def _goes_left(threshold: Any, values: np.ndarray) -> np.ndarray:
    return np.isin(values, threshold) if isinstance(threshold, list) else values <= float(threshold)


def _leaves(tree: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """The leaf of each row, all rows walking down together."""
    at = np.full(len(x), 0 if tree["feature"] else -1)
    while (at >= 0).any():
        for node in np.unique(at[at >= 0]):
            here = np.flatnonzero(at == node)
            values = x[here, tree["feature"][node]]
            left = np.where(np.isnan(values), tree["missing_left"][node] == 1, _goes_left(tree["threshold"][node], values))
            at[here] = np.where(left, tree["left"][node], tree["right"][node])
    return -1 - at


def _transformed(sums: np.ndarray, transform: dict[str, Any]) -> np.ndarray:
    kind = transform["kind"]
    if kind == "exponential":
        return np.exp(sums)
    if kind == "sigmoid":
        return 1 / (1 + np.exp(-transform["slope"] * sums))
    if kind == "softmax":
        raised = np.exp(sums - sums.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)
    return sums

"""Honest metrics of a model: overlapping labels do not count twice."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

import numpy as np

from .calibration import SMALLEST
from .outcomes import Sides
from .rows import Rows


def effective_n(rows: Rows) -> float:
    """Sum of the labels' average uniqueness: each label counts by the mean of 1 / (labels alive) over its life."""
    grid = np.unique(np.concatenate([rows.close_time, rows.label_time]))
    begin = np.searchsorted(grid, rows.close_time)
    end = np.searchsorted(grid, rows.label_time)
    alive = np.cumsum(np.bincount(begin, minlength=len(grid)) - np.bincount(end, minlength=len(grid)))[:-1]
    length = np.diff(grid).astype(np.float64)
    share = np.concatenate([[0.0], np.cumsum(length / np.maximum(alive, 1))])
    return float(((share[end] - share[begin]) / (rows.label_time - rows.close_time)).sum())


def wilson(hits: float, n: float, z: float = 1.959964) -> tuple[float, float]:
    """95 % Wilson interval of a share `hits` measured on `n` independent cases."""
    middle = (hits + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(hits * (1 - hits) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def class_scores(p: np.ndarray, classes: np.ndarray, frequencies: np.ndarray) -> dict[str, float]:
    """Mean negative log likelihood of the classes that came, beside that of constant `frequencies`."""
    constant = np.tile(frequencies, (len(p), 1))
    losses = [-np.log(np.clip(each[np.arange(len(p)), classes], SMALLEST, 1)).mean() for each in (p, constant)]
    return {"log_loss": round(float(losses[0]), 5), "base_log_loss": round(float(losses[1]), 5)}


def span_metrics(right: np.ndarray, rows: Rows, scores: dict[str, float]) -> dict[str, Any]:
    """`metrics` of a manifest: share of `right` rows with its interval on the effective n, other scores, and the time that the rows span."""
    hits = float(right.mean())
    n_effective = effective_n(rows)
    low, high = wilson(hits, n_effective)
    return {
        "accuracy": round(hits, 4),
        **scores,
        "n": len(rows),
        "n_effective": round(n_effective, 1),
        "interval": [round(low, 4), round(high, 4)],
        "window": [_moment(int(rows.close_time[0])), _moment(int(rows.label_time[-1]))],
    }


def acting_metrics(sides: Sides, rows: Rows, rule: tuple[float, float, float]) -> dict[str, Any]:
    """Share of bars acted on, and how often that paid after cost; `rule` = (what BUY needs, what SELL needs, cost as a share)."""
    buy_at, sell_at, cost = rule
    buy, sell = sides.acted((buy_at, sell_at))
    acted = int(buy.sum() + sell.sum())
    metrics: dict[str, Any] = {"coverage": round(acted / len(rows), 4)}
    if acted:
        paid = (rows.forward_return[buy] > cost).sum() + (-rows.forward_return[sell] > cost).sum()
        metrics["hit_rate_after_cost"] = round(float(paid) / acted, 4)
    return metrics

"""Platt and temperature scaling, and the probabilities that the server will see."""

from __future__ import annotations

from typing import Any

import numpy as np

SMALLEST = 1e-15


def logit(p: np.ndarray) -> np.ndarray:
    """ln(p / (1 - p)), with p kept 1e-15 away from 0 and 1 as the server does."""
    p = np.clip(p, SMALLEST, 1 - SMALLEST)
    return np.log(p / (1 - p))


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-z)."""
    return 1 / (1 + np.exp(-z))


def fit_slope(p: np.ndarray, y: np.ndarray, smallest: float = 0.05) -> dict[str, Any]:
    """
    Platt scaling sigmoid(a * logit(p)) by maximum likelihood for labels y (0 or 1), by Newton steps. The shift stays 0: the share of rises on a few weeks of
    validation says more of those weeks than of the next. The slope is kept at `smallest` or above: a negative one would turn the model's order round.
    """
    z, slope = logit(p), 1.0
    for _ in range(100):
        q = sigmoid(slope * z)
        step = float((z * (y - q)).sum() / ((z * z * q * (1 - q)).sum() + 1e-9))
        slope += float(np.clip(step, -1, 1))
        if abs(step) < 1e-10:
            break
    return {"kind": "platt", "a": round(max(slope, smallest), 6), "b": 0.0}


def fit_temperature(p: np.ndarray, classes: np.ndarray) -> dict[str, Any]:
    """Temperature scaling softmax(ln(p) / t) by maximum likelihood over a fine grid from 0.2 to 20, for rows of several classes. The order of classes stays as it is."""
    grid = np.geomspace(0.2, 20, 461)
    losses = [-np.log(_tempered(p, t)[np.arange(len(p)), classes]).mean() for t in grid]
    return {"kind": "temperature", "t": round(float(grid[int(np.argmin(losses))]), 6)}


def fitted(p: np.ndarray, outcome: np.ndarray) -> dict[str, Any] | None:
    """The calibration of a model's outputs: a slope for two classes, a temperature for several, none for amounts."""
    if p.shape[1] == 1:
        return None
    return fit_slope(p[:, 1], outcome) if p.shape[1] == 2 else fit_temperature(p, outcome)


def calibrated(spec: dict[str, Any] | None, p: np.ndarray) -> np.ndarray:
    """Outputs as the server calibrates them; what `fitted` gives is known here."""
    if spec is None:
        return p
    if spec["kind"] == "temperature":
        return _tempered(p, spec["t"])
    up = sigmoid(spec["a"] * logit(p[:, 1]) + spec["b"])
    return np.column_stack([1 - up, up])


def _tempered(p: np.ndarray, t: float) -> np.ndarray:
    z = np.log(np.clip(p, SMALLEST, 1)) / t
    raised = np.exp(z - z.max(axis=1, keepdims=True))
    return np.clip(raised / raised.sum(axis=1, keepdims=True), SMALLEST, 1)

"""Platt scaling, and the probabilities that the server will see."""

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


def calibrated(spec: dict[str, Any], p: np.ndarray) -> np.ndarray:
    """Probability of the second class as the server calibrates it; `none` and `platt` are known here."""
    if spec["kind"] == "none":
        return p
    return sigmoid(spec["a"] * logit(p) + spec["b"])

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


def fit_platt(p: np.ndarray, y: np.ndarray, smallest_slope: float = 0.05) -> dict[str, Any]:
    """
    Maximum likelihood a, b of sigmoid(a * logit(p) + b) for labels y (0 or 1), by Newton steps. The slope is kept at `smallest_slope` or above: a negative one
    would turn the model's order round on the strength of noise.
    """
    slope, shift = _newton(logit(p), y, None)
    if slope < smallest_slope:
        slope, shift = _newton(logit(p), y, smallest_slope)
    return {"kind": "platt", "a": round(float(slope), 6), "b": round(float(shift), 6)}


def _newton(z: np.ndarray, y: np.ndarray, fixed_slope: float | None) -> tuple[float, float]:
    design = np.column_stack([z, np.ones_like(z)])
    offset = np.zeros_like(z)
    if fixed_slope is not None:
        design, offset = design[:, 1:], fixed_slope * z
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        p = sigmoid(design @ weights + offset)
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + 1e-9 * np.eye(len(weights))
        step = np.linalg.solve(hessian, design.T @ (y - p))
        weights = weights + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return (fixed_slope, weights[0]) if fixed_slope is not None else (weights[0], weights[1])


def calibrated(spec: dict[str, Any], p: np.ndarray) -> np.ndarray:
    """Probability of the second class as the server calibrates it; `none` and `platt` are known here."""
    if spec["kind"] == "none":
        return p
    return sigmoid(spec["a"] * logit(p) + spec["b"])

"""How often acting pays, by the probability of the side that is acted on."""

from __future__ import annotations

import numpy as np

from .outcomes import Sides


def isotonic(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pool adjacent violators: means of x and of y per block, the latter not falling. Equal x are pooled first."""
    order = np.argsort(x, kind="stable")
    xs, start = np.unique(x[order], return_index=True)
    weights = np.diff(np.append(start, len(x))).astype(np.float64)
    means = np.add.reduceat(y[order].astype(np.float64), start) / weights
    blocks: list[list[float]] = []  # [sum of x, sum of y, weight]
    for at, mean, weight in zip(xs, means, weights):
        blocks.append([at * weight, mean * weight, weight])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][2] >= blocks[-1][1] * blocks[-2][2]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last)]
    table = np.array(blocks)
    return table[:, 0] / table[:, 2], table[:, 1] / table[:, 2]


def reliability_table(sides: Sides, forward_return: np.ndarray, cost: float, bins: int = 20) -> dict[str, list[float]]:
    """
    Chance that acting pays after `cost` (a share, 0.0008 = 8 bps), by how strongly the side speaks: every row counts twice, as BUY and as SELL; of a predicted amount only
    the side that it is for. The pairs are pooled into equal-mass bins before the isotonic fit, so that no knot rests on a handful of rows.
    """
    side = np.concatenate([sides.buy, sides.sell])
    pays = np.concatenate([forward_return > cost, -forward_return > cost]).astype(np.float64)
    side, pays = side[side >= 0], pays[side >= 0]
    order = np.argsort(side, kind="stable")
    parts = [part for part in np.array_split(order, min(bins, len(order))) if len(part)]
    x, y = isotonic(np.array([side[part].mean() for part in parts]), np.array([pays[part].mean() for part in parts]))
    return _table(x, y)


def _table(x: np.ndarray, y: np.ndarray) -> dict[str, list[float]]:
    x, y = np.array([float(f"{knot:.6g}") for knot in x]), np.round(y, 4)
    x, keep = np.unique(x, return_index=True)
    y = y[keep]
    if len(x) == 1:  # the fit is flat: two knots that say so
        x, y = np.array([0.0, 1.0]), np.array([y[0], y[0]])
    return {"probability": x.tolist(), "success": y.tolist()}

"""How long a single row takes."""

from __future__ import annotations

import time

import numpy as np

from .source import Predict

CALLS = 200
SECONDS = 0.5


def median_microseconds(predict: Predict, rows: np.ndarray) -> float:
    """Median time of a call for one row, over the rows in turn: 200 calls or half a second of them, after three that do not count."""
    taken: list[float] = []
    end = time.perf_counter() + SECONDS
    for at in range(CALLS + 3):
        row = rows[at % len(rows) : at % len(rows) + 1]
        begin = time.perf_counter()
        predict(row)
        now = time.perf_counter()
        taken.append(now - begin)
        if now > end and at >= 5:
            break
    return float(np.median(taken[3:])) * 1e6

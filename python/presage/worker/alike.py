"""Batch sizes at which a model gives a row the same bits: matrix products take other ways for one row than for many."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

import numpy as np

# Beyond this a row gets hardly cheaper, and a call needs more memory.
MOST_ROWS = 64
# Fewer rows would be no evidence.
LEAST_ROWS = 4
TIMED_ROWS = 16
MOST_VALUES = 1 << 20
GRAINS = (1, 2, 4, 8)
BUDGET_MS = 1_000

Answer = Callable[[np.ndarray], np.ndarray]


class Size(NamedTuple):
    """Rows of one call, and the least ms that one took."""

    rows: int
    ms: float


class _Seen(NamedTuple):
    """What one size answered; no outputs where the model fails at it, or where a row's output depends on its place or its neighbours."""

    size: Size
    outputs: np.ndarray | None


def _now_ms() -> float:
    return time.perf_counter() * 1000


def _power_below(value: float) -> int:
    """The largest power of two that is not above a value, at least 1."""
    return 1 << max(0, int(value).bit_length() - 1)


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether values are the same to the last bit; NaN is NaN."""
    return a.shape == b.shape and bool(((a.view(np.int64) == b.view(np.int64)) | (np.isnan(a) & np.isnan(b))).all())


def _probes(count: int, columns: int) -> list[np.ndarray]:
    """Repeatable rows within about 0.1, 1 and 10 by turns, since a saturated output shows no last bits: with missing values, without, and without negative ones."""
    random = np.random.default_rng(1)
    full = random.normal(size=(count, columns)) * 10.0 ** (np.arange(count) % 3 - 1)[:, None]
    gaps = random.random(full.shape) < 0.1
    return [np.where(gaps, np.nan, full), full, np.abs(full)]


def _in_steps(answer: Answer, rows: np.ndarray, size: int) -> tuple[np.ndarray, float]:
    parts, least = [], np.inf
    for at in range(0, len(rows), size):
        # A model may change its rows, and answer with the same array each time.
        given, before = rows[at : at + size].copy(), _now_ms()
        parts.append(answer(given).copy())
        least = min(least, _now_ms() - before)
    return np.concatenate(parts), least


def _see(answer: Answer, rows: np.ndarray, size: int) -> _Seen:
    """A size proven on all rows, and again with each at an odd distance from where it stood, among others."""
    elsewhere = (7 * np.arange(len(rows)) + 3) % len(rows)
    try:
        there, ms = _in_steps(answer, rows, size)
        again, ms_again = _in_steps(answer, rows[elsewhere], size)
    except BaseException:  # the model is foreign code
        return _Seen(Size(size, np.inf), None)
    return _Seen(Size(size, min(ms, ms_again)), there if same_bits(there[elsewhere], again) else None)


def _answers(answer: Answer, rows: np.ndarray) -> bool:
    try:
        _in_steps(answer, rows, LEAST_ROWS)
    except BaseException:  # the model is foreign code
        return False
    return True


def _alike_from(grain: int, seen: Sequence[_Seen]) -> list[Size]:
    """The longest run of sizes from `grain` on that answer alike."""
    run = [each for each in seen if each.size.rows >= grain]
    first = run[0].outputs if run else None
    if first is None:
        return []
    return [each.size for each in takewhile(lambda each: each.outputs is not None and same_bits(each.outputs, first), run)]


def _affordable_rows(answer: Answer, columns: int, single_ms: float) -> int:
    """How many rows each size can be proven on: all sizes together call the model four times a row, and compute each row twice per size."""
    if TIMED_ROWS * single_ms > BUDGET_MS:
        return 1
    try:
        _, several_ms = _in_steps(answer, np.zeros((TIMED_ROWS, columns)), TIMED_ROWS)
    except BaseException:  # the model is foreign code
        return 1
    row_ms = max(0.0, several_ms - single_ms) / TIMED_ROWS
    most = BUDGET_MS / (4 * single_ms + 2 * MOST_ROWS.bit_length() * row_ms)
    return _power_below(min(most, MOST_ROWS, MOST_VALUES // columns))


def prove_sizes(answer: Answer, columns: int) -> list[Size]:
    """
    The sizes, ascending powers of two, at which each row gets the same bits wherever it stands, proven on made-up rows in about a second. A model that is slow, takes
    no such rows, or differs is left with single rows. A smallest size above 1 means that fewer rows must be filled up to it.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        _, single_ms = _in_steps(answer, np.zeros((2, columns)), 1)
        alone = [Size(1, single_ms)]
        count = _affordable_rows(answer, columns, single_ms)
        if count < LEAST_ROWS:
            return alone
        rows = next((rows for rows in _probes(count, columns) if _answers(answer, rows)), None)
        if rows is None:
            return alone
        seen = [_see(answer, rows, 1 << power) for power in range(count.bit_length())]
    return max((alone, *(_alike_from(grain, seen) for grain in GRAINS)), key=lambda run: run[-1].rows if run else 0)


def plan_cuts(sizes: Sequence[Size]) -> list[int]:
    """The size of the next call by the number of rows that are left, up to the largest size: the cheapest in sum. The last call may be larger than what is left, to be filled up."""
    cost, chosen = [0.0], [0]
    for left in range(1, sizes[-1].rows + 1):
        best = min(sizes, key=lambda size: size.ms + cost[max(0, left - size.rows)])
        cost.append(best.ms + cost[max(0, left - best.rows)])
        chosen.append(best.rows)
    return chosen

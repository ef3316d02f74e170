"""Batch sizes at which a model gives a row the same bits: matrix products take other ways for one row than for many."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

# Beyond this a row gets hardly cheaper, and a call needs more memory.
MOST_ROWS = 64
# Fewer rows would be no evidence: of models of few inputs that differ, one row in eight does, so that 64 miss one in 5,000 of them. Some differ in one row of a hundred.
LEAST_PROBES = 64
MOST_PROBES = 512
# Tried with each kind of made-up rows, to see which a model takes.
# So many rows are tried in a call with each kind of made-up rows, to see which a model takes.
FEW_ROWS = 4
TIMED_ROWS = 16
MOST_VALUES = 1 << 20
SIZES = [1 << power for power in range(MOST_ROWS.bit_length())]
GRAINS = (1, 2, 4, 8, 16)
BUDGET_MS = 2_000
# In the order in which they are looked at. The largest makes rows cheap, and at two a row mostly has the bits of many: those, and one between, are worth more time than is usual.
IN_ORDER = (64, 2, 8, 16, 4, 32, 1)
WORTH_MORE, WORTH_MS = IN_ORDER[:3], 5_000
# The longest that a call of many rows may take in place of one of a single row, where all calls are of one size: so many times as long, or so many ms more.
MOST_TIMES, MOST_MORE_MS = 1.25, 0.25

Answer = Callable[[np.ndarray], np.ndarray]
Clock = Callable[[], float]


class Size(NamedTuple):
    """Rows of one call, and the least ms that one took."""

    rows: int
    ms: float


class _Seen(NamedTuple):
    """What one size answered; no outputs where the model fails at it, or where a row's output depends on its place or its neighbours."""

    size: Size
    outputs: np.ndarray | None


def effort_ms() -> float:
    """Time as a model takes it: that of processors whole, and a fifth of the rest, since what others do on the machine must not change which sizes are proven."""
    return (time.process_time() + (time.perf_counter() - time.process_time()) / 5) * 1000


def wall_ms() -> float:
    """Time as a caller sees it, who waits for a graphics card as well."""
    return time.perf_counter() * 1000


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether values are the same to the last bit; NaN is NaN."""
    return a.shape == b.shape and bool(((a.view(np.int64) == b.view(np.int64)) | (np.isnan(a) & np.isnan(b))).all())


def _probes(count: int, columns: int) -> list[np.ndarray]:
    """Repeatable rows within about 0.3, 1 and 3 by turns, since a saturated output shows no last bits: with missing values in some rows, without, and without negative ones."""
    random = np.random.default_rng(1)
    full = random.normal(size=(count, columns)) * np.array([0.3, 1, 3])[np.arange(count) % 3, None]
    # So few that calls with and without them are seen at the sizes that may come first.
    gaps = (np.arange(count) % (2 * GRAINS[-1]) == 5)[:, None] & (random.random(full.shape) < 0.5)
    return [np.where(gaps, np.nan, full), full, np.abs(full)]


def _in_steps(answer: Answer, rows: np.ndarray, size: int, clock: Clock) -> tuple[np.ndarray, float]:
    """Outputs of rows, `size` in a call, and the least ms of one."""
    parts, least = [], np.inf
    for at in range(0, len(rows), size):
        # A model may change its rows, and answer with the same array each time.
        given, before = rows[at : at + size].copy(), clock()
        parts.append(answer(given).copy())
        least = min(least, clock() - before)
    return np.concatenate(parts), least


def _see(answer: Answer, rows: np.ndarray, size: int, clock: Clock) -> _Seen:
    """A size proven on all rows, and again with each at an odd distance from where it stood, among others."""
    elsewhere = (7 * np.arange(len(rows)) + 3) % len(rows)
    try:
        there, ms = _in_steps(answer, rows, size, clock)
        again, ms_again = _in_steps(answer, rows[elsewhere], size, clock)
    except BaseException:  # the model is foreign code
        return _Seen(Size(size, np.inf), None)
    return _Seen(Size(size, min(ms, ms_again)), there if same_bits(there[elsewhere], again) else None)


def _answers(answer: Answer, rows: np.ndarray) -> bool:
    try:
        _in_steps(answer, rows, FEW_ROWS, effort_ms)
    except BaseException:  # the model is foreign code
        return False
    return True


def _are_alike(one: _Seen, other: _Seen) -> bool:
    """Whether two sizes gave the rows that both computed the same bits."""
    if one.outputs is None or other.outputs is None:
        return False
    both = min(len(one.outputs), len(other.outputs))
    return same_bits(one.outputs[:both], other.outputs[:both])


def _alike_from(grain: int, seen: Sequence[_Seen]) -> list[Size]:
    """The sizes from `grain` on that answer as it does."""
    alike: list[_Seen] = []
    for each in seen:
        if each.size.rows == grain and each.outputs is not None or alike and _are_alike(alike[-1], each):
            alike.append(each)
    return [each.size for each in alike]


class _Costs(NamedTuple):
    """Ms of a call with one row, and of each row more."""

    call_ms: float
    row_ms: float

    def calls_ms(self, size: int, rows: int) -> float:
        """What so many rows take, `size` in a call."""
        return rows / size * (self.call_ms + (size - 1) * self.row_ms)


def _least_ms(answer: Answer, rows: np.ndarray, clock: Clock) -> float:
    """The least ms of a few calls with all the rows, of one if it takes long."""
    taken: list[float] = []
    while len(taken) < 3 and sum(taken) <= BUDGET_MS / 4:
        taken.append(_in_steps(answer, rows, len(rows), clock)[1])
    return min(taken)


def _costs(answer: Answer, columns: int, clock: Clock) -> _Costs:
    """What calls take; rows of a model so slow that several are not tried take for ever."""
    zeros = np.zeros((TIMED_ROWS, columns))
    single_ms = _least_ms(answer, zeros[:1], clock)
    if TIMED_ROWS * single_ms > WORTH_MS / 2:
        return _Costs(single_ms, np.inf)
    try:
        several_ms = _least_ms(answer, zeros, clock)
    except BaseException:  # the model is foreign code
        several_ms = TIMED_ROWS * single_ms
    return _Costs(single_ms, max(0.0, several_ms - single_ms) / (TIMED_ROWS - 1))


def _probe_counts(costs: _Costs, columns: int) -> dict[int, int]:
    """On how many rows each size is proven, a power of two, twice; sizes for which there is no time are left out."""
    most = min(MOST_PROBES, max(MOST_VALUES // columns, LEAST_PROBES))
    counts: dict[int, int] = {}
    spent = costs.calls_ms(FEW_ROWS, MOST_ROWS)
    for size in IN_ORDER:
        spent_then = spent + 2 * costs.calls_ms(size, LEAST_PROBES)
        if spent_then <= (WORTH_MS if size in WORTH_MORE else BUDGET_MS):
            counts[size], spent = LEAST_PROBES, spent_then
    for count in (LEAST_PROBES << times for times in range((MOST_PROBES // LEAST_PROBES).bit_length() - 1)):
        for size in counts:
            spent_then = spent + 2 * costs.calls_ms(size, count)
            if counts[size] == count and 2 * count <= most and spent_then <= BUDGET_MS:
                counts[size], spent = 2 * count, spent_then
    return dict(sorted(counts.items()))


def _are_dear(sizes: Sequence[Size], call_ms: float) -> bool:
    """Whether filling a lone row up to the smallest size costs more than twice its time, or more than rows gain at the largest."""
    smallest, largest = sizes[0], sizes[-1]
    return smallest.ms > 2 * call_ms or smallest.ms * largest.ms > largest.rows * call_ms * call_ms


def _only_size(seen: Sequence[_Seen]) -> list[Size]:
    """The largest size that gives rows the same bits wherever they stand, and costs a lone row little."""
    alike = [each.size for each in seen if each.outputs is not None]
    least = min((size.ms for size in alike), default=0.0)
    most = max(MOST_TIMES * least, least + MOST_MORE_MS)
    return [size for size in alike if size.ms <= most][-1:]


def prove_sizes(answer: Answer, columns: int, clock: Clock = effort_ms, one_size: bool = False) -> list[Size]:
    """
    The sizes, ascending powers of two, at which each row gets the same bits wherever it stands, proven on made-up rows in about two seconds, up to five where it takes that for those that matter. A model that is slow, takes
    no such rows, or differs is left with single rows. A smallest size above 1 means that fewer rows must be filled up to it.
    With `one_size` it is one: libraries for graphics cards choose for each size what to compute it with, and what they choose may agree on all made-up rows and yet on not all others.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        costs = _costs(answer, columns, clock)
        counts = _probe_counts(costs, columns)
        probes = _probes(max(counts.values(), default=0), columns)
        rows = next((rows for rows in probes if _answers(answer, rows[:MOST_ROWS])), None)
        seen = [] if rows is None else [_see(answer, rows[:count], size, clock) for size, count in counts.items()]
    if one_size:
        return _only_size(seen) or [Size(1, 0.0)]
    best = max((_alike_from(grain, seen) for grain in GRAINS), key=lambda sizes: (sizes[-1].rows, len(sizes)) if sizes else (0, 0))
    if best and _are_dear(best, costs.call_ms) and not counts.keys() >= {size for size in SIZES if size < best[0].rows}:
        return [Size(1, 0.0)]
    return best or [Size(1, 0.0)]


def plan_cuts(sizes: Sequence[Size]) -> list[int]:
    """The size of the next call by the number of rows that are left, up to the largest size: the cheapest in sum, of equals the smallest. The last call may be larger than what is left, to be filled up."""
    # More rows never take less time but by the noise of measuring, which must not fill calls up.
    least = [Size(size.rows, min(larger.ms for larger in sizes[at:])) for at, size in enumerate(sizes)]
    cost, chosen = [0.0], [0]
    for left in range(1, sizes[-1].rows + 1):
        best = min(least, key=lambda size: size.ms + cost[max(0, left - size.rows)])
        cost.append(best.ms + cost[max(0, left - best.rows)])
        chosen.append(best.rows)
    return chosen

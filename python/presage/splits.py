"""Splits in time without leakage."""

from __future__ import annotations

from numbers import Real

import numpy as np

from .errors import BundleError
from .evidence import Parts
from .rows import Rows


def split_by_time(rows: Rows, borders_ms: tuple[int, int], embargo_ms: int) -> Parts:
    """
    Rows before the first border train, rows from the second one test. Purged: a row whose label was not known `embargo_ms` before the next part begins is dropped.
    Raises BundleError if a part is empty, or the embargo reaches back.
    """
    first, second = borders_ms
    if not (isinstance(embargo_ms, Real) and embargo_ms >= 0):
        raise BundleError(f"embargo_ms {embargo_ms!r}: 0 or more milliseconds, such as 3_600_000 for an hour")
    train = rows.take(rows.label_time + embargo_ms <= first)
    middle = (rows.close_time >= first) & (rows.label_time + embargo_ms <= second)
    parts = Parts(train, rows.take(middle), rows.take(rows.close_time >= second))
    for name in ("train", "validation", "test"):
        if len(getattr(parts, name)) == 0:
            raise BundleError(f"the {name} part is empty: move the borders")
    return parts


def borders_at(rows: Rows, shares: tuple[float, float]) -> tuple[int, int]:
    """Close times at two shares of the rows, e.g. (0.6, 0.8). Raises BundleError if there are no rows, or the shares do not rise between 0 and 1."""
    pair = shares if isinstance(shares, (tuple, list, np.ndarray)) and len(shares) == 2 else (0, 0)
    if not (all(isinstance(share, Real) for share in pair) and 0 < pair[0] < pair[1] < 1):
        raise BundleError(f"borders at {shares}: two rising shares between 0 and 1, such as (0.6, 0.8)")
    if len(rows) == 0:
        raise BundleError("there are no rows to split: export more with `presage features export`")
    at = (np.array(pair) * len(rows)).astype(int)
    return int(rows.close_time[at[0]]), int(rows.close_time[at[1]])

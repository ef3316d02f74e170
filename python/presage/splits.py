"""Splits in time without leakage."""

from __future__ import annotations

import numpy as np

from .errors import BundleError
from .evidence import Parts
from .rows import Rows


def split_by_time(rows: Rows, borders_ms: tuple[int, int], embargo_ms: int) -> Parts:
    """
    Rows before the first border train, rows from the second one test. Purged: a row whose label was not known `embargo_ms` before the next part begins is dropped.
    Raises BundleError if a part is empty.
    """
    first, second = borders_ms
    train = rows.take(rows.label_time + embargo_ms <= first)
    middle = (rows.close_time >= first) & (rows.label_time + embargo_ms <= second)
    parts = Parts(train, rows.take(middle), rows.take(rows.close_time >= second))
    for name in ("train", "validation", "test"):
        if len(getattr(parts, name)) == 0:
            raise BundleError(f"the {name} part is empty: move the borders")
    return parts


def borders_at(rows: Rows, shares: tuple[float, float]) -> tuple[int, int]:
    """Close times at two shares of the rows, e.g. (0.6, 0.8). Raises BundleError if there are no rows, or the shares do not rise between 0 and 1."""
    first, second = shares
    if not 0 < first < second < 1:
        raise BundleError(f"borders at {shares}: two rising shares between 0 and 1, such as (0.6, 0.8)")
    if len(rows) == 0:
        raise BundleError("there are no rows to split: export more with `presage features export`")
    at = (np.array(shares) * len(rows)).astype(int)
    return int(rows.close_time[at[0]]), int(rows.close_time[at[1]])

"""Reads training matrices that `presage features export` wrote."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import BundleError
from .rows import Rows


@dataclass(frozen=True)
class Matrix:
    """One exported matrix: its rows (window 1), its feature ids in column order, and what was written beside it."""

    rows: Rows
    features: list[str]
    feature_set_digest: str
    about: dict[str, Any]


def read_matrix(path: str | Path) -> Matrix:
    """Reads `path` (CSV) and `path`.json; raises BundleError if the two do not belong together."""
    path = Path(path)
    about = json.loads(path.with_name(path.name + ".json").read_text())
    with path.open(newline="") as file:
        lines = csv.reader(file)
        header = next(lines)
        if header != ["close_time", "as_of", *about["ids"], "r", "label", "label_time"]:
            raise BundleError(f"{path} and {path.name}.json name different columns: export again")
        cells = [[line[0], *line[2:-3], line[-3], line[-1]] for line in lines]
    values = np.array(cells, dtype=np.float64)
    if len(values) != about["counts"]["rows"]:
        raise BundleError(f"{path} has {len(values)} rows, {path.name}.json says {about['counts']['rows']}: export again")
    rows = Rows(values[:, 1:-2].copy(), values[:, -2], values[:, 0].astype(np.int64), values[:, -1].astype(np.int64))
    return Matrix(rows, list(about["ids"]), about["feature_set_digest"], about)


def windows(rows: Rows, length: int, step_ms: int) -> Rows:
    """Rows whose x holds the last `length` vectors, oldest first; only where those follow each other by exactly `step_ms`."""
    ends = np.arange(length - 1, len(rows))
    span = rows.close_time[ends] - rows.close_time[ends - length + 1]
    ends = ends[span == step_ms * (length - 1)]
    index = ends[:, None] + np.arange(1 - length, 1)[None, :]
    at_end = rows.take(ends)
    return Rows(rows.x[index].reshape(len(ends), -1), at_end.forward_return, at_end.close_time, at_end.label_time)

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


CELLS = {"": "nan", "true": "1", "false": "0"}


@dataclass(frozen=True)
class Matrix:
    """One exported matrix: its rows (window 1), its feature ids in column order, and what was written beside it."""

    rows: Rows
    features: list[str]
    feature_set_digest: str
    about: dict[str, Any]


def read_matrix(path: str | Path, symbol: str | None = None) -> Matrix:
    """Reads `path` (.csv or .parquet, which needs pyarrow) and `path`.json: the rows of one symbol, which must be named where there are several; raises BundleError if the two do not belong together."""
    path = Path(path)
    about = json.loads(path.with_name(path.name + ".json").read_text())
    expected = ["symbol", "close_time", "as_of", *about["ids"], *about["labels"]["columns"]]
    table = _read_parquet(path, expected) if path.suffix == ".parquet" else _read_csv(path, expected)
    count = len(table["close_time"])
    if count != about["counts"]["rows"]:
        raise BundleError(f"{path} has {count} rows, {path.name}.json says {about['counts']['rows']}: export again")
    chosen = _rows_of(symbol, about["symbols"], table["symbol"])
    x = np.column_stack([table[name][chosen] for name in about["ids"]]) if about["ids"] else np.empty((int(chosen.sum()), 0))
    times = [table[name][chosen].astype(np.int64) for name in ("close_time", "label_landing")]
    return Matrix(Rows(x, table["r"][chosen], *times), list(about["ids"]), about["feature_set_digest"], about)


def _rows_of(symbol: str | None, symbols: list[str], column: np.ndarray) -> np.ndarray:
    """A mask over the rows of one symbol."""
    if symbol is None and len(symbols) > 1:
        raise BundleError(f"the matrix has rows of {', '.join(symbols)}: say which, e.g. read_matrix(path, symbol={symbols[0]!r})")
    if symbol is not None and symbol not in symbols:
        raise BundleError(f"the matrix has no rows of {symbol}, only of {', '.join(symbols)}")
    return column == (symbol or symbols[0])


def _check_header(path: Path, header: list[str], expected: list[str]) -> None:
    if header != expected:
        raise BundleError(f"{path} and {path.name}.json name different columns: export again")


def _read_csv(path: Path, expected: list[str]) -> dict[str, np.ndarray]:
    """Columns by name: numbers, and the texts of `symbol`. An empty cell is NaN."""
    with path.open(newline="") as file:
        lines = csv.reader(file)
        _check_header(path, next(lines), expected)
        columns = list(zip(*lines)) or [()] * len(expected)
    numbers = {name: np.array([CELLS.get(cell, cell) for cell in column], dtype=np.float64) for name, column in zip(expected[3:], columns[3:])}
    return {"symbol": np.array(columns[0], dtype=object), "close_time": np.array(columns[1], dtype=np.int64), **numbers}


def _read_parquet(path: Path, expected: list[str]) -> dict[str, np.ndarray]:
    """As `_read_csv`; null is NaN."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise BundleError(f"{path} is Parquet, which needs pyarrow (pip install pyarrow); or export to .csv") from error
    table = pyarrow.parquet.read_table(path, partitioning=None)
    _check_header(path, table.column_names, expected)
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in expected if name != "as_of"}
    return {name: values if name in ("symbol", "close_time") else values.astype(np.float64) for name, values in columns.items()}


def windows(rows: Rows, length: int, step_ms: int) -> Rows:
    """Rows whose x holds the last `length` vectors, oldest first; only where those follow each other by exactly `step_ms`."""
    ends = np.arange(length - 1, len(rows))
    span = rows.close_time[ends] - rows.close_time[ends - length + 1]
    ends = ends[span == step_ms * (length - 1)]
    index = ends[:, None] + np.arange(1 - length, 1)[None, :]
    at_end = rows.take(ends)
    return Rows(rows.x[index].reshape(len(ends), -1), at_end.forward_return, at_end.close_time, at_end.label_time)

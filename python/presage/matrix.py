"""Reads training matrices that `presage features export` wrote."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import BundleError, reading
from .rows import Rows
from .sidecar import EXPORT_AGAIN, read_sidecar

CELLS = {"": "nan", "true": "1", "false": "0"}


@dataclass(frozen=True)
class Matrix:
    """One exported matrix: its rows (window 1), its feature ids in column order, and what was written beside it."""

    rows: Rows
    features: list[str]
    feature_set_digest: str
    about: dict[str, Any]


def read_matrix(path: str | Path, symbol: str | None = None) -> Matrix:
    """Reads `path` (.csv or .parquet, which needs pyarrow) and `path`.json: the rows of one symbol, which must be named where there are several; raises BundleError if one of the two is not there or damaged, or they do not belong together."""
    path = Path(path)
    if not path.is_file():
        raise BundleError(f"{path} is not there: write it with `presage features export`")
    about = read_sidecar(path)
    expected = ["symbol", "close_time", "as_of", *about["ids"], *about["labels"]["columns"]]
    with reading(path, "a matrix", EXPORT_AGAIN):
        table = _read_parquet(path, expected) if path.suffix == ".parquet" else _read_csv(path, expected)
    count = len(table["close_time"])
    if count != about["counts"]["rows"]:
        raise BundleError(f"{path} has {count} rows, {path.name}.json says {about['counts']['rows']}: {EXPORT_AGAIN}")
    chosen = _rows_of(symbol, about["symbols"], table["symbol"])
    x = np.column_stack([table[name][chosen] for name in about["ids"]]) if about["ids"] else np.empty((int(chosen.sum()), 0))
    times = [table[name][chosen].astype(np.int64) for name in ("close_time", "label_landing")]
    return Matrix(Rows(x, table["r"][chosen], *times), list(about["ids"]), about["feature_set_digest"], about)


def _rows_of(symbol: str | None, symbols: list[str], column: np.ndarray) -> np.ndarray:
    """A mask over the rows of one symbol."""
    if symbol is None and len(symbols) > 1:
        raise BundleError(f"the matrix has rows of {', '.join(symbols)}: name one with --symbol {symbols[0]} (in Python: read_matrix(path, symbol={symbols[0]!r}))")
    if symbol is not None and symbol not in symbols:
        raise BundleError(f"the matrix has no rows of {symbol}, only of {', '.join(symbols)}")
    return column == (symbol or symbols[0])


def _check_header(path: Path, header: list[str], expected: list[str]) -> None:
    if header != expected:
        raise BundleError(f"{path} and {path.name}.json name different columns: {EXPORT_AGAIN}")


def _read_csv(path: Path, expected: list[str]) -> dict[str, np.ndarray]:
    """Columns by name: numbers, and the texts of `symbol`. An empty cell is NaN."""
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        _check_header(path, next(lines, []), expected)
        rows = list(lines)
    for line, row in enumerate(rows, start=2):
        if len(row) != len(expected):
            raise BundleError(f"{path} has {len(row)} cells in line {line} for {len(expected)} columns: {EXPORT_AGAIN}")
    columns = dict(zip(expected, zip(*rows) if rows else [()] * len(expected)))
    kinds = {name: np.int64 if name == "close_time" else np.float64 for name in expected if name not in ("symbol", "as_of")}
    return {"symbol": np.array(columns["symbol"], dtype=object)} | {name: _numbers(path, (name, columns[name]), kind) for name, kind in kinds.items()}


def _numbers(path: Path, column: tuple[str, Sequence[str]], kind: type[np.generic]) -> np.ndarray:
    """The cells of a named column; raises BundleError with the place of the first that is no such number."""
    name, cells = column
    try:
        return np.array([CELLS.get(cell, cell) for cell in cells], dtype=kind)
    except ValueError:
        line, cell = next((line, cell) for line, cell in enumerate(cells, start=2) if not _is_number(CELLS.get(cell, cell), kind))
        wanted = "whole number" if kind is np.int64 else "number"
        raise BundleError(f"{path} has {cell[:40]!r} in line {line}, column {name}, where a {wanted} must stand: {EXPORT_AGAIN}") from None


def _is_number(text: str, kind: type[np.generic]) -> bool:
    try:
        np.array([text], dtype=kind)
    except ValueError:
        return False
    return True


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
    """Rows whose x holds the last `length` vectors, oldest first; only where those follow each other by exactly `step_ms`. Raises BundleError where none do."""
    if length < 1:
        raise BundleError(f"a window of {length} vectors: it has 1 or more")
    ends = np.arange(length - 1, len(rows))
    span = rows.close_time[ends] - rows.close_time[ends - length + 1]
    ends = ends[span == step_ms * (length - 1)]
    if len(ends) == 0:
        raise BundleError(f"nowhere in the {len(rows)} rows do {length} vectors follow each other without a gap: choose a shorter window, or export more rows")
    index = ends[:, None] + np.arange(1 - length, 1)[None, :]
    at_end = rows.take(ends)
    return Rows(rows.x[index].reshape(len(ends), -1), at_end.forward_return, at_end.close_time, at_end.label_time)

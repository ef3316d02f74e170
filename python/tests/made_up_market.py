"""Small made-up markets for the tests."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

os.environ["OMP_NUM_THREADS"] = "1"  # more threads than free cores make loops over few rows a hundred times slower
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that the tests run without installing the package

from presage import Description, Parts, Rows, split_by_time  # noqa: E402

MINUTE = 60_000
START = 1_700_000_000_000 // MINUTE * MINUTE
FEATURES = ["close@1m", "rsi(14)@1m", "tod_sin"]


def make_rows(count: int = 600, horizon: int = 15, seed: int = 1, width: int = 3) -> Rows:
    """Rows one minute apart; the return leans on the second column."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, width))
    forward = 0.001 * (0.5 * x[:, 1] + random.normal(size=count))
    close = START + MINUTE * np.arange(count)
    return Rows(x, forward, close, close + horizon * MINUTE)


def write_matrix(folder: Path, rows: Rows, features: list[str], symbols: Sequence[str] = ("BTC/USDT",)) -> Path:
    """A matrix as `presage features export` writes it; each symbol has the same rows."""
    path = folder / "matrix.csv"
    labels = ["r", "label", "label_landing"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["symbol", "close_time", "as_of", *features, *labels])
        for symbol, close, x, r, known in ((symbol, *row) for symbol in symbols for row in zip(rows.close_time, rows.x, rows.forward_return, rows.label_time)):
            writer.writerow([symbol, close, "", *(repr(float(value)) for value in x), repr(float(r)), int(r > 0), known])
    about = {"ids": features, "feature_set_digest": "d" * 64, "counts": {"rows": len(rows) * len(symbols)}, "symbols": list(symbols), "timeframe": "1m", "horizon": "15m", "cost_bps": 8}
    about |= {"labels": {"kind": "fixed-horizon", "columns": labels}}
    path.with_name("matrix.csv.json").write_text(json.dumps(about))
    return path


def make_parts(rows: Rows | None = None) -> Parts:
    """Half train, a quarter validation, a quarter test."""
    rows = make_rows() if rows is None else rows
    at = [int(rows.close_time[len(rows) * k // 4]) for k in (2, 3)]
    return split_by_time(rows, (at[0], at[1]), 0)


def make_description(**overrides: object) -> Description:
    """A description that every check accepts."""
    words: dict = {
        "features": FEATURES,
        "timeframe": "1m",
        "symbols": ["BTC/USDT"],
        "horizon": "15m",
        "cost_bps": 8,
        "training_date": "2024-01-10T00:00:00Z",
        "optional": ["tod_sin"],
    }
    return Description(**{**words, **overrides})


def lean_predict(x: np.ndarray) -> np.ndarray:
    """P(up) from the second of three columns; a missing value counts as 0."""
    return 1 / (1 + np.exp(-0.5 * np.nan_to_num(x[:, 1:2])))


def installed(*names: str) -> bool:
    """Whether packages can be imported."""
    return all(importlib.util.find_spec(name) is not None for name in names)


def golden_rows(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Golden inputs and outputs of a bundle."""
    rows = json.loads((folder / "golden.json").read_text())["rows"]
    return np.array([[float(value) for value in row["input"]] for row in rows]), np.array([row["output"] for row in rows])

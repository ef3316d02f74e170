"""URTH/USD by the hour: the bars of the npm package @typedtrader/candles, the inputs, and the parts that the small examples share."""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from workshop import REPOSITORY, Export, arguments, baselines, export_to, now, print_results, sha256_of_file

import presage
from presage.description import duration_ms

BARS = REPOSITORY / "node_modules" / "@typedtrader" / "candles" / "json"
YEARS = ["urth-2022-1h.json", "urth-2024-1h.json", "urth-2025-1h.json"]
FEATURES = [
    "logret(1)@1h", "logret(7)@1h", "rsi(14)@1h", "natr(14)@1h", "bb_pctb(20,2)@1h", "bb_width(20,2)@1h", "roc(10)@1h", "obv_slope(20)@1h",
    "vol_z(96)@1h", "rv(35)@1h", "tod_sin", "tod_cos",
]  # fmt: skip
HORIZON = "2h"
COST_BPS = 4
# 2022 and 2024 train, the first half of 2025 validates, the second half is held out: the demonstration replays it.
BORDERS = (1_735_776_000_000, 1_751_328_000_000)
LONG_GAP_MS = duration_ms("14d")
BARS_AFTER_GAP = 97


def options(summary: str) -> argparse.Namespace:
    """Where bundles go, a matrix that was exported before, and whether a fraction of the training is enough."""
    parser = arguments(summary, None)
    parser.add_argument("--matrix", type=Path, help="a matrix of these bars that `presage features export` wrote (default: exported now)")
    parser.add_argument("--quick", action="store_true", help="train for a moment only: for tests of what comes after")
    return parser.parse_args()


def joined_bars(folder: Path) -> Path:
    """One CSV of all years, oldest first."""
    out = folder / "urth-1h.csv"
    with out.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["open_time", "open", "high", "low", "close", "volume"])
        for year in YEARS:
            for bar in json.loads((BARS / year).read_text()):
                writer.writerow([bar["openTimeInMillis"], *(bar[key] for key in ("open", "high", "low", "close", "volume"))])
    return out


def without_gap(rows: presage.Rows) -> presage.Rows:
    """Leaves out the rows whose features or label reach across the year without bars (2023): they mix prices a year apart."""
    after = np.flatnonzero(np.diff(rows.close_time) > LONG_GAP_MS) + 1
    near = np.zeros(len(rows), dtype=bool)
    for first in after:
        near[first : first + BARS_AFTER_GAP] = True
    return rows.take(~near & (rows.label_time - rows.close_time < LONG_GAP_MS))


def exported(path: Path) -> Path:
    """The matrix of all years at `path`."""
    if not BARS.is_dir():
        raise SystemExit(f"No bars at {BARS}: run `npm ci` first.")
    with tempfile.TemporaryDirectory() as folder:
        return export_to(path, Export(joined_bars(Path(folder)), "URTH/USD", "1h", FEATURES, HORIZON, COST_BPS, "as_received"))


def prepared(given: Path | None = None) -> tuple[presage.Matrix, presage.Parts]:
    """The matrix that is given, or exported now, and its parts, two days kept clear between them."""
    with tempfile.TemporaryDirectory() as folder:
        matrix = presage.read_matrix(given or exported(Path(folder) / "matrix.csv"))
    return matrix, presage.split_by_time(without_gap(matrix.rows), BORDERS, duration_ms("2d"))


def save(model: Any, about: tuple[presage.Matrix, presage.Parts], provenance: dict[str, Any], **words: Any) -> presage.Report:
    """`presage.save` of a model of these inputs, and its results beside two guesses. `words`: name, models_dir, and what else save() takes."""
    matrix, parts = about
    guesses = baselines(parts.train, parts.test)
    origin = {"dataset": "@typedtrader/candles", "dataset_sha256": matrix.about["bars"][0]["sha256"]}
    origin |= {f"sha256 of {year}": sha256_of_file(BARS / year) for year in YEARS}
    origin |= {f"accuracy of {name}": hits for name, hits in guesses.items()}
    description = presage.Description(
        features=FEATURES,
        timeframe="1h",
        symbols=["URTH/USD"],
        horizon=HORIZON,
        cost_bps=COST_BPS,
        training_date=now(),
        feature_set_digest=matrix.feature_set_digest,
        provenance={**provenance, **origin},
    )
    report = presage.save(model, version="1.0.0", description=description, parts=parts, **words)
    print_results(report.folder, guesses)
    return report

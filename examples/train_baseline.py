"""The baseline for URTH/USD by the hour: scikit-learn's logistic regression, which `save` exports to ONNX."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from workshop import REPOSITORY, Export, arguments, baselines, export_matrix, now, print_results, sha256_of_file

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
SEED = 5
# 2022 and 2024 train, the first half of 2025 validates, the second half is held out: the demonstration replays it.
BORDERS = (1_735_776_000_000, 1_751_328_000_000)
LONG_GAP_MS = duration_ms("14d")
BARS_AFTER_GAP = 97


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


def prepared() -> tuple[presage.Matrix, presage.Parts]:
    """The exported matrix and its parts, two days kept clear between them."""
    if not BARS.is_dir():
        raise SystemExit(f"No bars at {BARS}: run `npm ci` first.")
    with tempfile.TemporaryDirectory() as folder:
        matrix = export_matrix(Export(joined_bars(Path(folder)), "URTH/USD", "1h", FEATURES, HORIZON, COST_BPS, "as_received"))
    return matrix, presage.split_by_time(without_gap(matrix.rows), BORDERS, duration_ms("2d"))


def train(rows: presage.Rows) -> Pipeline:
    """The fitted pipeline: columns standardised, then a regression held tight, since 4,000 bars say little."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000, random_state=SEED))
    return pipeline.fit(rows.x, rows.up)


def describe(matrix: presage.Matrix, provenance: dict) -> presage.Description:
    """The description of the version."""
    return presage.Description(
        features=FEATURES,
        timeframe="1h",
        symbols=["URTH/USD"],
        horizon=HORIZON,
        cost_bps=COST_BPS,
        training_date=now(),
        feature_set_digest=matrix.feature_set_digest,
        provenance={"framework": f"scikit-learn {sklearn.__version__}", "script": "examples/train_baseline.py", "seed": SEED, **provenance},
    )


def main() -> None:
    """Trains, exports, and writes the bundle."""
    options = arguments(__doc__ or "", None).parse_args()
    matrix, parts = prepared()
    guesses = baselines(parts.train, parts.test)
    origin = {"dataset": "@typedtrader/candles", "dataset_sha256": matrix.about["bars"]["sha256"]}
    origin |= {f"sha256 of {year}": sha256_of_file(BARS / year) for year in YEARS}
    origin |= {f"accuracy of {name}": hits for name, hits in guesses.items()}
    pipeline = train(parts.train)
    report = presage.save(pipeline, options.models, name="baseline", version="1.0.0", description=describe(matrix, origin), parts=parts)
    print_results(report.folder, guesses)


if __name__ == "__main__":
    main()

"""
Retrains the two light example models and holds them to the committed bundles: same features (digest), and predictions for the golden rows within 1e-6 of the committed
ones. `momentum` needs the bars that are not part of the repository; without them it is skipped, and the last line says so. Exit code 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import train_baseline
import train_momentum
import urth
from workshop import BTC_BARS, MODELS

TOLERANCE = 1e-6


def golden(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Golden inputs and outputs of a bundle."""
    rows = json.loads((folder / "golden.json").read_text())["rows"]
    return np.array([[float(v) for v in row["input"]] for row in rows]), np.array([row["output"] for row in rows])


def same_features(folder: Path, digest: str) -> bool:
    """Whether the committed bundle was trained on features of this digest; says so if not."""
    if f'  feature_set_digest: "{digest}"' in (folder / "model.yaml").read_text().splitlines():
        return True
    print(f"{folder}: trained on features of another digest than {digest}; run examples/make-all.sh")
    return False


def same_predictions(folder: Path, predict: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether a retrained model predicts what the committed golden rows say; prints the largest difference."""
    inputs, outputs = golden(folder)
    difference = float(np.abs(np.asarray(predict(inputs)).reshape(outputs.shape) - outputs).max())
    fits = difference <= TOLERANCE
    print(f"{folder}: {len(inputs)} golden rows, largest difference after retraining {difference:.2g} ({'within' if fits else 'OVER'} {TOLERANCE:g})")
    return fits


def check_baseline(models: Path) -> bool:
    """Retrains `baseline` from the bars of the npm package."""
    folder = models / "baseline" / "1.0.0"
    matrix, parts = urth.prepared()
    return same_features(folder, matrix.feature_set_digest) and same_predictions(folder, train_baseline.train(parts.train).predict_proba)


def check_momentum(models: Path, bars: Path) -> bool:
    """Retrains both versions of `momentum`."""
    matrix, parts = train_momentum.prepared(bars)
    fits = True
    for recipe in train_momentum.RECIPES:
        folder = models / "momentum" / recipe.version
        booster = train_momentum.train(parts.train, recipe)
        fits &= same_features(folder, matrix.feature_set_digest) and same_predictions(folder, booster.predict)
        print(f"{folder}: model.txt {'is' if booster.model_to_string().encode() == (folder / 'model.txt').read_bytes() else 'is NOT'} the same to the byte")
    return fits


def main() -> None:
    """Checks, prints, and sets the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bars", nargs="?", type=Path, default=BTC_BARS, help="BTC bars for momentum (default: %(default)s)")
    parser.add_argument("--check", type=Path, default=MODELS, help="folder of bundles to hold the retrained models to (default: %(default)s)")
    options = parser.parse_args()
    fits = check_baseline(options.check)
    if options.bars.is_file():
        fits &= check_momentum(options.check, options.bars)
    else:
        print(f"momentum: NOT checked, there are no bars at {options.bars}")
    sys.exit(0 if fits else 1)


if __name__ == "__main__":
    main()

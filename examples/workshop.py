"""What the training scripts share: where things are, how the product exports features, how results are printed."""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "python"))

from presage import Matrix, Rows, read_matrix  # noqa: E402  (the package beside this folder, installed or not)
from presage.scores import effective_n, wilson  # noqa: E402

MODELS = REPOSITORY / "examples" / "models"
BTC_BARS = REPOSITORY.parent / "shared" / "data" / "btc-perp-1m-2022-01.csv.gz"


@dataclass(frozen=True)
class Export:
    """What to export from which bars."""

    bars: Path
    symbol: str
    timeframe: str
    features: list[str]
    horizon: str
    cost_bps: float
    calendar: str = "continuous"


def export_to(out: Path, export: Export) -> Path:
    """The training matrix at `out`, made by `presage features export`; ends the program with a clear message if the bars are absent."""
    if not export.bars.is_file():
        sys.exit(f"No bars at {export.bars}. Give a CSV with open_time, open, high, low, close, volume (plain or .gz) as the first argument.")
    words = ["--bars", str(export.bars), "--symbols", export.symbol, "--timeframe", export.timeframe, "--features", ",".join(export.features)]
    words += ["--horizon", export.horizon, "--cost-bps", str(export.cost_bps), "--calendar", export.calendar, "--out", str(out)]
    done = subprocess.run(["node", str(REPOSITORY / "bin" / "presage.js"), "features", "export", *words], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"`presage features export` failed with exit code {done.returncode}; its message is above")
    return out


def export_matrix(export: Export) -> Matrix:
    """The matrix of `export_to`, read."""
    with tempfile.TemporaryDirectory() as folder:
        return read_matrix(export_to(Path(folder) / "matrix.csv", export))


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def now() -> str:
    """This moment as RFC 3339, to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def arguments(summary: str, bars: Path | None) -> argparse.ArgumentParser:
    """The options of every training script; `bars` is the default of the first argument, None where there is no such argument."""
    parser = argparse.ArgumentParser(description=summary)
    if bars is not None:
        parser.add_argument("bars", nargs="?", type=Path, default=bars, help="bars as CSV, plain or .gz (default: %(default)s)")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder to write the bundle into (default: %(default)s)")
    return parser


def baselines(train: Rows, test: Rows) -> dict[str, float]:
    """Share of right directions on the test rows of two guesses: the class that was more frequent in training, and the sign of the last return known at each close."""
    majority = float((test.up == int(train.up.mean() > 0.5)).mean())
    known = np.searchsorted(test.label_time, test.close_time, side="right") - 1
    seen = known >= 0
    previous = float((test.up[known[seen]] == test.up[seen]).mean())
    return {"majority class": round(majority, 4), "previous sign": round(previous, 4)}


def print_results(folder: Path, guesses: dict[str, float]) -> None:
    """The table of a model beside its baselines, each share with its interval on the effective n."""
    metrics = metrics_of(folder)
    n = metrics["n_effective"]
    print(f"{folder.parent.name} {folder.name}: {metrics['n']} test rows, {n:.0f} effective, {metrics['window'][0]} to {metrics['window'][1]}")
    print(f"  {'':16}{'accuracy':>10}{'95 % interval':>20}")
    for name, hits in {"model": metrics["accuracy"], **guesses}.items():
        low, high = wilson(hits, n)
        print(f"  {name:16}{hits:>10.4f}{f'{low:.3f} to {high:.3f}':>20}")
    print(f"  log loss {metrics['log_loss']:.5f} (class frequency: {metrics['base_log_loss']:.5f})")
    print(f"  acts on {metrics['coverage']:.1%} of bars, pays after cost in {metrics.get('hit_rate_after_cost', float('nan')):.1%} of them")


def metrics_of(folder: Path) -> dict:
    """`metrics` of a `model.yaml` that the package wrote: a block of `  key: value` lines."""
    lines = iter((folder / "model.yaml").read_text().splitlines())
    next(line for line in lines if line == "metrics:")
    block = itertools.takewhile(lambda line: line.startswith("  "), lines)
    return {key: json.loads(value) for key, value in (line.strip().split(": ", 1) for line in block)}

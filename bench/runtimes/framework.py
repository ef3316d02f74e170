"""
Models asked in their own framework, for bench/runtimes.ts: writes what it trains into the folder argv[1], then measures one model for each line of standard input,
`{"model", "path", "batch", "ms"}`, and prints `{"p50", "p99", "rowsPerS"}` for it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Predict = Callable[[np.ndarray], object]


def train_pipeline(path: Path) -> None:
    """A scaler and a logistic regression of 12 inputs."""
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.random.default_rng(7).normal(size=(400, 12))
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows[:, 0] + 0.3 * rows[:, 1] > 0), path)


def sklearn(path: str) -> tuple[Predict, tuple[int, ...], type]:
    """A joblib file."""
    import joblib

    return joblib.load(path).predict_proba, (12,), np.float64


def lightgbm(path: str) -> tuple[Predict, tuple[int, ...], type]:
    """LightGBM's own text."""
    import lightgbm

    booster = lightgbm.Booster(model_file=path)
    return lambda rows: booster.predict(rows, num_threads=1), (booster.num_feature(),), np.float64


def onnx(path: str) -> tuple[Predict, tuple[int, ...], type]:
    """An ONNX graph, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    [given] = session.get_inputs()
    return lambda rows: session.run(["probabilities"], {given.name: rows}), tuple(given.shape[1:]), np.float32


FRAMEWORKS = {"sklearn": sklearn, "lightgbm": lightgbm, "onnx": onnx}
opened: dict[str, tuple[Predict, np.ndarray]] = {}


def open_model(framework: str, path: str) -> tuple[Predict, np.ndarray]:
    """A model, opened once, with 256 rows."""
    if path not in opened:
        predict, shape, dtype = FRAMEWORKS[framework](path)
        opened[path] = predict, np.random.default_rng(1).normal(size=(256, *shape)).astype(dtype)
    return opened[path]


def measure(framework: str, path: str, batch: int, ms: float) -> dict[str, float]:
    """Calls of `batch` rows, one after the other, for some time."""
    predict, rows = open_model(framework, path)
    times: list[float] = []
    started = before = time.perf_counter()
    while before < started + ms / 1000:
        at = len(times) * batch % len(rows)
        predict(rows[at : at + batch])
        after = time.perf_counter()
        times.append(after - before)
        before = after
    p50, p99 = np.quantile(times, [0.5, 0.99]) * 1000
    return {"p50": p50, "p99": p99, "rowsPerS": len(times) * batch / (before - started)}


train_pipeline(Path(sys.argv[1]) / "pipeline.joblib")
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(measure(**json.loads(line))), flush=True)

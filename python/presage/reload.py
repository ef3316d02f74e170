"""
`python -m presage.reload FOLDER`: reads an artefact again in a fresh process, as the server's worker will, and answers rows with it. What a model needs beyond its artefact
(functions of the training script, modules beside it) is missing here, so that it is found when the bundle is made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import BundleError
from .source import Artefact, Predict, RowShape, columns
from .timing import median_microseconds

PACKAGES = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 300
SINGLES = 16


@dataclass(frozen=True)
class Answers:
    """What a reloaded artefact gave: `batch` for all rows at once, `singles` for the first ones one by one; and the median time of one row."""

    batch: np.ndarray
    singles: np.ndarray
    microseconds: float


def _lightgbm(job: dict[str, Any]) -> Predict:
    from .frameworks.lightgbm_models import load_lightgbm, predictor

    return predictor(load_lightgbm(Path(job["path"])))


def _xgboost(job: dict[str, Any]) -> Predict:
    from .frameworks.xgboost_models import load_xgboost, predictor

    return predictor(load_xgboost(Path(job["path"])))


def _sklearn_trees(job: dict[str, Any]) -> Predict:
    from .sklearn_trees_answers import sklearn_trees_answers

    text = Path(job["path"]).read_text()
    return lambda x: sklearn_trees_answers(text, x)


def _onnx(job: dict[str, Any]) -> Predict:
    from .frameworks.onnx_files import load_onnx

    return load_onnx(Path(job["path"]), _shape(job), job.get("tensor"))


def _skops(job: dict[str, Any]) -> Predict:
    from .frameworks.sklearn_models import load_skops, predictor

    return predictor(load_skops(Path(job["path"])), job["method"])


def _joblib(job: dict[str, Any]) -> Predict:
    from .frameworks.sklearn_models import load_joblib, predictor

    return predictor(load_joblib(Path(job["path"])), job["method"])


def _torch_export(job: dict[str, Any]) -> Predict:
    from .frameworks.torch_models import load_program, predictor

    return predictor(load_program(Path(job["path"])).module(), _shape(job))


def _torchscript(job: dict[str, Any]) -> Predict:
    from .frameworks.torch_models import load_script, predictor

    return predictor(load_script(Path(job["path"])), _shape(job))


def _saved_model(job: dict[str, Any]) -> Predict:
    from .frameworks.keras_models import saved_model_predictor

    return saved_model_predictor(Path(job["path"]), _shape(job))


def _keras(job: dict[str, Any]) -> Predict:
    from .frameworks.keras_models import keras_predictor, load_keras

    return keras_predictor(load_keras(Path(job["path"])), _shape(job))


def _python_class(job: dict[str, Any]) -> Predict:
    from .frameworks.python_class import make_object, object_predictor

    return object_predictor(make_object(Path(job["path"]), job["class"]), _shape(job))


def _shape(job: dict[str, Any]) -> RowShape:
    return RowShape(job["features"], job["window"])


READERS: dict[str, Callable[[dict[str, Any]], Predict]] = {
    "lightgbm": _lightgbm,
    "xgboost-ubj": _xgboost,
    "sklearn-trees": _sklearn_trees,
    "onnx": _onnx,
    "skops": _skops,
    "sklearn-joblib": _joblib,
    "torch-export": _torch_export,
    "torchscript": _torchscript,
    "tensorflow-savedmodel": _saved_model,
    "keras": _keras,
    "python-class": _python_class,
}


def reload(folder: Path, artefact: Artefact, shape: RowShape, x: np.ndarray) -> Answers:
    """The answers of the artefact in `folder` for rows, from a fresh process. Raises BundleError with the last words of that process where it fails."""
    job = artefact.manifest() | {"path": str(folder / artefact.path), "tensor": artefact.tensor, "features": shape.features, "window": shape.window}
    with tempfile.TemporaryDirectory() as room:
        (Path(room) / "job.json").write_text(json.dumps(job))
        np.save(Path(room) / "rows.npy", x)
        _in_fresh_process(room)
        answers = np.load(Path(room) / "answers.npz")
        return Answers(answers["batch"], answers["singles"], float(answers["microseconds"]))


def _in_fresh_process(room: str) -> None:
    settings = {"PYTHONPATH": str(PACKAGES), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    words = [sys.executable, "-m", "presage.reload", room]
    try:
        done = subprocess.run(words, env={**os.environ, **settings}, cwd="/", capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BundleError(f"a fresh process did not answer within {PATIENCE_SECONDS} s") from None
    if done.returncode != 0:
        said = [line for line in done.stderr.strip().splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        words = said[-1].strip().removeprefix(f"{BundleError.__module__}.{BundleError.__name__}: ")
        raise BundleError(f"in a fresh process: {words[:300]}")


def main(room: Path) -> None:
    """The fresh process: `job.json` and `rows.npy` in, `answers.npz` out."""
    job, x = json.loads((room / "job.json").read_text()), np.load(room / "rows.npy")
    predict = READERS[job["format"]](job)
    singles = [columns(predict(x[at : at + 1]), 1) for at in range(min(SINGLES, len(x)))]
    np.savez(room / "answers.npz", batch=columns(predict(x), len(x)), singles=np.concatenate(singles), microseconds=median_microseconds(predict, x[:SINGLES]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

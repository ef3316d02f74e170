"""
`python -m presage.reload FOLDER`: reads an artefact again in a fresh process, with the code of the server's worker, and answers rows with it. What a model needs beyond its artefact
(functions of the training script, modules beside it) is missing here, so that it is found when the bundle is made.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import BundleError, refused
from .input_tensor import InputTensor
from .source import Artefact, Contract, Predict, columns
from .timing import median_microseconds
from .worker.adapters import open_model
from .worker.load_args import parse_load_args
from .worker.outputs import as_outputs
from .worker_words import load_words

PACKAGES = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 300
SINGLES = 16


@dataclass(frozen=True)
class Answers:
    """What a reloaded artefact gave: `batch` for all rows at once, `singles` for the first ones one by one; and the median time of one row."""

    batch: np.ndarray
    singles: np.ndarray
    microseconds: float


def _sklearn_trees(words: dict[str, Any]) -> Predict:
    from .sklearn_trees_answers import sklearn_trees_answers

    text = Path(words["path"]).read_text(encoding="utf-8")
    return lambda x: sklearn_trees_answers(text, x)


def _onnx(words: dict[str, Any]) -> Predict:
    from .frameworks.onnx_files import Ends, OnnxGraph

    contract = Contract(words["features"], words["window"], words["kind"], words["outputs"])
    return OnnxGraph(Path(words["path"]), contract, Ends([InputTensor(**each) for each in words.get("tensors", [])], words["tensor"])).predict


def _worker(words: dict[str, Any]) -> Predict:
    args = parse_load_args(words)
    predict = open_model(args).predict
    with refused("the model fails on a row of zeros, with which the server tries every model before it serves it", "let it answer that row too"):
        as_outputs(predict(np.zeros((1, args.columns))), 1, args)
    return predict


# What the worker does not read, because the server runs it by itself.
OWN_READERS: dict[str, Callable[[dict[str, Any]], Predict]] = {"sklearn-trees": _sklearn_trees, "onnx": _onnx}


def reload(folder: Path, artefact: Artefact, contract: Contract, x: np.ndarray) -> Answers:
    """The answers of the artefact in `folder` for rows, from a fresh process. Raises BundleError with the last words of that process where it fails."""
    with tempfile.TemporaryDirectory() as room:
        (Path(room) / "load.json").write_text(json.dumps(load_words(folder, artefact, contract) | artefact.inputs()))
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
        words = re.sub(rf"^{__package__}\.[\w.]+: ", "", said[-1].strip())
        raise BundleError(f"in a fresh process: {words[:300]}")


def main(room: Path) -> None:
    """The fresh process: `load.json` and `rows.npy` in, `answers.npz` out."""
    words, x = json.loads((room / "load.json").read_text()), np.load(room / "rows.npy")
    answer = OWN_READERS.get(words["format"], _worker)(words)
    singles = [columns(answer(x[at : at + 1]), 1) for at in range(min(SINGLES, len(x)))]
    np.savez(room / "answers.npz", batch=columns(answer(x), len(x)), singles=np.concatenate(singles), microseconds=median_microseconds(answer, x[:SINGLES]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

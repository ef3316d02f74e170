"""Keras models and TensorFlow's SavedModels."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BundleError, reading
from ..source import FLOAT32, Artefact, Contract, Form, Predict, Source, columns, in_batches
from ..worker_words import read_by_worker

PACKAGES = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 600


def keras_source(model: Any, contract: Contract, tensor: str | None = None) -> Source:
    """A model of Keras 3 as it predicts in inference mode, in float32; of several outputs the one that `tensor` names. Raises BundleError for one that does not say what it takes."""
    import keras

    model = _with_one_output(model, tensor)
    forms = [
        Form("ONNX", "onnx", lambda folder: _write_onnx(model, folder)),
        Form("ONNX by PyTorch", "onnx", lambda folder: _write_onnx_by_torch(model, folder)),
        Form("SavedModel", "python", lambda folder: _write_saved_model(model, folder)),
        Form(".keras", "python", lambda folder: _write_keras(model, folder)),
    ]
    return Source(f"keras {keras.__version__} ({keras.backend.backend()})", type(model).__name__, None, in_batches(keras_predictor(model, contract)), forms)


def _with_one_output(model: Any, tensor: str | None) -> Any:
    """The model itself, or a model of the output that is named."""
    import keras

    name = type(model).__name__
    # A Sequential that was not built raises AttributeError, what was derived from keras.Model has none.
    if not getattr(model, "inputs", None):
        raise BundleError(f"this {name} does not say what it takes: begin it with keras.layers.Input(shape), or make it of layers with keras.Model(inputs, outputs)")
    # A Sequential has neither, and one output.
    named = getattr(model, "output", None)
    outputs = dict(named) if isinstance(named, Mapping) else dict(zip(getattr(model, "output_names", ["output"]), model.outputs))
    if len(outputs) == 1 and tensor in (None, *outputs):
        return model
    if tensor not in outputs:
        what = "several outputs" if tensor is None else f"no output {tensor!r}"
        raise BundleError(f"this {name} has {what}: name one of {', '.join(outputs)} as tensor")
    # A list of one would make Keras warn at each call.
    return keras.Model(model.inputs[0] if len(model.inputs) == 1 else model.inputs, outputs[tensor])


def saved_model_source(path: Path, contract: Contract, tensor: str | None = None) -> Source:
    """A SavedModel that lies in a folder, by its signature serving_default; of several outputs the one that `tensor` names."""
    import tensorflow

    from ..worker.adapters.saved_model import signature_model

    def write(folder: Path) -> Artefact:
        shutil.copytree(path, folder / "saved_model")
        return Artefact("saved_model", "python", "tensorflow-savedmodel", FLOAT32, tensor=tensor)

    given = Artefact(path.name, "python", "tensorflow-savedmodel", FLOAT32, tensor=tensor)
    with reading(path, "a SavedModel", "write it with model.export(path) of Keras 3, or tensorflow.saved_model.save"):
        predict = read_by_worker((path.parent, given), contract, lambda args: signature_model(tensorflow, "cpu", args))
    forms = [Form("ONNX", "onnx", lambda folder: _converted((path, tensor), folder)), Form("SavedModel", "python", write)]
    return Source(f"tensorflow {tensorflow.__version__}", "SavedModel", None, in_batches(predict), forms)


def keras_predictor(model: Any, contract: Contract) -> Predict:
    """What a model gives for rows; one that takes flat rows gets its windows flattened."""
    from keras import ops

    flat = len(model.inputs) == 1 and len(model.inputs[0].shape) == 2

    def predict(x: np.ndarray) -> np.ndarray:
        rows = x.astype(np.float32) if flat else contract.tensor(x)
        return columns(ops.convert_to_numpy(model(rows, training=False)), len(x))

    return predict


def load_keras(path: Path) -> Any:
    """The model of a .keras file, in Keras's safe mode. Raises BundleError for another file."""
    import keras

    with reading(path, "a .keras file", "write it with model.save(path) of Keras 3"):
        return keras.saving.load_model(path, compile=False)


def _write_onnx(model: Any, folder: Path) -> Artefact:
    model.export(str(folder / "model.onnx"), format="onnx", verbose=False)
    return Artefact("model.onnx", "onnx", "onnx", FLOAT32)


def _write_onnx_by_torch(model: Any, folder: Path) -> Artefact:
    """Where TensorFlow's converter fails: Keras itself in a process of its own on PyTorch, whose exporter takes over."""
    model.save(folder / "given.keras")
    _run([sys.executable, "-m", "presage.frameworks.keras_by_torch", str(folder)], {"PYTHONPATH": str(PACKAGES), "KERAS_BACKEND": "torch"})
    (folder / "given.keras").unlink()
    return Artefact("model.onnx", "onnx", "onnx", FLOAT32)


def _converted(given: tuple[Path, str | None], folder: Path) -> Artefact:
    path, tensor = given
    _run([sys.executable, "-m", "tf2onnx.convert", "--saved-model", str(path), "--opset", "17", "--output", str(folder / "model.onnx")], {})
    return Artefact("model.onnx", "onnx", "onnx", FLOAT32, tensor=tensor)


def _run(words: list[str], settings: dict[str, str]) -> None:
    done = subprocess.run(words, env={**os.environ, **settings}, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise BundleError(said[-1].strip()[:300] if said else f"{words[2]} ended with exit code {done.returncode}")


def _write_saved_model(model: Any, folder: Path) -> Artefact:
    model.export(str(folder / "saved_model"), verbose=False)
    return Artefact("saved_model", "python", "tensorflow-savedmodel", FLOAT32)


def _write_keras(model: Any, folder: Path) -> Artefact:
    model.save(folder / "model.keras")
    return Artefact("model.keras", "python", "keras", FLOAT32)

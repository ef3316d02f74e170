"""ONNX files, run by onnxruntime."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BundleError
from ..source import FLOAT32, Artefact, Contract, Form, Predict, Source, columns

# The newest that every onnxruntime since 1.14 executes.
OPSET = 17
TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64}


def onnx_source(path: Path, contract: Contract, predict: Predict | None, tensor: str | None) -> Source:
    """
    A file that was exported elsewhere. `predict` is the SOURCE framework's own, so that golden rows find a faulty export; without it they are what onnxruntime gives.
    """
    ask = predict or load_onnx(path, contract, tensor)

    def write(folder: Path) -> Artefact:
        shutil.copyfile(path, folder / "model.onnx")
        return Artefact("model.onnx", "onnx", "onnx", FLOAT32, tensor=tensor)

    return Source("onnx", path.name, None, lambda x: columns(ask(x), len(x)), [Form("ONNX", "onnx", write)])


def load_onnx(path: Path, contract: Contract, tensor: str | None) -> Predict:
    """What onnxruntime gives for rows, on one thread, as the server runs the graph; raises BundleError for a graph that the server would not take."""
    try:
        import onnxruntime
    except ImportError:
        raise BundleError("onnxruntime is not installed, so this was not tried: pip install onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    taken, given = _input(session), _output(session, tensor)
    kind = TYPES[taken.type]
    flat = len(taken.shape) == 2

    def predict(x: np.ndarray) -> np.ndarray:
        rows = (x if flat else x.reshape(-1, contract.window, len(contract.features))).astype(kind)
        batches = rows[:, None] if taken.shape[0] == 1 else [rows]
        return np.concatenate([columns(session.run([given], {taken.name: batch})[0], len(batch)) for batch in batches])

    return predict


def _input(session: Any) -> Any:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise BundleError(f"the graph takes {len(inputs)} inputs ({', '.join(each.name for each in inputs)}); one is served")
    if inputs[0].type not in TYPES:
        raise BundleError(f"the input {inputs[0].name!r} is {inputs[0].type}; rows are float32 or float64")
    return inputs[0]


def _output(session: Any, tensor: str | None) -> str:
    outputs = [each.name for each in session.get_outputs() if each.type in TYPES]
    if tensor is None and len(outputs) == 1:
        return outputs[0]
    if tensor not in outputs:
        raise BundleError(f"the graph has no output {tensor!r}; it has {', '.join(outputs)}: name one of them as tensor")
    return tensor

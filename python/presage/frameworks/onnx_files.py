"""ONNX files, run by onnxruntime."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BundleError
from ..input_tensor import InputTensor
from ..source import FLOAT32, Artefact, Contract, Form, Predict, Source, columns
from .onnx_inputs import LARGEST_WHOLE, GraphInput, graph_inputs

# The newest that every onnxruntime since 1.14 executes.
OPSET = 17
FLOATS = ("tensor(float)", "tensor(double)")
WHOLE = re.compile(r"^tensor\(u?int(8|16|32|64)\)$")


@dataclass(frozen=True)
class Ends:
    """What a graph may not say by itself: which features go into which of its inputs, and which of its outputs is served."""

    tensors: Sequence[InputTensor] = ()
    output: str | None = None


class OnnxGraph:
    """A graph as the server runs it: on one thread, its inputs laid out of rows. Raises BundleError, with what to do, for one that the server would not take."""

    def __init__(self, path: Path, contract: Contract, ends: Ends) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise BundleError("onnxruntime is not installed, so this was not tried: pip install onnxruntime") from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what is wrong is raised as well
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has no class of its own for what it does not load
            raise BundleError(f"{path.name} is no model that onnxruntime loads: {error}") from error
        self._contract, taken = contract, self._session.get_inputs()
        self._inputs = graph_inputs(taken, contract, ends.tensors)
        self._one_by_one = any(each.shape[0] == 1 for each in taken)
        self._output = _output(self._session.get_outputs(), contract, ends.output)
        self.ends = Ends(_said(self._inputs, ends), self._output if len(self._session.get_outputs()) > 1 else ends.output)
        self._warm_up()

    @property
    def whole(self) -> list[str]:
        """Features that are whole numbers to the graph."""
        return [feature for each in self._inputs if each.kind is np.int64 for feature in each.spec.features]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """What onnxruntime gives for flat rows, rows x outputs in float64."""
        batches = x[:, None] if self._one_by_one else [x]
        return np.concatenate([self._run(batch) for batch in batches])

    def _run(self, x: np.ndarray) -> np.ndarray:
        output = self._session.run([self._output], {each.spec.name: each.lay(x, self._contract) for each in self._inputs})[0]
        values = columns(output, len(x))
        if output.dtype.kind in "iu" and (np.abs(values) > LARGEST_WHOLE).any():
            raise BundleError(f"the output {self._output!r} has a whole number of 2^53 or more, which float64 does not hold exactly")
        return values

    def _warm_up(self) -> None:
        try:
            self._run(np.zeros((1, self._contract.values)))
        except Exception as error:  # nor for what a graph does
            raise BundleError(f"the graph fails on a row of zeros, with which the server warms it up: {error}") from error


def onnx_source(path: Path, contract: Contract, predict: Predict | None, ends: Ends) -> Source:
    """
    A file that was exported elsewhere. `predict` is the SOURCE framework's own, so that golden rows find a faulty export; without it they are what onnxruntime gives.
    """
    graph = OnnxGraph(path, contract, ends)
    ask = predict or graph.predict

    def write(folder: Path) -> Artefact:
        shutil.copyfile(path, folder / "model.onnx")
        return Artefact("model.onnx", "onnx", "onnx", FLOAT32, tensor=graph.ends.output, tensors=graph.ends.tensors)

    return Source("onnx", path.name, None, lambda x: columns(ask(x), len(x)), [Form("ONNX", "onnx", write)], whole=graph.whole)


def _said(inputs: Sequence[GraphInput], ends: Ends) -> Sequence[InputTensor]:
    """What the manifest has to say of the inputs: nothing of a single one that takes rows as they are."""
    return [each.spec for each in inputs] if ends.tensors or len(inputs) > 1 else ()


def _output(outputs: Sequence[Any], contract: Contract, named: str | None) -> str:
    """The output that is served: a float tensor, or the whole numbers of a regression where it is named."""
    floats = [each.name for each in outputs if each.type in FLOATS]
    if named is None and len(floats) == 1:
        return floats[0]
    served = floats + [each.name for each in outputs if contract.outputs == 1 and WHOLE.match(each.type)]
    if named in served:
        return named
    types = {each.name: each.type for each in outputs}
    what = f"no output {named!r}" if named not in types else f"as {named!r} {types[named]}, which is no {'amount' if contract.outputs == 1 else 'probability'}"
    fix = f"name one of {', '.join(served)} as tensor" if served else "export scores or probabilities as a tensor (skl2onnx: options={'zipmap': False})"
    raise BundleError(f"the graph has {f'{len(floats)} float tensors' if named is None else what}; it has {', '.join(types)}: {fix}")

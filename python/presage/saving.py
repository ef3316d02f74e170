"""Models of every framework as bundles."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .assemble import assemble
from .bundle import check_identity
from .choose_form import choose_form
from .description import Description
from .errors import BundleError
from .evidence import Parts
from .golden import golden_inputs
from .input_tensor import InputTensor
from .report import Report
from .source import Predict, Source
from .sources import Hints, source_of
from .timing import median_microseconds

RUNTIMES = ("trees", "onnx", "python")
PROOF_ROWS = 1000


def save(
    model: Any,
    models_dir: str | Path,
    *,
    name: str,
    version: str,
    description: Description,
    parts: Parts,
    predict: Predict | None = None,
    tensor: str | None = None,
    tensors: Sequence[InputTensor] = (),
    method: str | None = None,
    runtimes: Sequence[str] = RUNTIMES,
    quiet: bool = False,
) -> Report:
    """
    Writes `models_dir/name/version` from a fitted model of any framework, or the path of a saved one, in the first form that answers as the framework does: trees, ONNX,
    the original for a Python worker. Prints and returns which form, and why. `predict` is the source framework's own for an ONNX file (n x values float64 in, n x outputs
    out); `tensor` names its output, or that of a Keras model or SavedModel that has several; `tensors` say which features go into which of its inputs; `method` is what scikit-learn is asked with; `runtimes` limits the forms. Raises
    BundleError; never overwrites a version.
    """
    target = check_identity(models_dir, name, version)
    _check_runtimes(runtimes)
    source = source_of(model, description.contract, Hints(predict, tensor, method, tensors))
    _check(source, description, parts)
    whole = [description.features.index(feature) for feature in source.whole]
    golden = golden_inputs(parts.train.x, len(description.features), description.optional_columns, whole=whole)
    with tempfile.TemporaryDirectory() as room:
        chosen = choose_form(source, Path(room), (description, _proof_rows(golden, parts)), runtimes)
        assemble(target, (name, version), chosen, (source, description, parts, golden))
    report = Report(target, f"{source.framework}, {source.kind}", median_microseconds(source.predict, golden), chosen.tried)
    if not quiet:
        print(report)
    return report


def _check_runtimes(runtimes: Sequence[str]) -> None:
    if isinstance(runtimes, str) or not runtimes or not set(runtimes) <= set(RUNTIMES):
        raise BundleError(f"runtimes are a list of some of {', '.join(RUNTIMES)}, such as {[RUNTIMES[-1]]}, not {runtimes!r}")


def _check(source: Source, description: Description, parts: Parts) -> None:
    values = description.contract.values
    if source.values is not None and source.values != values:
        raise BundleError(f"the model has {source.values} inputs, features x window make {values}")
    if source.gives is not None and source.gives != description.gives:
        raise BundleError(f"{source.kind} gives {source.gives}, but a {description.kind} model gives {description.gives}")
    missing = [feature for feature in description.optional if feature in source.whole]
    if missing:
        raise BundleError(f"the graph takes {', '.join(missing)} as whole numbers, for which nothing stands in: describe none of them as optional")
    parts.check(values)


def _proof_rows(golden: np.ndarray, parts: Parts) -> np.ndarray:
    """The golden rows, and rows that the model was not trained on: thresholds in float32 go wrong on few rows only."""
    later = np.concatenate([parts.validation.x, parts.test.x])
    return np.concatenate([golden, later[np.unique(np.linspace(0, len(later) - 1, PROOF_ROWS).astype(int))]])

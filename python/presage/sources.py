"""Which framework a model belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .errors import BundleError, refused
from .frameworks.keras_models import keras_source, load_keras, saved_model_source
from .frameworks.lightgbm_models import lightgbm_source, load_lightgbm
from .frameworks.onnx_files import Ends, onnx_source
from .frameworks.python_class import PythonClass, python_class_source
from .frameworks.sklearn_models import load_joblib, load_skops, sklearn_source
from .frameworks.torch_models import load_program, load_script, torch_source
from .frameworks.xgboost_models import load_xgboost, xgboost_source
from .input_tensor import InputTensor
from .source import Predict, Contract, Source


@dataclass(frozen=True)
class Hints:
    """
    What a model may not say by itself: the source framework's own `predict` of an ONNX file, which `tensor` of several holds the output, which `method` is called, and which
    features go into which of an ONNX file's inputs (`tensors`).
    """

    predict: Predict | None = None
    tensor: str | None = None
    method: str | None = None
    tensors: Sequence[InputTensor] = ()


PACKAGES: dict[str, Callable[[Any, Contract, Hints], Source]] = {
    "lightgbm": lambda model, contract, _: lightgbm_source(model, contract),
    "xgboost": lambda model, contract, _: xgboost_source(model, contract),
    "keras": lambda model, contract, hints: keras_source(model, contract, hints.tensor),
    "torch": lambda model, contract, _: torch_source(model, contract),
    "sklearn": lambda model, contract, hints: sklearn_source(model, contract, hints.method),
}
METHODS = ("predict_proba", "predict", "decision_function")
MEANT = {
    "predict": "predict is the source framework's own of an ONNX file",
    "tensor": "tensor names an output of an ONNX file, a Keras model or a SavedModel",
    "method": "method is what an estimator of scikit-learn is asked with",
    "tensors": "tensors say which features go into which input of an ONNX file: export this model to ONNX and give the path of the file",
}
TAKEN = {
    "sklearn": ("method",),
    "keras": ("tensor",),
    "SavedModel": ("tensor",),
    ".onnx": ("predict", "tensor", "tensors"),
    ".keras": ("tensor",),
    # What is in them decides.
    **dict.fromkeys((".skops", ".joblib", ".pkl"), tuple(MEANT)),
}
FILES: dict[str, Callable[[Path, Contract, Hints], Source]] = {
    ".onnx": lambda path, contract, hints: onnx_source(path, contract, hints.predict, Ends(hints.tensors, hints.tensor)),
    ".keras": lambda path, contract, hints: keras_source(load_keras(path), contract, hints.tensor),
    ".pt2": lambda path, contract, _: torch_source(load_program(path), contract),
    ".pt": lambda path, contract, _: torch_source(load_script(path), contract),
    ".txt": lambda path, contract, _: lightgbm_source(load_lightgbm(path), contract),
    ".json": lambda path, contract, _: xgboost_source(load_xgboost(path), contract),
    ".ubj": lambda path, contract, _: xgboost_source(load_xgboost(path), contract),
    ".skops": lambda path, contract, hints: _source_of_object(load_skops(path), contract, hints),
    ".joblib": lambda path, contract, hints: _source_of_object(load_joblib(path), contract, hints),
    ".pkl": lambda path, contract, hints: _source_of_object(load_joblib(path), contract, hints),
}


def source_of(model: Any, contract: Contract, hints: Hints) -> Source:
    """The model by the package that its class, or the nearest class that it derives from, belongs to; a path by its ending. Raises BundleError for others, and where the model does not predict."""
    if hints.method not in (None, *METHODS):
        raise BundleError(f"method {hints.method!r}: one of {', '.join(METHODS)}")
    path = Path(model) if isinstance(model, (str, Path)) else None
    source = _source_of_object(model, contract, hints) if path is None else _source_of_path(path, contract, hints)
    return replace(source, predict=_refusing(source, contract))


def _refusing(source: Source, contract: Contract) -> Predict:
    """The source's own predictions; what the model raises becomes a BundleError that says what it must take."""
    row = f"{len(contract.features)} features" if contract.window == 1 else f"{contract.window} vectors x {len(contract.features)} features"
    fix = f"it must take any number of rows x {row}, NaN where an optional one is missing, and give one list of numbers a row"

    def predict(x: np.ndarray) -> np.ndarray:
        with refused(f"{source.kind} does not predict rows of the bundle", fix):
            return source.predict(x)

    return predict


def _check_hints(kind: str, hints: Hints) -> None:
    """Raises BundleError for what was said of a model and does not apply to its kind: ignored, it would be believed to hold."""
    for hint, meaning in MEANT.items():
        if getattr(hints, hint) and hint not in TAKEN.get(kind, ()):
            raise BundleError(meaning if hint == "tensors" else f"{meaning}: this model takes none")


def _source_of_object(model: Any, contract: Contract, hints: Hints) -> Source:
    if isinstance(model, PythonClass):
        _check_hints("PythonClass", hints)
        return python_class_source(model, contract)
    packages = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    package = next((package for package in packages if package in PACKAGES), None)
    if package is None:
        fix = "for other models export ONNX and give its path, or write a class with predict(rows) and give it as presage.PythonClass"
        raise BundleError(f"save() takes models of {', '.join(PACKAGES)}, and paths to saved models, not {type(model).__name__}; {fix}")
    _check_hints(package, hints)
    return PACKAGES[package](model, contract, hints)


def _source_of_path(path: Path, contract: Contract, hints: Hints) -> Source:
    is_saved_model = (path / "saved_model.pb").is_file()
    if is_saved_model or path.suffix in FILES:
        _check_hints("SavedModel" if is_saved_model else path.suffix, hints)
    if not path.exists():
        raise BundleError(f"{path} is not there")
    if is_saved_model:
        return saved_model_source(path, contract, hints.tensor)
    if path.suffix not in FILES:
        raise BundleError(f"{path} is no SavedModel, and no file that ends with {', '.join(FILES)}")
    return FILES[path.suffix](path, contract, hints)

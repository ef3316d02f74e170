"""Which framework a model belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import BundleError
from .frameworks.keras_models import keras_source, load_keras, saved_model_source
from .frameworks.lightgbm_models import lightgbm_source, load_lightgbm
from .frameworks.onnx_files import onnx_source
from .frameworks.python_class import PythonClass, python_class_source
from .frameworks.sklearn_models import load_joblib, load_skops, sklearn_source
from .frameworks.torch_models import load_program, load_script, torch_source
from .frameworks.xgboost_models import load_xgboost, xgboost_source
from .source import Predict, RowShape, Source


@dataclass(frozen=True)
class Hints:
    """What a model may not say by itself: the source framework's own `predict` of an ONNX file, which `tensor` of several holds the output, which `method` is called."""

    predict: Predict | None = None
    tensor: str | None = None
    method: str | None = None


PACKAGES: dict[str, Callable[[Any, RowShape, Hints], Source]] = {
    "lightgbm": lambda model, shape, _: lightgbm_source(model, shape),
    "xgboost": lambda model, shape, _: xgboost_source(model, shape),
    "keras": lambda model, shape, _: keras_source(model, shape),
    "torch": lambda model, shape, _: torch_source(model, shape),
    "sklearn": lambda model, shape, hints: sklearn_source(model, shape, hints.method),
}
FILES: dict[str, Callable[[Path, RowShape, Hints], Source]] = {
    ".onnx": lambda path, shape, hints: onnx_source(path, shape, hints.predict, hints.tensor),
    ".keras": lambda path, shape, _: keras_source(load_keras(path), shape),
    ".pt2": lambda path, shape, _: torch_source(load_program(path), shape),
    ".pt": lambda path, shape, _: torch_source(load_script(path), shape),
    ".txt": lambda path, shape, _: lightgbm_source(load_lightgbm(path), shape),
    ".json": lambda path, shape, _: xgboost_source(load_xgboost(path), shape),
    ".ubj": lambda path, shape, _: xgboost_source(load_xgboost(path), shape),
    ".skops": lambda path, shape, hints: _source_of_object(load_skops(path), shape, hints),
    ".joblib": lambda path, shape, hints: _source_of_object(load_joblib(path), shape, hints),
    ".pkl": lambda path, shape, hints: _source_of_object(load_joblib(path), shape, hints),
}


def source_of(model: Any, shape: RowShape, hints: Hints) -> Source:
    """The model by the package that its class, or the nearest class that it derives from, belongs to; a path by its ending. Raises BundleError for others."""
    return _source_of_path(Path(model), shape, hints) if isinstance(model, (str, Path)) else _source_of_object(model, shape, hints)


def _source_of_object(model: Any, shape: RowShape, hints: Hints) -> Source:
    if isinstance(model, PythonClass):
        return python_class_source(model, shape)
    packages = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    read = next((PACKAGES[package] for package in packages if package in PACKAGES), None)
    if read is None:
        raise BundleError(f"save() takes models of {', '.join(PACKAGES)}, and paths to saved models, not {type(model).__name__}; for other models export ONNX and give its path")
    return read(model, shape, hints)


def _source_of_path(path: Path, shape: RowShape, hints: Hints) -> Source:
    if not path.exists():
        raise BundleError(f"{path} is not there")
    if (path / "saved_model.pb").is_file():
        return saved_model_source(path, shape)
    if path.suffix not in FILES:
        raise BundleError(f"{path} is no SavedModel, and no file that ends with {', '.join(FILES)}")
    return FILES[path.suffix](path, shape, hints)

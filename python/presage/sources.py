"""Which framework a model belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import BundleError
from .frameworks.lightgbm_models import lightgbm_source
from .frameworks.onnx_files import onnx_source
from .frameworks.sklearn_models import sklearn_source
from .frameworks.xgboost_models import xgboost_source
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
    "sklearn": lambda model, shape, hints: sklearn_source(model, shape, hints.method),
}
FILES: dict[str, Callable[[Path, RowShape, Hints], Source]] = {
    ".onnx": lambda path, shape, hints: onnx_source(path, shape, hints.predict, hints.tensor),
}


def source_of(model: Any, shape: RowShape, hints: Hints) -> Source:
    """The model by the package that its class, or the nearest class that it derives from, belongs to; a path by its ending. Raises BundleError for others."""
    if isinstance(model, (str, Path)):
        path = Path(model)
        if path.suffix not in FILES:
            raise BundleError(f"{path}: a saved model ends with {', '.join(FILES)}")
        return FILES[path.suffix](path, shape, hints)
    packages = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    read = next((PACKAGES[package] for package in packages if package in PACKAGES), None)
    if read is None:
        raise BundleError(f"save() takes models of {', '.join(PACKAGES)}, and paths to saved models, not {type(model).__name__}; for other models export ONNX and give its path")
    return read(model, shape, hints)

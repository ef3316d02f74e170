"""Models of trees as bundles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .assemble import assemble
from .description import Description
from .errors import BundleError
from .evidence import Parts
from .lightgbm_model import lightgbm_model
from .sklearn_model import sklearn_model
from .trees_model import TreesModel
from .xgboost_model import xgboost_model

READERS = {"lightgbm": lightgbm_model, "xgboost": xgboost_model, "sklearn": sklearn_model}


def trees_of(model: Any) -> TreesModel:
    """The model by the package that its class, or the nearest class that it derives from, belongs to; raises BundleError for other packages."""
    packages = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    read = next((READERS[package] for package in packages if package in READERS), None)
    if read is None:
        raise BundleError(
            "save() takes a LightGBM or XGBoost booster or classifier, or scikit-learn's random forest, extra trees, gradient boosting and histogram gradient boosting, "
            f"not {type(model).__name__}; for other models export ONNX and use save_onnx()"
        )
    return read(model)


def save(model: Any, models_dir: str | Path, *, name: str, version: str, description: Description, parts: Parts) -> Path:
    """
    Writes a bundle of a fitted binary classifier of trees (classes 0 = down, 1 = up) by LightGBM, XGBoost or scikit-learn, with golden rows from that library itself.
    Returns the folder. Raises BundleError; a version that is there already is never overwritten.
    """
    trees = trees_of(model)
    if trees.inputs != len(description.features) * description.window:
        raise BundleError(f"the model has {trees.inputs} inputs, features x window make {len(description.features) * description.window}")
    return assemble(models_dir, (name, version), trees.artefact, (trees.predict, description, parts))

"""Models of trees as bundles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .assemble import assemble
from .description import Description
from .errors import BundleError
from .evidence import Parts
from .lightgbm_model import is_lightgbm, lightgbm_model
from .sklearn_model import sklearn_model
from .sklearn_trees import is_sklearn_trees
from .trees_model import TreesModel


def _trees_of(model: Any) -> TreesModel:
    if is_lightgbm(model):
        return lightgbm_model(model)
    if is_sklearn_trees(model):
        return sklearn_model(model)
    raise BundleError(
        f"save() takes a LightGBM booster or classifier, or scikit-learn's random forest, extra trees, gradient boosting and histogram gradient boosting, "
        f"not {type(model).__name__}; for other models export ONNX and use save_onnx()"
    )


def save(model: Any, models_dir: str | Path, *, name: str, version: str, description: Description, parts: Parts) -> Path:
    """
    Writes a bundle of a fitted binary classifier of trees (classes 0 = down, 1 = up) by LightGBM or scikit-learn, with golden rows from that library itself. Returns the
    folder. Raises BundleError; a version that is there already is never overwritten.
    """
    trees = _trees_of(model)
    if trees.inputs != len(description.features) * description.window:
        raise BundleError(f"the model has {trees.inputs} inputs, features x window make {len(description.features) * description.window}")
    return assemble(models_dir, (name, version), trees.artefact, (trees.predict, description, parts))

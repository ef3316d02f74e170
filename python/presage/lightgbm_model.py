"""LightGBM boosters and scikit-learn wrappers as bundles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .assemble import Artefact, assemble
from .description import Description
from .errors import BundleError
from .evidence import Parts
from .golden import Tolerance

TREES = Tolerance(absolute=1e-12, relative=1e-12)


def booster_of(model: Any) -> Any:
    """The booster of a fitted LightGBM model; raises BundleError for anything else, and for other objectives than binary."""
    booster = getattr(model, "booster_", model)
    if not type(booster).__module__.startswith("lightgbm"):
        raise BundleError(f"save() takes a LightGBM booster or classifier, not {type(model).__name__}; for other frameworks export ONNX and use save_onnx()")
    text = booster.model_to_string(num_iteration=-1)
    objective = next((line for line in text.splitlines() if line.startswith("objective=")), "objective=none")
    if not objective.startswith("objective=binary"):
        raise BundleError(f"only binary classifiers can be saved so far; this one has {objective}")
    return booster


def save(model: Any, models_dir: str | Path, *, name: str, version: str, description: Description, parts: Parts) -> Path:
    """
    Writes a bundle of a fitted LightGBM binary classifier (classes 0 = down, 1 = up): `model.txt` as LightGBM writes it, golden rows from LightGBM itself. Returns the
    folder. Raises BundleError; a version that is there already is never overwritten.
    """
    booster = booster_of(model)
    if booster.num_feature() != len(description.features) * description.window:
        raise BundleError(f"the model has {booster.num_feature()} inputs, features x window make {len(description.features) * description.window}")

    def predict(x: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(x, num_threads=1)).reshape(-1, 1)

    content = booster.model_to_string(num_iteration=-1).encode()
    artefact = Artefact("model.txt", content, "trees", "lightgbm", None, TREES)
    return assemble(models_dir, (name, version), artefact, (predict, description, parts))

"""LightGBM boosters and scikit-learn wrappers of LightGBM."""

from __future__ import annotations

from typing import Any

import numpy as np

from .assemble import Artefact
from .errors import BundleError
from .trees_model import TREES, TreesModel


def is_lightgbm(model: Any) -> bool:
    """Whether `model` is a booster of LightGBM or holds one."""
    return type(getattr(model, "booster_", model)).__module__.startswith("lightgbm")


def lightgbm_model(model: Any) -> TreesModel:
    """`model.txt` as LightGBM writes it; raises BundleError for other objectives than binary."""
    booster = getattr(model, "booster_", model)
    text = booster.model_to_string(num_iteration=-1)
    objective = next((line for line in text.splitlines() if line.startswith("objective=")), "objective=none")
    if not objective.startswith("objective=binary"):
        raise BundleError(f"only binary classifiers can be saved so far; this one has {objective}")

    def predict(x: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(x, num_threads=1)).reshape(-1, 1)

    return TreesModel(Artefact("model.txt", text.encode(), "trees", "lightgbm", None, TREES), booster.num_feature(), predict)

"""LightGBM boosters and scikit-learn wrappers of LightGBM."""

from __future__ import annotations

from typing import Any

import numpy as np

from .assemble import Artefact
from .errors import BundleError
from .trees_model import TREES, TreesModel


def lightgbm_model(model: Any) -> TreesModel:
    """`model.txt` as LightGBM writes it, cut at the best iteration; raises BundleError for other objectives than binary."""
    booster = getattr(model, "booster_", model)
    text = booster.model_to_string()
    objective = next((line for line in text.splitlines() if line.startswith("objective=")), "objective=none")
    if not objective.startswith("objective=binary"):
        raise BundleError(f"only binary classifiers can be saved so far; this one has {objective}")

    def predict(x: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(x, num_threads=1)).reshape(-1, 1)

    return TreesModel(Artefact("model.txt", text.encode(), "trees", "lightgbm", None, TREES), booster.num_feature(), predict)

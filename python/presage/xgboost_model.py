"""XGBoost boosters and scikit-learn wrappers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from .assemble import Artefact
from .errors import BundleError
from .golden import Tolerance
from .trees_model import TreesModel

# XGBoost computes in float32. Its logarithm of the base score may differ by one step from the server's: up to 1e-6 of a score, and as much of a probability.
TOLERANCE = Tolerance(absolute=1e-12, relative=5e-6)


def booster_of(model: Any) -> Any:
    """
    What the model itself predicts with: a booster with all of its rounds, a classifier that stopped early up to its best one. Raises BundleError for a classifier to which
    another value than NaN is missing: the server knows NaN only.
    """
    if not hasattr(model, "get_booster"):
        return model
    if not np.isnan(model.missing):
        raise BundleError(f"to this classifier {model.missing} is a missing value, but the server's missing values are NaN: train with missing=np.nan")
    booster = model.get_booster()
    rounds = getattr(model, "best_iteration", None)
    return booster if rounds is None else booster[: rounds + 1]


def _check(booster: Any) -> None:
    learner = json.loads(booster.save_config())["learner"]
    kind, objective = learner["gradient_booster"]["name"], learner["objective"]["name"]
    if kind not in ("gbtree", "dart"):
        raise BundleError(f"{kind} has no trees: train with booster='gbtree' or 'dart'")
    if objective != "binary:logistic" or int(learner["learner_model_param"]["num_target"]) > 1:
        raise BundleError(f"only binary classifiers of one label can be saved so far (objective binary:logistic); this one has {objective}")


def xgboost_model(model: Any) -> TreesModel:
    """`model.ubj` as XGBoost writes it; raises BundleError for other objectives and for linear models."""
    from xgboost import DMatrix

    booster = booster_of(model)
    _check(booster)

    def predict(x: np.ndarray) -> np.ndarray:
        data = DMatrix(x, feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=True)
        return booster.predict(data).reshape(-1, 1)

    artefact = Artefact("model.ubj", bytes(booster.save_raw("ubj")), "trees", "xgboost-ubj", None, TOLERANCE)
    return TreesModel(artefact, booster.num_features(), predict)

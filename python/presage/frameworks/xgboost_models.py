"""XGBoost boosters and scikit-learn wrappers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BundleError, reading
from ..golden import Tolerance
from ..source import Artefact, Contract, Form, Predict, Source, columns
from .as_fitted import check_categories, check_classes, check_order

# XGBoost computes in float32. Its logarithm of the base score may differ by one step from the server's: up to 1e-6 of a score, and as much of a probability.
TOLERANCE = Tolerance(absolute=1e-12, relative=5e-6)
PROBABILITIES = ("binary:logistic", "reg:logistic", "multi:softprob")


def booster_of(model: Any) -> Any:
    """
    What the model itself predicts with: a booster with all of its rounds, a wrapper that stopped early up to its best one. Raises BundleError for a wrapper to which
    another value than NaN is missing, since the server knows NaN only, or that is not fitted on two classes.
    """
    if not hasattr(model, "get_booster"):
        return model
    if not model.__sklearn_is_fitted__():
        raise BundleError(f"this {type(model).__name__} is not fitted: call fit() first")
    check_classes(model)
    if not np.isnan(model.missing):
        raise BundleError(f"to this model {model.missing} is a missing value, but the server's missing values are NaN: train with missing=np.nan")
    booster = model.get_booster()
    rounds = getattr(model, "best_iteration", None)
    return booster if rounds is None else _up_to(booster, rounds)


def _learner(booster: Any) -> Any:
    return json.loads(booster.save_config())["learner"]


def _up_to(booster: Any, best: int) -> Any:
    """The booster up to its best round. A linear one has no rounds any more once it is trained, and predicts with all of them."""
    return booster if _learner(booster)["gradient_booster"]["name"] == "gblinear" else booster[: best + 1]


def xgboost_source(model: Any, contract: Contract) -> Source:
    """A booster, or the booster of a wrapper, as it predicts on a DMatrix. Raises BundleError where it was fitted on other rows than the description's."""
    import xgboost

    booster = booster_of(model)
    learner = _learner(booster)
    kind, objective = learner["gradient_booster"]["name"], learner["objective"]["name"]
    check_order(type(model).__name__, booster.feature_names or [], contract)
    check_categories(type(model).__name__, _categories(booster))
    if objective == "multi:softmax":
        raise BundleError("multi:softmax predicts the number of a class only: train with multi:softprob")

    def write_trees(folder: Path) -> Artefact:
        if kind not in ("gbtree", "dart"):
            raise BundleError(f"{kind} has no trees")
        if learner["learner_train_param"].get("multi_strategy") == "multi_output_tree":
            raise BundleError('its trees have leaves of several values: train with multi_strategy="one_output_per_tree"')
        return write(folder, "trees")

    def write(folder: Path, runtime: str = "python") -> Artefact:
        (folder / "model.ubj").write_bytes(bytes(booster.save_raw("ubj")))
        return Artefact("model.ubj", runtime, "xgboost-ubj", TOLERANCE)

    forms = [Form("trees", "trees", write_trees), Form("XGBoost's UBJSON", "python", write)]
    gives = "probabilities" if objective in PROBABILITIES else "amounts"
    return Source(f"xgboost {xgboost.__version__}", f"{type(model).__name__}, objective {objective}", booster.num_features(), predictor(booster), forms, gives)


def predictor(booster: Any) -> Predict:
    """What the booster gives for rows. Names and types go along, as XGBoost compares them."""
    from xgboost import DMatrix

    def predict(x: np.ndarray) -> np.ndarray:
        data = DMatrix(x, feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=True)
        return columns(booster.predict(data), len(x))

    return predict


def _categories(booster: Any) -> list[list[Any]]:
    """The known values of the categorical columns that were fitted on data frames; XGBoost keeps them since 3.1."""
    if "c" not in (booster.feature_types or []):
        return []
    model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"].get("model", {})
    # Texts have offsets; they are counted by whoever makes the rows.
    return [column["values"] for column in model.get("cats", {}).get("enc", []) if "offsets" not in column]


def load_xgboost(path: Path) -> Any:
    """The booster of a JSON or UBJSON file, up to its best round where a wrapper that stopped early wrote it: so it predicts itself. Raises BundleError for another file."""
    from xgboost import Booster

    with reading(path, "a model of XGBoost", "write it with booster.save_model(path), which ends with .ubj or .json"):
        booster = Booster(model_file=path)
    best = booster.attr("best_iteration")
    return booster if best is None or booster.attr("scikit_learn") is None else _up_to(booster, int(best))

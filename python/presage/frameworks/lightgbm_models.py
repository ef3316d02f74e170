"""LightGBM boosters and scikit-learn wrappers of LightGBM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BundleError, reading
from ..source import FLOAT64, Artefact, Contract, Form, Predict, Source, columns
from .as_fitted import check_categories, check_classes, check_order

PROBABILITIES = ("binary", "cross_entropy", "multiclass", "multiclassova")


def booster_of(model: Any) -> Any:
    """A booster, or that of a wrapper. Raises BundleError for a wrapper that is not fitted or whose classes are not numbers, and for several boosters."""
    from lightgbm import Booster, LGBMModel

    name = type(model).__name__
    if isinstance(model, LGBMModel):
        if not model.__sklearn_is_fitted__():
            raise BundleError(f"this {name} is not fitted: call fit() first")
        check_classes(model)
        return model.booster_
    if not isinstance(model, Booster):
        raise BundleError(f"a {name} is no single model: give one Booster of it, or one that was trained on all rows")
    return model


def lightgbm_source(model: Any, contract: Contract) -> Source:
    """A booster, or the booster of a wrapper, up to its best iteration. Raises BundleError where it was fitted on other rows than the description's."""
    import lightgbm

    booster, name = booster_of(model), type(model).__name__
    check_order(name, booster.feature_name(), contract)
    check_categories(name, booster.pandas_categorical or [])
    text = booster.model_to_string()
    objective = next((line for line in text.splitlines() if line.startswith("objective=")), "objective=custom").partition("=")[2]

    def write(runtime: str) -> Any:
        def into(folder: Path) -> Artefact:
            if runtime == "trees" and objective.startswith("multiclass num_class:2"):
                raise BundleError("two classes as multiclass: train with objective binary")
            (folder / "model.txt").write_bytes(text.encode())
            return Artefact("model.txt", runtime, "lightgbm", FLOAT64)

        return into

    forms = [Form("trees", "trees", write("trees")), Form("LightGBM's text", "python", write("python"))]
    gives = "probabilities" if objective.split()[0] in PROBABILITIES else "amounts"
    return Source(f"lightgbm {lightgbm.__version__}", f"{name}, objective {objective}", booster.num_feature(), predictor(booster), forms, gives)


def predictor(booster: Any) -> Predict:
    """What the booster gives for rows, on one thread: a call for a single row needs no more."""
    return lambda x: columns(booster.predict(x, num_threads=1), len(x))


def load_lightgbm(path: Path) -> Any:
    """The booster of a text file. Raises BundleError for another file."""
    from lightgbm import Booster

    with reading(path, "LightGBM's text", "write it with booster.save_model(path)"):
        return Booster(model_str=path.read_text(encoding="utf-8"))

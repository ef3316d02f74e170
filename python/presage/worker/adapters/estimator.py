"""Estimators with scikit-learn's interface, however they were stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..load_args import LoadArgs
from ..refusal import CONTRACT_MISMATCH, VERIFICATION_FAILED, Refusal
from .adapter import Model, check_columns, framework

METHODS = ("predict_proba", "predict", "decision_function")


def choose_method(estimator: Any, args: LoadArgs) -> str:
    """The method that answers; raises Refusal where it would give labels or scores as probabilities."""
    is_classifier = hasattr(estimator, "classes_") or hasattr(estimator, "predict_proba")
    method = args.method or ("predict_proba" if is_classifier and args.kind != "regression" else "predict")
    kind = type(estimator).__name__
    if method not in METHODS or not hasattr(estimator, method):
        hint = "wrap it in CalibratedClassifierCV, or make it a model of kind regression with artefact.method" if method == "predict_proba" else "name another artefact.method"
        raise Refusal(VERIFICATION_FAILED, f"This {kind} has no {method}: {hint}")
    gives_none = method == "decision_function" or (method == "predict" and is_classifier)
    if args.kind != "regression" and gives_none:
        raise Refusal(VERIFICATION_FAILED, f"{method} of this {kind} gives no probabilities: use predict_proba, or make it a model of kind regression")
    return method


def check_names(estimator: Any, args: LoadArgs) -> list[str] | None:
    """The names of columns that the estimator was fitted with, which must be the manifest's features in their order; none if it never saw names."""
    found = getattr(estimator, "feature_names_in_", None)
    if found is None:
        return None
    names = [str(name) for name in found]
    if args.window == 1 and names != args.features:
        at = next((at for at, pair in enumerate(zip(names, args.features)) if pair[0] != pair[1]), min(len(names), len(args.features)))
        pair = [repr(ids[at]) if at < len(ids) else "nothing" for ids in (names, args.features)]
        raise Refusal(CONTRACT_MISMATCH, f"The model was fitted on other columns than the manifest's features: column {at + 1} is {pair[0]} in the model, {pair[1]} in the manifest")
    return names


def limit_jobs(estimator: Any, threads: int) -> None:
    """Parallel steps use the threads that the server gave: n_jobs=-1 would start a pool for each single row."""
    params = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    jobs = [name for name in params if name == "n_jobs" or name.endswith("__n_jobs")]
    if jobs:
        estimator.set_params(**dict.fromkeys(jobs, threads))


def estimator_model(estimator: Any, args: LoadArgs) -> Model:
    """Any fitted estimator or pipeline."""
    sklearn = framework("sklearn", "scikit-learn")
    method = choose_method(estimator, args)
    check_columns(args, getattr(estimator, "n_features_in_", None), type(estimator).__name__)
    names = check_names(estimator, args)
    limit_jobs(estimator, args.threads)
    answer = getattr(estimator, method)
    if names is None:
        return Model("scikit-learn", sklearn.__version__, type(estimator).__name__, answer)
    pandas = framework("pandas", "pandas")
    columns = pandas.Index(names)

    def predict(rows: np.ndarray) -> Any:
        # As a frame that the user makes: with another layout in memory (copy=False) BLAS rounds otherwise.
        return answer(pandas.DataFrame(rows, columns=columns))

    return Model("scikit-learn", sklearn.__version__, type(estimator).__name__, predict)

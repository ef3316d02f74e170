"""Tree ensembles of scikit-learn as text that the server reads: the format `sklearn-trees`, described in python/README.md."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from .errors import BundleError

FORESTS = ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor")
BOOSTERS = ("GradientBoostingClassifier", "GradientBoostingRegressor")
HISTOGRAM_BOOSTERS = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
TRANSFORMS = {
    "IdentityLink": {"kind": "identity"},
    "LogLink": {"kind": "exponential"},
    "LogitLink": {"kind": "sigmoid", "slope": 1},
    "HalfLogitLink": {"kind": "sigmoid", "slope": 2},
    "MultinomialLogit": {"kind": "softmax"},
}

def is_sklearn_trees(model: Any) -> bool:
    """Whether `model` is one of the estimators that `sklearn_trees_text` takes."""
    return type(model).__module__.startswith("sklearn.ensemble.") and type(model).__name__ in FORESTS + BOOSTERS + HISTOGRAM_BOOSTERS


def sklearn_trees_text(model: Any) -> str:
    """
    A fitted random forest, extra trees, gradient boosting or histogram gradient boosting of scikit-learn as text; read back it gives scikit-learn's own raw scores to the
    bit. Raises BundleError with the fix for every other model, several targets, and gradient boosting that begins with a model of its own.
    """
    if not is_sklearn_trees(model):
        raise BundleError(f"{type(model).__name__} is none of scikit-learn's random forests, extra trees and gradient boosting")
    if not hasattr(model, "n_features_in_"):
        raise BundleError(f"this {type(model).__name__} is not fitted: call fit() first")
    name = type(model).__name__
    body = _forest(model) if name in FORESTS else _boosting(model) if name in BOOSTERS else _histogram_boosting(model)
    return _text(_head(model) | body)


def _head(model: Any) -> dict[str, Any]:
    import sklearn

    names = getattr(model, "feature_names_in_", [f"x{i}" for i in range(model.n_features_in_)])
    return {
        "format": "presage-trees",
        "version": 1,
        "written_by": f"scikit-learn {sklearn.__version__}",
        "objective": type(model).__name__,
        "feature_names": [str(name) for name in names],
        "categories": [None] * model.n_features_in_,
    }


def _text(model: dict[str, Any]) -> str:
    """One line a tree. Python writes the shortest text that reads back as the same float."""
    head = {key: value for key, value in model.items() if key != "trees"}
    lines = ",\n".join(_json(tree) for tree in model["trees"])
    return f'{_json(head)[:-1]},"trees":[\n{lines}\n]}}\n'


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _forest(model: Any) -> dict[str, Any]:
    if model.n_outputs_ != 1:
        raise BundleError(f"this {type(model).__name__} has {model.n_outputs_} targets: fit one model a target")
    if hasattr(model, "classes_") and len(model.classes_) < 2:
        raise BundleError(f"this {type(model).__name__} knows one class only: fit it on rows of two classes at least")
    # Of two classes the second is enough: its share is P(up).
    columns = list(range(len(model.classes_))) if hasattr(model, "classes_") else [0]
    columns = columns[-1:] if len(columns) == 2 else columns
    trees = [_plain_tree(estimator.tree_, lambda value: [value[:, 0, column] for column in columns]) for estimator in model.estimators_]
    return {"base": [0.0] * len(columns), "transform": {"kind": "identity"}, "average": True, "round_inputs": True, "trees": trees}


def _boosting(model: Any) -> dict[str, Any]:
    init = type(model.init_).__name__
    if model.init not in (None, "zero"):
        raise BundleError(f"this {type(model).__name__} begins with init={init}: fit it with init=None or init='zero'")
    base = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]
    rate = float(model.learning_rate)
    trees = [_plain_tree(estimator.tree_, lambda value: [rate * value[:, 0, 0]]) for stage in model.estimators_ for estimator in stage]
    return {"base": base.tolist(), "transform": _transform(model), "average": False, "round_inputs": True, "trees": trees}


def _histogram_boosting(model: Any) -> dict[str, Any]:
    columns, categories = _recoded(model)
    base = 0.0 + np.ravel(model._baseline_prediction)
    trees = [_histogram_tree(predictor, columns) for stage in model._predictors for predictor in stage]
    body = {"base": base.tolist(), "transform": _transform(model), "average": False, "round_inputs": False, "trees": trees}
    return body | {"categories": categories}


def _transform(model: Any) -> dict[str, Any]:
    link = type(model._loss.link).__name__
    if link not in TRANSFORMS:
        raise BundleError(f"the loss {type(model._loss).__name__} has a link that is not known ({link}): fit with a loss of scikit-learn's own")
    return TRANSFORMS[link]


def _recoded(model: Any) -> tuple[np.ndarray, list[list[float] | None]]:
    """Input of each column that the trees see (scikit-learn moves the categorical ones to the front), and per input its known categories, or None."""
    categories: list[list[float] | None] = [None] * model.n_features_in_
    if model.is_categorical_ is None:
        return np.arange(model.n_features_in_), categories
    inputs = np.flatnonzero(model.is_categorical_)
    for column, known in zip(inputs, model._preprocessor.named_transformers_["encoder"].categories_):
        if known.dtype.kind not in "iuf":
            raise BundleError(f"the categories of input {column} are no numbers ({known[0]!r}): the server sends numbers, so fit on numbers")
        # A NaN among them is the missing side already.
        categories[column] = [float(value) for value in known if not np.isnan(value)]
    return np.concatenate([inputs, np.flatnonzero(~model.is_categorical_)]), categories


def _plain_tree(tree: Any, leaf_values: Any) -> dict[str, Any]:
    """A tree of sklearn.tree; `leaf_values` makes columns of leaf values of its `value`."""
    is_leaf = tree.children_left < 0
    inner = ~is_leaf
    return {
        "feature": tree.feature[inner].tolist(),
        "threshold": [_threshold(value) for value in tree.threshold[inner]],
        "missing_left": tree.missing_go_to_left[inner].astype(int).tolist(),
        **_children(is_leaf, tree.children_left, tree.children_right),
        "values": [column.tolist() for column in leaf_values(tree.value[is_leaf])],
        "cover": {"nodes": tree.weighted_n_node_samples[inner].tolist(), "leaves": tree.weighted_n_node_samples[is_leaf].tolist()},
    }


def _histogram_tree(predictor: Any, columns: np.ndarray) -> dict[str, Any]:
    nodes = predictor.nodes
    is_leaf = nodes["is_leaf"] != 0
    inner = nodes[~is_leaf]
    return {
        "feature": columns[inner["feature_idx"]].tolist(),
        "threshold": [_members(predictor.raw_left_cat_bitsets[n["bitset_idx"]]) if n["is_categorical"] else _threshold(n["num_threshold"]) for n in inner],
        "missing_left": inner["missing_go_to_left"].astype(int).tolist(),
        **_children(is_leaf, nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)),
        "values": [nodes["value"][is_leaf].tolist()],
        "cover": {"nodes": inner["count"].tolist(), "leaves": nodes["count"][is_leaf].tolist()},
    }


def _children(is_leaf: np.ndarray, left: np.ndarray, right: np.ndarray) -> dict[str, list[int]]:
    """Nodes and leaves counted apart: a child n >= 0 is a node, n < 0 the leaf -1 - n."""
    number = np.where(is_leaf, -np.cumsum(is_leaf), np.cumsum(~is_leaf) - 1)
    return {"left": number[left[~is_leaf]].tolist(), "right": number[right[~is_leaf]].tolist()}


def _threshold(value: float) -> float | str:
    """Infinity splits the missing values from all others."""
    return float(value) if np.isfinite(value) else "inf" if value > 0 else "-inf"


def _members(bitset: np.ndarray) -> list[int]:
    return [code for code in range(len(bitset) * 32) if bitset[code // 32] >> np.uint32(code % 32) & 1]

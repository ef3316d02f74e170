"""Binary classifiers of scikit-learn's forests and boosting."""

from __future__ import annotations

from typing import Any

import numpy as np

from .assemble import Artefact
from .errors import BundleError
from .sklearn_trees import is_sklearn_trees, sklearn_trees_text
from .trees_model import TREES, TreesModel


def sklearn_model(model: Any) -> TreesModel:
    """`trees.json` of a forest or boosting; raises BundleError for other estimators, regressors, and for other classes than two numbers (the larger is up)."""
    name = type(model).__name__
    classes = getattr(model, "classes_", None)
    if is_sklearn_trees(model) and classes is None and not name.endswith("Classifier"):
        raise BundleError(f"only binary classifiers can be saved so far, not {name}")
    content = sklearn_trees_text(model).encode()
    if len(classes) != 2 or np.asarray(classes).dtype.kind not in "biuf":
        raise BundleError(f"only binary classifiers can be saved so far; the classes of this {name} are {list(classes)}: train it on 0 = down and 1 = up")

    def predict(x: np.ndarray) -> np.ndarray:
        try:
            return model.predict_proba(x)[:, 1:]
        except ValueError as error:
            fault = str(error).partition("\n")[0]
            raise BundleError(f"this {name} does not predict rows that the bundle needs ({fault}); if it takes no missing values, describe no input as optional") from error

    return TreesModel(Artefact("trees.json", content, "trees", "sklearn-trees", None, TREES), model.n_features_in_, predict)

"""Estimators and pipelines of scikit-learn, and what behaves like them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BundleError, reading
from ..sklearn_trees import sklearn_trees_text
from ..source import FLOAT32, FLOAT64, MIXED, Artefact, Contract, Form, Predict, Source, columns
from .as_fitted import check_classes
from .onnx_files import OPSET
from .sklearn_columns import by_place


def sklearn_source(model: Any, contract: Contract, method: str | None = None) -> Source:
    """
    A fitted estimator. `method` is what is called: by default predict_proba of a classifier, predict of a regressor. Raises BundleError if it is not fitted, or a classifier
    that knows no probabilities.
    """
    import sklearn

    method = method or method_of(model)
    _check_names(model, contract)
    ask = predictor(model, method)

    def predict(x: np.ndarray) -> np.ndarray:
        try:
            return ask(x)
        except ValueError as error:
            fault = str(error).partition("\n")[0]
            raise BundleError(
                f"this {type(model).__name__} does not predict rows that the bundle needs ({fault}); if it takes no missing values, describe no input as optional"
            ) from error

    forms = [
        Form("trees", "trees", lambda folder: _write_trees(model, folder)),
        Form("ONNX, float64", "onnx", lambda folder: _write_onnx(model, contract, method, folder, double=True)),
        Form("ONNX, float32", "onnx", lambda folder: _write_onnx(model, contract, method, folder, double=False)),
        Form("skops", "python", lambda folder: _write_skops(model, method, folder)),
        Form("joblib", "python", lambda folder: _write_joblib(model, method, folder)),
    ]
    gives = "probabilities" if method == "predict_proba" else "amounts"
    return Source(f"scikit-learn {sklearn.__version__}", type(model).__name__, getattr(model, "n_features_in_", None), predict, forms, gives)


def method_of(model: Any) -> str:
    """What a classifier or a regressor is asked with; raises BundleError for what gives no numbers to act on."""
    from sklearn.base import is_classifier
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    name = type(model).__name__
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise BundleError(f"this {name} is not fitted: call fit() first") from None
    except TypeError:  # no estimator by inheritance: it says by itself what it lacks
        pass
    if hasattr(model, "predict_proba"):
        check_classes(model)
        return "predict_proba"
    if is_classifier(model):
        raise BundleError(f"this {name} knows no probabilities: wrap it in CalibratedClassifierCV, or fit it with probability=True where it has that")
    return "predict"


def predictor(model: Any, method: str) -> Predict:
    """What the estimator gives for rows; where it was fitted on a data frame, rows come as a frame with the same names."""
    ask, names = getattr(model, method), getattr(model, "feature_names_in_", None)
    if names is None:
        return lambda x: columns(ask(x), len(x))
    from pandas import DataFrame

    return lambda x: columns(ask(DataFrame(x, columns=names)), len(x))


def _check_names(model: Any, contract: Contract) -> None:
    names = [str(name) for name in getattr(model, "feature_names_in_", [])]
    if names and contract.window == 1 and names != contract.features:
        raise BundleError(f"this {type(model).__name__} was fitted on the columns {', '.join(names)}, the description lists {', '.join(contract.features)}: describe those, in that order")


def load_skops(path: Path) -> Any:
    """The estimator of a skops file; raises BundleError for another file, and for types that skops does not know to be harmless."""
    from skops.io import load

    with reading(path, "a file of skops", "write it with skops.io.dump, of types that skops trusts"):
        return load(path)


def load_joblib(path: Path) -> Any:
    """The estimator of a pickle. Runs whatever code the file holds. Raises BundleError where that fails."""
    from joblib import load

    with reading(path, "a pickle", "write it with joblib.dump, and import it where the modules of all its classes can be imported"):
        return load(path)


def _write_trees(model: Any, folder: Path) -> Artefact:
    (folder / "trees.json").write_bytes(sklearn_trees_text(model).encode())
    return Artefact("trees.json", "trees", "sklearn-trees", FLOAT64)


def _write_onnx(model: Any, contract: Contract, method: str, folder: Path, *, double: bool) -> Artefact:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    if method == "predict_proba":
        options, tensor = {"zipmap": False}, "probabilities"
    else:
        options, tensor = None, None
    kind = DoubleTensorType if double else FloatTensorType
    graph = to_onnx(by_place(model), initial_types=[("input", kind([None, contract.values]))], options=options, target_opset=OPSET)
    if contract.window > 1:
        _take_windows(graph.graph, contract)
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    return Artefact("model.onnx", "onnx", "onnx", MIXED if double else FLOAT32, tensor=tensor)


def _take_windows(graph: Any, contract: Contract) -> None:
    """Rows come as n x window x features; the estimator takes them flat."""
    from onnx import helper

    taken = graph.input[0]
    graph.node.insert(0, helper.make_node("Flatten", ["rows"], [taken.name], axis=1))
    taken.CopyFrom(helper.make_tensor_value_info("rows", taken.type.tensor_type.elem_type, [None, contract.window, len(contract.features)]))


def _write_skops(model: Any, method: str, folder: Path) -> Artefact:
    from skops.io import dump, get_untrusted_types

    path = folder / "model.skops"
    dump(model, path)
    strange = get_untrusted_types(file=path)
    if strange:
        raise BundleError(f"skops does not know {', '.join(strange)} to be harmless")
    return Artefact(path.name, "python", "skops", FLOAT64, method=method)


def _write_joblib(model: Any, method: str, folder: Path) -> Artefact:
    from joblib import dump

    dump(model, folder / "model.joblib", protocol=5)
    return Artefact("model.joblib", "python", "sklearn-joblib", FLOAT64, method=method)

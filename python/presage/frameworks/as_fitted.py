"""What a model says of the rows that it was fitted on, held against those that it will be given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import BundleError
from ..source import Contract


def check_classes(model: Any) -> None:
    """Raises BundleError for a classifier whose classes are not numbers, which stand in the order of the description's classes, or are fewer than two."""
    name, classes = type(model).__name__, np.asarray(getattr(model, "classes_", [0, 1]))
    if classes.dtype.kind not in "biuf":
        raise BundleError(f"the classes of this {name} are {classes.tolist()}: train it on 0, 1 … in the order of the description's classes")
    if len(classes) < 2:
        raise BundleError(f"this {name} knows one class only, {classes.tolist()}: fit it on rows of two classes at least")


def check_order(name: str, columns: Sequence[str], contract: Contract) -> None:
    """Raises BundleError where a column is one of the description's features and stands in the place of another. Names of any other kind are the model's own: frameworks do not take all that features are called."""
    if contract.window > 1:
        return
    described = {_plain(feature): feature for feature in contract.features}
    misplaced = [at for at, pair in enumerate(zip(columns, contract.features)) if _plain(pair[0]) in described and len({*map(_plain, pair)}) > 1]
    if misplaced:
        at, order = misplaced[0], ", ".join(described.get(_plain(column), column) for column in columns)
        raise BundleError(f"this {name} was fitted with {columns[at]} as column {at + 1}, where the description lists {contract.features[at]}: describe its columns in their order, {order}")


def check_categories(name: str, categories: Sequence[Sequence[Any]]) -> None:
    """Raises BundleError where the known values of a categorical column are numbers other than 0, 1 …: the framework counted them, and would be given the numbers themselves."""
    for known in categories:
        values = np.asarray(known)
        if values.dtype.kind in "biuf" and not np.array_equal(values, np.arange(len(values))):
            raise BundleError(
                f"a categorical column that this {name} was fitted on has the values {', '.join(map(str, values[:8]))}{' …' if len(values) > 8 else ''}, which it counted from 0 on: give it those counts as numbers (frame[column].cat.codes), in training and in the rows of save() alike"
            )


def _plain(name: str) -> str:
    return re.sub(r"\W", "_", name)

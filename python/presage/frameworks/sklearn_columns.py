"""Columns of scikit-learn's column transformers: by name where a data frame was fitted, by place where a graph takes them from one input."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any


def by_place(model: Any) -> Any:
    """The fitted estimator; where column transformers in it, however deep, name their columns, a copy in which they take them by place: a row of a graph has no names."""
    if not any(map(_names, _parts(model, set()))):
        return model
    copied = deepcopy(model)
    for part in _parts(copied, set()):
        if names := _names(part):
            part.transformers_ = [(name, fitted, _places(chosen, names)) for name, fitted, chosen in part.transformers_]
    return copied


def _names(part: Any) -> list[str]:
    """The columns that a column transformer was fitted on, by name; none of what else there is."""
    return [str(name) for name in getattr(part, "feature_names_in_", [])] if hasattr(part, "transformers_") else []


def _places(chosen: Any, names: list[str]) -> Any:
    """The places of columns that are listed by name; what else chooses columns stays as it is."""
    listed = list(chosen) if hasattr(chosen, "__iter__") and not isinstance(chosen, str) else []
    return [names.index(each) for each in listed] if listed and all(isinstance(each, str) for each in listed) else chosen


def _parts(value: Any, seen: set[int]) -> Iterator[Any]:
    """A fitted estimator and all that it holds."""
    if id(value) in seen:
        return
    seen.add(id(value))
    held: list[Any] = []
    # What holds the estimators of some is no estimator itself.
    if hasattr(value, "get_params") or type(value).__module__.startswith("sklearn."):
        yield value
        held = list(getattr(value, "__dict__", {}).values())
    elif isinstance(value, dict):
        held = list(value.values())
    elif isinstance(value, (list, tuple)):
        held = list(value)
    for each in held:
        yield from _parts(each, seen)

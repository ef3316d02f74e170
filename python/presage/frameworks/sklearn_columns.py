"""Columns of scikit-learn's column transformers: by name where a data frame was fitted, by place where a graph takes them from one input."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any


def by_place(model: Any) -> Any:
    """A copy of a fitted estimator whose column transformers, however deep, take their columns by place: a row of a graph has no names."""
    copied = deepcopy(model)
    for part in _parts(copied, set()):
        names = [str(name) for name in getattr(part, "feature_names_in_", [])]
        if names and hasattr(part, "transformers_"):
            part.transformers_ = [(name, fitted, _places(chosen, names)) for name, fitted, chosen in part.transformers_]
    return copied


def _places(chosen: Any, names: list[str]) -> Any:
    """The places of columns that are listed by name; what else chooses columns stays as it is."""
    if isinstance(chosen, (str, slice)) or callable(chosen):
        return chosen
    listed = list(chosen)
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

"""Rows as the inputs of an ONNX graph: laid out, and refused, as the server does it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BundleError
from ..input_tensor import InputTensor, as_written, check_tensors
from ..source import Contract

TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}
MOST_INPUTS = 64
LARGEST_WHOLE = 2**53 - 1


@dataclass(frozen=True)
class GraphInput:
    """An input of a graph: the `columns` of the newest `window` vectors of each row, as numbers of this `kind` in the shape `row_shape`."""

    spec: InputTensor
    kind: type
    columns: list[int]
    window: int
    row_shape: tuple[int, ...]

    def lay(self, x: np.ndarray, contract: Contract) -> np.ndarray:
        """Flat rows as what the graph takes; raises BundleError for a value that is no whole number where it takes one: nothing is rounded."""
        values = x.reshape(len(x), contract.window, len(contract.features))[:, contract.window - self.window :, self.columns]
        if self.kind is np.int64:
            self._check_whole(values)
        with np.errstate(over="ignore"):  # beyond the range of float32 lies infinity
            return values.astype(self.kind).reshape(len(x), *self.row_shape)

    def _check_whole(self, values: np.ndarray) -> None:
        wrong = ~((np.floor(values) == values) & (np.abs(values) <= LARGEST_WHOLE))
        if wrong.any():
            feature, value = self.spec.features[np.argwhere(wrong)[0][-1]], values[wrong][0]
            what = "missing, and nothing stands in for a whole number" if np.isnan(value) else f"{value}"
            raise BundleError(f"{feature!r} is {what}; the graph's input {self.spec.name!r} takes whole numbers below 2^53")


def graph_inputs(inputs: Sequence[Any], contract: Contract, tensors: Sequence[InputTensor]) -> list[GraphInput]:
    """How each input (a NodeArg of onnxruntime) is made of a row. Raises BundleError, saying what to write, for a graph that the server does not take, or that `tensors` do not fit."""
    if len(inputs) > MOST_INPUTS:
        raise BundleError(f"the graph takes {len(inputs)} inputs; at most {MOST_INPUTS} are served")
    if tensors:
        check_tensors(tensors, contract.features, contract.window)
    specs = {each.name: each for each in tensors or _inferred(inputs, contract)}
    if set(specs) != {each.name for each in inputs}:
        raise BundleError(f"tensors name {', '.join(specs)}, the graph takes {_written(inputs)}: name exactly those")
    return [_graph_input(each, specs[each.name], contract) for each in inputs]


def _graph_input(value: Any, spec: InputTensor, contract: Contract) -> GraphInput:
    if value.type not in TYPES:
        raise BundleError(f"the input {value.name!r} is {value.type}; rows are float32, float64 or int64: encode text and categories before the model or inside the graph")
    if isinstance(value.shape[0] if value.shape else None, int) and value.shape[0] != 1:
        raise BundleError(f"the input {_written([value])} takes exactly {value.shape[0]} rows at a time: export it with a free first dimension, or with 1")
    window, width = spec.window or contract.window, len(spec.features)
    shape = next((shape for shape in _row_shapes(window, width) if len(shape) == len(value.shape) - 1), None)
    if shape is None or not all(map(_fits, value.shape[1:], shape)):
        raise BundleError(f"the graph's input is {_written([value])}, its features x window make [rows, {f'{window}, ' if window > 1 else ''}{width}]")
    return GraphInput(spec, TYPES[value.type], [contract.features.index(feature) for feature in spec.features], window, shape)


def _row_shapes(window: int, width: int) -> list[tuple[int, ...]]:
    """Shapes of a row, the full one first: a graph may leave out a dimension that is 1."""
    shapes: list[tuple[int, ...]] = [(window, width)]
    shapes += [(width,)] if window == 1 else []
    shapes += [(window,)] if width == 1 else []
    return shapes + ([()] if window == width == 1 else [])


def _fits(dimension: int | str | None, size: int) -> bool:
    """A dimension that is not fixed fits any size."""
    return not isinstance(dimension, int) or dimension == size


def _inferred(inputs: Sequence[Any], contract: Contract) -> list[InputTensor]:
    """
    One input takes the row. Of several, those called as features are take these, and a single other one what is left, in the order of the features. Raises BundleError with
    the words to write where that leaves a doubt.
    """
    if len(inputs) == 1:
        return [InputTensor(inputs[0].name, contract.features)]
    called = [_namesake(each.name, contract.features) for each in inputs]
    left = [feature for feature in contract.features if feature not in called]
    of_each = [[feature] if feature else left for feature in called]
    windows = [_window(each.shape[1:], len(features), contract) for each, features in zip(inputs, of_each)]
    if sum(map(len, of_each)) == len(contract.features) and called.count(None) == bool(left) and None not in windows:
        return [InputTensor(each.name, features, window) for each, features, window in zip(inputs, of_each, windows)]
    raise BundleError(f"the graph takes {len(inputs)} inputs, {_written(inputs)}: say which features go into which. {_example(inputs, contract)}")


def _namesake(name: str, features: Sequence[str]) -> str | None:
    """The one feature that an input is called after: by its id, or as skl2onnx writes it."""
    alike = [name] if name in features else [id for id in features if re.sub(r"[^\w+]", "_", id, flags=re.ASCII) == name]
    return alike[0] if len(alike) == 1 else None


def _window(shape: Sequence[int | str | None], width: int, contract: Contract) -> int | None:
    """How many vectors of so many columns an input takes by its shape; None where it does not say, or takes another number of columns."""
    possible = [window for window in range(1, contract.window + 1) if any(len(row) == len(shape) and all(map(_fits, shape, row)) for row in _row_shapes(window, width))]
    if len(shape) == 2 and not isinstance(shape[0], int):
        return contract.window if possible else None
    return possible[0] if len(possible) == 1 else None


def _example(inputs: Sequence[Any], contract: Contract) -> str:
    """What to write if the features went into the inputs in their order."""
    widths = [(each.shape[-1] if len(each.shape) > 1 else 1) for each in inputs]
    if not all(isinstance(width, int) for width in widths) or sum(widths) != len(contract.features):
        blank = [InputTensor(each.name, ["FEATURE", "..."]) for each in inputs]
        return f"Write, with the features of each in its order, {as_written(blank)}. The description lists {len(contract.features)}: {', '.join(contract.features)}"
    ends = np.cumsum(widths)
    dealt = [contract.features[end - width : end] for end, width in zip(ends, widths)]
    windows = [1 if len(each.shape) < 3 else each.shape[1] if isinstance(each.shape[1], int) else contract.window for each in inputs]
    return f"If they go in the order of the features, write {as_written([InputTensor(each.name, features, window) for each, features, window in zip(inputs, dealt, windows)])}"


def _written(inputs: Sequence[Any]) -> str:
    """Names, types and shapes for people: `prices float32[rows, 60, 2]`."""
    kinds = [TYPES[each.type].__name__ if each.type in TYPES else each.type for each in inputs]
    shapes = [", ".join("?" if size is None else str(size) for size in each.shape) for each in inputs]
    return ", ".join(f"{each.name} {kind}[{shape}]" for each, kind, shape in zip(inputs, kinds, shapes))

"""An ONNX graph of several inputs, and its answer written down a second time in numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from made_up_market import MINUTE, make_rows

from presage import InputTensor, Rows, windows

CATEGORY = "rsi(14)>50 and close>sma(20)@1m"
FEATURES = ["tod_sin", "close@1m", CATEGORY, "volume@1m", "beta(BTC/USDT,60)@1m"]
WINDOW = 4
# The graph's order is not that of the features, and every value of a row that goes in counts differently.
TENSORS = [
    InputTensor("exact", ["beta(BTC/USDT,60)@1m"], 1),
    InputTensor("regime", [CATEGORY], 1),
    InputTensor("sequence", ["volume@1m", "close@1m"], 3),
    InputTensor("static", ["tod_sin"]),
]
OF_VOLUME_AND_CLOSE = np.array([[0.3, -0.2], [0.1, 0.4], [-0.5, 0.6]])
OF_TIME = np.array([[0.2], [-0.1], [0.3], [0.15]])
OF_REGIME = np.array([-0.4, 0.1, 0.7])


def graph_vectors(count: int = 600) -> Rows:
    """Vectors of the features; the third is a category, the last has digits that float32 does not hold."""
    rows = make_rows(count, width=len(FEATURES))
    rows.x[:, 2] = np.arange(count) % 7 % 3
    rows.x[:, 4] += 1e9
    return rows


def graph_rows() -> Rows:
    """Windows of these vectors."""
    return windows(graph_vectors(), WINDOW, MINUTE)


def graph_answer(x: np.ndarray) -> np.ndarray:
    """P(up) of flat rows in float64."""
    time, close, regime, volume, exact = np.moveaxis(x.reshape(-1, WINDOW, len(FEATURES)), 2, 0)
    z = (np.stack([volume, close], axis=2)[:, 1:] * OF_VOLUME_AND_CLOSE).sum(axis=(1, 2)) + time @ OF_TIME[:, 0]
    z += OF_REGIME[regime[:, -1].astype(int)] + exact[:, -1] - 1e9
    return 1 / (1 + np.exp(-z))


def write_graph(path: Path) -> Path:
    """The graph of `graph_answer`, and beside it the category doubled, in whole numbers."""
    from onnx import TensorProto, helper, numpy_helper, save

    def value(name: str, kind: int, shape: list) -> object:
        return helper.make_tensor_value_info(name, kind, ["rows", *shape])

    kinds = {"exact": (TensorProto.DOUBLE, [1]), "regime": (TensorProto.INT64, []), "sequence": (TensorProto.FLOAT, [3, 2]), "static": (TensorProto.FLOAT, [4, 1])}
    steps = [
        ("Sub", ["exact", "offset"], "above"), ("Cast", ["above"], "e"), ("Gather", ["of_regime", "regime"], "known"), ("Unsqueeze", ["known", "last"], "r"),
        ("Mul", ["sequence", "of_both"], "weighed"), ("ReduceSum", ["weighed", "inner"], "sum"), ("Unsqueeze", ["sum", "last"], "s"),
        ("Mul", ["static", "of_time"], "timed"), ("ReduceSum", ["timed", "inner"], "timely"), ("Unsqueeze", ["timely", "last"], "t"),
        ("Sum", ["e", "r", "s", "t"], "z"), ("Sigmoid", ["z"], "p_up"), ("Add", ["regime", "regime"], "ticks"),
    ]  # fmt: skip
    words = {"Cast": {"to": TensorProto.FLOAT}, "ReduceSum": {"keepdims": 0}}
    nodes = [helper.make_node(kind, inputs, [output], **words.get(kind, {})) for kind, inputs, output in steps]
    weights = {"of_both": OF_VOLUME_AND_CLOSE.astype(np.float32), "of_time": OF_TIME.astype(np.float32), "of_regime": OF_REGIME.astype(np.float32)}
    constants = weights | {"offset": np.float64(1e9), "inner": np.array([1, 2]), "last": np.array([-1])}
    outputs = [value("p_up", TensorProto.FLOAT, [1]), value("ticks", TensorProto.INT64, [])]
    graph = helper.make_graph(nodes, "g", [value(name, *kind) for name, kind in kinds.items()], outputs, [numpy_helper.from_array(np.asarray(each), name) for name, each in constants.items()])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path

"""A LightGBM text model as an ONNX TreeEnsembleRegressor, written node by node: no converter knows all of LightGBM's decisions."""

import numpy as np
from onnx import TensorProto, helper

CATEGORICAL, DEFAULT_LEFT, MISSING_NAN = 1, 2, 2


def read_trees(path):
    """The sections of the trees as dicts of their lines."""
    sections = path.read_text().split("\n\n")
    trees = [section.strip() for section in sections if section.strip().startswith("Tree=")]
    return [dict(line.split("=", 1) for line in tree.splitlines() if "=" in line) for tree in trees]


def float32_below(thresholds):
    """The largest float32 <= each threshold: a float32 is <= the one if and only if it is <= the other."""
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def node_columns(tree, number):
    """One tree's nodes, then its leaves, by the names of the operator's attributes."""
    numbers = lambda key, kind: np.array(tree.get(key, "").split(), dtype=kind)
    leaf_values, feature = numbers("leaf_value", float), numbers("split_feature", int)
    flags, threshold = numbers("decision_type", int), numbers("threshold", float)
    if (flags & CATEGORICAL).any():
        raise SystemExit("ONNX trees know no category sets")
    nodes, leaves = len(feature), len(leaf_values)
    place = lambda child: np.where(child < 0, nodes + ~child, child)
    nan_left = np.where(flags >> 2 == MISSING_NAN, flags & DEFAULT_LEFT != 0, threshold >= 0)
    pad = lambda values: [*values, *[0] * leaves]
    ensemble = {
        "nodes_treeids": [number] * (nodes + leaves),
        "nodes_nodeids": range(nodes + leaves),
        "nodes_featureids": pad(feature),
        "nodes_modes": ["BRANCH_LEQ"] * nodes + ["LEAF"] * leaves,
        "nodes_values": pad(float32_below(threshold)),
        "nodes_truenodeids": pad(place(numbers("left_child", int))),
        "nodes_falsenodeids": pad(place(numbers("right_child", int))),
        "nodes_missing_value_tracks_true": pad(nan_left.astype(int)),
    }
    targets = {
        "target_treeids": [number] * leaves,
        "target_nodeids": range(nodes, nodes + leaves),
        "target_ids": [0] * leaves,
        "target_weights": leaf_values.astype(np.float32),
    }
    return ensemble | targets


def plain(values):
    return [value if isinstance(value, str) else value.item() if hasattr(value, "item") else value for value in values]


def forest_bytes(path, features):
    """The serialized ONNX model: float32 rows `x` in, raw scores `score` out."""
    parts = [node_columns(tree, number) for number, tree in enumerate(read_trees(path))]
    attributes = {key: plain(value for part in parts for value in part[key]) for key in parts[0]}
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["score"], domain="ai.onnx.ml", n_targets=1, aggregate_function="SUM", **attributes)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, features])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])
    graph = helper.make_graph([node], "forest", [x], [score])
    imports = [helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9).SerializeToString()

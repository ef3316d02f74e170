"""Writes the small ONNX models of this folder and goldens.json: their inputs and the outputs that Python's onnxruntime gives for them.

Run from the root: .venv/bin/python test/golden/onnx/make-models.py (onnx, skl2onnx, scikit-learn, pandas, numpy, onnxruntime). The seeds are fixed, so a second
run writes the same numbers.
"""

import json
import math
import re
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skl2onnx import to_onnx

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
FLOAT, DOUBLE, INT64, STRING, BOOL = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.STRING, TensorProto.BOOL
OPSETS = [helper.make_opsetid("", 17)]


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def save(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=OPSETS, producer_name="presage-tests")
    model.ir_version = 9
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")
    return model


def identity(name, kind, batch="N"):
    return save(name, [helper.make_node("Identity", ["x"], ["y"])], [value("x", kind, [batch, 2])], [value("y", kind, [batch, 2])])


def lstm(name, batch):
    rng = np.random.default_rng(7)
    hidden, features = 4, 3
    draw = lambda *shape: rng.normal(0, 0.6, shape).astype(np.float32)
    save(
        name,
        [
            helper.make_node("Transpose", ["x"], ["steps"], perm=[1, 0, 2]),
            helper.make_node("LSTM", ["steps", "w", "r", "b"], ["", "last"], hidden_size=hidden),
            helper.make_node("Squeeze", ["last", "axis"], ["state"]),
            helper.make_node("Gemm", ["state", "dense", "bias"], ["logit"]),
            helper.make_node("Sigmoid", ["logit"], ["p_up"]),
        ],
        [value("x", FLOAT, [batch, 5, features])],
        [value("p_up", FLOAT, [batch, 1])],
        [
            constant("w", draw(1, 4 * hidden, features)),
            constant("r", draw(1, 4 * hidden, hidden)),
            constant("b", draw(1, 8 * hidden)),
            constant("axis", np.array([0], dtype=np.int64)),
            constant("dense", draw(hidden, 1)),
            constant("bias", draw(1)),
        ],
    )


def softmax_double():
    weights = np.random.default_rng(11).normal(0, 1, (4, 3))
    nodes = [helper.make_node("MatMul", ["x", "w"], ["scores"]), helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1)]
    save("softmax-double", nodes, [value("x", DOUBLE, ["N", 4])], [value("probabilities", DOUBLE, ["N", 3])], [constant("w", weights)])


def two_scores():
    nodes = [helper.make_node("ReduceSum", ["x", "axis"], ["raw"], keepdims=0), helper.make_node("Sigmoid", ["x"], ["squashed"])]
    axis = constant("axis", np.array([1], dtype=np.int64))
    save("two-scores", nodes, [value("x", FLOAT, ["N", 2])], [value("raw", FLOAT, ["N"]), value("squashed", FLOAT, ["N", 2])], [axis])


def two_inputs():
    nodes = [helper.make_node("Add", ["prices", "volumes"], ["y"])]
    save("two-inputs", nodes, [value("prices", FLOAT, ["N", 2]), value("volumes", FLOAT, ["N", 2])], [value("y", FLOAT, ["N", 2])])


def labels_only():
    save("labels-only", [helper.make_node("ArgMax", ["x"], ["label"], axis=1, keepdims=0)], [value("x", FLOAT, ["N", 2])], [value("label", INT64, ["N"])])


def single_row():
    """Declares a free batch but was traced with one row, as exports from PyTorch often are."""
    nodes = [helper.make_node("Reshape", ["x", "traced"], ["flat"]), helper.make_node("Relu", ["flat"], ["y"])]
    save("single-row", nodes, [value("x", FLOAT, ["N", 2])], [value("y", FLOAT, ["N", 2])], [constant("traced", np.array([1, 2], dtype=np.int64))])


def external():
    """The weights lie in another file: what torch.onnx.export does for large models."""
    weights = constant("w", np.eye(2, dtype=np.float32))
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "external", [value("x", FLOAT, ["N", 2])], [value("y", FLOAT, ["N", 2])], [weights])
    model = helper.make_model(graph, opset_imports=OPSETS)
    model.ir_version = 9
    (HERE / "external.onnx.data").unlink(missing_ok=True)
    onnx.save(model, HERE / "external.onnx", save_as_external_data=True, location="external.onnx.data", size_threshold=0)


def spin():
    """Counts as many rounds as the largest input says, then adds 0 x the count: how long a call takes is the caller's choice."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["going"], ["on"]), helper.make_node("Add", ["sum", "one"], ["next"])],
        "round",
        [value("i", INT64, []), value("going", BOOL, []), value("sum", FLOAT, [])],
        [value("on", BOOL, []), value("next", FLOAT, [])],
    )
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["rounds"], to=INT64),
        helper.make_node("Loop", ["rounds", "yes", "zero"], ["count"], body=body),
        helper.make_node("Mul", ["count", "zero"], ["nothing"]),
        helper.make_node("Add", ["x", "nothing"], ["y"]),
    ]
    initializers = [constant("yes", np.array(True)), constant("zero", np.float32(0)), constant("one", np.float32(1))]
    save("spin", nodes, [value("x", FLOAT, ["N", 2])], [value("y", FLOAT, ["N", 2])], initializers)


def classifiers():
    rng = np.random.default_rng(3)
    rows = rng.normal(0, 1, (400, 3)).astype(np.float32)
    labels = (rows @ np.array([1.0, -2.0, 0.5]) + rng.normal(0, 0.5, 400) > 0).astype(np.int64)
    fitted = LogisticRegression().fit(rows, labels)
    for name, zipmap in (("logistic", False), ("zipmap", True)):
        model = to_onnx(fitted, rows[:1], options={id(fitted): {"zipmap": zipmap}}, target_opset=17)
        (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


def sequence_and_static():
    """A window of two columns through an LSTM, and two columns of the newest vector beside it."""
    rng = np.random.default_rng(17)
    hidden, features = 3, 2
    draw = lambda *shape: rng.normal(0, 0.6, shape).astype(np.float32)
    save(
        "sequence-and-static",
        [
            helper.make_node("Transpose", ["prices"], ["steps"], perm=[1, 0, 2]),
            helper.make_node("LSTM", ["steps", "w", "r", "b"], ["", "last"], hidden_size=hidden),
            helper.make_node("Squeeze", ["last", "axis"], ["state"]),
            helper.make_node("Concat", ["state", "now"], ["both"], axis=1),
            helper.make_node("Gemm", ["both", "dense"], ["logit"]),
            helper.make_node("Sigmoid", ["logit"], ["p_up"]),
        ],
        [value("now", FLOAT, ["N", 2]), value("prices", FLOAT, ["N", 5, features])],
        [value("p_up", FLOAT, ["N", 1])],
        [
            constant("w", draw(1, 4 * hidden, features)),
            constant("r", draw(1, 4 * hidden, hidden)),
            constant("b", draw(1, 8 * hidden)),
            constant("axis", np.array([0], dtype=np.int64)),
            constant("dense", draw(hidden + 2, 1)),
        ],
    )


def categories():
    """A table of three categories, chosen by a whole number; beside it two amounts."""
    rng = np.random.default_rng(19)
    nodes = [
        helper.make_node("Gather", ["table", "regime"], ["known"]),
        helper.make_node("Concat", ["known", "amounts"], ["both"], axis=1),
        helper.make_node("MatMul", ["both", "w"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    inputs = [value("regime", INT64, ["N"]), value("amounts", FLOAT, ["N", 2])]
    weights = [constant("table", rng.normal(0, 1, (3, 2)).astype(np.float32)), constant("w", rng.normal(0, 1, (4, 2)).astype(np.float32))]
    save("categories", nodes, inputs, [value("probabilities", FLOAT, ["N", 2])], weights)


def several_outputs():
    nodes = [
        helper.make_node("Softmax", ["x"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["x"], ["label"], axis=1, keepdims=0),
        helper.make_node("ReduceSum", ["x", "axis"], ["sum"], keepdims=1),
        helper.make_node("Cast", ["sum"], ["ticks"], to=INT64),
        helper.make_node("SplitToSequence", ["x"], ["pieces"], axis=1),
    ]
    pieces = helper.make_tensor_sequence_value_info("pieces", FLOAT, ["N", 1])
    outputs = [value("label", INT64, ["N"]), value("probabilities", FLOAT, ["N", 2]), value("ticks", INT64, ["N", 1]), pieces]
    save("several-outputs", nodes, [value("x", FLOAT, ["N", 2])], outputs, [constant("axis", np.array([1], dtype=np.int64))])


COLUMNS = ["price", "rsi(14)@1m", "volume"]


def column_each():
    """What skl2onnx makes of a pipeline that was fitted to a data frame: one input per column, called as the column is, with _ for what is no letter."""
    rng = np.random.default_rng(23)
    frame = pd.DataFrame(rng.normal(0, 1, (400, 3)).astype(np.float32), columns=COLUMNS)
    labels = (frame.to_numpy() @ np.array([1.0, -2.0, 0.5]) + rng.normal(0, 0.5, 400) > 0).astype(np.int64)
    scaled = ColumnTransformer([("scaled", StandardScaler(), ["volume", "price"]), ("plain", "passthrough", ["rsi(14)@1m"])])
    fitted = make_pipeline(scaled, LogisticRegression()).fit(frame, labels)
    model = to_onnx(fitted, frame[:1], options={"zipmap": False}, target_opset=17)
    (HERE / "column-each.onnx").write_bytes(model.SerializeToString())


def number(x):
    """JSON has no NaN and no infinities: they are written as JavaScript names them."""
    if math.isfinite(x):
        return float(x)
    return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def whole_row(name, shape, dtype):
    """The one input of a graph that takes rows as they are."""
    session = onnxruntime.InferenceSession(str(HERE / f"{name}.onnx"), providers=["CPUExecutionProvider"])
    return [(session.get_inputs()[0].name, range(shape[-1]), slice(None), dtype, shape)]


def golden(name, shape, tensor, dtype=np.float32, extra=(), takes=None, features=None, tensors=None, whole=()):
    """`takes`: name, columns, vectors, type and shape of a row, of each input; `tensors`: what the manifest says of them; `whole`: columns of whole numbers."""
    rng = np.random.default_rng(29)
    rows = np.concatenate([rng.normal(0, 2, (16, *shape)), np.asarray(extra, dtype=np.float64).reshape((-1, *shape))])
    for column in whole:
        rows[..., column] = np.arange(rows[..., column].size).reshape(rows[..., column].shape) % 3
    session = onnxruntime.InferenceSession(str(HERE / f"{name}.onnx"), providers=["CPUExecutionProvider"])
    vectors = rows.reshape((len(rows), -1, shape[-1]))
    with np.errstate(over="ignore"):
        feeds = {
            feed: vectors[:, newest][:, :, list(columns)].astype(kind).reshape((len(rows), *row))
            for feed, columns, newest, kind, row in takes or whole_row(name, shape, dtype)
        }
    outputs = np.concatenate([np.atleast_1d(session.run([tensor], {feed: all[i : i + 1] for feed, all in feeds.items()})[0]) for i in range(len(rows))])
    return {
        "model": name,
        "tensor": tensor,
        "features": features or [f"column {i}" for i in range(shape[-1])],
        **({"tensors": tensors} if tensors else {}),
        "window": shape[0] if len(shape) > 1 else 1,
        "columns": int(outputs[0].size),
        "rows": [[number(x) for x in row.ravel()] for row in rows],
        "outputs": [[number(x) for x in np.ravel(out)] for out in outputs],
    }


def main():
    classifiers()
    lstm("lstm", "N")
    lstm("lstm-one", 1)
    lstm("lstm-two", 2)
    softmax_double()
    two_scores()
    two_inputs()
    labels_only()
    single_row()
    external()
    spin()
    sequence_and_static()
    categories()
    several_outputs()
    column_each()
    identity("identity", FLOAT)
    identity("strings", STRING)
    identity("integers", INT64)
    odd = [[math.nan, 1.0], [math.inf, -math.inf], [1e39, -1e39], [0.1, 16777217.0], [1e-46, -0.0], [3.4028235677973366e38, 1 / 3]]
    goldens = [
        golden("logistic", (3,), "probabilities", extra=[[math.nan, 0, 1], [math.inf, 0, 0], [0, 0, 0]]),
        golden("lstm", (5, 3), "p_up"),
        golden("lstm-one", (5, 3), "p_up"),
        golden("single-row", (2,), "y"),
        golden("softmax-double", (4,), "probabilities", dtype=np.float64, extra=[[math.nan, 0, 1, 2]]),
        golden("two-scores", (2,), "raw"),
        golden("two-scores", (2,), "squashed", extra=[[math.inf, -math.inf], [math.nan, 0]]),
        golden("identity", (2,), "y", extra=odd),
        golden(
            "sequence-and-static",
            (5, 4),
            "p_up",
            takes=[("prices", [3, 0], slice(None), np.float32, (5, 2)), ("now", [1, 2], slice(4, 5), np.float32, (2,))],
            features=["volume", "hour", "spread", "price"],
            tensors=[{"name": "prices", "features": ["price", "volume"]}, {"name": "now", "features": ["hour", "spread"], "window": 1}],
            extra=np.where(np.arange(20) % 7 == 0, math.nan, 1.0),
        ),
        golden(
            "categories",
            (3,),
            "probabilities",
            takes=[("amounts", [0, 2], slice(None), np.float32, (2,)), ("regime", [1], slice(None), np.int64, ())],
            features=["price", "regime", "volume"],
            tensors=[{"name": "amounts", "features": ["price", "volume"]}, {"name": "regime", "features": ["regime"]}],
            extra=[[math.nan, 0, 1]],
            whole=[1],
        ),
        golden("several-outputs", (2,), "probabilities"),
        golden("several-outputs", (2,), "ticks", extra=[[2**40, -3]]),
        golden("column-each", (3,), "probabilities", takes=[(re.sub(r"[^\w+]", "_", c), [i], slice(None), np.float32, (1,)) for i, c in enumerate(COLUMNS)], features=COLUMNS),
    ]
    made_with = {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__, "numpy": np.__version__}
    lines = ",\n".join(json.dumps(one) for one in goldens)
    (HERE / "goldens.json").write_text(f'{{ "made_with": {json.dumps(made_with)}, "cases": [\n{lines}\n] }}\n')


if __name__ == "__main__":
    main()

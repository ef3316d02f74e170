"""ONNX graphs of several inputs, and of whole numbers."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from made_up_graphs import CATEGORY, FEATURES, TENSORS, WINDOW, graph_answer, graph_rows, write_graph
from made_up_market import golden_rows, installed, make_description, make_parts

import presage
from presage import BundleError, InputTensor
from presage.frameworks.onnx_files import Ends, OnnxGraph
from presage.frameworks.onnx_inputs import graph_inputs
from presage.golden import golden_inputs
from presage.source import Contract

CONTRACT = Contract(["price", "volume", "rsi(14)@1m", "hour"], window=5)


def value(name: str, *shape: int | str, kind: str = "float") -> SimpleNamespace:
    """An input as onnxruntime tells of it."""
    return SimpleNamespace(name=name, type=f"tensor({kind})", shape=["rows", *shape])


class InputTensorTest(unittest.TestCase):
    """The words for an input."""

    def test_what_is_typed_is_what_is_printed(self) -> None:
        for text in ("sequence=close@1m,beta(BTC/USDT,60)@1m:60", "in:0=tod_sin", "regime=rsi(14)>=50 and close>sma(20)@1h:1"):
            with self.subTest(text):
                self.assertEqual(str(InputTensor.parse(text)), text)
        self.assertEqual(InputTensor.parse("a = corr(close,sma(20),30)@1m , b:2"), InputTensor("a", ["corr(close,sma(20),30)@1m", "b"], 2))
        for text in ("model.onnx", "=a", "a="):
            with self.subTest(text), self.assertRaisesRegex(BundleError, "write NAME=FEATURE,FEATURE or, .* NAME=FEATURE,FEATURE:60"):
                InputTensor.parse(text)


class InferredTest(unittest.TestCase):
    """Which features go into which input, where nobody says it."""

    def specs(self, *inputs: SimpleNamespace) -> list[str]:
        """The inputs as they would be typed."""
        return [str(each.spec) for each in graph_inputs(inputs, CONTRACT, [])]

    def test_inputs_called_as_features_take_these_and_a_single_other_one_takes_the_rest(self) -> None:
        self.assertEqual(self.specs(value("rsi_14__1m", 1), value("rest", "t", 2), value("hour", kind="int64")), ["rsi_14__1m=rsi(14)@1m:1", "rest=price,volume:5", "hour=hour:1"])
        self.assertEqual(self.specs(value("rest", 3), value("hour", 3)), ["rest=price,volume,rsi(14)@1m:1", "hour=hour:3"])
        self.assertEqual(self.specs(value("x", 5, 4)), ["x=price,volume,rsi(14)@1m,hour"])

    def test_a_doubt_is_no_choice_and_the_words_to_write_are_told(self) -> None:
        with self.assertRaises(BundleError) as caught:
            self.specs(value("prices", 3, 2), value("now", 1), value("other", 1, kind="int64"))
        told = str(caught.exception)
        self.assertIn("the graph takes 3 inputs, prices float32[rows, 3, 2], now float32[rows, 1], other int64[rows, 1]: say which features go into which", told)
        self.assertIn("tensors=[InputTensor(name='prices', features=['price', 'volume'], window=3), InputTensor(name='now', features=['rsi(14)@1m'], window=1), ", told)
        self.assertIn("--tensors prices=price,volume:3 'now=rsi(14)@1m:1' other=hour:1", told)

    def test_doubtful_shapes_and_names_are_refused(self) -> None:
        doubtful = {
            "one column or five vectors": [value("price", "n"), value("rest", 3)],
            "too few columns left": [value("price", 1), value("rest", 2)],
            "a feature that no input takes": [value("price", 1), value("volume", 1), value("hour", 1)],
            "more vectors than a row has": [value("price", 1), value("rest", 6, 3)],
            "as many as features, none called so": [value("a", 1), value("b", 1), value("c", 1), value("d", 1)],
        }
        for what, inputs in doubtful.items():
            with self.subTest(what), self.assertRaisesRegex(BundleError, "say which features go into which"):
                self.specs(*inputs)
        twice = Contract(["a(b", "a)b"])
        with self.assertRaisesRegex(BundleError, "say which"):
            graph_inputs([value("a_b", 1), value("rest", 1)], twice, [])


class SaidTest(unittest.TestCase):
    """Inputs that someone has described."""

    def test_what_does_not_add_up_is_told_feature_by_feature(self) -> None:
        wrong = [InputTensor("a", ["price", "open"]), InputTensor("b", ["price", "hour"], 6), InputTensor("b", [])]
        with self.assertRaises(BundleError) as caught:
            graph_inputs([value("a", 2), value("b", 6, 2)], CONTRACT, wrong)
        for problem in ("'b' is named twice", "'b' takes no feature", "'b' takes 6 vectors, a row has 5", "'open' is none of the features", "'price' goes into 'a' and 'b'", "'volume' goes nowhere"):
            self.assertIn(problem, str(caught.exception))

    def test_what_the_server_would_not_take_is_refused(self) -> None:
        ab = [InputTensor("a", ["price", "volume"], 1), InputTensor("b", ["rsi(14)@1m", "hour"])]
        refused = {
            "tensors name a, b, the graph takes a float32.*c float32": [value("a", 2), value("c", 5, 2)],
            r"input is b float32\[rows, 5, 3\], its features x window make \[rows, 5, 2\]": [value("a", 2), value("b", 5, 3)],
            r"input is a float32\[rows, 5, 2\], its features x window make \[rows, 2\]": [value("a", 5, 2), value("b", 5, 2)],
            "'a' is tensor.string.; rows are float32, float64 or int64": [value("a", 2, kind="string"), value("b", 5, 2)],
            "takes exactly 2 rows at a time": [SimpleNamespace(name="a", type="tensor(float)", shape=[2, 2]), value("b", 5, 2)],
        }
        for why, inputs in refused.items():
            with self.subTest(why), self.assertRaisesRegex(BundleError, why):
                graph_inputs(inputs, CONTRACT, ab)
        with self.assertRaisesRegex(BundleError, "65 inputs; at most 64"):
            graph_inputs([value(f"i{at}", 1) for at in range(65)], CONTRACT, [])

    def test_whole_numbers_are_exact_or_refused(self) -> None:
        (taken,) = graph_inputs([value("x", 2, kind="int64")], Contract(["a", "b"]), [])
        laid = taken.lay(np.array([[-0.0, 2.0**53 - 1]]), Contract(["a", "b"]))
        self.assertEqual((laid.dtype, laid.tolist()), (np.int64, [[0, 2**53 - 1]]))
        for given, told in ((0.5, "'b' is 0.5"), (2.0**53, "'b' is 9007199254740992.0"), (np.inf, "'b' is inf"), (np.nan, "'b' is missing, and nothing stands in")):
            with self.subTest(told), self.assertRaisesRegex(BundleError, f"{told}.*'x' takes whole numbers below 2\\^53"):
                taken.lay(np.array([[1.0, 1.0], [1.0, given]]), Contract(["a", "b"]))

    def test_golden_rows_have_only_categories_that_are_in_real_rows(self) -> None:
        x = np.column_stack([np.arange(40.0), np.tile([3.0, 4.0], 20)])
        golden = golden_inputs(x, 2, [], whole=[1])
        self.assertEqual(set(golden[:, 1]), {3.0, 4.0})
        self.assertEqual(golden[:, 0].max(), 39.0)
        self.assertIn(19.5, golden[:, 0])


@unittest.skipUnless(installed("onnx") and installed("onnxruntime"), "onnx and onnxruntime are not installed")
class SaveTest(unittest.TestCase):
    """save() of a graph of a window, static values, categories and float64."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.room = Path(folder.name)
        self.path = write_graph(self.room / "given.onnx")

    def save(self, *, features=FEATURES, optional=("tod_sin",), kind="binary", **words: object) -> Path:
        """The folder of a bundle of the graph."""
        description = make_description(features=features, optional=list(optional), window=WINDOW, kind=kind)
        usual = {"models_dir": self.room, "name": "several", "version": "1.0.0", "description": description, "parts": make_parts(graph_rows()), "tensors": TENSORS, "quiet": True}
        return presage.save(self.path, **{**usual, **words}).folder

    def test_the_graph_gets_what_was_described_and_its_own_framework_agrees(self) -> None:
        folder = self.save(optional=[], predict=graph_answer)
        manifest = (folder / "model.yaml").read_text()
        wanted = json.dumps([{"name": each.name, "features": each.features} | ({"window": each.window} if each.window else {}) for each in TENSORS])
        self.assertIn(f"  tensors: {wanted}\n", manifest)
        self.assertIn('  tensor: "p_up"\n', manifest)
        inputs, outputs = golden_rows(folder)
        np.testing.assert_array_equal(outputs[:, 1], graph_answer(inputs))

    def test_without_another_framework_golden_rows_are_those_of_onnxruntime(self) -> None:
        inputs, outputs = golden_rows(self.save(optional=[]))
        np.testing.assert_allclose(outputs[:, 1], graph_answer(inputs), atol=1e-6)

    def test_features_that_were_exchanged_are_found_by_the_framework(self) -> None:
        exchanged = [InputTensor(each.name, each.features[::-1], each.window) for each in TENSORS]
        with self.assertRaisesRegex(BundleError, r"ONNX: \d+ of \d+ rows differ"):
            self.save(optional=[], predict=graph_answer, tensors=exchanged)

    def test_a_category_must_not_be_optional_nor_a_fraction(self) -> None:
        with self.assertRaisesRegex(BundleError, "takes rsi.14.>50 and .* as whole numbers.*describe none of them as optional"):
            self.save(optional=[CATEGORY])
        rows = graph_rows()
        rows.x[400, WINDOW * len(FEATURES) - 3] = 0.5
        with self.assertRaisesRegex(BundleError, "close>sma.20.@1m' is 0.5; the graph's input 'regime' takes whole numbers"):
            self.save(parts=make_parts(rows), optional=[])

    def test_whole_numbers_are_the_amount_of_a_regression_where_they_are_named(self) -> None:
        inputs, outputs = golden_rows(self.save(kind="regression", tensor="ticks", optional=[]))
        np.testing.assert_array_equal(outputs[:, 0], 2 * inputs[:, -3])
        with self.assertRaisesRegex(BundleError, "as 'ticks' tensor.int64., which is no probability; it has p_up, ticks: name one of p_up"):
            self.save(version="1.0.1", tensor="ticks", optional=[])

    def test_what_is_no_graph_is_told(self) -> None:
        (self.room / "given.onnx").write_bytes(b"tree")
        with self.assertRaisesRegex(BundleError, "given.onnx is no model that onnxruntime loads: "):
            self.save()

    def test_a_graph_that_does_not_know_zero_is_refused_as_the_server_does(self) -> None:
        from onnx import TensorProto, helper, numpy_helper, save

        ends = [helper.make_tensor_value_info(*each) for each in (("regime", TensorProto.INT64, ["rows"]), ("p_up", TensorProto.FLOAT, ["rows"]))]
        nodes = [helper.make_node("Sub", ["regime", "nine"], ["at"]), helper.make_node("Gather", ["table", "at"], ["p_up"])]
        constants = [numpy_helper.from_array(np.array([9]), "nine"), numpy_helper.from_array(np.array([0.4, 0.6], np.float32), "table")]
        graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(self.path))
        with self.assertRaisesRegex(BundleError, "the graph fails on a row of zeros, with which the server warms it up"):
            OnnxGraph(self.path, Contract(["regime"]), Ends())

    def test_other_models_have_no_inputs_to_describe(self) -> None:
        with self.assertRaisesRegex(BundleError, "of an ONNX file: export this model to ONNX"):
            presage.save(self.room / "model.txt", self.room, name="a", version="1.0.0", description=make_description(), parts=make_parts(), tensors=TENSORS)

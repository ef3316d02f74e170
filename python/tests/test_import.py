"""`presage models import` of saved models."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
from made_up_graphs import FEATURES as graph_features
from made_up_graphs import TENSORS, graph_answer, graph_vectors, write_graph
from made_up_market import FEATURES, golden_rows, installed, make_rows, write_matrix

from presage.import_model import HELP, main, parser


class ImportTest(unittest.TestCase):
    """Every test has a matrix as `presage features export` writes it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.room = Path(folder.name)
        self.rows = make_rows(600)
        self.matrix = write_matrix(self.room, self.rows, FEATURES)

    def run_with(self, path: Path, *more: str) -> tuple[int, str, str]:
        """Exit code and both outputs."""
        words = [str(path), "--name", "lean", "--version", "1.0.0", "--matrix", str(self.matrix), "--models", str(self.room / "models"), *more]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words)
        return code, out.getvalue(), err.getvalue()

    @unittest.skipUnless(installed("lightgbm"), "lightgbm is not installed")
    def test_a_booster_and_its_matrix_make_a_bundle(self) -> None:
        import lightgbm as lgb

        booster = lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, lgb.Dataset(self.rows.x[:360], self.rows.up[:360]), 3)
        path = self.room / "given.txt"
        booster.save_model(path)
        about = self.matrix.with_name(self.matrix.name + ".json")
        about.write_text(json.dumps(json.loads(about.read_text()) | {"gaps": {"flat": 3}, "ranges": {"tod_sin": [None, 0.5]}}))
        code, out, err = self.run_with(path, "--optional", "rsi(14)@1m,tod_sin", "--max-age", "120s")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"trees +trees +kept")
        self.assertRegex((self.room / "models" / "lean" / "1.0.0" / "model.yaml").read_text(), r'  gaps: ?\{? ?\n? *flat: 3\n  ranges:\n    tod_sin: \[null, 0.5\]')
        folder = self.room / "models" / "lean" / "1.0.0"
        inputs, outputs = golden_rows(folder)
        np.testing.assert_array_equal(booster.predict(inputs), outputs[:, 0])
        manifest = (folder / "model.yaml").read_text()
        for line in ('symbols: ["BTC/USDT"]', f'  feature_set_digest: "{"d" * 64}"', '  optional: ["rsi(14)@1m", "tod_sin"]', '  horizon: "15m"', '  imported: "given.txt"'):
            self.assertIn(line, manifest)

    def test_code_is_imported_by_its_class(self) -> None:
        path = self.room / "even.py"
        path.write_text("class Even:\n    def predict(self, rows):\n        return rows[:, 0, 1] * 0 + 0.0001\n")
        code, _, err = self.run_with(path, "--class", "even:Even", "--kind", "regression", "--window", "2")
        self.assertEqual((code, err), (0, ""))
        manifest = (self.room / "models" / "lean" / "1.0.0" / "model.yaml").read_text()
        self.assertIn('  class: "even:Even"', manifest)
        self.assertIn("  window: 2", manifest)

    def test_ctrl_c_is_told_in_one_line_and_leaves_nothing_behind(self) -> None:
        path = self.room / "slow.py"
        path.write_text("class Slow:\n    def predict(self, rows):\n        raise KeyboardInterrupt\n")
        self.assertEqual(self.run_with(path, "--class", "slow:Slow"), (130, "", "given up; a bundle that is there by now is whole\n"))
        self.assertFalse((self.room / "models").exists())

    @unittest.skipUnless(installed("onnx", "onnxruntime"), "onnx and onnxruntime are not installed")
    def test_a_graph_of_several_inputs_is_described_on_the_line(self) -> None:
        path, self.matrix = write_graph(self.room / "given.onnx"), write_matrix(self.room, graph_vectors(), graph_features)
        code, _, err = self.run_with(path, "--window", "4", "--tensor", "p_up")
        self.assertEqual((code, len(err.splitlines())), (1, 1))
        self.assertIn("the graph takes 4 inputs, exact float64[rows, 1], regime int64[rows], sequence float32[rows, 3, 2], static float32[rows, 4, 1]: say which", err)
        self.assertIn("--tensors exact=tod_sin:1 ", err)
        code, _, err = self.run_with(path, "--window", "4", "--tensor", "p_up", "--tensors", *map(str, TENSORS))
        self.assertEqual((code, err), (0, ""))
        inputs, outputs = golden_rows(self.room / "models" / "lean" / "1.0.0")
        np.testing.assert_allclose(outputs[:, 1], graph_answer(inputs), atol=1e-6)

    def test_rows_of_one_symbol_of_several_prove_a_model_that_may_serve_them_all(self) -> None:
        write_matrix(self.room, self.rows, FEATURES, symbols=["BTC/USDT", "ETH/USDT"])
        (self.room / "even.py").write_text("class Even:\n    def predict(self, rows):\n        return rows[:, 1] * 0 + 0.5\n")
        given = (self.room / "even.py", "--class", "even:Even")
        self.assertEqual(self.run_with(*given)[0], 1)
        self.assertIn("rows of BTC/USDT, ETH/USDT: name one with --symbol BTC/USDT", self.run_with(*given)[2])
        self.assertIn("no rows of XRP/USDT, only of BTC/USDT, ETH/USDT", self.run_with(*given, "--symbol", "XRP/USDT")[2])
        for version, more, served in (("1.0.1", [], '["ETH/USDT"]'), ("1.0.2", ["--symbols", "BTC/USDT,ETH/USDT"], '["BTC/USDT", "ETH/USDT"]')):
            self.assertEqual(self.run_with(*given, "--symbol", "ETH/USDT", "--version", version, *more)[::2], (0, ""))
            self.assertIn(f"symbols: {served}\n", (self.room / "models" / "lean" / version / "model.yaml").read_text())

    def test_a_matrix_without_rows_and_a_window_of_none_are_told_in_one_line(self) -> None:
        (self.room / "even.py").write_text("class Even:\n    def predict(self, rows):\n        return rows[:, 1] * 0 + 0.5\n")
        given = (self.room / "even.py", "--class", "even:Even")
        for window in ("0", "-1", "100000"):
            code, _, err = self.run_with(*given, "--window", window)
            self.assertEqual((code, len(err.splitlines())), (1, 1))
            self.assertIn("window", err)
        write_matrix(self.room, self.rows.take(slice(0)), FEATURES)
        self.assertEqual(self.run_with(*given), (1, "", "there are no rows to split: export more with `presage features export`\n"))

    def test_what_cannot_be_imported_is_told_in_one_line(self) -> None:
        (self.room / "model.exe").write_text("")
        for path, message in (("none.onnx", "none.onnx is not there"), ("model.exe", "is no SavedModel, and no file that ends with .onnx")):
            with self.subTest(path):
                code, _, err = self.run_with(self.room / path)
                self.assertEqual((code, len(err.splitlines())), (1, 1))
                self.assertIn(message, err)

    @unittest.skipUnless(installed("lightgbm", "xgboost", "sklearn", "skops"), "lightgbm, xgboost, scikit-learn and skops are not installed")
    def test_a_damaged_file_is_told_from_a_missing_one(self) -> None:
        forms = {"txt": "LightGBM's text (LightGBMError: ", "skops": "a file of skops (BadZipFile: ", "joblib": "a pickle (UnpicklingError: ", "pkl": "a pickle (UnpicklingError: "}
        for ending, form in (forms | dict.fromkeys(("json", "ubj"), "a model of XGBoost (XGBoostError: ")).items():
            with self.subTest(ending):
                path = self.room / f"given.{ending}"
                self.assertEqual(self.run_with(path), (1, "", f"{path} is not there\n"))
                path.write_text("hello")
                code, _, err = self.run_with(path)
                self.assertEqual((code, len(err.splitlines())), (1, 1))
                self.assertIn(f"{path} cannot be read as {form}", err)
                self.assertIn("); write it with ", err)

    def test_the_help_says_of_every_option_what_is_taken_without_it(self) -> None:
        options = {action.option_strings[0]: action for action in parser()._actions if action.option_strings and action.dest != "help"}
        self.assertEqual([*HELP], ["path", *options])
        for flag, action in options.items():
            usual = ",".join(map(str, action.default)) if isinstance(action.default, (list, tuple)) else str(action.default or "")
            self.assertIn(f"(default: {usual})" if usual else "", HELP[flag])

    def test_borders_are_two_shares(self) -> None:
        words = ["a", "--name", "a", "--version", "1.0.0", "--matrix", "m", "--borders"]
        self.assertEqual(parser().parse_args([*words, "0.5,0.75"]).borders, (0.5, 0.75))
        for given in ("0.9,0.5", "60%,80%", "0.6", "0.6,0.7,0.8", "nan,0.8", "0.6,nan", "0,1", ""):
            err = io.StringIO()
            with self.subTest(given), self.assertRaises(SystemExit), contextlib.redirect_stderr(err):
                parser().parse_args([*words, given])
            self.assertIn(f"argument --borders: {given!r}: write two rising shares between 0 and 1, such as 0.6,0.8", err.getvalue())

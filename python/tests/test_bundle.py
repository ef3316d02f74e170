"""Bundles are whole, checked, and never overwritten."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import unittest
from pathlib import Path

import numpy as np
from made_up_market import lean_predict, make_description, make_parts, make_rows

from presage import BundleError, Rows
from presage.assemble import assemble
from presage.bundle import check_identity
from presage.choose_form import Chosen
from presage.description import SYMBOLS
from presage.golden import Tolerance, golden_inputs
from presage.source import Artefact, Source
from presage.yaml_text import to_yaml


ARTEFACT = Artefact("model.onnx", "onnx", "onnx", Tolerance(1e-5, 1e-4), tensor="probabilities")


class BundleTest(unittest.TestCase):
    """Every test writes into a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.models, self.room = Path(folder.name) / "models", Path(folder.name) / "room"
        self.room.mkdir()
        (self.room / "model.onnx").write_bytes(b"bytes")

    def make(self, predict=lean_predict, identity=("lean", "1.0.0"), **overrides: object) -> Path:
        """A bundle of the made-up model."""
        description, parts = make_description(**overrides), make_parts()
        target = check_identity(self.models, *identity)
        golden = golden_inputs(parts.train.x, len(description.features), description.optional_columns)
        assemble(target, identity, Chosen(self.room, ARTEFACT, ()), (Source("none", "lean", None, predict, []), description, parts, golden))
        return target

    def test_the_manifest_names_every_file_with_its_digest(self) -> None:
        folder = self.make()
        text = (folder / "model.yaml").read_text()
        names = {path.name for path in folder.iterdir()} - {"model.yaml"}
        self.assertEqual(names, {"model.onnx", "golden.json", "reference.json"})
        for name in names:
            self.assertIn(f'  {name}: "{hashlib.sha256((folder / name).read_bytes()).hexdigest()}"', text)

    def test_golden_rows_hold_the_source_outputs_also_where_inputs_are_missing(self) -> None:
        golden = json.loads((self.make() / "golden.json").read_text())
        inputs = np.array([[float(v) for v in row["input"]] for row in golden["rows"]])
        self.assertGreaterEqual(len(inputs), 16)
        self.assertTrue(np.isnan(inputs[:, 2]).any())
        self.assertFalse(np.isnan(inputs[:, :2]).any(), "a required input is never missing")
        up = lean_predict(inputs)
        np.testing.assert_array_equal(np.hstack([1 - up, up]), [row["output"] for row in golden["rows"]])

    def test_a_version_is_never_overwritten(self) -> None:
        before = (self.make() / "model.yaml").read_bytes()
        with self.assertRaisesRegex(BundleError, "there already"):
            self.make()
        self.assertEqual((self.models / "lean/1.0.0/model.yaml").read_bytes(), before)

    def test_a_failure_leaves_nothing_behind(self) -> None:
        with self.assertRaisesRegex(BundleError, "not finite"):
            self.make(predict=lambda x: np.full((len(x), 1), np.nan))
        with self.assertRaisesRegex(BundleError, "cannot stand in a manifest"):
            self.make(provenance={"score": float("nan")})
        self.assertEqual([path for path in self.models.rglob("*") if path.is_file()], [])

    def test_outputs_that_are_no_probabilities_are_refused(self) -> None:
        with self.assertRaisesRegex(BundleError, "not probabilities"):
            self.make(predict=lambda x: np.full((len(x), 1), 1.5))

    def test_a_pair_that_does_not_add_up_to_one_is_refused(self) -> None:
        with self.assertRaisesRegex(BundleError, "two outputs of a binary model are P.down. and P.up., which add up to 1; these do not"):
            self.make(predict=lambda x: np.full((len(x), 2), 0.4))
        self.make(predict=lambda x: np.full((len(x), 2), 0.4999))

    def test_a_key_of_the_provenance_ends_with_its_name(self) -> None:
        manifest = (self.make(provenance={"seed\n": 7}) / "model.yaml").read_text()
        self.assertIn('  "seed\\n": 7\n', manifest)

    def test_a_folder_that_cannot_be_made_is_told_with_what_to_do(self) -> None:
        self.models.mkdir()
        (self.models / "lean").write_text("a file")
        with self.assertRaisesRegex(BundleError, r"lean cannot be made a folder \(.*\): name a folder for models that you may write to"):
            self.make()

    def test_rows_may_be_a_data_frame_and_must_be_numbers(self) -> None:
        rows = make_rows()
        self.assertEqual(Rows(rows.x.tolist(), list(rows.forward_return), rows.close_time, rows.label_time).x.dtype, np.float64)
        with self.assertRaisesRegex(BundleError, "x has values that are no numbers .*'a'.*: NaN stands for what is missing"):
            Rows(np.full(rows.x.shape, "a"), rows.forward_return, rows.close_time, rows.label_time)

    def test_what_the_server_would_refuse_is_refused_at_once(self) -> None:
        for words in ({"optional": ["nope"]}, {"horizon": "15 minutes"}, {"timeframe": "7m"}, {"gaps": {"flat": 0}}, {"gaps": {"hold": 3}}, {"ranges": {"nope": (0, None)}}, {"training_date": "yesterday"}, {"features": ["a", "a"]}):
            with self.subTest(words=words), self.assertRaises(BundleError):
                self.make(**words)
        for name, version in (("Lean", "1.0.0"), ("lean", "v1.0.0"), ("lean", "1.0"), ("../x", "1.0.0"), (None, "1.0.0"), ("lean", 1.0), ("lean\n", "1.0.0"), ("lean", "1.0.0\n"), ("lean", "1\u0660.0.0")):
            with self.subTest(name=name, version=version), self.assertRaises(BundleError):
                self.make(identity=(name, version))

    def test_a_description_that_no_manifest_can_hold_is_refused_with_what_to_write(self) -> None:
        symbols = "write BTC/USDT, BTC/USDT:USDT for a perpetual, or [*]/USDT"
        faults: list[tuple[dict, str]] = [
            ({"symbols": "URTH/USD"}, "symbols must be a list of texts .a single one in brackets too., not 'URTH/USD'"),
            ({"symbols": []}, f"for one symbol at least; {symbols}"),
            *(({"symbols": [name]}, f"no request names {re.escape(name)}; {symbols}") for name in ("URTHUSD", "BTC", "BTC*", "btc-usdt", "BTC/USDT:")),
            ({"symbols": ["BTC/USDT", "BTC/USDT"]}, "symbols must be different texts"),
            ({"features": "close@1m"}, "features must be a list of texts"),
            ({"features": [], "optional": []}, "features are empty: list the ids"),
            ({"optional": "tod_sin"}, "optional must be a list of texts"),
            *(({"cost_bps": cost}, "cost_bps must be a number from 0 to 1000, not ") for cost in (-4, 1001, float("nan"), "8", None)),
            *(({"window": window}, "window must be a whole number from 1 to 1000, not ") for window in (0, -1, 1001, 2.0, "2")),
            ({"classes": ("up", "up")}, "classes must be different texts of 1 to 40 letters"),
            ({"classes": "ud"}, "classes must be a list of texts"),
            ({"classes": ("", "up")}, "classes must be different texts of 1 to 40 letters"),
            ({"feature_set_digest": "abc"}, "feature_set_digest 'abc': 64 hexadecimals, as the matrix has them"),
            ({"unit": ""}, "unit must be a text of 1 to 40 letters, or None"),
            ({"horizon": 15}, "15 is not a duration"),
            ({"horizon": "1\u0665m"}, "is not a duration"),
            ({"training_date": "202\u0664-01-10T00:00:00Z"}, "is not RFC 3339"),
            *(({"training_date": date}, "is not RFC 3339") for date in ("2024-13-01T00:00:00Z", "2024-01-01T25:00:00Z", "2024-01-01T00:00:00+99:00", "1969-12-31T00:00:00Z")),
            ({"training_date": None}, "training_date None is not RFC 3339"),
            ({"training_date": "2024-02-30T00:00:00Z"}, "training_date '2024-02-30T00:00:00Z' is not RFC 3339"),
            ({"training_date": "2024-02-03T24:00:00Z"}, "is not RFC 3339"),
            ({"training_date": "1969-02-03T04:00:00Z"}, "is not RFC 3339"),
            ({"training_date": "2024-02-03T04:00:00+24:00"}, "is not RFC 3339"),
            ({"unit": "bps"}, "unit is what an amount is in; a binary model has none"),
        ]
        for words, message in faults:
            with self.subTest(words=words), self.assertRaisesRegex(BundleError, message):
                make_description(**words)

    def test_symbols_may_be_patterns_as_the_server_reads_them(self) -> None:
        symbols = ["BTC/USDT", "BTC/USDT:USDT", "BTC/USDT:USDT-240628", "*/USDT", "BTC/*", "*"]
        self.assertEqual(make_description(symbols=symbols).symbols, symbols)
        theirs = (Path(__file__).parents[2] / "src" / "contracts" / "symbol.ts").read_text()
        self.assertIn(SYMBOLS.pattern.replace("\\", "\\\\"), theirs)

    def test_a_wrong_number_of_columns_is_refused(self) -> None:
        with self.assertRaisesRegex(BundleError, "3 values, features x window make 6"):
            make_parts().check(make_description(window=2).contract.values)

    def test_partial_reliability_exists_only_where_inputs_may_be_missing(self) -> None:
        self.assertIn("    partial:", (self.make() / "model.yaml").read_text())
        folder = self.make(identity=("lean", "1.0.1"), optional=[])
        self.assertNotIn("partial", (folder / "model.yaml").read_text())


class YamlTest(unittest.TestCase):
    """The emitter knows only what manifests need."""

    def test_texts_are_quoted_and_odd_keys_too(self) -> None:
        text = to_yaml({"a": "1.0.0", "b c": True, "no": None, "list": ["x", 1, 0.5], "empty": {}, "deep": {"k": -1e-07}})
        self.assertEqual(text, 'a: "1.0.0"\n"b c": true\n"no": null\nlist: ["x", 1, 0.5]\nempty: {}\ndeep:\n  k: -1e-07\n')

"""Exported matrices are read as they were written."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
from made_up_market import MINUTE, make_rows

import presage

TEXT = """symbol,close_time,as_of,close@1m,"macd(12,26,9)@1m",r,ambiguous,touch_time,label,weight,label_landing
BTC/USDT,1641069360000,2022-01-01T20:36:00.000Z,47550,55.00745003503107,-0.0027166204280311985,true,1641070260000,-1,0.5,1641070260000
BTC/USDT,1641069420000,2022-01-01T20:37:00.000Z,47551.5,-1e-7,0.001,false,,1,1,1641070320000
"""
LABELS = ["r", "ambiguous", "touch_time", "label", "weight", "label_landing"]


class MatrixTest(unittest.TestCase):
    """CSV and sidecar together."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "matrix.csv"

    def write(self, text: str = TEXT, rows: int = 2, symbols: list[str] | None = None) -> None:
        """A matrix and what stands beside it."""
        self.path.write_text(text)
        about = {"ids": ["close@1m", "macd(12,26,9)@1m"], "feature_set_digest": "d" * 64, "counts": {"rows": rows}}
        about |= {"timeframe": "1m", "horizon": "15m", "cost_bps": 8, "symbols": symbols or ["BTC/USDT"], "labels": {"kind": "triple-barrier", "columns": LABELS}}
        Path(f"{self.path}.json").write_text(json.dumps(about))

    def test_values_are_the_doubles_that_were_served(self) -> None:
        self.write()
        matrix = presage.read_matrix(self.path)
        np.testing.assert_array_equal(matrix.rows.x, [[47550, 55.00745003503107], [47551.5, -1e-7]])
        np.testing.assert_array_equal(matrix.rows.up, [0, 1])
        np.testing.assert_array_equal(matrix.rows.label_time - matrix.rows.close_time, [15 * MINUTE, 15 * MINUTE])

    def test_a_matrix_that_was_cut_off_is_refused(self) -> None:
        self.write(rows=3)
        with self.assertRaisesRegex(presage.BundleError, "2 rows, matrix.csv.json says 3"):
            presage.read_matrix(self.path)

    def test_other_columns_than_announced_are_refused(self) -> None:
        self.write(TEXT.replace("close@1m", "volume@1m"))
        with self.assertRaisesRegex(presage.BundleError, "different columns"):
            presage.read_matrix(self.path)

    def test_rows_of_several_symbols_are_read_one_symbol_at_a_time(self) -> None:
        both = TEXT + "\n".join(TEXT.replace("BTC/", "ETH/").splitlines()[1:]).replace("47550", "3000") + "\n"
        self.write(both, rows=4, symbols=["BTC/USDT", "ETH/USDT"])
        self.assertEqual(presage.read_matrix(self.path, symbol="ETH/USDT").rows.x[0, 0], 3000)
        with self.assertRaisesRegex(presage.BundleError, "rows of BTC/USDT, ETH/USDT: name one with --symbol BTC/USDT .in Python: read_matrix"):
            presage.read_matrix(self.path)
        with self.assertRaisesRegex(presage.BundleError, "no rows of XRP/USDT, only of BTC/USDT, ETH/USDT"):
            presage.read_matrix(self.path, symbol="XRP/USDT")

    def sidecar(self, **changes: object) -> str:
        """What `write` puts beside a matrix, with changes."""
        self.write()
        return json.dumps(json.loads(Path(f"{self.path}.json").read_text()) | changes)

    def test_a_cell_that_is_no_number_is_told_with_its_place(self) -> None:
        for old, new, place in (
            ("47551.5", "abc", "'abc' in line 3, column close@1m, where a number must stand"),
            ("1641069420000", "soon", "'soon' in line 3, column close_time, where a whole number must stand"),
            ("-1e-7,", "", "10 cells in line 3 for 11 columns"),
        ):
            self.write(TEXT.replace(old, new))
            with self.subTest(new), self.assertRaisesRegex(presage.BundleError, place + ": export again with `presage features export`"):
                presage.read_matrix(self.path)

    def test_what_is_no_matrix_is_refused_with_the_file_that_is_at_fault(self) -> None:
        whole = self.sidecar()
        broken = {"": "cannot be read as what stands", whole[:40]: "cannot be read as what stands", "[]": "does not say ids, feature_set_digest, "}
        broken |= {self.sidecar(feature_set_digest=None): "does not say feature_set_digest as", self.sidecar(symbols=[]): "does not say symbols as"}
        broken |= {self.sidecar(counts=3): "does not say counts.rows as", self.sidecar(labels={"columns": ["r"]}): "does not say labels.columns as"}
        for text, message in broken.items():
            Path(f"{self.path}.json").write_text(text)
            with self.subTest(text), self.assertRaisesRegex(presage.BundleError, "matrix.csv.json " + message):
                presage.read_matrix(self.path)
        Path(f"{self.path}.json").write_text(whole)
        for content, message in ((b"", "name different columns"), (b"\xff\xfe", "matrix.csv cannot be read as a matrix .UnicodeDecodeError")):
            self.path.write_bytes(content)
            with self.subTest(content), self.assertRaisesRegex(presage.BundleError, message):
                presage.read_matrix(self.path)

    def test_either_file_that_is_not_there_is_named(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "matrix.csv is not there: write it with"):
            presage.read_matrix(self.path)
        self.path.write_text(TEXT)
        with self.assertRaisesRegex(presage.BundleError, "matrix.csv.json is not there, .*: export again"):
            presage.read_matrix(self.path)

    def test_a_window_that_nothing_fills_is_refused(self) -> None:
        for length, message in ((0, "window of 0 vectors: it has 1 or more"), (-1, "window of -1 vectors"), (11, "nowhere in the 10 rows do 11 vectors follow"), (100_000, "choose a shorter window")):
            with self.subTest(length), self.assertRaisesRegex(presage.BundleError, message):
                presage.windows(make_rows(10), length, MINUTE)

    def test_windows_are_flattened_oldest_first_and_never_reach_over_a_gap(self) -> None:
        rows = make_rows(10)
        gap = presage.Rows(rows.x, rows.forward_return, rows.close_time + MINUTE * (np.arange(10) >= 6), rows.label_time + MINUTE)
        windowed = presage.windows(gap, 3, MINUTE)
        self.assertEqual(len(windowed), 4 + 2)
        np.testing.assert_array_equal(windowed.x[0], rows.x[:3].reshape(-1))
        np.testing.assert_array_equal(windowed.x[-1], rows.x[7:].reshape(-1))

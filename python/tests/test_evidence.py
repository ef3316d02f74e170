"""Calibration, reliability, thresholds and metrics against what is known exactly."""

from __future__ import annotations

import unittest

import numpy as np
from made_up_market import MINUTE, lean_predict, make_description, make_parts, make_rows

from presage import BundleError, Parts, Rows, borders_at, split_by_time
from presage.calibration import fit_slope, fit_temperature, logit, sigmoid
from presage.evidence import measure, thresholds
from presage.outcomes import Sides
from presage.reference import reference_text
from presage.reliability import isotonic, reliability_table
from presage.scores import acting_metrics, effective_n, wilson


def sides(p_up: np.ndarray) -> Sides:
    """Both sides of a probability of up."""
    return Sides(p_up, 1 - p_up)


class CalibrationTest(unittest.TestCase):
    """Slope-only Platt scaling."""

    def test_it_finds_the_slope_that_made_the_labels(self) -> None:
        random = np.random.default_rng(3)
        p = random.uniform(0.02, 0.98, 60_000)
        y = (random.random(60_000) < sigmoid(0.4 * logit(p))).astype(int)
        self.assertAlmostEqual(fit_slope(p, y)["a"], 0.4, delta=0.02)

    def test_it_never_turns_the_order_round(self) -> None:
        p = np.linspace(0.1, 0.9, 1000)
        self.assertEqual(fit_slope(p, (p < 0.5).astype(int))["a"], 0.05)


class ReliabilityTest(unittest.TestCase):
    """Isotonic tables."""

    def test_violators_are_pooled_by_weight(self) -> None:
        x, y = isotonic(np.array([1.0, 2, 3, 4]), np.array([0.0, 1, 0, 1]))
        np.testing.assert_allclose(x, [1, 2.5, 4])
        np.testing.assert_allclose(y, [0, 0.5, 1])

    def test_knots_rise_and_success_never_falls(self) -> None:
        random = np.random.default_rng(5)
        p = random.uniform(0.3, 0.7, 3000)
        table = reliability_table(sides(p), np.where(random.random(3000) < p, 0.002, -0.002), 0.0008)
        self.assertTrue((np.diff(table["probability"]) > 0).all())
        self.assertTrue((np.diff(table["success"]) >= 0).all())
        self.assertAlmostEqual(table["success"][-1], 0.7, delta=0.07)

    def test_a_cost_above_every_move_pays_never(self) -> None:
        table = reliability_table(sides(np.linspace(0.2, 0.8, 500)), np.full(500, 0.001), 0.01)
        self.assertEqual(set(table["success"]), {0.0})

    def test_one_probability_gives_a_flat_table(self) -> None:
        table = reliability_table(sides(np.full(100, 0.5)), np.tile([0.01, -0.01], 50), 0.0)
        self.assertEqual(table, {"probability": [0.0, 1.0], "success": [0.5, 0.5]})


class ScoresTest(unittest.TestCase):
    """Overlap, intervals, acting."""

    def test_overlapping_labels_count_once(self) -> None:
        self.assertAlmostEqual(effective_n(make_rows(600, horizon=1)), 600)
        self.assertAlmostEqual(effective_n(make_rows(600, horizon=15)), 614 / 15, delta=0.7)

    def test_the_interval_is_wilsons(self) -> None:
        low, high = wilson(0.5, 100)
        self.assertAlmostEqual(low, 0.40383, places=5)
        self.assertAlmostEqual(high, 0.59617, places=5)

    def test_acting_follows_the_servers_policy(self) -> None:
        rows = make_rows(4)
        rows = Rows(rows.x, np.array([0.01, -0.01, 0.01, 0.0]), rows.close_time, rows.label_time)
        metrics = acting_metrics(sides(np.array([0.9, 0.1, 0.2, 0.5])), rows, (0.6, 0.6, 0.001))
        self.assertEqual(metrics, {"coverage": 0.75, "hit_rate_after_cost": 0.6667})

    def test_thresholds_act_on_the_wanted_share_but_not_on_the_unlikely(self) -> None:
        p = np.random.default_rng(1).uniform(0.4, 0.6, 10_000)
        buy, sell = thresholds(sides(p), 0.10, 0.5)
        self.assertAlmostEqual(float(((p >= buy) | (1 - p >= sell)).mean()), 0.10, delta=0.002)
        self.assertEqual(thresholds(sides(p + 0.2), 0.10, 0.5)[1], 0.5)

    def test_a_model_with_skill_measures_better_than_the_class_frequency(self) -> None:
        parts = make_parts(make_rows(8000))
        measured = measure(lean_predict, make_description(), parts)
        metrics = measured["metrics"]
        self.assertGreater(metrics["accuracy"], 0.6)
        self.assertLess(metrics["log_loss"], metrics["base_log_loss"])
        self.assertLess(metrics["interval"][0], metrics["accuracy"])
        self.assertLess(metrics["n_effective"], metrics["n"] / 10)


class KindsTest(unittest.TestCase):
    """Models of several classes, and of amounts."""

    def test_a_regression_acts_on_amounts_and_is_scored_by_its_sign(self) -> None:
        parts = make_parts(make_rows(8000))
        measured = measure(lambda x: 0.0005 * x[:, 1:2], make_description(kind="regression", optional=[]), parts)
        self.assertNotIn("calibration", measured)
        self.assertNotIn("log_loss", measured["metrics"])
        self.assertGreater(measured["metrics"]["accuracy"], 0.6)
        buy, sell = measured["signal"]["buy"]["value_at_least"], measured["signal"]["sell"]["value_at_most"]
        self.assertAlmostEqual(buy, 0.0005 * 1.645, delta=0.00005)
        self.assertAlmostEqual(sell, -0.0005 * 1.645, delta=0.00005)
        self.assertAlmostEqual(measured["metrics"]["coverage"], 0.1, delta=0.03)
        table = measured["reliability"]["full"]
        self.assertLess(table["probability"][-1], 0.002, "keyed by the amount")
        self.assertGreater(table["success"][-1], table["success"][0] + 0.1)

    def test_an_amount_against_a_side_is_never_acted_on(self) -> None:
        at = thresholds(Sides(np.linspace(-3, -1, 100), np.linspace(1, 3, 100)), 0.1, 0.0)
        self.assertEqual(at[0], 0.0)

    def test_several_classes_are_bought_on_the_last_and_sold_on_the_first(self) -> None:
        def predict(x: np.ndarray) -> np.ndarray:
            down, up = (sigmoid(1.7 * (side * x[:, 1] / 2 - 0.8)) for side in (-1, 1))
            return np.column_stack([down, 1 - down - up, up])

        parts = make_parts(make_rows(8000))
        measured = measure(predict, make_description(kind="multiclass", classes=("down", "flat", "up"), optional=[]), parts)
        self.assertEqual((measured["signal"]["buy"]["class"], measured["signal"]["sell"]["class"]), ("up", "down"))
        self.assertEqual(measured["calibration"]["kind"], "temperature")
        self.assertLess(measured["metrics"]["log_loss"], measured["metrics"]["base_log_loss"])
        self.assertGreater(measured["metrics"]["accuracy"], 0.4)

    def test_a_temperature_that_made_the_labels_is_found(self) -> None:
        random = np.random.default_rng(4)
        p = random.dirichlet([1, 1, 1], 30_000)
        softer = p ** (1 / 2.5) / (p ** (1 / 2.5)).sum(axis=1, keepdims=True)
        classes = (random.random(30_000)[:, None] > softer.cumsum(axis=1)).sum(axis=1)
        self.assertAlmostEqual(fit_temperature(p, classes)["t"], 2.5, delta=0.1)

    def test_classes_end_where_the_description_says(self) -> None:
        returns = np.array([-0.01, -0.0008, 0.0, 0.0008, 0.01])
        self.assertEqual(make_description().outcome(returns).tolist(), [0, 0, 0, 1, 1])
        three = make_description(kind="multiclass", classes=("down", "flat", "up"))
        self.assertEqual(three.outcome(returns).tolist(), [0, 0, 1, 1, 2])
        faults = [{"kind": "ranking"}, {"kind": "multiclass"}, {"classes": ("a", "b", "c")}, {"kind": "multiclass", "classes": ("a", "b", "c", "d")}]
        for words in (*faults, {"class_borders": (0.1, 0.2)}, {"kind": "multiclass", "classes": ("a", "b", "c"), "class_borders": (0.1, 0.1)}):
            with self.subTest(words=words), self.assertRaises(BundleError):
                make_description(**words)


class SplitTest(unittest.TestCase):
    """No label reaches into the next part."""

    def test_labels_are_known_before_the_next_part_begins(self) -> None:
        rows = make_rows(600)
        parts = split_by_time(rows, (int(rows.close_time[300]), int(rows.close_time[450])), 60 * MINUTE)
        for before, after in ((parts.train, parts.validation), (parts.validation, parts.test)):
            self.assertLessEqual(before.label_time.max() + 60 * MINUTE, after.close_time.min())
        self.assertLess(len(parts.train) + len(parts.validation) + len(parts.test), 600)

    def test_borders_are_two_rising_shares_of_some_rows(self) -> None:
        rows = make_rows(100)
        self.assertEqual(borders_at(rows, (0.6, 0.8)), (rows.close_time[60], rows.close_time[80]))
        for shares in ((0.9, 0.5), (float("nan"), 0.8), (0.6, 1), (0, 0.5), (0.6,), (0.5, 0.6, 0.7), ("a", "b"), 0.6):
            with self.subTest(shares), self.assertRaisesRegex(BundleError, "two rising shares between 0 and 1, such as"):
                borders_at(rows, shares)
        with self.assertRaisesRegex(BundleError, "no rows to split"):
            borders_at(rows.take(slice(0)), (0.6, 0.8))

    def test_an_embargo_that_reaches_back_is_refused(self) -> None:
        rows = make_rows(600)
        for embargo in (-60 * MINUTE, float("nan"), "1h"):
            with self.subTest(embargo), self.assertRaisesRegex(BundleError, "embargo_ms .*: 0 or more milliseconds"):
                split_by_time(rows, borders_at(rows, (0.6, 0.8)), embargo)

    def test_parts_that_leak_are_refused(self) -> None:
        rows = make_rows(600)
        with self.assertRaisesRegex(BundleError, "overlap"):
            Parts(rows.take(slice(0, 300)), rows.take(slice(300, 450)), rows.take(slice(450, 600))).check(3)

    def test_rows_out_of_order_are_refused(self) -> None:
        rows = make_rows(10)
        with self.assertRaisesRegex(BundleError, "rise"):
            rows.take(slice(None, None, -1))


class ReferenceTest(unittest.TestCase):
    """Bins of training rows."""

    def test_bins_hold_equal_shares_and_missing_is_counted(self) -> None:
        import json

        x = np.column_stack([np.arange(1000.0), np.where(np.arange(1000) < 250, np.nan, 1.0)])
        first, second = json.loads(reference_text(x, ["a", "b"]))["features"]
        self.assertEqual(len(first["edges"]), 9)
        np.testing.assert_allclose(first["share"], 0.1, atol=0.002)
        self.assertEqual((second["missing"], second["edges"], second["share"]), (0.25, [1.0], [1.0, 0.0]))

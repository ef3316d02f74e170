"""A row gets the same bits alone and in company."""

from __future__ import annotations

import contextlib
import io
import sys
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from worker_process import WorkerTest, needs

from presage.worker.alike import Size, plan_cuts, prove_sizes
from presage.worker.model import LoadedModel
from presage.worker.refusal import Refusal

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(150, 12))
Y = (X[:, 0] + 0.5 * X[:, 1] > 0).astype(int)
TWELVE = {"features": [f"f{at}" for at in range(12)]}
ULP = 2.0**-20

SIZED = """
SIZES = []

class Sized:
    def predict(self, rows):
        SIZES.append(len(rows))
        assert len(rows) <= 16
        return rows.sum(axis=1) + (2.0**-20 if len(rows) < 4 else 0)
"""


def summing(wrong_by: Callable[[np.ndarray], Any] = lambda rows: 0) -> Callable[[np.ndarray], np.ndarray]:
    """A model that sums the values of a row, and something that depends on all rows of the call."""
    return lambda rows: np.array([[row.sum()] for row in rows]) + wrong_by(rows)


def sizes_of(answer: Callable[[np.ndarray], np.ndarray], call_ms: float | Callable[[int], float] = 0.1) -> list[int]:
    """Rows of the proven sizes of a model of which a call takes so long, or by its rows."""
    now = 0.0

    def timed(rows: np.ndarray) -> np.ndarray:
        nonlocal now
        now += call_ms(len(rows)) if callable(call_ms) else call_ms
        return answer(rows)

    return [size.rows for size in prove_sizes(timed, 3, lambda: now)]


def only_size_of(ms_of: Callable[[int], float], answer: Callable[[np.ndarray], np.ndarray]) -> list[int]:
    """The one size for a model whose calls of a size take so long."""
    now = 0.0

    def timed(rows: np.ndarray) -> np.ndarray:
        nonlocal now
        now += ms_of(len(rows))
        return answer(rows)

    return [size.rows for size in prove_sizes(timed, 3, lambda: now, one_size=True)]


def failing(rows: np.ndarray, from_size: int) -> int:
    """0, unless there are so many rows."""
    if len(rows) >= from_size:
        raise ValueError
    return 0


class ProveSizesTest(unittest.TestCase):
    """Which sizes are proven"""

    def test_one_size_is_the_largest_that_costs_a_lone_row_at_most_a_quarter_more_or_a_quarter_of_a_millisecond(self) -> None:
        self.assertEqual(only_size_of(lambda size: 0.1, summing()), [64])
        self.assertEqual(only_size_of(lambda size: 2 + 0.02 * size, summing()), [16])
        self.assertEqual(only_size_of(lambda size: 0.1 * size, summing()), [2])
        self.assertEqual(only_size_of(lambda size: float(size), summing()), [1])

    def test_one_size_is_one_at_which_rows_do_not_depend_on_their_place_whatever_others_answer(self) -> None:
        self.assertEqual(only_size_of(lambda size: 0.1, summing(lambda rows: len(rows) * ULP + (np.arange(len(rows))[:, None] * ULP if len(rows) > 8 else 0))), [8])
        self.assertEqual(only_size_of(lambda size: 0.1, summing(lambda rows: np.arange(len(rows))[:, None] * ULP)), [1])

    def test_a_model_of_independent_rows_is_called_with_every_power_of_two(self) -> None:
        self.assertEqual(sizes_of(summing()), [1, 2, 4, 8, 16, 32, 64])

    def test_sizes_that_answer_otherwise_are_not_used(self) -> None:
        self.assertEqual(sizes_of(summing(lambda rows: ULP * (len(rows) == 1))), [2, 4, 8, 16, 32, 64])
        self.assertEqual(sizes_of(summing(lambda rows: ULP * (len(rows) < 4))), [4, 8, 16, 32, 64])
        self.assertEqual(sizes_of(summing(lambda rows: ULP * (len(rows) > 16))), [1, 2, 4, 8, 16])
        self.assertEqual(sizes_of(summing(lambda rows: ULP * (len(rows) == 8))), [1, 2, 4, 16, 32, 64])
        self.assertEqual(sizes_of(summing(lambda rows: failing(rows, 32))), [1, 2, 4, 8, 16])

    def test_a_slow_model_is_proven_in_five_seconds_at_sizes_for_which_that_is_enough_or_answers_row_by_row(self) -> None:
        every = [1, 2, 4, 8, 16, 32, 64]
        for call_ms, most_ms, sizes in ((2, 2_000, every), (5, 2_000, every), (10, 2_000, [2, 4, 8, 16, 32, 64]), (30, 5_000, [2, 8, 64]), (60, 5_000, [2, 64]), (120, 5_000, [8, 64]), (160, 500, [1])):
            calls: list[int] = []
            with self.subTest(call_ms=call_ms):
                self.assertEqual(sizes_of(lambda rows: (calls.append(len(rows)), summing()(rows))[1], call_ms), sizes)
                # Beside what it took to time it.
                self.assertLessEqual((len(calls) - 6) * call_ms, most_ms)

    def test_a_model_whose_time_grows_with_its_rows_is_proven_at_two_rows_before_the_sizes_between(self) -> None:
        self.assertEqual(sizes_of(summing(), lambda rows: 12 + 3 * rows), [2, 8, 64])
        self.assertEqual(sizes_of(summing(), lambda rows: 7 + 0.5 * rows), [2, 4, 8, 16, 32, 64])

    def test_sizes_that_are_dear_to_a_lone_row_are_used_where_it_has_other_bits_at_smaller_ones_not_where_there_was_no_time_for_those(self) -> None:
        self.assertEqual(sizes_of(summing(), lambda rows: 44 + 9 * rows), [1])
        self.assertEqual(sizes_of(summing(lambda rows: ULP * (len(rows) < 8)), lambda rows: 0.1 * rows), [8, 16, 32, 64])

    def test_however_slow_a_model_is_one_that_differs_in_a_row_of_eight_is_seen_to_differ(self) -> None:
        for call_ms in (0.1, 0.5, 1, 1.8, 2, 3, 4, 5, 10, 15, 30, 60):
            for eighth in range(8):
                differing = summing(lambda rows, eighth=eighth: ULP * ((rows[:, :1] * 1e6 % 8 // 1 == eighth) & (len(rows) < 2)))
                with self.subTest(call_ms=call_ms, eighth=eighth):
                    self.assertGreater(sizes_of(differing, call_ms)[0], 1)

    def test_a_model_whose_rows_depend_on_place_or_neighbours_or_chance_answers_row_by_row(self) -> None:
        for name, wrong_by in {
            "place": lambda rows: ULP * np.arange(len(rows))[:, None],
            "neighbours": lambda rows: rows.mean(),
            "last row": lambda rows: ULP * (np.arange(len(rows)) == len(rows) - 1)[:, None],
            "chance": lambda rows: RANDOM.normal(),
            "failing": lambda rows: failing(rows, 2),
        }.items():
            with self.subTest(name):
                self.assertEqual(sizes_of(summing(wrong_by)), [1])

    def test_a_model_that_takes_no_missing_or_negative_values_is_proven_without(self) -> None:
        def root(rows: np.ndarray) -> np.ndarray:
            if not (rows >= 0).all():
                raise ValueError
            return np.sqrt(rows).sum(axis=1, keepdims=True)

        self.assertEqual(sizes_of(root)[-1], 64)

    def test_what_only_missing_values_bring_to_light_is_seen(self) -> None:
        self.assertEqual(sizes_of(summing(lambda rows: rows.mean() * 0 if np.isnan(rows).any() else 0)), [1])

    def test_a_model_may_change_its_rows_and_answer_with_one_array(self) -> None:
        kept = np.zeros((64, 1))

        def answer(rows: np.ndarray) -> np.ndarray:
            rows *= 2
            kept[: len(rows), 0] = rows.sum(axis=1)
            return kept[: len(rows)]

        self.assertEqual(sizes_of(answer)[-1], 64)


class PlanCutsTest(unittest.TestCase):
    """How rows are cut"""

    def test_cuts_are_the_cheapest_in_sum(self) -> None:
        even = plan_cuts([Size(2, 1), Size(4, 1), Size(8, 1)])
        self.assertEqual(even, [0, 2, 2, 4, 4, 8, 8, 8, 8])
        by_row = plan_cuts([Size(1, 1), Size(2, 2), Size(4, 4)])
        self.assertEqual([by_row[3], by_row[4]], [1, 1])
        self.assertEqual(plan_cuts([Size(1, 0.0)]), [0, 1])

    def test_no_call_is_filled_up_because_a_larger_one_happened_to_be_timed_shorter(self) -> None:
        self.assertEqual(plan_cuts([Size(1, 1.2), Size(2, 1.3), Size(4, 1.1)])[1:3], [1, 2])


class BatchedTest(WorkerTest):
    """Loaded models"""

    def sized(self, **given: Any) -> LoadedModel:
        """A class that answers few rows otherwise than more, and fails on many."""
        path = self.folder / "sized.py"
        path.write_text(SIZED)
        return self.loaded_here(path, format="python-class", kind="regression", outputs=1, **{"class": "sized:Sized"}, **TWELVE, **given)

    def test_a_class_that_depends_on_the_size(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            model = self.sized()
        self.check_alike(lambda rows: model.predict([("rows", rows)]), X)
        self.assertEqual([size.rows for size in model.info()["batch"]], [4, 8, 16])

    def test_a_worker_that_is_told_the_sizes_proves_none(self) -> None:
        known = self.sized().info()
        model = self.sized(batch=[{"sizes": [[4, 1.0], [8, 1.5]], "device": known["device"], "versions": known["versions"]}])
        self.assertEqual(model.info()["batch"], [(4, 1.0), (8, 1.5)])
        self.assertEqual(len(model.predict([("rows", X[:21].copy())])), 21)
        self.assertEqual(sys.modules["sized"].SIZES, [1, 2, 8, 8, 8, 8])

    def test_a_worker_on_another_device_or_of_other_versions_proves_them_itself(self) -> None:
        known = self.sized().info()
        here = {"sizes": [[4, 1.0]], "device": known["device"], "versions": known["versions"]}
        others = [{**here, "sizes": [[8, 1.5]], **other} for other in ({"device": "cuda"}, {"versions": {**known["versions"], "numpy": "0"}})]
        self.assertEqual([size.rows for size in self.sized(batch=others).info()["batch"]], [4, 8, 16])
        self.assertEqual([size.rows for size in self.sized(batch=[*others, here]).info()["batch"]], [4])

    def test_sizes_at_which_the_model_fails_here_are_proven_anew(self) -> None:
        known = self.sized().info()
        with contextlib.redirect_stderr(io.StringIO()):
            model = self.sized(batch=[{"sizes": [[4, 1.0], [32, 1.5]], "device": known["device"], "versions": known["versions"]}])
        self.assertEqual([size.rows for size in model.info()["batch"]], [4, 8, 16])

    def test_the_deadline_is_looked_at_between_parts(self) -> None:
        known = self.sized().info()
        # Where rows are cut depends on what sizes take: measured, that is another place now and then.
        model = self.sized(batch=[{"sizes": [[4, 1.0], [8, 1.5], [16, 2.0]], "device": known["device"], "versions": known["versions"]}])
        with self.assertRaisesRegex(Refusal, "passed after 16 of 20 rows"):
            model.predict([("rows", X[:20].copy())], until=1)
        self.assertEqual(len(model.predict([("rows", X[:3].copy())], until=1)), 3)

    @needs("sklearn")
    def test_scikit_learn(self) -> None:
        import joblib
        from sklearn.linear_model import LogisticRegression
        from sklearn.neighbors import KNeighborsClassifier
        from sklearn.neural_network import MLPClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        network = MLPClassifier((32,), max_iter=3, random_state=1)
        for model in (LogisticRegression(), network, KNeighborsClassifier(7), make_pipeline(StandardScaler(), LogisticRegression())):
            path: Path = self.folder / "model.joblib"
            joblib.dump(model.fit(X, Y), path)
            served = self.loaded_here(path, **TWELVE)
            with self.subTest(str(model)):
                self.check_alike(lambda rows, served=served: served.predict([("rows", rows)]), X)

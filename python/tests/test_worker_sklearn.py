"""scikit-learn's estimators answer over the socket as they answer here."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from worker_process import WorkerTest, needs

if find_spec("sklearn"):
    from sklearn.base import BaseEstimator, TransformerMixin
else:
    BaseEstimator, TransformerMixin = type("Missing", (), {}), object

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(200, 3))
Y = (X[:, 0] + 0.5 * X[:, 1] > 0).astype(int)


@needs("sklearn")
class SklearnTest(WorkerTest):
    """joblib files"""

    def dump(self, model: object) -> Path:
        """The file of a fitted model."""
        import joblib

        path = self.folder / "model.joblib"
        joblib.dump(model, path)
        return path

    def test_a_classifier_answers_its_probabilities_to_the_bit(self) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
        worker, info = self.load(self.dump(model))
        np.testing.assert_array_equal(self.answer(worker, X), model.predict_proba(X))
        self.assertRegex(info["engine"], r"^scikit-learn \d.* \(Pipeline\)$")
        self.assertEqual(set(info["versions"]), {"python", "numpy", "scikit-learn"})
        self.assertGreater(info["rssBytes"], 10 << 20)

    def test_missing_values_reach_the_model_as_nan(self) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier

        rows = np.where(RANDOM.random(X.shape) < 0.3, np.nan, X)
        model = HistGradientBoostingClassifier(max_iter=5).fit(rows, Y)
        outputs = self.loaded_here(self.dump(model)).predict([("rows", rows)])
        np.testing.assert_array_equal(outputs, model.predict_proba(rows))

    def test_a_regressor_and_scores_answer_one_value(self) -> None:
        from sklearn.linear_model import LinearRegression, LogisticRegression

        line, scores = LinearRegression().fit(X, X[:, 0]), LogisticRegression().fit(X, Y)
        served = self.loaded_here(self.dump(line), kind="regression", outputs=1)
        np.testing.assert_array_equal(served.predict([("rows", X)])[:, 0], line.predict(X))
        served = self.loaded_here(self.dump(scores), kind="regression", outputs=1, method="decision_function")
        np.testing.assert_array_equal(served.predict([("rows", X)])[:, 0], scores.decision_function(X))

    def test_labels_and_scores_are_no_probabilities(self) -> None:
        from sklearn.linear_model import LinearRegression, LogisticRegression
        from sklearn.svm import LinearSVC

        model = LogisticRegression().fit(X, Y)
        for method in ("predict", "decision_function"):
            code, text = self.refused_load(self.dump(model), method=method)
            self.assertEqual(code, "model_verification_failed")
            self.assertRegex(text, f"{method} of this LogisticRegression gives no probabilities: use predict_proba, or .* regression")
        code, text = self.refused_load(self.dump(LinearSVC().fit(X, Y)))
        self.assertRegex(text, "LinearSVC has no predict_proba: wrap it in CalibratedClassifierCV")
        code, text = self.refused_load(self.dump(LinearRegression().fit(X, 100 + X[:, 0])))
        self.assertEqual(code, "model_verification_failed")
        self.assertRegex(text, "outside 0 and 1")

    def test_columns_with_names_are_the_manifests_features_in_their_order(self) -> None:
        import pandas
        from sklearn.compose import make_column_transformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        frame = pandas.DataFrame(X, columns=["a", "b", "c"])
        model = make_pipeline(make_column_transformer((StandardScaler(), ["c", "a"]), remainder="passthrough"), LogisticRegression()).fit(frame, Y)
        path = self.dump(model)
        worker, _ = self.load(path)
        np.testing.assert_array_equal(self.answer(worker, X), model.predict_proba(frame))
        self.assertNotIn("Warning", worker.log())
        code, text = self.refused_load(path, features=["a", "c", "b"])
        self.assertEqual(code, "feature_contract_mismatch")
        self.assertIn("column 2 is 'b' in the model, 'c' in the manifest", text)

    def test_another_number_of_inputs_is_refused(self) -> None:
        from sklearn.linear_model import LogisticRegression

        code, text = self.refused_load(self.dump(LogisticRegression().fit(X, Y)), features=["a", "b"])
        self.assertEqual((code, text), ("feature_contract_mismatch", "This LogisticRegression takes 3 values per row, the manifest's inputs make 2"))

    def test_a_window_comes_flattened_oldest_first(self) -> None:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression().fit(X, Y)
        served = self.loaded_here(self.dump(model), features=["a"], window=3)
        np.testing.assert_array_equal(served.predict([("rows", X)]), model.predict_proba(X))

    def test_parallel_steps_use_the_threads_that_the_server_gave(self) -> None:
        from sklearn.pipeline import make_pipeline

        served = self.loaded_here(self.dump(make_pipeline(Parallel(n_jobs=-1)).fit(X, Y)), kind="regression", outputs=1, threads=3)
        np.testing.assert_array_equal(served.predict([("rows", X)]), np.full((200, 1), 3))

    def test_a_file_that_runs_code_is_refused_unless_that_is_allowed(self) -> None:
        path = self.folder / "model.joblib"
        mark = self.folder / "ran"
        path.write_bytes(pickle.dumps(Touch(str(mark))))
        code, text = self.refused_load(path, allowUnsafe=False)
        self.assertEqual(code, "model_verification_failed")
        self.assertIn("models.allowUnsafeFormats", text)
        self.assertFalse(mark.exists())
        code, _ = self.refused_load(path)
        self.assertTrue(mark.exists(), "the plant works")


class Touch:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (Path(self.path),)


@needs("skops")
class SkopsTest(WorkerTest):
    """skops files"""

    def dump(self, model: object) -> Path:
        """The file of a fitted model."""
        from skops.io import dump

        path = self.folder / "model.skops"
        dump(model, path)
        return path

    def test_it_is_served_without_running_code(self) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
        worker, info = self.load(self.dump(model), format="skops", allowUnsafe=False)
        np.testing.assert_array_equal(self.answer(worker, X), model.predict_proba(X))
        self.assertIn("scikit-learn", info["engine"])

    def test_types_that_it_does_not_hold_for_safe_are_refused_by_name(self) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        path = self.dump(make_pipeline(Unheard(), LogisticRegression()).fit(X, Y))
        code, text = self.refused_load(path, format="skops", allowUnsafe=False)
        self.assertEqual(code, "model_verification_failed")
        self.assertRegex(text, "not hold for safe: .*test_worker_sklearn.Unheard.*allowUnsafeFormats")


class Unheard(BaseEstimator, TransformerMixin):
    """A step that no library knows."""

    def fit(self, rows: np.ndarray, _: object) -> Unheard:
        """Learns nothing."""
        return self

    def transform(self, rows: np.ndarray) -> np.ndarray:
        """Changes nothing."""
        return rows


class Parallel(BaseEstimator):
    """Answers with its number of jobs."""

    def __init__(self, n_jobs: int) -> None:
        self.n_jobs = n_jobs

    def fit(self, rows: np.ndarray, _: object) -> Parallel:
        """Learns nothing, and says so as scikit-learn wants it."""
        self.fitted_ = True
        return self

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """One number."""
        return np.full(len(rows), self.n_jobs)

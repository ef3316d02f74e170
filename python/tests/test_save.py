"""The form that save() keeps, and why it kept no earlier one."""

from __future__ import annotations

import json
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
from made_up_market import MINUTE, golden_rows, installed, make_description, make_parts, make_rows

import presage
from presage.frameworks.sklearn_columns import by_place
from presage.reload import reload
from presage.source import FLOAT64, Artefact, Contract
from presage.sklearn_trees import sklearn_trees_text
from presage.sklearn_trees_answers import sklearn_trees_answers


class Doubled:
    """A step that only this file knows."""

    def fit(self, x: np.ndarray, _y: object = None) -> Doubled:
        return self

    def transform(self, x: np.ndarray) -> np.ndarray:
        return x * 2


class Counting(Doubled):
    """A step that is another one at each call."""

    calls = 0

    def transform(self, x: np.ndarray) -> np.ndarray:
        self.calls += 1
        return x * self.calls


@unittest.skipUnless(installed("sklearn", "skl2onnx", "onnxruntime"), "scikit-learn, skl2onnx and onnxruntime are not installed")
class SklearnFormsTest(unittest.TestCase):
    """Pipelines of scikit-learn."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.parts = make_parts()
        self.words = {"models_dir": folder.name, "name": "lean", "version": "1.0.0", "description": make_description(optional=[]), "parts": self.parts, "quiet": True}

    def fit(self, *steps: object):
        """A fitted pipeline that ends with a regression."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), *steps, LogisticRegression()).fit(self.parts.train.x, self.parts.train.up)

    def test_a_model_that_answers_the_same_rows_otherwise_the_next_time_is_refused(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "this Pipeline gives other answers when it is asked for the same rows again: it keeps something from one call to the next"):
            presage.save(self.fit(Counting()), **self.words)

    def test_a_pipeline_becomes_onnx_in_float64(self) -> None:
        model = self.fit()
        report = presage.save(model, **self.words)
        self.assertEqual((report.kept.form, [each.form for each in report.tried]), ("ONNX, float64", ["trees", "ONNX, float64"]))
        self.assertIn("Pipeline is none of", report.tried[0].why)
        inputs, outputs = golden_rows(report.folder)
        np.testing.assert_array_equal(model.predict_proba(inputs), outputs)
        text = str(report)
        self.assertRegex(text, r"the framework itself +[\d,]+ µs +scikit-learn [\d.]+, Pipeline")
        self.assertRegex(text, r"ONNX, float64 +onnx +[\d,]+ µs +kept +\d+ rows reproduced")

    def test_a_pipeline_that_was_fitted_on_a_frame_and_names_its_columns_becomes_onnx_as_well(self) -> None:
        import pandas as pd
        from sklearn.compose import ColumnTransformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        names = make_description().features
        frame = pd.DataFrame(self.parts.train.x, columns=names)
        inner = ColumnTransformer([("scaled", StandardScaler(), pd.Index(names[2:]))], remainder="passthrough")
        model = make_pipeline(ColumnTransformer([("some", make_pipeline(inner), names[:0:-1])], remainder="passthrough"), LogisticRegression()).fit(frame, self.parts.train.up)
        report = presage.save(model, **self.words)
        self.assertEqual(report.kept.form, "ONNX, float64")
        inputs, outputs = golden_rows(report.folder)
        np.testing.assert_allclose(outputs, model.predict_proba(pd.DataFrame(inputs, columns=names)), atol=1e-15)
        self.assertEqual(model.steps[0][1].transformers_[0][2], names[:0:-1], "the model itself keeps its names")

    def test_columns_that_are_chosen_otherwise_stay_as_they_are_and_models_without_names_are_not_copied(self) -> None:
        import pandas as pd
        from sklearn.compose import ColumnTransformer
        from sklearn.preprocessing import FunctionTransformer, StandardScaler

        frame = pd.DataFrame(self.parts.train.x, columns=make_description().features)
        alone = FunctionTransformer(lambda column: np.reshape(column, (-1, 1)))
        chosen = [[0], slice(1, 2), [False, False, True]]
        given = ColumnTransformer([(str(at), StandardScaler(), each) for at, each in enumerate(chosen)] + [("one", alone, 1), ("named", alone, "close@1m")]).fit(frame)
        self.assertEqual([each for _, _, each in by_place(given).transformers_], [*chosen, 1, "close@1m"])
        plain = self.fit()
        self.assertIs(by_place(plain), plain)

    def test_a_pipeline_over_windows_becomes_a_graph_that_takes_windows(self) -> None:
        from onnx import load

        self.parts = make_parts(presage.windows(make_rows(), 2, MINUTE))
        model = self.fit()
        report = presage.save(model, **{**self.words, "parts": self.parts, "description": make_description(window=2, optional=[])})
        self.assertEqual(report.kept.form, "ONNX, float64")
        (taken,) = load(report.folder / "model.onnx").graph.input
        self.assertEqual([each.dim_value for each in taken.type.tensor_type.shape.dim], [0, 2, 3])
        inputs, outputs = golden_rows(report.folder)
        np.testing.assert_array_equal(model.predict_proba(inputs), outputs)

    @unittest.skipUnless(installed("skops"), "skops is not installed")
    def test_what_onnx_does_not_know_stays_as_it_is_without_a_pickle(self) -> None:
        from sklearn.kernel_approximation import Nystroem

        report = presage.save(self.fit(Nystroem(n_components=20, random_state=1)), **self.words)
        self.assertEqual([(each.form, each.kept) for each in report.tried][-2:], [("ONNX, float32", False), ("skops", True)])
        self.assertIn("Nystroem", report.tried[1].why)
        manifest = (report.folder / "model.yaml").read_text()
        self.assertIn('artefact:\n  path: "model.skops"\n  format: "skops"\n  method: "predict_proba"\n', manifest)
        self.assertEqual(golden_rows(report.folder)[1].shape[1], 2)

    def test_small_amounts_are_held_to_small_tolerances(self) -> None:
        from sklearn.linear_model import Ridge

        model = Ridge().fit(self.parts.train.x, self.parts.train.forward_return)
        report = presage.save(model, **{**self.words, "description": make_description(kind="regression", optional=[])})
        self.assertEqual(report.kept.form, "ONNX, float64")
        self.assertLess(json.loads((report.folder / "golden.json").read_text())["tolerance"]["absolute"], 1e-8)
        self.assertIn("value_at_most: -", (report.folder / "model.yaml").read_text())

    def test_a_step_that_only_the_training_script_knows_is_no_bundle(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "(?s)no form of this model.*joblib: in a fresh process: ModuleNotFoundError"):
            presage.save(self.fit(Doubled()), **self.words, runtimes=["python"])

    def test_runtimes_that_are_not_known_are_refused_with_those_that_are(self) -> None:
        for runtimes in (["tree"], [], "python", ["onnx", "tree"]):
            with self.subTest(runtimes), self.assertRaisesRegex(presage.BundleError, "^runtimes are a list of some of trees, onnx, python, such as .'python'., not "):
                presage.save(None, **self.words, runtimes=runtimes)

    def test_what_is_said_of_a_model_and_does_not_apply_to_it_is_refused(self) -> None:
        kind = presage.PythonClass(Path(__file__), "test_save:Doubled")
        for model, hints, said in (
            (self.fit(), {"predict": lambda x: x[:, 0]}, "predict is the source framework's own of an ONNX file: this model takes none"),
            (self.fit(), {"tensor": "up"}, "tensor names an output of an ONNX file, a Keras model or a SavedModel: this model takes none"),
            (self.fit(), {"tensors": [presage.InputTensor("x", ["close@1m"])]}, "tensors say which features go into which input of an ONNX file: export"),
            (kind, {"method": "predict"}, "method is what an estimator of scikit-learn is asked with: this model takes none"),
            (self.fit(), {"method": "score_samples"}, "method 'score_samples': one of predict_proba, predict, decision_function"),
        ):
            with self.subTest(**{key: str(value) for key, value in hints.items()}), self.assertRaisesRegex(presage.BundleError, said):
                presage.save(model, **self.words, **hints)

    def test_an_estimator_that_refuses_a_row_of_zeros_is_not_kept_for_the_worker(self) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

        rows = make_rows()
        self.parts = make_parts(replace(rows, x=np.abs(rows.x) + 0.1))
        model = make_pipeline(FunctionTransformer(np.log), LogisticRegression()).fit(self.parts.train.x, self.parts.train.up)
        with self.assertRaisesRegex(presage.BundleError, r"joblib: in a fresh process: the model fails on a row of zeros, .* \(ValueError: Input X contains infinity"):
            presage.save(model, **{**self.words, "parts": self.parts}, runtimes=["python"])

    def test_columns_of_a_frame_in_another_order_are_refused(self) -> None:
        import pandas as pd
        from sklearn.linear_model import LogisticRegression

        names = list(reversed(make_description().features))
        model = LogisticRegression().fit(pd.DataFrame(self.parts.train.x, columns=names), self.parts.train.up)
        with self.assertRaisesRegex(presage.BundleError, "fitted on the columns tod_sin, .* the description lists close@1m"):
            presage.save(model, **self.words)

    def test_a_classifier_without_probabilities_is_told_what_to_do(self) -> None:
        from sklearn.svm import LinearSVC

        with self.assertRaisesRegex(presage.BundleError, "LinearSVC knows no probabilities: wrap it in CalibratedClassifierCV"):
            presage.save(LinearSVC().fit(self.parts.train.x, self.parts.train.up), **self.words)

    def test_a_text_of_trees_answers_as_the_estimator_also_for_categories_and_missing_values(self) -> None:
        from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier

        x, r = self.parts.train.x.copy(), self.parts.train.forward_return
        three = np.searchsorted([-0.0005, 0.0005], r)
        plain = [RandomForestClassifier(5, max_leaf_nodes=9).fit(x, three), GradientBoostingRegressor(n_estimators=9).fit(x, r)]
        for model in plain:
            wanted = model.predict_proba(x) if hasattr(model, "classes_") else model.predict(x).reshape(-1, 1)
            np.testing.assert_allclose(sklearn_trees_answers(sklearn_trees_text(model), x), wanted, rtol=1e-12)
        x[:, 2] = np.arange(len(x)) % 5
        x[::7] = np.nan
        for classes in (three, three > 1):
            model = HistGradientBoostingClassifier(max_iter=5, categorical_features=[2]).fit(x, classes)
            wanted = model.predict_proba(x) if classes is three else model.predict_proba(x)[:, 1:]
            np.testing.assert_allclose(sklearn_trees_answers(sklearn_trees_text(model), x), wanted, rtol=1e-12)


class ReloadTest(unittest.TestCase):
    """A fresh process."""

    def test_its_last_words_are_the_reason(self) -> None:
        artefact = Artefact("trees.json", "trees", "sklearn-trees", FLOAT64)
        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(presage.BundleError, "in a fresh process: json.decoder.JSONDecodeError"):
            (Path(folder) / "trees.json").write_text("no JSON")
            reload(Path(folder), artefact, Contract(["a"]), np.zeros((1, 1)))

"""Frameworks in, bundles out. Skipped where a framework is not installed."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
from made_up_market import golden_rows, installed, lean_predict, make_description, make_parts

import presage
from presage.sklearn_trees import sklearn_trees_text


class FrameworkTest(unittest.TestCase):
    """Every test writes into a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.models = Path(folder.name)
        self.words = {"name": "lean", "version": "1.0.0", "description": make_description(), "parts": make_parts(), "quiet": True}


@unittest.skipUnless(installed("lightgbm"), "lightgbm is not installed")
class LightGbmTest(FrameworkTest):
    """save()"""

    def train(self, objective: str = "binary"):
        """A small booster."""
        import lightgbm as lgb

        rows = self.words["parts"].train
        return lgb.train({"objective": objective, "verbosity": -1, "num_threads": 1}, lgb.Dataset(rows.x, rows.up), 5)

    def test_the_text_is_lightgbms_own_and_predicts_the_golden_rows(self) -> None:
        import lightgbm as lgb

        folder = presage.save(self.train(), self.models, **self.words).folder
        inputs, outputs = golden_rows(folder)
        again = lgb.Booster(model_file=str(folder / "model.txt")).predict(inputs)
        np.testing.assert_array_equal(again.reshape(-1, 1), outputs)

    def test_a_booster_that_stopped_early_is_saved_as_it_predicts(self) -> None:
        import lightgbm as lgb

        train, validation = self.words["parts"].train, self.words["parts"].validation
        params = {"objective": "binary", "verbosity": -1, "num_threads": 1, "learning_rate": 1.0}
        data, later = lgb.Dataset(train.x, train.up), lgb.Dataset(validation.x, validation.up)
        model = lgb.train(params, data, 50, valid_sets=[later], callbacks=[lgb.early_stopping(2, verbose=False)], keep_training_booster=True)
        self.assertLess(model.best_iteration, model.current_iteration())
        folder = presage.save(model, self.models, **self.words).folder
        self.assertEqual(lgb.Booster(model_file=str(folder / "model.txt")).current_iteration(), model.best_iteration)

    def test_another_objective_is_refused_by_name(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "objective regression gives amounts"):
            presage.save(self.train("regression"), self.models, **self.words)
        with self.assertRaisesRegex(presage.BundleError, "objective cross_entropy_lambda gives amounts"):
            presage.save(self.train("cross_entropy_lambda"), self.models, **self.words)

    def test_cross_entropy_gives_probabilities(self) -> None:
        model = self.train("cross_entropy")
        inputs, outputs = golden_rows(presage.save(model, self.models, **self.words).folder)
        np.testing.assert_array_equal(model.predict(inputs).reshape(-1, 1), outputs)

    def classifier(self, labels: object, **fit: object):
        """A wrapper that was fitted on the training rows."""
        import lightgbm as lgb

        return lgb.LGBMClassifier(n_estimators=5, verbosity=-1, n_jobs=1).fit(self.words["parts"].train.x, labels, **fit)

    def test_classes_that_are_no_numbers_are_refused_whatever_their_order(self) -> None:
        up = self.words["parts"].train.up == 1
        with self.assertRaisesRegex(presage.BundleError, r"the classes of this LGBMClassifier are \['BUY', 'SELL'\]: train it on 0, 1"):
            presage.save(self.classifier(np.where(up, "BUY", "SELL")), self.models, **self.words)
        presage.save(self.classifier(np.where(up, 1, -1)), self.models, **self.words)

    def test_a_model_that_saw_one_class_or_nothing_or_is_several_is_refused(self) -> None:
        import lightgbm as lgb

        rows = self.words["parts"].train
        several = lgb.cv({"objective": "binary", "verbosity": -1}, lgb.Dataset(rows.x, rows.up), 2, return_cvbooster=True)["cvbooster"]
        for model, said in (
            (self.classifier(np.zeros(len(rows))), "knows one class only"),
            (lgb.LGBMClassifier(), "is not fitted: call fit"),
            (several, "a CVBooster is no single model"),
        ):
            with self.subTest(said), self.assertRaisesRegex(presage.BundleError, said):
                presage.save(model, self.models, **self.words)

    def test_columns_by_the_names_of_features_must_stand_in_their_order(self) -> None:
        rows, description = self.words["parts"].train, make_description(features=["close@1m", "tod_sin", "rsi(14)@1m"])
        model = self.classifier(rows.up, feature_name=["close_1m", "rsi_14__1m", "tod_sin"])
        with self.assertRaisesRegex(presage.BundleError, r"with rsi_14__1m as column 2, where the description lists tod_sin: .* close@1m, rsi\(14\)@1m, tod_sin$"):
            presage.save(model, self.models, **{**self.words, "description": description})
        presage.save(model, self.models, **self.words)
        presage.save(self.classifier(rows.up, feature_name=["price", "strength", "time"]), self.models, **{**self.words, "version": "1.0.1"})

    @unittest.skipUnless(installed("pandas"), "pandas is not installed")
    def test_categories_that_the_framework_counted_must_be_given_as_these_counts(self) -> None:
        import pandas as pd

        parts = self.words["parts"]
        for part in (parts.train, parts.validation, parts.test):
            part.x[:, 2] = np.arange(len(part)) % 3
        for names, said in (([1, 2, 7], r"the values 1, 2, 7, which it counted from 0 on: .*cat\.codes"), ([0, 1, 2], None), (["a", "b", "c"], None)):
            frame = pd.DataFrame(parts.train.x, columns=["a", "b", "c"])
            frame["c"] = pd.Categorical.from_codes(parts.train.x[:, 2].astype(int), names)
            for make in (self.on_frame_by_lightgbm, self.on_frame_by_xgboost):
                with self.subTest(names=names, make=make.__name__):
                    model, words = make(frame, parts.train.up), {**self.words, "name": f"of_{len(str(names))}_{make.__name__[-7:]}"}
                    if said is None:
                        presage.save(model, self.models, **words)
                        continue
                    with self.assertRaisesRegex(presage.BundleError, said):
                        presage.save(model, self.models, **words)

    def on_frame_by_lightgbm(self, frame: object, up: np.ndarray):
        """A wrapper of LightGBM."""
        import lightgbm as lgb

        return lgb.LGBMClassifier(n_estimators=5, verbosity=-1, n_jobs=1).fit(frame, up)

    def on_frame_by_xgboost(self, frame: object, up: np.ndarray):
        """A wrapper of XGBoost, where that is installed."""
        if not installed("xgboost"):
            return self.on_frame_by_lightgbm(frame, up)
        import xgboost as xgb

        return xgb.XGBClassifier(n_estimators=5, n_jobs=1, enable_categorical=True).fit(frame, up)

    def test_another_framework_is_pointed_to_onnx(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "not object; for other models export ONNX .* presage.PythonClass"):
            presage.save(object(), self.models, **self.words)

    def test_a_wrong_number_of_inputs_is_refused(self) -> None:
        description = make_description(features=["close@1m", "tod_sin"])
        with self.assertRaisesRegex(presage.BundleError, "has 3 inputs, features x window make 2"):
            presage.save(self.train(), self.models, **{**self.words, "description": description})


@unittest.skipUnless(installed("sklearn"), "scikit-learn is not installed")
class SklearnTest(FrameworkTest):
    """save() of scikit-learn's ensembles"""

    def fit(self, model):
        """Fitted on the training rows."""
        rows = self.words["parts"].train
        return model.fit(rows.x, rows.up)

    def test_forests_and_boosting_are_saved_with_the_outputs_of_scikit_learn_itself(self) -> None:
        from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier

        kinds = [RandomForestClassifier(5, max_leaf_nodes=8), ExtraTreesClassifier(5, max_leaf_nodes=8), HistGradientBoostingClassifier(max_iter=3)]
        for at, kind in enumerate(kinds):
            model = self.fit(kind)
            folder = presage.save(model, self.models, **{**self.words, "version": f"1.0.{at}"}).folder
            inputs, outputs = golden_rows(folder)
            self.assertTrue(np.isnan(inputs).any(), "rows without the optional input")
            np.testing.assert_array_equal(model.predict_proba(inputs)[:, 1:], outputs)
            self.assertIn('  format: "sklearn-trees"', (folder / "model.yaml").read_text())
            self.assertEqual((folder / "trees.json").read_text(), sklearn_trees_text(model))

    def test_boosting_that_refuses_missing_values_has_no_optional_inputs(self) -> None:
        from sklearn.ensemble import GradientBoostingClassifier

        model = self.fit(GradientBoostingClassifier(n_estimators=3))
        with self.assertRaisesRegex(presage.BundleError, "contains NaN.*describe no input as optional"):
            presage.save(model, self.models, **self.words)
        presage.save(model, self.models, **{**self.words, "description": make_description(optional=[])})

    def test_what_does_not_fit_the_description_is_refused(self) -> None:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        rows = self.words["parts"].train
        faults = {
            "gave 3 outputs a row, a binary model gives 2": RandomForestClassifier(2).fit(rows.x, np.arange(len(rows)) % 3),
            "train it on 0, 1 … in the order of the description's classes": RandomForestClassifier(2).fit(rows.x, np.where(rows.up == 1, "up", "down")),
            "RandomForestRegressor gives amounts, but a binary model gives probabilities": self.fit(RandomForestRegressor(2)),
            "not fitted": RandomForestClassifier(2),
        }
        for message, model in faults.items():
            with self.subTest(message), self.assertRaisesRegex(presage.BundleError, message):
                presage.save(model, self.models, **self.words)


@unittest.skipUnless(installed("xgboost"), "xgboost is not installed")
class XgBoostTest(FrameworkTest):
    """save()"""

    def train(self, rounds: int = 5, **params: object):
        """A small booster."""
        import xgboost as xgb

        rows = self.words["parts"].train
        return xgb.train({"objective": "binary:logistic", "nthread": 1, **params}, xgb.DMatrix(rows.x, rows.up), rounds)

    def classifier(self, **params: object):
        """A classifier that stopped early."""
        import xgboost as xgb

        train, validation = self.words["parts"].train, self.words["parts"].validation
        model = xgb.XGBClassifier(n_estimators=50, n_jobs=1, early_stopping_rounds=2, learning_rate=1.0, **params)
        return model.fit(train.x, train.up, eval_set=[(validation.x, validation.up)], verbose=False)

    def save(self, model: object, **words: object):
        """The folder of a bundle, its golden inputs and outputs, and the booster that its file makes."""
        import xgboost as xgb

        folder = presage.save(model, self.models, **{**self.words, **words}).folder
        inputs, outputs = golden_rows(folder)
        return folder, inputs, outputs[:, 0], xgb.Booster(model_file=folder / "model.ubj")

    def test_the_file_is_xgboosts_own_and_predicts_the_golden_rows(self) -> None:
        import xgboost as xgb

        for params in ({}, {"booster": "dart", "rate_drop": 0.5}):
            with self.subTest(params=params):
                model = self.train(**params)
                folder, inputs, outputs, again = self.save(model, version=f"1.0.{len(params)}")
                self.assertEqual((folder / "model.ubj").read_bytes(), bytes(model.save_raw("ubj")))
                self.assertIn('format: "xgboost-ubj"', (folder / "model.yaml").read_text())
                np.testing.assert_array_equal(again.predict(xgb.DMatrix(inputs)), outputs)

    def test_a_booster_is_saved_with_all_rounds_and_a_classifier_up_to_its_best(self) -> None:
        model = self.classifier()
        best, trained = model.best_iteration + 1, model.get_booster().num_boosted_rounds()
        self.assertLess(best, trained)
        _, inputs, outputs, again = self.save(model)
        self.assertEqual(again.num_boosted_rounds(), best)
        np.testing.assert_allclose(model.predict_proba(inputs)[:, 1], outputs, rtol=1e-6)
        _, _, _, whole = self.save(model.get_booster(), version="1.0.1")
        self.assertEqual(whole.num_boosted_rounds(), trained)

    def test_a_linear_classifier_that_stopped_early_is_saved_as_it_predicts(self) -> None:
        model, path = self.classifier(booster="gblinear"), self.models / "given.ubj"
        model.save_model(path)
        for version, given in (("1.0.0", model), ("1.0.1", path)):
            _, inputs, outputs, _ = self.save(given, version=version, description=make_description(optional=[]))
            # What Python serves has both classes, the first of which is down.
            np.testing.assert_allclose(model.predict_proba(inputs)[:, 0], outputs, rtol=1e-6)

    def test_the_file_of_a_classifier_that_stopped_early_is_that_classifier(self) -> None:
        import xgboost as xgb

        model, path = self.classifier(), self.models / "given.json"
        model.save_model(path)
        _, inputs, outputs, again = self.save(path)
        self.assertEqual(again.num_boosted_rounds(), model.best_iteration + 1)
        np.testing.assert_allclose(model.predict_proba(inputs)[:, 1], outputs, rtol=1e-6)
        model.get_booster().save_model(path)
        booster = xgb.Booster(model_file=path)
        booster.set_attr(scikit_learn=None)
        booster.save_model(path)
        _, _, _, whole = self.save(path, version="1.0.1")
        self.assertEqual(whole.num_boosted_rounds(), model.get_booster().num_boosted_rounds())

    def test_leaves_of_several_values_are_left_to_xgboost_itself(self) -> None:
        import xgboost as xgb

        train = self.words["parts"].train
        model = xgb.XGBClassifier(n_estimators=5, n_jobs=1, multi_strategy="multi_output_tree", tree_method="hist").fit(train.x, np.arange(len(train)) % 3)
        report = presage.save(model, self.models, **{**self.words, "description": make_description(kind="multiclass", classes=("down", "flat", "up"))})
        self.assertEqual([(each.form, each.kept) for each in report.tried], [("trees", False), ("XGBoost's UBJSON", True)])
        self.assertRegex(report.tried[0].why, "one_output_per_tree")

    def test_a_classifier_that_is_not_fitted_or_fitted_on_columns_in_another_order_is_refused(self) -> None:
        import xgboost as xgb

        train = self.words["parts"].train
        with self.assertRaisesRegex(presage.BundleError, "this XGBClassifier is not fitted"):
            presage.save(xgb.XGBClassifier(), self.models, **self.words)
        model = xgb.train({"objective": "binary:logistic"}, xgb.DMatrix(train.x, train.up, feature_names=["tod_sin", "rsi(14)@1m", "close@1m"]), 2)
        with self.assertRaisesRegex(presage.BundleError, "this Booster was fitted with tod_sin as column 1, where the description lists close@1m"):
            presage.save(model, self.models, **self.words)

    def test_what_the_server_cannot_answer_as_xgboost_does_is_refused(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "reg:squarederror gives amounts"):
            presage.save(self.train(objective="reg:squarederror"), self.models, **self.words)
        with self.assertRaisesRegex(presage.BundleError, "0.0 is a missing value.*train with missing=np.nan"):
            presage.save(self.classifier(missing=0.0), self.models, **self.words)

    def test_a_booster_without_trees_is_served_by_xgboost_itself(self) -> None:
        report = presage.save(self.train(booster="gblinear"), self.models, **{**self.words, "description": make_description(optional=[])})
        self.assertEqual([(each.form, each.kept) for each in report.tried], [("trees", False), ("XGBoost's UBJSON", True)])
        self.assertEqual(report.tried[0].why, "gblinear has no trees")
        self.assertIn('runtime: "python"', (report.folder / "model.yaml").read_text())


@unittest.skipUnless(installed("onnx") and installed("onnxruntime"), "onnx and onnxruntime are not installed")
class OnnxTest(FrameworkTest):
    """save() of a path"""

    def lean_model(self) -> Path:
        """The graph of `lean_predict`: sigmoid(x @ [0, 0.5, 0]), NaN as 0."""
        from onnx import TensorProto, helper, numpy_helper, save

        ends = [helper.make_tensor_value_info(*each) for each in (("input", TensorProto.FLOAT, [None, 3]), ("probabilities", TensorProto.FLOAT, [None, 1]))]
        steps = [("IsNaN", ["input"], "missing"), ("Where", ["missing", "zero", "input"], "x"), ("MatMul", ["x", "weights"], "z"), ("Sigmoid", ["z"], "probabilities")]
        nodes = [helper.make_node(kind, inputs, [output]) for kind, inputs, output in steps]
        constants = {"zero": np.zeros((), np.float32), "weights": np.array([[0], [0.5], [0]], np.float32)}
        graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], [numpy_helper.from_array(value, name) for name, value in constants.items()])
        path = self.models / "given.onnx"
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
        return path

    def test_the_file_is_taken_as_it_is_and_the_tensor_is_named(self) -> None:
        path = self.lean_model()
        report = presage.save(path, self.models, predict=lean_predict, tensor="probabilities", **self.words)
        self.assertEqual((report.folder / "model.onnx").read_bytes(), path.read_bytes())
        self.assertIn('  tensor: "probabilities"', (report.folder / "model.yaml").read_text())

    def test_an_export_that_differs_from_its_framework_is_refused(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, r"ONNX: \d+ of \d+ rows differ, by .* from what the framework gives"):
            presage.save(self.lean_model(), self.models, predict=lambda x: lean_predict(x) * 0.999, tensor="probabilities", **self.words)
        self.assertFalse((self.models / "lean" / "1.0.0").exists())

    def test_an_output_that_is_not_there_is_refused_with_those_that_are(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "no output 'label'; it has probabilities"):
            presage.save(self.lean_model(), self.models, tensor="label", **self.words)

    def test_a_missing_file_is_refused(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "is not there"):
            presage.save(self.models / "none.onnx", self.models, predict=lean_predict, **self.words)

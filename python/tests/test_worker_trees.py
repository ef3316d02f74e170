"""LightGBM and XGBoost answer in the worker as they answer here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from worker_process import WorkerTest, needs

RANDOM = np.random.default_rng(7)
X = np.where(RANDOM.random((200, 3)) < 0.1, np.nan, RANDOM.normal(size=(200, 3)))
UP = (np.nan_to_num(X[:, 0]) > 0).astype(int)
THREE = UP + (np.nan_to_num(X[:, 1]) > 0)


@needs("lightgbm")
class LightGbmTest(WorkerTest):
    """lightgbm"""

    def train(self, labels: np.ndarray, **params: object) -> tuple[object, Path]:
        """A booster and its file."""
        import lightgbm

        model = lightgbm.train({"verbosity": -1, "num_threads": 1, **params}, lightgbm.Dataset(X, labels), 5)
        path = self.folder / "model.txt"
        model.save_model(path)
        return model, path

    def test_it_answers_as_the_booster_does(self) -> None:
        model, path = self.train(UP, objective="binary")
        worker, info = self.load(path, format="lightgbm", allowUnsafe=False)
        outputs = self.answer(worker, X)
        np.testing.assert_array_equal(outputs[:, 1], model.predict(X))
        np.testing.assert_array_equal(outputs[:, 0], 1 - outputs[:, 1])
        self.assertRegex(info["engine"], r"^lightgbm \d.* \(Booster\)$")
        self.assertEqual(info["device"], "cpu")

    def test_classes_and_values(self) -> None:
        for labels, params, given in (
            (THREE, {"objective": "multiclass", "num_class": 3}, {"kind": "multiclass", "outputs": 3}),
            (X[:, 0], {"objective": "regression"}, {"kind": "regression", "outputs": 1}),
        ):
            with self.subTest(given["kind"]):
                model, path = self.train(np.nan_to_num(labels), **params)
                outputs = self.loaded_here(path, format="lightgbm", **given).predict([("rows", X)])
                np.testing.assert_array_equal(outputs, model.predict(X).reshape(200, -1))

    def test_what_does_not_fit_the_manifest_is_refused(self) -> None:
        _, path = self.train(UP, objective="binary")
        code, text = self.refused_load(path, format="lightgbm", features=["a", "b"])
        self.assertEqual((code, text), ("feature_contract_mismatch", "This booster takes 3 values per row, the manifest's inputs make 2"))
        code, text = self.refused_load(path, format="lightgbm", kind="multiclass", outputs=3)
        self.assertEqual(code, "model_verification_failed")
        self.assertIn("answers 1 rows with shape [1], the manifest needs [1, 3] (asked for 1 of zeros)", text)

    def test_a_damaged_file_is_refused(self) -> None:
        path = self.folder / "model.txt"
        path.write_text("no trees\n")
        code, text = self.refused_load(path, format="lightgbm")
        self.assertEqual(code, "model_verification_failed")
        self.assertIn("The lightgbm artefact cannot be loaded: LightGBMError", text)


@needs("xgboost")
class XgBoostTest(WorkerTest):
    """xgboost"""

    def train(self, labels: np.ndarray, ending: str = "json", **params: object) -> tuple[object, Path]:
        """A booster and its file."""
        import xgboost

        model = xgboost.train({"nthread": 1, **params}, xgboost.DMatrix(X, labels, feature_names=["a", "b", "c"]), 5)
        path = self.folder / f"model.{ending}"
        model.save_model(path)
        return model, path

    def predictions(self, model: object) -> np.ndarray:
        """What the booster itself says."""
        import xgboost

        return model.predict(xgboost.DMatrix(X, feature_names=["a", "b", "c"]))

    def test_both_forms_answer_as_the_booster_does(self) -> None:
        for ending in ("json", "ubj"):
            with self.subTest(ending):
                model, path = self.train(UP, ending, objective="binary:logistic")
                worker, info = self.load(path, format=f"xgboost-{ending}", allowUnsafe=False)
                np.testing.assert_array_equal(self.answer(worker, X)[:, 1], self.predictions(model))
                self.assertRegex(info["engine"], r"^xgboost \d.* \(Booster\)$")

    def test_a_model_of_classes_gives_probabilities_however_it_was_trained(self) -> None:
        given = {"format": "xgboost-json", "kind": "multiclass", "outputs": 3}
        model, path = self.train(THREE, objective="multi:softprob", num_class=3)
        np.testing.assert_array_equal(self.loaded_here(path, **given).predict([("rows", X)]), self.predictions(model))
        labels, path = self.train(THREE, objective="multi:softmax", num_class=3)
        outputs = self.loaded_here(path, **given).predict([("rows", X)])
        np.testing.assert_array_equal(outputs.argmax(axis=1), self.predictions(labels))

    def test_dart_and_linear_boosters_are_served_too(self) -> None:
        for booster in ("dart", "gblinear"):
            with self.subTest(booster):
                model, path = self.train(UP, objective="binary:logistic", booster=booster)
                outputs = self.loaded_here(path, format="xgboost-json").predict([("rows", X)])
                np.testing.assert_array_equal(outputs[:, 1], self.predictions(model))

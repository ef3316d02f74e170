"""TensorFlow's and Keras's models answer in the worker as they answer here."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from worker_process import WorkerTest, needs

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
ROWS = np.random.default_rng(7).normal(size=(5, 12))
MANY = np.random.default_rng(8).normal(size=(100, 12))
SEQUENCE = {"features": ["a", "b", "c"], "window": 4}


@needs("tensorflow")
class TensorFlowTest(WorkerTest):
    """tensorflow-savedmodel and keras"""

    def network(self) -> Any:
        """An LSTM over four vectors of three values that gives P(up)."""
        import keras

        keras.utils.set_random_seed(1)
        layers = [keras.Input((4, 3)), keras.layers.LSTM(8), keras.layers.Dropout(0.5), keras.layers.Dense(1, activation="sigmoid")]
        return keras.Sequential(layers)

    def expected(self, network: Any) -> np.ndarray:
        """What the network itself says."""
        return network.predict(ROWS.reshape(5, 4, 3).astype(np.float32), verbose=0)[:, 0]

    def test_a_saved_model_answers_as_the_network_does(self) -> None:
        network = self.network()
        path = self.folder / "saved"
        network.export(path, verbose=False)
        worker, info = self.load(path, format="tensorflow-savedmodel", allowUnsafe=False, **SEQUENCE)
        outputs = self.answer(worker, ROWS)
        np.testing.assert_allclose(outputs[:, 1], self.expected(network), rtol=1e-5)
        np.testing.assert_array_equal(outputs[:, 0], 1 - outputs[:, 1])
        self.assertRegex(info["engine"], r"^tensorflow \d.* \(SavedModel\)$")
        self.check_alike(lambda rows: self.answer(worker, rows), MANY)

    def test_a_keras_file_answers_as_the_network_does(self) -> None:
        network = self.network()
        path = self.folder / "model.keras"
        network.save(path)
        worker, info = self.load(path, format="keras", allowUnsafe=False, device="cuda", **SEQUENCE)
        np.testing.assert_allclose(self.answer(worker, ROWS)[:, 1], self.expected(network), rtol=1e-5)
        self.assertRegex(info["engine"], r"^keras \d.* \(Sequential\)$")
        self.check_alike(lambda rows: self.answer(worker, rows), MANY)
        self.assertEqual((info["device"], info["fallback"]), ("cpu", "keras uses no graphics card here"))

    def test_named_outputs_and_a_flat_row(self) -> None:
        import keras

        rows = keras.Input((3,), name="rows")
        both = {"score": keras.layers.Dense(1)(rows), "up": keras.layers.Dense(2, activation="softmax")(rows)}
        network = keras.Model(rows, both)
        path = self.folder / "model.keras"
        network.save(path)
        worker, _ = self.load(path, format="keras", tensor="up")
        wanted = network.predict(ROWS[:, :3].astype(np.float32), verbose=0)["up"]
        np.testing.assert_allclose(self.answer(worker, ROWS[:, :3]), wanted, rtol=1e-5)
        worker = self.start()
        worker.load(path, format="keras")
        self.assertIn("The model gives score, up; name one of them in output.tensor", worker.receive().message["message"])

    def test_a_layer_of_python_code_is_refused_unless_that_is_allowed(self) -> None:
        import keras

        network = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda rows: rows[:, :1] * 0 + 0.25)])
        path = self.folder / "model.keras"
        network.save(path)
        worker = self.start()
        worker.load(path, format="keras", allowUnsafe=False)
        message = worker.receive().message
        self.assertEqual(message["code"], "model_verification_failed")
        self.assertRegex(message["message"], "Lambda|lambda")
        worker, _ = self.load(path, format="keras")
        np.testing.assert_array_equal(self.answer(worker, ROWS[:, :3])[:, 1], np.full(5, 0.25))

    def test_another_shape_is_refused(self) -> None:
        path = self.folder / "model.keras"
        self.network().save(path)
        worker = self.start()
        worker.load(path, format="keras", features=["a", "b"], window=4)
        message = worker.receive().message
        self.assertEqual((message["code"], message["message"]), ("feature_contract_mismatch", "The model takes rows of shape [4, 3], the manifest's inputs make [4, 2]"))

"""TensorFlow's and Keras's models answer in the worker as they answer here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from worker_process import WorkerTest, needs

from presage.worker.adapters.saved_graph import strange_operator

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

    def saved_with(self, step: Any) -> Path:
        """A SavedModel that takes a step beside its sum, in a function of its own."""
        import tensorflow as tf

        class Summed(tf.Module):
            @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
            def serve(self, rows: Any) -> Any:
                return tf.reduce_sum(rows, axis=1, keepdims=True) + tf.function(step)()

        module = Summed()
        path = self.folder / "saved"
        tf.saved_model.save(module, path, signatures=module.serve)
        return path

    def test_a_saved_model_that_does_more_than_compute_is_refused_unless_that_is_allowed(self) -> None:
        import tensorflow as tf

        target = self.folder / "written"
        regression = {"format": "tensorflow-savedmodel", "features": ["a", "b", "c"], "kind": "regression", "outputs": 1}

        def writes() -> Any:
            tf.io.write_file(str(target), "x")
            return tf.constant(0.0)

        path = self.saved_with(writes)
        worker = self.start()
        worker.load(path, allowUnsafe=False, **regression)
        message = worker.receive().message
        self.assertEqual(message["code"], "model_verification_failed")
        self.assertIn("does more than compute (TensorFlow's operator WriteFile); set models.allowUnsafeFormats", message["message"])
        self.assertFalse(target.exists())
        worker, _ = self.load(path, **regression)
        self.assertEqual((self.answer(worker, np.ones((1, 3))).tolist(), target.exists()), ([[3.0]], True))

    def test_a_saved_model_cannot_hide_a_step_behind_what_saves_it(self) -> None:
        from tensorflow.core.protobuf import saved_model_pb2

        import tensorflow as tf

        path = self.saved_with(lambda: tf.cast(tf.strings.length(tf.io.read_file(str(self.folder / "none"))), tf.float32)) / "saved_model.pb"
        saved = saved_model_pb2.SavedModel()
        saved.ParseFromString(path.read_bytes())
        graph = saved.meta_graphs[0]
        real = (graph.saver_def.save_tensor_name.split(":")[0], graph.saver_def.restore_op_name)
        for node in [node for node in graph.graph_def.node if node.name in real]:
            graph.graph_def.node.remove(node)
        graph.saver_def.save_tensor_name = graph.signature_def["serving_default"].outputs["output_0"].name
        graph.object_graph_def.concrete_functions.clear()
        self.assertEqual(strange_operator(graph), "ReadFile")

    def test_another_shape_is_refused(self) -> None:
        path = self.folder / "model.keras"
        self.network().save(path)
        worker = self.start()
        worker.load(path, format="keras", features=["a", "b"], window=4)
        message = worker.receive().message
        self.assertEqual((message["code"], message["message"]), ("feature_contract_mismatch", "The model takes rows of shape [4, 3], the manifest's inputs make [4, 2]"))

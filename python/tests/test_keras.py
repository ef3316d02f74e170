"""Keras and TensorFlow in, bundles out."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
from made_up_market import golden_rows, installed, make_description, make_parts, make_rows

import presage
from presage.frameworks.keras_models import keras_predictor, load_keras

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@unittest.skipUnless(installed("keras", "tensorflow", "tf2onnx", "onnxruntime"), "keras, tensorflow, tf2onnx and onnxruntime are not installed")
class KerasTest(unittest.TestCase):
    """save() of models and of what they were saved as."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.room = Path(folder.name)
        description = make_description(optional=[])
        self.words = {"models_dir": self.room / "models", "name": "lean", "version": "1.0.0", "description": description, "parts": make_parts(), "quiet": True}

    def model(self, *first, shape=(3,)):
        """Dense layers that end with P(up)."""
        import keras

        keras.utils.set_random_seed(1)
        layers = keras.layers
        return keras.Sequential([layers.Input(shape), *first, layers.Dense(4, activation="tanh"), layers.Dropout(0.5), layers.Dense(1, activation="sigmoid")])

    def test_a_model_becomes_onnx(self) -> None:
        model = self.model()
        report = presage.save(model, **self.words)
        self.assertEqual(report.kept.form, "ONNX")
        inputs, outputs = golden_rows(report.folder)
        up = keras_predictor(model, self.words["description"].contract)(inputs)
        np.testing.assert_array_equal(np.hstack([1 - up, up]), outputs)

    @unittest.skipUnless(installed("torch"), "torch is not installed")
    def test_where_tensorflows_converter_makes_constants_inputs_pytorch_takes_over(self) -> None:
        import keras

        report = presage.save(self.model(keras.layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])), **self.words)
        self.assertEqual([(each.form, each.kept) for each in report.tried], [("ONNX", False), ("ONNX by PyTorch", True)])
        self.assertIn("the graph takes 3 inputs", report.tried[0].why)

    def test_a_sequence_stays_a_saved_model_and_that_folder_is_taken_as_well(self) -> None:
        import keras

        words = {**self.words, "description": make_description(optional=[], window=4), "parts": make_parts(presage.windows(make_rows(), 4, 60_000)), "runtimes": ["python"]}
        report = presage.save(self.model(keras.layers.GRU(4), shape=(4, 3)), **words)
        self.assertEqual(report.kept.form, "SavedModel")
        manifest = (report.folder / "model.yaml").read_text()
        self.assertIn('  path: "saved_model"\n  format: "tensorflow-savedmodel"\n', manifest)
        self.assertIn('  "saved_model/variables/variables.index": "', manifest)
        again = presage.save(report.folder / "saved_model", **{**words, "version": "1.0.1"})
        np.testing.assert_allclose(golden_rows(again.folder)[1], golden_rows(report.folder)[1], atol=1e-6)
        self.assertTrue(again.model.startswith("tensorflow "))

    def test_a_keras_file_is_read_and_saved(self) -> None:
        path = self.room / "given.keras"
        self.model().save(path)
        report = presage.save(path, **self.words)
        self.assertEqual((report.kept.form, load_keras(path).count_params()), ("ONNX", 21))

    def two_outputs(self, join):
        """Layers that end with P(up) and three values nobody asked for."""
        import keras

        layers = keras.layers
        start = layers.Input((3,))
        middle = layers.Dense(4, activation="tanh")(start)
        return keras.Model(start, join(layers.Dense(1, activation="sigmoid", name="up")(middle), layers.Dense(3, name="more")(middle)))

    def test_of_several_outputs_the_one_that_is_named_is_served(self) -> None:
        listed = self.two_outputs(lambda up, more: [more, up])
        named = self.two_outputs(lambda up, more: {"up": up, "more": more})
        listed.export(str(self.room / "saved"), verbose=False)
        for at, (model, tensor) in enumerate(((listed, "up"), (named, "up"), (self.room / "saved", "output_1"))):
            with self.subTest(at):
                inputs, outputs = golden_rows(presage.save(model, **{**self.words, "version": f"1.0.{at}"}, tensor=tensor).folder)
                answer = (named if at == 1 else listed)(inputs.astype(np.float32))
                np.testing.assert_allclose(outputs[:, 1:], answer["up"] if at == 1 else answer[1], atol=1e-6)

    def test_an_output_that_is_not_named_or_not_there_is_refused_with_those_that_are(self) -> None:
        model = self.two_outputs(lambda up, more: [more, up])
        for tensor, said in ((None, "has several outputs"), ("down", "has no output 'down'")):
            with self.subTest(tensor), self.assertRaisesRegex(presage.BundleError, f"this Functional {said}: name one of more, up as tensor"):
                presage.save(model, **self.words, tensor=tensor)

    def test_a_model_that_does_not_say_what_it_takes_is_refused(self) -> None:
        import keras

        with self.assertRaisesRegex(presage.BundleError, r"this Sequential does not say what it takes: begin it with keras\.layers\.Input"):
            presage.save(keras.Sequential([keras.layers.Dense(1, activation="sigmoid")]), **self.words)

    def test_what_is_damaged_is_refused_by_its_form(self) -> None:
        (self.room / "given.keras").write_text("hello")
        (self.room / "saved").mkdir()
        (self.room / "saved" / "saved_model.pb").write_text("hello")
        for name, message in (("given.keras", r"given\.keras cannot be read as a \.keras file \(ValueError: "), ("saved", r"saved cannot be read as a SavedModel \(\w+: ")):
            with self.subTest(name), self.assertRaisesRegex(presage.BundleError, message + r".*\); write it with model\."):
                presage.save(self.room / name, **self.words)

    def test_a_model_of_another_width_is_told_what_it_must_take(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, r"Sequential does not predict rows of the bundle \(ValueError: .*\); it must take any number of rows x 3 features"):
            presage.save(self.model(shape=(5,)), **self.words)

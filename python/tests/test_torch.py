"""PyTorch in, bundles out."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
from made_up_market import golden_rows, installed, make_description, make_parts, make_rows

import presage
from presage.frameworks.torch_models import load_program, load_script, predictor

if installed("torch"):
    import torch
    from torch import nn

    class Last(nn.Module):
        """Scores from the newest vector of a window."""

        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(1)
            self.rnn, self.head = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """P(up)."""
            return torch.sigmoid(self.head(self.rnn(x)[0][:, -1]))

    class Guarded(nn.Module):
        """Answers an even guess to rows beyond what it was trained on."""

        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(1)
            self.layer = nn.Linear(3, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """P(up)."""
            if bool(x.abs().max() > 1000):
                x = x * 0
            return torch.sigmoid(self.layer(x))

    class Unscriptable(Guarded):
        """The same, in words that only Python knows."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """P(up)."""
            return super().forward(x)


@unittest.skipUnless(installed("torch", "onnxscript", "onnxruntime"), "torch, onnxscript and onnxruntime are not installed")
class TorchTest(unittest.TestCase):
    """save() of modules."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.room = Path(folder.name)
        torch.set_num_threads(1)
        self.words = {"models_dir": folder.name, "name": "lean", "version": "1.0.0", "description": make_description(optional=[]), "parts": make_parts(), "quiet": True}

    def module(self) -> nn.Module:
        """Two layers that end with probabilities of two classes; in training mode, as it was left."""
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Tanh(), nn.Linear(4, 2), nn.Softmax(1)).train()

    def test_a_module_becomes_onnx_as_it_predicts_in_evaluation_mode(self) -> None:
        module = self.module()
        report = presage.save(module, **self.words)
        self.assertEqual(report.kept.form, "ONNX")
        self.assertTrue(module.training, "the module was left as it is")
        inputs, outputs = golden_rows(report.folder)
        np.testing.assert_array_equal(predictor(module.eval(), self.words["description"].contract)(inputs), outputs)

    def test_a_sequence_keeps_its_windows(self) -> None:
        rows = presage.windows(make_rows(), 4, 60_000)
        words = {**self.words, "description": make_description(optional=[], window=4), "parts": make_parts(rows)}
        report = presage.save(Last(), **words, runtimes=["python"])
        self.assertEqual([(each.form, each.kept) for each in report.tried], [("ONNX", False), ("torch.export", True)])
        inputs, outputs = golden_rows(report.folder)
        again = predictor(load_program(report.folder / "model.pt2").module(), words["description"].contract)(inputs)
        np.testing.assert_allclose(np.hstack([1 - again, again]), outputs, atol=1e-6)

    def test_a_way_that_no_row_of_the_proof_takes_is_kept_as_well(self) -> None:
        module = Guarded().eval()
        report = presage.save(module, **self.words)
        self.assertEqual(report.kept.form, "TorchScript")
        far = np.array([[5000.0, 1.0, 1.0]])
        contract = self.words["description"].contract
        np.testing.assert_array_equal(predictor(load_script(report.folder / "model.pt"), contract)(far), predictor(module, contract)(far))

    def test_a_way_that_no_form_keeps_is_refused(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, r"TorchScript: what this module does depends on the values of the rows, of which a trace would keep one way for all .*torch\.where"):
            presage.save(Unscriptable(), **self.words)

    def test_torchscript_stays_torchscript(self) -> None:
        script = torch.jit.script(self.module().eval())
        report = presage.save(script, **self.words)
        self.assertEqual([each.form for each in report.tried], ["TorchScript"])
        inputs, outputs = golden_rows(report.folder)
        np.testing.assert_allclose(predictor(load_script(report.folder / "model.pt"), self.words["description"].contract)(inputs), outputs, atol=1e-6)

    def test_scores_that_are_no_probabilities_are_refused(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, "not probabilities"):
            presage.save(self.module()[:-1], **self.words)

    def test_a_state_dict_is_told_from_torchscript(self) -> None:
        torch.save(self.module().state_dict(), self.room / "given.pt")
        with self.assertRaisesRegex(presage.BundleError, r"given\.pt cannot be read as TorchScript \(RuntimeError: .*\); if it is a state dict, load it into its module"):
            presage.save(self.room / "given.pt", **self.words)

    def test_damaged_files_are_refused_by_their_form_without_another_word(self) -> None:
        for name, form in (("given.pt", "TorchScript"), ("given.pt2", "an exported program")):
            (self.room / name).write_text("hello")
            with self.subTest(name), self.assertNoLogs("torch.export"), self.assertRaisesRegex(presage.BundleError, rf"{name} cannot be read as {form} \(\w+: .*\); .*write it with torch\."):
                presage.save(self.room / name, **self.words)

    def test_a_program_of_a_fixed_number_of_rows_is_told_how_to_take_any(self) -> None:
        torch.export.save(torch.export.export(self.module().eval(), (torch.ones(4, 3),)), self.room / "given.pt2")
        with self.assertRaisesRegex(presage.BundleError, r"does not take rows of shape \[\d+, 3\] \(AssertionError: Guard failed.*dynamic_shapes=\(\{0: torch\.export\.Dim\(\"rows\"\)\},\)"):
            presage.save(self.room / "given.pt2", **self.words)

    def test_a_module_of_another_width_is_told_what_it_must_take(self) -> None:
        with self.assertRaisesRegex(presage.BundleError, r"Linear does not predict rows of the bundle \(RuntimeError: .*mat1 and mat2.*\); it must take any number of rows x 3 features"):
            presage.save(nn.Linear(5, 2), **self.words)

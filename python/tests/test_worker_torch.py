"""PyTorch's modules answer in the worker as they answer here."""

from __future__ import annotations

import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from worker_process import WorkerTest, needs

from presage.worker.refusal import is_out_of_memory

ROWS = np.random.default_rng(7).normal(size=(5, 12))
MANY = np.random.default_rng(8).normal(size=(100, 12))
SEQUENCE = {"features": ["a", "b", "c"], "window": 4}


@needs("torch")
class TorchTest(WorkerTest):
    """torchscript and torch-export"""

    def network(self) -> Any:
        """An LSTM over four vectors of three values that gives probabilities of two classes."""
        import torch

        class Network(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.lstm = torch.nn.LSTM(3, 8, batch_first=True)
                self.dropout = torch.nn.Dropout(0.5)
                self.head = torch.nn.Linear(8, 2)

            def forward(self, rows: torch.Tensor) -> torch.Tensor:
                return torch.softmax(self.head(self.dropout(self.lstm(rows)[0][:, -1])), dim=1)

        torch.manual_seed(1)
        return Network()

    def expected(self, network: Any) -> np.ndarray:
        """What the network itself says."""
        import torch

        with torch.inference_mode():
            return network.eval()(torch.from_numpy(ROWS.reshape(5, 4, 3).astype(np.float32))).numpy()

    def export(self, network: Any, batch: int, **words: Any) -> Path:
        """The file of torch.export."""
        import torch

        path = self.folder / "model.pt2"
        torch.export.save(torch.export.export(network.eval(), (torch.zeros(batch, 4, 3),), **words), path)
        return path

    def test_torchscript_answers_as_the_network_does(self) -> None:
        import torch

        network = self.network()
        path = self.folder / "model.pt"
        torch.jit.script(network).save(path)
        worker, info = self.load(path, format="torchscript", allowUnsafe=False, **SEQUENCE)
        np.testing.assert_allclose(self.answer(worker, ROWS), self.expected(network), rtol=1e-6)
        self.assertRegex(info["engine"], r"^torch \d.* \(TorchScript\)$")
        self.check_alike(lambda rows: self.answer(worker, rows), MANY)
        self.assertEqual(info["device"], "cpu")

    def test_a_program_that_opens_files_is_refused_unless_unsafe_formats_are_allowed(self) -> None:
        import torch

        written = self.folder / "written"

        class Writes(torch.nn.Module):
            def __init__(self, path: str) -> None:
                super().__init__()
                self.path = path

            def forward(self, rows: torch.Tensor) -> torch.Tensor:
                torch.save(rows, self.path)
                return torch.softmax(rows, dim=1)

        script, path = self.folder / "script.pt", self.folder / "model.pt"
        torch.jit.script(Writes(str(written))).save(script)
        for disguise in (b"torch.save", b"torch . save", b"ops.aten.save", b'getattr(torch, "sa" "ve")', b'getattr(torch, "sa\\166e")', b'getattr(getattr(ops, "aten"), "save")'):
            self.rewrite(script, path, disguise)
            code, text = self.refused_load(path, format="torchscript", features=["a", "b"], allowUnsafe=False)
            self.assertEqual(code, "model_verification_failed")
            self.assertRegex(text, r"opens files by their names .*; set models\.allowUnsafeFormats")
            self.assertFalse(written.exists())
        self.load(script, format="torchscript", features=["a", "b"], allowUnsafe=True)
        self.assertTrue(written.exists())

    def rewrite(self, script: Path, path: Path, disguise: bytes) -> None:
        """The same archive, with the operator that writes named in another way."""
        with zipfile.ZipFile(script) as given, zipfile.ZipFile(path, "w") as made:
            for name in given.namelist():
                made.writestr(name, given.read(name).replace(b"torch.save", disguise))

    def test_layers_without_names_of_their_own_open_no_files(self) -> None:
        import torch

        path = self.folder / "model.pt"
        layers = torch.nn.Sequential(OrderedDict([("first-layer", torch.nn.Sequential(torch.nn.Linear(2, 2))), ("1", torch.nn.Softmax(dim=1))]))
        torch.jit.script(layers).save(path)
        self.load(path, format="torchscript", features=["a", "b"], allowUnsafe=False)
        torch.jit.trace(layers, torch.zeros(1, 2)).save(path)
        self.load(path, format="torchscript", features=["a", "b"], allowUnsafe=False)

    def test_a_named_output_of_several(self) -> None:
        import torch

        class Both(torch.nn.Module):
            def forward(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
                return {"score": rows[:, 0], "up": torch.sigmoid(rows[:, 1])}

        path = self.folder / "model.pt"
        torch.jit.trace(Both(), torch.zeros(1, 3), strict=False).save(path)
        worker, _ = self.load(path, format="torchscript", tensor="up")
        np.testing.assert_allclose(self.answer(worker, ROWS[:, :3])[:, 1], 1 / (1 + np.exp(-ROWS[:, 1])), rtol=1e-6)

    def test_without_a_graphics_card_the_cpu_computes_and_the_reason_is_told(self) -> None:
        import torch

        path = self.folder / "model.pt"
        torch.jit.trace(torch.nn.Softmax(dim=1), torch.zeros(1, 2)).save(path)
        worker, info = self.load(path, format="torchscript", features=["a", "b"], device="cuda")
        self.assertEqual(info["device"], "cpu")
        self.assertRegex(info["fallback"], "CUDA|NVIDIA")
        self.assertIn(f"The model asks for cuda, the cpu computes it: {info['fallback']}\n", worker.log())

    def test_torch_export_answers_as_the_network_does(self) -> None:
        import torch

        network = self.network()
        path = self.export(network, 2, dynamic_shapes=({0: torch.export.Dim("batch")},))
        worker, info = self.load(path, format="torch-export", **SEQUENCE)
        np.testing.assert_allclose(self.answer(worker, ROWS), self.expected(network), rtol=1e-6)
        self.assertRegex(info["engine"], r"^torch \d.* \(ExportedProgram\)$")
        self.check_alike(lambda rows: self.answer(worker, rows), MANY)
        code, text = self.refused_load(path, format="torch-export", allowUnsafe=False, **SEQUENCE)
        self.assertIn("torch.export.load reads pickles", text)

    def test_a_batch_that_was_fixed_at_export_is_refused(self) -> None:
        worker = self.start()
        worker.load(self.export(self.network(), 1), format="torch-export", **SEQUENCE)
        message = worker.receive().message
        self.assertEqual(message["code"], "model_verification_failed")
        self.assertRegex(message["message"], "exported with a fixed batch")

    def test_memory_that_a_graphics_card_has_not_is_told_from_other_faults(self) -> None:
        # What TorchScript raises on a card, where it is no torch.OutOfMemoryError.
        said = "The following operation failed in the TorchScript interpreter.\nRuntimeError: CUDA out of memory. Tried to allocate 4096.00 GiB. GPU 0 has a total capacity of 79.18 GiB"
        self.assertTrue(is_out_of_memory(RuntimeError(said)))
        self.assertFalse(is_out_of_memory(RuntimeError("CUDA error: an illegal memory access was encountered")))

    def test_memory_that_pytorch_cannot_get_is_refused_as_such(self) -> None:
        import torch

        class Large(torch.nn.Module):
            def forward(self, rows: torch.Tensor) -> torch.Tensor:
                size = int(rows[0, 0]) + 1
                return rows[:, 0] * 0 + torch.empty([size])[:1]

        path = self.folder / "model.pt"
        torch.jit.script(Large()).save(path)
        worker, info = self.load(path, format="torchscript", kind="regression", outputs=1, memory=2 << 30)
        self.assertEqual(self.refused_call(worker, np.full((1, 3), 2.0**30))[0], "model_memory_exceeded")
        self.assertEqual(self.answer(worker, np.full((1, 3), 5.0)).shape, (1, 1))

"""Classes of the user's own in, bundles out."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
from made_up_market import golden_rows, make_description, make_parts

import presage

CODE = """
import numpy as np
from pathlib import Path
from lean_helper import squash

class Lean:
    @classmethod
    def load(cls, path):
        made = cls()
        made.weight = float((Path(path) / "weight.txt").read_text())
        return made

    def predict(self, rows):
        return squash(self.weight * rows[:, 1])
"""


class PythonClassTest(unittest.TestCase):
    """save() of a PythonClass."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.room = Path(folder.name)
        self.code = self.room / "code"
        self.code.mkdir()
        self.write("lean_model.py", CODE)
        self.write("lean_helper.py", "import numpy as np\n\ndef squash(z):\n    return 1 / (1 + np.exp(-z))\n")
        self.write("weight.txt", "0.5")
        self.words = {"models_dir": self.room / "models", "name": "lean", "version": "1.0.0", "description": make_description(optional=[]), "parts": make_parts(), "quiet": True}

    def write(self, name: str, text: str) -> None:
        """A file of the class."""
        (self.code / name).write_text(text)

    def test_the_folder_is_the_artefact_without_what_python_left_there(self) -> None:
        report = presage.save(presage.PythonClass(self.code, "lean_model:Lean"), **self.words)
        files = sorted(path.relative_to(report.folder).as_posix() for path in (report.folder / "model").rglob("*"))
        self.assertEqual(files, ["model/lean_helper.py", "model/lean_model.py", "model/weight.txt"])
        manifest = (report.folder / "model.yaml").read_text()
        self.assertIn('artefact:\n  path: "model"\n  format: "python-class"\n  class: "lean_model:Lean"\n', manifest)
        self.assertIn("models.allowUnsafeFormats", report.kept.why)
        inputs, outputs = golden_rows(report.folder)
        np.testing.assert_allclose(outputs[:, 1], 1 / (1 + np.exp(-0.5 * inputs[:, 1])))
        self.write("weight.txt", "-0.5")
        again = presage.save(presage.PythonClass(self.code, "lean_model:Lean"), **{**self.words, "version": "1.0.1"})
        np.testing.assert_allclose(golden_rows(again.folder)[1][:, 0], outputs[:, 1], err_msg="the changed folder was read")

    def test_a_class_that_needs_what_lies_beside_its_folder_is_no_bundle(self) -> None:
        (self.room / "secret.txt").write_text("2")
        self.write("lean_model.py", CODE.replace('Path(path) / "weight.txt"', 'Path(path) / ".." / "secret.txt"'))
        with self.assertRaisesRegex(presage.BundleError, "class: in a fresh process: FileNotFoundError"):
            presage.save(presage.PythonClass(self.code, "lean_model:Lean"), **self.words)

    def test_what_is_no_class_that_predicts_is_refused(self) -> None:
        faults = {"lean_model:squash": "is no class with predict", "nowhere:Lean": "cannot be imported: No module named", "json:JSONDecoder": "another module json than the artefact's"}
        for name, message in faults.items():
            with self.subTest(name), self.assertRaisesRegex(presage.BundleError, message):
                presage.save(presage.PythonClass(self.code, name), **self.words)

    def alone(self, code: str) -> presage.PythonClass:
        """The class Alone of a file of its own."""
        self.write("alone.py", f"class Alone:\n{code}\n")
        return presage.PythonClass(self.code / "alone.py", "alone:Alone")

    def test_code_that_fails_is_refused_with_what_it_raised_and_what_is_expected(self) -> None:
        faults = {
            "    def __init__(self, weight): ...\n    def predict(self, rows): ...": r"alone:Alone of .*alone\.py cannot be made \(TypeError: .*'weight'\); .* by load\(path\), or without arguments",
            "    def predict(self rows): ...": r"alone:Alone of .*alone\.py cannot be made \(SyntaxError: .*line 2\)",
            "    def predict(self, rows): return {}['volume']": r"alone:Alone does not predict rows of the bundle \(KeyError: 'volume'\); it must take any number of rows x 3 features",
            "    def predict(self, rows): return ['up'] * len(rows)": r"alone:Alone does not predict rows of the bundle \(ValueError: .*'up'\); .* one list of numbers a row",
        }
        for code, message in faults.items():
            with self.subTest(message):
                with self.assertRaisesRegex(presage.BundleError, message) as caught:
                    presage.save(self.alone(code), **self.words)
                self.assertIn(f"({type(caught.exception.__cause__).__name__}: ", str(caught.exception))

    def test_an_interrupt_is_no_fault_of_the_class(self) -> None:
        with self.assertRaises(KeyboardInterrupt):
            presage.save(self.alone("    def predict(self, rows): raise KeyboardInterrupt"), **self.words)

    def test_a_class_that_refuses_a_row_of_zeros_is_no_bundle_as_the_server_would_never_serve_it(self) -> None:
        faults = {"raise ValueError('no market')": r"\(ValueError: no market\)", "return rows[:, 0] + 2": r"\(Refusal: .* outside 0 and 1"}
        for answer, message in faults.items():
            code = f"    def predict(self, rows):\n        if not rows.any():\n            {answer}\n        return rows[:, 0] * 0 + 0.5"
            with self.subTest(answer), self.assertRaisesRegex(presage.BundleError, f"class: in a fresh process: the model fails on a row of zeros, with which the server tries every model .* {message}"):
                presage.save(self.alone(code), **self.words)

    def test_one_file_is_enough(self) -> None:
        path = self.code / "alone.py"
        path.write_text("class Even:\n    def predict(self, rows):\n        return [[0.5, 0.5]] * len(rows)\n")
        report = presage.save(presage.PythonClass(path, "alone:Even"), **self.words)
        self.assertIn('artefact:\n  path: "alone.py"\n', (report.folder / "model.yaml").read_text())

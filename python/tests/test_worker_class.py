"""A class of the user's own is a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from worker_process import WorkerTest

ROWS = np.array([[0.25, 1, 2], [0.5, 3, 4]])
PAIR = np.array([[0.75, 0.25], [0.5, 0.5]])

FILLED = """
import json, os
from inner.{name} import column

class Momentum:
    def load(self, path):
        with open(os.path.join(path, "weights.json")) as file:
            self.scale = json.load(file)["scale"]

    def predict(self, rows):
        return column(rows) * self.scale
"""
MADE = """
class Momentum:
    def __init__(self, scale):
        self.scale = scale

    @classmethod
    def load(cls, path):
        assert path.endswith(".py")
        return cls(1)

    def predict(self, rows):
        return [row[0] * self.scale for row in rows]
"""


class PythonClassTest(WorkerTest):
    """python-class"""

    def write(self, files: dict[str, str]) -> Path:
        """A folder of files."""
        artefact = self.folder / "artefact"
        for name, text in files.items():
            file = artefact / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return artefact

    def test_a_folder_brings_its_modules_and_its_data(self) -> None:
        path = self.write({"momentum.py": FILLED.format(name="column"), "inner/__init__.py": "", "inner/column.py": "def column(rows): return rows[:, 0]\n", "weights.json": '{"scale": 1}'})
        worker, info = self.load(path, format="python-class", **{"class": "momentum:Momentum"})
        np.testing.assert_array_equal(self.answer(worker, ROWS), PAIR)
        self.assertRegex(info["engine"], r"^python \d.* \(Momentum\)$")

    def test_one_file_is_enough_and_load_may_make_the_object(self) -> None:
        path = self.write({"made.py": MADE}) / "made.py"
        model = self.loaded_here(path, format="python-class", **{"class": "made:Momentum"})
        np.testing.assert_array_equal(model.predict([("rows", ROWS)]), PAIR)

    def test_a_class_without_load_and_a_window_of_vectors(self) -> None:
        text = "class Last:\n    def predict(self, rows):\n        assert rows.ndim == 3\n        return rows[:, -1, 0]\n"
        path = self.write({"last.py": text})
        given = {"format": "python-class", "class": "last:Last", "features": ["a"], "window": 3, "kind": "regression", "outputs": 1}
        outputs = self.loaded_here(path, **given).predict([("rows", ROWS)])
        np.testing.assert_array_equal(outputs, [[2], [4]])

    def test_a_value_behind_a_mask_is_no_value(self) -> None:
        text = "import numpy as np\n\nclass Masked:\n    def predict(self, rows):\n        return np.ma.masked_less(rows[:, 0], 0.3)\n"
        path = self.write({"masked.py": text})
        model = self.loaded_here(path, format="python-class", **{"class": "masked:Masked"})
        np.testing.assert_array_equal(model.predict([("rows", ROWS)]), [[np.nan, np.nan], [0.5, 0.5]])

    def test_what_is_no_such_class_is_refused(self) -> None:
        path = self.write({"empty.py": "Momentum = 5\n", "json.py": MADE, "broken.py": "import no_such_module_at_all\n", "late.py": "class Late:\n    def predict(self, rows):\n        return 1 / 0\n"})
        for name, message in {
            "empty:Momentum": "empty:Momentum is no class with predict",
            "json:Momentum": "Python has another module json than the artefact's",
            "broken:Momentum": "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module_at_all'",
            "late:Late": r"raised ZeroDivisionError \(asked for 1 of zeros\)",
        }.items():
            with self.subTest(name):
                code, text = self.refused_load(path, format="python-class", **{"class": name})
                self.assertEqual(code, "model_verification_failed")
                self.assertRegex(text, message)

    def test_code_runs_only_where_the_operator_allowed_it(self) -> None:
        path = self.write({"made2.py": MADE})
        code, text = self.refused_load(path, format="python-class", allowUnsafe=False, **{"class": "made2:Momentum"})
        self.assertEqual(code, "model_verification_failed")
        self.assertIn("A python-class artefact is code; set models.allowUnsafeFormats", text)

    def test_files_are_checked_before_anything_is_read(self) -> None:
        path = self.write({"made3.py": MADE, "extra.py": ""})
        digests = {str(path / "made3.py"): "0" * 64, str(path / "extra.py"): "0" * 64}
        given = {"format": "python-class", "class": "made3:Momentum"}
        self.assertIn("extra.py is not listed", self.refused_load(path, files={str(path / "made3.py"): "0" * 64}, **given)[1])
        self.assertIn("made3.py, extra.py differs from its SHA-256", self.refused_load(path, files=digests, **given)[1])
        (path / "extra.py").unlink()
        self.assertIn("The artefact cannot be read: No such file", self.refused_load(path, files=digests, **given)[1])
        (path / "extra.py").symlink_to("/etc/passwd")
        code, text = self.refused_load(path, **given)
        self.assertEqual((code, text), ("model_verification_failed", "extra.py is not a plain file or folder"))

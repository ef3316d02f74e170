"""`KERAS_BACKEND=torch python -m presage.frameworks.keras_by_torch FOLDER`: `given.keras` in that folder to `model.onnx` beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from .keras_models import load_keras


def main(folder: Path) -> None:
    """Reads, answers two rows so that every layer is built, and exports."""
    model = load_keras(folder / "given.keras")
    model(np.ones((2, *model.inputs[0].shape[1:]), dtype=np.float32))
    model.export(str(folder / "model.onnx"), format="onnx", verbose=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

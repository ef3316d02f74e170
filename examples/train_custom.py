"""A class of one's own, with what it remembers in a file beside it: see custom/analogues.py."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from urth import options, prepared, save

import presage

CODE = Path(__file__).resolve().parent / "custom" / "analogues.py"


def main() -> None:
    """Writes the memory beside a copy of the class, and saves that folder."""
    chosen = options(__doc__ or "")
    matrix, parts = prepared(chosen.matrix)
    x, up = parts.train.x, parts.train.up
    if chosen.quick:
        x, up = x[-400:], up[-400:]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(CODE, folder)
        np.savez(Path(folder) / "memory.npz", x=x, up=up, mean=x.mean(axis=0), deviation=x.std(axis=0))
        provenance = {"framework": f"numpy {np.__version__}", "script": "examples/train_custom.py"}
        save(presage.PythonClass(folder, "analogues:Analogues"), (matrix, parts), provenance, name="analogues", models_dir=chosen.models)


if __name__ == "__main__":
    main()

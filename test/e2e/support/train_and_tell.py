"""
Runs a script of examples/ for a moment, and prints as JSON what the framework itself says, one row at a time, of the newest rows that the model has not seen: the model
as it lies in memory before it is saved, asked in the framework's own words, so that nothing of the package that saves it takes part.
train_and_tell.py SCRIPT MATRIX MODELS
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
sys.path.insert(0, str(EXAMPLES))
import workshop  # noqa: E402, F401  (puts the package `presage` of this repository on the path)

import presage  # noqa: E402

ROWS = 8


def up(model: Any, row: np.ndarray) -> float:
    """P(up) of one row, by the framework."""
    kind = type(model).__module__.partition(".")[0]
    if hasattr(model, "predict_proba"):
        return float(model.predict_proba(row)[0, 1])
    if kind == "keras":
        return float(model.predict(row.astype(np.float32), verbose=0)[0, 0])
    if isinstance(model, presage.PythonClass):
        module, _, name = model.name.partition(":")
        spec = importlib.util.spec_from_file_location(module, Path(model.path) / f"{module}.py")
        code = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(code)
        return float(getattr(code, name).load(str(model.path)).predict(row)[0])
    import torch

    with torch.no_grad():
        return float(model(torch.from_numpy(row.astype(np.float32)))[0, 1])


told: list[dict[str, Any]] = []
save = presage.save


def telling(model: Any, *words: Any, name: str, parts: presage.Parts, **more: Any) -> presage.Report:
    """`presage.save`, after the model was asked."""
    newest = parts.test.take(slice(-ROWS, None))
    answers = [{"closeTime": int(time), "row": row.tolist(), "up": up(model, row[None])} for time, row in zip(newest.close_time, newest.x)]
    told.append({"name": name, "answers": answers})
    return save(model, *words, name=name, parts=parts, **more)


script, matrix, models = sys.argv[1:]
presage.save = telling
sys.argv = [script, "--quick", "--matrix", matrix, "--models", models]
with contextlib.redirect_stdout(sys.stderr):
    runpy.run_path(str(EXAMPLES / script), run_name="__main__")
print(json.dumps(told))

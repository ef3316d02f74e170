"""
Runs a script of examples/ for a moment, and prints as JSON what the framework itself says, of rows alone and several at once, of the newest rows that the model has not seen:
the model as it lies in memory before it is saved, asked in the framework's own words, so that nothing of the package that saves it takes part.
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
# Matrix products take other ways for one row than for many: the last bits of a framework's answer depend on how many rows it was asked.
SIZES = (1, 2, 4, 8)


def up(model: Any, rows: np.ndarray) -> np.ndarray:
    """P(up) of rows, by the framework."""
    kind = type(model).__module__.partition(".")[0]
    if hasattr(model, "predict_proba"):
        return model.predict_proba(rows)[:, 1]
    if kind == "keras":
        return model.predict(rows.astype(np.float32), verbose=0)[:, 0]
    if isinstance(model, presage.PythonClass):
        module, _, name = model.name.partition(":")
        spec = importlib.util.spec_from_file_location(module, Path(model.path) / f"{module}.py")
        code = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(code)
        return getattr(code, name).load(str(model.path)).predict(rows)
    import torch

    with torch.no_grad():
        return model(torch.from_numpy(rows.astype(np.float32)))[:, 1].numpy()


told: list[dict[str, Any]] = []
save = presage.save


def telling(model: Any, *words: Any, name: str, parts: presage.Parts, **more: Any) -> presage.Report:
    """`presage.save`, after the model was asked."""
    newest = parts.test.take(slice(-ROWS, None))
    asked = [np.concatenate([up(model, newest.x[at : at + size]) for at in range(0, ROWS, size)]).tolist() for size in SIZES]
    answers = [{"closeTime": int(time), "row": row.tolist(), "up": list(each)} for time, row, *each in zip(newest.close_time, newest.x, *asked)]
    told.append({"name": name, "answers": answers})
    return save(model, *words, name=name, parts=parts, **more)


script, matrix, models = sys.argv[1:]
presage.save = telling
sys.argv = [script, "--quick", "--matrix", matrix, "--models", models]
with contextlib.redirect_stdout(sys.stderr):
    runpy.run_path(str(EXAMPLES / script), run_name="__main__")
print(json.dumps(told))

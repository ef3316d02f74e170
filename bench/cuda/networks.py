"""
Networks for bench/cuda.ts: writes those whose names hold argv[2] into the folder argv[1] as NAME.onnx, NAME.pt (TorchScript) and NAME.pt2 (torch.export), and prints as JSON what they take, some rows, and P(down), P(up) of those
in double precision.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

import torch

ROWS = 64


class Recurrent(torch.nn.Module):
    """Layers of LSTM over a window, and two classes of its last output."""

    def __init__(self, inputs: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(inputs, hidden, layers, batch_first=True)
        self.head = torch.nn.Linear(hidden, 2)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Probabilities."""
        return torch.softmax(self.head(self.lstm(rows)[0][:, -1]), dim=1)


def wide(inputs: int, hidden: int) -> torch.nn.Module:
    """Two layers, nearly all of whose time are matrix products."""
    layers = [torch.nn.Linear(inputs, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 2)]
    return torch.nn.Sequential(*layers, torch.nn.Softmax(dim=1))


NETWORKS = {
    "LSTM of 32 over 60": (lambda: Recurrent(9, 32, 1), 60, 9),
    "LSTM of 2 x 512 over 60": (lambda: Recurrent(32, 512, 2), 60, 32),
    "dense 2 x 4096": (lambda: wide(64, 4096), 1, 64),
}


def write(name: str, folder: Path) -> dict[str, object]:
    """One network in its three forms, and what is to be known of it."""
    make, window, inputs = NETWORKS[name]
    torch.manual_seed(1)
    network = make().eval()
    shape = (window, inputs) if window > 1 else (inputs,)
    rows = torch.randn(ROWS, *shape)
    dynamic = {0: torch.export.Dim("batch")}
    paths = {form: str(folder / f"{name}.{form}") for form in ("onnx", "pt", "pt2")}
    torch.jit.script(network).save(paths["pt"])
    torch.export.save(torch.export.export(network, (rows[:2],), dynamic_shapes=(dynamic,)), paths["pt2"])
    torch.onnx.export(network, (rows[:2],), paths["onnx"], input_names=["rows"], output_names=["p"], dynamic_shapes=(dynamic,), dynamo=True, external_data=False)
    with torch.inference_mode():
        answers = network.double()(rows.double())
    return {"name": name, "window": window, "inputs": inputs, "paths": paths, "rows": rows.flatten().tolist(), "answers": answers.flatten().tolist()}


with contextlib.redirect_stdout(sys.stderr):
    known = [write(name, Path(sys.argv[1])) for name in NETWORKS if sys.argv[2] in name]
print(json.dumps(known))

"""PyTorch: modules, exported programs, TorchScript."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BundleError, reading, refused
from ..source import FLOAT32, Artefact, Contract, Form, Predict, Source, columns, in_batches

# More rows than one, as PyTorch takes a dimension of one for a fixed one.
EXAMPLE_ROWS = 3
LOGGERS = ("torch.onnx", "torch.export")


def torch_source(model: Any, contract: Contract) -> Source:
    """A module as it predicts in evaluation mode on the CPU, in float32; the given module is not changed. Of an exported program and of TorchScript, what they can become."""
    import torch

    example = torch.from_numpy(contract.tensor(np.ones((EXAMPLE_ROWS, contract.values))))
    onnx = Form("ONNX", "onnx", lambda folder: _write_onnx(given, example, folder))
    if isinstance(model, torch.export.ExportedProgram):
        given, ask = model, _called(model)
        forms = [onnx, Form("torch.export", "python", lambda folder: _write_program(given, folder))]
    elif isinstance(model, torch.jit.ScriptModule):
        given = ask = copy.deepcopy(model).cpu().eval()
        forms = [Form("TorchScript", "python", lambda folder: _write_script(given, folder))]
    else:
        given = ask = copy.deepcopy(model).cpu().eval()
        forms = [
            onnx,
            Form("torch.export", "python", lambda folder: _write_program(_exported(given, example), folder)),
            Form("TorchScript", "python", lambda folder: _write_script(_scripted(given, example), folder)),
        ]
    return Source(f"torch {torch.__version__}", type(model).__name__, None, in_batches(predictor(ask, contract)), forms)


def predictor(module: Callable[[Any], Any], contract: Contract) -> Predict:
    """What a module gives for rows in float32."""
    import torch

    def predict(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            answer = module(torch.from_numpy(contract.tensor(x)))
        if not isinstance(answer, torch.Tensor):
            raise BundleError(f"the module gives a {type(answer).__name__}: let forward() give one tensor, rows x outputs")
        return columns(answer.double().numpy(), len(x))

    return predict


def load_program(path: Path) -> Any:
    """The exported program of a .pt2 file. PyTorch reads parts of it as pickles, which run code. Raises BundleError for another file."""
    import torch

    with reading(path, "an exported program", "write it with torch.export.save(torch.export.export(…), path)"), _quietly():
        return torch.export.load(path)


def load_script(path: Path) -> Any:
    """The TorchScript of a .pt file. Raises BundleError for another file, such as a state dict."""
    import torch

    fix = "if it is a state dict, load it into its module and pass that to presage.save; else write it with torch.jit.script(module).save(path), or torch.jit.trace"
    with reading(path, "TorchScript", fix), _quietly():
        return torch.jit.load(path, map_location="cpu").eval()


def _called(program: Any) -> Callable[[Any], Any]:
    """The program as a function; raises BundleError, with how to export it, where it was not exported for such rows."""
    module = program.module()

    def call(rows: Any) -> Any:
        what = f"the exported program does not take rows of shape {list(rows.shape)}"
        with refused(what, 'export it for rows of these features, and for any number of them: dynamic_shapes=({0: torch.export.Dim("rows")},)'):
            return module(rows)

    return call


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what PyTorch says of things that nobody asked for."""
    with ExitStack() as later, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in map(logging.getLogger, LOGGERS):
            later.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.ERROR)
        yield


def _write_onnx(given: Any, example: Any, folder: Path) -> Artefact:
    import torch

    is_program = isinstance(given, torch.export.ExportedProgram)
    how = {} if is_program else {"dynamic_shapes": _any_rows()}
    with _quietly():
        program = torch.onnx.export(given, () if is_program else (example,), input_names=["input"], output_names=["output"], dynamo=True, verbose=False, **how)
        program.save(str(folder / "model.onnx"), external_data=False)
    return Artefact("model.onnx", "onnx", "onnx", FLOAT32)


def _write_program(program: Any, folder: Path) -> Artefact:
    import torch

    torch.export.save(program, folder / "model.pt2")
    return Artefact("model.pt2", "python", "torch-export", FLOAT32)


def _any_rows() -> Any:
    import torch

    return ({0: torch.export.Dim("rows")},)


def _exported(module: Any, example: Any) -> Any:
    import torch

    with _quietly():
        return torch.export.export(module, (example,), dynamic_shapes=_any_rows())


def _scripted(module: Any, example: Any) -> Any:
    """
    TorchScript of a module by its trace; where that would keep what was decided by the values of the example, for all rows, by its source. Raises BundleError where neither is to be had.
    """
    import torch

    with _quietly(), torch.no_grad():
        # Not as errors: PyTorch warns from within conversions that cannot raise.
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", torch.jit.TracerWarning)
            traced = torch.jit.trace(module, example)
        if not any(issubclass(each.category, torch.jit.TracerWarning) for each in said):
            return traced
        fix = "choose between tensors with torch.where, or write forward() so that torch.jit.script takes it"
        with refused("what this module does depends on the values of the rows, of which a trace would keep one way for all", fix):
            return torch.jit.script(module)


def _write_script(script: Any, folder: Path) -> Artefact:
    with _quietly():
        script.save(str(folder / "model.pt"))
    return Artefact("model.pt", "python", "torchscript", FLOAT32)

"""ONNX files as bundles, held to the framework that they were exported from."""

from __future__ import annotations

from pathlib import Path

from .assemble import Artefact, assemble
from .description import Description
from .errors import BundleError
from .evidence import Parts, Predict
from .golden import Tolerance

FLOAT32 = Tolerance(absolute=1e-5, relative=1e-4)


def save_onnx(
    onnx_path: str | Path, models_dir: str | Path, *, name: str, version: str, predict: Predict, tensor: str, description: Description, parts: Parts
) -> Path:
    """
    Writes a bundle of an ONNX file whose `tensor` output has class probabilities [down, up], or P(up). `predict` is the SOURCE framework's own: n x (window * features)
    float64 in, n x 1 or n x 2 out; golden rows come from it, so a faulty export is found when the bundle is loaded. Returns the folder. Raises BundleError.
    """
    path = Path(onnx_path)
    if not path.is_file():
        raise BundleError(f"{path} is not a file")
    _check_outputs(path, tensor)
    artefact = Artefact("model.onnx", path.read_bytes(), "onnx", "onnx", tensor, FLOAT32)
    return assemble(models_dir, (name, version), artefact, (predict, description, parts))


def _check_outputs(path: Path, tensor: str) -> None:
    """Looks into the file where the `onnx` package is installed; the server checks again."""
    try:
        import onnx
    except ImportError:
        return
    outputs = [output.name for output in onnx.load(str(path), load_external_data=False).graph.output]
    if tensor not in outputs:
        raise BundleError(f"{path.name} has no output {tensor!r}; it has {', '.join(outputs)}")

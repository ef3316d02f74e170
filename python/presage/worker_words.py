"""An artefact in the words that the server has for a worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import BundleError
from .source import Artefact, Contract, Predict, columns
from .worker.adapters import open_model
from .worker.adapters.adapter import Model
from .worker.load_args import PROTOCOL, LoadArgs, parse_load_args
from .worker.refusal import Refusal
from .worker.verify import files_of, sha256_of

# Reading these runs code: the server takes them only where the operator allowed it.
UNSAFE = ("sklearn-joblib", "torch-export", "python-class")


def load_words(folder: Path, artefact: Artefact, contract: Contract) -> dict[str, Any]:
    """The arguments of `load` for an artefact in `folder`."""
    path = folder / artefact.path
    return artefact.manifest() | {
        "protocol": PROTOCOL,
        "path": str(path),
        "files": {str(file): sha256_of(file) for file in files_of(path)},
        "features": contract.features,
        "inputs": len(contract.features),
        "window": contract.window,
        "outputs": contract.outputs,
        "kind": contract.kind,
        "tensor": artefact.tensor,
        "threads": 1,
        "device": "cpu",
        "allowUnsafe": artefact.format in UNSAFE,
    }


def read_by_worker(place: tuple[Path, Artefact], contract: Contract, read: Callable[[LoadArgs], Model] = open_model) -> Predict:
    """What the worker's own code (`read`) answers in this process for an artefact in a folder; raises BundleError with what it refuses."""
    folder, artefact = place
    try:
        model = read(parse_load_args(load_words(folder, artefact, contract)))
    except Refusal as refusal:
        raise BundleError(str(refusal)) from refusal
    except ImportError as error:
        raise BundleError(f"{artefact.path} cannot be imported: {error}") from error
    return lambda x: columns(model.predict(x), len(x))

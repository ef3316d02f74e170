"""What every framework hands over to be saved: a model that predicts, and the forms in which it may be served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .errors import BundleError
from .golden import Tolerance
from .input_tensor import InputTensor

Predict = Callable[[np.ndarray], np.ndarray]

FLOAT64 = Tolerance(absolute=1e-12, relative=1e-12)
# A graph of float64 inputs may still have nodes that know float32 only.
MIXED = Tolerance(absolute=1e-6, relative=1e-6)
FLOAT32 = Tolerance(absolute=1e-5, relative=1e-4)


@dataclass(frozen=True)
class Contract:
    """What goes in and what comes out: a row is `window` vectors of the named `features`, oldest first, and the answer is `outputs` values of a model of this `kind`."""

    features: list[str]
    window: int = 1
    kind: str = "binary"
    outputs: int = 2

    @property
    def values(self) -> int:
        """Values of a flattened row."""
        return len(self.features) * self.window

    def shaped(self, x: np.ndarray) -> np.ndarray:
        """Flat rows as networks take them: n x features, or n x window x features where a window has several vectors."""
        width = len(self.features)
        return x.reshape(-1, self.window, width) if self.window > 1 else x.reshape(-1, width)

    def tensor(self, x: np.ndarray) -> np.ndarray:
        """`shaped` rows in float32."""
        return self.shaped(x).astype(np.float32)


@dataclass(frozen=True)
class Artefact:
    """A file or folder of a bundle, who serves it, how closely it must give the framework's answers; which output, class or method where there are several, and which features
    go into which input."""

    path: str
    runtime: str
    format: str
    tolerance: Tolerance
    tensor: str | None = None
    klass: str | None = None
    method: str | None = None
    tensors: Sequence[InputTensor] = ()

    def manifest(self) -> dict[str, Any]:
        """`artefact` of a manifest."""
        about = {"path": self.path, "format": self.format, "class": self.klass, "method": self.method}
        return {key: value for key, value in about.items() if value is not None}

    def inputs(self) -> dict[str, Any]:
        """What `inputs` of a manifest has to say of this artefact."""
        return {"tensors": [each.manifest() for each in self.tensors]} if self.tensors else {}


@dataclass(frozen=True)
class Form:
    """A way to serve a model: `write` puts its artefact into an empty folder, or raises with the reason why this model has no such form."""

    name: str
    runtime: str
    write: Callable[[Path], Artefact]


@dataclass(frozen=True)
class Source:
    """
    A fitted model: `framework` with its version, `kind` of model, the `values` a row must have (None: it does not say), its own predictions (n x values float64 in, n x
    outputs out), the forms to try, best first, whether it gives `probabilities` or `amounts` (None: it does not say), and which features it takes as `whole` numbers only.
    """

    framework: str
    kind: str
    values: int | None
    predict: Predict
    forms: Sequence[Form]
    gives: Literal["probabilities", "amounts"] | None = None
    whole: Sequence[str] = ()


def columns(output: Any, rows: int) -> np.ndarray:
    """Outputs of any array type as float64, rows x outputs; raises BundleError if they do not fit the rows."""
    output = np.asarray(output, dtype=np.float64)
    if output.ndim not in (1, 2) or len(output) != rows:
        raise BundleError(f"the model gave outputs of shape {output.shape} for {rows} rows, wanted one list of numbers a row")
    return output.reshape(rows, -1)


def in_batches(predict: Predict, rows: int = 4096) -> Predict:
    """The same predictions, so many rows at a time: what a network keeps between its layers grows with the rows."""
    return lambda x: np.concatenate([predict(x[at : at + rows]) for at in range(0, len(x), rows)])

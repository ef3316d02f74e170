"""What every framework of trees hands over to be saved."""

from __future__ import annotations

from dataclasses import dataclass

from .assemble import Artefact
from .evidence import Predict
from .golden import Tolerance

TREES = Tolerance(absolute=1e-12, relative=1e-12)


@dataclass(frozen=True)
class TreesModel:
    """A fitted binary classifier: its artefact, how many inputs it takes, and the framework's own P(up), n x 1."""

    artefact: Artefact
    inputs: int
    predict: Predict

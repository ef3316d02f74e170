"""A model that needs no framework: what came after the most similar vectors of the past."""

from __future__ import annotations

from pathlib import Path

import numpy as np


class Analogues:
    """P(up) is the share of rises after the nearest past vectors, drawn towards one half. Memory is `memory.npz` beside this file."""

    NEAREST = 200

    def __init__(self, x: np.ndarray, up: np.ndarray, scale: tuple[np.ndarray, np.ndarray]) -> None:
        self._scale = scale
        self._x, self._up = self._scaled(x), up

    @classmethod
    def load(cls, path: str) -> Analogues:
        """The model with the memory that training left in its folder."""
        memory = np.load(Path(path) / "memory.npz")
        return cls(memory["x"], memory["up"], (memory["mean"], memory["deviation"]))

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        mean, deviation = self._scale
        return (rows - mean) / deviation

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """P(up) of rows x features."""
        distances = ((self._scaled(rows)[:, None] - self._x[None]) ** 2).sum(axis=2)
        nearest = np.argpartition(distances, self.NEAREST, axis=1)[:, : self.NEAREST]
        return (self._up[nearest].sum(axis=1) + self.NEAREST) / (3 * self.NEAREST)

"""Rows of features with what came after them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .errors import BundleError


@dataclass(frozen=True)
class Rows:
    """`x`: n x (window * features), float64, NaN = missing, oldest vector first. `forward_return`: ln(exit / entry), n. Times in ms since the epoch, n. What is no array, as a data frame, becomes one."""

    x: np.ndarray
    forward_return: np.ndarray
    close_time: np.ndarray
    label_time: np.ndarray

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "x", np.asarray(self.x, dtype=np.float64))
        except (TypeError, ValueError) as error:
            raise BundleError(f"x has values that are no numbers ({error}): NaN stands for what is missing") from error
        for name in ("forward_return", "close_time", "label_time"):
            object.__setattr__(self, name, np.asarray(getattr(self, name)))
        if self.x.ndim != 2:
            raise BundleError(f"rows need two dimensions (rows x values), not {self.x.ndim}; flatten a window oldest first")
        for name in ("forward_return", "close_time", "label_time"):
            if getattr(self, name).shape != (len(self.x),):
                raise BundleError(f"{name} has shape {getattr(self, name).shape}, wanted ({len(self.x)},)")
        if not np.isfinite(self.forward_return).all():
            raise BundleError("forward_return has values that are not finite")
        if (np.diff(self.close_time) <= 0).any() or (self.label_time <= self.close_time).any():
            raise BundleError("close_time must rise from row to row, and label_time must lie after it")

    def __len__(self) -> int:
        return len(self.x)

    @property
    def up(self) -> np.ndarray:
        """1 where the price rose until the horizon, else 0."""
        return (self.forward_return > 0).astype(np.int64)

    def take(self, index: np.ndarray | slice) -> Rows:
        """The rows at an index, a slice or a mask."""
        return Rows(self.x[index], self.forward_return[index], self.close_time[index], self.label_time[index])

    def with_missing(self, columns: np.ndarray) -> Rows:
        """The same rows with columns (indices into `x`) missing."""
        x = self.x.copy()
        x[:, columns] = np.nan
        return replace(self, x=x)

"""What was right, per row: the class, and whether acting paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sides:
    """How strongly a model speaks for buying and for selling, row by row: probabilities of the two classes, or a predicted amount and its opposite."""

    buy: np.ndarray
    sell: np.ndarray

    def acted(self, thresholds: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
        """Where the server would BUY and where it would SELL: a side acts from its threshold up, of two the stronger, of equals none."""
        buy_at, sell_at = thresholds
        buy = (self.buy >= buy_at) & ((self.sell < sell_at) | (self.buy > self.sell))
        sell = (self.sell >= sell_at) & ((self.buy < buy_at) | (self.sell > self.buy))
        return buy, sell

"""What was measured of a model: calibration, thresholds, reliability, metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .calibration import calibrated, fit_slope
from .description import Description
from .errors import BundleError
from .reliability import reliability_table
from .rows import Rows
from .scores import acting_metrics, direction_metrics

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Parts:
    """Rows by what they are for: `train` gives reference bins and the base rate, `validation` calibrates and sets thresholds, `test` was seen by nothing before."""

    train: Rows
    validation: Rows
    test: Rows

    def check(self, width: int) -> None:
        """Raises BundleError unless every part has `width` values a row and the parts follow each other with all labels known in between."""
        for name in ("train", "validation", "test"):
            part: Rows = getattr(self, name)
            if part.x.shape[1] != width:
                raise BundleError(f"{name} rows have {part.x.shape[1]} values, features x window make {width}")
            if len(part) == 0:
                raise BundleError(f"there are no {name} rows")
        for before, after in ((self.train, self.validation), (self.validation, self.test)):
            if before.label_time.max() > after.close_time.min():
                raise BundleError("the parts overlap: a label must be known before the next part begins (see split_by_time)")


def probability_up(predict: Predict, x: np.ndarray) -> np.ndarray:
    """Raw probability of the second class, from one or two output columns; raises BundleError for anything that is not probabilities."""
    output = np.asarray(predict(x), dtype=np.float64)
    if output.ndim != 2 or output.shape[1] not in (1, 2) or len(output) != len(x):
        raise BundleError(f"the model gave outputs of shape {output.shape} for {len(x)} rows, wanted one or two columns")
    if not ((output >= -1e-6) & (output <= 1 + 1e-6)).all():
        raise BundleError("the model gave outputs that are not probabilities")
    return np.clip(output[:, -1], 0, 1)


def thresholds(p_up: np.ndarray, act_on: float) -> tuple[float, float]:
    """
    Least probability of up to BUY and of down to SELL: each side's quantile on validation rows, so that each acts on half of `act_on`; but never below 0.5, as no side
    should act on what is less likely than not.
    """
    share = 1 - act_on / 2
    return tuple(round(max(0.5, float(np.quantile(side, share))), 6) for side in (p_up, 1 - p_up))  # type: ignore[return-value]


def measure(predict: Predict, description: Description, parts: Parts) -> dict[str, Any]:
    """`metrics`, `output.calibration`, `output.reliability` and `signal` of a manifest, as keys metrics, calibration, reliability, signal."""
    raw = probability_up(predict, parts.validation.x)
    calibration = fit_slope(raw, parts.validation.up)
    p_validation = calibrated(calibration, raw)
    p_test = calibrated(calibration, probability_up(predict, parts.test.x))
    buy_at, sell_at = thresholds(p_validation, description.act_on)
    reliability = {"full": reliability_table(p_validation, parts.validation.forward_return, description.cost)}
    if description.optional:
        without = probability_up(predict, parts.validation.with_missing(np.array(description.optional_values)).x)
        reliability["partial"] = reliability_table(calibrated(calibration, without), parts.validation.forward_return, description.cost)
    metrics = direction_metrics(p_test, parts.test, float(parts.train.up.mean()))
    metrics |= acting_metrics(p_test, parts.test, (buy_at, sell_at, description.cost))
    return {"metrics": metrics, "calibration": calibration, "reliability": reliability, "signal": _signal(description, p_validation, (buy_at, sell_at))}


def _signal(description: Description, p_up: np.ndarray, at: tuple[float, float]) -> dict[str, Any]:
    buy_at, sell_at = at
    down, up = description.classes
    note = (
        f"at_least: quantiles of the validation rows, where each side was to act on {description.act_on / 2:.1%} of bars, but not below 0.5; "
        f"buys on {(p_up >= buy_at).mean():.1%} of them, sells on {(1 - p_up >= sell_at).mean():.1%}. Not a promise of profit."
    )
    return {"buy": {"class": up, "at_least": buy_at}, "sell": {"class": down, "at_least": sell_at}, "note": note}

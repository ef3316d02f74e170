"""What was measured of a model: calibration, thresholds, reliability, metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .calibration import calibrated, fitted
from .description import Description
from .errors import BundleError
from .outcomes import Sides
from .reliability import reliability_table
from .rows import Rows
from .scores import acting_metrics, class_scores, span_metrics
from .source import Predict

# Networks may compute in float16.
PAIR_TOLERANCE = 0.01


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


def class_columns(output: np.ndarray, description: Description) -> np.ndarray:
    """Outputs as the server sees them: one column a class (one probability of two is that of the second), or one amount. Raises BundleError for what is neither."""
    wanted = 1 if description.kind == "regression" else len(description.classes)
    if not np.isfinite(output).all():
        raise BundleError("the model gave outputs that are not finite")
    if output.shape[1] == 1 and wanted == 2:
        output = np.hstack([1 - output, output])
    if output.shape[1] != wanted:
        raise BundleError(f"the model gave {output.shape[1]} outputs a row, a {description.kind} model gives {wanted}")
    if wanted > 1 and not ((output >= -1e-6) & (output <= 1 + 1e-6)).all():
        raise BundleError("the model gave outputs that are not probabilities")
    if wanted == 2 and (np.abs(output.sum(axis=1) - 1) > PAIR_TOLERANCE).any():
        raise BundleError("the two outputs of a binary model are P(down) and P(up), which add up to 1; these do not: end a network with a softmax over two, train with a binary objective, or give P(up) alone")
    return output if wanted == 1 else np.clip(output, 0, 1)


def thresholds(sides: Sides, act_on: float, floor: float) -> tuple[float, float]:
    """
    What BUY and SELL need: each side's quantile on validation rows, so that each acts on half of `act_on`; but never below `floor`, as no side should act on what is less
    likely than not (of two classes), or on an amount against it.
    """
    share = 1 - act_on / 2
    return tuple(max(floor, float(f"{np.quantile(side, share):.6g}")) for side in (sides.buy, sides.sell))  # type: ignore[return-value]


def sides_of(output: np.ndarray) -> Sides:
    """Of classes the last is bought on and the first sold on; of an amount, itself and its opposite."""
    return Sides(output[:, 0], -output[:, 0]) if output.shape[1] == 1 else Sides(output[:, -1], output[:, 0])


def measure(predict: Predict, description: Description, parts: Parts) -> dict[str, Any]:
    """`metrics`, `output.calibration` (none for a regression), `output.reliability` and `signal` of a manifest, by these names."""
    validation = parts.validation
    raw = class_columns(predict(validation.x), description)
    calibration = fitted(raw, description.outcome(validation.forward_return))
    sides = sides_of(calibrated(calibration, raw))
    at = thresholds(sides, description.act_on, description.floor)
    reliability = {"full": reliability_table(sides, validation.forward_return, description.cost)}
    if description.optional:
        without = class_columns(predict(validation.with_missing(np.array(description.optional_values)).x), description)
        reliability["partial"] = reliability_table(sides_of(calibrated(calibration, without)), validation.forward_return, description.cost)
    tested = calibrated(calibration, class_columns(predict(parts.test.x), description))
    metrics = _metrics(tested, description, parts) | acting_metrics(sides_of(tested), parts.test, (*at, description.cost))
    spec = {} if calibration is None else {"calibration": calibration}
    return {"metrics": metrics, **spec, "reliability": reliability, "signal": _signal(description, sides, at)}


def _metrics(output: np.ndarray, description: Description, parts: Parts) -> dict[str, Any]:
    """Share of right classes, or of right signs, before cost; for classes the log loss beside that of their frequencies in training."""
    wanted = description.outcome(parts.test.forward_return)
    if description.kind == "regression":
        return span_metrics((output[:, 0] > 0) == (parts.test.up == 1), parts.test, {})
    guessed = (output[:, 1] > 0.5).astype(int) if output.shape[1] == 2 else output.argmax(axis=1)
    frequencies = np.bincount(description.outcome(parts.train.forward_return), minlength=len(description.classes)) / len(parts.train)
    return span_metrics(guessed == wanted, parts.test, class_scores(output, wanted, frequencies))


def _signal(description: Description, sides: Sides, at: tuple[float, float]) -> dict[str, Any]:
    buy_at, sell_at = at
    is_amount = description.kind == "regression"
    note = (
        f"thresholds: quantiles of the validation rows, where each side was to act on {description.act_on / 2:.1%} of bars, but not below {description.floor:.6g}; "
        f"buys on {(sides.buy >= buy_at).mean():.1%} of them, sells on {(sides.sell >= sell_at).mean():.1%}. Not a promise of profit."
    )
    if is_amount:
        return {"buy": {"value_at_least": buy_at}, "sell": {"value_at_most": 0.0 - sell_at}, "note": note}
    return {"buy": {"class": description.classes[-1], "at_least": buy_at}, "sell": {"class": description.classes[0], "at_least": sell_at}, "note": note}

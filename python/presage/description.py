"""What the author of a model says about it; everything else in a manifest is measured."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np

from .errors import BundleError
from .source import Contract

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
TIMEFRAMES = ("1s", "5s", "15s", "30s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}")
# A symbol or a glob, as the server reads them (src/contracts/symbol.ts).
SYMBOLS = re.compile(r"^[A-Z0-9*]{1,20}/[A-Z0-9*]{1,20}(:[A-Z0-9*]{1,20}(-[0-9A-Z*-]{1,20})?)?$|^\*$")


def _is_moment(text: str) -> bool:
    """RFC 3339 with a zone, of a day and a time that there are, from 1970 on."""
    if not MOMENT.fullmatch(text) or text < "1970":
        return False
    try:
        datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return text.endswith("Z") or (text[-5:-3] <= "23" and text[-2:] <= "59")


def duration_ms(text: str) -> int:
    """Ms of `15m`, `250ms`, `1h`; raises BundleError for anything else."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})(ms|s|m|h|d)", text) if isinstance(text, str) else None
    if match is None:
        raise BundleError(f"{text!r} is not a duration: a whole number with its unit, such as 250ms, 15m, 1h")
    return int(match[1]) * UNITS[match[2]]


def _is_moment(text: str) -> bool:
    """Whether the server reads it as one: with a zone, from 1970 on, of a day and an hour that there are."""
    match = MOMENT.fullmatch(text)
    try:
        return match is not None and datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00")).year >= 1970
    except ValueError:
        return False


def _check_texts(what: str, given: object, limits: tuple[int, int]) -> None:
    """Raises BundleError unless this is a list of different texts: at most so many, of at most so many letters."""
    most, letters = limits
    if not isinstance(given, (list, tuple)) or not all(isinstance(each, str) for each in given):
        raise BundleError(f"{what} must be a list of texts (a single one in brackets too), not {given!r}")
    if len(given) > most or len(set(given)) < len(given) or not all(1 <= len(each) <= letters for each in given):
        raise BundleError(f"{what} must be different texts of 1 to {letters} letters, {most} at most, not {', '.join(given)[:200]}")


def _check_number(what: str, given: object, ends: tuple[float, float]) -> None:
    """Raises BundleError unless this is a number from one end to the other; a whole one where they are."""
    least, most = ends
    wanted, kind = ("a whole number", int) if isinstance(least, int) else ("a number", (int, float))
    if isinstance(given, bool) or not isinstance(given, kind) or not least <= given <= most:
        raise BundleError(f"{what} must be {wanted} from {least:g} to {most:g}, not {given!r}")


@dataclass(frozen=True)
class Description:
    """
    Inputs (`features` in column order, `window` vectors, which of them are `optional`), what an outcome is (`horizon`, `cost_bps`), which symbols, and where the model comes
    from (`provenance`). `gaps` ({"flat": 3}: gaps of up to 3 bars count as empty bars) and `ranges` ({"rsi(14)@1m": [None, 90]}: values outside count as missing) are as the training matrix was exported. `training_date` is RFC 3339. `act_on` is the share of validation rows that the signal's thresholds act on. `kind`: binary, multiclass, or regression
    of the forward return. `classes` go from down to up in the order of the model's outputs; they end at `class_borders` (forward returns; by default 0 of two classes, and
    cost on either side of 0 of three).
    """

    features: list[str]
    timeframe: str
    symbols: list[str]
    horizon: str
    cost_bps: float
    training_date: str
    window: int = 1
    optional: list[str] = field(default_factory=list)
    feature_set_digest: str | None = None
    max_age: str | None = None
    gaps: dict[str, int] | None = None
    ranges: dict[str, tuple[float | None, float | None]] | None = None
    act_on: float = 0.10
    kind: Literal["binary", "multiclass", "regression"] = "binary"
    classes: tuple[str, ...] = ("down", "up")
    class_borders: tuple[float, ...] | None = None
    unit: str | None = None
    provenance: dict[str, str | int | float | bool | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        duration_ms(self.horizon)
        if self.max_age is not None:
            duration_ms(self.max_age)
        if self.timeframe not in TIMEFRAMES:
            raise BundleError(f"timeframe {self.timeframe!r}: one of {', '.join(TIMEFRAMES)}")
        if not isinstance(self.training_date, str) or not _is_moment(self.training_date):
            raise BundleError(f"training_date {self.training_date!r} is not RFC 3339 with a zone, such as 2024-01-10T00:00:00Z")
        if self.feature_set_digest is not None and not DIGEST.fullmatch(str(self.feature_set_digest)):
            raise BundleError(f"feature_set_digest {self.feature_set_digest!r}: 64 hexadecimals, as the matrix has them (matrix.feature_set_digest), or None")
        _check_number("cost_bps", self.cost_bps, (0.0, 1000.0))
        self._check_inputs()
        self._check_symbols()
        self._check_kind()
        if not 0 < self.act_on < 1:
            raise BundleError(f"act_on is a share between 0 and 1, not {self.act_on}")

    def _check_inputs(self) -> None:
        _check_number("window", self.window, (1, 1000))
        _check_texts("features", self.features, (2000, 200))
        _check_texts("optional", self.optional, (2000, 200))
        if not self.features:
            raise BundleError("features are empty: list the ids of the inputs, in column order")
        if self.gaps is not None and (list(self.gaps) != ["flat"] or not 1 <= self.gaps["flat"] <= 1000):
            raise BundleError(f"gaps is {{'flat': 1 to 1000}}, the most missing bars in a row that count as empty ones, not {self.gaps}")
        for what, names in {"optional inputs": self.optional, "ranges of features": self.ranges or {}}.items():
            unknown = [name for name in names if name not in self.features]
            if unknown:
                raise BundleError(f"{what} that are not among the features: {', '.join(unknown)}")

    def _check_symbols(self) -> None:
        _check_texts("symbols", self.symbols, (1000, 85))
        strange = [symbol for symbol in self.symbols if not SYMBOLS.fullmatch(symbol)]
        if strange or not self.symbols:
            said = f"no request names {', '.join(strange[:3])}" if strange else "a model answers for one symbol at least"
            raise BundleError(f"symbols: {said}; write BTC/USDT, BTC/USDT:USDT for a perpetual, or */USDT for all of a currency")

    def _check_kind(self) -> None:
        if self.kind not in ("binary", "multiclass", "regression"):
            raise BundleError(f"kind {self.kind!r}: binary, multiclass or regression")
        _check_texts("classes", self.classes, (100, 40))
        if self.unit is not None and not (isinstance(self.unit, str) and 1 <= len(self.unit) <= 40):
            raise BundleError(f"unit must be a text of 1 to 40 letters, or None, not {self.unit!r}")
        if self.unit is not None and self.kind != "regression":
            raise BundleError(f"unit is what an amount is in; a {self.kind} model has none")
        if self.kind == "binary" and len(self.classes) != 2 or self.kind == "multiclass" and len(self.classes) < 3:
            raise BundleError(f"a binary model has two classes and a multiclass model more, not {', '.join(self.classes)}")
        if self.kind != "regression" and (len(self.borders) != len(self.classes) - 1 or (np.diff(self.borders) <= 0).any()):
            raise BundleError(f"class_borders are {len(self.classes) - 1} rising forward returns: where each of {', '.join(self.classes)} ends and the next begins")

    @property
    def contract(self) -> Contract:
        """What goes in and what comes out."""
        return Contract(self.features, self.window, self.kind, 1 if self.kind == "regression" else len(self.classes))

    @property
    def gives(self) -> str:
        """What a model of this kind gives."""
        return "amounts" if self.kind == "regression" else "probabilities"

    @property
    def floor(self) -> float:
        """The least that a side must reach to act at all: better than an even guess, or an amount for it."""
        return 0.0 if self.kind == "regression" else round(1 / len(self.classes), 6)

    @property
    def borders(self) -> tuple[float, ...]:
        """Forward returns at which one class ends and the next begins."""
        usual = {2: (0.0,), 3: (-self.cost, self.cost)}
        return usual.get(len(self.classes), ()) if self.class_borders is None else self.class_borders

    def outcome(self, forward_return: np.ndarray) -> np.ndarray:
        """Index of the class that came true: a return on a border belongs to the class below."""
        return np.searchsorted(self.borders, forward_return, side="left")

    def output(self) -> dict[str, Any]:
        """`output` of the manifest, without what is measured."""
        unit = {} if self.unit is None else {"unit": self.unit}
        return {"kind": self.kind, **({} if self.kind == "regression" else {"classes": list(self.classes)}), **unit}

    @property
    def cost(self) -> float:
        """Cost of a round trip as a share: 8 bps = 0.0008."""
        return self.cost_bps / 10_000

    @property
    def optional_columns(self) -> list[int]:
        """Indices of the optional features."""
        return [self.features.index(name) for name in self.optional]

    @property
    def optional_values(self) -> list[int]:
        """Indices of the optional features' values in a flattened window."""
        width = len(self.features)
        return [step * width + column for step in range(self.window) for column in self.optional_columns]

    def inputs(self) -> dict[str, Any]:
        """`inputs` of the manifest."""
        inputs: dict[str, Any] = {"timeframe": self.timeframe}
        if self.feature_set_digest is not None:
            inputs["feature_set_digest"] = self.feature_set_digest
        inputs |= {"features": self.features, "window": self.window, "optional": self.optional}
        stated = {"max_age": self.max_age, "gaps": self.gaps, "ranges": self.ranges}
        return inputs | {name: value for name, value in stated.items() if value is not None}

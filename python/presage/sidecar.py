"""What `presage features export` writes beside a matrix."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import BundleError, reading

EXPORT_AGAIN = "export again with `presage features export`, and keep both files together"
NUMBER = (int, float)
WRITTEN: dict[str, type | tuple[type, ...]] = {
    "ids": list,
    "feature_set_digest": str,
    "symbols": list,
    "timeframe": str,
    "horizon": str,
    "cost_bps": NUMBER,
    "counts.rows": int,
    "labels.columns": list,
}
HOLDS: dict[str, Callable[[list[Any]], bool]] = {
    "symbols": lambda symbols: len(symbols) > 0,
    "labels.columns": lambda columns: "r" in columns and "label_landing" in columns,
}


def read_sidecar(matrix: Path) -> dict[str, Any]:
    """The object in `matrix`.json; raises BundleError if it is not there, is damaged, or lacks what belongs to a matrix."""
    path = matrix.with_name(matrix.name + ".json")
    if not path.is_file():
        raise BundleError(f"{path} is not there, which says what the columns of {matrix.name} are: {EXPORT_AGAIN}")
    with reading(path, "what stands beside a matrix", EXPORT_AGAIN):
        about = json.loads(path.read_text(encoding="utf-8"))
    strange = [name for name, kind in WRITTEN.items() if not isinstance(_at(about, name), kind)]
    if not strange:
        strange = [name for name, holds in HOLDS.items() if not holds(_at(about, name))]
    if strange:
        raise BundleError(f"{path} does not say {', '.join(strange)} as a matrix's does: {EXPORT_AGAIN}")
    return about


def _at(about: Any, name: str) -> Any:
    """What stands under a name, or under a name within a name; None if nothing does."""
    for key in name.split("."):
        about = about.get(key) if isinstance(about, dict) else None
    return about

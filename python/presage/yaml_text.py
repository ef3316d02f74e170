"""YAML that people read in a diff: mappings as blocks, lists of plain values on one line, every text quoted as JSON does."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from .errors import BundleError

PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
RESERVED = {"true", "false", "null", "yes", "no", "on", "off"}


def to_yaml(value: dict[str, Any], indent: int = 0) -> str:
    """A mapping as YAML 1.2; raises BundleError for numbers that are not finite and for values that JSON does not know."""
    lines = []
    for key, item in value.items():
        name = key if PLAIN_KEY.fullmatch(key) and key.lower() not in RESERVED else json.dumps(key)
        if isinstance(item, dict) and item:
            lines.append(f"{' ' * indent}{name}:\n{to_yaml(item, indent + 2)}")
        else:
            lines.append(f"{' ' * indent}{name}: {_flow(item)}\n")
    return "".join(lines)


def _flow(item: Any) -> str:
    if isinstance(item, float) and not math.isfinite(item):
        raise BundleError(f"{item} cannot stand in a manifest")
    if isinstance(item, (list, tuple)):
        return f"[{', '.join(_flow(each) for each in item)}]"
    if item is None or isinstance(item, (str, bool, int, float, dict)):
        return json.dumps(item, ensure_ascii=False)
    raise BundleError(f"{type(item).__name__} cannot stand in a manifest: {item!r}")

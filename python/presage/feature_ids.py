"""Lists of feature ids as people type them."""

from __future__ import annotations


def split_ids(text: str) -> list[str]:
    """The ids between the commas that stand in no brackets: `macd(12,26,9)@1m,tod_sin` has two."""
    ids, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            ids.append("")
        else:
            ids[-1] += letter
    return [each.strip() for each in ids if each.strip()]

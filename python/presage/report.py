"""What was chosen, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tried:
    """One form: the runtime it is for, whether it was kept, why (not), and the median time of a row where it could be measured in Python."""

    form: str
    runtime: str
    kept: bool
    why: str
    microseconds: float | None = None


@dataclass(frozen=True)
class Report:
    """The bundle's `folder`, the model as its framework calls it with the median time of its own call for one row, and every form that was looked at."""

    folder: Path
    model: str
    own_microseconds: float
    tried: tuple[Tried, ...]

    @property
    def kept(self) -> Tried:
        """The form that is in the bundle."""
        return next(each for each in self.tried if each.kept)

    def __str__(self) -> str:
        rows = [("form", "runtime", "one row", "", "why"), ("the framework itself", "", _time(self.own_microseconds), "", self.model)]
        rows += [(each.form, each.runtime, _time(each.microseconds), "kept" if each.kept else "no", each.why) for each in self.tried]
        widths = [max(len(row[at]) for row in rows) for at in range(4)]
        lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]) for row in rows]
        return "\n".join([f"{self.folder.parent.name} {self.folder.name} -> {self.folder}", *(f"  {line}" for line in lines)])


def _time(microseconds: float | None) -> str:
    return "" if microseconds is None else f"{microseconds:,.0f} µs"

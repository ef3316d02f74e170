"""Which features go into which input of a graph that takes several."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .errors import BundleError
from .feature_ids import split_ids

# NAME=ID,ID or NAME=ID,ID:VECTORS; ids end with no colon, and only names have no equals sign.
TEXT = re.compile(r"^([^=]+)=(.+?)(?::([1-9]\d*))?$")


@dataclass(frozen=True)
class InputTensor:
    """An input of an ONNX graph by its `name`: `features` are its columns in the graph's order, of the newest `window` vectors (None: of all that a row has)."""

    name: str
    features: list[str]
    window: int | None = None

    @classmethod
    def parse(cls, text: str) -> InputTensor:
        """`NAME=ID,ID` or `NAME=ID,ID:VECTORS`; raises BundleError for anything else."""
        match = TEXT.match(text)
        if not match:
            raise BundleError(f"{text!r} names no input with its features: write NAME=FEATURE,FEATURE or, with its newest vectors, NAME=FEATURE,FEATURE:60")
        return cls(match[1].strip(), split_ids(match[2]), int(match[3]) if match[3] else None)

    def __str__(self) -> str:
        return f"{self.name}={','.join(self.features)}{'' if self.window is None else f':{self.window}'}"

    def manifest(self) -> dict[str, Any]:
        """One of `inputs.tensors` of a manifest."""
        return {"name": self.name, "features": self.features} | ({} if self.window is None else {"window": self.window})


def as_written(tensors: Sequence[InputTensor]) -> str:
    """What someone has to write to say this, in Python and for `presage models import`."""
    return f"tensors=[{', '.join(map(repr, tensors))}], or for `presage models import`: --tensors {' '.join(shlex.quote(str(each)) for each in tensors)}"


def check_tensors(tensors: Sequence[InputTensor], features: Sequence[str], window: int) -> None:
    """Raises BundleError unless every input is named once, every feature goes into one of them, and none takes more vectors than a row has: `window`."""
    names = [each.name for each in tensors]
    taken = [(feature, each.name) for each in tensors for feature in each.features]
    problems = [f"{name!r} is named twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [f"{each.name!r} takes no feature" for each in tensors if not each.features]
    problems += [f"{each.name!r} takes {each.window} vectors, a row has {window}" for each in tensors if each.window is not None and not 1 <= each.window <= window]
    problems += [f"{feature!r} is none of the features" for feature in dict.fromkeys(feature for feature, _ in taken) if feature not in features]
    for feature in features:
        into = [name for other, name in taken if other == feature]
        if len(into) != 1:
            problems.append(f"{feature!r} goes nowhere" if not into else f"{feature!r} goes into {' and '.join(map(repr, into))}")
    if problems:
        raise BundleError(f"tensors must take each feature once: {'; '.join(problems)}")

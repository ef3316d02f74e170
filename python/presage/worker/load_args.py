"""What the server says about the model to load."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .alike import MOST_ROWS, Size
from .refusal import INTERNAL, Refusal

PROTOCOL = 1


@dataclass(frozen=True)
class Proven:
    """The batch sizes that another worker proved, and where: another device or version may answer otherwise at them."""

    sizes: list[Size]
    device: str
    versions: dict[str, str]


@dataclass(frozen=True)
class LoadArgs:
    """The artefact (`path`: file or folder, `files`: SHA-256 by absolute path) and what the manifest says of it; `inputs` values per vector, `window` vectors per row."""

    path: str
    files: dict[str, str]
    format: str
    features: list[str]
    inputs: int
    window: int
    outputs: int
    kind: str
    threads: int
    device: str
    allow_unsafe: bool
    method: str | None = None
    class_name: str | None = None
    tensor: str | None = None
    memory: int | None = None
    loading_memory: int | None = None
    batch: list[Proven] = field(default_factory=list)

    @property
    def columns(self) -> int:
        """Values per row."""
        return self.inputs * self.window


TYPES: dict[str, type] = {
    "path": str, "files": dict, "format": str, "features": list, "inputs": int, "window": int, "outputs": int,
    "kind": str, "threads": int, "device": str, "allowUnsafe": bool,
}  # fmt: skip
OPTIONAL: dict[str, type] = {"method": str, "class": str, "tensor": str, "memory": int, "loadingMemory": int, "batch": list}
RENAMED = {"allowUnsafe": "allow_unsafe", "loadingMemory": "loading_memory", "class": "class_name"}


def parse_proven(given: Any) -> Proven:
    """What a worker proved: sizes ascending."""
    try:
        sizes = [Size(int(rows), float(ms)) for rows, ms in given["sizes"]]
        proven = Proven(sizes, str(given["device"]), dict(given["versions"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(INTERNAL, "The server sent no sizes as batch") from error
    if not sizes or sizes[0].rows < 1 or sizes != sorted(sizes) or sizes[-1].rows > MOST_ROWS:
        raise Refusal(INTERNAL, "The server sent impossible sizes as batch")
    return proven


def parse_load_args(given: dict[str, Any]) -> LoadArgs:
    """The arguments of `load`, checked; raises Refusal when server and worker do not speak the same protocol."""
    if given.get("protocol") != PROTOCOL:
        raise Refusal(INTERNAL, f"The worker speaks protocol {PROTOCOL}, the server {given.get('protocol')}: server and Python package are of different versions")
    values: dict[str, Any] = {}
    for key, wanted in (TYPES | OPTIONAL).items():
        value = given.get(key)
        if value is None and key in OPTIONAL:
            continue
        if type(value) is not wanted:
            raise Refusal(INTERNAL, f"The server sent no {wanted.__name__} as {key}")
        values[RENAMED.get(key, key)] = value
    if "batch" in values:
        values["batch"] = [parse_proven(each) for each in values["batch"]]
    return LoadArgs(**values)

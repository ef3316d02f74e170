"""What the server sends, checked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from .frames import Frame, MalformedFrame, is_length


def host_ms() -> float:
    """Ms on the clock that all processes of one machine share."""
    return time.monotonic() * 1000


@dataclass(frozen=True)
class Load:
    """Load the model: the first message, sent once."""

    args: dict[str, Any]


@dataclass
class Call:
    """Rows to predict before `until` (ms on the machine's monotonic clock); a cancelled call is refused when its turn comes."""

    id: int
    until: float
    tensors: list[tuple[str, np.ndarray]]
    cancelled: bool = False


@dataclass(frozen=True)
class Cancel:
    """Nobody waits for this call any more."""

    id: int


@dataclass(frozen=True)
class Ping:
    """Say that the calls before this message are done, and how much memory is taken."""

    id: int


Request = Load | Call | Cancel | Ping


def parse_request(frame: Frame) -> Request:
    """The message of a frame; raises MalformedFrame if it is of no known kind."""
    message = frame.message
    kind, number, args, until = (message.get(key) for key in ("kind", "id", "args", "until"))
    if kind == "load" and isinstance(args, dict):
        return Load(args)
    if kind == "call" and is_length(number) and type(until) in (int, float):
        return Call(number, until, frame.tensors)
    if kind == "cancel" and is_length(number):
        return Cancel(number)
    if kind == "ping" and is_length(number):
        return Ping(number)
    raise MalformedFrame("its message is of no known kind")

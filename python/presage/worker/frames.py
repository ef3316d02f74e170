"""Frames between the server and the worker: one small message and the tensors that go with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgpack
import numpy as np

PREFIX_BYTES = 8
MAX_HEADER_BYTES = 1 << 20
MAX_FRAME_BYTES = 64 << 20
MAX_TENSORS = 64
MAX_RANK = 8
TYPES = {"float32": np.dtype("<f4"), "float64": np.dtype("<f8"), "int64": np.dtype("<i8")}
NAMES = {dtype: name for name, dtype in TYPES.items()}
# One for all frames: each new one would take 256 KiB first.
PACKER = msgpack.Packer(use_bin_type=True)


class MalformedFrame(Exception):
    """Bytes that are no frame. The connection cannot go on."""


@dataclass(frozen=True)
class Frame:
    """A message and named arrays of float32, float64 or int64."""

    message: dict[str, Any]
    tensors: list[tuple[str, np.ndarray]] = field(default_factory=list)


def aligned(count: int) -> int:
    """The next multiple of 8: header and tensors start there."""
    return (count + 7) // 8 * 8


def encode(frame: Frame) -> bytes:
    """A frame as bytes: body length and header length (uint32, little-endian), msgpack header, values of each tensor, all at multiples of 8."""
    arrays = [np.ascontiguousarray(values) for _, values in frame.tensors]
    described = [[name, NAMES[values.dtype], list(values.shape)] for name, values in frame.tensors]
    header = PACKER.pack([frame.message, described])
    parts = [header, *(values.tobytes() for values in arrays)]
    body = b"".join(part.ljust(aligned(len(part)), b"\0") for part in parts)
    return len(body).to_bytes(4, "little") + len(header).to_bytes(4, "little") + body


def decode_header(data: bytes | memoryview) -> tuple[dict[str, Any], list[Any]]:
    """The message and the descriptions of tensors; nothing in it may be longer than the server itself would read."""
    try:
        header = msgpack.unpackb(data, max_str_len=MAX_HEADER_BYTES, max_bin_len=0, max_ext_len=0, max_array_len=10_000, max_map_len=1_000)
    except Exception as error:
        raise MalformedFrame(f"its header is not msgpack ({type(error).__name__})") from error
    if not isinstance(header, list) or len(header) != 2:
        raise MalformedFrame("its header is not a pair")
    message, described = header
    if not isinstance(message, dict) or not isinstance(described, list) or len(described) > MAX_TENSORS:
        raise MalformedFrame("its header has other parts than a message and tensors")
    return message, described


def is_length(value: object) -> bool:
    """Whether a value is the length of a dimension."""
    return type(value) is int and value >= 0


def describe(entry: object) -> tuple[str, np.dtype, list[int]]:
    """Name, type and shape of a tensor."""
    if not isinstance(entry, list) or len(entry) != 3:
        raise MalformedFrame("a tensor is not described by name, type and shape")
    name, kind, shape = entry
    if not isinstance(name, str) or not isinstance(kind, str) or kind not in TYPES:
        raise MalformedFrame("a tensor has an unknown type")
    if not isinstance(shape, list) or len(shape) > MAX_RANK or not all(is_length(length) for length in shape):
        raise MalformedFrame("a tensor has an impossible shape")
    return name, TYPES[kind], shape


def decode_body(body: bytearray, header_bytes: int) -> Frame:
    """A frame whose tensors are views of `body`."""
    message, described = decode_header(memoryview(body)[:header_bytes])
    at = aligned(header_bytes)
    tensors = []
    for entry in described:
        name, dtype, shape = describe(entry)
        start, count = at, math.prod(shape)
        at += aligned(count * dtype.itemsize)
        if at > len(body):
            raise MalformedFrame("a tensor is longer than the frame")
        tensors.append((name, np.frombuffer(body, dtype, count, start).reshape(shape)))
    if at != len(body):
        raise MalformedFrame("bytes follow the last tensor")
    return Frame(message, tensors)


class FrameReader:
    """Turns the bytes of a connection, however they are cut, into frames. One per connection; after an error the connection must be closed."""

    def __init__(self) -> None:
        self._prefix = bytearray(PREFIX_BYTES)
        self._target = self._prefix
        self._filled = 0

    def push(self, chunk: memoryview) -> Iterator[Frame]:
        """The frames that `chunk` completes, in order. Raises MalformedFrame, before memory is taken for a frame that is too long."""
        while chunk:
            part = chunk[: len(self._target) - self._filled]
            self._target[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            chunk = chunk[len(part) :]
            if self._filled == len(self._target):
                yield from self._complete()

    def _complete(self) -> Iterator[Frame]:
        self._filled = 0
        if self._target is self._prefix:
            self._target = self._allocate()
            return
        body, self._target = self._target, self._prefix
        yield decode_body(body, int.from_bytes(self._prefix[4:], "little"))

    def _allocate(self) -> bytearray:
        body_bytes = int.from_bytes(self._prefix[:4], "little")
        header_bytes = int.from_bytes(self._prefix[4:], "little")
        if body_bytes > MAX_FRAME_BYTES:
            raise MalformedFrame(f"it announces {body_bytes} bytes, allowed are {MAX_FRAME_BYTES}")
        if header_bytes == 0 or header_bytes > MAX_HEADER_BYTES or aligned(header_bytes) > body_bytes:
            raise MalformedFrame(f"it announces a header of {header_bytes} bytes")
        return bytearray(body_bytes)

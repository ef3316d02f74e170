"""What a worker says where the packages that it needs to say anything are missing: msgpack, numpy."""

from __future__ import annotations

import os
import struct

from .refusal import VERIFICATION_FAILED, cannot_import

# Whatever they are, they take no more bytes than a text may.
MOST_CHARACTERS = 0xFFFF // 4


def _text(value: str) -> bytes:
    """`str 16` of the MessagePack specification."""
    encoded = value[:MOST_CHARACTERS].encode("utf-8", "replace")
    return b"\xda" + struct.pack(">H", len(encoded)) + encoded


def refusal_frame(code: str, message: str) -> bytes:
    """The frame of `{kind: refused, id: 0, code, message}` without tensors, made without msgpack."""
    header = b"\x92\x84" + _text("kind") + _text("refused") + _text("id") + b"\x00" + _text("code") + _text(code) + _text("message") + _text(message) + b"\x90"
    body = header + bytes(-len(header) % 8)
    return struct.pack("<II", len(body), len(header)) + body


def refuse(channel: int, error: ImportError) -> None:
    """Tells the server what is missing, and waits until it goes away. Raises OSError where there is no server."""
    os.write(channel, refusal_frame(VERIFICATION_FAILED, cannot_import(error.name or "A package", error)))
    while os.read(channel, 1 << 16):
        pass

"""The connection to the server."""

from __future__ import annotations

import socket

import numpy as np

from .frames import Frame, FrameReader, encode

CHUNK_BYTES = 1 << 18


class Closed(Exception):
    """The server closed the connection."""


class Channel:
    """Frames over a stream socket, read and written by one thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = FrameReader()
        self._chunk = memoryview(bytearray(CHUNK_BYTES))

    def receive(self, *, wait: bool) -> list[Frame]:
        """All frames that have arrived, at least one if asked to wait. Raises Closed or MalformedFrame."""
        frames: list[Frame] = []
        while True:
            try:
                count = self._connection.recv_into(self._chunk, 0, 0 if wait and not frames else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return frames
            except ConnectionError as error:
                raise Closed from error
            if count == 0:
                raise Closed
            frames.extend(self._reader.push(self._chunk[:count]))
            # A chunk that is not full was all there was: asking again would cost as much as the rest of a small frame.
            if frames and count < CHUNK_BYTES:
                return frames

    def send(self, message: dict[str, object], **tensors: np.ndarray) -> None:
        """Sends one frame, whole. Raises Closed."""
        try:
            self._connection.sendall(encode(Frame(message, list(tensors.items()))))
        except ConnectionError as error:
            raise Closed from error

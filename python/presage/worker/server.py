"""The worker's side of the protocol: loads once, then answers calls one after the other."""

from __future__ import annotations

from collections import deque
from typing import Any

from .channel import Channel
from .frames import MalformedFrame
from .limits import resident_bytes
from .load_args import parse_load_args
from .messages import Call, Cancel, Load, Ping, host_ms, parse_request
from .model import LoadedModel, load_model
from .refusal import DEADLINE_EXCEEDED, INTERNAL, MODEL_LOADING, Refusal, first_line, log_traceback


class Server:
    """
    Answers in the order of the requests, on the thread that computes: a model that hangs answers no ping. Between two calls everything that arrived is read, so that
    a cancellation overtakes the calls before it.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._waiting: deque[Load | Call | Ping] = deque()
        self._loaded = False
        self._model: LoadedModel | None = None

    def serve(self) -> None:
        """Serves until the connection ends (Closed) or turns out to be none (MalformedFrame)."""
        while True:
            self._take(wait=not self._waiting)
            if self._waiting:
                self._answer(self._waiting.popleft())

    def _take(self, *, wait: bool) -> None:
        for frame in self._channel.receive(wait=wait):
            request = parse_request(frame)
            if isinstance(request, Cancel):
                self._cancel(request.id)
            else:
                self._waiting.append(request)

    def _cancel(self, number: int) -> None:
        for call in self._waiting:
            if isinstance(call, Call) and call.id == number:
                call.cancelled = True

    def _answer(self, request: Load | Call | Ping) -> None:
        if isinstance(request, Ping):
            self._channel.send({"kind": "pong", "id": request.id, "rssBytes": resident_bytes()})
        elif isinstance(request, Call):
            self._refusing(request.id, self._call, request)
        elif self._loaded:
            raise MalformedFrame("it asks to load a second time")
        else:
            self._loaded = True
            self._refusing(0, self._load, request)

    def _refusing(self, number: int, step: Any, request: Any) -> None:
        try:
            message, tensors = step(request)
        except Refusal as refusal:
            message, tensors = {"kind": "refused", "id": number, "code": refusal.code, "message": str(refusal)}, {}
        except Exception as error:
            log_traceback()
            message, tensors = {"kind": "refused", "id": number, "code": INTERNAL, "message": f"A fault of the worker: {first_line(error)}"}, {}
        self._channel.send(message, **tensors)

    def _load(self, request: Load) -> tuple[dict[str, Any], dict[str, Any]]:
        self._model = load_model(parse_load_args(request.args))
        return {"kind": "ready", "info": self._model.info()}, {}

    def _call(self, call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
        if self._model is None:
            raise Refusal(MODEL_LOADING, "No model is loaded")
        if call.cancelled:
            raise Refusal(DEADLINE_EXCEEDED, "The call was cancelled before the model came to it")
        if host_ms() >= call.until:
            raise Refusal(DEADLINE_EXCEEDED, "The deadline passed before the model came to this call")
        return {"kind": "answer", "id": call.id}, {"outputs": self._model.predict(call.tensors, call.until)}

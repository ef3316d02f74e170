"""Starts the worker as the server does, and talks to it over the socket."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from collections import deque
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from presage.worker.frames import Frame, FrameReader, encode
from presage.worker.load_args import parse_load_args
from presage.worker.model import LoadedModel, load_model
from presage.worker.refusal import Refusal

PACKAGE = Path(__file__).resolve().parents[1]
# The worker is handed its socket at descriptor 3, wherever it was opened here.
LAUNCHER = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.executable, [sys.executable, '-m', 'presage.worker'])"
PATIENCE_S = 120
FOREVER = float(10**15)


def now_ms() -> float:
    """The clock of deadlines."""
    return time.monotonic() * 1000


def needs(module: str) -> Callable[[type], type]:
    """Skips a class of tests without a module, with a line that names it: the runner itself prints only an s for each."""
    found = find_spec(module) is not None
    if not found:
        print(f"skipped: tests that need {module}, which is not installed", file=sys.stderr)
    return unittest.skipUnless(found, f"{module} is not installed")


class WorkerProcess:
    """One worker, and the server's side of its socket."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(PATIENCE_S)
        self._reader = FrameReader()
        self._frames: deque[Frame] = deque()
        self._log = tempfile.TemporaryFile()
        environment = {"PYTHONPATH": str(PACKAGE), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "", "HOME": "/tmp"}
        command = [sys.executable, "-c", LAUNCHER, str(theirs.fileno())]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=self._log, stderr=self._log, cwd="/", env=environment, pass_fds=[theirs.fileno()]
        )
        theirs.close()

    def send(self, message: dict[str, Any], **tensors: np.ndarray) -> None:
        """One frame to the worker."""
        self.send_bytes(encode(Frame(message, list(tensors.items()))))

    def send_bytes(self, data: bytes) -> None:
        """Whatever to the worker."""
        self._socket.sendall(data)

    def load(self, path: Path, **given: Any) -> None:
        """The artefact to load."""
        self.send({"kind": "load", "args": load_args(path, **given)})

    def call(self, number: int, rows: np.ndarray, until: float = FOREVER) -> None:
        """Rows to predict."""
        self.send({"kind": "call", "id": number, "until": until}, rows=np.asarray(rows, dtype=np.float64))

    def receive(self) -> Frame:
        """The next frame; fails when the worker ended instead."""
        while not self._frames:
            chunk = self._socket.recv(1 << 16)
            if not chunk:
                raise AssertionError(f"the worker ended ({self.wait()}): {self.log()}")
            self._frames.extend(self._reader.push(memoryview(chunk)))
        return self._frames.popleft()

    def wait(self) -> int:
        """Its exit status, once it ended."""
        return self.process.wait(PATIENCE_S)

    def log(self) -> str:
        """What it and its model wrote so far."""
        return os.pread(self._log.fileno(), 1 << 20, 0).decode()

    def hang_up(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def close(self) -> None:
        """Ends it."""
        self._socket.close()
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self._log.close()


def load_args(path: Path, **given: Any) -> dict[str, Any]:
    """Arguments of `load` for an artefact: a binary model of three values that may run code, unless told otherwise."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    args = {
        "protocol": 1, "path": str(path), "files": {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
        "format": "sklearn-joblib", "features": ["a", "b", "c"], "window": 1, "outputs": 2, "kind": "binary", "threads": 1, "device": "cpu", "allowUnsafe": True, **given,
    }  # fmt: skip
    return {"inputs": len(args["features"]), **args}


class WorkerTest(unittest.TestCase):
    """Every test has a folder and starts workers that end with it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()

    def start(self) -> WorkerProcess:
        """A worker that has loaded nothing."""
        worker = WorkerProcess()
        self.addCleanup(worker.close)
        return worker

    def load(self, path: Path, **given: Any) -> tuple[WorkerProcess, dict[str, Any]]:
        """A worker that answers with the artefact, and what it says about itself."""
        worker = self.start()
        worker.load(path, **given)
        message = worker.receive().message
        self.assertEqual(message["kind"], "ready", message)
        return worker, message["info"]

    def loaded_here(self, path: Path, **given: Any) -> LoadedModel:
        """The artefact loaded in this process, because starting one for each takes seconds."""
        return load_model(parse_load_args(load_args(path, **given)))

    def refused_load(self, path: Path, **given: Any) -> tuple[str, str]:
        """Code and text of the refusal of an artefact, loaded in this process."""
        with self.assertRaises(Refusal) as caught:
            self.loaded_here(path, **given)
        return caught.exception.code, str(caught.exception)

    def answer(self, worker: WorkerProcess, rows: np.ndarray) -> np.ndarray:
        """The outputs for rows."""
        worker.call(1, rows)
        frame = worker.receive()
        self.assertEqual(frame.message, {"kind": "answer", "id": 1})
        [(name, outputs)] = frame.tensors
        self.assertEqual(name, "outputs")
        return outputs

    def refused_call(self, worker: WorkerProcess, rows: np.ndarray) -> tuple[str, str]:
        """Code and text of the refusal of rows."""
        worker.call(1, rows)
        message = worker.receive().message
        self.assertEqual((message["kind"], message["id"]), ("refused", 1), message)
        return message["code"], message["message"]

    def check_alike(self, answer: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> None:
        """Fails unless batches of any size, at any place, have the bits of single rows."""
        alone = np.concatenate([answer(row[None].copy()) for row in rows])
        chance = np.random.default_rng(3)
        for count in (2, 3, 5, 31, 64, 65, len(rows) - 1):
            start = int(chance.integers(0, len(rows) - count + 1))
            together = answer(rows[start : start + count].copy())
            self.assertEqual(together.tobytes(), alone[start : start + count].tobytes(), f"{count} rows from {start}")

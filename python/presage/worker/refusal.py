"""What the worker refuses, in the server's own words."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback

VERIFICATION_FAILED = "model_verification_failed"
CONTRACT_MISMATCH = "feature_contract_mismatch"
OUTPUT_INVALID = "model_output_invalid"
MEMORY_EXCEEDED = "model_memory_exceeded"
DEADLINE_EXCEEDED = "deadline_exceeded"
MODEL_LOADING = "model_loading"
INTERNAL = "internal"

# Where the memory of a worker is bounded, for people.
ITS_LIMIT = "limits.memory (models.processMemoryMb where that is not set)"


class Refusal(Exception):
    """A load or a call that cannot be answered: `code` is a code of the server's error table, the text says what to change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed. The native libraries each say so in their own way."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError", "ResourceExhaustedError"}) or any(word in str(error) for word in ("bad_alloc", "DefaultCPUAllocator", "CUDA out of memory"))


def log_line(text: str) -> None:
    """Text on standard error. Written past `sys.stderr`, which belongs to the model and may be closed."""
    with contextlib.suppress(OSError):
        os.write(2, f"{text}\n".encode("utf-8", "backslashreplace"))


def log_traceback() -> None:
    """The exception being handled, as a line of the log. Best effort: there may be no memory left for it."""
    with contextlib.suppress(MemoryError):
        log_line(traceback.format_exc().rstrip("\n"))


def first_line(error: BaseException) -> str:
    """Type and first line of an error, short enough for a message."""
    line = str(error).strip().partition("\n")[0][:300]
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def cannot_import(package: str, error: ImportError) -> str:
    """What is said where a package is missing, and what to do."""
    return f"{package} cannot be imported in {sys.executable} ({error}): run `presage python setup`, or, where python.executable names this Python, install it there"

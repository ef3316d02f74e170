"""Ends the worker when its server is gone."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1
# Above the descriptors that a model closes or writes to by number.
OUT_OF_THE_WAY = 64


def lead_group() -> None:
    """Makes this process the first of a group, which those that the model starts belong to, and which is ended with it. Its session stays: the kernel may share out processors by session."""
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)


def end_group() -> None:
    """Kills this process and its group."""
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _wait_for_end(descriptor: int) -> None:
    while os.read(descriptor, 1024):
        pass
    end_group()


def hold_lifeline() -> None:
    """
    Kills this process, from a thread of its own, when standard input ends: the server holds it open, and nobody else. The main thread may be inside a computation
    that never returns. One that also keeps Python's lock stops this thread too; for that case the kernel is asked to send SIGKILL when the parent dies.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    lifeline = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)
    # The model may read its standard input: it finds it empty, and the lifeline is out of its way.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_wait_for_end, args=[lifeline], name="lifeline", daemon=True).start()

"""`python -m presage.worker`: started by the server, with the connection at descriptor 3."""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import os
import signal
import socket
import sys

from .without_packages import refuse

CHANNEL = 3
NO_SERVER = "presage-worker is started by the Presage server, which talks to it on descriptor 3."

try:
    from .channel import Channel, Closed
    from .frames import MalformedFrame
    from .lifeline import OUT_OF_THE_WAY, hold_lifeline, lead_group
    from .limits import limit_process
    from .refusal import log_line, log_traceback
    from .server import Server
    from .system_calls import refuse_system_calls
except ImportError as missing:
    try:
        refuse(CHANNEL, missing)
    except OSError:
        sys.exit(NO_SERVER)
    sys.exit(1)


def open_channel() -> Channel:
    """The connection, moved to a descriptor that no child inherits."""
    descriptor = fcntl.fcntl(CHANNEL, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)
    os.close(CHANNEL)
    return Channel(socket.socket(fileno=descriptor))


def leave_signals() -> None:
    """What a terminal or systemd sends to every process is the server's to act on. Processes of the model's own are still ended by SIGTERM, as multiprocessing does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: None)
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))


def main() -> None:
    """Serves one model until the server goes away. Standard output and error are the model's own."""
    try:
        channel = open_channel()
    except OSError:
        sys.exit(NO_SERVER)
    faulthandler.enable(file=2)
    leave_signals()
    lead_group()
    limit_process()
    if (why := refuse_system_calls()) is not None:
        log_line(f"System calls that no model needs stay open to this worker: {why}")
    hold_lifeline()
    code = 1
    try:
        Server(channel).serve()
    except Closed:
        code = 0
    except MalformedFrame as error:
        os.write(2, f"A frame from the server is malformed: {error}\n".encode())
    except BaseException:
        log_traceback()
    # Threads and exit handlers that the model left behind must not keep the process.
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

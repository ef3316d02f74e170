"""Memory and limits of this process."""

from __future__ import annotations

import re
import resource
from pathlib import Path

from .refusal import ITS_LIMIT, MEMORY_EXCEEDED, Refusal

# Address space that frameworks reserve beyond what they touch: 200 MiB was measured for PyTorch, less for others.
RESERVED_BYTES = 256 << 20
STATUS = Path("/proc/self/status")
MAX_OPEN_FILES = 1024


def _status_bytes(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", STATUS.read_text(), re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def resident_bytes() -> int:
    """Resident memory of this process; where there is no /proc, the most that it ever was."""
    return _status_bytes("VmRSS") if STATUS.exists() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def limit_process() -> None:
    """No core files, which would hold the model's data, and a bounded number of open files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def limit_loading(most: int) -> None:
    """Lets this process allocate no more than `most` bytes while it loads a model, and what libraries reserve; what goes beyond raises MemoryError. `limit_memory` can only bound it further."""
    data = most + RESERVED_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))


def limit_memory(most: int) -> None:
    """
    Lets this process allocate only so much more that its resident memory stays below `most` bytes; what goes beyond raises MemoryError. Raises Refusal if the model takes
    more already. The limit is one of data, not of resident memory, which the kernel does not limit: address space that was reserved but never touched does not count against it.
    """
    resident = resident_bytes()
    if resident > most:
        raise Refusal(MEMORY_EXCEEDED, f"The loaded model takes {resident >> 20} MiB, {ITS_LIMIT} allows {most >> 20} MiB")
    if STATUS.exists():
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        data = _status_bytes("VmData") + most - resident
        data = data if hard == resource.RLIM_INFINITY else min(data, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (data, data))

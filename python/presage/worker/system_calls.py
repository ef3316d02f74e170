"""The system calls that no model needs, refused by the kernel in this process and in all that it starts: a filter of seccomp(2), with or without a box."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from dataclasses import dataclass

# An instruction of classic BPF (linux/filter.h): code, how many instructions to skip where its test holds and where it does not, and a value.
Instruction = tuple[int, int, int, int]
LOAD, RETURN = 0x20, 0x06
IS, IS_AT_LEAST, HAS_ONE_OF = 0x15, 0x35, 0x45

# What is there to load: fields of struct seccomp_data. Of the first argument the low half, which is all of it where it is an int, or flags.
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, FAIL_WITH = 0x7FFF0000, 0x00050000

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2

NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID, -NET
USUAL_SOCKETS = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: not AF_VSOCK, which knows no network namespace, nor those with drivers that few look at


@dataclass(frozen=True)
class Machine:
    """The numbers of one kind of processor (AUDIT_ARCH_*, asm/unistd.h): of calls whose arguments matter, and of those that are refused; from `foreign` on they belong to another way of calling."""

    architecture: int
    clone: int
    socket: int
    refused: dict[str, int]
    foreign: int | None = None


CLONE3 = 435
EVERYWHERE = {
    # Memory and descriptors of other processes.
    "pidfd_getfd": 438,
    # Another view of the file system.
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
    # Interfaces to the depths of the kernel that have had holes, and compute nothing.
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
}  # fmt: skip
X86_64 = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "open_by_handle_at": 304, "unshare": 272, "setns": 308,
    "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "add_key": 248, "request_key": 249, "keyctl": 250,
    # The machine itself.
    "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246, "kexec_file_load": 320, "reboot": 169, "swapon": 167, "swapoff": 168,
    "acct": 163, "quotactl": 179, "syslog": 103, "vhangup": 153, "settimeofday": 164, "clock_settime": 227, "adjtimex": 159, "clock_adjtime": 305,
    "iopl": 172, "ioperm": 173,
}  # fmt: skip
AARCH64 = {
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
    "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "open_by_handle_at": 265, "unshare": 97, "setns": 268,
    "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "add_key": 217, "request_key": 218, "keyctl": 219,
    "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104, "kexec_file_load": 294, "reboot": 142, "swapon": 224, "swapoff": 225,
    "acct": 89, "quotactl": 60, "syslog": 116, "vhangup": 58, "settimeofday": 170, "clock_settime": 112, "adjtimex": 171, "clock_adjtime": 266,
}  # fmt: skip
MACHINES = {
    "x86_64": Machine(0xC000003E, clone=56, socket=41, refused=X86_64 | EVERYWHERE, foreign=0x40000000),
    "aarch64": Machine(0xC00000B7, clone=220, socket=198, refused=AARCH64 | EVERYWHERE),
}


def load(field: int) -> Instruction:
    """Takes a field of the call."""
    return (LOAD, 0, 0, field)


def fail_with(number: int) -> list[Instruction]:
    """Answers the call with an error."""
    return [(RETURN, 0, 0, FAIL_WITH | number)]


def where(test: int, value: int, then: list[Instruction]) -> list[Instruction]:
    """Goes through `then` where the test of what was taken holds."""
    return [(test, 0, len(then), value), *then]


def unless(test: int, value: int, then: list[Instruction]) -> list[Instruction]:
    """Goes through `then` where the test of what was taken does not hold."""
    return [(test, len(then), 0, value), *then]


def filter_for(machine: Machine) -> list[Instruction]:
    """What the kernel does at each call. clone3 keeps its flags in memory, where no filter sees them: it is answered as by a kernel that has none, and libraries take clone."""
    refuse, allow = fail_with(errno.EPERM), [(RETURN, 0, 0, ALLOW)]
    usual = [instruction for family in USUAL_SOCKETS for instruction in where(IS, family, allow)]
    return [
        load(ARCHITECTURE),
        *unless(IS, machine.architecture, refuse),
        load(NUMBER),
        *([] if machine.foreign is None else where(IS_AT_LEAST, machine.foreign, refuse)),
        *(instruction for number in machine.refused.values() for instruction in where(IS, number, refuse)),
        *where(IS, CLONE3, fail_with(errno.ENOSYS)),
        *where(IS, machine.clone, [load(FIRST_ARGUMENT), *where(HAS_ONE_OF, NEW_NAMESPACES, refuse), *allow]),
        *where(IS, machine.socket, [load(FIRST_ARGUMENT), *usual, *fail_with(errno.EAFNOSUPPORT)]),
        *allow,
    ]


class FilterProgram(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def refuse_system_calls() -> str | None:
    """Refuses them from here on, for this thread and those that it starts; for good, as are the privileges of programs that have some of their own. Answers why it cannot be done, where it cannot."""
    machine = MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or sys.maxsize < 1 << 32:
        return f"there is no filter for {sys.platform} on {platform.machine()}"
    instructions = filter_for(machine)
    program = FilterProgram(len(instructions), b"".join(struct.pack("<HBBI", *each) for each in instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    nothing = ctypes.c_ulong(0)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), nothing, nothing, nothing) or libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(program), nothing, nothing):
        return os.strerror(ctypes.get_errno())
    return None

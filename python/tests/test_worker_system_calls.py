"""What the kernel refuses a worker: by the filter's own words, for each kind of processor, and in a process that tries."""

from __future__ import annotations

import errno
import json
import platform
import subprocess
import sys
import unittest

from presage.worker import system_calls
from presage.worker.system_calls import ALLOW, FAIL_WITH, HAS_ONE_OF, IS, IS_AT_LEAST, LOAD, MACHINES, RETURN, Instruction, filter_for

from worker_process import PACKAGE

TESTS = {IS: int.__eq__, IS_AT_LEAST: int.__ge__, HAS_ONE_OF: lambda taken, bits: bool(taken & bits)}

# Tries each call with arguments that the kernel would refuse with something else than EPERM, or not at all.
TRY = """
import ctypes, errno, json, os, socket, subprocess, sys, threading
from presage.worker.system_calls import refuse_system_calls
assert refuse_system_calls() is None
libc = ctypes.CDLL(None, use_errno=True)
def outcome(*words):
    ctypes.set_errno(0)
    return ctypes.get_errno() if libc.syscall(*(ctypes.c_long(word) for word in words)) == -1 else 0
def socket_outcome(family):
    try:
        socket.socket(family, socket.SOCK_STREAM).close()
    except OSError as error:
        return error.errno
    return 0
refused, clone = json.loads(sys.argv[1])
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
print(json.dumps({
    "refused": {name: outcome(number, -1, -1, -1, -1, -1) for name, number in refused.items()},
    "namespace": outcome(clone, 0x10000000 | 17, 0, 0, 0, 0),
    "clone3": outcome(435, 0, 0),
    "sockets": {family: socket_outcome(family) for family in (1, 2, 17, 38, 40)},
    "child": subprocess.run([sys.executable, "-c", "import ctypes; print(ctypes.CDLL(None, use_errno=True).unshare(0x10000000), ctypes.get_errno())"], capture_output=True, text=True).stdout.split(),
}))
"""


def decide(program: list[Instruction], architecture: int, number: int, first: int = 0) -> int:
    """What the kernel would make of a call: runs the program as linux/filter.h says."""
    fields = {system_calls.NUMBER: number, system_calls.ARCHITECTURE: architecture, system_calls.FIRST_ARGUMENT: first}
    at, taken = 0, 0
    while program[at][0] != RETURN:
        code, held, not_held, value = program[at]
        at += 1
        if code == LOAD:
            taken = fields[value]
        else:
            at += held if TESTS[code](taken, value) else not_held
    return program[at][3]


class FilterTest(unittest.TestCase):
    """The program for each kind of processor."""

    def test_every_call_of_the_list_is_refused_and_others_are_not(self) -> None:
        for name, machine in MACHINES.items():
            program = filter_for(machine)
            refused = set(machine.refused.values())
            for number in set(range(600)) - {system_calls.CLONE3, machine.socket}:
                with self.subTest(machine=name, number=number):
                    wanted = FAIL_WITH | errno.EPERM if number in refused else ALLOW
                    self.assertEqual(decide(program, machine.architecture, number), wanted)

    def test_both_kinds_of_processor_refuse_the_same(self) -> None:
        ports = {"iopl", "ioperm"}  # of x86 alone
        self.assertEqual(MACHINES["x86_64"].refused.keys() - ports, MACHINES["aarch64"].refused.keys())

    def test_what_a_call_is_for_decides_about_processes_and_sockets(self) -> None:
        for machine in MACHINES.values():
            program = filter_for(machine)
            self.assertEqual(decide(program, machine.architecture, machine.clone, 0x003D0F00), ALLOW)  # a thread of glibc
            for flag in (17, 25, 26, 27, 28, 29, 30):
                self.assertEqual(decide(program, machine.architecture, machine.clone, 1 << flag), FAIL_WITH | errno.EPERM)
            self.assertEqual(decide(program, machine.architecture, system_calls.CLONE3), FAIL_WITH | errno.ENOSYS)
            self.assertEqual([decide(program, machine.architecture, machine.socket, family) for family in (1, 2, 10, 16)], [ALLOW] * 4)
            self.assertEqual(decide(program, machine.architecture, machine.socket, 40), FAIL_WITH | errno.EAFNOSUPPORT)

    def test_another_way_of_calling_is_refused_whatever_it_calls(self) -> None:
        x86_64 = MACHINES["x86_64"]
        for architecture, number in ((0x40000003, 1), (x86_64.architecture, 0x40000000 + 1)):
            self.assertEqual(decide(filter_for(x86_64), architecture, number), FAIL_WITH | errno.EPERM)


@unittest.skipUnless(sys.platform == "linux" and platform.machine() in MACHINES, "no filter for this machine")
class KernelTest(unittest.TestCase):
    """The same in a process."""

    def test_a_process_that_tries_is_refused_and_so_are_its_children(self) -> None:
        machine = MACHINES[platform.machine()]
        words = [sys.executable, "-c", TRY, json.dumps([machine.refused, machine.clone])]
        tried = json.loads(subprocess.run(words, env={"PYTHONPATH": str(PACKAGE)}, check=True, capture_output=True, text=True).stdout)
        self.assertEqual(tried["refused"], dict.fromkeys(machine.refused, errno.EPERM))
        self.assertEqual((tried["namespace"], tried["clone3"]), (errno.EPERM, errno.ENOSYS))
        self.assertEqual(tried["sockets"], {"1": 0, "2": 0, "17": errno.EAFNOSUPPORT, "38": errno.EAFNOSUPPORT, "40": errno.EAFNOSUPPORT})
        self.assertEqual(tried["child"], ["-1", str(errno.EPERM)])


if __name__ == "__main__":
    unittest.main()

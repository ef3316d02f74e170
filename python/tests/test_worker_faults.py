"""Whatever a model does, its worker answers or ends; it never answers wrong and never outlives its server."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from typing import Any

import numpy as np
from worker_process import FOREVER, PACKAGE, PATIENCE_S, WorkerProcess, WorkerTest, now_ms

from presage.worker.frames import Frame, encode

# The first value of the first row says what goes wrong.
MODEL = """
import os, sys, time
import numpy as np

def quiet(rows): pass
def speak(rows): print("a word of the model"); sys.stderr.write("another\\n"); os.write(1, b"a third\\n")
def fail(rows): raise KeyError("secret")
def leave(rows): sys.exit(3)
def die(rows): os._exit(3)
def close(rows): sys.stdout.close(); sys.stderr.close()
def allocate(rows): np.empty(1 << 29)
def hoard(rows):
    kept = []
    while True: kept.append([0] * 100)
def ask(rows): assert sys.stdin.read() == ""
def scribble(rows): os.write(3, b"noise")
def stop(rows): print("hanging", flush=True); time.sleep(10_000)
def wait(rows):
    print("waiting", flush=True)
    while not os.path.exists(os.path.join(os.path.dirname(__file__), "go")): time.sleep(0.001)
def spin(rows):
    print("spinning", flush=True)
    while True: pass

STEPS = [quiet, speak, fail, leave, die, close, allocate, hoard, ask, scribble, stop, wait, spin]
ANSWERS = {20: lambda n: np.zeros((n, 3)), 21: lambda n: ["up"] * n, 22: lambda n: None, 23: lambda n: [[0.5], [0.5, 0.5]], 24: lambda n: np.full(n, np.nan), 25: lambda n: np.full(n, 1.5)}

class Model:
    def predict(self, rows):
        what = int(rows[0, 0]) if rows[0, 0] % 1 == 0 else 0
        if what in ANSWERS: return ANSWERS[what](len(rows))
        STEPS[what](rows)
        return np.full(len(rows), 0.25)
"""
NAMES = ["quiet", "speak", "fail", "leave", "die", "close", "allocate", "hoard", "ask", "scribble", "stop", "wait", "spin"]


def rows_of(what: str | int, count: int = 1) -> np.ndarray:
    """Rows that make the model do something."""
    return np.full((count, 3), float(NAMES.index(what) if isinstance(what, str) else what))


class FaultTest(WorkerTest):
    """One model that can do everything that is bad."""

    def worker(self, **given: Any) -> WorkerProcess:
        """A worker with that model."""
        path = self.folder / "model.py"
        path.write_text(MODEL)
        return self.load(path, format="python-class", **{"class": "model:Model"}, **given)[0]

    def check_alive(self, worker: WorkerProcess) -> None:
        """The worker answers the next rows as if nothing had happened."""
        np.testing.assert_array_equal(self.answer(worker, rows_of("quiet", 2)), [[0.75, 0.25]] * 2)

    def wait_for_words(self, worker: WorkerProcess, words: str) -> None:
        """Until the model has said something."""
        deadline = now_ms() + PATIENCE_S * 1000
        while words not in worker.log():
            self.assertLess(now_ms(), deadline, worker.log())
            os.sched_yield()


class ModelFaultsTest(FaultTest):
    """What a model does wrong."""

    def test_what_it_prints_goes_to_the_log_and_nowhere_else(self) -> None:
        worker = self.worker()
        self.answer(worker, rows_of("speak"))
        self.check_alive(worker)
        self.assertEqual(sorted(worker.log().split("\n")), ["", "a third", "a word of the model", "another"])

    def test_what_it_raises_is_refused_by_type_and_logged_whole(self) -> None:
        worker = self.worker()
        code, text = self.refused_call(worker, rows_of("fail"))
        self.assertEqual((code, text), ("model_output_invalid", "The model's code raised KeyError"))
        self.assertIn("KeyError: 'secret'", worker.log())
        self.assertIn("SystemExit", self.refused_call(worker, rows_of("leave"))[1])
        self.check_alive(worker)

    def test_a_model_that_closes_its_output_is_answered_and_logged_all_the_same(self) -> None:
        worker = self.worker()
        self.answer(worker, rows_of("close"))
        self.assertIn("ValueError", self.refused_call(worker, rows_of("speak"))[1])
        self.assertIn("I/O operation on closed file", worker.log())
        self.check_alive(worker)

    def test_it_finds_its_input_empty_and_the_channel_out_of_reach(self) -> None:
        worker = self.worker()
        self.answer(worker, rows_of("ask"))
        self.assertIn("OSError", self.refused_call(worker, rows_of("scribble"))[1])
        self.check_alive(worker)

    def test_a_process_that_ends_ends_the_connection(self) -> None:
        worker = self.worker()
        worker.call(1, rows_of("die"))
        with self.assertRaisesRegex(AssertionError, r"the worker ended \(3\)"):
            worker.receive()

    def test_answers_that_are_no_outputs_are_refused(self) -> None:
        # How many rows the model is asked at once depends on how long that took when it was loaded: each of them must be told.
        worker = self.worker()
        for what, message in {20: r"answers (\d) rows with shape \[\1, 3\], the manifest needs \[\1, 2\]", 21: "<U2 instead of numbers", 22: "object instead of numbers", 23: "list that is no array", 25: "outside 0 and 1"}.items():
            with self.subTest(message):
                code, text = self.refused_call(worker, rows_of(what, 2))
                self.assertEqual(code, "model_output_invalid")
                self.assertRegex(text, message)
        self.check_alive(worker)

    def test_values_that_are_not_finite_are_left_to_the_server(self) -> None:
        self.assertTrue(np.isnan(self.answer(self.worker(), rows_of(24, 2))).all())

    def test_memory_beyond_the_limit_is_refused_and_the_next_rows_are_answered(self) -> None:
        worker = self.worker(memory=256 << 20)
        for what in ("allocate", "hoard"):
            code, text = self.refused_call(worker, rows_of(what))
            self.assertEqual((code, text), ("model_memory_exceeded", "The model needs more memory for these rows than limits.memory (models.processMemoryMb where that is not set) allows"))
            self.check_alive(worker)

    def test_a_model_that_is_larger_than_its_limit_is_refused(self) -> None:
        path = self.folder / "model.py"
        path.write_text(MODEL)
        code, text = self.refused_load(path, format="python-class", memory=1 << 20, **{"class": "model:Model"})
        self.assertEqual(code, "model_memory_exceeded")
        self.assertRegex(text, r"^The loaded model takes \d+ MiB, limits.memory \(.*\) allows 1 MiB$")

    def test_a_model_that_takes_more_while_it_is_loaded_than_the_operator_gives_is_refused(self) -> None:
        path = self.folder / "model.py"
        path.write_text("import numpy as np\n\nbrief = np.ones(1 << 28)\ndel brief\n" + MODEL)
        worker = WorkerProcess()
        self.addCleanup(worker.close)
        worker.load(path, format="python-class", loadingMemory=512 << 20, **{"class": "model:Model"})
        refused = worker.receive().message
        self.assertEqual((refused["kind"], refused["code"]), ("refused", "model_memory_exceeded"))
        self.assertRegex(refused["message"], "models.processMemoryMb allows 512 MiB while a model is loaded")


class CallsTest(FaultTest):
    """Calls in order, late, cancelled, malformed."""

    def test_rows_of_another_shape_are_refused(self) -> None:
        worker = self.worker()
        for tensors in ({}, {"rows": np.zeros(3)}, {"rows": np.zeros((1, 2))}, {"rows": np.zeros((1, 3), np.float32)}, {"rows": np.zeros((0, 3))}, {"lines": np.zeros((1, 3))}):
            worker.send({"kind": "call", "id": 4, "until": FOREVER}, **tensors)
            self.assertEqual(worker.receive().message["code"], "feature_contract_mismatch")
        self.check_alive(worker)

    def test_rows_whose_deadline_passed_are_not_computed(self) -> None:
        worker = self.worker()
        worker.call(5, rows_of("speak"), until=now_ms() - 1)
        message = worker.receive().message
        self.assertEqual((message["id"], message["code"]), (5, "deadline_exceeded"))
        self.assertEqual(worker.log(), "")

    def test_a_call_that_is_cancelled_while_another_computes_is_refused_in_its_turn(self) -> None:
        worker = self.worker()
        calls = [Frame({"kind": "call", "id": at, "until": FOREVER}, [("rows", rows_of(what))]) for at, what in ((1, "wait"), (2, "speak"), (3, "quiet"))]
        worker.send_bytes(b"".join(map(encode, calls)))
        self.wait_for_words(worker, "waiting")
        worker.send({"kind": "ping", "id": 9})
        worker.send({"kind": "cancel", "id": 2})
        worker.send({"kind": "cancel", "id": 77})
        (self.folder / "go").touch()
        messages = [worker.receive().message for _ in range(4)]
        self.assertEqual([(message["kind"], message["id"]) for message in messages], [("answer", 1), ("refused", 2), ("answer", 3), ("pong", 9)])
        self.assertEqual(messages[1]["code"], "deadline_exceeded")
        self.assertGreater(messages[3]["rssBytes"], 1 << 20)
        self.assertEqual(worker.log(), "waiting\n")

    def test_a_call_without_a_model_is_refused(self) -> None:
        worker = self.start()
        self.assertEqual(self.refused_call(worker, rows_of("quiet"))[0], "model_loading")
        worker.send({"kind": "load", "args": {"protocol": 2}})
        self.assertEqual(worker.receive().message["code"], "internal")
        self.assertEqual(self.refused_call(worker, rows_of("quiet"))[0], "model_loading")

    def test_bytes_that_are_no_frames_end_it(self) -> None:
        for data in (b"\xff" * 8, random.Random(3).randbytes(4096)):
            worker = self.start()
            worker.send_bytes(data)
            self.assertEqual(worker.wait(), 1)
            self.assertIn("A frame from the server is malformed", worker.log())

    def test_a_second_load_ends_it(self) -> None:
        worker = self.worker()
        worker.send({"kind": "load", "args": {}})
        self.assertEqual(worker.wait(), 1)
        self.assertIn("load a second time", worker.log())


class EndTest(FaultTest):
    """No worker outlives its server."""

    def test_it_ends_with_the_connection(self) -> None:
        worker = self.worker()
        worker.hang_up()
        self.assertEqual(worker.wait(), 0)

    def test_it_is_killed_when_its_input_ends_even_while_it_computes(self) -> None:
        for what, words in (("stop", "hanging"), ("spin", "spinning")):
            with self.subTest(what):
                worker = self.worker()
                worker.call(1, rows_of(what))
                self.wait_for_words(worker, words)
                worker.process.stdin.close()
                self.assertEqual(worker.wait(), -signal.SIGKILL)

    def test_signals_that_a_terminal_or_systemd_sends_to_every_process_are_the_servers_to_act_on(self) -> None:
        worker = self.worker()
        for number in (signal.SIGINT, signal.SIGTERM):
            worker.process.send_signal(number)
            self.check_alive(worker)

    def test_started_by_hand_it_says_what_it_is(self) -> None:
        done = subprocess.run([sys.executable, "-m", "presage.worker"], env={"PYTHONPATH": str(PACKAGE)}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("started by the Presage server", done.stderr)



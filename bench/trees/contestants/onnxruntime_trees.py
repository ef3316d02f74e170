"""onnxruntime on one thread as a contestant: onnxruntime_trees.py MODEL ROWS FEATURES. Questions and answers as in contestant.ts."""

import json
import sys
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

import numpy as np
import onnxruntime
from onnx_forest import forest_bytes

MS = 1_000_000


def open_session(model, features):
    """The session of a model; its ONNX file is made once and kept beside it."""
    file = model.with_suffix(".onnx")
    if not file.exists():
        file.write_bytes(forest_bytes(model, features))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


class Contestant:
    def __init__(self, model, rows, features):
        self.session = open_session(Path(model), int(features))
        self.rows = np.fromfile(rows).reshape(-1, int(features)).astype(np.float32)
        self.feeds = [{"x": self.rows[i : i + 1]} for i in range(len(self.rows))]
        self.call = 0

    def next_feed(self):
        self.call += 1
        return self.feeds[self.call % len(self.feeds)]

    def single(self, ms):
        run = self.session.run
        calls, used = 0, thread_time_ns()
        end = perf_counter_ns() + float(ms) * MS
        while perf_counter_ns() < end:
            for _ in range(16):
                run(None, self.next_feed())
            calls += 16
        mean = (thread_time_ns() - used) / calls
        latencies, end = [], perf_counter_ns() + float(ms) * MS
        while not latencies or perf_counter_ns() < end:
            feed, before = self.next_feed(), perf_counter_ns()
            run(None, feed)
            latencies.append(perf_counter_ns() - before)
        p50, p99 = np.quantile(latencies, [0.5, 0.99])
        return {"mean": mean, "p50": p50, "p99": p99, "calls": len(latencies)}

    def batch(self, count, ms):
        feed = {"x": np.resize(self.rows, (int(count), self.rows.shape[1]))}
        passes, used = 0, thread_time_ns()
        end = perf_counter_ns() + float(ms) * MS
        while passes == 0 or perf_counter_ns() < end:
            self.session.run(None, feed)
            passes += 1
        return {"rowsPerSecond": passes * int(count) / ((thread_time_ns() - used) / 1e9)}

    def answer(self, kind, path):
        """Raw scores, widened to float64, of all rows: one by one, or as one batch."""
        feeds = [{"x": self.rows}] if kind == "batch" else self.feeds
        scores = np.concatenate([self.session.run(None, feed)[0].ravel() for feed in feeds])
        scores.astype(np.float64).tofile(path)
        return {"written": len(scores)}


def say(answer):
    print(json.dumps(answer), flush=True)


def main():
    contestant = Contestant(*sys.argv[1:4])
    say({"name": f"onnxruntime {onnxruntime.__version__}"})
    for line in sys.stdin:
        question, *words = line.split()
        say(getattr(contestant, question)(*words))


main()

"""What the contestants of bench/features.ts share: each says what it is, then does one round of its work for every line that comes in, and prints seconds of CPU and how much it did."""

import json
import sys
import time

import numpy as np


def read_bars(path):
    """Open, high, low, close, volume of a file of float64 rows."""
    bars = np.fromfile(path, dtype=np.float64).reshape(-1, 5)
    return [np.ascontiguousarray(bars[:, i]) for i in range(5)]


def serve(name, work):
    """`work` does one round and gives how much it did."""
    work()
    print(json.dumps({"name": name}), flush=True)
    for _ in sys.stdin:
        before = time.process_time()
        count = work()
        print(json.dumps({"seconds": time.process_time() - before, "count": count}), flush=True)

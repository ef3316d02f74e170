"""Adds to a zoo of LightGBM models (make-zoo.py) which leaves its rows fall into and what each feature contributes, as the library says it.

    python make-explanations.py [DIR]

DIR/leaves.u16.gz: for each model, in the zoo's order, rows x trees leaf indices.  DIR/contributions.f64.gz: for each model without linear leaves, EXPLAINED of its
rows (every few, from the first on) x outputs x (columns + 1) contributions, the expected value last.  Little-endian.
"""

import gzip
import json
import os
import sys

import lightgbm as lgb
import numpy as np

EXPLAINED = 20


def read_zoo(folder):
    with gzip.open(os.path.join(folder, "models.json.gz"), "rt", encoding="utf-8") as file:
        models = json.load(file)
    with gzip.open(os.path.join(folder, "values.f64.gz"), "rb") as file:
        values = np.frombuffer(file.read(), dtype="<f8")
    at = 0
    for model in models:
        rows, columns, outputs = model["rows"], model["columns"], model["outputs"]
        yield model, values[at : at + rows * columns].reshape(rows, columns)
        at += rows * (columns + 2 * outputs)


def write(folder, name, parts, kind):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(gzip.compress(np.concatenate([part.ravel() for part in parts]).astype(kind).tobytes(), 9, mtime=0))


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    leaves, contributions = [], []
    for model, rows in read_zoo(folder):
        booster = lgb.Booster(model_str=model["text"])
        rows = np.ascontiguousarray(rows)
        leaves.append(booster.predict(rows, pred_leaf=True, num_threads=1))
        if "is_linear=1" not in model["text"]:
            few = np.ascontiguousarray(rows[:: len(rows) // EXPLAINED][:EXPLAINED])
            contributions.append(booster.predict(few, pred_contrib=True, num_threads=1))
    write(folder, "leaves.u16.gz", leaves, "<u2")
    write(folder, "contributions.f64.gz", contributions, "<f8")
    print(f"{len(leaves)} models, {sum(part.size for part in leaves)} leaves, {sum(part.size for part in contributions)} contributions, lightgbm {lgb.__version__}")


if __name__ == "__main__":
    main()

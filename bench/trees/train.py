"""Trains the models of the contest that are not there yet: train.py FOLDER MODELS, where MODELS is the JSON of models.ts.

Writes NAME.txt (the model), NAME.rows.f64 (4000 rows) and NAME.raw.f64 (LightGBM's raw scores of these rows); progress goes to stdout, a line each.
"""

import json
import sys
from itertools import groupby
from pathlib import Path

import lightgbm as lgb
import numpy as np

TRAINING_ROWS = 40_000
ROWS = 4_000
CATEGORIES = {28: 100, 29: 12}


def make_data(features, categorical):
    """A mix of distributions, 8 columns with 5 % NaN; every value fits a float32, so that contestants that compute in float32 decide alike."""
    random = np.random.default_rng(42)
    x = random.normal(size=(TRAINING_ROWS, features))
    x[:, 10:15] = np.exp(x[:, 10:15])
    x[:, 15:18] = np.round(x[:, 15:18] * 4)
    score = x @ random.normal(size=features) * 0.3 + np.sin(x[:, 0] * 3) + x[:, 1] * x[:, 2] + np.abs(x[:, 3]) * x[:, 4]
    score += 0.5 * x[:, 11] * (x[:, 5] > 0) + np.cos(x[:, 6] * x[:, 7])
    for column in range(20, 28):
        x[random.random(TRAINING_ROWS) < 0.05, column] = np.nan
    if categorical:
        for column, count in CATEGORIES.items():
            x[:, column] = random.integers(0, count, TRAINING_ROWS)
            score += random.normal(size=count)[x[:, column].astype(int)] * 2
    y = (score + random.normal(size=TRAINING_ROWS) * 2 > np.median(score)).astype(float)
    return x.astype(np.float32).astype(np.float64), y


def train(group):
    """One training for models that differ only in how many of its trees they keep."""
    first = group[0]
    x, y = make_data(first["features"], first["categorical"])
    parameters = {
        "objective": "binary",
        "num_leaves": first["leaves"],
        "learning_rate": 0.03 if first["leaves"] > 127 else 0.05,
        "min_data_in_leaf": 10 if first["leaves"] > 127 else 20,
        "seed": 1,
        "num_threads": 1,
        "verbose": -1,
    }
    columns = list(CATEGORIES) if first["categorical"] else []
    booster = lgb.train(parameters, lgb.Dataset(x, y, categorical_feature=columns), max(model["trees"] for model in group))
    return booster, np.ascontiguousarray(x[:ROWS])


def save(folder, model, booster, rows):
    """The model file is written last: where it is, the others are too."""
    text = booster.model_to_string(num_iteration=model["trees"])
    again = lgb.Booster(model_str=text)
    rows.tofile(folder / f"{model['name']}.rows.f64")
    again.predict(rows, raw_score=True, num_threads=1).tofile(folder / f"{model['name']}.raw.f64")
    (folder / f"{model['name']}.txt").write_text(text)


def training_of(model):
    return model["leaves"], model["features"], model["categorical"]


def main():
    folder = Path(sys.argv[1])
    missing = [model for model in json.loads(sys.argv[2]) if not (folder / f"{model['name']}.txt").exists()]
    for _, models in groupby(sorted(missing, key=training_of), key=training_of):
        group = list(models)
        print(f"training {', '.join(model['name'] for model in group)}", flush=True)
        booster, rows = train(group)
        for model in group:
            save(folder, model, booster, rows)


main()

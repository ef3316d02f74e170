"""Trains small LightGBM models that between them use every part of the model format, and writes them with the library's own answers.

    python make-zoo.py [--seed N] [--out DIR]

DIR/models.json.gz: a list of {name, text, columns, rows, outputs}.  DIR/values.f64.gz: for each model, in that order, rows x columns inputs, rows x outputs
raw scores, rows x outputs predictions, all float64, little-endian.  Answers come from the model file loaded again, as a server would load it.
"""

import argparse
import gzip
import json
import os
import re
import warnings

import lightgbm as lgb
import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
ROWS = 200
TREES = 15
ZERO = float(np.float32(1e-35))
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, ZERO, -ZERO, 2 * ZERO, -2 * ZERO, 1e-36, -1e-36, 1e300, -1e300, 1.7e308, 5e-324, -5e-324, 2147483648.0, -1.0, -0.5, 0.5]
CATEGORIES = [np.nan, -1, -0.5, -0.999, 0.5, 3.7, 299.99, 300, 301, 5000, 1e6, 2147483647.0, 2147483648.0, 1e18, np.inf, -np.inf, 1e-40, 31, 32, 33, 63, 64]
COMMON = dict(verbose=-1, num_threads=1, deterministic=True, force_row_wise=True, num_leaves=15, learning_rate=0.1, min_data_in_leaf=5)


class Zoo:
    def __init__(self, seed):
        self.seed, self.random, self.models, self.values = seed, np.random.default_rng(seed), [], []

    def test_rows(self, X, special=SPECIAL):
        """A third as trained on, a third all special values, a third mixed."""
        third = ROWS // 3
        plain = X[: ROWS - 2 * third]
        edge = self.random.choice(special, size=(third, X.shape[1]))
        mixed = X[500 : 500 + third].copy()
        mask = self.random.random(mixed.shape) < 0.2
        mixed[mask] = self.random.choice(special, size=mask.sum())
        return np.vstack([plain, edge, mixed])

    def train(self, X, y, params, trees=TREES, **data):
        seeded = {**COMMON, "seed": self.seed + 1, **params}
        return lgb.train(seeded, lgb.Dataset(X, y, free_raw_data=False, **data), num_boost_round=trees)

    def keep(self, name, booster, rows):
        # The part after the trees holds parameters that no reader needs, but for the pandas categories at the end.
        text = booster.model_to_string(num_iteration=-1)
        text = re.sub(r"\nparameters:.*?\nend of parameters\n", "\n", text, flags=re.S)
        again = lgb.Booster(model_str=text)
        rows = np.ascontiguousarray(rows, dtype=np.float64)
        raw = again.predict(rows, raw_score=True, num_threads=1).astype(np.float64)
        out = again.predict(rows, num_threads=1).astype(np.float64)
        outputs = 1 if raw.ndim == 1 else raw.shape[1]
        self.models.append(dict(name=name, text=text, columns=rows.shape[1], rows=len(rows), outputs=outputs))
        self.values += [rows.ravel(), raw.ravel(), out.ravel()]

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        values = np.concatenate(self.values).astype("<f8").tobytes()
        for name, content in (("models.json.gz", json.dumps(self.models).encode()), ("values.f64.gz", values)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(gzip.compress(content, 9, mtime=0))


def numeric(random, n=2000, nan=True, zeros=True):
    X = random.normal(size=(n, 12)).round(3)
    X[:, 1] = np.round(X[:, 1] * 3)
    X[:, 2] = np.exp(X[:, 2]).round(4)
    if zeros:
        X[random.random(n) < 0.4, 3] = 0.0
        X[random.random(n) < 0.2, 4] = 0.0
    score = X[:, 0] * 1.5 - X[:, 1] * 0.3 + np.sin(X[:, 2] * 2) + X[:, 3] * X[:, 5] - np.abs(X[:, 6])
    if nan:
        for column in (0, 3, 5, 7):
            X[random.random(n) < 0.15, column] = np.nan
    return X, score


def classifiers(zoo, X, score):
    y = (score + zoo.random.normal(size=len(score)) > 0).astype(float)
    rows = zoo.test_rows(X)
    variants = {
        "binary": {}, "binary-sigmoid": dict(sigmoid=2.5, is_unbalance=True), "binary-zero-as-missing": dict(zero_as_missing=True),
        "binary-no-missing": dict(use_missing=False), "binary-no-average": dict(boost_from_average=False), "binary-many-bins": dict(max_bin=1023, min_data_in_bin=1, num_leaves=60),
        "binary-extra-trees": dict(extra_trees=True, max_bin=4095, min_data_in_bin=1), "binary-dart": dict(boosting="dart", drop_rate=0.3),
        "binary-goss": dict(data_sample_strategy="goss"), "binary-monotone": dict(monotone_constraints=[1, -1] + [0] * 10), "binary-shrunk": dict(learning_rate=1e-3),
        "binary-forest": dict(boosting="rf", bagging_freq=1, bagging_fraction=0.6, feature_fraction=0.8), "binary-bagged": dict(bagging_freq=1, bagging_fraction=0.5, pos_bagging_fraction=0.4),
        "binary-deep": dict(max_depth=4, path_smooth=2.0, lambda_l1=0.1, lambda_l2=1.0), "binary-quantised-gradients": dict(use_quantized_grad=True),
    }
    for name, params in variants.items():
        zoo.keep(name, zoo.train(X, y, dict(objective="binary", **params)), rows)
    for leaves in (2, 3, 8, 32, 33, 64, 65, 127):
        zoo.keep(f"leaves-{leaves}", zoo.train(X, y, dict(objective="binary", num_leaves=leaves, min_data_in_leaf=2)), rows)
    zoo.keep("leaves-255", zoo.train(X, y, dict(objective="binary", num_leaves=255, min_data_in_leaf=2), 5), rows)
    classes = np.digitize(score, np.quantile(score, [0.25, 0.5, 0.75])).astype(float)
    zoo.keep("multiclass", zoo.train(X, classes, dict(objective="multiclass", num_class=4), 5), rows)
    zoo.keep("multiclass-one-vs-all", zoo.train(X, classes, dict(objective="multiclassova", num_class=4, sigmoid=1.7), 5), rows)
    forest = dict(objective="multiclass", num_class=4, boosting="rf", bagging_freq=1, bagging_fraction=0.6)
    zoo.keep("multiclass-forest", zoo.train(X, classes, forest, 5), rows)


def regressors(zoo, X, score):
    rows = zoo.test_rows(X)
    plain = dict(objective="regression")
    for objective in ("regression", "regression_l1", "huber", "fair", "quantile", "mape"):
        zoo.keep(objective, zoo.train(X, score + 3, dict(objective=objective)), rows)
    zoo.keep("regression-sqrt", zoo.train(X, score * 3, dict(objective="regression", reg_sqrt=True)), rows)
    for objective in ("poisson", "gamma", "tweedie"):
        zoo.keep(objective, zoo.train(X, np.exp(score / 4) + 0.01, dict(objective=objective)), rows)
    share = 1 / (1 + np.exp(-score))
    for objective in ("cross_entropy", "cross_entropy_lambda"):
        zoo.keep(objective, zoo.train(X, share, dict(objective=objective)), rows)
    for objective in ("lambdarank", "rank_xendcg"):
        zoo.keep(objective, zoo.train(X, np.digitize(score, [-1, 0, 1]).astype(float), dict(objective=objective), group=[40] * (len(score) // 40)), rows)
    zoo.keep("custom-objective", zoo.train(X, score, dict(objective=lambda p, d: (p - d.get_label(), np.ones_like(p)))), rows)
    zoo.keep("regression-forest", zoo.train(X, score, dict(boosting="rf", bagging_freq=1, bagging_fraction=0.6, **plain)), rows)
    zoo.keep("chain", zoo.train(X, np.exp(3 * score), dict(num_leaves=60, min_data_in_leaf=1, min_sum_hessian_in_leaf=0, **plain)), rows)
    zoo.keep("constant", zoo.train(X, score, dict(min_data_in_leaf=100000, **plain), 5), rows)
    zoo.keep("one-tree", zoo.train(X, score, plain, 1), rows)
    zoo.keep("linear", zoo.train(X, score, dict(linear_tree=True, **plain)), rows)
    zoo.keep("linear-multiclass", zoo.train(X, np.digitize(score, [-1, 1]).astype(float), dict(linear_tree=True, objective="multiclass", num_class=3), 5), rows)
    names = [f"f={i}_é" if i % 2 else f"rsi({i})@1m" for i in range(X.shape[1])]
    zoo.keep("feature-names", zoo.train(X, score, plain, feature_name=[re.sub(r"[\[\]{},:\"]", "_", name) for name in names]), rows)


def ranges(zoo):
    X, score = numeric(zoo.random, nan=False, zeros=False)
    zoo.keep("no-missing", zoo.train(X, score, dict(objective="regression")), zoo.test_rows(X))
    X[:, 0] *= 1e-35
    X[:, 5] *= 1e-36
    X[:, 6] *= 1e-34
    zoo.keep("tiny-values", zoo.train(X, score, dict(objective="regression", min_data_in_bin=1)), zoo.test_rows(X))
    X[:, 0] = np.where(np.isfinite(X[:, 0]), X[:, 0] * 1e300 * 1e35, 0)
    zoo.keep("huge-values", zoo.train(X, score, dict(objective="regression")), zoo.test_rows(X))
    X, score = numeric(zoo.random)
    told = np.isnan(X[:, 0]) * 5.0 + np.isnan(X[:, 7]) * 3.0 + 0.1 * score
    zoo.keep("nan-against-the-rest", zoo.train(X, told, dict(objective="regression")), zoo.test_rows(X))
    wide = zoo.random.normal(size=(1200, 80)).round(2)
    wide[zoo.random.random(wide.shape) < 0.1] = np.nan
    target = np.nansum(wide * zoo.random.normal(size=80), axis=1)
    zoo.keep("eighty-features", zoo.train(wide, target, dict(objective="regression", num_leaves=40, feature_fraction=0.3)), zoo.test_rows(wide))


def categorical(zoo):
    random, n = zoo.random, 3000
    sizes = (12, 300, 4, 40)
    X = np.column_stack([random.integers(0, size, n) for size in sizes] + [random.normal(size=n).round(3) for _ in range(3)]).astype(float)
    score = random.normal(size=300)[X[:, 1].astype(int)] + random.normal(size=40)[X[:, 3].astype(int)] * X[:, 4] + (X[:, 0] % 3) + X[:, 5]
    y = (score + random.normal(size=n) > np.median(score)).astype(float)
    holes = X.copy()
    holes[random.random(n) < 0.1, 1] = np.nan
    holes[random.random(n) < 0.1, 4] = np.nan
    holes[random.random(n) < 0.02, 3] = -1
    rows = zoo.test_rows(holes, CATEGORIES)
    columns, few = [0, 1, 2, 3], dict(min_data_per_group=5, cat_smooth=1.0)
    zoo.keep("categorical", zoo.train(holes, y, dict(objective="binary", max_cat_threshold=64, **few), categorical_feature=columns), rows)
    zoo.keep("categorical-full", zoo.train(X, y, dict(objective="binary", num_leaves=40, **few), categorical_feature=columns), rows)
    zoo.keep("categorical-zero-as-missing", zoo.train(holes, y, dict(objective="binary", zero_as_missing=True, **few), categorical_feature=columns), rows)
    zoo.keep("categorical-one-hot", zoo.train(X, y, dict(objective="binary", max_cat_to_onehot=50, **few), categorical_feature=columns), rows)
    classes = np.digitize(score, np.quantile(score, [0.3, 0.6])).astype(float)
    zoo.keep("categorical-multiclass", zoo.train(holes, classes, dict(objective="multiclass", num_class=3, **few), 5, categorical_feature=columns), rows)
    frame = pd.DataFrame({"side": pd.Categorical(np.where(X[:, 2] > 1, "B", "S")), "venue": pd.Categorical([f"V{int(v):03d}" for v in X[:, 1]]), "x": X[:, 4], "z": X[:, 5]})
    codes = np.column_stack([frame["side"].cat.codes, frame["venue"].cat.codes, frame["x"], frame["z"]]).astype(float)
    zoo.keep("pandas-categories", zoo.train(frame, y, dict(objective="binary", **few)), zoo.test_rows(codes, CATEGORIES))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20220101)
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    arguments = parser.parse_args()
    zoo = Zoo(arguments.seed)
    X, score = numeric(zoo.random)
    classifiers(zoo, X, score)
    regressors(zoo, X, score)
    ranges(zoo)
    categorical(zoo)
    zoo.write(arguments.out)
    print(f"{len(zoo.models)} models, {sum(model['rows'] for model in zoo.models)} rows, lightgbm {lgb.__version__}")


if __name__ == "__main__":
    main()

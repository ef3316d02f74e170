"""Trains small scikit-learn ensembles that between them use every part of the format `sklearn-trees`, and writes them with the library's own answers.

    python make-zoo.py [--seed N] [--out DIR]

Writes what ../trees/make-zoo.py writes: DIR/models.json.gz and DIR/values.f64.gz. Raw scores of a forest are the sums of its trees' predictions, in their order.
"""

import argparse
import gzip
import json
import os
import sys
import warnings

# More threads than free cores make OpenMP's loops over these few rows a hundred times slower.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../python"))
from presage.sklearn_trees import sklearn_trees_text  # noqa: E402 -- the package of this repository

warnings.filterwarnings("ignore")
ROWS = 200
TREES = 15
# What float32 rounds to itself, to zero, to a neighbour, to a subnormal number; nothing that it rounds to infinity, which scikit-learn refuses.
FLOAT32 = [0.0, -0.0, 1e-45, -1e-45, 7e-46, 1e-300, 1 + 2.0**-24, 1 + 2.0**-30, 0.1, -0.1, 1.0, -1.0, 3.4e38, -3.4e38]
FLOAT64 = [0.0, -0.0, 5e-324, -5e-324, 1e300, -1e300, 1.7e308, np.inf, -np.inf, 0.1, 1.0, -1.0]
CATEGORIES = [np.nan, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.0000000000000002, 2.5, 3.7, 12.0, 31.0, 32.0, 255.0, 256.0, 257.0, 5000.0, 1e18]


def leaf_thresholds(model, random):
    """Thresholds of the model, and the floats beside them, of both widths."""
    text = json.loads(sklearn_trees_text(model))
    all_of = sorted({t for tree in text["trees"] for t in tree["threshold"] if isinstance(t, float)})
    few = random.choice(all_of, 12) if all_of else np.zeros(1)
    narrow = few.astype(np.float32)
    beside = [np.nextafter(few, -np.inf), np.nextafter(few, np.inf), np.nextafter(narrow, np.float32(-np.inf)), np.nextafter(narrow, np.float32(np.inf))]
    return np.concatenate([few, *beside]).astype(np.float64)


class Zoo:
    def __init__(self, seed):
        self.seed, self.random, self.models, self.values = seed, np.random.default_rng(seed), [], []

    def rows(self, model, X, special, categorical=()):
        """A third as trained on, a third all special values or thresholds, a third mixed."""
        third = ROWS // 3
        values = np.concatenate([special, leaf_thresholds(model, self.random)])
        edge = self.random.choice(values, size=(third, X.shape[1]))
        mixed = X[300 : 300 + third].copy()
        mask = self.random.random(mixed.shape) < 0.2
        mixed[mask] = self.random.choice(values, size=mask.sum())
        for column in categorical:
            known = X[:, column]
            edge[:, column] = self.random.choice(np.concatenate([CATEGORIES, known[:20]]), size=third)
            mixed[:, column] = self.random.choice(np.concatenate([CATEGORIES, known[:80]]), size=third)
        return np.ascontiguousarray(np.vstack([X[: ROWS - 2 * third], edge, mixed]))

    def keep(self, name, model, rows, answers):
        raw, out = (np.asarray(values, dtype=np.float64).reshape(len(rows), -1) for values in answers)
        self.models.append(dict(name=name, text=sklearn_trees_text(model), columns=rows.shape[1], rows=len(rows), outputs=raw.shape[1]))
        self.values += [rows.ravel(), raw.ravel(), out.ravel()]

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        values = np.concatenate(self.values).astype("<f8").tobytes()
        for name, content in (("models.json.gz", json.dumps(self.models).encode()), ("values.f64.gz", values)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(gzip.compress(content, 9, mtime=0))

    def forest(self, name, kind, data, special=FLOAT32, **params):
        X, y = data
        model = kind(**{"n_estimators": TREES, "max_leaf_nodes": 25, "random_state": self.seed, "n_jobs": 1, **params}).fit(X, y)
        rows = self.rows(model, np.asarray(X, dtype=np.float64), special)
        answer = (lambda estimator: estimator.predict_proba(rows)) if hasattr(model, "classes_") else (lambda estimator: estimator.predict(rows)[:, None])
        raw = np.zeros_like(answer(model))
        for estimator in model.estimators_:
            raw += answer(estimator)
        out = answer(model)
        columns = slice(1, 2) if out.shape[1] == 2 else slice(None)
        self.keep(name, model, rows, (raw[:, columns], out[:, columns]))

    def boosting(self, name, kind, data, **params):
        X, y = data
        model = kind(**{"n_estimators": TREES, "random_state": self.seed, **params}).fit(X, y)
        rows = self.rows(model, X, FLOAT32)
        is_classifier = hasattr(model, "classes_")
        out = model.predict_proba(rows) if is_classifier else model.predict(rows)
        self.keep(name, model, rows, (model.decision_function(rows) if is_classifier else out, second_of_two(out)))

    def histogram(self, name, kind, data, special=FLOAT64, categorical=(), **params):
        X, y = data
        asked = {"categorical_features": list(categorical)} if len(categorical) > 0 else {}
        model = kind(**{"max_iter": TREES, "max_leaf_nodes": 20, "random_state": self.seed, **asked, **params}).fit(X, y)
        rows = self.rows(model, np.asarray(X, dtype=np.float64), special, categorical)
        out = model.predict_proba(rows) if hasattr(model, "classes_") else model.predict(rows)
        self.keep(name, model, rows, (model._raw_predict(rows), second_of_two(out)))

    def boosting_with_missing(self, name, data):
        """scikit-learn does not let boosting predict NaN, though its trees know a side for it: here they are asked one by one."""
        X, y = data
        model = GradientBoostingRegressor(n_estimators=TREES, max_depth=4, random_state=self.seed).fit(X, y)
        rows = self.rows(model, X, [*FLOAT32, np.nan, np.inf, -np.inf])
        raw = np.full(len(rows), model.init_.constant_[0, 0])
        for estimator in model.estimators_[:, 0]:
            raw += model.learning_rate * estimator.tree_.predict(rows.astype(np.float32))[:, 0]
        self.keep(name, model, rows, (raw, raw))


def second_of_two(out):
    return out[:, 1] if out.ndim == 2 and out.shape[1] == 2 else out


def numeric(random, n=800):
    X = random.normal(size=(n, 7)).round(2)
    X[:, 1] = np.round(X[:, 1] * 3)
    X[:, 2] = np.exp(X[:, 2]).round(3)
    X[random.random(n) < 0.3, 3] = 0.0
    score = X[:, 0] * 1.5 - X[:, 1] * 0.3 + np.sin(X[:, 2] * 2) + X[:, 3] * X[:, 5] - np.abs(X[:, 6])
    holes = X.copy()
    for column in (0, 3, 5):
        holes[random.random(n) < 0.15, column] = np.nan
    return X, holes, score


def forests(zoo, X, holes, score):
    up = (score + zoo.random.normal(size=len(score)) > 0).astype(int)
    four = np.digitize(score, np.quantile(score, [0.25, 0.5, 0.75]))
    missing = [*FLOAT32, np.nan, np.nan]
    for name, classifier, regressor in (("forest", RandomForestClassifier, RandomForestRegressor), ("extra-trees", ExtraTreesClassifier, ExtraTreesRegressor)):
        zoo.forest(f"{name}-binary", classifier, (X, up), missing)
        zoo.forest(f"{name}-binary-missing", classifier, (holes, up), missing, criterion="entropy")
        zoo.forest(f"{name}-multiclass", classifier, (holes, four), missing, n_estimators=6)
        zoo.forest(f"{name}-regression", regressor, (X, score), missing)
        zoo.forest(f"{name}-regression-missing", regressor, (holes, score), missing)
    zoo.forest("extra-trees-bootstrap", ExtraTreesClassifier, (X, up), missing, bootstrap=True, max_samples=0.5, class_weight="balanced")
    zoo.forest("forest-deep", RandomForestClassifier, (X, up), missing, n_estimators=6, max_leaf_nodes=None)
    zoo.forest("forest-weighted", RandomForestClassifier, (X, four), missing, n_estimators=5, class_weight="balanced_subsample", max_features=1.0)
    zoo.forest("forest-class-names", RandomForestClassifier, (X, np.array(["down", "flat", "up"])[np.minimum(four, 2)]), missing, n_estimators=5)
    zoo.forest("forest-poisson", RandomForestRegressor, (X, np.exp(score / 4)), missing, criterion="poisson", max_leaf_nodes=12)
    zoo.forest("forest-absolute-error", RandomForestRegressor, (X[:400], score[:400]), missing, criterion="absolute_error", max_leaf_nodes=8)
    zoo.forest("forest-monotonic", RandomForestRegressor, (X, score), monotonic_cst=[1, -1, 0, 0, 0, 0, 0])
    zoo.forest("forest-one-tree", RandomForestRegressor, (X, score), missing, n_estimators=1)
    zoo.forest("forest-constant", RandomForestClassifier, (X, up), missing, min_samples_leaf=len(X), n_estimators=4)
    zoo.forest("forest-frame", RandomForestClassifier, (pd.DataFrame(X, columns=[f"rsi({i})@é" for i in range(X.shape[1])]), up), missing, n_estimators=4)
    told = np.isnan(holes[:, 0]) * 5.0 + np.isnan(holes[:, 3]) * 3.0 + 0.1 * score
    zoo.forest("forest-nan-against-the-rest", RandomForestRegressor, (holes, told), missing, max_features=1.0, max_leaf_nodes=8)


def boosters(zoo, X, score):
    up = (score + zoo.random.normal(size=len(score)) > 0).astype(int)
    three, ten = (np.digitize(score, np.quantile(score, np.linspace(0, 1, n + 1)[1:-1])) for n in (3, 10))
    classifier, regressor = GradientBoostingClassifier, GradientBoostingRegressor
    zoo.boosting("boosting-binary", classifier, (X, up))
    zoo.boosting("boosting-exponential", classifier, (X, up), loss="exponential")
    zoo.boosting("boosting-multiclass", classifier, (X, three), n_estimators=8)
    zoo.boosting("boosting-ten-classes", classifier, (X, ten), n_estimators=3, max_depth=2)
    zoo.boosting("boosting-from-zero", classifier, (X, up), init="zero", learning_rate=0.3)
    zoo.boosting("boosting-multiclass-from-zero", classifier, (X, three), init="zero", n_estimators=5)
    zoo.boosting("boosting-subsample", classifier, (X, up), subsample=0.5, max_features=2, max_leaf_nodes=20, max_depth=None)
    zoo.boosting("boosting-early-stop", classifier, (X, up), n_iter_no_change=2, tol=0.01)
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        zoo.boosting(f"boosting-{loss}", regressor, (X, score + 3), loss=loss, max_depth=4)
    zoo.boosting("boosting-slow", regressor, (X, score), learning_rate=1e-3, max_leaf_nodes=70, max_depth=None, n_estimators=4)
    zoo.boosting("boosting-constant", regressor, (X, score), min_samples_leaf=len(X), n_estimators=3)
    zoo.boosting_with_missing("boosting-missing", (X, score))


def histograms(zoo, X, holes, score):
    up = (score + zoo.random.normal(size=len(score)) > 0).astype(int)
    four = np.digitize(score, np.quantile(score, [0.25, 0.5, 0.75]))
    classifier, regressor = HistGradientBoostingClassifier, HistGradientBoostingRegressor
    missing = [*FLOAT64, np.nan]
    zoo.histogram("histogram-binary", classifier, (X, up), missing)
    zoo.histogram("histogram-binary-missing", classifier, (holes, up), missing)
    zoo.histogram("histogram-multiclass", classifier, (holes, four), missing, max_iter=5)
    zoo.histogram("histogram-few-bins", classifier, (holes, up), missing, max_bins=12, l2_regularization=1.0)
    zoo.histogram("histogram-early-stop", classifier, (holes, up), missing, early_stopping=True, n_iter_no_change=2)
    zoo.histogram("histogram-monotonic", classifier, (holes, up), missing, monotonic_cst=[1, -1, 0, 0, 0, 0, 0], interaction_cst="pairwise")
    for loss in ("squared_error", "absolute_error", "quantile", "poisson", "gamma"):
        target = np.exp(score / 4) + 0.01 if loss in ("poisson", "gamma") else score
        zoo.histogram(f"histogram-{loss}", regressor, (holes, target), missing, loss=loss, **({"quantile": 0.7} if loss == "quantile" else {}))
    zoo.histogram("histogram-leaves", regressor, (holes, score), missing, max_iter=4, max_leaf_nodes=127, min_samples_leaf=2)
    zoo.histogram("histogram-constant", classifier, (X, up), missing, min_samples_leaf=len(X), max_iter=3)
    told = np.isnan(holes[:, 0]) * 5.0 + np.isnan(holes[:, 3]) * 3.0 + 0.1 * score
    zoo.histogram("histogram-nan-against-the-rest", regressor, (holes, told), missing)
    infinite = np.where(zoo.random.random(X.shape) < 0.05, zoo.random.choice([np.inf, -np.inf, 1e300], size=X.shape), holes)
    zoo.histogram("histogram-infinite-values", regressor, (infinite, score), missing)


def categorical(zoo):
    random, n = zoo.random, 1500
    odd = random.choice([-3.0, -0.5, 0.0, 0.25, 2.5, 1e6, 20240115.0], size=n)
    X = np.column_stack([random.normal(size=n).round(2), random.integers(0, 12, n), random.normal(size=n).round(2), random.integers(0, 200, n), odd, random.normal(size=n).round(2)])
    score = random.normal(size=200)[X[:, 3].astype(int)] + (X[:, 1] % 3) * X[:, 0] + (odd > 1) + X[:, 2]
    up = (score + random.normal(size=n) > np.median(score)).astype(int)
    holes = X.copy()
    for column in range(5):
        holes[random.random(n) < 0.08, column] = np.nan
    few = dict(min_samples_leaf=5, categorical=[1, 3, 4])
    missing = [*FLOAT64, np.nan]
    zoo.histogram("categorical-binary", HistGradientBoostingClassifier, (X, up), missing, **few)
    zoo.histogram("categorical-missing", HistGradientBoostingClassifier, (holes, up), missing, **few)
    zoo.histogram("categorical-multiclass", HistGradientBoostingClassifier, (holes, np.digitize(score, [0, 1])), missing, max_iter=5, **few)
    zoo.histogram("categorical-regression", HistGradientBoostingRegressor, (holes, score), missing, **few)
    zoo.histogram("categorical-all", HistGradientBoostingRegressor, (X[:, [1, 3, 4]], score), missing, min_samples_leaf=5, categorical=[0, 1, 2])
    zoo.histogram("categorical-early-stop", HistGradientBoostingClassifier, (holes, up), missing, early_stopping=True, validation_fraction=0.3, **few)
    frame = pd.DataFrame({"x": X[:, 0], "venue": pd.Categorical(X[:, 1].astype(int)), "hour": X[:, 2], "odd": pd.Categorical(odd)})
    zoo.histogram("categorical-frame", HistGradientBoostingClassifier, (frame, up), missing, categorical=[1, 3], categorical_features="from_dtype", min_samples_leaf=5)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20220101)
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    arguments = parser.parse_args()
    zoo = Zoo(arguments.seed)
    X, holes, score = numeric(zoo.random)
    forests(zoo, X, holes, score)
    boosters(zoo, X, score)
    histograms(zoo, X, holes, score)
    categorical(zoo)
    zoo.write(arguments.out)
    print(f"{len(zoo.models)} models, {sum(model['rows'] for model in zoo.models)} rows, scikit-learn {sklearn.__version__}")


if __name__ == "__main__":
    main()

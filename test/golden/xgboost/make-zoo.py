"""Trains small XGBoost models that between them use every part of the model format, and writes them with the library's own answers.

    python make-zoo.py [--seed N] [--out DIR]

DIR/models.json.gz: a list of {name, text, columns, rows, outputs, ubj}: text is the model as JSON, ubj the length of the same model as UBJSON.  DIR/models.ubj.gz: those,
one behind another.  DIR/values.f64.gz: for each model, in that order, rows x columns inputs, rows x outputs raw scores, rows x outputs predictions, all float64,
little-endian.  Answers come from the model file loaded again, as a server would load it.
"""

import argparse
import ctypes
import gzip
import json
import os
import warnings

import numpy as np
import pandas as pd
import xgboost as xgb

warnings.filterwarnings("ignore")
xgb.set_config(verbosity=0)
ROWS = 200
TREES = 15
TINY = float(np.float32(1e-45))
LARGEST = float(np.finfo(np.float32).max)
SPECIAL = [np.nan, 0.0, -0.0, TINY, -TINY, 1e-46, -1e-46, 1e-300, 1e30, -1e30, LARGEST, -LARGEST, 16777217.0, 0.1, 1 / 3, -1.0, -0.5, 0.5]
INFINITE = [np.inf, -np.inf, 1e300, -1e300, 3.5e38]
CATEGORIES = [np.nan, -1, -0.5, -0.999, -1e-50, 0.5, 3.7, 11, 12, 31, 32, 33, 63, 64, 299.99, 300, 301, 5000, 1e6, 16777215, 16777216, 2147483648.0, 1e18]
COMMON = dict(nthread=1, max_depth=4, eta=0.3)
LIBM = ctypes.CDLL("libm.so.6")
LIBM.logf.restype, LIBM.logf.argtypes = ctypes.c_float, [ctypes.c_float]


def log_argument(objective, score):
    """What XGBoost takes the logarithm of to turn a base score into a score; None where it takes none."""
    one = np.float32(1)
    if objective in ("binary:logistic", "reg:logistic"):
        return one / np.clip(score, np.float32(1e-6), one - np.float32(1e-6)) - one
    return score if objective in ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft") else None


def is_rounded_well(objective, score):
    """Whether the C library's logf, which differs between machines, rounds the base score's logarithm to the nearest float32 number, as it does for 997 of 1000."""
    argument = log_argument(objective, score)
    return argument is None or np.float32(LIBM.logf(float(argument))) == np.float32(np.log(np.float64(argument)))


def settle(model):
    """Moves base scores to the next one whose logarithm is the same on every machine."""
    learner = model["learner"]
    objective, parameters = learner["objective"]["name"], learner["learner_model_param"]
    scores = np.atleast_1d(np.array(json.loads(parameters["base_score"]), dtype=np.float32))
    for i in range(len(scores)):
        while not is_rounded_well(objective, scores[i]):
            scores[i] = np.nextafter(scores[i], np.float32(2))
    if isinstance(json.loads(parameters["base_score"]), list):
        parameters["base_score"] = "[" + ",".join(str(score) for score in scores) + "]"
    else:
        parameters["base_score"] = str(scores[0])
    return model


def as_bytes(model, kind):
    return bytes(model.save_raw(kind))


class Zoo:
    def __init__(self, seed):
        self.seed, self.random, self.models, self.packed, self.values = seed, np.random.default_rng(seed), [], [], []

    def test_rows(self, X, special=SPECIAL):
        """A third as trained on, a third all special values, a third mixed."""
        third = ROWS // 3
        plain = X[: ROWS - 2 * third]
        edge = self.random.choice(special, size=(third, X.shape[1]))
        mixed = X[500 : 500 + third].copy()
        mask = self.random.random(mixed.shape) < 0.2
        mixed[mask] = self.random.choice(special, size=mask.sum())
        return np.vstack([plain, edge, mixed])

    def train(self, data, params, trees=TREES, **more):
        return xgb.train({**COMMON, "seed": self.seed % 2**31, **params}, data, num_boost_round=trees, **more)

    def keep(self, name, booster, rows, inplace=False, edit=lambda model: model):
        """`inplace`: by inplace_predict, which takes infinite inputs; dart rounds differently there. `edit`: a change to the file."""
        text = json.dumps(edit(settle(json.loads(as_bytes(booster, "json")))), separators=(",", ":"), ensure_ascii=False)
        again = xgb.Booster(model_file=bytearray(text.encode()))
        again.set_param("nthread", 1)
        if json.loads(text)["learner"]["objective"]["name"] == "multi:softmax":
            again.set_param("objective", "multi:softprob")
        rows = np.ascontiguousarray(rows, dtype=np.float64)
        raw, out = (self.answers(again, rows, inplace, margin).astype(np.float64) for margin in (True, False))
        packed = as_bytes(xgb.Booster(model_file=bytearray(text.encode())), "ubj")
        outputs = 1 if raw.ndim == 1 else raw.shape[1]
        self.models.append(dict(name=name, text=text, columns=rows.shape[1], rows=len(rows), outputs=outputs, ubj=len(packed)))
        self.packed.append(packed)
        self.values += [rows.ravel(), raw.ravel(), out.ravel()]

    def answers(self, booster, rows, inplace, margin):
        if inplace:
            return booster.inplace_predict(rows, predict_type="margin" if margin else "value", validate_features=False)
        types = booster.feature_types and ["c" if kind == "c" else "q" for kind in booster.feature_types]
        data = xgb.DMatrix(rows, feature_types=types, enable_categorical=True, nthread=1)
        return booster.predict(data, output_margin=margin, validate_features=False)

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        values = np.concatenate(self.values).astype("<f8").tobytes()
        contents = {"models.json.gz": json.dumps(self.models).encode(), "models.ubj.gz": b"".join(self.packed), "values.f64.gz": values}
        for name, content in contents.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(gzip.compress(content, 9, mtime=0))


def numeric(random, n=1500, nan=True):
    X = random.normal(size=(n, 10)).round(3)
    X[:, 1] = np.round(X[:, 1] * 3)
    X[:, 2] = np.exp(X[:, 2]).round(4)
    X[random.random(n) < 0.4, 3] = 0.0
    score = X[:, 0] * 1.5 - X[:, 1] * 0.3 + np.sin(X[:, 2] * 2) + X[:, 3] * X[:, 5] - np.abs(X[:, 6])
    if nan:
        for column in (0, 3, 5, 7):
            X[random.random(n) < 0.15, column] = np.nan
    return X, score


def classifiers(zoo, X, score):
    y = (score + zoo.random.normal(size=len(score)) > 0).astype(float)
    rows, data, binary = zoo.test_rows(X), xgb.DMatrix(X, y), dict(objective="binary:logistic")
    variants = {
        "hist": dict(tree_method="hist"), "exact": dict(tree_method="exact"), "approx": dict(tree_method="approx"), "deep": dict(max_depth=7, min_child_weight=0.1),
        "leafwise": dict(grow_policy="lossguide", max_leaves=25, max_depth=0), "few-bins": dict(max_bin=8), "pruned": dict(tree_method="exact", gamma=2.0, max_depth=6),
        "sampled": dict(subsample=0.6, colsample_bynode=0.5), "regularised": dict(alpha=0.5, reg_lambda=3.0, max_delta_step=0.7), "stumps": dict(max_depth=1),
        "monotone": dict(monotone_constraints="(1,-1,0,0,0,0,0,0,0,0)"), "base-score": dict(base_score=0.1234), "base-score-edge": dict(base_score=1e-7, min_child_weight=0),
        "unbalanced": dict(scale_pos_weight=7), "steep": dict(eta=300.0, reg_lambda=0, max_depth=3), "dart": dict(booster="dart", rate_drop=0.3, one_drop=True),
        "dart-forest-weights": dict(booster="dart", rate_drop=0.5, normalize_type="forest", sample_type="weighted"),
    }
    for name, params in variants.items():
        zoo.keep(f"binary-{name}", zoo.train(data, {**binary, **params}), rows)
    for name, params in {"random-forest": dict(num_parallel_tree=15, eta=1), "boosted-forest": dict(num_parallel_tree=3)}.items():
        zoo.keep(name, zoo.train(data, dict(**binary, subsample=0.6, colsample_bynode=0.6, **params), 1 if params["num_parallel_tree"] == 15 else 5), rows)
    for objective in ("reg:logistic", "binary:logitraw", "binary:hinge"):
        zoo.keep(objective, zoo.train(data, dict(objective=objective)), rows)
    zoo.keep("infinite-inputs", zoo.train(data, binary), zoo.test_rows(X, SPECIAL + INFINITE), inplace=True)
    missing = np.where(np.isnan(X), 0.0, X)
    zoo.keep("missing-is-zero", zoo.train(xgb.DMatrix(missing, y, missing=0.0), binary), np.where(rows == 0, np.nan, rows))
    half = len(y) // 2
    stopped = zoo.train(xgb.DMatrix(X[:half], y[:half]), dict(**binary, eta=1.0), early_stopping_rounds=3, evals=[(xgb.DMatrix(X[half:], y[half:]), "later")], verbose_eval=False)
    assert int(stopped.attr("best_iteration")) < stopped.num_boosted_rounds() - 1
    zoo.keep("early-stopped", stopped, rows)
    zoo.keep("sliced", zoo.train(data, binary)[3:9], rows)
    zoo.keep("continued", xgb.train({**COMMON, **binary}, data, 5, xgb_model=zoo.train(data, binary, 4)), rows)
    multiclass(zoo, X, score, rows)


def multiclass(zoo, X, score, rows):
    classes = np.digitize(score, np.quantile(score, [0.2, 0.5, 0.9])).astype(float)
    data, params = xgb.DMatrix(X, classes), dict(objective="multi:softprob", num_class=4, max_depth=3)
    zoo.keep("multiclass", zoo.train(data, params, 4), rows)
    zoo.keep("multiclass-argmax", zoo.train(data, {**params, "objective": "multi:softmax"}, 4), rows)
    zoo.keep("multiclass-forest", zoo.train(data, dict(**params, num_parallel_tree=2, subsample=0.7), 2), rows)
    zoo.keep("multiclass-dart", zoo.train(data, dict(**params, booster="dart", rate_drop=0.4), 4), rows)
    zoo.keep("multiclass-steep", zoo.train(data, dict(**params, eta=30.0, reg_lambda=0), 3), rows)
    zoo.keep("several-targets", zoo.train(xgb.DMatrix(X, np.column_stack([score, score**2, -score])), dict(objective="reg:squarederror"), 5), rows)
    labels = np.column_stack([score > 0, score > 1]).astype(float)
    zoo.keep("several-labels", zoo.train(xgb.DMatrix(X, labels), dict(objective="binary:logistic"), 6), rows)


def old_file(version):
    """A file as an older XGBoost wrote it: a base score that is one number, no rounds, no categories, truth values."""

    def edit(model):
        model["version"] = version
        learner = model["learner"]
        parameters = learner["learner_model_param"]
        parameters["base_score"] = str(json.loads(parameters["base_score"])[0])
        for key in ("num_target", "boost_from_average"):
            del parameters[key]
        del learner["feature_names"], learner["feature_types"]
        trees = learner["gradient_booster"]["model"]
        del trees["cats"], trees["iteration_indptr"]
        for tree in trees["trees"]:
            for key in [key for key in tree if key.startswith("categories") or key == "split_type"]:
                del tree[key]
            tree["default_left"] = [bool(side) for side in tree["default_left"]]
            tree["tree_param"]["size_leaf_vector"] = "0"
        return model

    return edit


def regressors(zoo, X, score):
    rows, positive = zoo.test_rows(X), np.exp(score / 4) + 0.01
    targets = {
        "reg:squarederror": score + 3, "reg:squaredlogerror": positive, "reg:pseudohubererror": score, "reg:absoluteerror": score, "count:poisson": np.round(positive),
        "reg:gamma": positive, "reg:tweedie": positive, "survival:cox": np.where(score > 1, -positive, positive),
    }
    for objective, y in targets.items():
        zoo.keep(objective, zoo.train(xgb.DMatrix(X, y), dict(objective=objective)), rows)
    data = xgb.DMatrix(X, score)
    zoo.keep("reg:quantileerror", zoo.train(data, dict(objective="reg:quantileerror", quantile_alpha=0.3)), rows)
    zoo.keep("several-quantiles", zoo.train(data, dict(objective="reg:quantileerror", quantile_alpha=[0.1, 0.5, 0.9]), 5), rows)
    bounds = xgb.DMatrix(X)
    bounds.set_float_info("label_lower_bound", positive)
    bounds.set_float_info("label_upper_bound", np.where(score > 1, np.inf, positive))
    zoo.keep("survival:aft", zoo.train(bounds, dict(objective="survival:aft")), rows)
    ranked = xgb.DMatrix(X, np.digitize(score, [-1, 0, 1]).astype(float), qid=np.arange(len(score)) // 50)
    for objective in ("rank:pairwise", "rank:ndcg"):
        zoo.keep(objective, zoo.train(ranked, dict(objective=objective)), rows)
    ranked.set_label((score > 0).astype(float))
    zoo.keep("rank:map", zoo.train(ranked, dict(objective="rank:map")), rows)
    zoo.keep("custom-objective", zoo.train(data, {}, obj=lambda p, d: (p - d.get_label(), np.ones_like(p))), rows)
    zoo.keep("one-tree", zoo.train(data, {}, 1), rows)
    zoo.keep("constant", zoo.train(data, dict(gamma=1e9), 5), rows)
    names = [f"rsi({i})@1m é" if i % 2 else f"f={i}\"\\" for i in range(X.shape[1])]
    zoo.keep("feature-names", zoo.train(xgb.DMatrix(X, score, feature_names=names), {}), rows)
    zoo.keep("old-file", zoo.train(data, dict(base_score=0.5)), rows, edit=old_file([1, 2, 0]))
    zoo.keep("old-file-logistic", zoo.train(xgb.DMatrix(X, score > 0), dict(objective="binary:logistic", base_score=0.3)), rows, edit=old_file([1, 7, 6]))


def ranges(zoo):
    X, score = numeric(zoo.random, nan=False)
    zoo.keep("no-missing", zoo.train(xgb.DMatrix(X, score), {}), zoo.test_rows(X))
    tiny = X.copy()
    tiny[:, 0] *= 1e-44
    tiny[:, 5] *= 1e-38
    zoo.keep("tiny-values", zoo.train(xgb.DMatrix(tiny, score), dict(tree_method="exact")), zoo.test_rows(tiny))
    huge = X.copy()
    huge[:, 0] = np.clip(huge[:, 0] * 2e38, -LARGEST, LARGEST)
    for method in ("hist", "exact"):
        zoo.keep(f"huge-values-{method}", zoo.train(xgb.DMatrix(huge, score), dict(tree_method=method)), zoo.test_rows(huge, SPECIAL + INFINITE), inplace=True)
    told = np.where(zoo.random.random(X.shape) < 0.3, np.nan, -LARGEST)
    zoo.keep("missing-against-the-rest", zoo.train(xgb.DMatrix(told, np.isnan(told[:, 0]) * 5.0 + np.isnan(told[:, 1])), {}), zoo.test_rows(told, SPECIAL + INFINITE), inplace=True)
    close = 1e6 + zoo.random.integers(0, 40, X.shape) / 16
    zoo.keep("close-values", zoo.train(xgb.DMatrix(close, close[:, 0] + np.sin(close[:, 1] * 8)), {}), zoo.test_rows(close + 1 / 32))
    wide = zoo.random.normal(size=(800, 60)).round(2)
    wide[zoo.random.random(wide.shape) < 0.1] = np.nan
    zoo.keep("sixty-features", zoo.train(xgb.DMatrix(wide, np.nansum(wide * zoo.random.normal(size=60), axis=1)), dict(colsample_bytree=0.4)), zoo.test_rows(wide))


def categorical(zoo):
    random, n = zoo.random, 2500
    sizes = (12, 300, 4, 40)
    X = np.column_stack([random.integers(0, size, n) for size in sizes] + [random.normal(size=n).round(3) for _ in range(3)]).astype(float)
    score = random.normal(size=300)[X[:, 1].astype(int)] + random.normal(size=40)[X[:, 3].astype(int)] * X[:, 4] + (X[:, 0] % 3) + X[:, 5]
    y = (score + random.normal(size=n) > np.median(score)).astype(float)
    holes = X.copy()
    for column in (1, 2, 4):
        holes[random.random(n) < 0.1, column] = np.nan
    rows, types, binary = zoo.test_rows(holes, CATEGORIES), ["c"] * 4 + ["q"] * 3, dict(objective="binary:logistic")
    of = lambda values, target: xgb.DMatrix(values, target, feature_types=types, enable_categorical=True)
    zoo.keep("categorical", zoo.train(of(holes, y), binary), rows)
    zoo.keep("categorical-full", zoo.train(of(X, y), dict(**binary, max_depth=6)), rows)
    zoo.keep("categorical-one-hot", zoo.train(of(holes, y), dict(**binary, max_cat_to_onehot=1000)), rows)
    zoo.keep("categorical-partition", zoo.train(of(holes, y), dict(**binary, max_cat_to_onehot=1, max_cat_threshold=200)), rows)
    zoo.keep("categorical-approx", zoo.train(of(holes, y), dict(**binary, tree_method="approx")), rows)
    zoo.keep("categorical-inplace", zoo.train(of(holes, y), binary), zoo.test_rows(holes, CATEGORIES + INFINITE), inplace=True)
    classes = np.digitize(score, np.quantile(score, [0.3, 0.6])).astype(float)
    zoo.keep("categorical-multiclass", zoo.train(of(holes, classes), dict(objective="multi:softprob", num_class=3, booster="dart", rate_drop=0.3), 5), rows)
    frame = pd.DataFrame({"side": pd.Categorical(np.where(X[:, 2] > 1, "B", "S")), "venue": pd.Categorical([f"V{int(v):03d}" for v in X[:, 1]]), "month": pd.Categorical(X[:, 0].astype(int)), "x": X[:, 4]})
    codes = np.column_stack([frame["side"].cat.codes, frame["venue"].cat.codes, frame["month"].cat.codes, frame["x"]]).astype(float)
    zoo.keep("pandas-categories", zoo.train(xgb.DMatrix(frame, y, enable_categorical=True), binary), zoo.test_rows(codes, CATEGORIES))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20220202)
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    arguments = parser.parse_args()
    zoo = Zoo(arguments.seed)
    X, score = numeric(zoo.random)
    classifiers(zoo, X, score)
    regressors(zoo, X, score)
    ranges(zoo)
    categorical(zoo)
    zoo.write(arguments.out)
    print(f"{len(zoo.models)} models, {sum(model['rows'] for model in zoo.models)} rows, xgboost {xgb.__version__}")


if __name__ == "__main__":
    main()

"""Bundles of XGBoost models of a made-up market, by presage.save, one a folder: python make-bundles.py DIR"""

import sys
from pathlib import Path

import xgboost as xgb

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "python" / "tests"))
from made_up_market import make_description, make_parts  # noqa: E402

import presage  # noqa: E402


def main() -> None:
    parts = make_parts()
    x, up = parts.train.x, parts.train.up
    # A column of three categories beside numbers, so that the bundle needs both.
    x[:, 2] = (x[:, 2] > -0.5).astype(float) + (x[:, 2] > 0.5)
    data = xgb.DMatrix(x, up, feature_types=["q", "q", "c"], enable_categorical=True)
    classifier = xgb.XGBClassifier(n_estimators=40, n_jobs=1, early_stopping_rounds=5)
    models = {
        "booster": xgb.train({"objective": "binary:logistic", "nthread": 1}, data, 30),
        "dart": xgb.train({"objective": "binary:logistic", "nthread": 1, "booster": "dart", "rate_drop": 0.3}, data, 20),
        "classifier": classifier.fit(x, up, eval_set=[(parts.validation.x, parts.validation.up)], verbose=False),
    }
    for name, model in models.items():
        presage.save(model, sys.argv[1], name=name, version="1.0.0", description=make_description(), parts=parts)


if __name__ == "__main__":
    main()

"""Boosted trees of XGBoost, which the server runs by itself."""

from __future__ import annotations

import xgboost
from urth import options, prepared, save

SEED = 5


def main() -> None:
    """Trains and saves."""
    chosen = options(__doc__ or "")
    matrix, parts = prepared(chosen.matrix)
    model = xgboost.XGBClassifier(
        n_estimators=10 if chosen.quick else 150, max_depth=3, learning_rate=0.03, subsample=0.5, colsample_bytree=0.5, min_child_weight=50, n_jobs=1, random_state=SEED
    )
    model.fit(parts.train.x, parts.train.up)
    provenance = {"framework": f"xgboost {xgboost.__version__}", "script": "examples/train_xgboost.py", "seed": SEED}
    save(model, (matrix, parts), provenance, name="xgboost_trees", models_dir=chosen.models)


if __name__ == "__main__":
    main()

"""Boosted trees of LightGBM, which the server runs by itself."""

from __future__ import annotations

import lightgbm
from urth import options, prepared, save

SEED = 5


def main() -> None:
    """Trains and saves."""
    chosen = options(__doc__ or "")
    matrix, parts = prepared(chosen.matrix)
    model = lightgbm.LGBMClassifier(
        n_estimators=10 if chosen.quick else 150, num_leaves=8, learning_rate=0.03, subsample=0.5, subsample_freq=1, colsample_bytree=0.5, min_child_samples=50,
        n_jobs=1, random_state=SEED, verbosity=-1,
    )  # fmt: skip
    model.fit(parts.train.x, parts.train.up)
    provenance = {"framework": f"lightgbm {lightgbm.__version__}", "script": "examples/train_lightgbm.py", "seed": SEED}
    save(model, (matrix, parts), provenance, name="lightgbm_trees", models_dir=chosen.models)


if __name__ == "__main__":
    main()

"""The baseline for URTH/USD by the hour: scikit-learn's logistic regression, which `save` exports to ONNX."""

from __future__ import annotations

import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from urth import options, prepared, save

import presage

SEED = 5


def train(rows: presage.Rows) -> Pipeline:
    """The fitted pipeline: columns standardised, then a regression held tight, since 4,000 bars say little."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000, random_state=SEED))
    return pipeline.fit(rows.x, rows.up)


def main() -> None:
    """Trains and saves."""
    chosen = options(__doc__ or "")
    matrix, parts = prepared(chosen.matrix)
    provenance = {"framework": f"scikit-learn {sklearn.__version__}", "script": "examples/train_baseline.py", "seed": SEED}
    save(train(parts.train), (matrix, parts), provenance, name="baseline", models_dir=chosen.models)


if __name__ == "__main__":
    main()

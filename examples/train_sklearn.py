"""Two pipelines of scikit-learn: a small network that goes to ONNX, and a kernel approximation that ONNX does not know and that stays as it is."""

from __future__ import annotations

import sklearn
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from urth import options, prepared, save

SEED = 5


def pipelines(quick: bool) -> dict[str, Pipeline]:
    """Bundle name to pipeline, not fitted yet."""
    network = MLPClassifier((8,), alpha=1.0, learning_rate_init=1e-3, max_iter=5 if quick else 60, early_stopping=not quick, random_state=SEED)
    kernel = Nystroem(gamma=0.02, n_components=20 if quick else 100, random_state=SEED)
    return {
        "sklearn_network": make_pipeline(StandardScaler(), PCA(6, random_state=SEED), network),
        "sklearn_kernel": make_pipeline(StandardScaler(), kernel, LogisticRegression(C=0.05, max_iter=1000)),
    }


def main() -> None:
    """Trains and saves."""
    chosen = options(__doc__ or "")
    matrix, parts = prepared(chosen.matrix)
    provenance = {"framework": f"scikit-learn {sklearn.__version__}", "script": "examples/train_sklearn.py", "seed": SEED}
    for name, pipeline in pipelines(chosen.quick).items():
        save(pipeline.fit(parts.train.x, parts.train.up), (matrix, parts), provenance, name=name, models_dir=chosen.models)


if __name__ == "__main__":
    main()

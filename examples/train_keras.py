"""A small Keras network with its scaling inside: as ONNX, and once more as the SavedModel that a Python worker serves."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
from urth import FEATURES, options, prepared, save  # noqa: E402

import presage  # noqa: E402

SEED = 5


def train(rows: presage.Rows, epochs: int) -> keras.Model:
    """P(up) from raw features; the training mean and deviation are a layer."""
    keras.utils.set_random_seed(SEED)
    scale = keras.layers.Normalization()
    scale.adapt(rows.x)
    layers = [keras.layers.Input((len(FEATURES),)), scale, keras.layers.Dense(16, activation="tanh", kernel_regularizer="l2")]
    model = keras.Sequential([*layers, keras.layers.Dropout(0.3), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.fit(rows.x, rows.up, batch_size=128, epochs=epochs, verbose=0)
    return model


def main() -> None:
    """Trains and saves."""
    chosen = options(__doc__ or "")
    matrix, parts = prepared(chosen.matrix)
    model = train(parts.train, 1 if chosen.quick else 20)
    provenance = {"framework": f"keras {keras.__version__}", "script": "examples/train_keras.py", "seed": SEED}
    save(model, (matrix, parts), provenance, name="keras_network", models_dir=chosen.models)
    save(model, (matrix, parts), provenance, name="keras_original", models_dir=chosen.models, runtimes=["python"])


if __name__ == "__main__":
    main()

"""Keras's own .keras files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..load_args import LoadArgs
from ..refusal import VERIFICATION_FAILED, Refusal
from .adapter import Model, framework
from .tensorflow_process import tensorflow_for
from .tensors import chosen_output, only_input, row_shape


def load(args: LoadArgs) -> Model:
    """A model as one TensorFlow function: called as it is, Keras walks its layers in Python for each row (measured: tens of ms instead of one)."""
    # Keras reads other files too, and those without its safe mode.
    if not args.path.endswith(".keras"):
        raise Refusal(VERIFICATION_FAILED, "A Keras artefact ends with .keras: save it with model.save('model.keras')")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tensorflow, device = tensorflow_for(args)
    keras = framework("keras", "Keras")
    model = keras.models.load_model(args.path, compile=False, safe_mode=not args.allow_unsafe)
    only_input([tensor.name for tensor in model.inputs or []])
    shape = row_shape(args, model.inputs[0].shape[1:])
    # A Sequential has neither, and one output.
    named = getattr(model, "output", None)
    names = list(named) if isinstance(named, Mapping) else getattr(model, "output_names", ["output"])
    output = chosen_output(dict.fromkeys(names), args.tensor)

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, *shape], tensorflow.float32)])
    def answer(rows: Any) -> Any:
        given = model(rows, training=False)
        if isinstance(given, Mapping):
            return given[output]
        return given[names.index(output)] if isinstance(given, (list, tuple)) else given

    def predict(rows: np.ndarray) -> Any:
        return answer(tensorflow.constant(rows.reshape(len(rows), *shape), dtype=tensorflow.float32)).numpy()

    return Model("keras", keras.__version__, type(model).__name__, predict, device)

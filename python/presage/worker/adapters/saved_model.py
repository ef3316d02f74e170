"""TensorFlow SavedModel: a folder."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from ..load_args import LoadArgs
from ..refusal import VERIFICATION_FAILED, Refusal
from .adapter import Model
from .saved_graph import check_graph
from .tensorflow_process import tensorflow_for
from .tensors import chosen_output, only_input, row_shape

SIGNATURE = "serving_default"


def load(args: LoadArgs) -> Model:
    """The signature `serving_default`."""
    process = tensorflow_for(args)
    check_graph(args)
    return signature_model(*process, args)


def signature_model(tensorflow: ModuleType, device: str, args: LoadArgs) -> Model:
    """The same in a process whose TensorFlow has its threads already."""
    loaded = tensorflow.saved_model.load(args.path)
    if SIGNATURE not in loaded.signatures:
        raise Refusal(VERIFICATION_FAILED, f"The SavedModel has no signature {SIGNATURE}; it has {', '.join(loaded.signatures) or 'none'}")
    signature = loaded.signatures[SIGNATURE]
    inputs = signature.structured_input_signature[1]
    name = only_input(list(inputs))
    spec = inputs[name]
    shape = row_shape(args, None if spec.shape.rank is None else spec.shape.as_list()[1:])
    output = chosen_output(signature.structured_outputs, args.tensor)

    # `loaded` owns the variables: a signature alone would lose them.
    def predict(rows: np.ndarray, _owner: Any = loaded) -> Any:
        tensor = tensorflow.constant(rows.reshape(len(rows), *shape), dtype=spec.dtype)
        return signature(**{name: tensor})[output].numpy()

    return Model("tensorflow", tensorflow.__version__, "SavedModel", predict, device)

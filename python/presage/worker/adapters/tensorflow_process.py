"""TensorFlow as this process uses it."""

from __future__ import annotations

from types import ModuleType

from ..load_args import LoadArgs
from .adapter import framework


def tensorflow_for(args: LoadArgs) -> tuple[ModuleType, str]:
    """TensorFlow with the threads that the server gave, and the device that it really has."""
    tensorflow = framework("tensorflow", "TensorFlow")
    tensorflow.config.threading.set_intra_op_parallelism_threads(args.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    has_gpu = args.device == "cuda" and bool(tensorflow.config.list_physical_devices("GPU"))
    return tensorflow, "cuda" if has_gpu else "cpu"

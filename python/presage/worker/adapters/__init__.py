"""One adapter per framework, imported when a model needs it."""

from __future__ import annotations

from importlib import import_module

from ..load_args import LoadArgs
from ..refusal import VERIFICATION_FAILED, Refusal
from .adapter import Model

ADAPTERS = {
    "sklearn-joblib": "joblib_file",
    "skops": "skops_file",
    "lightgbm": "lightgbm_file",
    "xgboost-json": "xgboost_file",
    "xgboost-ubj": "xgboost_file",
    "tensorflow-savedmodel": "saved_model",
    "keras": "keras_file",
    "torchscript": "torch_script",
    "torch-export": "torch_export",
    "python-class": "python_class",
}


def open_model(args: LoadArgs) -> Model:
    """The model in its framework; raises Refusal, or whatever the framework raises."""
    if args.format not in ADAPTERS:
        raise Refusal(VERIFICATION_FAILED, f"The worker reads no {args.format}; it reads {', '.join(ADAPTERS)}")
    return import_module(f".{ADAPTERS[args.format]}", __name__).load(args)

"""scikit-learn by joblib."""

from __future__ import annotations

from ..load_args import LoadArgs
from .adapter import Model, framework, need_unsafe
from .estimator import estimator_model


def load(args: LoadArgs) -> Model:
    """A joblib file is a pickle: reading it runs what is in it."""
    need_unsafe(args, "A joblib file runs code when it is read")
    joblib = framework("joblib", "joblib")
    framework("sklearn", "scikit-learn")
    return estimator_model(joblib.load(args.path), args)

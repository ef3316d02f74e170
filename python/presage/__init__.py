"""Writes model bundles for the Presage server."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .exports import *  # noqa: F403

__all__ = ["BundleError", "Description", "InputTensor", "Matrix", "Parts", "Predict", "PythonClass", "Report", "Rows", "borders_at", "read_matrix", "save", "split_by_time", "windows"]
__version__ = "0.1.0"

if not TYPE_CHECKING:

    # Once one of them is asked for: a worker is part of this package, and each start of one would pay for all that saves bundles.
    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(".exports", __name__), name)

    def __dir__():
        return [*globals(), *__all__]

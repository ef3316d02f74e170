"""Writes model bundles for the Presage server."""

from .description import Description
from .errors import BundleError
from .evidence import Parts, Predict
from .matrix import Matrix, read_matrix, windows
from .onnx_model import save_onnx
from .rows import Rows
from .save_trees import save
from .splits import borders_at, split_by_time

__all__ = ["BundleError", "Description", "Matrix", "Parts", "Predict", "Rows", "borders_at", "read_matrix", "save", "save_onnx", "split_by_time", "windows"]
__version__ = "0.1.0"

"""What every adapter gives, and what several need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from ..load_args import LoadArgs
from ..refusal import CONTRACT_MISMATCH, VERIFICATION_FAILED, Refusal, cannot_import


@dataclass(frozen=True)
class Model:
    """
    A model in its framework: `predict` takes float64 [count, window * inputs] and gives whatever the framework gives; `kind` names the class of the model, `device` what
    computes it, `fallback` why that is not the device that was asked for, and `hint` what to look for if it does not answer a row of zeros.
    """

    framework: str
    version: str
    kind: str
    predict: Callable[[np.ndarray], Any]
    device: str = "cpu"
    fallback: str | None = None
    hint: str = ""


def framework(module: str, package: str) -> ModuleType:
    """A framework's module; raises Refusal that says how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise Refusal(VERIFICATION_FAILED, cannot_import(package, error)) from error


def check_columns(args: LoadArgs, wanted: int | None, kind: str) -> None:
    """Raises Refusal if the model was trained on another number of values per row."""
    if wanted is not None and wanted != args.columns:
        raise Refusal(CONTRACT_MISMATCH, f"This {kind} takes {wanted} values per row, the manifest's inputs make {args.columns}")


def need_unsafe(args: LoadArgs, why: str) -> None:
    """Raises Refusal unless the operator allowed formats that run code."""
    if not args.allow_unsafe:
        raise Refusal(VERIFICATION_FAILED, f"{why}; set models.allowUnsafeFormats if you trust whoever made this bundle")

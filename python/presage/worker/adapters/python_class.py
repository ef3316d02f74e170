"""A class of the user's own."""

from __future__ import annotations

import inspect
import platform
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..load_args import LoadArgs
from ..refusal import VERIFICATION_FAILED, Refusal
from .adapter import Model, need_unsafe


def module_of_file(name: str, file: Path) -> ModuleType:
    """The module of one file. Its folder is not searched, as nobody verified what else lies there."""
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise Refusal(VERIFICATION_FAILED, f"{file.name} is no Python file")
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def module_of_folder(name: str, folder: Path) -> ModuleType:
    """A module below a folder; raises Refusal for one that Python has from elsewhere."""
    sys.path.insert(0, str(folder))
    module = import_module(name)
    if not Path(getattr(module, "__file__", None) or "/").is_relative_to(folder):
        raise Refusal(VERIFICATION_FAILED, f"Python has another module {name} than the artefact's: rename it")
    return module


def find_class(args: LoadArgs, path: Path) -> type:
    """The class `module:Class` of the artefact."""
    name, _, class_name = (args.class_name or "").partition(":")
    if not name or not class_name:
        raise Refusal(VERIFICATION_FAILED, "A python-class artefact needs artefact.class, as module:Class")
    module = module_of_folder(name, path) if path.is_dir() else module_of_file(name, path)
    found = getattr(module, class_name, None)
    if not isinstance(found, type) or not callable(getattr(found, "predict", None)):
        raise Refusal(VERIFICATION_FAILED, f"{args.class_name} is no class with predict(rows)")
    return found


def make_object(found: type, path: str) -> Any:
    """`load(path)` makes the object as a class or static method, or fills a new one as a plain method; a class without it is made without arguments."""
    load = inspect.getattr_static(found, "load", None)
    if isinstance(load, (classmethod, staticmethod)):
        return found.load(path)
    made = found()
    if load is not None:
        made.load(path)
    return made


def load(args: LoadArgs) -> Model:
    """A folder with the class's module and whatever it reads, or one .py file. `predict(rows)` takes float64 [count, inputs], or [count, window, inputs] for a window."""
    need_unsafe(args, "A python-class artefact is code")
    found = find_class(args, Path(args.path))
    made = make_object(found, args.path)

    def predict(rows: np.ndarray) -> Any:
        return made.predict(rows if args.window == 1 else rows.reshape(len(rows), args.window, args.inputs))

    return Model("python", platform.python_version(), found.__name__, predict, "cpu" if args.device == "cpu" else "a device that its code chooses")

"""Classes of the user's own."""

from __future__ import annotations

import inspect
import shutil
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BundleError
from ..source import FLOAT64, Artefact, Form, Predict, RowShape, Source, columns

FOLDER = "model"


@dataclass(frozen=True)
class PythonClass:
    """
    A class that predicts: `path` is the folder of its module and of all that it reads, or one .py file; `name` is module:Class. `load(path)`, if there is one, makes the
    object (class or static method) or fills a new one; `predict(rows)` takes float64 rows x features, or rows x window x features, and gives rows x outputs.
    """

    path: str | Path
    name: str


def python_class_source(model: PythonClass, shape: RowShape) -> Source:
    """The object as `load` makes it from its own folder."""
    path = Path(model.path).resolve()

    def write(folder: Path) -> Artefact:
        if path.is_dir():
            shutil.copytree(path, folder / FOLDER, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            (folder / FOLDER).mkdir()
            shutil.copyfile(path, folder / FOLDER / path.name)
        return Artefact(FOLDER, "python", "python-class", FLOAT64, klass=model.name)

    predict = object_predictor(make_object(path if path.is_dir() else path.parent, model.name), shape)
    return Source("Python " + sys.version.split()[0], model.name, None, predict, [Form("class", "python", write)])


def make_object(folder: Path, name: str) -> Any:
    """The object of a class `module:Class` in a folder; raises BundleError for a module that Python found elsewhere, and for a class that does not predict."""
    module_name, _, class_name = name.partition(":")
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        module = import_module(module_name)
        found = getattr(module, class_name, None)
        if not Path(getattr(module, "__file__", None) or "/").resolve().is_relative_to(folder.resolve()):
            raise BundleError(f"Python has another module {module_name} than that in {folder}: give yours another name")
        if not isinstance(found, type) or not callable(getattr(found, "predict", None)):
            raise BundleError(f"{name} is no class with predict(rows): name it as module:Class")
        return _made(found, folder)
    except ImportError as error:
        raise BundleError(f"{name} cannot be imported from {folder}: {error}") from error
    finally:
        sys.path.remove(str(folder))
        for each in set(sys.modules) - before:  # so that another folder may have a module of the same name
            if str(getattr(sys.modules[each], "__file__", None) or "").startswith(f"{folder}/"):
                del sys.modules[each]


def _made(found: type, folder: Path) -> Any:
    load = inspect.getattr_static(found, "load", None)
    if isinstance(load, (classmethod, staticmethod)):
        return found.load(folder)
    made = found()
    if load is not None:
        made.load(folder)
    return made


def object_predictor(made: Any, shape: RowShape) -> Predict:
    """What the object gives for rows."""
    return lambda x: columns(made.predict(np.ascontiguousarray(shape.shaped(x))), len(x))

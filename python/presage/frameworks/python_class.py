"""Classes of the user's own."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import refused
from ..source import FLOAT64, Artefact, Contract, Form, Source
from ..worker_words import read_by_worker

FOLDER = "model"


@dataclass(frozen=True)
class PythonClass:
    """
    A class that predicts: `path` is the folder of its module and of all that it reads, or one .py file; `name` is module:Class. `load(path)`, if there is one, makes the
    object (class or static method) or fills a new one from that folder or file; `predict(rows)` takes float64 rows x features, or rows x window x features, and gives rows x outputs.
    """

    path: str | Path
    name: str


def python_class_source(model: PythonClass, contract: Contract) -> Source:
    """The object as `load` makes it from its own folder. Raises BundleError where it cannot be made."""
    path = Path(model.path).resolve()
    artefact = Artefact(path.name, "python", "python-class", FLOAT64, klass=model.name)

    def write(folder: Path) -> Artefact:
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
            return artefact
        shutil.copytree(path, folder / FOLDER, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        return replace(artefact, path=FOLDER)

    fix = "its module must import by itself, and the class be made by load(path), or without arguments"
    with _own_modules(path if path.is_dir() else path.parent), refused(f"{model.name} of {path} cannot be made", fix):
        predict = read_by_worker((path.parent, artefact), contract)
    return Source(f"Python {platform.python_version()}", model.name, None, predict, [Form("class", "python", write)])


@contextmanager
def _own_modules(folder: Path) -> Iterator[None]:
    """Forgets afterwards where a folder's modules came from, so that another folder may have modules of the same names."""
    before, path = set(sys.modules), list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(f"{folder}/"):
                del sys.modules[name]

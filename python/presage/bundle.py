"""Writes a bundle folder: all or nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

from .errors import BundleError
from .yaml_text import to_yaml

NAME = re.compile(r"[a-z0-9_]{1,64}")
VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?", re.ASCII)
INNER_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


def sha256_of(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimals."""
    return hashlib.sha256(content).hexdigest()


def check_identity(models_dir: str | Path, name: str, version: str) -> Path:
    """Folder of the version; raises BundleError for a name or version that the server would refuse, and if the folder is there already."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BundleError(f"name {name!r}: small letters, digits and _ only, 1 to 64")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise BundleError(f"version {version!r}: a semantic version as a text, such as '1.2.3', without v")
    target = Path(models_dir) / name / version
    if target.exists():
        raise BundleError(f"{target} is there already, and a version never changes: choose another version, or delete the folder yourself")
    return target


def write_bundle(target: Path, manifest: dict[str, Any], content: tuple[Path, dict[str, bytes]]) -> None:
    """
    Writes all files below a folder, further files, and `model.yaml` (with the digests of both) into a temporary folder beside `target`, then renames it: a server that
    watches sees a whole bundle or none. Raises BundleError if `target` is there already, for files whose names the server would refuse, and where no folder can be made.
    """
    folder, files = content
    temporary = target.parent / f".{target.name}.{uuid.uuid4().hex}.tmp"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BundleError(f"{target.parent} cannot be made a folder ({error.strerror}): name a folder for models that you may write to") from error
    try:
        shutil.copytree(folder, temporary)
        for name, data in files.items():
            (temporary / name).write_bytes(data)
        text = to_yaml({**manifest, "files": _digests(temporary)})
        (temporary / "model.yaml").write_text(text, encoding="utf-8")
        _rename(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path in there."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    strange = [name for name in names if not INNER_PATH.fullmatch(name) or len(name) > 200]
    if strange:
        raise BundleError(f"{', '.join(strange[:3])}: files of a bundle are named with letters, digits, _ . and - only")
    return {name: sha256_of((folder / name).read_bytes()) for name in names}


def _rename(temporary: Path, target: Path) -> None:
    if target.exists():
        raise BundleError(f"{target} appeared while the bundle was written: it was left as it is")
    try:
        os.rename(temporary, target)
    except OSError as error:
        raise BundleError(f"cannot rename the finished bundle to {target}: {error}") from error

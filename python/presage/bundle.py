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

NAME = re.compile(r"^[a-z0-9_]{1,64}$")
VERSION = re.compile(r"^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$")


def sha256_of(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimals."""
    return hashlib.sha256(content).hexdigest()


def check_identity(models_dir: str | Path, name: str, version: str) -> Path:
    """Folder of the version; raises BundleError for a name or version that the server would refuse, and if the folder is there already."""
    if not NAME.match(name):
        raise BundleError(f"name {name!r}: small letters, digits and _ only, 1 to 64")
    if not VERSION.match(version):
        raise BundleError(f"version {version!r}: a semantic version such as 1.2.3, without v")
    target = Path(models_dir) / name / version
    if target.exists():
        raise BundleError(f"{target} is there already, and a version never changes: choose another version, or delete the folder yourself")
    return target


def write_bundle(target: Path, manifest: dict[str, Any], files: dict[str, bytes]) -> Path:
    """
    Writes `files` and `model.yaml` (with the digests of `files`) into a temporary folder beside `target`, then renames it: a server that watches sees a whole bundle or
    none. Raises BundleError if `target` is there already.
    """
    digests = {name: sha256_of(content) for name, content in sorted(files.items())}
    text = to_yaml({**manifest, "files": digests})
    temporary = target.parent / f".{target.name}.{uuid.uuid4().hex}.tmp"
    temporary.mkdir(parents=True)
    try:
        for name, content in {**files, "model.yaml": text.encode()}.items():
            (temporary / name).write_bytes(content)
        _rename(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _rename(temporary: Path, target: Path) -> None:
    if target.exists():
        raise BundleError(f"{target} appeared while the bundle was written: it was left as it is")
    try:
        os.rename(temporary, target)
    except OSError as error:
        raise BundleError(f"cannot rename the finished bundle to {target}: {error}") from error

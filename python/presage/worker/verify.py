"""Files are what the manifest says before anything reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .refusal import VERIFICATION_FAILED, Refusal

CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def files_of(path: Path) -> list[Path]:
    """The file, or every file below the folder; raises Refusal on a link, which could lead anywhere."""
    found = [path, *sorted(path.rglob("*"))] if path.is_dir() else [path]
    for entry in found:
        if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            raise Refusal(VERIFICATION_FAILED, f"{entry.name} is not a plain file or folder")
    return [entry for entry in found if entry.is_file()]


def verify_files(artefact: str, digests: dict[str, str]) -> None:
    """Raises Refusal unless each listed file has its SHA-256 and the artefact has no other files: Python would run a module that nobody listed."""
    try:
        unlisted = [file.name for file in files_of(Path(artefact)) if str(file) not in digests]
        changed = [Path(file).name for file, digest in digests.items() if sha256_of(Path(file)) != digest]
    except OSError as error:
        raise Refusal(VERIFICATION_FAILED, f"The artefact cannot be read: {error.strerror} ({error.filename})") from error
    if unlisted:
        raise Refusal(VERIFICATION_FAILED, f"{', '.join(unlisted[:3])} is not listed in the manifest's files")
    if changed:
        raise Refusal(VERIFICATION_FAILED, f"{', '.join(changed[:3])} differs from its SHA-256 in the manifest")

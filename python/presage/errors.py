"""The one error that this package raises on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from .worker.refusal import first_line


class BundleError(Exception):
    """A bundle cannot be made as asked; the message says what to change. Anything else that surfaces is a bug."""


@contextmanager
def refused(what: str, fix: str) -> Iterator[None]:
    """Whatever a user's file or code raises in here becomes a BundleError that says what failed, how, and what to change; one that is raised in here passes as it is."""
    try:
        yield
    except BundleError:
        raise
    except Exception as error:  # foreign files and code fail in every way
        raise BundleError(f"{what} ({first_line(error)}); {fix}") from error


def reading(path: Path, form: str, fix: str) -> AbstractContextManager[None]:
    """`refused` for a file that is read as a form of model."""
    return refused(f"{path} cannot be read as {form}", fix)

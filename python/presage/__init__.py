"""Writes model bundles for the Presage server."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .exports import *  # noqa: F403

__version__ = "0.1.0"


# Once one of them is asked for: a worker is part of this package, and each start of one would pay for all that saves bundles.
def __getattr__(name: str) -> Any:
    return getattr(import_module(".exports", __name__), name)


def __dir__() -> list[str]:
    return [*globals(), *import_module(".exports", __name__).__all__]

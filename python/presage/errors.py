"""The one error that this package raises on purpose."""


class BundleError(Exception):
    """A bundle cannot be made as asked; the message says what to change. Anything else that surfaces is a bug."""

"""scikit-learn by skops."""

from __future__ import annotations

from ..load_args import LoadArgs
from ..refusal import VERIFICATION_FAILED, Refusal
from .adapter import Model, framework
from .estimator import estimator_model


def load(args: LoadArgs) -> Model:
    """A skops file names its types: those that skops itself does not hold for safe are refused by name unless the operator allowed what runs code."""
    skops = framework("skops.io", "skops")
    unknown = skops.get_untrusted_types(file=args.path)
    if unknown and not args.allow_unsafe:
        raise Refusal(VERIFICATION_FAILED, f"The file has types that skops does not hold for safe: {', '.join(unknown[:10])}; set models.allowUnsafeFormats if you trust them")
    return estimator_model(skops.load(args.path, trusted=unknown), args)

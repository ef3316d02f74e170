"""From what a framework answers to what the server is promised."""

from __future__ import annotations

import numpy as np

from .load_args import LoadArgs
from .refusal import OUTPUT_INVALID, Refusal

# A float32 softmax may step over 1 by its last bit.
SLACK = 1e-6


def invalid(message: str) -> Refusal:
    """A refusal of an answer."""
    return Refusal(OUTPUT_INVALID, message)


def as_numbers(answer: object) -> np.ndarray:
    """An answer as an array of float64, NaN where a mask hides a value; raises Refusal if it is none of numbers."""
    try:
        values = np.asarray(answer)
    except Exception as error:
        raise invalid(f"The model answers with a {type(answer).__name__} that is no array ({type(error).__name__})") from error
    if values.dtype.kind not in "fiub":
        raise invalid(f"The model answers with {values.dtype} instead of numbers")
    numbers = values.astype(np.float64, copy=False)
    return np.where(np.ma.getmaskarray(answer), np.nan, numbers) if isinstance(answer, np.ma.MaskedArray) else numbers


def as_outputs(answer: object, count: int, args: LoadArgs) -> np.ndarray:
    """
    float64 [count, outputs]. One value per row may come without its dimension; of a binary model it is P(class 1) and becomes the pair. Values that are not finite
    are passed on. Raises Refusal for another shape, for what is not numbers, and for probabilities outside 0 and 1: a score is never bent into a probability.
    """
    given = as_numbers(answer)
    values = given.reshape(count, 1) if given.shape == (count,) else given
    if args.kind == "binary" and args.outputs == 2 and values.shape == (count, 1):
        values = np.concatenate([1 - values, values], axis=1)
    if values.shape != (count, args.outputs):
        raise invalid(f"The model answers {count} rows with shape {list(given.shape)}, the manifest needs [{count}, {args.outputs}]")
    if args.kind != "regression" and (np.fmin.reduce(values, axis=None) < -SLACK or np.fmax.reduce(values, axis=None) > 1 + SLACK):
        raise invalid("The model answers with values outside 0 and 1, which are no probabilities: call predict_proba, or make it a model of kind regression")
    return values

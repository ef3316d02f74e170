"""Rows as the tensors that networks take, and their named outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..load_args import LoadArgs
from ..refusal import CONTRACT_MISMATCH, VERIFICATION_FAILED, Refusal


def row_shape(args: LoadArgs, wanted: Sequence[int | None] | None) -> tuple[int, ...]:
    """
    Shape of one row: [window, inputs] for a sequence, else flat. `wanted` is what the model declares for one row, None where it leaves a dimension or all of them open;
    a model that declares one dimension gets its window flattened. Raises Refusal where the manifest's inputs do not fit.
    """
    sequence = (args.window, args.inputs)
    if wanted is None:
        return sequence if args.window > 1 else (args.columns,)
    shape = sequence if len(wanted) == 2 else (args.columns,)
    if len(wanted) != len(shape) or any(length not in (None, given) for length, given in zip(wanted, shape)):
        raise Refusal(CONTRACT_MISMATCH, f"The model takes rows of shape {list(wanted)}, the manifest's inputs make {list(shape)}")
    return shape


def only_input(names: Sequence[str]) -> str:
    """The one input of a model; raises Refusal if it has several."""
    if len(names) != 1:
        raise Refusal(VERIFICATION_FAILED, f"The model declares the inputs {', '.join(names) or 'none'}; it needs exactly one, the rows")
    return names[0]


def chosen_output(outputs: Mapping[str, Any], tensor: str | None) -> str:
    """The name of the output that the manifest means; raises Refusal that names those that are there."""
    names = ", ".join(outputs)
    if tensor is None and len(outputs) == 1:
        return next(iter(outputs))
    if tensor is None or tensor not in outputs:
        wanted = "name one of them in output.tensor" if tensor is None else f"output.tensor is {tensor}"
        raise Refusal(VERIFICATION_FAILED, f"The model gives {names}; {wanted}")
    return tensor

"""PyTorch's TorchScript."""

from __future__ import annotations

from ..load_args import LoadArgs
from .adapter import Model
from .torch_process import torch_for


def load(args: LoadArgs) -> Model:
    """What `torch.jit.save` wrote."""
    process = torch_for(args)
    return process.model(process.torch.jit.load(args.path, map_location=process.device).eval(), args, "TorchScript")

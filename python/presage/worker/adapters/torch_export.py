"""PyTorch's torch.export."""

from __future__ import annotations

from ..load_args import LoadArgs
from .adapter import Model, framework, need_unsafe
from .torch_process import torch_for


def load(args: LoadArgs) -> Model:
    """What `torch.export.save` wrote, with a batch of any size (`dynamic_shapes`). PyTorch reads constants and sample inputs in it as pickles."""
    need_unsafe(args, "torch.export.load reads pickles, which run code")
    process = torch_for(args)
    program = framework("torch.export", "PyTorch").load(args.path)
    if process.device == "cuda":
        program = framework("torch.export.passes", "PyTorch").move_to_device_pass(program, process.device)
    return process.model(program.module(), args, "ExportedProgram")

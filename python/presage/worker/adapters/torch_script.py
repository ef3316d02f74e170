"""PyTorch's TorchScript."""

from __future__ import annotations

import re

from ..load_args import LoadArgs
from .adapter import Model, framework, need_unsafe
from .torch_process import torch_for

# The operators that open a file by its name: all others of a program compute.
OPENS_FILES = re.compile(rb"\b(?:from_file|save)\b")
# How PyTorch writes a layer whose name is no identifier, such as those of Sequential.
PLAIN_LOOK_UP = re.compile(rb'\bgetattr\([\w.]+, "[^"\\]+"\)')
LOOK_UP = re.compile(rb"\bgetattr\b")


def may_open_files(source: bytes) -> bool:
    """Whether a program names an operator that opens files, or looks a name up by a text that may be put together to name one."""
    plain, count = source, 1
    while count:
        plain, count = PLAIN_LOOK_UP.subn(b"_", plain)
    return OPENS_FILES.search(source) is not None or LOOK_UP.search(plain) is not None


def check_program(args: LoadArgs) -> None:
    """Raises Refusal for a program that may open files, unless the operator allowed what runs code; by its text, since parts of it run while it is read."""
    reader = framework("torch", "PyTorch")._C.PyTorchFileReader(args.path)
    if any(may_open_files(reader.get_record(name)) for name in reader.get_all_records() if name.endswith(".py")):
        need_unsafe(args, "The module opens files by their names (torch.save, torch.from_file), or may")


def load(args: LoadArgs) -> Model:
    """What `torch.jit.save` wrote."""
    check_program(args)
    process = torch_for(args)
    return process.model(process.torch.jit.load(args.path, map_location=process.device).eval(), args, "TorchScript")

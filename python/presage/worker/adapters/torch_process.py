"""PyTorch as this process uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..load_args import LoadArgs
from ..refusal import OUTPUT_INVALID, Refusal, first_line
from .adapter import Model, framework
from .tensors import chosen_output, row_shape

HINT_ON_CARD = " A module that was traced on the CPU keeps tensors there, whatever the device: use torch.jit.script or torch.export."


def one_tensor(answer: Any, tensor: str | None) -> Any:
    """The tensor that a module gave, alone or by name; raises Refusal for several without names."""
    if isinstance(answer, Mapping):
        return answer[chosen_output(answer, tensor)]
    if isinstance(answer, (tuple, list)):
        if len(answer) != 1:
            raise Refusal(OUTPUT_INVALID, f"The module gives {len(answer)} values without names: give one tensor, or a dict and name it in output.tensor")
        return answer[0]
    return answer


@dataclass(frozen=True)
class TorchProcess:
    """PyTorch, the device that it really has, and why that is not the one that was asked for."""

    torch: ModuleType
    device: str
    fallback: str | None = None

    def model(self, module: Callable[[Any], Any], args: LoadArgs, kind: str) -> Model:
        """A module on that device that takes float32 [count, inputs], or [count, window, inputs] for a window."""
        torch, device, shape = self.torch, self.device, row_shape(args, None)

        def predict(rows: np.ndarray) -> Any:
            tensor = torch.from_numpy(rows.reshape(len(rows), *shape).astype(np.float32)).to(device)
            with torch.inference_mode():
                return one_tensor(module(tensor), args.tensor).to("cpu", torch.float64).numpy()

        return Model("torch", torch.__version__, kind, predict, device, self.fallback, HINT_ON_CARD if device == "cuda" else "")


def torch_for(args: LoadArgs) -> TorchProcess:
    """PyTorch with the threads that the server gave. Once per process: PyTorch sets its pool of threads but once."""
    torch = framework("torch", "PyTorch")
    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    if args.device != "cuda":
        return TorchProcess(torch, "cpu")
    try:
        torch.cuda.init()
    except Exception as error:  # without CUDA it is an AssertionError, without a card a RuntimeError
        return TorchProcess(torch, "cpu", first_line(error))
    # The same rows get the same bits each time; what cannot promise that warns in the log.
    torch.use_deterministic_algorithms(True, warn_only=True)
    return TorchProcess(torch, "cuda")

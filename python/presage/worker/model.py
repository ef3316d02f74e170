"""A model that was proved to answer before the server hears of it."""

from __future__ import annotations

import gc
import math
import platform
import traceback
from typing import Any

import numpy as np

from .adapters import open_model
from .adapters.adapter import Model
from .alike import Size, effort_ms, plan_cuts, prove_sizes, wall_ms
from .limits import limit_loading, limit_memory, resident_bytes
from .load_args import LoadArgs
from .messages import host_ms
from .outputs import as_outputs
from .refusal import CONTRACT_MISMATCH, DEADLINE_EXCEEDED, ITS_LIMIT, MEMORY_EXCEEDED, OUTPUT_INVALID, VERIFICATION_FAILED, Refusal, first_line, is_out_of_memory, log_line, log_traceback
from .verify import verify_files


def filled_up(rows: np.ndarray, size: int) -> np.ndarray:
    """Rows with the last one repeated until there are `size`."""
    return rows if len(rows) == size else rows.take(np.arange(size), axis=0, mode="clip")


class LoadedModel:
    """Rows in, outputs out; whatever the model does short of ending the process becomes a refusal."""

    def __init__(self, model: Model, args: LoadArgs) -> None:
        self._model = model
        self._args = args
        self._sizes: list[Size] = []
        self._next: list[int] = []

    def predict(self, tensors: list[tuple[str, np.ndarray]], until: float = math.inf) -> np.ndarray:
        """Outputs of the tensor `rows`, float64 [count, outputs]: what a row gets does not depend on its company. Raises Refusal, also when `until` passes between two parts."""
        rows = self._rows(tensors)
        count, largest = len(rows), len(self._next) - 1
        if self._next[min(count, largest)] == count:
            return self._answer(rows)
        outputs = np.empty((count, self._args.outputs))
        at = 0
        while at < count:
            if at and host_ms() >= until:
                raise Refusal(DEADLINE_EXCEEDED, f"The deadline passed after {at} of {count} rows")
            size = self._next[min(count - at, largest)]
            part = rows[at : at + size]
            outputs[at : at + size] = self._answer(filled_up(part, size))[: len(part)]
            at += size
        return outputs

    def _answer(self, rows: np.ndarray) -> np.ndarray:
        """Outputs of rows that are computed together."""
        try:
            answer = self._model.predict(rows)
        except BaseException as error:  # the model is foreign code: SystemExit is its fault as much as ValueError
            # What the model piled up in its calls is let go first: else there is no memory left to refuse with.
            traceback.clear_frames(error.__traceback__)
            log_traceback()
            if is_out_of_memory(error):
                where = f"{ITS_LIMIT} allows" if self._model.device == "cpu" else f"{ITS_LIMIT} or the graphics card has"
                raise Refusal(MEMORY_EXCEEDED, f"The model needs more memory for these rows than {where}") from error
            raise Refusal(OUTPUT_INVALID, f"The model's code raised {type(error).__name__}") from error
        return as_outputs(answer, len(rows), self._args)

    def info(self) -> dict[str, Any]:
        """What the server is told."""
        model, versions = self._model, self._versions()
        engine = f"{model.framework} {model.version} ({model.kind})"
        return {"rssBytes": resident_bytes(), "engine": engine, "versions": versions, "device": model.device, "batch": self._sizes, **self._fallback()}

    def _versions(self) -> dict[str, str]:
        return {"python": platform.python_version(), "numpy": np.__version__, self._model.framework: self._model.version}

    def _prove(self) -> list[Size]:
        is_cpu = self._model.device == "cpu"
        clock = effort_ms if is_cpu else wall_ms
        return prove_sizes(lambda rows: as_outputs(self._model.predict(rows), len(rows), self._args), self._args.columns, clock, one_size=not is_cpu)

    def _proven(self) -> list[Size]:
        """Sizes that a worker proved on this device with these versions, if the model answers at the largest here and now; its memory and its kernels are there from then on."""
        here = (self._model.device, self._versions())
        sizes = next((batch.sizes for batch in self._args.batch if (batch.device, batch.versions) == here), [])
        try:
            if sizes:
                self._answer(np.zeros((sizes[-1].rows, self._args.columns)))
        except Refusal:
            return []
        return sizes

    def _fallback(self) -> dict[str, str]:
        asked, model = self._args.device, self._model
        if asked == "cpu" or model.device != "cpu":
            return {}
        return {"fallback": model.fallback or f"{model.framework} uses no graphics card here"}

    def warm_up(self) -> None:
        """Answers one row and two rows of zeros, and settles at which sizes it is called; raises Refusal if it cannot."""
        for count in (1, 2):
            try:
                self._answer(np.zeros((count, self._args.columns)))
            except Refusal as refusal:
                if refusal.code != OUTPUT_INVALID:
                    raise
                hint = " It answers one row but not two: was it exported with a fixed batch?" if count == 2 else self._model.hint
                raise Refusal(VERIFICATION_FAILED, f"{refusal} (asked for {count} of zeros).{hint}") from refusal
        self._sizes = self._proven() or self._prove()
        self._next = plan_cuts(self._sizes)

    def _rows(self, tensors: list[tuple[str, np.ndarray]]) -> np.ndarray:
        if len(tensors) != 1 or tensors[0][0] != "rows":
            raise Refusal(CONTRACT_MISMATCH, "A call needs one tensor, rows")
        rows = tensors[0][1]
        if rows.dtype != np.float64 or rows.ndim != 2 or len(rows) == 0 or rows.shape[1] != self._args.columns:
            raise Refusal(CONTRACT_MISMATCH, f"The rows are {rows.dtype} {list(rows.shape)}, the model takes float64 [rows, {self._args.columns}]")
        return rows


def load_model(args: LoadArgs) -> LoadedModel:
    """Verifies, loads, warms up, and limits memory from then on. Raises Refusal."""
    if len(args.features) != args.inputs:
        raise Refusal(CONTRACT_MISMATCH, f"The manifest lists {len(args.features)} features for {args.inputs} inputs")
    verify_files(args.path, args.files)
    # What the libraries of a graphics card reserve is many times what they use.
    if args.loading_memory is not None and args.device == "cpu":
        limit_loading(args.loading_memory)
    try:
        model = LoadedModel(open_model(args), args)
    except Refusal:
        raise
    except BaseException as error:  # reading a model may run foreign code
        log_traceback()
        code = MEMORY_EXCEEDED if is_out_of_memory(error) else VERIFICATION_FAILED
        bound = "" if code != MEMORY_EXCEEDED or args.loading_memory is None else f"; models.processMemoryMb allows {args.loading_memory >> 20} MiB while a model is loaded"
        raise Refusal(code, f"The {args.format} artefact cannot be loaded: {first_line(error)}{bound}") from error
    model.warm_up()
    if "fallback" in (info := model.info()):
        log_line(f"The model asks for {args.device}, the {info['device']} computes it: {info['fallback']}")
    # What the model is made of lives as long as the process: the collector need not walk it between calls.
    gc.collect()
    gc.freeze()
    if args.memory is not None:
        limit_memory(args.memory)
    return model

"""What a SavedModel may do, by its graph: TensorFlow has operators that open files or reach other processes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..load_args import LoadArgs
from .adapter import need_unsafe

# Parts of the names of operators that do more than compute: they open files, among them checkpoints and tables, or send. What a numeric model computes with has none of them.
REACHES_OUT = re.compile("File|Save|Restore|Checkpoint|Dataset|Iterator|Reader|Summary|Event|Print|PyFunc|Sql|Remap|Snapshot|Debug|Proto|Rpc|Remote|Send|Recv|TPU")


def _called(nodes: Iterable[Any]) -> set[str]:
    """Names of the functions that nodes call."""
    return {function.name for node in nodes for value in node.attr.values() for function in (value.func, *value.list.func) if function.name}


def _starts(graph: Any) -> tuple[list[Any], set[str]]:
    """Nodes of the graph itself, and functions, that may run: all but what saves and restores, where nothing else asks for that."""
    saver = {graph.saver_def.save_tensor_name.split(":")[0], graph.saver_def.restore_op_name}
    asked = {name.lstrip("^").split(":")[0] for node in graph.graph_def.node for name in node.input}
    asked |= {output.name.split(":")[0] for signature in graph.signature_def.values() for output in signature.outputs.values()}
    nodes = [node for node in graph.graph_def.node if node.name not in saver - asked]
    return nodes, _called(nodes) | set(graph.object_graph_def.concrete_functions)


def strange_operator(graph: Any) -> str | None:
    """The first operator of a MetaGraphDef that may run and does more than compute."""
    functions = {function.signature.name: function.node_def for function in graph.graph_def.library.function}
    nodes, waiting = _starts(graph)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        inner = list(functions.get(name, ()))
        nodes += inner
        waiting |= _called(inner) - seen
    return next((node.op for node in nodes if REACHES_OUT.search(node.op)), None)


def check_graph(args: LoadArgs) -> None:
    """Raises Refusal for a SavedModel that does more than compute, unless the operator allowed what runs code."""
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((Path(args.path) / "saved_model.pb").read_bytes())
    for graph in saved.meta_graphs:
        operator = strange_operator(graph)
        if operator is not None:
            need_unsafe(args, f"The SavedModel does more than compute (TensorFlow's operator {operator})")

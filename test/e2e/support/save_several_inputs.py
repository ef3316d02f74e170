"""Writes into a folder an ONNX graph of several inputs, a matrix for it, and a bundle of it whose golden rows are the graph's formula in numpy."""

import sys
from pathlib import Path

from made_up_graphs import FEATURES, TENSORS, WINDOW, graph_answer, graph_rows, graph_vectors, write_graph
from made_up_market import make_description, make_parts, write_matrix

import presage

room = Path(sys.argv[1])
graph = write_graph(room / "given.onnx")
write_matrix(room, graph_vectors(), FEATURES)
description = make_description(features=FEATURES, optional=[], window=WINDOW)
words = {"name": "saved", "description": description, "parts": make_parts(graph_rows()), "tensors": TENSORS, "quiet": True}
presage.save(graph, room / "models", version="1.0.0", predict=graph_answer, **words)
amounts = make_description(features=FEATURES, optional=[], window=WINDOW, kind="regression")
presage.save(graph, room / "models", version="2.0.0", tensor="ticks", **{**words, "description": amounts})
print("\n".join(map(str, TENSORS)))

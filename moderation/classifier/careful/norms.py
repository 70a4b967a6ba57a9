"""Spells out the network's layer norms: onnxruntime's own does a number at a time and took a quarter of a reading.

Needs the extra `train`.
"""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import helper, numpy_helper

from moderation.classifier.careful.rounded import stored_in, whole

_KIND = "SkipLayerNormalization"
_LEAST = 1e-6  # a row of equal numbers is not divided by zero


def spell_out_norms(model: onnx.ModelProto) -> None:
    """Replace each, in place, by operations that onnxruntime does many at a time, and does not put together again."""
    graph = model.graph
    stored = stored_in(model)
    nodes = []
    for number, node in enumerate(graph.node):
        if node.op_type != _KIND:
            nodes.append(node)
            continue
        if any(node.output[1:]):
            raise ValueError(f"{node.name} has outputs that this does not know how to spell out.")
        scale = whole(stored, node.input[2])
        name = f"norm_{number}_"
        graph.initializer.append(numpy_helper.from_array(np.float32(_LEAST), name + "least"))
        graph.initializer.append(numpy_helper.from_array(scale * np.float32(np.sqrt(len(scale))), name + "scale"))
        nodes += _spelled_out(node, name)
    del graph.node[:]
    graph.node.extend(nodes)


def _spelled_out(node: onnx.NodeProto, name: str) -> Iterator[onnx.NodeProto]:
    """(x - mean) / length * scale + shift, where the length is the deviation times the root of the width."""
    added, skipped, _, shift, *bias = node.input
    if bias:
        yield helper.make_node("Add", [added, bias[0]], [name + "biased"])
        added = name + "biased"
    yield helper.make_node("Add", [added, skipped], [name + "sum"])
    yield helper.make_node("ReduceMean", [name + "sum"], [name + "mean"], axes=[-1], keepdims=1)
    yield helper.make_node("Sub", [name + "sum", name + "mean"], [name + "centred"])
    yield helper.make_node("ReduceL2", [name + "centred"], [name + "length"], axes=[-1], keepdims=1)
    yield helper.make_node("Max", [name + "length", name + "least"], [name + "divisor"])
    yield helper.make_node("Div", [name + "centred", name + "divisor"], [name + "even"])
    yield helper.make_node("Mul", [name + "even", name + "scale"], [name + "scaled"])
    yield helper.make_node("Add", [name + "scaled", shift], [node.output[0]])

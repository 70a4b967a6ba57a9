"""Reads a shipped network's weights back, so that a training can go on from them. Needs the extra `train`."""

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from moderation.classifier.artifact import ModelError
from moderation.classifier.careful.network import Network
from moderation.classifier.careful.rounded import plain, stored_in, whole

_LAYER = "encoder.encoder.layer.{}"

Floats = NDArray[np.float32]


def start_from(network: Network, path: Path) -> None:
    """Give *network* the weights of the 8-bit network in *path*, as near as 8 bits kept them.

    Raises:
        ModelError: it is a network of another shape.
    """
    found = _weights(onnx.load(path), network.encoder.config.num_hidden_layers)
    parameters = dict(network.named_parameters())
    if parameters.keys() != found.keys() or any(found[name].shape != of.shape for name, of in parameters.items()):
        raise ModelError(f"{path.parent.name} is a network of another shape; a training cannot go on from it.")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(torch.from_numpy(found[name].copy()))


def _weights(model: onnx.ModelProto, layers: int) -> dict[str, Floats]:
    """The weights by their names in `Network`: what the export has fused and turned is taken apart again."""
    stored = stored_in(model)
    found = {name: whole(stored, name) for name in map(plain, stored) if name.startswith("encoder.embeddings.")}
    found |= {
        name: whole(stored, name) for name, of in stored.items() if of.dtype == np.float32 and _is_parameter(name)
    }
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            path = node.name.removeprefix("/").removesuffix("/MatMul_quant").replace("/", ".")
            found[f"{path}.weight"] = whole(stored, node.input[1]).T
    for layer in range(layers if f"Attention_{layers - 1}_qkv_bias" in stored else 0):
        weight, bias = whole(stored, f"Attention_{layer}_qkv_weight").T, whole(stored, f"Attention_{layer}_qkv_bias")
        for part, name in enumerate(("query", "key", "value")):
            rows = slice(part * len(bias) // 3, (part + 1) * len(bias) // 3)
            path = f"{_LAYER.format(layer)}.attention.self.{name}"
            found |= {f"{path}.weight": weight[rows], f"{path}.bias": bias[rows]}
    return found


def _is_parameter(name: str) -> bool:
    return name in ("bias", "attention.bias") or name.startswith("encoder.encoder.")

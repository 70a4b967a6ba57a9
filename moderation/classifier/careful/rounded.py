"""The weights of a network in 8 bits as numbers again. Needs the extra `train`."""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Floats = NDArray[np.float32]
Stored = Mapping[str, NDArray[np.generic]]


def stored_in(model: onnx.ModelProto) -> Stored:
    return {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}


def plain(name: str) -> str:
    """The name of the weight that *name* holds a part of."""
    for ending in ("_quantized", "_scale", "_zero_point"):
        name = name.removesuffix(ending)
    return name


def whole(stored: Stored, name: str) -> Floats:
    """A weight; each column, or all of it, has its own scale.

    Raises:
        KeyError: there is none of that name.
    """
    name = plain(name)
    if name in stored:
        return np.asarray(stored[name], dtype=np.float32)
    scale, zero = (stored[f"{name}_{what}"].astype(np.float32) for what in ("scale", "zero_point"))
    found: Floats = (stored[f"{name}_quantized"].astype(np.float32) - zero) * scale
    return found

"""A layer norm says the same when it is spelled out."""

import numpy as np
import onnxruntime
import pytest

onnx = pytest.importorskip("onnx", reason="needs the extra `train`")

ROWS, WIDTH = 5, 48


@pytest.fixture(params=["with a bias", "without"])
def model(request):
    """One layer norm after a sum, as the fused network has twelve."""
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    constants = ["scale", "shift", *(["bias"] if request.param == "with a bias" else [])]
    initializers = [numpy_helper.from_array(random.normal(size=WIDTH).astype(np.float32), name) for name in constants]
    node = helper.make_node(
        "SkipLayerNormalization", ["x", "skip", *constants], ["y"], domain="com.microsoft", epsilon=1e-12
    )
    shape = ["rows", "tokens", WIDTH]
    x, skip, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "skip", "y"))
    graph = helper.make_graph([node], "norm", [x, skip], [y], initializers)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def answer(model, x, skip):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x, "skip": skip})[0]


def test_what_comes_out_is_the_same(model):
    from moderation.classifier.careful.norms import spell_out_norms

    random = np.random.default_rng(1)
    x, skip = (random.normal(size=(2, ROWS, WIDTH)).astype(np.float32) for _ in range(2))
    before = answer(model, x, skip)

    spell_out_norms(model)

    assert {node.op_type for node in model.graph.node}.isdisjoint({"SkipLayerNormalization", "LayerNormalization"})
    np.testing.assert_allclose(answer(model, x, skip), before, rtol=1e-4, atol=1e-5)


def test_a_row_of_equal_numbers_is_no_division_by_zero(model):
    from moderation.classifier.careful.norms import spell_out_norms

    spell_out_norms(model)

    assert np.isfinite(answer(model, *np.zeros((2, 1, 1, WIDTH), dtype=np.float32))).all()

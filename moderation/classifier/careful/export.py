"""Writes a trained network as ONNX, its weights in 8 bits. Needs the extra `train`."""

import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer

from moderation.classifier.careful.network import Network
from moderation.classifier.careful.norms import spell_out_norms


def export(network: Network, path: Path, *, quantised: bool = True) -> None:
    """Inputs ids and kinds (rows x tokens); outputs logits and parts, as the network gives them."""
    network.eval()
    with tempfile.TemporaryDirectory() as folder:
        plain, fused = Path(folder, "plain.onnx"), Path(folder, "fused.onnx")
        ids = torch.ones((2, 8), dtype=torch.long)
        torch.onnx.export(
            network,
            (ids, torch.zeros_like(ids)),
            str(plain),
            input_names=["ids", "kinds"],
            output_names=["logits", "parts"],
            dynamic_axes={name: {0: "rows", 1: "tokens"} for name in ("ids", "kinds", "parts")}
            | {"logits": {0: "rows"}},
            opset_version=17,
            dynamo=False,
        )
        config = network.encoder.config
        optimizer.optimize_model(
            str(plain), model_type="bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size
        ).save_model_to_file(str(fused))
        if quantised:
            quantize_dynamic(
                fused,
                path,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )
            model = onnx.load(path)
            spell_out_norms(model)
            onnx.save(model, path)
        else:
            onnx.save(onnx.load(fused), path)

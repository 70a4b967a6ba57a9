"""The network: a small transformer, and on it one attention over the comment's words for each attribute.

An attribute's logit is a bias plus the sum of what each token adds, so that the words behind a score are part of it.
Needs the extra `train`.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModel


class Network(nn.Module):  # type: ignore[misc]  # torch is not there to be looked at
    """Token ids (rows x tokens), their kind (0 comment, 1 around it, 2 padding) -> logits and each token's part."""

    def __init__(self, base: Path, attributes: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(
            base,
            attn_implementation="eager",  # the fastest here to train, and the plainest to export
            add_pooling_layer=False,
            hidden_dropout_prob=0.0,  # the rows are many and differ each round
            attention_probs_dropout_prob=0.0,
        )
        width = self.encoder.config.hidden_size
        self.attention = nn.Linear(width, attributes)
        self.value = nn.Linear(width, attributes, bias=False)
        self.bias = nn.Parameter(torch.full((attributes,), -2.0))

    def forward(self, ids: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (rows x attributes) and parts (rows x tokens x attributes); parts and bias sum to the logits."""
        hidden = self.encoder(
            input_ids=ids, attention_mask=(kinds < 2).long(), token_type_ids=(kinds == 1).long()
        ).last_hidden_state.float()
        outside = (kinds != 0).unsqueeze(-1)
        attention = self.attention(hidden).masked_fill(outside, -1e4).softmax(dim=1)
        parts = attention * self.value(hidden)
        parts = parts.masked_fill(outside, 0.0)
        return self.bias + parts.sum(dim=1), parts

"""How near the network in 8 bits comes to the exact one. Needs the extra `train`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.classifier.careful.inputs import Tokens
from moderation.classifier.careful.network import Network
from moderation.classifier.careful.reader import CarefulReader
from moderation.classifier.figures import RANKING, estimate
from moderation.classifier.training import sigmoid
from moderation.domain.reading import TOXICITY, Context


def agreement(
    network: Network, careful: CarefulReader, texts: Sequence[str], toxic: NDArray[np.bool_]
) -> dict[str, Any]:
    """How far the chances of *texts* lie apart (mean, all but one in a hundred, most), and what it costs."""
    exact = np.array([exact_logits(network, careful.tokens, text) for text in texts])
    contexts = [Context()] * len(texts)
    rounded = np.array([said.logits for said in careful.read_many(texts, contexts, [None] * len(texts))])
    apart = np.abs(sigmoid(exact) - sigmoid(rounded.astype(np.float64)))
    column = careful.attributes.index(TOXICITY)
    auc = {"roc_auc": RANKING["roc_auc"]}
    ranked = {"32 bits": exact[:, column], "8 bits": rounded[:, column].astype(np.float64)}
    return {
        "texts": len(texts),
        "mean": round(float(apart.mean()), 5),
        "99 %": round(float(np.quantile(apart, 0.99)), 5),
        "largest": round(float(apart.max()), 5),
        "roc_auc": {name: estimate(auc, logits, toxic)["roc_auc"].as_dict() for name, logits in ranked.items()},
    }


def exact_logits(network: Network, tokens: Tokens, text: str) -> NDArray[np.float64]:
    """What the network says of *text* before it is rounded: of a long text the worst window, as the reader does."""
    rows = []
    with torch.inference_mode():
        for window in tokens.windows(text, Context()):
            kinds = torch.ones((1, len(window.ids)), dtype=torch.long)
            kinds[0, 1 : 1 + len(window.places)] = 0
            rows.append(network(torch.tensor([window.ids]), kinds)[0][0].double().numpy())
    logits: NDArray[np.float64] = np.max(rows, axis=0)
    return logits

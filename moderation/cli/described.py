"""What a manifest says of the data that a model was trained on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from moderation.classifier.data import TrainingData


def described(whole: TrainingData, number: int, weights: Mapping[str, float]) -> dict[str, Any]:
    """The sources of *whole*, our own examples among them, of which *number* rows are in the file."""
    return {
        "rows": number,
        "sources": {
            str(name): {
                "rows": int((whole.sources == name).sum()),
                "weight": weights.get(str(name), 1.0),
                "positive": whole.positive_rates(str(name)),
                "licence": whole.licences[str(name)],
            }
            for name in np.unique(whole.sources)
        },
    }

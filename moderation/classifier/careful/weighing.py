"""Which parts of a long text the careful reader reads: those that the quick one has most against."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.careful.inputs import Weigh
from moderation.classifier.reader import QuickReader
from moderation.domain.reading import TOXICITY, Context


def weigh_by(quick: QuickReader, text: str) -> Weigh:
    """How much the quick reader has against a part of *text*; worked out only if it is asked for."""

    @cache
    def words() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        parts = quick.parts(text, Context())
        against = np.maximum(parts.added[:, quick.attributes.index(TOXICITY)], 0)
        return np.array([start for start, _, _ in parts.words]), np.cumsum([0.0, *against.tolist()])

    def weigh(start: int, end: int) -> float:
        starts, sums = words()
        first, last = np.searchsorted(starts, (start, end))
        return float(sums[last] - sums[first])

    return weigh

"""How the two readers' logits become one probability, and when the second need not be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.artifact import ModelError
from moderation.domain.comment import Action
from moderation.domain.explain import logit, probability
from moderation.domain.policy import SEVERITY, Band

Floats = NDArray[np.float64]
_COLUMNS = ("quick", "careful", "shift", "steepness", "alone", "lower", "higher", "score_from", "score_to")


@dataclass(frozen=True, eq=False)
class Combination:
    """For each attribute: quick * its logit + careful * its logit + shift is the logit of both together.

    `steepness` and `alone` calibrate the careful reader without the quick one. `lower` and `higher` say how far
    both together may come to lie below and above the quick reader's logit, with few exceptions.
    """

    attributes: tuple[str, ...]
    quick: Floats
    careful: Floats
    shift: Floats
    steepness: Floats
    alone: Floats
    lower: Floats  # how far both together come to lie below the quick reader's logit
    higher: Floats
    score_from: Floats  # where scores are the answer: the quick reader's logits between which both are asked
    score_to: Floats

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], attributes: Sequence[str]) -> Self:
        """What `as_dict` made of it.

        Raises:
            ModelError: something is missing, or no number.
        """
        try:
            columns = {name: np.array([float(found[name][attribute]) for attribute in attributes]) for name in _COLUMNS}
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The manifest of the careful reader lacks how the readers combine: {error}.") from None
        if not all(np.isfinite(column).all() for column in columns.values()):
            raise ModelError("The manifest of the careful reader holds impossible numbers.")
        return cls(attributes=tuple(attributes), **columns)

    def as_dict(self) -> dict[str, Any]:
        return {name: dict(zip(self.attributes, getattr(self, name).tolist(), strict=True)) for name in _COLUMNS}

    def may_change_decision(self, scores: Mapping[str, float], bands: Mapping[str, Band]) -> bool:
        """Whether the strictest action that the bands ask for could come out otherwise."""
        mildest = strictest = SEVERITY[Action.PUBLISH]
        for column, attribute in enumerate(self.attributes):
            band = bands.get(attribute)
            if band is None or attribute not in scores:
                continue
            now = logit(scores[attribute])
            mildest = max(mildest, SEVERITY[band.action(probability(now - self.lower[column]))])
            strictest = max(strictest, SEVERITY[band.action(probability(now + self.higher[column]))])
        return mildest != strictest

    def may_change_score(self, scores: Mapping[str, float]) -> bool:
        """Whether the careful reader could move an answered score noticeably."""
        return any(
            self.score_from[column] <= logit(scores[attribute]) <= self.score_to[column]
            for column, attribute in enumerate(self.attributes)
            if attribute in scores
        )

"""Which comments weigh on whoever reads them all day."""

from collections.abc import Mapping

from moderation.domain.reading import IDENTITY_ATTACK, SEVERE_TOXICITY, SEXUALLY_EXPLICIT, THREAT

# Rudeness and plain insults are a moderator's daily bread; these are not.
ATTRIBUTES = frozenset({SEVERE_TOXICITY, THREAT, IDENTITY_ATTACK, SEXUALLY_EXPLICIT})
YES = 0.5


def is_hard(scores: Mapping[str, float]) -> bool:
    return any(scores.get(attribute, 0.0) >= YES for attribute in ATTRIBUTES)

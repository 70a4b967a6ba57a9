"""What each of the two readers said of a comment, in plain words for its card."""

from collections.abc import Mapping
from typing import Any

from moderation.domain.explain import replay
from moderation.domain.reading import (
    IDENTITY_ATTACK,
    INSULT,
    SEVERE_TOXICITY,
    THREAT,
    TOXICITY,
    Careful,
)
from moderation.web.card.marking import label_of, leading_attribute
from moderation.web.translation import gettext, lazy_gettext

# They disagree where one finds it likelier than not, the other does not, and much lies between.
_LIKELY = 0.5
_FAR = 0.3
_ATTACKS = frozenset({TOXICITY, SEVERE_TOXICITY, INSULT, THREAT, IDENTITY_ATTACK})
_MISSING = {
    Careful.LATE: lazy_gettext("The careful reader was late; this is the quick reader’s score."),
    Careful.FAILED: lazy_gettext("The careful reader failed; this is the quick reader’s score."),
}


def two_readers(receipt: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences about the score that decided; none where the careful reader was not needed, or there was none."""
    reading, attribute = replay(receipt), leading_attribute(receipt) or TOXICITY
    if reading.careful in _MISSING:
        return (str(_MISSING[reading.careful]),)
    quick, careful = (reading.apart.get(name, {}).get(attribute) for name in ("quick", "careful"))
    if quick is None or careful is None:
        return ()
    said = gettext(
        "By the words alone: %(quick)s. By the sentence: %(careful)s (%(label)s).",
        quick=in_ten(quick),
        careful=in_ten(careful),
        label=label_of(attribute),
    )
    return (said, *_disagreement(attribute, quick, careful))


def in_ten(score: float) -> str:
    """A probability as a count of ten, never certain."""
    rounded = round(score * 10)
    if rounded == 10:
        return str(gettext("over 9 in 10"))
    return str(gettext("%(num)d in 10", num=rounded) if rounded else gettext("under 1 in 10"))


def _disagreement(attribute: str, quick: float, careful: float) -> tuple[str, ...]:
    if abs(quick - careful) < _FAR or (quick < _LIKELY) is (careful < _LIKELY):
        return ()
    if quick < careful:
        return (gettext("The words alone look harmless; the sentence does not."),)
    if attribute in _ATTACKS:
        return (gettext("The words look rough; the sentence does not attack anybody."),)
    return (gettext("The words look rough; the sentence does not."),)

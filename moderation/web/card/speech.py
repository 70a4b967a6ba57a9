"""A score as a person reads it: how many of ten people would say so."""

from collections.abc import Mapping
from typing import Any

from moderation.domain.reading import (
    IDENTITY_ATTACK,
    INSULT,
    PROFANITY,
    SEVERE_TOXICITY,
    SEXUALLY_EXPLICIT,
    SPAM,
    THREAT,
    TOXICITY,
)
from moderation.web.card.marking import leading_attribute
from moderation.web.card.two_readers import in_ten
from moderation.web.translation import gettext, lazy_gettext

_CALLED = {
    TOXICITY: lazy_gettext("rude"),
    SEVERE_TOXICITY: lazy_gettext("very hateful"),
    INSULT: lazy_gettext("an insult"),
    PROFANITY: lazy_gettext("swearing"),
    THREAT: lazy_gettext("a threat"),
    IDENTITY_ATTACK: lazy_gettext("an attack on people for who they are"),
    SEXUALLY_EXPLICIT: lazy_gettext("sexual"),
    SPAM: lazy_gettext("spam"),
}


def people_would_say(receipt: Mapping[str, Any]) -> str:
    """A sentence about the attribute that decided, else about rudeness; nothing where nothing was scored.

    The readers learn what share of people called a text so: that is what their scores foretell.
    """
    scores, attribute = receipt.get("scores", {}), leading_attribute(receipt) or TOXICITY
    if attribute not in scores or attribute not in _CALLED:
        return ""
    count, what = in_ten(scores[attribute]), _CALLED[attribute]
    if 0 < round(scores[attribute] * 10) < 10:
        return str(gettext("About %(count)s people would call this %(what)s.", count=count, what=what))
    return str(gettext("%(count)s people would call this %(what)s.", count=count.capitalize(), what=what))

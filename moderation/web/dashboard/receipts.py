"""A decision's receipt in full: every number and offset that it rests on, in tables and as it is stored."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask_babel import LazyString

from moderation.domain.errors import NotFound
from moderation.domain.explain import replay
from moderation.domain.reading import ATTRIBUTES, Careful, Span
from moderation.storage import comments
from moderation.web.access import for_moderators, readable_sites
from moderation.web.card.cards import make_line
from moderation.web.card.marking import Mark, label_of
from moderation.web.card.masking import covers, is_swearing, wants_mask
from moderation.web.dashboard.fragments import page_or_part
from moderation.web.dashboard.frame import eyes
from moderation.web.services import services
from moderation.web.translation import lazy_gettext

blueprint = Blueprint("receipts", __name__)

# Every one of them is in the receipt as it is stored.
WORDS_SHOWN = 200
CAREFUL: dict[str, LazyString] = {
    Careful.OFF: lazy_gettext("off"),
    Careful.ASKED: lazy_gettext("asked"),
    Careful.NOT_NEEDED: lazy_gettext("not needed"),
    Careful.LATE: lazy_gettext("late"),
    Careful.FAILED: lazy_gettext("failed"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One attribute: its score, each reader's own, and what the score's logit is the sum of."""

    attribute: str
    label: str
    score: float
    quick: float | None
    careful: float | None
    bias: float | None
    words: float
    rest: float | None


@dataclass(frozen=True, slots=True)
class Weight:
    """A word where it stands, and what it adds to an attribute; `word` is empty where the text is gone."""

    word: str
    is_covered: bool
    start: int
    end: int
    label: str
    contribution: float


@blueprint.get("/decisions/<uuid:decision_id>/receipt")
@for_moderators
def show(decision_id: uuid.UUID) -> str:
    """The receipt as a page, or as what a drawer holds."""
    with services().database.read() as session:
        decision = comments.find_decision(session, readable_sites(), decision_id)
        if decision is None:
            raise NotFound("There is nothing of this kind on your sites.")
        receipt, text = decision.receipt, comments.text_of(session, decision)
        reading = replay(receipt)
        heaviest = sorted(reading.spans, key=lambda span: -abs(span.contribution))
        hidden = covers(text, receipt) if text else []
        weights = [_weight(text, span, reading.scores, hidden) for span in heaviest]
        return page_or_part(
            "receipt",
            session,
            decision=decision,
            line=make_line(decision, decision.comment.version, eyes()),
            receipt=receipt,
            careful=CAREFUL.get(receipt.get("careful") or "", "–"),
            parts=_parts(receipt),
            weights=weights[:WORDS_SHOWN],
            is_covered=wants_mask() and any(item.is_covered for item in weights[:WORDS_SHOWN]),
            more=len(weights[WORDS_SHOWN:]),
            excused=[_weight(text, span, reading.scores, hidden) for span in reading.excused],
            stored=json.dumps(receipt, indent=1, ensure_ascii=True),
        )


def _parts(receipt: Mapping[str, Any]) -> list[Part]:
    reading = replay(receipt)
    quick, careful = (reading.apart.get(name, {}) for name in ("quick", "careful"))
    return [
        Part(
            attribute=name,
            label=label_of(name),
            score=reading.scores[name],
            quick=quick.get(name),
            careful=careful.get(name),
            bias=reading.bias.get(name),
            words=sum(span.contribution for span in reading.spans if span.attribute == name),
            rest=reading.rest.get(name),
        )
        for name in ATTRIBUTES
        if name in reading.scores
    ]


def _weight(text: str | None, span: Span, scores: Mapping[str, float], hidden: list[Mark]) -> Weight:
    """A word that is covered in the comment is so in each of its rows, whatever the row is about."""
    word = text[span.start : span.end] if text is not None else ""
    is_covered = any(mark.start < span.end and span.start < mark.end for mark in hidden)
    is_covered = is_covered or (text is not None and is_swearing(span, scores, text))
    return Weight(word, is_covered, span.start, span.end, label_of(span.attribute), span.contribution)

"""What a card says of a score: which reader said what, its heaviest word, and which words the article excuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.domain.decision import percent
from moderation.domain.explain import excused_words, is_estimate, replay, score_without, words
from moderation.web.card.marking import label_of, leading_attribute
from moderation.web.card.masking import covers
from moderation.web.card.two_readers import two_readers
from moderation.web.translation import gettext

EXCUSED_SHOWN = 6
LONGEST_QUOTE = 40
# Less than two percent more or less says nothing to a person.
_SEEN = 0.02


@dataclass(frozen=True, slots=True)
class Without:
    """An attribute's score, and what it would be (or is likely to be) without one word wherever it stands."""

    word: str
    how_often: str
    label: str
    score: str
    without: str
    is_estimate: bool = False
    is_covered: bool = False


@dataclass(frozen=True, slots=True)
class Grounds:
    """Words are quoted from the text when it is shown; no receipt holds them."""

    readers: tuple[str, ...] = ()
    without: Without | None = None
    excused: tuple[str, ...] = ()
    excused_more: int = 0


def grounds(text: str, receipt: Mapping[str, Any]) -> Grounds:
    """Of a text and the receipt of the decision that read it."""
    excused = excused_words(text, replay(receipt).excused)
    return Grounds(
        readers=two_readers(receipt),
        without=_without_heaviest(text, receipt),
        excused=tuple(_quote(word) for word in excused[:EXCUSED_SHOWN]),
        excused_more=len(excused[EXCUSED_SHOWN:]),
    )


def _without_heaviest(text: str, receipt: Mapping[str, Any]) -> Without | None:
    """For the attribute that decided, where a word raised its score by enough to be seen."""
    reading, attribute = replay(receipt), leading_attribute(receipt)
    top = max(words(text, reading.spans, attribute), key=lambda word: word.contribution, default=None)
    if top is None or top.contribution <= 0:
        return None
    score = score_without(reading, attribute, top.spans)
    if score is None:
        return None
    now, then = percent(reading.scores[attribute], gettext), percent(score, gettext)
    if then == now or reading.scores[attribute] - score < _SEEN:
        return None
    return Without(
        word=_quote(top.text),
        how_often=_how_often(len(top.spans)),
        label=label_of(attribute),
        score=now,
        without=then,
        is_estimate=is_estimate(reading),
        is_covered=any(
            mark.start < span.end and span.start < mark.end for mark in covers(text, receipt) for span in top.spans
        ),
    )


def _how_often(times: int) -> str:
    """All places of a word; nothing for one that stands there once."""
    if times == 1:
        return ""
    return str(gettext("both times") if times == 2 else gettext("all %(num)d times", num=times))


def _quote(word: str) -> str:
    return word if len(word) <= LONGEST_QUOTE else word[:LONGEST_QUOTE] + "…"

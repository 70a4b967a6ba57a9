"""What a classifier says about a text: a score for each attribute and the words behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

TOXICITY = "TOXICITY"
SEVERE_TOXICITY = "SEVERE_TOXICITY"
INSULT = "INSULT"
PROFANITY = "PROFANITY"
THREAT = "THREAT"
IDENTITY_ATTACK = "IDENTITY_ATTACK"
SEXUALLY_EXPLICIT = "SEXUALLY_EXPLICIT"
SPAM = "SPAM"

ATTRIBUTES = (
    TOXICITY,
    SEVERE_TOXICITY,
    INSULT,
    PROFANITY,
    THREAT,
    IDENTITY_ATTACK,
    SEXUALLY_EXPLICIT,
    SPAM,
)

# A span is shown as a highlight when it weighs at least this share of the comment's heaviest one.
HIGHLIGHT_SHARE = 0.3
# What lowers a score is shown only where it pulls with half the strength of what raises it most.
LOWERING_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader of the comment has already seen: the article and the comment it answers."""

    title: str = ""
    article: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start:end` of the raw text and what they add to (or take from) an attribute's logit."""

    start: int
    end: int
    attribute: str
    contribution: float

    def as_list(self) -> list[object]:
        return [self.start, self.end, self.attribute, round(self.contribution, 4)]


class Careful(StrEnum):
    """What became of the careful reader's part in a reading."""

    OFF = "off"
    ASKED = "asked"
    NOT_NEEDED = "not_needed"  # the quick reader's scores are so clear that it would change nothing
    LATE = "late"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reading:
    """One text as a model read it: calibrated probabilities, and the spans that explain them.

    For each attribute: logit(score) = bias + the contributions of its spans + rest.
    `bias` is what an empty text gets, `rest` what all the words say that are not worth a span.
    `excused` are words that count less because the article uses them too: a span's contribution there is
    what the word would have added more, so that it stands outside the sum.
    `apart` are the scores that each reader would give alone, where both were asked.
    """

    scores: Mapping[str, float]
    spans: tuple[Span, ...]
    model: str
    bias: Mapping[str, float] = field(default_factory=dict)
    rest: Mapping[str, float] = field(default_factory=dict)
    excused: tuple[Span, ...] = ()
    careful: Careful = Careful.OFF
    apart: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def highlights(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans that raised the score enough to be marked for a person."""
    heaviest = max((span.contribution for span in spans), default=0.0)
    if heaviest <= 0:
        return ()
    return tuple(span for span in spans if span.contribution >= HIGHLIGHT_SHARE * heaviest)


def lowering(spans: tuple[Span, ...], attribute: str) -> tuple[Span, ...]:
    """The spans that held one attribute's score back so much that a person should see it."""
    own = [span for span in spans if span.attribute == attribute]
    heaviest = max((span.contribution for span in own), default=0.0)
    if heaviest <= 0:
        return ()
    return tuple(span for span in own if span.contribution <= -LOWERING_SHARE * heaviest)

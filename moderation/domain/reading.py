"""What a classifier says about a text: a score for each attribute and the words behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Reading:
    """One text as a model read it: calibrated probabilities, and the spans that explain them."""

    scores: Mapping[str, float]
    spans: tuple[Span, ...]
    model: str


def highlights(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans that raised the score enough to be marked for a person."""
    heaviest = max((span.contribution for span in spans), default=0.0)
    if heaviest <= 0:
        return ()
    return tuple(span for span in spans if span.contribution >= HIGHLIGHT_SHARE * heaviest)

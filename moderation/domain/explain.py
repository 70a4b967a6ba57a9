"""What a score rests on, worked out from a reading or from its receipt: each word's part, and the score without it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.domain.reading import Careful, Reading, Span

# A score this close to 0 or 1 was rounded, so that its logit is not known any more.
_CERTAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text, everywhere it stands, and what it adds to one attribute's logit in all."""

    text: str
    spans: tuple[Span, ...]

    @property
    def contribution(self) -> float:
        return sum(span.contribution for span in self.spans)

    @property
    def how_often(self) -> str:
        """All its places in words; nothing for a word that stands there once."""
        times = len(self.spans)
        return "" if times == 1 else "both times" if times == 2 else f"all {times} times"


def logit(score: float) -> float:
    """The log-odds of a probability; of 0 and of 1 they are endless."""
    if score <= 0 or score >= 1:
        return math.copysign(math.inf, score - 0.5)
    return math.log(score) - math.log1p(-score)


def probability(log_odds: float) -> float:
    """The other way round, for a number of any size."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))


def parts_sum(reading: Reading, attribute: str) -> float | None:
    """Bias, spans and rest added up: the logit of the score. None for a reading that states no bias."""
    if attribute not in reading.bias:
        return None
    spans = sum(span.contribution for span in reading.spans if span.attribute == attribute)
    return reading.bias[attribute] + spans + reading.rest.get(attribute, 0.0)


def score_without(reading: Reading, attribute: str, spans: Iterable[Span]) -> float | None:
    """The score if these spans added nothing and all else weighed the same. None where that cannot be known.

    Of the quick reader that is exact. What the careful reader finds in a sentence hangs on all its words, so that
    the score without one of them is an estimate: see `is_estimate`.
    """
    whole = parts_sum(reading, attribute)
    if whole is None:
        score = reading.scores.get(attribute, 0.0)
        if not _CERTAIN < score < 1 - _CERTAIN:
            return None
        whole = logit(score)
    return probability(whole - sum(span.contribution for span in spans))


def is_estimate(reading: Reading) -> bool:
    """Whether `score_without` is only about right, because the careful reader has a part in the score."""
    return reading.careful is Careful.ASKED


def words(text: str, spans: Iterable[Span], attribute: str) -> list[Word]:
    """The words of one attribute's spans, the heaviest first; a word that stands there twice is one."""
    found: dict[str, list[Span]] = {}
    for span in spans:
        if span.attribute == attribute and 0 <= span.start < span.end <= len(text):
            found.setdefault(_same(text[span.start : span.end]), []).append(span)
    listed = [_word(text, sorted(places, key=lambda span: span.start)) for places in found.values()]
    return sorted(listed, key=lambda word: -abs(word.contribution))


def excused_words(text: str, spans: Iterable[Span]) -> list[str]:
    """The words that count less because the article uses them, each once, as they stand in the text."""
    found: dict[str, str] = {}
    for span in sorted(spans, key=lambda span: -span.contribution):
        if 0 <= span.start < span.end <= len(text):
            word = text[span.start : span.end]
            found.setdefault(_same(word), word)
    return list(found.values())


def replay(receipt: Mapping[str, Any]) -> Reading:
    """The reading that a receipt rests on; older ones hold no bias, rest, excused words or careful reader."""
    return Reading(
        scores=receipt.get("scores", {}),
        spans=tuple(Span(*span) for span in receipt.get("spans", [])),
        model=receipt.get("model") or "",
        bias=receipt.get("bias", {}),
        rest=receipt.get("rest", {}),
        excused=tuple(Span(*span) for span in receipt.get("excused", [])),
        careful=Careful(receipt.get("careful") or Careful.OFF),
        apart=receipt.get("apart", {}),
    )


def _word(text: str, places: list[Span]) -> Word:
    return Word(text[places[0].start : places[0].end], tuple(places))


def _same(word: str) -> str:
    """What is equal for the same word: its letters and digits, in one case."""
    return "".join(filter(str.isalnum, word.casefold())) or word

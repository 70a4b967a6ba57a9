"""A hostile text cut into pieces that are safe to show: marked words, and invisible characters by name."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from moderation.domain.reading import Span, highlights

# What takes no ink: controls, bidi and zero-width characters, fillers, variation selectors, tags.
# Tab, line ends and the two emoji selectors U+FE0E and U+FE0F are left alone.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
# Persian, Indic scripts and emoji cannot be written without these; between Latin letters they only hide.
_JOINERS = frozenset("\u180b\u180c\u180d\u200c\u200d")
_FIRST_JOINED = "\u0590"
_NAMED_EACH = 3

LABELS = {
    "TOXICITY": "rude",
    "SEVERE_TOXICITY": "very hateful",
    "INSULT": "insult",
    "PROFANITY": "swearing",
    "THREAT": "threat",
    "IDENTITY_ATTACK": "attack on identity",
    "SEXUALLY_EXPLICIT": "sexual",
    "SPAM": "spam",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters `start:end` of a text, and why a person should look at them."""

    start: int
    end: int
    label: str
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same marks; `ends` are the labels that end with it, for a screen reader."""

    text: str
    scored: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    invisible: str = ""  # the characters' names, where `text` stands for what takes no ink


def marks(receipt: dict[str, Any]) -> list[Mark]:
    """What raised the score, heaviest first, and what stands on the site's lists."""
    spans = highlights(tuple(Span(*span) for span in receipt.get("spans", [])))
    scored = [
        Mark(span.start, span.end, LABELS.get(span.attribute, span.attribute.lower()))
        for span in sorted(spans, key=lambda span: -span.contribution)
    ]
    listed = [
        Mark(signal["start"], signal["end"], signal["rule"], is_listed=True)
        for signal in receipt.get("signals", [])
        if signal.get("start") is not None and signal.get("end") is not None
    ]
    return scored + listed


def pieces(text: str, found: Sequence[Mark] = ()) -> list[Piece]:
    """*text* cut wherever a mark begins or ends; put together again it is the text, save what is invisible."""
    size = len(text)
    inside = [mark for mark in found if 0 <= mark.start < mark.end and mark.start < size]
    edges = {0, size, *(mark.start for mark in inside), *(min(mark.end, size) for mark in inside)}
    cut = []
    for start, end in pairwise(sorted(edges)):
        over = [mark for mark in inside if mark.start < end and mark.end > start]
        scored = _labels(mark.label for mark in over if not mark.is_listed)
        listed = _labels(mark.label for mark in over if mark.is_listed)
        ends = _labels(_spoken(mark) for mark in over if min(mark.end, size) == end)
        shown = list(_shown(text, start, end))
        for number, (part, invisible) in enumerate(shown, 1):
            cut.append(Piece(part, scored, listed, ends if number == len(shown) else (), invisible))
    return cut


def _labels(labels: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labels))


def _spoken(mark: Mark) -> str:
    return "listed word" if mark.is_listed else mark.label


def _shown(text: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """`text[start:end]` in turns: what can be seen, and badges with the names of what cannot."""
    at = start
    for run in _INVISIBLE.finditer(text, start, end):
        if _joins(text, run.start(), run.end()):
            continue
        if run.start() > at:
            yield text[at : run.start()], ""
        yield _badge(run.group())
        at = run.end()
    if at < end:
        yield text[at:end], ""


def _joins(text: str, start: int, end: int) -> bool:
    """Whether this is one joiner between two characters of a script that needs it."""
    neighbours = text[start - 1 : start] + text[end : end + 1]
    return text[start:end] in _JOINERS and len(neighbours) == 2 and min(neighbours) >= _FIRST_JOINED


def _badge(run: str) -> tuple[str, str]:
    kinds = list(dict.fromkeys(run))[:_NAMED_EACH]
    names = ", ".join(unicodedata.name(kind, "control character").lower() for kind in kinds)
    if len(run) <= _NAMED_EACH:
        return "".join(f"[U+{ord(character):04X}]" for character in run), names
    codes = " ".join(f"U+{ord(kind):04X}" for kind in kinds)
    return f"[{codes}: {len(run)} invisible]", names

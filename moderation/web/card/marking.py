"""A hostile text cut into pieces that are safe to show: marked words, and invisible characters by name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from flask import g

from moderation.domain.explain import replay
from moderation.domain.reading import highlights, lowering
from moderation.web.card.invisible import name_of
from moderation.web.translation import gettext, lazy_gettext

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
_LONGEST_VEIL = 12
# An attribute under this score has nothing to explain: its marks would only accuse harmless words.
_TELLING = 0.1

LABELS = {
    "TOXICITY": lazy_gettext("rude"),
    "SEVERE_TOXICITY": lazy_gettext("very hateful"),
    "INSULT": lazy_gettext("insult"),
    "PROFANITY": lazy_gettext("swearing"),
    "THREAT": lazy_gettext("threat"),
    "IDENTITY_ATTACK": lazy_gettext("attack on identity"),
    "SEXUALLY_EXPLICIT": lazy_gettext("sexual"),
    "SPAM": lazy_gettext("spam"),
}


class Kind(StrEnum):
    """What a marked word did."""

    RAISED = "scored"
    LOWERED = "lowered"
    LISTED = "listed"
    LINK = "link"
    MASKED = "masked"


# What is told of a mark where it ends; a hidden host is written there for everybody.
_SPOKEN = frozenset({Kind.RAISED, Kind.LOWERED, Kind.LISTED})


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters `start:end` of a text, and why a person should look at them."""

    start: int
    end: int
    label: str
    kind: Kind = Kind.RAISED


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same marks; `ends` are the labels that end with it, for a screen reader."""

    text: str
    scored: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    target: str = ""  # the host of an address that ends here and hides it
    ends: tuple[str, ...] = ()
    invisible: str = ""  # the characters' names, where `text` stands for what takes no ink

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to say of it."""
        return not (self.scored or self.lowered or self.listed or self.masked or self.target or self.invisible)

    @property
    def kinds(self) -> list[str]:
        """What it is marked as; a cover and an address are no marks."""
        return [kind.value for kind in Kind if kind in _SPOKEN and getattr(self, kind.value)]

    @property
    def veil(self) -> str:
        """What is seen in place of a covered word: its first letter, and how long it is."""
        return self.text[:1] + "•" * min(len(self.text) - 1, _LONGEST_VEIL)


def marks(receipt: Mapping[str, Any]) -> list[Mark]:
    """What raised the score, heaviest first; what held it back; and what stands on the site's lists."""
    spans, scores = replay(receipt).spans, receipt.get("scores", {})
    telling = tuple(span for span in spans if scores.get(span.attribute, 1.0) >= _TELLING)
    raised = sorted(highlights(telling), key=lambda span: -span.contribution)
    places = {(span.start, span.end) for span in raised}
    held_back = [span for span in lowering(spans, leading_attribute(receipt)) if (span.start, span.end) not in places]
    listed = [
        Mark(signal["start"], signal["end"], signal["rule"], Kind.LISTED)
        for signal in receipt.get("signals", [])
        if signal.get("start") is not None and signal.get("end") is not None
    ]
    return [
        *(Mark(span.start, span.end, label_of(span.attribute)) for span in raised),
        *(Mark(span.start, span.end, label_of(span.attribute), Kind.LOWERED) for span in held_back),
        *listed,
    ]


def leading_attribute(receipt: Mapping[str, Any]) -> str:
    """The attribute that the machine decided by in the first place; none where no score had a part in it."""
    return next((reason["attribute"] for reason in receipt.get("reasons", []) if reason.get("attribute")), "")


def label_of(attribute: str) -> str:
    return labels().get(attribute) or attribute.lower()


def labels() -> dict[str, str]:
    """What the page calls each attribute: looked up once, and not for each score of each card."""
    known: dict[str, str] = g.setdefault("labels", {}) if g else {}
    if not known:
        known.update((name, str(label)) for name, label in LABELS.items())
    return known


def pieces(text: str, found: Sequence[Mark] = ()) -> list[Piece]:
    """*text* cut wherever a mark begins or ends; put together again it is the text, save what is invisible."""
    size = len(text)
    if size and not found and not _INVISIBLE.search(text):  # as are most of a page's titles and reasons
        return [Piece(text)]
    inside = [mark for mark in found if 0 <= mark.start < mark.end and mark.start < size]
    edges = {0, size, *(mark.start for mark in inside), *(min(mark.end, size) for mark in inside)}
    cut = []
    for start, end in pairwise(sorted(edges)):
        over = [mark for mark in inside if mark.start < end and mark.end > start]
        labels = {kind.value: _labels(mark.label for mark in over if mark.kind is kind) for kind in Kind}
        ends = _labels(_spoken(mark) for mark in over if mark.kind in _SPOKEN and min(mark.end, size) == end)
        target = next((mark.label for mark in over if mark.kind is Kind.LINK and min(mark.end, size) == end), "")
        shown = list(_shown(text, start, end))
        for number, (part, invisible) in enumerate(shown, 1):
            is_last = number == len(shown)
            cut.append(
                Piece(
                    part,
                    **labels,
                    ends=ends if is_last else (),
                    target=target if is_last else "",
                    invisible=invisible,
                )
            )
    return cut


def plain(text: str) -> str:
    """*text* for a place that holds no elements, such as an option: what takes no ink is spelt out."""
    return "".join(piece.text for piece in pieces(str(text)))


def _labels(labels: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labels))


def _spoken(mark: Mark) -> str:
    if mark.kind is Kind.RAISED:
        return mark.label
    return str(gettext("listed word") if mark.kind is Kind.LISTED else gettext("less %(label)s", label=mark.label))


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
    names = ", ".join(dict.fromkeys(map(name_of, kinds)))
    if len(run) <= _NAMED_EACH:
        return "".join(f"[U+{ord(character):04X}]" for character in run), names
    codes = " ".join(f"U+{ord(kind):04X}" for kind in kinds)
    return gettext("[%(codes)s: %(num)d invisible]", codes=codes, num=len(run)), names

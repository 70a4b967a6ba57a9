"""Slurs and swearing behind a cover, for whoever wants it so: the words stay on the page, and one press shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import g

from moderation import preferences
from moderation.classifier.identities import naming_words
from moderation.domain.explain import replay
from moderation.domain.hard import YES
from moderation.domain.reading import IDENTITY_ATTACK, PROFANITY, SEXUALLY_EXPLICIT, Span, highlights
from moderation.text.slurs import find_slurs
from moderation.web.card.marking import Kind, Mark, Piece, pieces
from moderation.web.card.targets import targets

_WORDS_OF = frozenset({PROFANITY, IDENTITY_ATTACK, SEXUALLY_EXPLICIT})
# From this on a word alone makes what it is found to be more than seven times as likely.
_HEAVY = 2.0
_GROUPS = frozenset(naming_words())


def wants_mask() -> bool:
    """The signed-in person's choice; nothing is covered for anybody else."""
    try:
        return bool(g.mask)  # asked for some hundred times on a page
    except AttributeError:
        g.mask = "moderator" in g and preferences.read(g.moderator).mask
        return bool(g.mask)
    except RuntimeError:  # outside a request, as in a command
        return False


def covers(text: str, receipt: Mapping[str, Any] | None = None) -> list[Mark]:
    """What of *text* is covered: our own list's words, and those that a reader found to be swearing or slurs.

    The name of a group is none, whatever the reader made of it.
    """
    places = set(_slurs(text))
    if receipt:
        reading = replay(receipt)
        places |= {
            (span.start, span.end) for span in highlights(reading.spans) if is_swearing(span, reading.scores, text)
        }
    return [Mark(start, end, Kind.MASKED.value, Kind.MASKED) for start, end in sorted(places)]


def fold_ahead(texts: Iterable[str]) -> None:
    """Look for our own list's words in all *texts* of a page at once, which is much quicker than in each alone."""
    known = _known()
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known.update(zip(new, find_slurs(new), strict=True))


def _slurs(text: str) -> list[tuple[int, int]]:
    """A card asks more than once for the same text, and to fold it is most of the work."""
    known = _known()
    if text not in known:
        known[text] = find_slurs([text])[0]
    return known[text]


def _known() -> dict[str, list[tuple[int, int]]]:
    try:
        return g.slurs  # type: ignore[no-any-return]
    except AttributeError:
        g.slurs = {}
        return g.slurs  # type: ignore[no-any-return]
    except RuntimeError:
        return {}


def is_swearing(span: Span, scores: Mapping[str, float], text: str) -> bool:
    """Whether a reader found these words of *text* to be swearing or a slur."""
    return (
        span.attribute in _WORDS_OF
        and span.contribution >= _HEAVY
        and scores.get(span.attribute, 0.0) >= YES
        and text[span.start : span.end].casefold() not in _GROUPS
    )


def shown(text: str) -> list[Piece]:
    """Any text of a stranger's as pieces, covered where the reader of the page wants it.

    A page says many of them again and again, such as titles and reasons.
    """
    known = g.setdefault("pieces", {})
    if text not in known:
        known[text] = pieces(text, [*targets(text), *(covers(text) if wants_mask() else ())])
    found: list[Piece] = known[text]
    return found


def covered(word: str) -> list[Piece]:
    """A word as pieces, covered whole where the reader of the page wants covers."""
    return pieces(word, [Mark(0, len(word), Kind.MASKED.value, Kind.MASKED)] if wants_mask() else ())

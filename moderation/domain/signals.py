"""Deterministic findings about a comment, each with a stable code."""

from dataclasses import dataclass
from enum import StrEnum


class SignalCode(StrEnum):
    LISTED_WORD = "listed_word"
    PATTERN = "pattern"
    TOO_MANY_LINKS = "too_many_links"
    REPEATED_TEXT = "repeated_text"
    LANGUAGE_UNSUPPORTED = "language_unsupported"
    AUTHOR_TRUSTED = "author_trusted"
    AUTHOR_WATCHED = "author_watched"
    AUTHOR_BLOCKED = "author_blocked"


@dataclass(frozen=True, slots=True)
class Signal:
    """One finding; `rule` names the site's word or pattern, `start:end` where it stands in the raw text.

    `value` is what was counted (links, repeats) or recognised (a language code).
    """

    code: SignalCode
    rule: str = ""
    start: int | None = None
    end: int | None = None
    value: str = ""

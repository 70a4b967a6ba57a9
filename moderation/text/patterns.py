"""A site's own patterns, on RE2: whatever a moderator types, a search takes time linear in the comment."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from moderation.domain.errors import InvalidRequest
from moderation.text.normalise import without_surrogates

MAX_PATTERN_LENGTH = 500
_MAX_MEMORY_BYTES = 1 << 20

_LOOKAROUND = re.compile(r"\(\?<?[=!]")
_BACKREFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]|\(\?P=")
_ONE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
# A pattern that finds nothing at all in one of these would be found in almost every comment.
_PROBES = ("", "a", "a b", "1 a.", " ", "\n", "é", "_")


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """A pattern and where it stands in the raw text."""

    pattern: str
    start: int
    end: int


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Any:
    """*pattern* ready to search with, whatever the case; `\\w`, `\\d` and `\\b` know ASCII letters only.

    Raises:
        InvalidRequest: it cannot be a rule; the detail says what to change.
    """
    if not pattern.strip():
        raise _refused("The pattern is empty. Write what it should find.")
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise _refused(f"The pattern is over {MAX_PATTERN_LENGTH} characters. Split it into several patterns.")
    if _ONE_BYTE.search(pattern):
        raise _refused("The pattern uses \\C, which cuts characters apart. Use a dot instead.")
    compiled = _compile(pattern)
    if any(_matches_nothing(compiled, probe) for probe in _PROBES):
        raise _refused("The pattern also matches no text at all, so it would be found in every comment. "
                       "Make at least one character of it required.")  # fmt: skip
    return compiled


def find_patterns(text: str, patterns: Iterable[str]) -> list[PatternMatch]:
    """The first match of each of *patterns*, in the order of *patterns*.

    Raises:
        InvalidRequest: one of *patterns* is not one that `compile_pattern` takes.
    """
    text = without_surrogates(text)
    found = []
    for pattern in patterns:
        if match := compile_pattern(pattern).search(text):
            found.append(PatternMatch(pattern, *match.span()))
    return found


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _MAX_MEMORY_BYTES
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except UnicodeEncodeError:
        raise _refused("The pattern holds half of a character. Type or paste it again.") from None
    except re2.error as error:
        raise _refused(_advice(pattern, error)) from None


def _advice(pattern: str, error: Exception) -> str:
    if _LOOKAROUND.search(pattern):
        return "The pattern looks ahead or behind, as (?= and (?<! do, which is not possible here. Leave it out."
    if _BACKREFERENCE.search(pattern):
        return "The pattern refers back to a group (\\1 or (?P=name)), which is not possible here. Write it out."
    reason = error.args[0] if error.args else ""
    message = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    if "too large" in message:
        return "The pattern needs too much memory. Lower its repetition counts or split it."
    return f"The pattern is not a valid RE2 expression; correct this: {message}."


def _matches_nothing(compiled: Any, probe: str) -> bool:
    return any(match.start() == match.end() for match in compiled.finditer(probe))


def _refused(detail: str) -> InvalidRequest:
    return InvalidRequest(detail=detail, code="invalid-pattern")

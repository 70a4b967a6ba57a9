"""Finds a site's listed words and phrases in a folded text, whole words only."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from moderation.text.fold import Folded, fold

# Thai, Lao, Tibetan, Burmese, Khmer, Japanese and Chinese have no spaces between words: every character is a
# token of its own, so that an entry is found inside a longer run.
_UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3031-\u3035\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs of the Indic scripts belong to the word, though `\w` leaves them out; the dandas end a sentence.
_INDIC = "\u0900-\u0963\u0966-\u0dff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|(?:[{_INDIC}]|[^\W_{_UNSPACED}])+|\S")


@dataclass(frozen=True, slots=True)
class WordMatch:
    """A listed word and where it stands in the raw text."""

    word: str
    start: int
    end: int


class _Token(NamedTuple):
    text: str
    spaced: bool  # white space stands before it
    start: int
    end: int


def find_words(folded: Folded, words: tuple[str, ...]) -> list[WordMatch]:
    """The first place of each of *words* that occurs in *folded*, in the order of the text."""
    index = _index(words)
    tokens = _tokens(folded.text)
    found: dict[str, WordMatch] = {}
    for position, token in enumerate(tokens):
        for word, entry in index.get(token.text, ()):
            if word not in found and _stands_at(entry, tokens, position):
                end = tokens[position + len(entry) - 1].end
                found[word] = WordMatch(word, *folded.span(token.start, end))
    return list(found.values())


def _stands_at(entry: list[_Token], tokens: list[_Token], position: int) -> bool:
    here = tokens[position : position + len(entry)]
    return len(here) == len(entry) and all(
        a.text == b.text and (a.spaced == b.spaced or number == 0)
        for number, (a, b) in enumerate(zip(entry, here, strict=True))
    )


def _tokens(text: str) -> list[_Token]:
    tokens = []
    before = 0
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        tokens.append(_Token(match.group(), start > before, start, end))
        before = end
    return tokens


@lru_cache(maxsize=64)
def _index(words: tuple[str, ...]) -> dict[str, list[tuple[str, list[_Token]]]]:
    """Every listed word under its first token: a text of n tokens costs n look-ups, however long the list."""
    index: dict[str, list[tuple[str, list[_Token]]]] = {}
    for word in words:
        if entry := _tokens(fold(word).text):
            index.setdefault(entry[0].text, []).append((word, entry))
    return index

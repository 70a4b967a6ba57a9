"""Finds a site's listed words and phrases in a normalised text, whole words only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from moderation.text.normalise import Normalised, normalise

# Thai, Lao, Tibetan, Burmese, Khmer, Japanese and Chinese have no spaces between words: every character is a
# token of its own, so that an entry is found inside a longer run.
_UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3031-\u3035\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs of the Indic scripts belong to the word, though `\w` leaves them out; the dandas end a sentence.
_INDIC = "\u0900-\u0963\u0966-\u0dff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|(?:[{_INDIC}]|[^\W_{_UNSPACED}])+|\S")
_DOUBLED = re.compile(r"(.)\1+")


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


def find_words(normalised: Normalised, words: tuple[str, ...]) -> list[WordMatch]:
    """The first place of each of *words* that occurs in *normalised*, in the order of the text."""
    index = _index(words)
    tokens = _tokens(normalised.text)
    found: dict[str, WordMatch] = {}
    for position, token in enumerate(tokens):
        entries = index.get(token.text, ())
        if not entries and _is_stretched(token, normalised.offsets):
            entries = _stretched(words).get(_squeezed(token.text), ())
        for word, entry in entries:
            if word not in found and (len(entry) == 1 or _stands_at(entry, tokens, position)):
                end = tokens[position + len(entry) - 1].end
                found[word] = WordMatch(word, *normalised.span(token.start, end))
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


def _is_stretched(token: _Token, offsets: Sequence[int]) -> bool:
    """A letter of it stood there more than twice (idioooot)."""
    return any(
        offsets[place + 1] - offsets[place] > 1
        and token.text[place - token.start] == token.text[place - token.start - 1]
        for place in range(token.start + 1, token.end - 1)
    ) or (offsets[token.end] - offsets[token.end - 1] > 1 and token.text[-1:] == token.text[-2:-1])


def _squeezed(word: str) -> str:
    return _DOUBLED.sub(r"\1", word)


@lru_cache(maxsize=64)
def _stretched(words: tuple[str, ...]) -> dict[str, list[tuple[str, list[_Token]]]]:
    """The entries of one word, without doubled letters: what a word comes to that was stretched."""
    index: dict[str, list[tuple[str, list[_Token]]]] = {}
    for entries in _index(words).values():
        for word, entry in entries:
            if len(entry) == 1:
                index.setdefault(_squeezed(entry[0].text), []).append((word, entry))
    return index


@lru_cache(maxsize=64)
def _index(words: tuple[str, ...]) -> dict[str, list[tuple[str, list[_Token]]]]:
    """Every listed word under its first token: a text of n tokens costs n look-ups, however long the list."""
    index: dict[str, list[tuple[str, list[_Token]]]] = {}
    for word in words:
        # A word wholly of look-alikes (хер) is taken for Latin in a Latin text, so it is listed both ways.
        for form in dict.fromkeys((normalise(word).text, normalise(word, latin=True).text)):
            if entry := _tokens(form):
                index.setdefault(entry[0].text, []).append((word, entry))
    return index

"""Reads words that nobody knows as the words they were made of: b*stard, moorn, phuck, id iot, youidiot.

The network knows some thousand words and guesses at others by their pieces, and a word that was spoilt on purpose
falls into pieces that say nothing. The words that people do write are counted in the training data.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Self

from moderation.text.normalise import normalise

KNOWN = 3  # comments that a word must stand in to be left as it is
_MEANT = 10  # comments that a word must stand in for others to be read as it
_APART = 20  # comments that both parts of two words written as one must stand in
_SPLIT_BY_A_SPACE = 200  # how much rarer than the whole a part must be where only a space parts it; by a sign, once
_SHORTEST = 4  # letters
_TRIED = 12  # words that look or sound the same
_MOST = 300  # words of a text that are looked at: more are no comment
_LONG = 7  # letters that make chance unlikely where words only sound alike
_LONGEST = 40  # letters; longer is no word
_PER_CHANGE = 3.0  # how many times e more common a word must be to be worth one more change of a letter

_WORD = re.compile(r"[a-z*]+(?:'[a-z]+)?\**")
_COUNTED = re.compile(r"[a-z]+(?:'[a-z]+)?")
_VOWELS = re.compile("[aeiouy]")
_AGAIN = re.compile(r"(.)\1+")
_SOUNDS = str.maketrans("qcz", "kks")


class _Change(NamedTuple):
    """The characters `start:end` are read as *word*."""

    start: int
    end: int
    word: str


class Spelling:
    """Immutable but for a cache, so any number of threads may use it.

    Parameters
    ----------
    counts : Mapping[str, int]
        Words without look-alikes and the like (`normalise`), and how many comments of the training data each stands in.
    known : Collection[str]
        Further words that are left as they are.
    """

    def __init__(self, counts: Mapping[str, int], known: Collection[str] = ()) -> None:
        self._counts = counts
        self._known = frozenset(known) | {word for word, number in counts.items() if number >= KNOWN}
        self._meant = {
            word: number
            for word, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            if number >= _MEANT and len(word) >= _SHORTEST and word.isalpha()
        }
        self._alike = [(key, _by(key, self._meant)) for key in (_once, _in_any_order, _by_sound)]
        self._of_length = _by(len, self._meant)
        self._read = lru_cache(maxsize=50_000)(self._meaning)

    @classmethod
    def load(cls, file: Path, known: Collection[str] = ()) -> Self:
        """The words that `write` wrote into *file*."""
        lines = file.read_text(encoding="utf-8").splitlines()
        return cls({word: int(number) for word, _, number in (line.partition("\t") for line in lines)}, known)

    def respell(self, text: str) -> tuple[str, Sequence[int]]:
        """A normalised text with the words that were meant, and for each of its characters one that it stands for."""
        parts: list[str] = []
        origins: list[int] = []
        last = 0
        for start, end, word in self._changes(text):
            parts += [text[last:start], word]
            origins += range(last, start)
            origins += (start + at * (end - 1 - start) // (len(word) - 1) for at in range(len(word)))
            last = end
        if not parts:
            return text, range(len(text))
        origins += range(last, len(text))
        return "".join([*parts, text[last:]]), origins

    def _changes(self, text: str) -> Iterator[_Change]:
        words = [(found.start(), found.end(), found.group()) for found in _WORD.finditer(text)]
        left, joined = _MOST, -1
        for at, (start, end, word) in enumerate(words):
            if start < joined:
                continue
            if at + 1 < len(words):
                after, stop, second = words[at + 1]
                if self._is_one(word, text[end:after], second):
                    joined = stop
                    yield _Change(start, stop, word + second)
                    continue
            if len(word) < _SHORTEST - 1 or len(word) > _LONGEST or word.strip("*") in self._known or left == 0:
                continue
            left -= 1
            if meant := self._read(word):
                yield _Change(start, end, meant)

    def _is_one(self, first: str, between: str, second: str) -> bool:
        """Whether two words are one that was parted: by a space (id iot) or by a sign (id.iot)."""
        if not between or len(between) > 2 or (between != " " and any(c.isspace() or c.isalnum() for c in between)):
            return False
        whole = self._meant.get(first + second)
        if whole is None:
            return False
        times = _SPLIT_BY_A_SPACE if between == " " else 1
        return min(self._counts.get(first, 0), self._counts.get(second, 0)) * times < whole

    def _meaning(self, word: str) -> str | None:
        """The word, or the two words, that an unknown one was made of."""
        if "*" in word:
            return self._starred(word)
        if "'" in word:
            whole = word.replace("'", "")
            return whole if whole in self._meant else None
        return self._nearest(word) or self._apart(word)

    def _starred(self, word: str) -> str | None:
        if len(word) < _SHORTEST or len(word.replace("*", "")) < 2 or word[0] == "*":
            return None
        pattern = re.compile(word.replace("*", "[a-z]"))
        return next((meant for meant in self._of_length.get(len(word), ()) if pattern.fullmatch(meant)), None)

    def _nearest(self, word: str) -> str | None:
        """The most common word that looks or sounds the same, if little was changed."""
        best, best_worth = None, -math.inf
        for key, words in self._alike:
            for meant in words.get(key(word), ())[:_TRIED]:
                if key is _by_sound and not _same_vowels(word, meant):
                    continue
                changes = 0.5 if key is _once else float(changed(word, meant))
                worth = math.log(self._meant[meant]) - _PER_CHANGE * changes
                if changes <= _allowed(len(word)) and worth > best_worth:
                    best, best_worth = meant, worth
        return best

    def _apart(self, word: str) -> str | None:
        """Two words that were written as one; the parting whose rarer part is the most common."""
        best, best_number = None, _APART - 1
        for at in range(2, len(word) - 2):
            first, second = word[:at], word[at:]
            number = min(self._counts.get(first, 0), self._counts.get(second, 0))
            if number > best_number and max(len(first), len(second)) >= _SHORTEST:
                best, best_number = f"{first} {second}", number
        return best


def write(texts: Iterable[str], file: Path) -> None:
    """Count in how many of *texts* each word stands, and write those that are known, the most common first."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(_COUNTED.findall(normalise(text).text)))
    kept = sorted(((-number, word) for word, number in counts.items() if number >= KNOWN and len(word) <= _LONGEST))
    file.write_text("".join(f"{word}\t{-number}\n" for number, word in kept), encoding="utf-8")


def _by(key: Callable[[str], object], words: Iterable[str]) -> dict[object, list[str]]:
    found: dict[object, list[str]] = defaultdict(list)
    for word in words:
        found[key(word)].append(word)
    return dict(found)


def _once(word: str) -> str:
    """The letters, repeated ones once."""
    return _AGAIN.sub(r"\1", word)


def _in_any_order(word: str) -> str:
    """The first and the last letter, and those between in any order."""
    return word[0] + "".join(sorted(word[1:-1])) + word[-1]


def _by_sound(word: str) -> str:
    """The first letter and the consonants after it, by their sound."""
    word = word.replace("ph", "f").translate(_SOUNDS).replace("ks", "x")
    return _once(word[0] + _VOWELS.sub("", word[1:]))


def _same_vowels(word: str, meant: str) -> bool:
    """Whether no vowel became another one; in a long word it may: stoopid. Fick is a name."""
    others = iter(_VOWELS.findall(meant))
    return len(word) >= _LONG or all(vowel in others for vowel in _VOWELS.findall(word))


def _allowed(length: int) -> int:
    """How many letters of a word may have been changed."""
    return 1 if length <= 5 else 2 if length <= 9 else 3


def changed(one: str, other: str) -> int:
    """How many letters were left out, put in, changed, or swapped with the next (optimal string alignment)."""
    before, row = [], list(range(len(other) + 1))
    for down, letter in enumerate(one, 1):
        before, above = row, before if down > 1 else row
        row = [down]
        for right, against in enumerate(other, 1):
            cost = min(before[right] + 1, row[-1] + 1, before[right - 1] + (letter != against))
            if down > 1 and right > 1 and letter == other[right - 2] and one[down - 2] == against:
                cost = min(cost, above[right - 2] + 1)
            row.append(cost)
    return row[-1]

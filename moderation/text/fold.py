"""The one normaliser: what a reader sees as the same word becomes the same characters."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_NO_CONTROLS = re.compile(r"[^\x00-\x08\x0e-\x1b\x7f]+")
_ASCII_OR_NOT = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")

# Letters with a stroke and ligatures carry no accent that Unicode could take off; quotes and hyphens
# are typed in many shapes.
_SAME = str.maketrans(
    {
        "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe",
        "‘": "'", "’": "'", "‛": "'", "ʼ": "'", "“": '"', "”": '"', "‐": "-",
    }
)  # fmt: skip

# Invisible without being format characters: grapheme joiner, fillers, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
# Accents of the Latin, Greek and Cyrillic letters, and the optional vowel points of Hebrew and Arabic.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
    "\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_MARKS_KEPT = 2  # Thai and Devanagari put two marks on a letter; a taller tower is zalgo
_CLUSTER_KEPT = 32  # so that no tower makes the cache or the time grow
# What ends a Hangul syllable (conjoining, compatibility and half-width vowels), and the half-width
# Japanese voicing marks: they join the character before them as a mark does.
_JOINING = re.compile("[\u1160-\u11ff\u314f-\u3163\uff9e\uff9f\uffc2-\uffdc]")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `offsets[i]` is where character i stood in the raw text, the last one its end."""

    text: str
    offsets: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The raw characters behind the folded `start:end`, with accents and invisible ones after them."""
        if start >= end:
            return self.offsets[start], self.offsets[start]
        # One raw character may have become several ("ﬁ"): the span never ends inside it.
        after = bisect_right(self.offsets, self.offsets[end - 1])
        return self.offsets[start], self.offsets[min(after, len(self.offsets) - 1)]


def fold(text: str) -> Folded:
    """*text* without the differences of case, width, accents and invisible characters."""
    if text.isascii() and not _CONTROLS.search(text):
        return Folded(text.lower(), range(len(text) + 1))
    pieces: list[str] = []
    offsets: list[int] = []
    for run in _ASCII_OR_NOT.finditer(text):
        if run.group().isascii():
            _add_ascii(run.group(), run.start(), pieces, offsets)
            continue
        for start, cluster in _clusters(run.group()):
            folded = _fold_cluster(cluster)
            pieces.append(folded)
            offsets.extend([run.start() + start] * len(folded))
    offsets.append(len(text))
    return Folded("".join(pieces), offsets)


def without_surrogates(text: str) -> str:
    """*text* as it can be written in UTF-8: each lone surrogate becomes one "?", so that offsets stay."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _add_ascii(run: str, start: int, pieces: list[str], offsets: list[int]) -> None:
    for part in _NO_CONTROLS.finditer(run):
        pieces.append(part.group().lower())
        offsets.extend(range(start + part.start(), start + part.end()))


def _clusters(run: str) -> Iterator[tuple[int, str]]:
    """Each character with the marks (and the rest of its Hangul syllable) that normalise together with it."""
    start = 0
    for index in range(1, len(run)):
        if not _continues(run[index]):
            yield start, run[start : min(index, start + _CLUSTER_KEPT)]
            start = index
    yield start, run[start : start + _CLUSTER_KEPT]


@lru_cache(maxsize=4096)
def _continues(char: str) -> bool:
    return _is_mark(char) or _JOINING.match(char) is not None


@lru_cache(maxsize=4096)
def _fold_cluster(cluster: str) -> str:
    lowered = unicodedata.normalize("NFKC", cluster).casefold()
    letters = unicodedata.normalize("NFKD", _BLANK.sub("", lowered)).translate(_SAME)
    visible = "".join(char for char in letters if not _is_invisible(char))
    return unicodedata.normalize("NFKC", _without_towers(_ACCENT.sub("", visible)))


def _without_towers(text: str) -> str:
    kept, marks = [], 0
    for char in text:
        marks = marks + 1 if _is_mark(char) else 0
        if marks <= _MARKS_KEPT:
            kept.append(char)
    return "".join(kept)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in {"Cf", "Cc"} and not char.isspace()

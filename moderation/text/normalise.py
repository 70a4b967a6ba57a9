"""The one normaliser: what a reader sees as the same word becomes the same characters."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import boolean, int32, int64, uint8, uint32, uint64
from numpy.typing import NDArray

from moderation.text.compiled import compiled, readonly
from moderation.text.disguises import read_words
from moderation.text.folding import fold_codes, folded_size, replace_alikes
from moderation.text.letters import tables

_codes = readonly(uint32)
_bytes = readonly(uint8)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text; `offsets[i]` is where character i stood in the raw text, the last one its end."""

    text: str
    offsets: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The raw characters behind the normalised `start:end`, with accents and invisible ones after them."""
        if start >= end:
            return self.offsets[start], self.offsets[start]
        # One raw character may have become several ("ﬁ"): the span never ends inside it.
        after = bisect_right(self.offsets, self.offsets[end - 1])
        return self.offsets[start], self.offsets[min(after, len(self.offsets) - 1)]


def normalise(text: str, *, latin: bool = False) -> Normalised:
    """*text* without the differences that a reader does not see, or sees through.

    Those are case, width, accents, invisible characters, letters of another script that look like Latin ones,
    digits and signs in place of letters, single letters set apart, and letters repeated more than twice.
    A word wholly of look-alikes is taken for Latin where the text around it is, or with *latin*.
    """
    codes, offsets, _ = normalise_many([text], latin=latin)
    return Normalised(
        codes.tobytes().decode("utf-32-le", "surrogatepass"),
        [*offsets.tolist(), len(text)],
    )


def normalise_many(
    texts: Sequence[str], *, latin: bool = False
) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.int64]]:
    """The normalised characters of all *texts* in one array, their raw offsets, and where each text begins."""
    raw = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    bounds = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    unicode = tables()
    room = folded_size(raw, unicode.fold, unicode.many)
    text, offsets = np.empty(room, dtype=np.uint32), np.empty(room, dtype=np.int32)
    starts = np.empty_like(bounds)
    size = _normalise_all(raw, bounds, latin, *unicode, text, offsets, starts)
    return text[:size], offsets[:size], starts


def without_surrogates(text: str) -> str:
    """*text* as it can be written in UTF-8: each lone surrogate becomes one "?", so that offsets stay."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@compiled(
    int64(
        _codes, readonly(int64), boolean, _codes, _codes, _bytes, _bytes, _bytes, readonly(uint64), _codes,
        uint32[::1], int32[::1], int64[::1],
    )
)  # fmt: skip
def _normalise_all(  # type: ignore[no-untyped-def]  # its types stand in the decorator
    raw, bounds, latin, fold, many, kinds, traits, alikes, pairs, joined, text, offsets, starts
):
    to = 0
    starts[0] = 0
    for index in range(len(bounds) - 1):
        first = to
        begin, end = bounds[index], bounds[index + 1]
        to, seen_alikes = fold_codes(raw, begin, end, fold, many, traits, alikes, pairs, joined, text, offsets, first)
        if seen_alikes:
            replace_alikes(raw, begin, kinds, alikes, latin, text, offsets, first, to)
        to = read_words(text, offsets, first, to, kinds)
        starts[index + 1] = to
    return to

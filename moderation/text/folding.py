"""The compiled loop over single characters: width, case, accents, what cannot be seen, and look-alikes."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# The types of compiled functions stand in their decorators.

import numpy as np
from numba import boolean, int32, int64, types, uint8, uint32, uint64

from moderation.text.compiled import compiled, readonly
from moderation.text.letters import DIGIT, JOINS, LETTER, MANY, MARK, SIZE, SYMBOL, UNSPACED

_MARKS_KEPT = 2  # Thai and Devanagari put two marks on a letter; a taller tower is zalgo
_A, _Z = 97, 122

_codes = readonly(uint32)
_bytes = readonly(uint8)


@compiled(uint8(uint32, _bytes))
def kind_of(code, kinds):
    if code < SIZE:
        return kinds[code]
    return UNSPACED if code < 0x40000 else SYMBOL


@compiled(uint8(uint32, _bytes))
def _alike(code, alikes):
    return alikes[code] if code < SIZE else uint8(0)


@compiled(int64(_codes, _codes, _codes))
def folded_size(raw, fold, many):
    size = 0
    for code in raw:
        size += many[fold[code] - MANY] if code < SIZE and fold[code] >= MANY else 1
    return size


@compiled(uint32(uint32, uint32, readonly(uint64), _codes))
def _compose(first, second, pairs, joined):
    """The one character that both are, or 0: Hangul by arithmetic, others by Unicode's table."""
    if 0x1100 <= first < 0x1113 and 0x1161 <= second < 0x1176:
        return uint32(0xAC00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28)
    if 0xAC00 <= first < 0xD7A4 and (first - 0xAC00) % 28 == 0 and 0x11A8 <= second < 0x11C3:
        return uint32(first + (second - 0x11A7))
    key = (uint64(first) << uint64(32)) | uint64(second)
    place = np.searchsorted(pairs, key)
    if place < len(pairs) and pairs[place] == key:
        return joined[place]
    return uint32(0)


@compiled(boolean(uint32))
def is_latin(code):
    """A Latin letter, after folding."""
    return _A <= code <= _Z or 0xDF <= code < 0x250 or 0x1E00 <= code < 0x1F00


@compiled(
    types.UniTuple(int64, 2)(
        _codes, int64, int64, _codes, _codes, _bytes, _bytes, readonly(uint64), _codes,
        uint32[::1], int32[::1], int64,
    )
)  # fmt: skip
def fold_codes(raw, start, end, fold, many, traits, alikes, pairs, joined, text, offsets, to):
    """Each character by itself: width, case, accents, what cannot be seen. Counts the look-alikes."""
    first = to
    marks = 0
    seen_alikes = 0
    for here in range(start, end):
        code = raw[here]
        if code >= SIZE:
            if not 0xE0000 <= code < 0xE1000:  # tags and variation selectors
                text[to] = code
                offsets[to] = here - start
                to += 1
            continue
        if alikes[code]:
            seen_alikes += 1
        new = fold[code]
        if new == 0:
            continue
        if new >= MANY:
            place = new - MANY
            for step in range(many[place]):
                text[to] = many[place + 1 + step]
                offsets[to] = here - start
                to += 1
            continue
        trait = traits[new] if new < SIZE else 0
        if trait & JOINS and to > first:
            one = _compose(text[to - 1], new, pairs, joined)
            if one:
                text[to - 1] = one
                continue
        marks = marks + 1 if trait & MARK else 0
        if marks > _MARKS_KEPT:
            continue
        text[to] = new
        offsets[to] = here - start
        to += 1
    return to, seen_alikes


@compiled(types.void(_codes, int64, _bytes, _bytes, boolean, uint32[::1], int32[::1], int64, int64))
def replace_alikes(raw, start, kinds, alikes, latin, text, offsets, first, to):
    """Look-alikes become Latin in words that have Latin letters, and everywhere if nothing else is foreign."""
    latins = 0
    foreign = 0
    for here in range(first, to):
        if is_latin(text[here]):
            latins += 1
        elif kind_of(text[here], kinds) in (LETTER, UNSPACED) and not _alike(raw[start + offsets[here]], alikes):
            foreign += 1
    everywhere = foreign == 0 and (latin or latins > 2)
    here = first
    while here < to:
        begin = here
        latins, others, flags, letters = 0, 0, 0, 0
        while here < to:
            code = raw[start + offsets[here]]
            if is_latin(text[here]):
                latins += 1
            elif _alike(code, alikes):
                letters += 1
                flags += 0x1F1E6 <= code < 0x1F200
            elif kind_of(text[here], kinds) == LETTER:
                others += 1
            elif not (kind_of(text[here], kinds) == DIGIT or text[here] in (36, 42, 64)):
                break
            here += 1
        is_flag = letters == flags == 2  # two regional letters: the flag of a country
        if not is_flag and (latins > others if latins else everywhere):
            for place in range(begin, here):
                code = raw[start + offsets[place]]
                if _alike(code, alikes) and not is_latin(text[place]):
                    text[place] = alikes[code]
        here += 1

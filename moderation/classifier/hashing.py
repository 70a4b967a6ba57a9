"""The compiled loop over characters: from a normalised text to its words and their hashed features."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# The types of compiled functions stand in their decorators.

import numpy as np
from numba import boolean, int32, int64, types, uint8, uint32, uint64
from numpy.typing import NDArray

from moderation.classifier.identities import naming_words
from moderation.text.compiled import compiled, readonly
from moderation.text.folding import kind_of
from moderation.text.letters import BANG, DIGIT, LETTER, SYMBOL, UNSPACED

# Goes up with every change of normalising, words or hashing: weights fit only the features they were fitted on.
FEATURES_VERSION = 3

WORD_CHARS = 40  # a longer "word" is noise, and its n-grams would drown the rest of the comment
SHORTEST, LONGEST = 3, 5  # the character n-grams
SHAPED = 4  # letters from which a word has a shape: the letters inside in any order, and the consonants alone
FEATURES_PER_CHAR = 4  # a word of n letters has itself, two pairs, two shapes and 3n - 3 n-grams; of one letter, 4

_SEED, _STEP = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_LETTERS, _SOUNDS = np.uint64(0xA0761D6478BD642F), np.uint64(0xE7037ED1A0B428DB)
_GROUP = np.uint64(0x5851F42D4C957F2D)  # any word that names a group of people
_EDGE = np.uint64(0x20)
_HIGH = np.uint64(32)
_APOSTROPHE, _STAR = 39, 42

_codes, _kinds = readonly(uint32), readonly(uint8)


def word_columns(n_features: int) -> int:
    """How many of the columns are of words and pairs of words; those of character n-grams follow."""
    return n_features // 2


_NAMED_SLOTS = 4096


def _named() -> NDArray[np.uint64]:
    """An open-addressing table of the hashes of the words that name a group."""
    table = np.zeros(_NAMED_SLOTS, np.uint64)
    for word in naming_words():
        state = int(_SEED)
        for letter in word:
            state = (state ^ ord(letter)) * int(_STEP) % 2**64
            state ^= state >> 32
        slot = state % _NAMED_SLOTS
        while table[slot]:
            slot = (slot + 1) % _NAMED_SLOTS
        table[slot] = state
    return table


_NAMED = _named()


@compiled(boolean(uint64))
def _names_a_group(state):
    slot = state % np.uint64(_NAMED_SLOTS)
    while _NAMED[slot] != np.uint64(0):
        if _NAMED[slot] == state:
            return True
        slot = (slot + np.uint64(1)) % np.uint64(_NAMED_SLOTS)
    return False


@compiled(boolean(uint32))
def _is_inner(code):
    """Signs that may stand inside a word: ' * @ $ # !"""
    return code in (39, 42, 64, 36, 35, 33)


@compiled(int64(_codes, int64, int64, _kinds))
def _word_end(text, start, end, kinds):
    """Where the word that begins at *start* ends: letters, digits, signs between them (f**k), stars after them."""
    here = start
    while here < end:
        kind = kind_of(text[here], kinds)
        if kind in (LETTER, DIGIT):
            here += 1
            continue
        after = here
        while after < end and _is_inner(text[after]):
            after += 1
        if after in (here, end):
            break
        kind = kind_of(text[after], kinds)
        if kind not in (LETTER, DIGIT):
            break
        here = after
    stars = here
    while stars < end and text[stars] == _STAR and stars < here + 3:
        stars += 1
    return stars


@compiled(uint64(uint64, _codes, int64, int64))
def _continued(state, text, start, end):
    """The hash of a word as a continuation of *state*, apostrophes left out (dont is don't)."""
    for place in range(start, end):
        if text[place] != _APOSTROPHE:
            state = (state ^ np.uint64(text[place])) * _STEP
            state ^= state >> _HIGH
    return state


@compiled(uint32(uint64, uint64))
def _column(state, columns):
    return np.uint32((((state * _MIX) >> _HIGH) * columns) >> _HIGH)


@compiled(uint64(_codes, int64, int64))
def _shuffled(text, start, end):
    """The hash of a word's first and last letter and of those between in any order (idoit is idiot)."""
    inner = np.uint64(0)
    for place in range(start + 1, end - 1):
        mixed = (np.uint64(text[place]) ^ _LETTERS) * _STEP
        inner += mixed ^ (mixed >> _HIGH)
    state = (inner ^ np.uint64(text[start])) * _STEP
    state = ((state ^ (state >> _HIGH)) ^ np.uint64(text[end - 1])) * _STEP
    return state ^ (state >> _HIGH)


@compiled(uint64(_codes, int64, int64))
def _sounds(text, start, end):
    """The hash of a word's consonants by their sound, doubled ones once (phuk, f*ck and fuuck are fuck)."""
    state = _SOUNDS
    before = np.uint32(0)
    for place in range(start, end):
        code = text[place]
        if code in (97, 101, 105, 111, 117, 121) or code in (39, 42, 33, 64, 36):
            if place > start:
                continue
        elif code == 99 or code == 113:  # c and q
            code = np.uint32(107)
        elif code == 122:  # z
            code = np.uint32(115)
        elif code == 104 and place > start and text[place - 1] == 112:  # ph
            continue
        elif code == 112 and place + 1 < end and text[place + 1] == 104:
            code = np.uint32(102)
        if code == before:
            continue
        before = code
        state = (state ^ np.uint64(code)) * _STEP
        state ^= state >> _HIGH
    return state


@compiled(uint64(uint64, uint64))
def _stepped(state, code):
    state = (state ^ code) * _STEP
    return state ^ (state >> _HIGH)


@compiled(int64(_codes, int64, int64, uint64, uint64, int32, uint64[::1], uint32[::1], int32[::1], int64))
def _hash_inside(text, start, end, word_columns, char_columns, number, padded, columns, owners, found):
    """The shapes and the character n-grams of one word."""
    if end - start >= SHAPED:
        columns[found] = _column(_shuffled(text, start, end), word_columns)
        columns[found + 1] = _column(_sounds(text, start, end), word_columns)
        owners[found] = number
        owners[found + 1] = number
        found += 2
    size = end - start
    padded[0] = _EDGE
    for place in range(size):
        padded[uint64(place + 1)] = text[start + place]
    padded[uint64(size + 1)] = _EDGE
    for first in range(uint64(size)):
        gram = _stepped(_stepped(_stepped(_SEED, padded[first]), padded[first + uint64(1)]), padded[first + uint64(2)])
        columns[found] = np.uint32(word_columns) + _column(gram, char_columns)
        owners[found] = number
        found += 1
        for after in range(first + uint64(SHORTEST), min(first + uint64(LONGEST), uint64(size + 2))):
            gram = _stepped(gram, padded[after])
            columns[found] = np.uint32(word_columns) + _column(gram, char_columns)
            owners[found] = number
            found += 1
    return found


@compiled(
    types.UniTuple(int64, 2)(
        _codes, int64, int64, _kinds, _codes, readonly(int64), _codes, uint64, uint64,
        uint32[::1], int32[::1], int32[:, ::1],
    )
)  # fmt: skip
def hash_words(
    text, begin, end, kinds, emoji, emoji_starts, emoji_letters, word_columns, char_columns, columns, owners, words
):
    """The hashed features of `text[begin:end]`.

    Fills *columns*, and in *owners* the word that each belongs to; a pair with the word before is written as
    ~word. A pair is hashed as the one word that it would be if written together, so that nothing is won by
    splitting a word or by gluing two. A word that names a group has nothing but itself, the column of all such
    words, and pairs: each also with "a group" in its place. *words* gets start, end and column of each. Returns how
    many features and words there are.
    """
    found, number = 0, 0
    before, grouped = _SEED, _SEED
    padded = np.empty(WORD_CHARS + 2, np.uint64)
    here = begin
    while here < end:
        kind = kind_of(text[here], kinds)
        start = here
        if kind in (LETTER, DIGIT):
            here = _word_end(text, here, end, kinds)
        elif kind == UNSPACED:
            here += 1
        elif kind in (SYMBOL, BANG):
            while here < end and (text[here] == text[start] or (kind == BANG and kind_of(text[here], kinds) == BANG)):
                here += 1
        else:
            here += 1
            continue
        words[number, 0] = start
        words[number, 1] = here
        last = min(here, start + WORD_CHARS)
        place = len(emoji)
        if kind in (SYMBOL, BANG):
            last = min(here, start + 2)
            if text[start] > 0xFF:
                place = np.searchsorted(emoji, text[start])
        # No variable for one of two arrays: numba would count its references at every word, which takes time.
        if place < len(emoji) and emoji[place] == text[start]:
            whole = _continued(_SEED, emoji_letters, emoji_starts[place], emoji_starts[place + 1])
            pair = _continued(before, emoji_letters, emoji_starts[place], emoji_starts[place + 1])
            other = _continued(grouped, emoji_letters, emoji_starts[place], emoji_starts[place + 1])
        else:
            whole = _continued(_SEED, text, start, last)
            pair = _continued(before, text, start, last)
            other = pair if grouped == before else _continued(grouped, text, start, last)
        is_group = _names_a_group(whole)
        if is_group:
            other = _stepped(grouped, _GROUP)
        columns[found] = _column(whole, word_columns)
        words[number, 2] = columns[found]
        owners[found] = number
        found += 1
        if number > 0:
            columns[found] = _column(pair, word_columns)
            owners[found] = ~number
            found += 1
            if other != pair:
                columns[found] = _column(other, word_columns)
                owners[found] = ~number
                found += 1
        before = whole
        grouped = _GROUP if is_group else whole
        if is_group:
            columns[found] = _column(_GROUP, word_columns)
            owners[found] = number
            found += 1
        elif kind in (LETTER, DIGIT):
            found = _hash_inside(text, start, last, word_columns, char_columns, number, padded, columns, owners, found)
        number += 1
    return found, number

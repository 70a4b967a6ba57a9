"""Compiled: which of a text's features differ; each counts once."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# The types of compiled functions stand in their decorators.

import numpy as np
from numba import int32, int64, types, uint32, uint64

from moderation.text.compiled import compiled

_HIGH = np.uint64(32)


@compiled(
    int64(uint32[::1], int64, uint32[::1], uint32[::1], uint32, uint32[::1], int32[::1], int32[::1])
)  # fmt: skip
def count_distinct(columns, found, slots, stamps, stamp, distinct, places, counts):
    """Write the *distinct* ones of *columns*, how often each stands there, and the place of each column in them.

    *slots* and *stamps* are an open-addressing table; what carries another *stamp* is empty.
    """
    mask = np.uint32(63)
    while mask < 2 * found:
        mask = np.uint32(mask * 2 + 1)
    number = 0
    for index in range(found):
        column = columns[index]
        slot = np.uint32((column * np.uint32(2654435761)) >> np.uint32(7)) & mask
        while stamps[slot] == stamp and distinct[slots[slot]] != column:
            slot = (slot + np.uint32(1)) & mask
        if stamps[slot] != stamp:
            stamps[slot] = stamp
            slots[slot] = number
            distinct[number] = column
            counts[number] = 0
            number += 1
        place = slots[slot]
        places[index] = place
        counts[place] += 1
    return number


@compiled(types.UniTuple(int64, 2)(uint32[::1], int64, uint64, uint64[::1], uint64, uint32[::1], uint32[::1]))
def distinct_halves(columns, found, word_columns, table, stamp, words, chars):
    """The distinct columns of words and those of characters, where their number and places do not matter."""
    mask = uint64(63)
    while mask < 2 * found:
        mask = mask * uint64(2) + uint64(1)
    in_words, in_chars = 0, 0
    for index in range(found):
        column = uint64(columns[index])
        entry = (stamp << _HIGH) | column
        slot = ((column * uint64(0x9E3779B1)) >> uint64(9)) & mask
        while table[slot] != entry and table[slot] >> _HIGH == stamp:
            slot = (slot + uint64(1)) & mask
        if table[slot] != entry:
            table[slot] = entry
            if column < word_columns:
                words[in_words] = column
                in_words += 1
            else:
                chars[in_chars] = column
                in_chars += 1
    return in_words, in_chars


@compiled(int64(uint32[::1], int64, uint64))
def words_first(distinct, number, word_columns):
    """Bring the columns of words before those of characters; returns how many they are."""
    first = 0
    for index in range(number):
        column = distinct[index]
        distinct[index] = distinct[first]
        distinct[first] = column
        first += column < word_columns
    return first


@compiled(int64(int64))
def table_size(room):
    size = 64
    while size < 4 * room:
        size *= 2
    return size

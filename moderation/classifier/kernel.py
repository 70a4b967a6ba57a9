"""The compiled sums of weights: of a text, and of each of its words; and the rows that weights are fitted on."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# The types of compiled functions stand in their decorators.

import numpy as np
from numba import float32, float64, int16, int32, int64, types, uint8, uint32, uint64

from moderation.classifier.distinct import count_distinct, distinct_halves, table_size, words_first
from moderation.classifier.hashing import FEATURES_PER_CHAR, hash_words
from moderation.text.compiled import compiled, readonly

WIDTH = 8  # the weights of a feature, one an attribute

_codes, _kinds = readonly(uint32), readonly(uint8)


@compiled(types.UniTuple(int32, WIDTH)(readonly(int16, 2), uint32[::1], int64))
def _added_up(weights, columns, number):
    """The eight sums of weights; spelt out, because so they stay in registers."""
    a, b, c, d, e, f, g, h = int32(0), int32(0), int32(0), int32(0), int32(0), int32(0), int32(0), int32(0)
    for index in range(number):
        row = columns[index]
        a += weights[row, 0]
        b += weights[row, 1]
        c += weights[row, 2]
        d += weights[row, 3]
        e += weights[row, 4]
        f += weights[row, 5]
        g += weights[row, 6]
        h += weights[row, 7]
    return int32(a), int32(b), int32(c), int32(d), int32(e), int32(f), int32(g), int32(h)


@compiled(int64(_codes, readonly(int64)))
def _longest(text, bounds):
    longest = 1
    for row in range(len(bounds) - 1):
        longest = max(longest, bounds[row + 1] - bounds[row])
    return longest


@compiled(float32(int64, float64))
def _value(number, damping):
    """What each of *number* features is worth."""
    return np.float32(max(number, 1) ** -damping)


@compiled(
    int64(
        _codes, readonly(int64), _kinds, _codes, readonly(int64), _codes, uint64, uint64, float64,
        int32[::1], float32[::1], int64[::1],
    )
)  # fmt: skip
def fill_rows(
    text,
    bounds,
    kinds,
    emoji,
    emoji_starts,
    emoji_letters,
    word_columns,
    char_columns,
    damping,
    out_columns,
    out_values,
    row_starts,
):
    """The rows of a CSR matrix, a text each; returns how many entries there are."""
    longest = _longest(text, bounds)
    room = longest * FEATURES_PER_CHAR
    columns = np.empty(room, np.uint32)
    owners = np.empty(room, np.int32)
    words = np.empty((longest, 3), np.int32)
    table = np.zeros(table_size(room), np.uint64)
    halves = np.empty((2, room), np.uint32)
    entries = 0
    row_starts[0] = 0
    for row in range(len(bounds) - 1):
        found, _ = hash_words(
            text,
            bounds[row],
            bounds[row + 1],
            kinds,
            emoji,
            emoji_starts,
            emoji_letters,
            word_columns,
            char_columns,
            columns,
            owners,
            words,
        )
        in_words, in_chars = distinct_halves(columns, found, word_columns, table, uint64(row + 1), halves[0], halves[1])
        for index in range(in_words):
            out_columns[entries + index] = halves[0, index]
        out_values[entries : entries + in_words] = _value(in_words, damping)
        entries += in_words
        for index in range(in_chars):
            out_columns[entries + index] = halves[1, index]
        out_values[entries : entries + in_chars] = _value(in_chars, damping)
        entries += in_chars
        row_starts[row + 1] = entries
    return entries


@compiled(types.void(readonly(int16, 2), uint32[::1], int64, uint32[::1], int64, float64, float32[::1]))
def _write_sums(weights, words, in_words, chars, in_chars, damping, sums):
    word_sums = _added_up(weights, words, in_words)
    char_sums = _added_up(weights, chars, in_chars)
    word_value = _value(in_words, damping)
    char_value = _value(in_chars, damping)
    for attribute in range(WIDTH):
        sums[attribute] = word_sums[attribute] * word_value + char_sums[attribute] * char_value


@compiled(
    types.void(
        _codes, readonly(int64), _kinds, _codes, readonly(int64), _codes, uint64, uint64, float64,
        readonly(int16, 2), float32[:, ::1],
    )
)  # fmt: skip
def sum_rows(
    text, bounds, kinds, emoji, emoji_starts, emoji_letters, word_columns, char_columns, damping, weights, sums
):
    """The sums of weights of each text, in one pass; the weights are whole numbers, and so are their sums."""
    longest = _longest(text, bounds)
    room = longest * FEATURES_PER_CHAR
    columns = np.empty(room, np.uint32)
    owners = np.empty(room, np.int32)
    words = np.empty((longest, 3), np.int32)
    table = np.zeros(table_size(room), np.uint64)
    halves = np.empty((2, room), np.uint32)
    for row in range(len(bounds) - 1):
        found, _ = hash_words(
            text, bounds[row], bounds[row + 1], kinds, emoji, emoji_starts, emoji_letters, word_columns, char_columns,
            columns, owners, words,
        )  # fmt: skip
        in_words, in_chars = distinct_halves(columns, found, word_columns, table, uint64(row + 1), halves[0], halves[1])
        _write_sums(weights, halves[0], in_words, halves[1], in_chars, damping, sums[row])


@compiled(types.void(float32[:, ::1], uint64, readonly(int16, 2), uint64, float32))
def _add(added, word, weights, column, value):
    for attribute in range(uint64(WIDTH)):
        added[word, attribute] += weights[column, attribute] * value


@compiled(
    int64(
        _codes, _kinds, _codes, readonly(int64), _codes, uint64, uint64, float64, readonly(int16, 2),
        int32[:, ::1], float32[:, ::1], float32[::1],
    )
)  # fmt: skip
def explain(
    text,
    kinds,
    emoji,
    emoji_starts,
    emoji_letters,
    word_columns,
    char_columns,
    damping,
    weights,
    words,
    added,
    sums,
):
    """What each word of one text adds to the sums, and the same sums as of `sum_rows`; returns the number of words.

    A feature that stands in several words is shared between them, and a pair between its two.
    """
    room = max(1, len(text)) * FEATURES_PER_CHAR
    table = table_size(room)
    columns = np.empty(room, np.uint32)
    owners = np.empty(room, np.int32)
    places = np.empty(room, np.int32)
    counts = np.empty(room, np.int32)
    found, number = hash_words(
        text, 0, len(text), kinds, emoji, emoji_starts, emoji_letters, word_columns, char_columns,
        columns, owners, words,
    )  # fmt: skip
    distinct = np.empty(room, np.uint32)
    differing = count_distinct(
        columns, found, np.empty(table, np.uint32), np.zeros(table, np.uint32), np.uint32(1), distinct, places, counts
    )
    in_words = 0
    for place in range(differing):
        in_words += distinct[place] < word_columns
    word_value = _value(in_words, damping)
    char_value = _value(differing - in_words, damping)
    values = np.empty(differing, np.float32)
    for place in range(differing):
        value = word_value if distinct[place] < word_columns else char_value
        values[place] = value / np.float32(counts[place])
    first = words_first(distinct, differing, word_columns)
    _write_sums(weights, distinct, first, distinct[first:], differing - first, damping, sums)
    added[:number] = 0
    for index in range(found):
        column = uint64(columns[index])
        value = values[places[index]]
        owner = owners[index]
        if owner >= 0:
            _add(added, uint64(owner), weights, column, value)
        else:
            _add(added, uint64(~owner), weights, column, value * np.float32(0.5))
            _add(added, uint64(~owner - 1), weights, column, value * np.float32(0.5))
    return number


@compiled(int64(float32[:, ::1], int64, int64, float64, int64[::1]))
def heaviest(added, number, attribute, share, chosen):
    """Fill *chosen* with the words that weigh at least *share* of the heaviest, heaviest first."""
    found = 0
    limit = np.float32(0.0)
    while found < min(len(chosen), number):
        best, best_weight = -1, np.float32(0.0)
        for word in range(number):
            weight = abs(added[word, attribute])
            if weight > best_weight and weight >= limit:
                taken = False
                for place in range(found):
                    taken = taken or chosen[place] == word
                if not taken:
                    best, best_weight = word, weight
        if best < 0:
            break
        if found == 0:
            limit = np.float32(best_weight * share)
        chosen[found] = best
        found += 1
    return found


@compiled(types.void(readonly(int32), int64, int32[:, ::1], int64))
def place_in_raw(offsets, length, words, number):
    """Turn start and end of each word into those in the raw text, with the invisible characters after it."""
    for word in range(number):
        end = words[word, 1]
        last = offsets[end - 1]
        while end < len(offsets) and offsets[end] == last:
            end += 1  # one raw character may have become several: a word never ends inside it
        words[word, 0] = offsets[words[word, 0]]
        words[word, 1] = offsets[end] if end < len(offsets) else length

"""The compiled loop of the classifier: from normalised characters to hashed features, words and sums."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# The types of compiled functions stand in their decorators.

import numpy as np
from numba import boolean, float32, float64, int16, int32, int64, types, uint8, uint32, uint64
from numpy.typing import NDArray

from moderation.text.compiled import compiled, readonly
from moderation.text.folding import kind_of
from moderation.text.letters import BANG, DIGIT, LETTER, SYMBOL, UNSPACED

# Goes up with every change of normalising, words or hashing: weights fit only the features they were fitted on.
FEATURES_VERSION = 2

WORD_CHARS = 40  # a longer "word" is noise, and its n-grams would drown the rest of the comment
SHORTEST, LONGEST = 3, 5  # the character n-grams
SHAPED = 4  # letters from which a word has a shape: the letters inside in any order, and the consonants alone
WIDTH = 8  # the weights of a feature, one an attribute
FEATURES_PER_CHAR = 4  # a word of n letters has itself, a pair, two shapes and 3n - 3 n-grams; of one letter, 3

_SEED, _STEP = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_LETTERS, _SOUNDS = np.uint64(0xA0761D6478BD642F), np.uint64(0xE7037ED1A0B428DB)
_EDGE = np.uint64(0x20)
_HIGH = np.uint64(32)
_APOSTROPHE, _STAR = 39, 42

# Emoji that say what a word says are learnt with that word.
_EMOJI = {
    "🖕": "fuck", "🤬": "fucking", "💩": "shit", "🔪": "knife", "🗡": "knife", "🔫": "gun", "💣": "bomb",
    "🤡": "clown", "🐒": "monkey", "🐵": "monkey", "🙈": "monkey", "🦍": "gorilla", "🐷": "pig", "🐖": "pig",
    "🐀": "rat", "🐕": "dog", "🐄": "cow", "🐍": "snake", "🐑": "sheep", "🤮": "disgusting", "🤢": "disgusting",
    "😡": "angry", "😠": "angry", "👿": "evil", "😂": "lol", "🤣": "lol", "❤": "love", "💕": "love", "😍": "love",
    "🥰": "love", "👍": "good", "👎": "bad", "👏": "bravo", "🙏": "thanks", "😢": "sad", "😭": "sad", "💀": "skull",
    "☠": "skull", "⚰": "coffin", "🍆": "dick", "🍑": "ass", "💦": "cum", "🔥": "fire", "🖤": "love",
    "💯": "exactly", "🤦": "facepalm", "🙄": "eyeroll",
}  # fmt: skip


def word_columns(n_features: int) -> int:
    """How many of the columns are of words and pairs of words; those of character n-grams follow."""
    return n_features // 2


def _emoji() -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint32]]:
    """The emoji in order, where the word of each begins, and the words' letters."""
    chosen = sorted(_EMOJI, key=ord)
    starts = np.cumsum([0, *(len(_EMOJI[emoji]) for emoji in chosen)])
    letters = "".join(_EMOJI[emoji] for emoji in chosen)
    return np.array([*map(ord, chosen)], np.uint32), starts, np.array([*map(ord, letters)], np.uint32)


EMOJI, EMOJI_STARTS, EMOJI_LETTERS = _emoji()

_codes, _kinds = readonly(uint32), readonly(uint8)


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
    splitting a word or by gluing two. *words* gets start, end and column of each. Returns how many features and
    words there are.
    """
    found, number = 0, 0
    before = _SEED
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
        else:
            whole = _continued(_SEED, text, start, last)
            pair = _continued(before, text, start, last)
        columns[found] = _column(whole, word_columns)
        words[number, 2] = columns[found]
        owners[found] = number
        found += 1
        if number > 0:
            columns[found] = _column(pair, word_columns)
            owners[found] = ~number
            found += 1
        before = whole
        if kind in (LETTER, DIGIT):
            found = _hash_inside(text, start, last, word_columns, char_columns, number, padded, columns, owners, found)
        number += 1
    return found, number


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
def _distinct_halves(columns, found, word_columns, table, stamp, words, chars):
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
def _words_first(distinct, number, word_columns):
    """Bring the columns of words before those of characters; returns how many they are."""
    first = 0
    for index in range(number):
        column = distinct[index]
        distinct[index] = distinct[first]
        distinct[first] = column
        first += column < word_columns
    return first


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


@compiled(int64(int64))
def _table_size(room):
    size = 64
    while size < 4 * room:
        size *= 2
    return size


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
    table = np.zeros(_table_size(room), np.uint64)
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
        in_words, in_chars = _distinct_halves(
            columns, found, word_columns, table, uint64(row + 1), halves[0], halves[1]
        )
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
    table = np.zeros(_table_size(room), np.uint64)
    halves = np.empty((2, room), np.uint32)
    for row in range(len(bounds) - 1):
        found, _ = hash_words(
            text, bounds[row], bounds[row + 1], kinds, emoji, emoji_starts, emoji_letters, word_columns, char_columns,
            columns, owners, words,
        )  # fmt: skip
        in_words, in_chars = _distinct_halves(
            columns, found, word_columns, table, uint64(row + 1), halves[0], halves[1]
        )
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
    table = _table_size(room)
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
    first = _words_first(distinct, differing, word_columns)
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

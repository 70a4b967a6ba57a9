"""The compiled loop over words: letters set apart or repeated; leetspeak is read in `leet`."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# The types of compiled functions stand in their decorators.

from numba import boolean, int32, int64, uint8, uint32

from moderation.text.compiled import compiled, readonly
from moderation.text.folding import is_latin, kind_of
from moderation.text.leet import A, Z, leet_digit, leet_sign, read_leet
from moderation.text.letters import DIGIT, LETTER

_SPELT_OUT = 4  # so many single letters in a row are a word spaced apart; U.S.A. is none

_bytes = readonly(uint8)


@compiled(int64(uint32[::1], int64, int64, _bytes))
def _spelt_out(text, here, end, kinds):
    """Where a word ends whose letters are set apart (i d i o t, s.t.u.p.i.d), or *here* if none begins."""
    if here + 2 * _SPELT_OUT - 1 > end:
        return here
    separator = text[here + 1]
    if separator not in (32, 45, 46, 44, 95, 47, 42, 126, 124):
        return here
    letters, number, rising = 0, 0, 0
    place = here
    while place < end:
        code = text[place]
        is_letter = is_latin(code) or (code >= 0x370 and code < 0x530)
        if not is_letter and not leet_digit(code) and not leet_sign(code):
            break
        if place + 1 < end and kind_of(text[place + 1], kinds) in (LETTER, DIGIT):
            break
        letters += is_letter
        rising += place > here and code == text[place - 2] + 1
        number += 1
        place += 2
        if place > end or text[place - 1] != separator:
            break
    if number < _SPELT_OUT or letters < 2 or 2 * letters < number - 1 or rising == number - 1:
        return here
    last = here + 2 * (number - 1)
    if last + 1 < end and kind_of(text[last + 1], kinds) in (LETTER, DIGIT):
        return here
    return last + 1


@compiled(boolean(uint32[::1], int64, int64))
def _only_roman(text, begin, end):
    for here in range(begin, end):  # noqa: SIM110 - slower in numba as any()
        if text[here] not in (99, 100, 105, 108, 109, 118, 120):
            return False
    return True


@compiled(boolean(uint32[::1], int64, int64))
def _one_letter(text, begin, end):
    for here in range(begin + 1, end):  # noqa: SIM110 - slower in numba as any()
        if text[here] != text[begin]:
            return False
    return True


@compiled(int64(uint32[::1], int32[::1], int64, int64, _bytes))
def _squeeze(text, offsets, begin, end, kinds):
    """No letter stands more than twice in a row, nor those that English hardly doubles; returns the new end."""
    if end - begin <= 4 and (_one_letter(text, begin, end) or _only_roman(text, begin, end)):
        return end  # www, hmm, VIII
    if end - begin <= 7 and _only_roman(text, begin, end):
        return end
    to = begin
    here = begin
    while here < end:
        code = text[here]
        run = here
        while run < end and text[run] == code:
            run += 1
        keep = run - here
        if keep > 2 and kind_of(code, kinds) == LETTER:
            keep = 1 if code in (97, 105, 117) and end - begin > keep else 2
        for step in range(keep):
            text[to] = code
            offsets[to] = offsets[here + step]
            to += 1
        here = run
    return to


@compiled(boolean(uint32, _bytes))
def _in_chunk(code, kinds):
    kind = kind_of(code, kinds)
    return kind in (LETTER, DIGIT) or leet_sign(code) > 0


@compiled(int64(uint32[::1], int32[::1], int64, int64, _bytes))
def read_words(text, offsets, first, end, kinds):
    """Word by word, in place: spaced letters, leetspeak, repeated letters; returns the new end."""
    to = first
    here = first
    while here < end:
        if not _in_chunk(text[here], kinds):
            text[to] = text[here]
            offsets[to] = offsets[here]
            if (
                text[here] == 35
                and to > first
                and is_latin(text[to - 1])
                and here + 1 < end
                and is_latin(text[here + 1])
            ):
                text[to] = uint32(42)  # f#ck
            to += 1
            here += 1
            continue
        begin = to
        plain = True
        stretched = False
        after_apostrophe = to > first and text[to - 1] == 39
        apart = here if after_apostrophe else _spelt_out(text, here, end, kinds)
        if apart > here:
            for place in range(here, apart, 2):
                text[to] = text[place]
                offsets[to] = offsets[place]
                to += 1
            here = apart
            plain = False
            stretched = True
        else:
            while here < end:
                code = text[here]
                if not (A <= code <= Z):
                    if not _in_chunk(code, kinds):
                        break
                    plain = False
                text[to] = code
                offsets[to] = offsets[here]
                stretched = stretched or (to > begin + 1 and text[to - 1] == code and text[to - 2] == code)
                to += 1
                here += 1
        if not plain and not (begin > first and text[begin - 1] in (35, 47, 61)):  # no colour, no address
            next_one = text[here] if here < end else uint32(0)
            next_but_one = text[here + 1] if here + 1 < end else uint32(0)
            read_leet(text, begin, to, next_one, next_but_one)
        if stretched:
            to = _squeeze(text, offsets, begin, to, kinds)
    return to

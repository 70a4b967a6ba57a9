"""The compiled loop over words: letters set apart or repeated, digits and signs in place of letters."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# The types of compiled functions stand in their decorators.

from numba import boolean, int32, int64, types, uint8, uint32

from moderation.text.compiled import compiled, readonly
from moderation.text.folding import is_latin, kind_of
from moderation.text.letters import DIGIT, LETTER

_SPELT_OUT = 4  # so many single letters in a row are a word spaced apart; U.S.A. is none
_LONGEST_LEET = 24  # a longer mixture of letters and digits is a key or a hash
_A, _Z = 97, 122

_bytes = readonly(uint8)


@compiled(uint32(uint32))
def _leet_digit(code):
    """The letter that a digit stands for in the middle of a word, or 0."""
    if code == 48:
        return uint32(111)
    if code == 49:
        return uint32(105)
    if code == 51:
        return uint32(101)
    if code == 52:
        return uint32(97)
    if code == 53:
        return uint32(115)
    if code == 54 or code == 57:
        return uint32(103)
    if code == 55:
        return uint32(116)
    if code == 56:
        return uint32(98)
    return uint32(0)


@compiled(uint32(uint32))
def _leet_sign(code):
    """The letter that a sign stands for between letters, or 0."""
    if code == 36:  # $
        return uint32(115)
    if code == 64:  # @
        return uint32(97)
    if code == 33:  # !
        return uint32(105)
    if code == 124:  # |
        return uint32(108)
    if code == 43:  # +
        return uint32(116)
    if code == 0x20AC:  # the euro
        return uint32(101)
    if code == 0xA3:  # the pound
        return uint32(108)
    if code == 0xA2:  # the cent
        return uint32(99)
    if code == 0xA5:  # the yen
        return uint32(121)
    return uint32(0)


@compiled(boolean(uint32))
def _is_vowel(code):
    return code in (97, 101, 105, 111, 117, 121)


@compiled(boolean(uint32[::1], int64, int64))
def _has_vowel(text, begin, end):
    for here in range(begin, end):  # noqa: SIM110 - slower in numba as any()
        if _is_vowel(text[here]):
            return True
    return False


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
        if not is_letter and not _leet_digit(code) and not _leet_sign(code):
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


@compiled(types.void(uint32[::1], int64, int64, boolean))
def _read_digits(text, begin, end, surely):
    first, last = end, begin
    for here in range(begin, end):
        if _A <= text[here] <= _Z:
            first = min(first, here)
            last = here
    inside, run, longest = 0, 0, 0
    for here in range(first + 1, last):
        if 48 <= text[here] <= 57:
            run += 1
            inside += _leet_digit(text[here]) > 0
            longest = max(longest, run)
        else:
            run = 0
    if (inside == 0 and not surely) or longest > 2:
        return
    from_place = begin if first - begin < 2 else first
    to_place = end if end - last <= 2 else last
    for here in range(from_place, to_place):
        letter = _leet_digit(text[here])
        # h8er and sk8er: an eight after consonants only is said, not seen.
        if letter and not (text[here] == 56 and here > begin and not _has_vowel(text, begin, here)):
            text[here] = letter


@compiled(boolean(uint32[::1], int64, int64))
def _is_mixture(text, begin, end):
    """At least two digits or signs inside, and not exclamation marks only: nobody writes so by chance."""
    inside, others = 0, 0
    for here in range(begin + 1, end - 1):
        if 48 <= text[here] <= 57 or _leet_sign(text[here]):
            inside += 1
            others += text[here] != 33
    return inside > 1 and others > 0


@compiled(boolean(uint32[::1], int64, int64, uint32, uint32, int64))
def _read_signs(text, begin, end, next_one, next_but_one, letters):
    """Returns whether there was a sign that stands for a letter."""
    found = False
    mixture = _is_mixture(text, begin, end)
    address = next_one == 46 and _A <= next_but_one <= _Z  # name@example.org
    variable = next_one in (45, 59, 61, 91, 41) or (next_one == 32 and next_but_one == 61)  # $user = $name;
    for here in range(begin, end):
        code = text[here]
        letter = _leet_sign(code)
        if not letter:
            continue
        before = here > begin
        ends = here + 1 == end
        follows = not ends and (_A <= text[here + 1] <= _Z or text[here + 1] in (36, 64))
        follows = follows or (here + 2 < end and 48 <= text[here + 1] <= 57 and _A <= text[here + 2] <= _Z)
        if code == 36:
            doubled = (before and text[here - 1] in (36, 115)) or (not ends and text[here + 1] == 36)
            good = (before and (follows or ends) and (letters > 1 or doubled)) or (
                not before and follows and letters > 2 and not variable
            )
        elif code == 64:
            mention = not before and not (
                here + 2 < end and text[here + 1] in (36, 115) and text[here + 2] in (36, 115)
            )
            beside = here == begin or not 48 <= text[here - 1] <= 57
            good = not address and not mention and beside and letters > 1 and (follows or (ends and letters > 2))
        else:
            follows = follows or (here + 2 == end and mixture and text[here + 1] > 47)
            good = before and follows and letters > 1
            good = good and (mixture or not _has_vowel(text, begin, here) or not _has_vowel(text, here + 1, end))
            if code == 43 or code == 124:
                good = good and 2 < letters < 11
        if good:
            text[here] = letter
            found = True
    return found


@compiled(types.void(uint32[::1], int64, int64, uint32, uint32))
def _read_leet(text, begin, end, next_one, next_but_one):
    """Digits and signs inside a word become the letters they stand for (h4te, 1d1ot, $hit, b!tch)."""
    letters, digits, foreign, hexadecimal = 0, 0, 0, 0
    for here in range(begin, end):
        code = text[here]
        if 48 <= code <= 57:
            digits += 1
            continue
        if _A <= code <= _Z:
            letters += 1
            hexadecimal += code <= 102
        elif code > 127 and not _leet_sign(code):
            foreign += 1
    if letters == 0 or foreign or end - begin > _LONGEST_LEET:
        return
    if end - begin >= 8 and hexadecimal == letters and digits > 1:
        return
    if (
        end - begin == 4
        and letters == 2
        and digits == 2
        and (text[begin + 1] != text[begin + 2] or text[begin + 1] == 49)
    ):
        return  # i18n, a11y; but l33t
    found = _read_signs(text, begin, end, next_one, next_but_one, letters)
    if digits and digits <= letters + 1 and letters + digits > 2:
        _read_digits(text, begin, end, found)


@compiled(boolean(uint32, _bytes))
def _in_chunk(code, kinds):
    kind = kind_of(code, kinds)
    return kind in (LETTER, DIGIT) or _leet_sign(code) > 0


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
                if not (_A <= code <= _Z):
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
            _read_leet(text, begin, to, next_one, next_but_one)
        if stretched:
            to = _squeeze(text, offsets, begin, to, kinds)
    return to

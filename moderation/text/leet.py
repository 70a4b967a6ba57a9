"""The compiled reading of leetspeak: digits and signs in place of letters (h4te, 1d1ot, $hit, b!tch)."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# The types of compiled functions stand in their decorators.

from numba import boolean, int64, types, uint32

from moderation.text.compiled import compiled

A, Z = 97, 122
_LONGEST_LEET = 24  # a longer mixture of letters and digits is a key or a hash


@compiled(uint32(uint32))
def leet_digit(code):
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
def leet_sign(code):
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


@compiled(types.void(uint32[::1], int64, int64, boolean))
def _read_digits(text, begin, end, surely):
    first, last = end, begin
    for here in range(begin, end):
        if A <= text[here] <= Z:
            first = min(first, here)
            last = here
    inside, run, longest = 0, 0, 0
    for here in range(first + 1, last):
        if 48 <= text[here] <= 57:
            run += 1
            inside += leet_digit(text[here]) > 0
            longest = max(longest, run)
        else:
            run = 0
    if (inside == 0 and not surely) or longest > 2:
        return
    from_place = begin if first - begin < 2 else first
    to_place = end if end - last <= 2 else last
    for here in range(from_place, to_place):
        letter = leet_digit(text[here])
        # h8er and sk8er: an eight after consonants only is said, not seen.
        if letter and not (text[here] == 56 and here > begin and not _has_vowel(text, begin, here)):
            text[here] = letter


@compiled(boolean(uint32[::1], int64, int64))
def _is_mixture(text, begin, end):
    """At least two digits or signs inside, and not exclamation marks only: nobody writes so by chance."""
    inside, others = 0, 0
    for here in range(begin + 1, end - 1):
        if 48 <= text[here] <= 57 or leet_sign(text[here]):
            inside += 1
            others += text[here] != 33
    return inside > 1 and others > 0


@compiled(boolean(uint32[::1], int64, int64, uint32, uint32, int64))
def _read_signs(text, begin, end, next_one, next_but_one, letters):
    """Returns whether there was a sign that stands for a letter."""
    found = False
    mixture = _is_mixture(text, begin, end)
    address = next_one == 46 and A <= next_but_one <= Z  # name@example.org
    variable = next_one in (45, 59, 61, 91, 41) or (next_one == 32 and next_but_one == 61)  # $user = $name;
    for here in range(begin, end):
        code = text[here]
        letter = leet_sign(code)
        if not letter:
            continue
        before = here > begin
        ends = here + 1 == end
        follows = not ends and (A <= text[here + 1] <= Z or text[here + 1] in (36, 64))
        follows = follows or (here + 2 < end and 48 <= text[here + 1] <= 57 and A <= text[here + 2] <= Z)
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
def read_leet(text, begin, end, next_one, next_but_one):
    """Digits and signs inside a word become the letters they stand for (h4te, 1d1ot, $hit, b!tch)."""
    letters, digits, foreign, hexadecimal = 0, 0, 0, 0
    for here in range(begin, end):
        code = text[here]
        if 48 <= code <= 57:
            digits += 1
            continue
        if A <= code <= Z:
            letters += 1
            hexadecimal += code <= 102
        elif code > 127 and not leet_sign(code):
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

"""Unicode as tables: what each character becomes, what kind it is, and which Latin letter it looks like."""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIZE = 0x20000  # the planes in which people write; Chinese beyond them is kept as it is
SPACE, LETTER, DIGIT, UNSPACED, SYMBOL, PUNCTUATION, BANG = range(7)
MANY = 0x80000000  # in `fold`: the rest is a place in `many`, where the length stands, then the characters
MARK, JOINS = 1, 2  # in `traits`: belongs to the character before it; may become one character with it

# Letters with a stroke and ligatures carry no accent that Unicode could take off; quotes and hyphens are typed
# in many shapes; small capitals, phonetic and turned letters are worn as a style.
_SAME = str.maketrans(
    {
        "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe",
        "‘": "'", "’": "'", "‛": "'", "ʼ": "'", "“": '"', "”": '"', "‐": "-",
    }
    | dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True))
    | dict(zip("ɐɔǝɟɓƃɥᴉɾʞɯɹʇʌʍʎ", "acefbghijkmrtvwy", strict=True))
    | dict(zip("ɑɡƅɩƒʋϳɛⱥɇꞓƙɲ", "agbifvjeaeckn", strict=True))
)  # fmt: skip

# Letters of other scripts that look like a Latin one, in either case, on most screens: the ones of Unicode's
# confusables that people use.
_ALIKE = {
    "a": "аαАΑᎪꓮᗩⲁ", "b": "ЬВΒβвᏴꓐᗷ", "c": "сϲСϹᏟꓚᑕⲥ", "d": "ԁᎠꓓᗪժ", "e": "еҽЕΕεєЄᎬꓰᗴⲉ", "f": "ꓝᖴϝ",
    "g": "ցᏀꓖԌ", "h": "һհНΗнᎻꓧᕼⲏ", "i": "іιІΙїЇᎥꓲⲓ", "j": "јЈᎫꓙᒍ", "k": "кКΚκᏦꓗⲕ", "l": "ӏӀᏞꓡᒪ", "m": "мМΜᎷꓟᗰⲙ",
    "n": "ոпΝηꓠᑎⲛ", "o": "оοօОΟσⲟꓳ", "p": "рρРΡᏢꓑᑭⲣ", "q": "ԛԚզ", "r": "гᎡꓣᖇⲅ", "s": "ѕЅᏚꓢᔕ", "t": "тТΤτᎢꓔⲧ",
    "u": "սυᑌꓴ", "v": "ѵνᏙꓦᐯ", "w": "ԝԜωшшᎳꓪᗯ", "x": "хХΧχꓫ᙭ⲭ", "y": "уүУΥҮγꓬⲩ", "z": "ΖᏃꓜ",
}  # fmt: skip
_SQUARED = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)  # the A of squared, circled and flag letters

# Invisible without being format characters: grapheme joiner, fillers, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
# Accents of the Latin, Greek and Cyrillic letters, and the optional vowel points of Hebrew and Arabic; tones
# of skin, which say nothing about a comment.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
    "\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\U0001f3fb-\U0001f3ff]"
)
# Thai, Lao, Tibetan, Burmese, Khmer, Japanese and Chinese have no spaces between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3031-\u3035\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_UNCHANGED = re.compile("[\u3400-\u9fff\uac00-\ud7a3\ue000-\uf8ff\U00012000-\U0001cfff]")  # and many of them


class Tables(NamedTuple):
    """Indexed by code point, but for `many` and for the pairs of characters that become one."""

    fold: NDArray[np.uint32]
    many: NDArray[np.uint32]
    kinds: NDArray[np.uint8]
    traits: NDArray[np.uint8]
    alikes: NDArray[np.uint8]
    pairs: NDArray[np.uint64]
    joined: NDArray[np.uint32]


@cache
def tables() -> Tables:
    """The tables of this Python's Unicode, made in a tenth of a second."""
    fold = np.arange(SIZE, dtype=np.uint32)
    kinds = np.full(SIZE, SYMBOL, dtype=np.uint8)
    traits = np.zeros(SIZE, dtype=np.uint8)
    many: list[int] = []
    pairs: dict[int, int] = {}
    for code in range(SIZE):
        char = chr(code)
        category = unicodedata.category(char)
        if category in {"Cn", "Co", "Cs"}:
            continue
        kinds[code] = _kind(char, category)
        if _UNCHANGED.match(char):
            continue
        folded = _folded(char)
        if len(folded) > 1:
            fold[code] = MANY | len(many)
            many += [len(folded), *map(ord, folded)]
        else:
            fold[code] = ord(folded) if folded else 0
        if category[0] == "M":
            traits[code] |= MARK
        _add_pair(char, pairs)
    for pair in pairs:
        traits[pair & 0xFFFFFFFF] |= JOINS
    traits[0x1161:0x1176] |= JOINS
    traits[0x11A8:0x11C3] |= JOINS
    keys = sorted(pairs)
    return Tables(
        fold,
        np.array(many, dtype=np.uint32),
        kinds,
        traits,
        _alikes(),
        np.array(keys, dtype=np.uint64),
        np.array([pairs[key] for key in keys], dtype=np.uint32),
    )


def _folded(char: str) -> str:
    if char.isspace():
        return char
    lowered = unicodedata.normalize("NFKC", char).casefold()
    letters = unicodedata.normalize("NFKD", _BLANK.sub("", lowered)).translate(_SAME)
    visible = "".join(char for char in letters if unicodedata.category(char) not in {"Cf", "Cc"})
    return unicodedata.normalize("NFKC", _ACCENT.sub("", visible))


def _add_pair(char: str, pairs: dict[int, int]) -> None:
    """Unicode's own compositions, where the second one is more than an accent."""
    parts = unicodedata.decomposition(char).split()
    if len(parts) != 2 or parts[0].startswith("<"):
        return
    first, second = (chr(int(part, 16)) for part in parts)
    if not _ACCENT.match(second) and unicodedata.normalize("NFC", first + second) == char:
        pairs[ord(first) << 32 | ord(second)] = ord(char)


def _kind(char: str, category: str) -> int:
    if char.isspace():
        return SPACE
    if char in "!?":
        return BANG
    if _UNSPACED.match(char):
        return UNSPACED
    if category[0] in "LM":
        return LETTER
    if category[0] == "N":
        return DIGIT
    return PUNCTUATION if category[0] == "P" and char not in "*@#&%" else SYMBOL


def _alikes() -> NDArray[np.uint8]:
    alikes = np.zeros(SIZE, dtype=np.uint8)
    for letter, others in _ALIKE.items():
        alikes[[ord(other) for other in others]] = ord(letter)
    for first in _SQUARED:
        alikes[first : first + 26] = np.arange(ord("a"), ord("z") + 1)
    return alikes

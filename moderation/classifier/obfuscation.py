"""Words disguised as people disguise them to get through: what the training adds and the tests demand."""

import re
from collections.abc import Callable, Mapping
from random import Random

SHARE = 0.5  # of a text's longer words that one disguise changes; at least one where it can
_SHORTEST = 4  # letters; shorter words are mostly grammar and stay as they are
_LONGER_WORD = re.compile(rf"(?<![\w'’])[A-Za-z]{{{_SHORTEST},}}(?!\w)")
_GAP_BEFORE_LONGER_WORD = re.compile(rf"(?<=[A-Za-z]) +(?=[A-Za-z]{{{_SHORTEST},}}(?!\w))")
_FUNCTION_WORDS = {
    "about", "after", "also", "because", "been", "before", "being", "both", "could", "does", "down", "each",
    "even", "ever", "every", "from", "have", "here", "into", "just", "like", "more", "most", "much", "must",
    "only", "other", "over", "same", "should", "some", "such", "than", "that", "their", "them", "then", "there",
    "these", "they", "this", "those", "through", "under", "until", "very", "were", "what", "when", "where",
    "which", "while", "will", "with", "would", "your", "yours",
}  # fmt: skip
_VOWELS = "aeiouAEIOU"

_LEET = {
    "a": "4@", "b": "8", "e": "3", "g": "96", "i": "1!", "l": "1|", "o": "0", "s": "5$", "t": "7+", "z": "2",
}  # fmt: skip
# Cyrillic, Greek, Armenian and Latin letters that look the same on most screens.
_LOOK_ALIKES = {
    "a": "аα", "b": "Ьƅ", "c": "сϲ", "d": "ԁ", "e": "еҽ", "g": "ɡց", "h": "һհ", "i": "іι", "j": "ј", "k": "к",
    "l": "ӏ", "m": "м", "n": "ո", "o": "оοօ", "p": "рρ", "q": "ԛ", "r": "г", "s": "ѕ", "t": "т", "u": "սυ",
    "v": "ѵν", "w": "ԝ", "x": "х", "y": "у", "A": "АΑ", "B": "ВΒ", "C": "СϹ", "E": "ЕΕ", "H": "НΗ", "I": "ІΙ",
    "J": "Ј", "K": "КΚ", "M": "МΜ", "N": "Ν", "O": "ОΟ", "P": "РΡ", "S": "Ѕ", "T": "ТΤ", "X": "ХΧ", "Y": "ΥҮ",
    "Z": "Ζ",
}  # fmt: skip
# The capital A of each style that has all 52 letters, and how far its small a stands behind it.
_STYLES = (
    (0xFF21, 32),  # fullwidth
    (0x1D400, 26),  # bold
    (0x1D4D0, 26),  # bold script
    (0x1D56C, 26),  # bold Fraktur
    (0x1D5A0, 26),  # sans-serif
    (0x1D670, 26),  # monospace
    (0x24B6, 26),  # circled
)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202c"  # zero width, soft hyphen, direction
_MARKS = "".join(map(chr, range(0x300, 0x334)))
_SEPARATORS = ".-_,/"
_INNER_MARKS = (".", "'", "-", "..", ",", "~", "_")
_SOUNDS_LIKE = tuple(
    (re.compile(pattern, re.IGNORECASE), sound)
    for pattern, sound in (
        (r"ck", "k"),
        (r"ck", "kk"),
        (r"ph", "f"),
        (r"f", "ph"),
        (r"c(?=[aoulr])", "k"),
        (r"qu", "kw"),
        (r"x", "ks"),
        (r"ss", "zz"),
        (r"s$", "z"),
        (r"er$", "a"),
        (r"ing$", "in"),
        (r"ight", "ite"),
        (r"ea", "ee"),
        (r"(?<=[^aeiou])u(?=[^aeiou])", "oo"),
        (r"(?<=[^aeiou])i(?=[^aeiou])", "ee"),
        (r"(?<=[^aeiou])y$", "ie"),
        (r"le$", "el"),
    )
)


def obfuscate(text: str, kind: str, random: Random, share: float = SHARE) -> str:
    """*text* with a *share* of its longer words disguised in one way; the same generator, the same result.

    Short words, numbers and words of other scripts stay as they are.

    Raises:
        KeyError: there is no such kind.
    """
    if kind == "glued":
        return _changed(text, _GAP_BEFORE_LONGER_WORD, lambda gap, random: "", random, share)
    return _changed(text, _LONGER_WORD, _DISGUISES[kind], random, share)


def _changed(
    text: str, pattern: re.Pattern[str], change: Callable[[str, Random], str], random: Random, share: float
) -> str:
    """Replace a share of the matches, taken in random order; those that the change leaves alone do not count."""
    found = [match for match in pattern.finditer(text) if match.group().lower() not in _FUNCTION_WORDS]
    wanted = max(1, round(share * len(found)))
    changes: dict[int, str] = {}
    for match in random.sample(found, len(found)):
        if len(changes) == wanted:
            break
        changed = change(match.group(), random)
        if changed != match.group():
            changes[match.start()] = changed
    pieces, end = [], 0
    for match in found:
        if match.start() in changes:
            pieces += [text[end : match.start()], changes[match.start()]]
            end = match.end()
    return "".join([*pieces, text[end:]])


def _leetspeak(word: str, random: Random) -> str:
    return _replaced(word, _LEET, random)


def _look_alikes(word: str, random: Random) -> str:
    return _replaced(word, _LOOK_ALIKES, random)


def _replaced(word: str, table: Mapping[str, str], random: Random) -> str:
    """Half of the letters that the table knows, at least one."""
    places = [place for place, char in enumerate(word) if _from(table, char)]
    letters = list(word)
    for place in random.sample(places, (len(places) + 1) // 2):
        letters[place] = random.choice(_from(table, word[place]))
    return "".join(letters)


def _from(table: Mapping[str, str], char: str) -> str:
    return table.get(char) or table.get(char.lower(), "")


def _styled_letters(word: str, random: Random) -> str:
    capital, to_small = random.choice(_STYLES)
    return "".join(chr(capital + ord(char.upper()) - ord("A") + (to_small if char.islower() else 0)) for char in word)


def _zero_width(word: str, random: Random) -> str:
    return _inserted(word, random.randint(1, 3), lambda: random.choice(_INVISIBLE), random)


def _zalgo(word: str, random: Random) -> str:
    return "".join(char + "".join(random.choices(_MARKS, k=random.randint(1, 4))) for char in word)


def _spaced(word: str, random: Random) -> str:
    return " ".join(word)


def _dotted(word: str, random: Random) -> str:
    return random.choice(_SEPARATORS).join(word)


def _repeated(word: str, random: Random) -> str:
    places = random.sample(range(1, len(word)), random.randint(1, 2))
    return "".join(char * (random.randint(3, 5) if place in places else 1) for place, char in enumerate(word))


def _asterisks(word: str, random: Random) -> str:
    """A vowel inside, or else any letter inside; two in a long word."""
    letters = list(word)
    for place in _inner_vowels(word, random) or [random.randrange(1, len(word) - 1)]:
        letters[place] = random.choice("**#")
    return "".join(letters)


def _dropped_vowels(word: str, random: Random) -> str:
    dropped = _inner_vowels(word, random)
    return "".join(char for place, char in enumerate(word) if place not in dropped)


def _inner_vowels(word: str, random: Random) -> list[int]:
    """One of the vowels inside a word, two of a long one."""
    places = [place for place in range(1, len(word) - 1) if word[place] in _VOWELS]
    return random.sample(places, min(len(places), 1 if len(word) <= 6 else 2))


def _swapped(word: str, random: Random) -> str:
    """Two neighbours inside change places; the first and the last letter stay, as a hasty typist's do."""
    places = [place for place in range(1, len(word) - 2) if word[place] != word[place + 1]]
    if not places:
        return word
    place = random.choice(places)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _punctuated(word: str, random: Random) -> str:
    return _inserted(word, 1, lambda: random.choice(_INNER_MARKS), random)


def _split(word: str, random: Random) -> str:
    place = random.randint(2, len(word) - 2)
    return f"{word[:place]} {word[place:]}"


def _phonetic(word: str, random: Random) -> str:
    """One or two spellings that sound the same."""
    for _ in range(random.randint(1, 2)):
        fitting = [(match, sound) for pattern, sound in _SOUNDS_LIKE if (match := pattern.search(word))]
        if fitting:
            match, sound = random.choice(fitting)
            word = word[: match.start()] + (sound.upper() if match.group().isupper() else sound) + word[match.end() :]
    return word


def _inserted(word: str, times: int, choose: Callable[[], str], random: Random) -> str:
    for _ in range(times):
        place = random.randint(1, len(word) - 1)
        word = word[:place] + choose() + word[place:]
    return word


_DISGUISES: Mapping[str, Callable[[str, Random], str]] = {
    "leetspeak": _leetspeak,
    "look_alikes": _look_alikes,
    "styled_letters": _styled_letters,
    "zero_width": _zero_width,
    "zalgo": _zalgo,
    "spaced": _spaced,
    "dotted": _dotted,
    "repeated": _repeated,
    "asterisks": _asterisks,
    "dropped_vowels": _dropped_vowels,
    "swapped": _swapped,
    "punctuated": _punctuated,
    "split": _split,
    "phonetic": _phonetic,
}
KINDS = (*_DISGUISES, "glued")

"""A short list of our own of words that hurt to read: what a moderator may have covered.

It decides nothing and scores nothing. It need not be whole: the readers' own findings are covered as well.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from moderation.text.normalise import Normalised, normalise_many

_STEMS = (
    "nigger nigga sandnigger faggot fag kike spic gook wetback raghead towelhead paki tranny shemale retard beaner "
    "darkie golliwog pikey kaffir zipperhead "
    "fuck fucker motherfucker motherfucking fucking fucked fuckwit shit shitty shithead bullshit cunt bitch whore "
    "slut twat wanker dickhead asshole arsehole cocksucker pussy bastard"
)
WORDS = frozenset(word + ending for word in _STEMS.split() for ending in ("", "s", "es", "ed"))
_SHORTEST = min(map(len, WORDS))
_TOKEN = re.compile(r"\w+")


def find_slurs(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """Where they stand in each of the raw *texts*, also in disguise. To fold many at once takes little longer."""
    long_enough = [number for number, text in enumerate(texts) if len(text) >= _SHORTEST]
    found: list[list[tuple[int, int]]] = [[] for _ in texts]
    codes, offsets, starts = normalise_many([texts[number] for number in long_enough])
    folded = codes.tobytes().decode("utf-32-le", "surrogatepass")
    for number, (start, end) in zip(long_enough, pairwise(starts.tolist()), strict=True):
        if WORDS.isdisjoint(_TOKEN.findall(folded, start, end)):
            continue
        text = Normalised(folded[start:end], [*offsets[start:end].tolist(), len(texts[number])])
        found[number] = [text.span(*token.span()) for token in _TOKEN.finditer(text.text) if token.group() in WORDS]
    return found

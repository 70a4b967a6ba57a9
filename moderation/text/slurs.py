"""A short list of our own of words that hurt to read: what a moderator may have covered.

It decides nothing and scores nothing. It need not be whole: the readers' own findings are covered as well.
"""

import re

from moderation.text.normalise import normalise

_STEMS = (
    "nigger nigga sandnigger faggot fag kike spic gook wetback raghead towelhead paki tranny shemale retard beaner "
    "darkie golliwog pikey kaffir zipperhead "
    "fuck fucker motherfucker motherfucking fucking fucked fuckwit shit shitty shithead bullshit cunt bitch whore "
    "slut twat wanker dickhead asshole arsehole cocksucker pussy bastard"
)
WORDS = frozenset(word + ending for word in _STEMS.split() for ending in ("", "s", "es", "ed"))
_TOKEN = re.compile(r"\w+")


def find_slurs(text: str) -> list[tuple[int, int]]:
    """Where they stand in the raw *text*, also in disguise."""
    if len(text) < min(map(len, WORDS)):
        return []
    normalised = normalise(text)
    return [normalised.span(*token.span()) for token in _TOKEN.finditer(normalised.text) if token.group() in WORDS]

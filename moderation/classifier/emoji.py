"""Emoji that say what a word says are learnt with that word."""

import numpy as np
from numpy.typing import NDArray

WORDS = {
    "🖕": "fuck", "🤬": "fucking", "💩": "shit", "🔪": "knife", "🗡": "knife", "🔫": "gun", "💣": "bomb",
    "🤡": "clown", "🐒": "monkey", "🐵": "monkey", "🙈": "monkey", "🦍": "gorilla", "🐷": "pig", "🐖": "pig",
    "🐀": "rat", "🐕": "dog", "🐄": "cow", "🐍": "snake", "🐑": "sheep", "🤮": "disgusting", "🤢": "disgusting",
    "😡": "angry", "😠": "angry", "👿": "evil", "😂": "lol", "🤣": "lol", "❤": "love", "💕": "love", "😍": "love",
    "🥰": "love", "👍": "good", "👎": "bad", "👏": "bravo", "🙏": "thanks", "😢": "sad", "😭": "sad", "💀": "skull",
    "☠": "skull", "⚰": "coffin", "🍆": "dick", "🍑": "ass", "💦": "cum", "🔥": "fire", "🖤": "love",
    "💯": "exactly", "🤦": "facepalm", "🙄": "eyeroll",
}  # fmt: skip


def _emoji() -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint32]]:
    """The emoji in order, where the word of each begins, and the words' letters."""
    chosen = sorted(WORDS, key=ord)
    starts = np.cumsum([0, *(len(WORDS[emoji]) for emoji in chosen)])
    letters = "".join(WORDS[emoji] for emoji in chosen)
    return np.array([*map(ord, chosen)], np.uint32), starts, np.array([*map(ord, letters)], np.uint32)


EMOJI, EMOJI_STARTS, EMOJI_LETTERS = _emoji()

"""Where a text's sentences are, and where that is for programs that count in UTF-16."""

import re
from itertools import accumulate

_SPACE = re.compile(r"\s+")
_CLOSING = "\"')]}”’»"
_ENDING = ".!?…。！？"


def sentences(text: str, at_most: int) -> list[tuple[int, int]]:
    """Start and end of each sentence, in order, without the space between; with too many, neighbours are joined."""
    found, start = [], len(text) - len(text.lstrip())
    for space in _SPACE.finditer(text, start):
        before = text[max(start, space.start() - 8) : space.start()].rstrip(_CLOSING)
        if "\n" in space.group() or before.endswith(tuple(_ENDING)) or space.end() == len(text):
            found.append((start, space.start()))
            start = space.end()
    if start < len(text):
        found.append((start, len(text)))
    step = -(-len(found) // at_most)
    return [(some[0][0], some[-1][1]) for some in (found[i : i + step] for i in range(0, len(found), step or 1))]


class Utf16:
    """`units[i]`: how many UTF-16 code units the first *i* characters of the text take."""

    def __init__(self, text: str) -> None:
        self._before = None if text.isascii() else [0, *accumulate(1 + (character > "\uffff") for character in text)]

    def __getitem__(self, index: int) -> int:
        return self._before[index] if self._before is not None else index

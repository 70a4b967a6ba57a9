"""A stranger's words on a terminal, which obeys some characters instead of showing them."""

import os
import sys

from moderation.web.card.marking import pieces

WORD_LENGTH = 24


def visible(text: str) -> str:
    """A stranger's text for a terminal: controls and all that takes no ink by their numbers."""
    shown = "".join(piece.text for piece in pieces(text))
    return shown.replace("\r\n", "\n").replace("\r", "[U+000D]")


def short(word: str) -> str:
    """A word for a line of the table, whatever its author put into it."""
    shown = " ".join(visible(word).split())
    return shown if len(shown) <= WORD_LENGTH else shown[: WORD_LENGTH - 1] + "…"


def encodable(line: str) -> str:
    """What the terminal's encoding lacks, and halves of surrogate pairs, by their numbers."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def has_styles() -> bool:
    """Whether somebody reads this on a terminal that shows styles, and has not asked for none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

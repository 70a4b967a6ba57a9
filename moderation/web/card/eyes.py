"""What a comment says, as whoever reads the page wants it said: one rule for cards, conversations and excerpts."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy.orm as so

from moderation.domain.hard import YES
from moderation.storage import comments as storage
from moderation.storage.tables import Comment, Decision
from moderation.web.card.marking import LABELS, Piece, marks, pieces
from moderation.web.card.masking import covers
from moderation.web.card.targets import targets

EXCERPT = 240
# A covered word may begin before the cut and end behind it: that far is looked further.
_LONGEST_WORD = 60
# A comment of empty lines would push all others of a list out of sight.
_LINES = 40


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks: the names of their sites, where they may decide, when it is, who they are, and what they
    asked to have covered (`mask`) or not to see at all (`opted_out`, attributes).
    """

    sites: Mapping[uuid.UUID, str]
    decidable: Collection[uuid.UUID]
    now: datetime
    moderator_id: uuid.UUID | None = None
    mask: bool = False
    opted_out: Collection[str] = ()

    def site(self, site_id: uuid.UUID) -> str:
        """The site's name, where there are several to tell apart."""
        return self.sites[site_id] if len(self.sites) > 1 else ""


@dataclass(frozen=True, slots=True)
class Said:
    """A text as it is shown. `text` is None once it is erased; `withheld` is what its reader asked not to see."""

    text: list[Piece] | None
    withheld: Sequence[str] = ()
    is_cut: bool = False

    @property
    def is_covered(self) -> bool:
        return any(piece.masked for piece in self.text or ())


def said(
    comment: Comment, verdict: Decision | None, eyes: Eyes, *, shown: int | None = None, with_marks: bool = True
) -> Said:
    """At most *shown* characters of a comment, and not too many lines, by what the machine's *verdict* found in it."""
    text = comment.text
    if text is None:
        return Said(None)
    if shown is not None:
        shown = len("".join(text[:shown].splitlines(keepends=True)[:_LINES]))
    # Offsets belong to the text that was read: after an edit they would mark other words.
    receipt = verdict.receipt if verdict and verdict.revision == comment.revision else {}
    return Said(
        text_of(text, receipt, eyes, shown=shown, with_marks=with_marks),
        withheld(verdict.receipt, eyes) if verdict and text else (),
        shown is not None and len(text) > shown,
    )


def excerpts(session: so.Session, rows: Sequence[Comment], eyes: Eyes) -> dict[uuid.UUID, Said]:
    """The beginning of each comment of a list, without marks."""
    verdicts = storage.machine_verdicts(session, rows)
    return {row.id: said(row, verdicts.get(row.id), eyes, shown=EXCERPT, with_marks=False) for row in rows}


def text_of(
    text: str, receipt: Mapping[str, Any], eyes: Eyes, *, shown: int | None = None, with_marks: bool = True
) -> list[Piece]:
    """*text* with the marks of the receipt that read it, and with covers for eyes that want them."""
    found = marks(receipt) if receipt and with_marks else []
    whole = text if shown is None else text[: shown + _LONGEST_WORD]
    return pieces(text[:shown], [*found, *targets(whole), *(covers(whole, receipt) if eyes.mask else [])])


def withheld(receipt: Mapping[str, Any], eyes: Eyes) -> list[str]:
    """What a comment is, in words, of all that *eyes* are spared."""
    named = {reason.get("attribute") for reason in receipt.get("reasons", [])}
    found = named | {name for name, score in receipt.get("scores", {}).items() if score >= YES}
    return [str(label) for name, label in LABELS.items() if name in found and name in eyes.opted_out]

"""Cards that a moderator skipped come last, for as long as they stay signed in; nobody else sees a difference."""

import uuid
from collections.abc import Sequence

from flask import session

NAME = "skipped"
KEPT = 100  # what the cookie has room for; whoever skips more meets the first again


def skipped() -> tuple[uuid.UUID, ...]:
    """The comments, in the order in which they were skipped."""
    return tuple(uuid.UUID(word) for word in session.get(NAME, "").split())


def skip(comment_id: uuid.UUID) -> int | None:
    """Put it last; where it stood among the skipped, if it was one of them already."""
    before = skipped()
    _keep([*(other for other in before if other != comment_id), comment_id])
    return before.index(comment_id) if comment_id in before else None


def take_back(comment_id: uuid.UUID, place: int | None) -> None:
    """The comment stands where it stood before it was skipped: in the list, or at *place* among the skipped."""
    before = skipped()
    kept = [other for other in before if other != comment_id]
    if comment_id in before and place is not None:
        kept.insert(place, comment_id)
    _keep(kept)


def bring_back() -> None:
    """None is skipped any more."""
    session.pop(NAME, None)


def _keep(comment_ids: Sequence[uuid.UUID]) -> None:
    session[NAME] = " ".join(comment_id.hex for comment_id in comment_ids[-KEPT:])

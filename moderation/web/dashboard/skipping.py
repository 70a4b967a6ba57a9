"""Cards that a moderator skipped come last, for as long as they stay signed in; nobody else sees a difference."""

import uuid

from flask import session

NAME = "skipped"
KEPT = 100  # what the cookie has room for; whoever skips more meets the first again


def skipped() -> tuple[uuid.UUID, ...]:
    """The comments, in the order in which they were skipped."""
    return tuple(uuid.UUID(word) for word in session.get(NAME, "").split())


def skip(comment_id: uuid.UUID) -> None:
    kept = [other for other in skipped() if other != comment_id]
    session[NAME] = " ".join(other.hex for other in [*kept, comment_id][-KEPT:])


def bring_back() -> None:
    """None is skipped any more."""
    session.pop(NAME, None)

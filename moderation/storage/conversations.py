"""The conversation around a comment: what it answers, and what answers it."""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import State
from moderation.storage.tables import Comment


def above(session: so.Session, comment: Comment, *, limit: int = 5) -> list[Comment]:
    """The comments that led to this one, the first of them first; as far up as we know them."""
    found: list[Comment] = []
    seen = {comment.external_id}
    wanted = comment.parent_external_id
    while wanted and wanted not in seen and len(found) < limit:
        seen.add(wanted)
        parent = session.scalar(
            sa.select(Comment).where(Comment.site_id == comment.site_id, Comment.external_id == wanted)
        )
        if parent is None:
            break
        found.append(parent)
        wanted = parent.parent_external_id
    return found[::-1]


def below(session: so.Session, comment: Comment, *, limit: int = 20) -> Sequence[Comment]:
    """The direct answers to a comment, oldest first."""
    return session.scalars(
        sa.select(Comment)
        .where(
            Comment.site_id == comment.site_id,
            Comment.parent_external_id == comment.external_id,
            sa.text("parent_external_id <> ''"),  # as the index says it
            Comment.state != State.ERASED,
        )
        .order_by(Comment.id)
        .limit(limit)
    ).all()

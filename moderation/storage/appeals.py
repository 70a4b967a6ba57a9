"""Appeals as rows: one a comment, open until a decision answers it."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage import marks
from moderation.storage.marks import Matter
from moderation.storage.tables import Appeal, Comment, Decision


def of_comment(session: so.Session, comment_id: uuid.UUID) -> Appeal | None:
    """The appeal against what happened to a comment, open or answered, with the decision that answered it."""
    return session.scalar(
        sa.select(Appeal).where(Appeal.comment_id == comment_id).options(so.joinedload(Appeal.decision))
    )


def of_comments(session: so.Session, comments: Sequence[Comment]) -> dict[uuid.UUID, Appeal]:
    """The appeals against a page of comments, in one query."""
    rows = session.scalars(sa.select(Appeal).where(Appeal.comment_id.in_([comment.id for comment in comments])))
    return {row.comment_id: row for row in rows}


def answer(session: so.Session, comment: Comment, decision: Decision, text: str, now: datetime) -> Appeal | None:
    """Close the comment's open appeal with *decision*; None where there is none."""
    appeal = session.scalar(sa.select(Appeal).where(Appeal.comment_id == comment.id, Appeal.answered_at.is_(None)))
    if appeal is not None:
        appeal.answer, appeal.answered_at, appeal.decision = text, now, decision
        marks.close_matters(session, comment.id, Matter.APPEAL)
    return appeal


def reopen(session: so.Session, comment: Comment, decision_id: uuid.UUID) -> None:
    """Open the appeal again that *decision_id* had answered, if there was one."""
    appeal = session.scalar(sa.select(Appeal).where(Appeal.decision_id == decision_id))
    if appeal is not None:
        appeal.answer, appeal.answered_at, appeal.decision_id = "", None, None
        marks.open_matter(session, comment, Matter.APPEAL)

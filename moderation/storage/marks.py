"""Marks: what a comment is found by besides its state, kept equal to it."""

import uuid
from collections.abc import Iterable
from enum import StrEnum

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.storage.tables import Comment, CommentMark

MAX_CODE = 40


class Matter(StrEnum):
    """What somebody still has to see to."""

    REPORTED = "open:reported"
    ESCALATED = "open:escalated"
    APPEAL = "open:appeal"


def set_reasons(session: so.Session, comment: Comment, codes: Iterable[str], *, is_new: bool) -> None:
    """Mark a comment with the reasons of the machine's newest reading instead of the earlier ones."""
    if not is_new:
        session.execute(
            sa.delete(CommentMark)
            .where(CommentMark.comment_id == comment.id, CommentMark.code.not_in(list(Matter)))
            .execution_options(synchronize_session=False)
        )
    for code in {code[:MAX_CODE] for code in codes} - set(Matter):
        session.add(_mark(comment, code))


def follow(session: so.Session, comment: Comment) -> None:
    """Let the marks of a comment have its present state and risk."""
    session.execute(
        sa.update(CommentMark)
        .where(CommentMark.comment_id == comment.id)
        .values(state=comment.state, risk=comment.risk)
        .execution_options(synchronize_session=False)
    )


def open_matter(session: so.Session, comment: Comment, matter: Matter) -> None:
    session.merge(_mark(comment, matter))


def close_matters(session: so.Session, comment_id: uuid.UUID, *matters: Matter) -> None:
    session.execute(
        sa.delete(CommentMark)
        .where(CommentMark.comment_id == comment_id, CommentMark.code.in_(matters))
        .execution_options(synchronize_session=False)
    )


def remove_all(session: so.Session, comment_id: uuid.UUID) -> None:
    session.execute(sa.delete(CommentMark).where(CommentMark.comment_id == comment_id))


def _mark(comment: Comment, code: str) -> CommentMark:
    return CommentMark(
        comment_id=comment.id, code=str(code), site_id=comment.site_id, state=comment.state, risk=comment.risk
    )

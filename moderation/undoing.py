"""A moderator's decision is taken back, inside a transaction: the comment stands again as it stood before."""

import uuid
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import RESULT, Actor
from moderation.recording import person_receipt, record, who_was_first
from moderation.storage import appeals, marks, outbox
from moderation.storage.marks import Matter
from moderation.storage.tables import Comment, Decision, Report, Site

UNDO = {state: action for action, state in RESULT.items()}


def take_back(
    session: so.Session, comment: Comment, decision: Decision, *, moderator_id: uuid.UUID, now: datetime
) -> Decision:
    """Undo *decision*. The blog hears nothing if it had not been told yet, else of the state that is back.

    Raises:
        AlreadyDecided: something was decided since, so there is nothing left to undo.
        Claimed: another moderator is looking at the comment.
    """
    if comment.version != decision.version or decision.state_before is None:
        raise who_was_first(session, comment)
    never_told = decision.escalates and decision.state_before is comment.state
    was_told = not outbox.cancel(session, decision.id, now) and not never_told
    action = UNDO[decision.state_before]
    undone = record(
        session,
        session.get_one(Site, comment.site_id),
        comment,
        action,
        actor=Actor.MODERATOR,
        moderator_id=moderator_id,
        receipt=person_receipt(session, comment, action, Actor.MODERATOR),
        undoes=decision.id,
        is_told=was_told,
        now=now,
        article=comment.article,
    )
    _open_again(session, comment, decision)
    return undone


def _open_again(session: so.Session, comment: Comment, decision: Decision) -> None:
    """Bring back what the decision had closed: reports, an escalation, an appeal."""
    earlier = _last_standing(session, decision)
    comment.decided_by_person = earlier is not None
    since = [] if earlier is None else [Report.created_at > earlier.created_at]
    reports = sa.select(sa.func.count()).select_from(Report).where(Report.comment_id == comment.id, *since)
    comment.open_reports = session.scalar(reports) or 0
    if comment.open_reports:
        marks.open_matter(session, comment, Matter.REPORTED)
    if earlier is not None and earlier.escalates:
        comment.escalated_at, comment.escalated_by = earlier.created_at, earlier.moderator_id
        marks.open_matter(session, comment, Matter.ESCALATED)
    appeals.reopen(session, comment, decision.id)


def _last_standing(session: so.Session, decision: Decision) -> Decision | None:
    """What a person had decided before *decision* and nobody took back."""
    undone = sa.select(Decision.undoes).where(Decision.comment_id == decision.comment_id, Decision.undoes.is_not(None))
    return session.scalar(
        sa.select(Decision)
        .where(
            Decision.comment_id == decision.comment_id,
            Decision.version < decision.version,
            Decision.actor != Actor.MACHINE,
            Decision.undoes.is_(None),
            Decision.id.not_in(undone),
        )
        .order_by(Decision.version.desc())
        .limit(1)
    )

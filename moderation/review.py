"""People decide: a moderator in the dashboard, or the blog's own staff over the API; and take it back."""

import uuid
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import RESULT, Action, Actor
from moderation.domain.errors import NotFound
from moderation.recording import person_receipt, record, who_was_first
from moderation.storage import comments
from moderation.storage.engine import Database
from moderation.storage.tables import Comment, Decision, Moderator, Report, Site

PERSON_ACTIONS = (Action.PUBLISH, Action.REJECT, Action.SPAM)
UNDO = {state: action for action, state in RESULT.items()}


def decide(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    comment_id: uuid.UUID,
    seen_version: int,
    action: Action,
    now: datetime,
) -> Decision:
    """A moderator's decision on the comment as they saw it.

    Raises:
        NotFound: there is no such comment on a site of theirs.
        AlreadyDecided: it is no longer what they saw; the error says who decided.
        IllegalTransition: its state does not allow this.
    """
    with database.write() as session:
        comment = _own_comment(session, comment_id, site_ids)
        if comment.version != seen_version:
            raise who_was_first(session, comment)
        return record(
            session,
            session.get_one(Site, comment.site_id),
            comment,
            action,
            actor=Actor.MODERATOR,
            moderator_id=moderator.id,
            receipt=person_receipt(session, comment, action, Actor.MODERATOR),
            now=now,
            article=comment.article,
        )


def undo(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    decision_id: uuid.UUID,
    now: datetime,
) -> Decision:
    """Take a moderator's decision back: the comment returns to where it was, and the blog is told.

    Raises:
        NotFound: there is no such decision on a site of theirs.
        AlreadyDecided: something was decided since, so there is nothing left to undo.
    """
    with database.write() as session:
        decision = session.scalar(sa.select(Decision).where(Decision.id == decision_id, Decision.site_id.in_(site_ids)))
        if decision is None or decision.actor is not Actor.MODERATOR or decision.state_before is None:
            raise NotFound("There is no such decision to undo.")
        comment = _own_comment(session, decision.comment_id, site_ids)
        if comment.version != decision.version:
            raise who_was_first(session, comment)
        action = UNDO[decision.state_before]
        undone = record(
            session,
            session.get_one(Site, comment.site_id),
            comment,
            action,
            actor=Actor.MODERATOR,
            moderator_id=moderator.id,
            receipt=person_receipt(session, comment, action, Actor.MODERATOR),
            undoes=decision.id,
            now=now,
            article=comment.article,
        )
        comment.open_reports = (
            session.scalar(sa.select(sa.func.count()).select_from(Report).where(Report.comment_id == comment.id)) or 0
        )
        return undone


def decide_at_blog(
    database: Database, site: Site, external_id: str, *, action: Action, note: str, now: datetime
) -> tuple[Comment, Decision]:
    """What the blog's own staff decided. The same again changes nothing.

    Raises:
        NotFound: the site has no such comment.
        IllegalTransition: it is erased.
    """
    with database.write() as session:
        comment = comments.lock_comment(session, site.id, external_id)
        if comment is None:
            raise NotFound("This site has no comment with this id.")
        latest = comments.latest_decision(session, comment)
        if latest.actor is Actor.BLOG and latest.action is action:
            return comment, latest
        decision = record(
            session,
            site,
            comment,
            action,
            actor=Actor.BLOG,
            note=note,
            receipt=person_receipt(session, comment, action, Actor.BLOG),
            now=now,
            article=comment.article,
        )
        return comment, decision


def _own_comment(session: so.Session, comment_id: uuid.UUID, site_ids: Collection[uuid.UUID]) -> Comment:
    comment = session.scalar(
        sa.select(Comment)
        .where(Comment.id == comment_id, Comment.site_id.in_(site_ids))
        .options(so.joinedload(Comment.article))
    )
    if comment is None:
        raise NotFound("There is no such comment on your sites.")
    return comment

"""People decide: a moderator in the dashboard, or the blog's own staff over the API; and take it back."""

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from moderation.deciding import ESCALATE, Choice, decide_one, own_comment
from moderation.domain.comment import Action, Actor
from moderation.domain.errors import NotFound
from moderation.recording import person_receipt, record
from moderation.storage import comments
from moderation.storage.engine import Database
from moderation.storage.tables import Comment, Decision, Moderator, Site
from moderation.undoing import take_back


def decide(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    comment_id: uuid.UUID,
    seen_version: int,
    action: Action,
    reason_code: str = "",
    note: str = "",
    now: datetime,
) -> Decision:
    """A moderator's decision on the comment as they saw it.

    Raises:
        NotFound: there is no such comment on a site of theirs.
        InvalidRequest: the site's policy does not allow this reason, or wants one.
        AlreadyDecided: it is no longer what they saw; the error says who decided.
        Claimed: somebody else is looking at it.
        IllegalTransition: its state does not allow this.
    """
    choice = Choice(action, reason_code=reason_code, note=note)
    with database.write() as session:
        comment = own_comment(session, comment_id, site_ids)
        return decide_one(session, comment, choice, moderator_id=moderator.id, seen_version=seen_version, now=now)


def escalate(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    comment_id: uuid.UUID,
    seen_version: int,
    note: str = "",
    now: datetime,
) -> Decision:
    """Ask an owner to look: the comment is held until they decide. *note* is for them.

    Raises:
        NotFound, InvalidRequest, AlreadyDecided, Claimed, IllegalTransition: as `decide`.
    """
    choice = replace(ESCALATE, note=note)
    with database.write() as session:
        comment = own_comment(session, comment_id, site_ids)
        return decide_one(session, comment, choice, moderator_id=moderator.id, seen_version=seen_version, now=now)


def undo(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    decision_id: uuid.UUID,
    now: datetime,
) -> Decision:
    """Take a moderator's decision back: the comment returns to where it was.

    Within some seconds the blog hears nothing of either, later it is told of both.

    Raises:
        NotFound: there is no such decision on a site of theirs.
        AlreadyDecided: something was decided since, so there is nothing left to undo.
        Claimed: somebody else is looking at the comment.
    """
    with database.write() as session:
        decision = session.scalar(sa.select(Decision).where(Decision.id == decision_id, Decision.site_id.in_(site_ids)))
        if decision is None or decision.actor is not Actor.MODERATOR or decision.state_before is None:
            raise NotFound("There is no such decision to undo.")
        comment = own_comment(session, decision.comment_id, site_ids)
        return take_back(session, comment, decision, moderator_id=moderator.id, now=now)


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

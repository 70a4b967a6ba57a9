"""A moderator's decision on one comment, inside a transaction: alone, in a batch, or as the answer to an appeal."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation.domain.comment import Action, Actor, State
from moderation.domain.errors import InvalidRequest, NotFound
from moderation.domain.policy import Policy
from moderation.recording import person_receipt, record, who_was_first
from moderation.storage.policies import current_policy
from moderation.storage.tables import Comment, Decision, Site

PERSON_ACTIONS = (Action.PUBLISH, Action.REJECT, Action.SPAM)
MAX_NOTE = 4_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What a moderator chose: `reason_code` is of the site's list, `note` is for the commenter, in free words.

    `escalates` asks an owner to look: the comment is then held, whatever it was, and `note` is for the owner.
    """

    action: Action
    reason_code: str = ""
    note: str = ""
    escalates: bool = False


ESCALATE = Choice(Action.HOLD, escalates=True)


def check(choice: Choice, policy: Policy) -> None:
    """See that the site's policy allows the choice.

    Raises:
        InvalidRequest: the reason is not on its list, or is missing, or the note is too long.
    """
    if choice.reason_code and policy.reason_text(choice.reason_code) is None:
        raise InvalidRequest("This reason is not on the site's list.", code="reason-unknown")
    named = choice.reason_code or choice.note.strip()
    if choice.action is Action.REJECT and not named and not policy.skip_reason:
        raise InvalidRequest("On this site a rejection needs a reason.", code="reason-missing")
    if len(choice.note) > MAX_NOTE:
        raise InvalidRequest("A note has at most %(most)d characters.", code="note-too-long", values={"most": MAX_NOTE})


def decide_one(
    session: so.Session,
    comment: Comment,
    choice: Choice,
    *,
    moderator_id: uuid.UUID,
    seen_version: int,
    now: datetime,
    batch_id: uuid.UUID | None = None,
    answer: str = "",
) -> Decision:
    """Write the decision down.

    Raises:
        InvalidRequest: the site's policy does not allow the choice.
        AlreadyDecided, Claimed: somebody else was first.
        IllegalTransition: the comment's state does not allow this.
    """
    if comment.version != seen_version:
        raise who_was_first(session, comment)
    site = session.get_one(Site, comment.site_id)
    policy = current_policy(session, site)
    check(choice, policy)
    receipt = person_receipt(
        session,
        comment,
        choice.action,
        Actor.MODERATOR,
        reason_code=choice.reason_code,
        reason_text=policy.reason_text(choice.reason_code) or "",
    )
    return record(
        session,
        site,
        comment,
        choice.action,
        actor=Actor.MODERATOR,
        moderator_id=moderator_id,
        receipt=receipt,
        now=now,
        article=comment.article,
        note=choice.note,
        reason_code=choice.reason_code,
        escalates=choice.escalates,
        batch_id=batch_id,
        # That a held comment is still held is no news to the blog.
        is_told=not (choice.escalates and comment.state is State.HELD),
        answer=answer,
    )


def own_comment(session: so.Session, comment_id: uuid.UUID, site_ids: Collection[uuid.UUID]) -> Comment:
    """A comment of the given sites, with its article.

    Raises:
        NotFound: there is none.
    """
    comment = session.scalar(
        sa.select(Comment)
        .where(Comment.id == comment_id, Comment.site_id.in_(site_ids))
        .options(so.joinedload(Comment.article))
    )
    if comment is None:
        raise NotFound("There is no such comment on your sites.")
    return comment

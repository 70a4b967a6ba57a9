"""A commenter objects, once; a moderator looks again, and the answer is a decision like any other."""

import uuid
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from moderation.deciding import MAX_NOTE, Choice, decide_one, own_comment
from moderation.domain.comment import Action, State
from moderation.domain.errors import Conflict, IllegalTransition, InvalidRequest, NotFound
from moderation.storage import appeals, marks
from moderation.storage.engine import Database
from moderation.storage.marks import Matter
from moderation.storage.tables import Appeal, Comment, Decision, Moderator, Site, StatusPage

MAX_TEXT = 2_000
REFUSED = frozenset({State.REJECTED, State.SPAM})


def appeal(database: Database, *, comment_id: uuid.UUID, text: str, now: datetime) -> Appeal:
    """Keep what a commenter says against a rejection. Who they are is proven by the link they came by.

    Raises:
        NotFound: there is no such comment, or its site has no page for commenters.
        InvalidRequest: the text is empty or too long.
        IllegalTransition: the comment is not rejected.
        Conflict: there was an appeal already.
    """
    text = text.strip()
    if not 0 < len(text) <= MAX_TEXT:
        raise InvalidRequest("Please write 1 to %(most)d characters.", code="appeal-length", values={"most": MAX_TEXT})
    with database.write() as session:
        comment = session.scalar(sa.select(Comment).where(Comment.id == comment_id).with_for_update())
        if comment is None or session.get_one(Site, comment.site_id).status_page is StatusPage.NONE:
            raise NotFound("There is no such comment.")
        if comment.state not in REFUSED:
            raise IllegalTransition("Only a rejected comment can be appealed.", state=comment.state, action="appeal")
        if appeals.of_comment(session, comment.id) is not None:
            raise Conflict("There was an appeal already; one is allowed.", code="appealed-already")
        row = Appeal(site_id=comment.site_id, comment_id=comment.id, text=text, created_at=now)
        session.add(row)
        marks.open_matter(session, comment, Matter.APPEAL)
        return row


def answer(
    database: Database,
    *,
    moderator: Moderator,
    site_ids: Collection[uuid.UUID],
    comment_id: uuid.UUID,
    seen_version: int,
    action: Action,
    text: str,
    reason_code: str = "",
    now: datetime,
) -> Decision:
    """Publish the comment after all, or reject it for good; the blog and the commenter read *text*.

    Raises:
        NotFound: there is no open appeal against such a comment on a site of theirs.
        InvalidRequest: the text is too long, or the site's policy does not allow this reason.
        AlreadyDecided, Claimed: somebody else was first.
    """
    if len(text) > MAX_NOTE:
        raise InvalidRequest(
            "An answer has at most %(most)d characters.", code="note-too-long", values={"most": MAX_NOTE}
        )
    with database.write() as session:
        comment = own_comment(session, comment_id, site_ids)
        found = appeals.of_comment(session, comment.id)
        if found is None or found.answered_at is not None:
            raise NotFound("There is no open appeal against this comment.")
        return decide_one(
            session,
            comment,
            Choice(action, reason_code=reason_code, note=text),
            moderator_id=moderator.id,
            seen_version=seen_version,
            now=now,
            answer=text,
        )
